"""Where possible futures meet a limit, with a cycle on top of them; and whether a drift settles before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .cycle import Cycle
from .prepare import Samples
from .result import Values
from .shapes import Shapes
from .trend import Futures, Indices

_STEPS, _HALVINGS = 24, 8
_INEXACT, _SEED = 0.05, 20817
_FEWEST = 10
# A settling curve counts as the better one if it foretells the held-out end with this share of the line's error.
_CLEARLY = 0.8
_HELD_OUT = 0.3
_RATES = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0)


def first_crossing(possible: Futures, cycle: Cycle | None, limit: float, sign: float, end_s: float) -> Values:
    """Seconds after the stretch's end until each future, its cycle on top, is first at the limit; inf for never.

    Args:
        limit: in scaled values; sign: 1 for an upper limit, −1 for a lower one.
        end_s: the stretch's end in the cycle's time.
    """
    bare = possible.first_crossing(limit, sign)
    if cycle is None:
        # No drift is exactly of one of the families: how a bent curve goes on is known to a twentieth at best.
        off = np.random.default_rng(_SEED).standard_normal(len(bare))
        return np.where(possible.shapes.bend == 0, bare, bare * np.exp(_INEXACT * off))
    peak = max(sign * each for each in cycle.swing())
    earliest = possible.first_crossing(limit - sign * peak, sign)
    found = np.where(np.isfinite(earliest), bare, np.inf)
    index = np.flatnonzero(np.isfinite(earliest))

    def beyond(seconds: Values, which: Indices) -> npt.NDArray[np.bool_]:
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(sign * (possible.at(seconds, which) + cycle.at(seconds + end_s) - limit) >= 0)

    # From when a peak suffices, it takes at most about one period until there is one.
    seconds = earliest[index] + np.linspace(0, cycle.period_s, _STEPS + 1)[:, None]
    hit = beyond(seconds, index)
    first = np.argmax(hit, axis=0)
    index, first = index[hit.any(axis=0)], first[hit.any(axis=0)]
    late = earliest[index] + first * cycle.period_s / _STEPS
    early = np.where(first > 0, late - cycle.period_s / _STEPS, late)
    for _ in range(_HALVINGS):
        middle = (early + late) / 2
        already = beyond(middle, index)
        early, late = np.where(already, early, middle), np.where(already, middle, late)
    found[index] = late
    return found


def settles(stretch: Samples) -> bool:
    """Whether a curve that settles foretells the last part of the stretch better than a straight line.

    Both are fitted to the first seventy percent of the time; the settling curve's rate is chosen there too.
    """
    place = (stretch.seconds - stretch.seconds[0]) / (stretch.seconds[-1] - stretch.seconds[0])
    known = place <= 1 - _HELD_OUT
    if known.sum() < _FEWEST or (~known).sum() < _FEWEST // 3:
        return False
    line = _told(place, stretch.values, known, 0.0)
    curves = [_told(place, stretch.values, known, -rate) for rate in _RATES]
    return min(curves)[1] < _CLEARLY * line[1]


def _told(place: Values, values: Values, known: npt.NDArray[np.bool_], bend: float) -> tuple[float, float]:
    """Squared errors of a curve, fitted to what is known, there and where it is not."""
    growth = Shapes(np.asarray(bend), np.zeros(())).growth(place)
    design = np.column_stack([np.ones_like(place), growth])
    off = (values - design @ np.linalg.lstsq(design[known], values[known], rcond=None)[0]) ** 2
    return float(off[known].sum()), float(off[~known].sum())
