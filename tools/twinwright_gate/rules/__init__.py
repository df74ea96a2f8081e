"""The rules, R01 to R25: each a pure function from a request to checks that all have to hold."""

from __future__ import annotations

from ..checks import Rule

RULES: tuple[Rule, ...] = ()
