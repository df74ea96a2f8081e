"""How far every sampled signal has left its own past, at several time scales at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .grid import Floats, Ints

Bools = npt.NDArray[np.bool_]

SCALES = (1, 3, 6, 12, 24, 48)
CLEAR = 1.25  # excess from which a departure counts: a quarter further than the column ever went in its past
_STILL = 0.7  # of its limit: a departure that is at least so large is still there
_LIKE = 0.3  # of its largest size: what is so large is the same departure, even if the past went that far
_FADING = 1.5  # how fast a departure counts less for the time in which it wasn't there
_QUANTILE_ROWS = 400  # rows from which quantiles are known well enough
_RESOLUTION = 1e-9  # of a signal's largest value: what differs by less doesn't differ
_BOUND = 1e4  # own spreads beyond which nothing more is told
_CONSTANT = 1e-6  # of its spread over the whole window: what varied by less in the past was constant
_FROM_CONSTANT = 100.0  # robust standard deviations that the largest departure from a constant past counts as
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
        since: index of the step from which on it is there without a break up to the peak.
        width: length in steps of the scale at which it was seen.
    """

    score: Floats
    excess: Floats
    direction: Ints
    onset: Ints
    peak: Ints
    since: Ints
    width: Ints


def in_own_units(values: Floats) -> tuple[Floats, Floats]:
    """Columns less their median, in their own robust spread over the whole window, within ±10,000; and that spread.

    So nothing that follows depends on the unit of a signal or on its zero. The spread is the interquartile range /
    1.349; where that is nothing, the 95 % range / 3.92; where that is nothing too, the standard deviation. A column
    that varies by less than a billionth of its largest value (what no sensor resolves) is constant: zeros.

    Returns:
        (T, N) without unit, and (N,) in the columns' units.
    """
    largest = np.abs(values).max(axis=0, initial=0.0)
    largest = np.where(largest > 0.0, largest, 1.0)
    unit = values / largest  # first, so that no sum or square overflows
    low, first, middle, third, high = _quantiles(unit)
    fine = _RESOLUTION * np.maximum(np.abs(low), np.abs(high))
    quarters, most = (third - first) / 1.349, (high - low) / 3.92
    spread = np.where(quarters > fine, quarters, np.where(most > fine, most, unit.std(axis=0)))
    constant = unit.max(axis=0) - unit.min(axis=0) <= _RESOLUTION
    spread = np.where(constant, 1.0, spread)
    bounded: Floats = np.clip(np.where(constant, 0.0, unit - middle) / spread, -_BOUND, _BOUND)
    return bounded, spread * largest


