"""Signals that stopped telling: stuck at one value, or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .grid import Floats, Grid, Ints
from .scan import Scan, nothing, scan, spread_out

Bools = npt.NDArray[np.bool_]

_LEAST_STEPS = 12
_LEAST_RATIO = 3.0
_GAP = 3.0  # times the usual distance of a signal's samples, from which it counts as a gap
_LEAST_SHARE = 0.05  # standard deviation of the share of missing steps, at least


def stuck(grid: Grid, reference_end: int) -> tuple[Floats, Ints, Bools]:
    """How much longer than ever in the reference each signal has now held one value, since which step; and whether that
    value is a limit: beyond all that the signal was before, as a controller's output without reserve.

    A signal that used to rest anyway (a quarter of the reference), or rests for fewer than 12 steps, gets 0.
    Steps without a sample are no evidence of being stuck.
    """
    steps, count = grid.shape
    excess, since, limit = np.zeros(count), np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_)
    for column in range(count):
        if grid.filled[-_LEAST_STEPS:, column].any():
            continue
        changes = np.flatnonzero(np.diff(grid.values[:, column]) != 0.0) + 1
        if not len(changes):
            continue
        early = np.concatenate([[0], changes[changes < reference_end], [reference_end]])
        longest = int(np.diff(early).max())
        held = steps - int(changes[-1])
        if held >= _LEAST_STEPS and longest < reference_end // 4 and held >= _LEAST_RATIO * longest:
            excess[column], since[column] = held / longest, changes[-1]
            limit[column] = _is_limit(grid.values[:reference_end, column], float(grid.values[-1, column]))
    return excess, since, limit


def _is_limit(past: Floats, value: float) -> bool:
    low, high = float(past.min()), float(past.max())
    # A signal that knows two values only always rests at one of its limits.
    return not low < value < high and bool(np.any((past != low) & (past != high)))


def dropouts(grid: Grid, reference_end: int) -> Scan:
    """The strongest rise of the share of missing samples."""
    steps, count = grid.shape
    lacking = np.flatnonzero(grid.missing.max(axis=0) > _LEAST_SHARE)
    if not len(lacking):
        return nothing(count, steps)
    found = scan(grid.missing[:, lacking], reference_end, least_scale=_LEAST_SHARE)
    risen = found.direction > 0
    found = replace(found, score=np.where(risen, found.score, 0.0), excess=np.where(risen, found.excess, 0.0))
    return spread_out(found, lacking, grid.shape)


def gap_at(grid: Grid, column: int, step: int, slack: int) -> tuple[int, int] | None:
    """The gap of a signal in which a departure seen at `step` began: its first missing step and the first one after it.

    Args:
        slack: by how many steps the departure may have been seen late.

    Returns:
        None where the signal was recorded there at its usual distance.
    """
    known = np.flatnonzero(~grid.filled[:, column])
    if len(known) < 3:
        return None
    distances = np.diff(known)
    long = distances > _GAP * np.median(distances)
    near = (known[:-1] < step) & (known[1:] >= step - slack)
    places = np.flatnonzero(long & near)
    return (int(known[places[-1]]) + 1, int(known[places[-1] + 1])) if len(places) else None


def onsets_in_gaps(grid: Grid, seen: Mapping[int, tuple[int, int]]) -> dict[int, tuple[int, int, int]]:
    """Which of the onsets fell into a gap of their signal, so that it isn't known who was first.

    Args:
        seen: column to the step at which its departure was seen, and by how many steps it may have been seen late.

    Returns:
        Column to the first and last step at which it may have begun, and one between them: when the first signal
        without such a gap departed, as nearly as may be, so that neither counts as later than the other.
    """
    gaps = {column: gap for column, place in seen.items() if (gap := gap_at(grid, column, *place)) is not None}
    first = min((step for column, (step, _) in seen.items() if column not in gaps), default=None)
    return {
        column: (begin, end, (begin + end) // 2 if first is None else min(max(first, begin), end))
        for column, (begin, end) in gaps.items()
    }
