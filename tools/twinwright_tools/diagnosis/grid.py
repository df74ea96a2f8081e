"""Telemetry on one common time grid, so that every signal can be scanned at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..telemetry.series import Series, SignalInfo, SignalKey

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_STEPS = 1440
_LEAST_STEPS = 360  # … of a plant with very many signals
_CELLS = 500_000  # steps times signals that are looked at, within those limits: time and memory grow with them
LEAST_SAMPLES = 12
MOST_STATES = 8  # a log with more of them tells a quantity, not a state
COUNTS = 0.95  # share of steps that don't fall, from which a number recorded by exception is a counter
_MOST_VALUE = 1e100
_LEAST_RIPPLE = 3  # samples in a bin from which their spread says something
_ABSURD = 10.0  # a gap that many times longer than all that follows it: what lies before it has a wrong clock


@dataclass(frozen=True)
class Grid:
    """Sampled signals in bins of equal length that end at the moment of asking.

    Attributes:
        keys: the N signals, in the order of the columns.
        ends: int64 (T,), microseconds since the Unix epoch, the end of each bin.
        step_s: length of a bin in seconds.
        values: float64 (T, N), mean of each bin, gaps filled with the last value (the first, at the start).
        filled: bool (T, N), where nothing was recorded.
        missing: float64 (T, N), share of the usual number of samples that a bin lacks, 0 to 1.
        ripple: float64 (T, N), standard deviation within each bin, in the signal's unit; 0 where there are under 3.
    """

    keys: tuple[SignalKey, ...]
    ends: Ints
    step_s: float
    values: Floats
    filled: npt.NDArray[np.bool_]
    missing: Floats
    ripple: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Steps and signals."""
        return self.values.shape[0], self.values.shape[1]


def usable(series: Series, at: int | None = None) -> Series:
    """The samples that hold a finite number, in time order; with `at` (microseconds) those up to then.

    What no unit makes a measurement of (more than 1e100) counts as infinite.
    """
    if len(series) > 1 and bool(np.any(series.times[1:] < series.times[:-1])):
        order = np.argsort(series.times, kind="stable")
        series = Series(series.key, series.times[order], series.values[order])
    if at is not None and len(series) and series.times[-1] > at:
        series = _between(series, 0, int(np.searchsorted(series.times, at, side="right")))
    good = np.abs(series.values) < _MOST_VALUE
    return series if good.all() else Series(series.key, series.times[good], series.values[good])


def _between(series: Series, begin: int, end: int) -> Series:
    return Series(series.key, series.times[begin:end], series.values[begin:end])


def sampled_signals(signals: Mapping[SignalKey, Series], infos: Iterable[SignalInfo], at: int) -> list[Series]:
    """The numeric and boolean signals recorded at a steady interval, with samples enough up to `at` to have a past.

    Rows that lie absurdly far before all others are left out, see `first_real_time`.
    """
    found = numeric_signals(signals, infos, at)
    first = first_real_time(found, at)
    if first is not None:
        found = [_between(one, int(np.searchsorted(one.times, first)), len(one)) for one in found]
    return [series for series in found if len(series) >= LEAST_SAMPLES]


def numeric_signals(signals: Mapping[SignalKey, Series], infos: Iterable[SignalInfo], at: int) -> list[Series]:
    """The usable samples up to `at` of the signals that hold numbers at a steady interval, by key."""
    keys = [info.key for info in infos if info.sampling == "sampled" and info.kind in ("numeric", "boolean")]
    return [usable(signals[key], at) for key in sorted(keys) if key in signals]


def quantities(signals: Mapping[SignalKey, Series], infos: Iterable[SignalInfo], at: int) -> list[Series]:
    """The usable samples up to `at` of the numbers that are recorded when they change by more than a deadband, by key.

    Historians and OPC UA subscriptions record measurements so (report by exception). They hold until the next row, as
    event logs do, but tell a quantity: in the first half of their time alone they have more values than a log has
    states, and samples enough to be a past. What only ever rises counts something, and was never as it is now.
    """
    keys = [info.key for info in infos if info.sampling == "events" and info.kind == "numeric"]
    found = (usable(signals[key], at) for key in sorted(keys) if key in signals)
    return [one for one in found if len(one) >= LEAST_SAMPLES and _is_quantity(one, at)]


