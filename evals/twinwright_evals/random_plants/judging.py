"""What can be seen of a fault in the data alone: which signals left their own past after a moment."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twinwright_tools.telemetry.series import Series, SignalKey

PAST = 160  # samples before the moment that say what is usual
FAR = 5.0  # interquartile ranges
_LEAST_SAMPLES = 3
_LEAST_RANGE = 1e-4  # of the usual value: what hardly moves at all has no range to leave


def excursion(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], onset: int) -> float:
    """How far a signal leaves its past: beyond the quartiles of the 160 samples before `onset`, in their distance.

    Three samples at least have to be as far out, so that one wild reading is nothing.
    """
    past, since = values[max(onset - PAST, 0) : onset], values[onset:]
    if len(past) < _LEAST_SAMPLES or len(since) < _LEAST_SAMPLES:
        return 0.0
    low, middle, high = np.quantile(past, [0.25, 0.5, 0.75])
    usual = max(float(high - low), _LEAST_RANGE * abs(float(middle)), 1e-9)
    beyond = np.sort(np.maximum(low - since, since - high))
    return max(float(beyond[-_LEAST_SAMPLES]), 0.0) / usual


def excursions(signals: Mapping[SignalKey, Series], onset: int) -> dict[SignalKey, float]:
    """`excursion` of every signal; all are sampled at the same times."""
    return {key: excursion(series.values, onset) for key, series in signals.items()}