def _quantiles(values: Floats) -> Floats:
    """The quantiles 2.5, 25, 50, 75 and 97.5 % of each column, of every so many-th row where there are very many."""
    every = max(1, len(values) // _QUANTILE_ROWS)
    found: Floats = np.percentile(values[::every], [2.5, 25, 50, 75, 97.5], axis=0)
    return found


def rolling_mean(values: Floats, width: int) -> Floats:
    """Mean over the last `width` steps, over fewer at the start."""
    total = np.cumsum(np.vstack([np.zeros((1, values.shape[1])), values]), axis=0)
    end = np.arange(1, len(values) + 1)
    begin = np.maximum(0, end - width)
    mean: Floats = (total[end] - total[begin]) / (end - begin)[:, None]
    return mean


def rolling_spread(values: Floats, width: int) -> Floats:
    """Logarithm of the standard deviation of step-to-step changes over the last `width` steps.

    Args:
        values: in units of their own spread; a thousandth of it is the least that counts.
    """
    steps = np.diff(values, axis=0, prepend=values[:1])
    power = np.maximum(rolling_mean(steps**2, width), 0.0)
    floor = 1e-3 * np.median(power, axis=0) + 1e-6
    spread: Floats = 0.5 * np.log(power + floor)
    return spread


def robust_z(values: Floats, reference: slice, least_scale: Floats | float = 0.0) -> Floats:
    """Distance from the median of the reference, in robust standard deviations of it.

    The standard deviation is the largest of the interquartile range / 1.349, the 95 % range / 3.92, a fifth of the
    plain one (for a column that rests but for short excursions) and `least_scale`. Of a column that was constant, how
    large a change is can't be said: its largest departure counts as 100.

    Args:
        values: (T, N) in units of their own spread, see `in_own_units`.
        least_scale: in the same unit, for all or for each column.
    """
    past = values[reference]
    low, first, middle, third, high = _quantiles(past)
    scale = np.maximum((third - first) / 1.349, (high - low) / 3.92)
    scale = np.maximum(np.maximum(scale, 0.2 * past.std(axis=0)), least_scale)
    away = values - middle
    constant = (past.max(axis=0) - past.min(axis=0) <= _CONSTANT) & (scale <= _CONSTANT)
    scale = np.where(constant, np.maximum(np.abs(away).max(axis=0) / _FROM_CONSTANT, _CONSTANT), scale)
    z: Floats = away / scale
    return z


def scan(values: Floats, reference_end: int, *, spread: bool = False, least_scale: float = 0.0) -> Scan:
    """The strongest departure of each column after `reference_end` from its course before.

    Args:
        values: (T, N).
        spread: look at the spread of step-to-step changes instead of the level.
        least_scale: what a standard deviation is taken to be at least, in the columns' unit.
    """
    steps, columns = values.shape
    values, unit = in_own_units(values)
    least = least_scale / unit
    best = nothing(columns, steps)
    for width in SCALES:
        if (spread and width < 12) or width > max(3, reference_end // 6):
            continue
        course = rolling_spread(values, width) if spread else rolling_mean(values, width)
        z = robust_z(course, slice(min(width, reference_end - 2), reference_end), least)
        best = _better(best, _departure(z, reference_end, width))
    return best


def stronger(one: Scan, other: Scan) -> Scan:
    """For each column the one of two scans with the larger excess."""
    take = other.excess > one.excess
    names = Scan.__dataclass_fields__
    return Scan(**{name: np.where(take, getattr(other, name), getattr(one, name)) for name in names})


def spread_out(found: Scan, columns: Ints, shape: tuple[int, int]) -> Scan:
    """The scan of some columns as one of a table of that shape (steps, columns), in which the others never depart."""
    whole = nothing(shape[1], shape[0])
    for name in Scan.__dataclass_fields__:
        getattr(whole, name)[columns] = getattr(found, name)
    return whole


def nothing(columns: int, steps: int) -> Scan:
    """The scan of columns that never depart."""
    last = np.full(columns, steps - 1, dtype=np.int64)
    return Scan(np.zeros(columns), np.zeros(columns), last * 0, last.copy(), last.copy(), last.copy(), last * 0 + 1)


def _departure(z: Floats, reference_end: int, width: int) -> Scan:
    size = np.abs(z)
    limit = _limit(size[width:reference_end])
    now = size[reference_end:]
    peak = reference_end + now.argmax(axis=0)
    columns = np.arange(z.shape[1])
    score = size[peak, columns]
    direction = np.sign(z[peak, columns]).astype(np.int64)
    near = np.minimum(limit, np.maximum(_LIKE * score, _NORMAL_LIMIT))
    since = _uninterrupted(size, near, peak)
    excess = _lasting(size, limit, score / limit, since, width)
    # The reference ends where the plant changed most. What began slowly lies in it in part: no limit for itself.
    near = np.minimum(near, _limit(size[width : min(reference_end, len(z) // 2)]))
    first = _through_gaps(direction * z >= np.maximum(near, _LIKE * score), peak, width)
    onset = _uninterrupted(size, near, np.minimum(first, since))
    return Scan(score, excess, direction, onset, peak, since, np.full(len(columns), width))


def _limit(past: Floats) -> Floats:
    """The largest excursion of the past, no less than that of a quiet signal."""
    limit: Floats = np.maximum(past.max(axis=0, initial=0.0), _NORMAL_LIMIT)
    return limit


def _lasting(size: Floats, limit: Floats, excess: Floats, begin: Ints, width: int) -> Floats:
    """The excess, less for a departure that went away again: what is asked about is still there.

    An excess of x beyond 1 becomes x to the power of s to the power of 1.5. There s is the share of time from
    `begin` on in which the size was near the limit or beyond it, less the width in either (for so long a mean goes
    on). A factor instead would leave much of a short excursion from a past that was nearly constant, as that is
    hundreds of times as large as anything before, whatever it was.
    """
    since = np.arange(len(size))[:, None] >= begin
    beyond = (size >= _STILL * limit) & since
    there, length = beyond.sum(axis=0), since.sum(axis=0)
    share = np.minimum(there / length, np.maximum(there - width + 1, 1) / np.maximum(length - width + 1, 1))
    kept: Floats = np.where(excess > 1.0, np.maximum(excess, 1.0) ** (share**_FADING), excess)
    return kept


def _uninterrupted(size: Floats, limit: Floats, peak: Ints) -> Ints:
    """The step after the last one before the peak at which the size was within the limit."""
    steps = np.arange(len(size))[:, None]
    quiet = (size < limit) & (steps <= peak)
    last = np.where(quiet.any(axis=0), len(size) - 1 - quiet[::-1].argmax(axis=0), -1)
    onset: Ints = np.minimum(last + 1, peak)
    return onset


def _through_gaps(there: Bools, peak: Ints, width: int) -> Ints:
    """The step from which to the peak the steps with the departure outnumber those without it most.

    So a departure may have gaps, as long as it was there for longer before each of them: what shows under load alone
    is gone while a line stops, and what is small is lost in noise at times. A mean over `width` steps stretches what
    is before a gap and shortens the gap: both are taken back.
    """
    counts = np.where(there, 1, -1)
    counts[:-1][~there[:-1] & there[1:]] -= 2 * (width - 1)
    counts[np.arange(len(there))[:, None] > peak] = 0
    latest: Ints = len(there) - 1 - counts[::-1].cumsum(axis=0).argmax(axis=0)
    return np.minimum(latest, peak)


def _better(one: Scan, other: Scan) -> Scan:
    """The stronger of a scale and a coarser one for each column.

    The onset is that of the finest scale that shows the departure, as that is the most exact; but where a coarser one
    shows the same much earlier (by more than its width), it is that one's: a trailing mean sees nothing too early.
    """
    take = other.excess > one.excess
    chosen = {name: np.where(take, getattr(other, name), getattr(one, name)) for name in Scan.__dataclass_fields__}
    clear = one.excess >= CLEAR
    same = clear & (other.excess >= CLEAR) & (one.direction == other.direction)
    finer = one.onset <= other.onset + other.width
    for name in ("onset", "width"):
        first = np.where(finer, getattr(one, name), getattr(other, name))
        chosen[name] = np.where(same, first, chosen[name])
    chosen["since"] = np.where(clear, np.minimum(one.since, chosen["peak"]), chosen["since"])
    return Scan(**chosen)
