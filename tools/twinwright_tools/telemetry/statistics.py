"""Statistics of a window: of samples where they come steadily, weighted by time where a value holds until the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from ..times import from_micros, iso

MOST_SLOPE_POINTS = 400
MOST_STATES = 20
_HOUR_US = 3.6e9

Micros = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


def numeric_statistics(times: Micros, values: Values, weights: Values) -> dict[str, Any]:
    """Level, spread, extremes with their times, and slope, in the signal's unit (`slope_per_h` in unit per hour).

    Args:
        times: int64 of shape (n,), n ≥ 1, microseconds, increasing.
        values: float64 of shape (n,), finite.
        weights: float64 of shape (n,), ≥ 0, not all 0: equal for samples, seconds that each value held for events.
    """
    mean = float(np.average(values, weights=weights))
    low, middle, high = weighted_quantiles(values, weights, (0.25, 0.5, 0.75))
    lowest, highest = int(np.argmin(values)), int(np.argmax(values))
    slope, fit = robust_slope(times, values)
    return {
        "count": len(values),
        "mean": mean,
        "median": middle,
        "std": float(np.sqrt(np.average((values - mean) ** 2, weights=weights))),
        "iqr": high - low,
        "min": float(values[lowest]),
        "min_time": iso(from_micros(int(times[lowest]))),
        "max": float(values[highest]),
        "max_time": iso(from_micros(int(times[highest]))),
        "first": float(values[0]),
        "last": float(values[-1]),
        "slope_per_h": slope,
        "slope_fit_r2": fit,
    }


def weighted_quantiles(values: Values, weights: Values, shares: Sequence[float]) -> list[float]:
    """Quantiles of a weighted sample; with equal weights they are those of `numpy.quantile`.

    Each value stands at the middle of its own weight, and values between two are interpolated.
    """
    if np.all(weights == weights[0]):
        return [float(found) for found in np.quantile(values, shares)]
    order = np.argsort(values, kind="stable")
    held = weights[order]
    middles = np.cumsum(held) - held / 2
    return [float(found) for found in np.interp(np.asarray(shares) * held.sum(), middles, values[order])]


def robust_slope(times: Micros, values: Values) -> tuple[float | None, float | None]:
    """The Theil–Sen slope in unit per hour and the share of variance that its line explains (R², 0 to 1).

    The median of the slopes between all pairs of points, of at most 400 of them evenly spread, so that up to 29 % of
    outliers don't move it: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", J. Am. Stat.
    Assoc. 63 (1968) 1379-1389. None with fewer than three points; the fit is None for a constant.
    """
    if len(values) < 3 or times[-1] == times[0]:
        return None, None
    chosen = np.unique(np.linspace(0, len(values) - 1, min(len(values), MOST_SLOPE_POINTS)).astype(np.int64))
    hours = (times[chosen] - times[0]) / _HOUR_US
    found = stats.theilslopes(values[chosen], hours)
    slope, intercept = float(found[0]), float(found[1])
    total = float(np.sum((values[chosen] - values[chosen].mean()) ** 2))
    if total <= 0:
        return slope, None
    rest = float(np.sum((values[chosen] - intercept - slope * hours) ** 2))
    return slope, max(0.0, 1 - rest / total)


def state_statistics(times: Micros, states: Sequence[str], seconds: Values) -> dict[str, Any]:
    """How long a boolean or text signal was in which state, the most frequent first, twenty at most.

    Args:
        times: int64 of shape (n,), n ≥ 1, microseconds.
        states: n names.
        seconds: float64 of shape (n,): how long each sample stands for.
    """
    changed = [index for index in range(1, len(states)) if states[index] != states[index - 1]]
    held: dict[str, float] = {}
    entered: dict[str, int] = {}
    for index, (state, duration) in enumerate(zip(states, seconds, strict=True)):
        held[state] = held.get(state, 0.0) + float(duration)
        if index == 0 or states[index - 1] != state:
            entered[state] = entered.get(state, 0) + 1
    total = sum(held.values()) or 1.0
    ordered = sorted(held, key=lambda state: -held[state])[:MOST_STATES]
    return {
        "count": len(states),
        "first": states[0],
        "last": states[-1],
        "changes": len(changed),
        "last_change_time": iso(from_micros(int(times[changed[-1]]))) if changed else None,
        "states": [
            {"state": state, "share": held[state] / total, "duration_s": held[state], "entered": entered[state]}
            for state in ordered
        ],
        "other_states": len(held) - len(ordered),
    }
