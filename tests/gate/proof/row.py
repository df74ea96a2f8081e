"""One line of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was shown, on how much, with which figure, and whether it holds."""

    what: str
    extent: str
    figure: str
    holds: bool
