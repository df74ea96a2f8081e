"""How far every sampled signal has left its own past, at several time scales at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .grid import Floats, Ints

SCALES = (1, 3, 6, 12, 24, 48)
CLEAR = 1.25  # excess from which a departure counts: a quarter further than the column ever went in its past
_STILL = 0.7  # of its limit: a departure that is at least so large is still there
_NORMAL_LIMIT = 3.0  # what a quiet signal's largest excursion is taken to be at least, in robust standard deviations


@dataclass(frozen=True)
class Scan:
    """The strongest departure of each of N columns after the reference.

    Attributes:
        score: robust standard deviations of the column's own past, at the scale where it stands out most.
        excess: that score over the largest excursion of the past at the same scale (1: as far as it ever went), less
            for a departure that didn't last.
        direction: sign of the departure.
        onset, peak: index of the step where it began, and where it is largest.
        width: length in steps of the scale at which it was seen.
    """

    score: Floats
    excess: Floats
    direction: Ints
    onset: Ints
    peak: Ints
    width: Ints


def rolling_mean(values: Floats, width: int) -> Floats:
    """Mean over the last `width` steps, over fewer at the start."""
    total = np.cumsum(np.vstack([np.zeros((1, values.shape[1])), values]), axis=0)
    end = np.arange(1, len(values) + 1)
    begin = np.maximum(0, end - width)
    mean: Floats = (total[end] - total[begin]) / (end - begin)[:, None]
    return mean


def rolling_spread(values: Floats, width: int) -> Floats:
    """Logarithm of the standard deviation of step-to-step changes over the last `width` steps."""
    steps = np.diff(values, axis=0, prepend=values[:1])
    power = rolling_mean(steps**2, width)
    floor = 1e-3 * np.median(power, axis=0) + 1e-12
    spread: Floats = 0.5 * np.log(power + floor)
    return spread


def robust_z(values: Floats, reference: slice, least_scale: float = 0.0) -> Floats:
    """Distance from the median of the reference, in robust standard deviations of it.

    The standard deviation is the largest of the interquartile range / 1.349, the 95 % range / 3.92, a fifth of the
    plain one (for a column that rests but for short excursions), a thousandth of the median (for a constant) and
    `least_scale`.
    """
    past = values[reference]
    low, first, middle, third, high = np.percentile(past, [2.5, 25, 50, 75, 97.5], axis=0)
    scale = np.maximum((third - first) / 1.349, (high - low) / 3.92)
    least = np.maximum(np.maximum(1e-3 * np.abs(middle), 0.2 * past.std(axis=0)), max(least_scale, 1e-9))
    z: Floats = (values - middle) / np.maximum(scale, least)
    return z


def scan(values: Floats, reference_end: int, *, spread: bool = False, least_scale: float = 0.0) -> Scan:
    """The strongest departure of each column after `reference_end` from its course before.

    Args:
        values: (T, N).
        spread: look at the spread of step-to-step changes instead of the level.
        least_scale: what a standard deviation is taken to be at least, in the columns' unit.
    """
    steps, columns = values.shape
    best = _nothing(columns, steps)
    for width in SCALES:
        if (spread and width < 12) or width > max(3, reference_end // 6):
            continue
        course = rolling_spread(values, width) if spread else rolling_mean(values, width)
        z = robust_z(course, slice(min(width, reference_end - 2), reference_end), least_scale)
        best = _better(best, _departure(z, reference_end, width))
    return best


def _nothing(columns: int, steps: int) -> Scan:
    zero, last = np.zeros(columns), np.full(columns, steps - 1, dtype=np.int64)
    return Scan(zero, zero, last * 0, last, last, last * 0 + 1)


def _departure(z: Floats, reference_end: int, width: int) -> Scan:
    size = np.abs(z)
    past = size[width:reference_end].max(axis=0, initial=0.0)
    limit = np.maximum(past, _NORMAL_LIMIT)
    now = size[reference_end:]
    peak = reference_end + now.argmax(axis=0)
    columns = np.arange(z.shape[1])
    score = size[peak, columns]
    onset = _begin(size, np.minimum(limit, np.maximum(0.3 * score, _NORMAL_LIMIT)), peak)
    direction = np.sign(z[peak, columns]).astype(np.int64)
    excess = _lasting(size, limit, score / limit, onset)
    return Scan(score, excess, direction, onset, peak, np.full(len(columns), width))


def _lasting(size: Floats, limit: Floats, excess: Floats, onset: Ints) -> Floats:
    """The excess, less for a departure that went away again: what is asked about is still there.

    What exceeds 1 is multiplied by the square of the share of time since the onset in which the size was near the
    limit or beyond it.
    """
    since = np.arange(len(size))[:, None] >= onset
    beyond = (size >= _STILL * limit) & since
    share = beyond.sum(axis=0) / since.sum(axis=0)
    kept: Floats = np.where(excess > 1.0, 1.0 + (excess - 1.0) * share**2, excess)
    return kept


def _begin(size: Floats, limit: Floats, peak: Ints) -> Ints:
    """The step after the last one before the peak at which the size was within the limit."""
    steps = np.arange(len(size))[:, None]
    quiet = (size < limit) & (steps <= peak)
    last = np.where(quiet.any(axis=0), len(size) - 1 - quiet[::-1].argmax(axis=0), -1)
    onset: Ints = np.minimum(last + 1, peak)
    return onset


def _better(one: Scan, other: Scan) -> Scan:
    """The stronger of two scales for each column; the onset is that of the finest scale that shows the departure."""
    take = other.excess > one.excess
    chosen = {name: np.where(take, getattr(other, name), getattr(one, name)) for name in Scan.__dataclass_fields__}
    clear = one.excess >= CLEAR
    return Scan(
        **chosen
        | {
            "onset": np.where(clear, np.minimum(one.onset, chosen["peak"]), chosen["onset"]),
            "width": np.where(clear, one.width, chosen["width"]),
        }
    )
