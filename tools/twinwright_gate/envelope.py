"""The absolute limits of a point at one moment: every layer, and the band of the operating mode.

They stay a list and are never merged into one interval before a value is held against each of them: a merge by
maximum and minimum is where a limit that is no number gets lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .points import ModeTable, Point
from .snapshot import Snapshot

OBLIGATORY = ("instrument", "nameplate", "site")


@dataclass(frozen=True, slots=True)
class Limits:
    """One closed interval (integers of 1e-6) and what it comes from; None is a limit that is missing."""

    name: str
    lo: int | None
    hi: int | None

    def complete(self) -> bool:
        """Whether both limits are there."""
        return isinstance(self.lo, int) and isinstance(self.hi, int)

    def above_lo(self, value: int | Fraction) -> bool:
        """Whether the value is at or above the lower limit."""
        return self.lo is not None and self.lo <= value

    def below_hi(self, value: int | Fraction) -> bool:
        """Whether the value is at or below the upper limit."""
        return self.hi is not None and value <= self.hi

    def hold(self, value: int | Fraction) -> bool:
        """Whether the value lies in the closed interval."""
        return self.above_lo(value) and self.below_hi(value)


def mode_limits(table: ModeTable, snapshot: Snapshot) -> Limits | None:
    """The limits of the band that the mode's input is in; None outside of all bands, or without a value."""
    value = snapshot.micro(table.input)
    if value is None:
        return None
    found = [band for band in table.bands if band.start <= value < band.end]
    return Limits("mode", found[0].lo, found[0].hi) if len(found) == 1 else None


def envelope(point: Point, snapshot: Snapshot) -> tuple[Limits, ...] | None:
    """All limits that hold now, in the policy's order, the mode's last; None where the mode has none."""
    layers = tuple(Limits(layer.name, layer.lo, layer.hi) for layer in point.layers)
    if point.modes is None:
        return layers
    mode = mode_limits(point.modes, snapshot)
    return None if mode is None else (*layers, mode)


def inside(value: int | Fraction, limits: tuple[Limits, ...] | None) -> bool:
    """Whether a value lies in every one of the limits, of which there has to be at least one."""
    return limits is not None and len(limits) > 0 and all(one.hold(value) for one in limits)
