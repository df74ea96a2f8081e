"""One permit, 64 threads, one winner."""

from __future__ import annotations

from pathlib import Path

from .race import race


def test_each_permit_has_exactly_one_winner(folder: Path) -> None:
    found = race(folder, permits=4)
    assert found.holds, found
