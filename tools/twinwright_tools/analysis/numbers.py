"""The few statistics that several operations share. All pass over NaN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .answer import Floats

_NORMAL_SHARE = 0.99
LASTING_STEPS = 5


def robust_sd(values: Floats) -> float:
    """1.4826 times the median absolute deviation from the median: the standard deviation of a normal sample.

    F. R. Hampel, "The influence curve and its role in robust estimation", J. Am. Stat. Assoc. 69 (1974) 383-393.
    Where more than half of the values are alike it is 0, and the plain standard deviation is given. NaN of nothing.
    """
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan")
    spread = 1.4826 * float(np.median(np.abs(values - np.median(values))))
    return spread or float(values.std())


def median(values: Floats) -> float:
    """The median of the finite values; NaN of nothing."""
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else float("nan")


def memory(values: Floats) -> float:
    """The correlation of each step with the one before it, 0 to 0.99; 0 where it can't be told."""
    pairs = np.column_stack((values[:-1], values[1:])) if len(values) > 1 else np.empty((0, 2))
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    if len(pairs) < 4:
        return 0.0
    away = pairs - pairs.mean(axis=0)
    power = float(np.sqrt((away[:, 0] ** 2).sum() * (away[:, 1] ** 2).sum()))
    return float(np.clip((away[:, 0] * away[:, 1]).sum() / power, 0.0, 0.99)) if power > 0 else 0.0


def effective_count(values: Floats) -> float:
    """How many independent values a sample with memory is worth: n (1 − ρ) / (1 + ρ), at least 1.

    For a first-order autoregression of correlation ρ: G. V. Bayley and J. M. Hammersley, "The 'effective' number of
    independent observations in an autocorrelated time series", Suppl. J. R. Stat. Soc. 8 (1946) 184-197.
    """
    rho = memory(values)
    return max(1.0, float(np.isfinite(values).sum()) * (1 - rho) / (1 + rho))


def filled(values: Floats) -> Floats:
    """Columns with each gap filled with the last value before it (the first one, at the start); all-NaN ones are 0."""
    found = values.copy()
    for column in range(values.shape[1]):
        good = np.flatnonzero(np.isfinite(values[:, column]))
        if not len(good):
            found[:, column] = 0.0
            continue
        place = np.maximum(np.searchsorted(good, np.arange(len(values)), side="right") - 1, 0)
        found[:, column] = values[good[place], column]
    return found


@dataclass(frozen=True, slots=True)
class Departure:
    """How a course left the band that it had in its normal part.

    Attributes:
        low, high: the band that held 99 % of the normal part.
        outside: share of the later part outside of it, 0 to 1.
        since: first step of the stay outside that lasts to the end; first: of the first five steps on end outside.
        None where there is none.
    """

    low: float
    high: float
    outside: float
    first: int | None
    since: int | None


def departure(course: Floats, split: int) -> Departure:
    """When and how far a course leaves the band of its steps before `split`.

    The band is the 0.5 to 99.5 % quantiles of the normal part; a stay outside counts from five steps on end, so that
    the one normal step in a hundred that lies outside isn't taken for one. What is NaN neither leaves nor returns.
    """
    normal = course[:split][np.isfinite(course[:split])]
    if not len(normal):
        return Departure(float("nan"), float("nan"), float("nan"), None, None)
    low, high = (float(each) for each in np.quantile(normal, ((1 - _NORMAL_SHARE) / 2, (1 + _NORMAL_SHARE) / 2)))
    places = split + np.flatnonzero(np.isfinite(course[split:]))
    out = (course[places] < low) | (course[places] > high)
    if not len(places):
        return Departure(low, high, float("nan"), None, None)
    first = _first_run(out, LASTING_STEPS)
    inside = np.flatnonzero(~out)
    tail = int(inside[-1]) + 1 if len(inside) else 0
    since = int(places[tail]) if len(out) - tail >= LASTING_STEPS else None
    return Departure(low, high, float(out.mean()), None if first is None else int(places[first]), since)


def _first_run(flags: npt.NDArray[np.bool_], length: int) -> int | None:
    """Where the first run of at least so many true flags begins."""
    if len(flags) < length:
        return None
    total = np.concatenate(([0], np.cumsum(flags)))
    whole = np.flatnonzero(total[length:] - total[:-length] == length)
    return int(whole[0]) if len(whole) else None
