"""Signals resampled and aligned: one row a step, one column a signal, NaN where nothing was recorded.

A sampled signal's step holds what was sampled in it. A value of an event log holds until the next one, so there the
mean is weighted by time, and extremes and the last value see what held when the step began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..diagnosis.grid import states_on, usable
from ..errors import InputError, NoDataError
from ..prognosis.words import duration
from ..telemetry.series import Series
from ..times import from_micros, iso, to_micros
from .signals import Aggregate, Chosen

if TYPE_CHECKING:
    from ..plant import Plant

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

MOST_CELLS = 200_000
MOST_ROWS = 10_000_000
_USUAL_STEPS = 600
# Steps that people read: from a second to a week.
STEPS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 604800)


@dataclass(frozen=True)
class Aligned:
    """N signals on T steps.

    Attributes:
        begins: int64 (T,), begin of each step, microseconds since the Unix epoch.
        step_s: length of a step in seconds; the last one may be cut by the window's end.
        values: float64 (T, N), in each column's unit; NaN where nothing was recorded, and in columns of texts.
        texts: by column, object (T,): str or None.
        end: of the window, microseconds; never after the moment of asking.
    """

    columns: tuple[Chosen, ...]
    begins: Ints
    step_s: float
    values: Floats
    texts: dict[int, Texts]
    end: int

    @property
    def hours(self) -> Floats:
        """float64 (T,): begin of each step in hours after the first."""
        found: Floats = (self.begins - self.begins[0]) / 3.6e9
        return found

    def step_at(self, time: datetime) -> int:
        """The first step that begins at or after a time."""
        return int(np.searchsorted(self.begins, to_micros(time)))

    def time(self, step: int) -> str:
        """The begin of a step, ISO 8601."""
        return iso(from_micros(int(self.begins[step])))


def align(plant: Plant, columns: Sequence[Chosen], start: datetime, end: datetime, step_s: float | None) -> Aligned:
    """The signals from `start` to `end` (or to the moment of asking, where that is earlier).

    Args:
        step_s: length of a step in seconds; None: the shortest usual one that gives at most 600 steps and not too many
            values, and is no shorter than the signals' median interval.

    Raises:
        InputError: times the wrong way round, or more values than may be read; what would be few enough is suggested.
        NoDataError: the window begins after the moment of asking.
    """
    low, high = to_micros(start), to_micros(min(end, plant.at))
    if end <= start:
        raise InputError(f"from ({iso(start)}) must lie before to ({iso(end)})", code="analyse.times")
    if high <= low:
        raise NoDataError(f"nothing is known after {iso(plant.at)}, and the window begins at {iso(start)}")
    span_s = (high - low) / 1e6
    step_s = step_s or _usual_step(columns, span_s)
    _check_size(columns, span_s, step_s)
    step = max(1, round(step_s * 1e6))
    count = -(-(high - low) // step)
    begins = low + step * np.arange(count, dtype=np.int64)
    edges = np.append(begins, high)
    values, texts = np.full((count, len(columns)), np.nan), {}
    keys = list(dict.fromkeys(one.key for one in columns))
    series = plant.telemetry.series(keys, start, from_micros(high))
    for place, one in enumerate(columns):
        held = one.info.sampling == "events"
        samples = series[one.key]
        if held:
            samples = joined(plant.telemetry.last_before(one.key, start), samples)
        if one.info.kind == "text":
            rows = _told(samples)
            if one.is_text:
                texts[place] = _states(rows, edges, held)
            else:
                values[:, place] = _counts(rows.times, edges)
        else:
            rows = usable(samples)
            values[:, place] = resampled(rows, edges, one.aggregate, held)
    return Aligned(tuple(columns), begins, step / 1e6, values, texts, high)


def _usual_step(columns: Sequence[Chosen], span_s: float) -> float:
    intervals = [one.info.interval_s for one in columns if one.info.interval_s and one.info.sampling == "sampled"]
    least = max(float(np.median(intervals)) if intervals else 1.0, span_s / _USUAL_STEPS)
    least = max(least, len(columns) * span_s / MOST_CELLS)
    return longer_step(least)


def longer_step(least_s: float) -> float:
    """The shortest usual step of at least that many seconds."""
    return next(
        (float(step) for step in STEPS_S if step >= least_s * (1 - 1e-9)), float(np.ceil(least_s / 86400) * 86400)
    )


def _check_size(columns: Sequence[Chosen], span_s: float, step_s: float) -> None:
    if not step_s > 0:
        raise InputError("a step must be longer than nothing", code="analyse.step")
    cells = len(columns) * np.ceil(span_s / step_s)
    if cells > MOST_CELLS:
        least = duration(longer_step(len(columns) * span_s / MOST_CELLS)).replace(" ", "")
        text = (
            f"{len(columns)} signals in steps of {duration(step_s)} over {duration(span_s)} are {cells:,.0f} values; "
            f"at most {MOST_CELLS:,} are given: take a step of {least} or longer, a shorter span, or fewer signals"
        )
        raise InputError(text, code="analyse.too_large", suggestions=[least])
    check_rows(columns, span_s)


def check_rows(columns: Sequence[Chosen], span_s: float, most: int = MOST_ROWS) -> None:
    """Refuses to read more samples than fit into memory.

    Raises:
        InputError: there are about so many; how long a span would do is said.
    """
    per_s = sum(1 / one.info.interval_s for one in columns if one.info.interval_s)
    if per_s * span_s > most:
        text = (
            f"that is about {per_s * span_s:,.0f} samples; at most {most:,} are read: take a span of "
            f"{duration(most / per_s)} or less, or fewer signals"
        )
        raise InputError(text, code="analyse.too_large")


def joined(before: Series, samples: Series) -> Series:
    """The samples with what held before them."""
    if not len(before):
        return samples
    texts = None
    if samples.texts is not None and before.texts is not None:
        texts = np.concatenate((before.texts, samples.texts))
    return Series(
        samples.key,
        np.concatenate((before.times, samples.times)),
        np.concatenate((before.values, samples.values)),
        texts,
    )


def _told(series: Series) -> Series:
    """A text signal's rows that say anything."""
    if series.texts is None:
        return series
    told = np.array([text is not None for text in series.texts], dtype=np.bool_)
    return Series(series.key, series.times[told], series.values[told], series.texts[told])


