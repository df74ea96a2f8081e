"""Telemetry on even steps: what drives a model, and what its answer is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import InputError, NoDataError
from ..telemetry.series import Series, SignalInfo, SignalKey
from ..times import from_micros, iso, to_micros

if TYPE_CHECKING:
    from ..plant import Plant

MOST_STEPS = 20_000
_GAP_STEPS = 3.0


@dataclass(frozen=True)
class Grid:
    """Signals at even times.

    Attributes:
        times: int64 of shape (n,), microseconds since the epoch, `step_s` seconds apart.
        values: float64 of shape (n,) by signal; a sampled signal is the mean of the samples around each time, NaN where
            there are none; an event log holds its last value.
    """

    times: npt.NDArray[np.int64]
    step_s: float
    values: dict[SignalKey, npt.NDArray[np.float64]]

    @property
    def seconds(self) -> npt.NDArray[np.float64]:
        """The times in seconds from the first one."""
        return np.asarray((self.times - self.times[0]) / 1e6, dtype=np.float64)

    def joined(self, key: SignalKey) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """A signal with its holes bridged by straight lines, and where a hole is too wide for that to mean anything.

        Raises:
            NoDataError: the signal has no sample at all.
        """
        values = self.values[key]
        there = np.flatnonzero(np.isfinite(values))
        if not len(there):
            span = f"{iso(from_micros(int(self.times[0])))} to {iso(from_micros(int(self.times[-1])))}"
            raise NoDataError(f"no data for {key} from {span}; the model can't be driven without it")
        every = np.arange(len(values))
        after = np.searchsorted(there, every)
        behind = every - there[np.clip(after - 1, 0, len(there) - 1)]
        ahead = there[np.clip(after, 0, len(there) - 1)] - every
        missing = ~np.isfinite(values)
        wide = missing & ((np.abs(behind) + np.abs(ahead) > _GAP_STEPS) | (after == 0) | (after == len(there)))
        return np.interp(every, there, values[there]), wide


def read_grid(plant: Plant, keys: Iterable[SignalKey], start: datetime, end: datetime, step_s: float) -> Grid:
    """The signals from `start` to `end` (never beyond the plant's time limit).

    Raises:
        InputError: the window has more than 20 000 steps, or a signal is text.
        NoDataError: a signal was never recorded.
    """
    end = min(end, plant.at)
    steps = int((end - start).total_seconds() // step_s) + 1
    if steps > MOST_STEPS:
        text = f"{steps} steps of {step_s:g} s are more than {MOST_STEPS}; shorten the window or widen step_s"
        raise InputError(text, code="simulation.window")
    times = to_micros(start) + np.arange(steps, dtype=np.int64) * round(step_s * 1e6)
    wanted = list(dict.fromkeys(keys))
    infos = {key: plant.telemetry.info(key) for key in wanted}
    half = timedelta(seconds=step_s / 2)
    series = plant.telemetry.series(wanted, start - half, from_micros(int(times[-1])) + half)
    return Grid(times, step_s, {key: _sampled(plant, infos[key], series[key], times, step_s) for key in wanted})


def _sampled(
    plant: Plant, info: SignalInfo, series: Series, times: npt.NDArray[np.int64], step_s: float
) -> npt.NDArray[np.float64]:
    if info.kind == "text":
        raise InputError(f"{info.key} is text; a model takes and gives numbers", code="simulation.signal")
    usable = np.isfinite(series.values)
    at, values = series.times[usable], series.values[usable]
    step = round(step_s * 1e6)
    if info.sampling == "events":
        return _held(plant, info, at, values, times)
    bins = (at - times[0] + step // 2) // step
    inside = (bins >= 0) & (bins < len(times))
    sums = np.bincount(bins[inside], weights=values[inside], minlength=len(times))
    counts = np.bincount(bins[inside], minlength=len(times))
    means = np.full(len(times), np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    interval = info.interval_s or step_s
    if interval > step_s and len(at) > 1:
        # Sampled more seldom than the grid: lines between samples that are no further apart than usual.
        near = np.clip(np.searchsorted(at, times), 1, len(at) - 1)
        close = (at[near] - at[near - 1] <= _GAP_STEPS * interval * 1e6) & (times >= at[0]) & (times <= at[-1])
        means = np.where(close, np.interp(times, at, values), means)
    return means


def _held(
    plant: Plant,
    info: SignalInfo,
    at: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
    times: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    before = plant.telemetry.last_before(info.key, from_micros(int(at[0] if len(at) else times[0] + 1)))
    at, values = np.concatenate((before.times, at)), np.concatenate((before.values, values))
    place = np.searchsorted(at, times, side="right") - 1
    found = np.full(len(times), np.nan)
    found[place >= 0] = values[place[place >= 0]]
    return found
