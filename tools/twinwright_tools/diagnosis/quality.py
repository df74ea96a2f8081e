"""Signals that stopped telling: stuck at one value, or missing."""

from __future__ import annotations

import numpy as np

from .grid import Floats, Grid, Ints
from .scan import Scan, scan

_LEAST_STEPS = 12
_LEAST_RATIO = 3.0
_LEAST_SHARE = 0.05  # standard deviation of the share of missing steps, at least


def stuck(grid: Grid, reference_end: int) -> tuple[Floats, Ints]:
    """How much longer than ever in the reference each signal has now held one value, and since which step.

    A signal that used to rest anyway (a quarter of the reference), or rests for fewer than 12 steps, gets 0.
    Steps without a sample are no evidence of being stuck.
    """
    steps, count = grid.shape
    excess, since = np.zeros(count), np.zeros(count, dtype=np.int64)
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
    return excess, since


def dropouts(grid: Grid, reference_end: int) -> Scan:
    """The strongest rise of the share of missing steps."""
    found = scan(grid.filled.astype(np.float64), reference_end, least_scale=_LEAST_SHARE)
    risen = found.direction > 0
    return Scan(
        np.where(risen, found.score, 0.0),
        np.where(risen, found.excess, 0.0),
        found.direction,
        found.onset,
        found.peak,
        found.width,
    )
