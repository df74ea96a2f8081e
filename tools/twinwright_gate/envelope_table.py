"""A point's absolute limits as a table: for each stretch of the mode's input, the one interval that all layers leave.

Only for comparing and proving; the rules hold a value against every layer (see `envelope`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from .numbers import from_micro
from .points import Point


@dataclass(frozen=True, slots=True)
class Cell:
    """Values in [lo, hi] while the mode's input is in [start, end); `input` None: whatever the mode (no table).

    All are integers of 1e-6; a cell is never empty.
    """

    input: str | None
    start: int
    end: int
    lo: int
    hi: int

    @property
    def words(self) -> str:
        """While what it holds, in words."""
        if self.input is None:
            return ""
        return f" while {self.input} is from {from_micro(self.start)} to below {from_micro(self.end)}"

    def beyond(self, others: tuple[Cell, ...]) -> Iterator[Cell]:
        """The parts of this cell that no other cell covers, as one cell for each stretch that differs."""
        if not others:
            yield self
            return
        if others[0].input is None:
            yield from self._outside(others[0])
            return
        if others[0].input != self.input:
            yield self
            return
        cuts = sorted({self.start, self.end} | {cut for one in others for cut in (one.start, one.end)})
        for start, end in pairwise(cuts):
            if self.start <= start and end <= self.end:
                piece = replace(self, start=start, end=end)
                cover = [one for one in others if one.start <= start and end <= one.end]
                yield from piece._outside(cover[0]) if cover else iter((piece,))

    def _outside(self, other: Cell) -> Iterator[Cell]:
        if self.lo < other.lo:
            yield replace(self, hi=min(self.hi, other.lo - 1))
        if self.hi > other.hi:
            yield replace(self, lo=max(self.lo, other.hi + 1))


def cells(point: Point) -> tuple[Cell, ...]:
    """The cells of a point; none where it isn't writable, isn't a twin's, or a limit is missing."""
    layers = [(one.lo, one.hi) for one in point.layers]
    if not (point.writable and point.dtdl.writable and point.tier == "twin") or not layers:
        return ()
    if point.modes is None:
        return tuple(_cells([(None, 0, 0, layers)]))
    name = point.modes.input
    return tuple(_cells([(name, one.start, one.end, [*layers, (one.lo, one.hi)]) for one in point.modes.bands]))


_Row = tuple[str | None, int, int, list[tuple[int | None, int | None]]]


def _cells(table: list[_Row]) -> Iterator[Cell]:
    for name, start, end, pairs in table:
        whole = [(lo, hi) for lo, hi in pairs if lo is not None and hi is not None]
        lo, hi = max((one for one, _ in whole), default=1), min((one for _, one in whole), default=0)
        if len(whole) == len(pairs) and lo <= hi and (name is None or start < end):
            yield Cell(name, start, end, lo, hi)
