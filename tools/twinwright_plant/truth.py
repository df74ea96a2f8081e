"""What was really done to a plant; it is handed back to the caller and never written into the plant's folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Truth:
    """The fault's twin, the signal that shows it most directly, its failure mode and its onset; None for no fault.

    `also` holds the same of what else was wrong at once.
    """

    twin: str | None
    signal: str | None
    mode: str | None
    onset: datetime | None
    severity: float = 0.0
    also: tuple[Truth, ...] = ()