def _is_quantity(series: Series, at: int) -> bool:
    past = series.values[series.times <= (series.times[0] + at) // 2]
    if len(past) < LEAST_SAMPLES or len(np.unique(past)) <= MOST_STATES:
        return False
    return bool(np.mean(np.diff(series.values) >= 0.0) < COUNTS)


def first_real_time(found: Sequence[Series], at: int) -> int | None:
    """Where rows of a wrong clock (1970, say) end: the first time after a gap of ten times all that follows up to `at`.

    Only where fewer rows lie before the gap than after it; None where there is no such gap.
    """
    found = [series for series in found if len(series)]
    if not found:
        return None
    # Without sorting all times, in the usual case: in their distance from `at` such a gap leaves two octaves empty.
    octaves = at - 2 ** np.arange(62, -1, -1, dtype=np.int64)
    older = np.sum([np.searchsorted(series.times, octaves, side="right") for series in found], axis=0)
    few = (older > 0) & (2 * older < sum(len(series) for series in found))
    if not np.any(few[2:] & (older[2:] == older[:-2])):
        return None
    times = np.sort(np.concatenate([series.times for series in found]))
    before = np.arange(1, len(times))
    absurd = (np.diff(times) > _ABSURD * (at - times[1:]).astype(np.float64)) & (2 * before < len(times))
    places = np.flatnonzero(absurd)
    return int(times[places[-1] + 1]) if len(places) else None


def steps_for(signals: int) -> int:
    """How many steps a plant with so many signals is looked at in."""
    return max(_LEAST_STEPS, min(MOST_STEPS, _CELLS // max(signals, 1)))


def make_grid(
    found: Sequence[Series], at: int, most_steps: int | None = None, held: Sequence[Series] = ()
) -> Grid | None:
    """The signals in bins no shorter than their median interval, at most `most_steps` of them (by `steps_for` if None).

    Args:
        found: usable samples in time order.
        at: the moment of asking in microseconds; nothing later is read.
        held: signals that hold their value until the next row (`quantities`): their bins are means over time, and
            nothing is missing of them. They tell the bins' length where there are no others.

    Returns:
        None where there is nothing to scan.
    """
    found = [usable(series, at) for series in found]
    found = [series for series in found if len(series)]
    if not found and not held:
        return None
    start = min(int(series.times[0]) for series in (*found, *held))
    alike = clocks(found)
    intervals = [interval for clock in alike for interval in [_interval(found[clock[0]].times)] * len(clock)]
    known = [interval for interval in intervals or map(_interval, (one.times for one in held)) if interval]
    most_steps = steps_for(len(found) + len(held)) if most_steps is None else most_steps
    step = max(float(np.median(known)) if known else 1e6, (at - start) / most_steps, 1.0)
    if step > 1e6:
        step = float(np.ceil(step / 1e6) * 1e6)  # whole seconds: an onset is not known to the microsecond
    steps = int((at - start) // step) + 1
    ends = (at - step * np.arange(steps - 1, -1, -1)).astype(np.int64)
    empty = (len(found), steps)
    bins = _Bins(np.zeros(empty), np.zeros(empty), np.zeros(empty), np.ones(empty, dtype=np.bool_))
    for clock in alike:
        bins.put([found[place] for place in clock], clock, steps - 1 - _ages(found[clock[0]], at, step))
    return _grid_of(bins, found, held, ends, step)


def _grid_of(bins: _Bins, found: Sequence[Series], held: Sequence[Series], ends: Ints, step: float) -> Grid:
    keys = tuple(series.key for series in (*found, *held))
    more = np.zeros((len(held), len(ends)))
    means = [_mean_over_time(one, ends, step) for one in held]
    values = np.vstack([bins.values, *means])
    missing, ripple = np.vstack([bins.missing, more]), np.vstack([bins.ripple, more])
    filled = np.vstack([bins.filled, more > 0.0])
    columns = (np.ascontiguousarray(rows.T) for rows in (values, filled, missing, ripple))
    return Grid(keys, ends, step / 1e6, *columns)


def _mean_over_time(series: Series, ends: Ints, step: float) -> Floats:
    """(T,): mean of a value that holds until the next row, over each bin; before the first row it is the first one."""
    edges = np.concatenate([[ends[0] - step], ends.astype(np.float64)])
    times = np.concatenate([[min(edges[0], float(series.times[0]))], series.times.astype(np.float64), [edges[-1]]])
    values = np.concatenate([series.values[:1], series.values])
    whole = np.concatenate([[0.0], np.cumsum(values * np.diff(times))])
    means: Floats = np.diff(np.interp(edges, times, whole)) / step
    return means


def clocks(found: Sequence[Series]) -> list[list[int]]:
    """The places of the signals that share all their times: these are binned alike."""
    groups_of: dict[tuple[int, int, int], list[list[int]]] = {}
    for place, series in enumerate(found):
        groups = groups_of.setdefault((len(series), int(series.times[0]), int(series.times[-1])), [])
        same = (group for group in groups if np.array_equal(found[group[0]].times, series.times))
        group = next(same, None)
        if group is None:
            groups.append([place])
        else:
            group.append(place)
    return [group for groups in groups_of.values() for group in groups]


def _interval(times: Ints) -> float:
    """Median distance in microseconds of samples at different times; 0 with fewer than two."""
    gaps = np.diff(times)
    if not gaps.all():
        gaps = gaps[gaps > 0]
    if not len(gaps):
        return 0.0
    middle = [(len(gaps) - 1) // 2, len(gaps) // 2]
    return float(np.partition(gaps, middle)[middle].mean())  # the median, in a quarter of the time that numpy's takes


def _ages(series: Series, at: int, step: float) -> Ints:
    # Whole microseconds divide exactly, and much faster, as integers.
    ages: Ints = (
        (at - series.times) // int(step) if step.is_integer() else ((at - series.times) // step).astype(np.int64)
    )
    return ages


@dataclass
class _Bins:
    """What a grid is made of, a row for each signal."""

    values: Floats
    missing: Floats
    ripple: Floats
    filled: npt.NDArray[np.bool_]

    def put(self, found: Sequence[Series], rows: Sequence[int], bins: Ints) -> None:
        """Fills the rows of signals with the same times; `bins` (n,) rises."""
        begins = np.flatnonzero(np.diff(bins, prepend=-1))
        present, counts = bins[begins], np.diff(np.append(begins, len(bins)))
        steps = np.arange(self.values.shape[1])
        last = np.maximum(np.searchsorted(present, steps, side="right") - 1, 0)
        lacking = np.ones(len(steps))
        lacking[present] = np.clip(1.0 - counts / np.median(counts), 0.0, 1.0)
        self.filled[rows, present[:, None]] = False
        for row, series in zip(rows, found, strict=True):
            means = np.add.reduceat(series.values, begins) / counts
            self.values[row] = means[last]
            self.missing[row] = lacking
            if np.median(counts) >= _LEAST_RIPPLE:
                # From the distance to the bin's mean, as squares of large numbers that hardly differ lose all digits.
                away = series.values - np.repeat(means, counts)
                deviation = np.sqrt(np.add.reduceat(away * away, begins) / counts)
                self.ripple[row] = np.where(counts >= _LEAST_RIPPLE, deviation, 0.0)[last]


def states_on(series: Series, ends: Ints) -> npt.NDArray[np.object_]:
    """The text that held at the end of each bin (None before the first)."""
    if not len(series):
        return np.full(len(ends), None, dtype=np.object_)
    index = np.searchsorted(series.times, ends, side="right") - 1
    words = series.texts if series.texts is not None else series.values.astype(object)
    held: npt.NDArray[np.object_] = words[np.maximum(index, 0)].copy()
    held[index < 0] = None
    return held
