"""One signal over one span: statistics, quality and a bounded curve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError, NoDataError, TimeFormatError
from ..times import from_micros, iso, to_micros
from .downsample import kept_samples, kept_states
from .quality import event_gaps, grade, out_of_range, sampled_gaps, stuck
from .series import Sampling, Series, SignalInfo, SignalKey, SignalKind
from .statistics import numeric_statistics, state_statistics

if TYPE_CHECKING:
    from ..plant import Plant

_BOOLEAN = {0.0: "false", 1.0: "true"}


@dataclass(frozen=True, slots=True)
class Window:
    """What a signal did between two times.

    Attributes:
        start, end: as asked for, but `end` never after the plant's time limit.
        statistics: count, mean, median, std, iqr, min, max, first, last in `unit`, min_time, max_time, slope_per_h
            (unit per hour), slope_fit_r2; for boolean and text signals count, first, last, changes, last_change_time
            and states (state, share 0..1, duration_s, entered). Of an event log they are weighted by time, and the
            value that held when the window began counts as a sample at its begin.
        quality: coverage (0..1), gaps ([from, to]), gap_count, longest_gap_s, stuck_s (longest run of one value; None
            for event logs and states), age_s (newest sample of the signal to the moment of asking), out_of_range
            (count, share, furthest, low, high; None if nobody stated a range), grade ("good" or words).
        points: [ISO 8601 time, value] in time order, at most as many as asked for; texts are values too.
    """

    key: SignalKey
    unit: str | None
    kind: SignalKind
    sampling: Sampling
    start: datetime
    end: datetime
    statistics: dict[str, Any]
    quality: dict[str, Any]
    points: list[list[Any]]

    def as_dict(self) -> dict[str, Any]:
        """The JSON contract of `twinwright window`."""
        return {
            "key": str(self.key),
            "twin": self.key.twin,
            "signal": self.key.signal,
            "unit": self.unit,
            "kind": self.kind,
            "sampling": self.sampling,
            "start": iso(self.start),
            "end": iso(self.end),
            "statistics": self.statistics,
            "quality": self.quality,
            "points": self.points,
        }


@dataclass(frozen=True, slots=True)
class _Samples:
    """Usable samples of a window, in time order; `states` for boolean and text signals."""

    times: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    states: list[str] | None

    def __len__(self) -> int:
        return len(self.times)


def window(plant: Plant, key: SignalKey, start: datetime, end: datetime, points: int = 200) -> Window:
    """A signal from `start` to `end`, both included; never after the plant's time limit.

    Raises:
        TimeFormatError: a time without a zone.
        InputError: the times are the wrong way round.
        UnknownNameError: no such signal; the nearest names are suggested.
        NoDataError: nothing was recorded there.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise TimeFormatError("the times of a window need a zone", code="time.naive")
    if start >= end:
        raise InputError(f"from ({iso(start)}) must lie before to ({iso(end)})", code="window.times")
    info = plant.telemetry.info(key)
    limit = min(end, plant.at)
    series = plant.telemetry.series([info.key], start, limit)[info.key]
    samples = _samples(info, series)
    if info.sampling == "events":
        samples = _with_held(plant, info, samples, start, limit)
    if not len(samples):
        raise NoDataError(
            f"no data between {iso(start)} and {iso(end)} for {info.key}; "
            f"it has data from {iso(info.first)} to {iso(info.last)}",
            suggestions=[iso(info.first), iso(info.last)],
        )
    begin, stop = to_micros(start), to_micros(limit)
    seconds = _held_seconds(samples.times, stop) if info.sampling == "events" else None
    return Window(
        info.key,
        info.unit,
        info.kind,
        info.sampling,
        start,
        limit,
        _statistics(info, samples, seconds),
        _quality(plant, info, samples, begin, stop),
        _points(samples, points),
    )


def _samples(info: SignalInfo, series: Series) -> _Samples:
    """The samples that say anything."""
    if series.texts is not None:
        usable = np.asarray([text is not None for text in series.texts], dtype=bool)
        return _Samples(series.times[usable], series.values[usable], [str(text) for text in series.texts[usable]])
    usable = np.isfinite(series.values)
    values = series.values[usable]
    states = [_BOOLEAN.get(float(value), f"{value:g}") for value in values] if info.kind == "boolean" else None
    return _Samples(series.times[usable], values, states)


def _with_held(plant: Plant, info: SignalInfo, samples: _Samples, start: datetime, limit: datetime) -> _Samples:
    """An event log's samples, with the value that held when the window began as a sample at its begin."""
    begin = to_micros(start)
    if limit < start or (len(samples) and samples.times[0] == begin):
        return samples
    held = _samples(info, plant.telemetry.last_before(info.key, start))
    if not len(held):
        return samples
    states = None if held.states is None else [*held.states, *(samples.states or [])]
    times = np.concatenate((np.asarray([begin], dtype=np.int64), samples.times))
    return _Samples(times, np.concatenate((held.values, samples.values)), states)


def _held_seconds(times: npt.NDArray[np.int64], stop: int) -> npt.NDArray[np.float64]:
    """How long each value of an event log held, until the next one or the window's end."""
    seconds: npt.NDArray[np.float64] = np.diff(np.concatenate((times, [stop]))) / 1e6
    return seconds if seconds.sum() > 0 else np.ones(len(times))


def _statistics(info: SignalInfo, samples: _Samples, seconds: npt.NDArray[np.float64] | None) -> dict[str, Any]:
    if samples.states is not None:
        each = seconds if seconds is not None else np.full(len(samples), info.interval_s or 0.0)
        return state_statistics(samples.times, samples.states, each)
    weights = seconds if seconds is not None else np.ones(len(samples))
    return numeric_statistics(samples.times, samples.values, weights)


def _quality(plant: Plant, info: SignalInfo, samples: _Samples, begin: int, stop: int) -> dict[str, Any]:
    sampled = info.sampling == "sampled"
    if sampled:
        gaps = sampled_gaps(samples.times, begin, stop, info.interval_s)
    else:
        gaps = event_gaps(int(samples.times[0]), begin, stop)
    numeric = samples.states is None
    stuck_s, odd = stuck(samples.times, samples.values) if sampled and numeric else (None, False)
    age_s = (plant.at - info.last).total_seconds()
    bounds = plant.range_of(info.key) if numeric else None
    return {
        "coverage": gaps.coverage,
        "gaps": gaps.listed(),
        "gap_count": len(gaps.found),
        "longest_gap_s": gaps.longest_s,
        "stuck_s": stuck_s,
        "age_s": age_s,
        "out_of_range": out_of_range(samples.values, bounds.low, bounds.high) if bounds else None,
        "grade": grade(gaps, stuck_s, odd, age_s, info.interval_s, sampled),
    }


def _points(samples: _Samples, most: int) -> list[list[Any]]:
    if samples.states is None:
        chosen = kept_samples(samples.times, samples.values, most)
    else:
        chosen = kept_states(samples.states, most)
    is_text = samples.states is not None and not np.isfinite(samples.values).any()
    values: list[Any] = list(samples.states or []) if is_text else samples.values.tolist()
    return [[iso(from_micros(int(samples.times[index]))), values[index]] for index in chosen]