def _states(rows: Series, edges: Ints, held: bool) -> Texts:
    """The text at the end of each step; of a sampled signal only where it was sampled in the step."""
    ends = edges[1:] - 1
    ends[-1] = edges[-1]
    found = states_on(rows, ends)
    if not held:
        found[_counts(rows.times, edges) == 0] = None
    return found


def _places(times: Ints, edges: Ints) -> Ints:
    """The step of each sample, -1 before the first; a sample at the very end belongs to the last."""
    places: Ints = np.searchsorted(edges, times, side="right").astype(np.int64) - 1
    return np.minimum(places, len(edges) - 2)


def _counts(times: Ints, edges: Ints) -> Floats:
    places = _places(times, edges)
    return np.bincount(places[places >= 0], minlength=len(edges) - 1).astype(np.float64)


def resampled(rows: Series, edges: Ints, aggregate: Aggregate, held: bool) -> Floats:
    """One value for each step.

    Args:
        rows: finite samples in time order; of an event log those before the first edge too.
        edges: int64 (T + 1,), microseconds, increasing.
        held: whether each value holds until the next one.

    Returns:
        float64 (T,), NaN where nothing was recorded (counts are 0 there).
    """
    if aggregate == "count":
        return _counts(rows.times, edges)
    places = _places(rows.times, edges)
    inside = places >= 0
    found = np.full(len(edges) - 1, np.nan)
    if held:
        return _held(rows, places, edges, aggregate, found)
    values, places = rows.values[inside], places[inside]
    if not len(values):
        return found
    begins = np.flatnonzero(np.diff(places, prepend=-1))
    present = places[begins]
    found[present] = _reduced(values, begins, aggregate)
    return found


def _reduced(values: Floats, begins: Ints, aggregate: str) -> Floats:
    """One value for each run of samples."""
    if aggregate == "last":
        return np.asarray(values[np.append(begins[1:], len(values)) - 1], dtype=np.float64)
    if aggregate == "mean":
        counts = np.diff(np.append(begins, len(values)))
        return np.asarray(np.add.reduceat(values, begins) / counts, dtype=np.float64)
    reduce = np.minimum if aggregate == "min" else np.maximum
    return np.asarray(reduce.reduceat(values, begins), dtype=np.float64)


def _held(rows: Series, places: Ints, edges: Ints, aggregate: str, found: Floats) -> Floats:
    """The same for an event log, whose values hold."""
    if not len(rows):
        return found
    if aggregate == "mean":
        return _time_weighted(rows.times, rows.values, edges)
    if aggregate == "last":
        # What begins exactly where the next step begins belongs to that one; at the very end there is no next one.
        before = np.searchsorted(rows.times, edges[1:], side="left") - 1
        before[-1] = len(rows) - 1
        return np.where(before >= 0, rows.values[np.maximum(before, 0)], np.nan)
    held = np.searchsorted(rows.times, edges[:-1], side="right") - 1
    begun = np.where(held >= 0, rows.values[np.maximum(held, 0)], np.nan)
    inside = places >= 0
    values, places = rows.values[inside], places[inside]
    if len(values):
        begins = np.flatnonzero(np.diff(places, prepend=-1))
        found[places[begins]] = _reduced(values, begins, aggregate)
    return np.asarray((np.fmin if aggregate == "min" else np.fmax)(begun, found), dtype=np.float64)


def _time_weighted(times: Ints, values: Floats, edges: Ints) -> Floats:
    """The mean over time of a course of steps, over the part of each step in which it is known."""
    known = np.maximum(edges, times[0])
    lengths = np.diff(times) / 1e6
    area = np.concatenate(([0.0], np.cumsum(values[:-1] * lengths)))
    place = np.searchsorted(times, known, side="right") - 1
    upto = area[place] + values[place] * (known - times[place]) / 1e6
    seconds = np.diff(known) / 1e6
    mean: Floats = np.full(len(seconds), np.nan)
    np.divide(np.diff(upto), seconds, out=mean, where=seconds > 0)
    return mean


def finite_rows(aligned: Aligned, columns: Sequence[int]) -> npt.NDArray[np.bool_]:
    """bool (T,): the steps in which all of these columns hold a number."""
    return np.asarray(np.isfinite(aligned.values[:, list(columns)]).all(axis=1), dtype=np.bool_)
