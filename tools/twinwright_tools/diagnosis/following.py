"""A measured position, speed or flow that no longer follows what it always followed: its command moves and it stands.

Which signal follows which is learned from the past: two signals of one twin in one unit that go together one to one.
Since they parted, one of them has moved and the other hasn't: that is the one that no longer follows. (A reading that
lags, hunts or sticks and jumps still follows in the long run; it isn't reported here.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..telemetry.series import SignalKey
from .grid import Floats, Grid

_LEAST_LIKENESS = 0.9  # correlation in the past from which one signal may be said to follow another
_GAIN = (0.7, 1.4)  # … moving as far as it does, in the same unit
_CLEARLY = 3.0  # times the largest disagreement of the past
_STANDS = 0.2  # it moved less than that share of what it should have
_AROUND = 6  # steps over which a value before, or at the end, is taken
_MOST_SIGNALS = 100  # of one twin


@dataclass(frozen=True, slots=True)
class Standing:
    """A signal that stands although what it follows moves.

    Attributes:
        followed: the signal that it follows.
        since: step of the grid from which they disagree.
        went_from, went_to: the followed signal before that and at the end; stands_at: the other at the end; in `unit`.
        excess: their disagreement over the largest of the past.
    """

    key: SignalKey
    followed: SignalKey
    since: int
    went_from: float
    went_to: float
    stands_at: float
    excess: float
    unit: str


def standing(grid: Grid, reference_end: int, units: Mapping[SignalKey, str | None]) -> list[Standing]:
    """The signals that no longer follow another one of their twin; the clearest disagreement of each."""
    found: dict[SignalKey, Standing] = {}
    for columns, unit in _alike(grid, units):
        for one in _of_twin(grid, columns, reference_end, unit):
            if one.key not in found or one.excess > found[one.key].excess:
                found[one.key] = one
    return list(found.values())


def _alike(grid: Grid, units: Mapping[SignalKey, str | None]) -> Iterator[tuple[list[int], str]]:
    """Columns of one twin in one unit."""
    groups: dict[tuple[str, str], list[int]] = {}
    for column, key in enumerate(grid.keys):
        unit = units.get(key)
        if unit:
            groups.setdefault((key.twin, unit), []).append(column)
    for (_, unit), columns in groups.items():
        if 2 <= len(columns) <= _MOST_SIGNALS:
            yield columns, unit


def _of_twin(grid: Grid, columns: list[int], reference_end: int, unit: str) -> Iterator[Standing]:
    past = grid.values[:reference_end, columns]
    away = past - past.mean(axis=0)
    power = np.sqrt((away**2).mean(axis=0))
    moves = power > 1e-9 * np.maximum(np.abs(past).max(axis=0), np.finfo(np.float64).tiny)
    likeness = (away.T @ away) / reference_end / np.where(moves, power, 1.0)[:, None] / np.where(moves, power, 1.0)
    pairs = np.argwhere((likeness >= _LEAST_LIKENESS) & moves[:, None] & moves)
    for follower, followed in pairs.tolist():
        gain = likeness[follower, followed] * power[follower] / power[followed]
        if follower != followed and _GAIN[0] <= gain <= _GAIN[1]:
            one = _compared(grid, columns[follower], columns[followed], float(gain), reference_end, unit)
            if one is not None:
                yield one


def _compared(grid: Grid, follower: int, followed: int, gain: float, reference_end: int, unit: str) -> Standing | None:
    mine, other = grid.values[:, follower], grid.values[:, followed]
    apart: Floats = mine - gain * other
    apart = np.abs(apart - np.median(apart[:reference_end]))
    limit = max(float(apart[:reference_end].max()), 1e-12 * float(np.abs(mine).max()), np.finfo(np.float64).tiny)
    if float(apart[-_AROUND:].min()) < _CLEARLY * limit:
        return None
    since = int(np.flatnonzero(apart <= limit)[-1]) + 1
    before = slice(max(0, since - _AROUND), since)
    went_from, went_to = float(np.median(other[before])), float(np.median(other[-_AROUND:]))
    asked = gain * (went_to - went_from)
    moved = float(np.median(mine[-_AROUND:]) - np.median(mine[before]))
    if abs(asked) < _CLEARLY * limit or abs(moved) > _STANDS * abs(asked):
        return None
    stands_at, excess = float(np.median(mine[-_AROUND:])), float(apart[-_AROUND:].min()) / limit
    return Standing(grid.keys[follower], grid.keys[followed], since, went_from, went_to, stands_at, excess, unit)
