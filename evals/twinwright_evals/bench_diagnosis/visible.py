"""Whether anything can be seen of a fault in sampled telemetry, by a measure that knows nothing of diagnosis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from twinwright_tools.telemetry.series import Series, SignalKey

NOW, BEFORE = 20, 160  # samples: the last ones, and those before the onset that they are held against
VISIBLE = 5.0  # interquartile ranges
_TINY = 1e-9


def excess(signals: Mapping[SignalKey, Series], onset_us: int, at_us: int) -> float:
    """By how many interquartile ranges the signal that went farthest left its median before the onset.

    The greatest |x - median| / IQR over the last 20 times of sampling up to `at_us`, against the (up to) 160 times
    before `onset_us`; both in microseconds since 1970. Where the IQR is 0 the standard deviation stands in for it, and
    where that is 0 too, 1 in the signal's own unit.
    """
    times = np.unique(np.concatenate([one.times for one in signals.values()] or [np.empty(0, np.int64)]))
    times = times[times <= at_us]
    before, now = times[times < onset_us][-BEFORE:], times[-NOW:]
    if not len(before) or not len(now):
        return 0.0
    return max((_excess(one, (before[0], before[-1]), (now[0], at_us)) for one in signals.values()), default=0.0)


def _excess(series: Series, before: tuple[int, int], now: tuple[int, int]) -> float:
    usual, last = _between(series, *before), _between(series, *now)
    if not len(usual) or not len(last):
        return 0.0
    low, middle, high = np.quantile(usual, (0.25, 0.5, 0.75))
    spread = high - low
    if spread <= _TINY and len(usual) > 1:
        spread = np.std(usual, ddof=1)
    return float(np.max(np.abs(last - middle)) / (spread if spread > _TINY else 1.0))


def _between(series: Series, first: int, last: int) -> npt.NDArray[np.float64]:
    values = series.values[(series.times >= first) & (series.times <= last)]
    return values[~np.isnan(values)]
