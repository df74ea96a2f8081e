"""Each step of a permit's life and each check that stands in its way, on the real desk, store and executor."""

from __future__ import annotations
