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
_LEAST_SAMPLES = 12


@dataclass(frozen=True)
class Grid:
    """Sampled signals in bins of equal length that end at the moment of asking.

    Attributes:
        keys: the N signals, in the order of the columns.
        ends: int64 (T,), microseconds since the Unix epoch, the end of each bin.
        step_s: length of a bin in seconds.
        values: float64 (T, N), mean of each bin, gaps filled with the last value (the first, at the start).
        filled: bool (T, N), where nothing was recorded.
    """

    keys: tuple[SignalKey, ...]
    ends: Ints
    step_s: float
    values: Floats
    filled: npt.NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, int]:
        """Steps and signals."""
        return self.values.shape[0], self.values.shape[1]


def usable(series: Series) -> Series:
    """The samples that hold a finite number."""
    good = np.isfinite(series.values)
    return series if good.all() else Series(series.key, series.times[good], series.values[good])


def sampled_signals(signals: Mapping[SignalKey, Series], infos: Iterable[SignalInfo]) -> list[Series]:
    """The numeric and boolean signals that are recorded at a steady interval, with samples enough to have a past."""
    keys = [info.key for info in infos if info.sampling == "sampled" and info.kind in ("numeric", "boolean")]
    found = (usable(signals[key]) for key in sorted(keys) if key in signals)
    return [series for series in found if len(series) >= _LEAST_SAMPLES]


def make_grid(found: Sequence[Series], at: int, most_steps: int = MOST_STEPS) -> Grid | None:
    """The signals in bins no shorter than their median interval, at most `most_steps` of them.

    Args:
        at: the moment of asking in microseconds; nothing later is read.

    Returns:
        None where there is nothing to scan.
    """
    found = [series for series in found if len(series) and series.times[0] <= at]
    if not found:
        return None
    start = min(int(series.times[0]) for series in found)
    intervals = [float(np.median(np.diff(series.times))) for series in found if len(series) > 1]
    step = max(float(np.median(intervals)) if intervals else 1e6, (at - start) / most_steps, 1.0)
    if step > 1e6:
        step = float(np.ceil(step / 1e6) * 1e6)  # whole seconds: an onset is not known to the microsecond
    steps = int((at - start) // step) + 1
    ends = (at - step * np.arange(steps - 1, -1, -1)).astype(np.int64)
    columns = [_binned(series, at, step, steps) for series in found]
    values = np.stack([column[0] for column in columns], axis=1)
    filled = np.stack([column[1] for column in columns], axis=1)
    return Grid(tuple(series.key for series in found), ends, step / 1e6, values, filled)


def _binned(series: Series, at: int, step: float, steps: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    upto = series.times <= at
    bins = steps - 1 - ((at - series.times[upto]) // step).astype(np.int64)
    inside = (bins >= 0) & (bins < steps)
    counts = np.bincount(bins[inside], minlength=steps)
    sums = np.bincount(bins[inside], weights=series.values[upto][inside], minlength=steps)
    empty = counts == 0
    means = np.where(empty, np.nan, sums / np.maximum(counts, 1))
    return forward_filled(means), empty


def forward_filled(values: Floats) -> Floats:
    """The last known value wherever there is none; the first known one before that; zeros if there is none at all."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return np.zeros_like(values)
    last = np.maximum(np.searchsorted(known, np.arange(len(values)), side="right") - 1, 0)
    filled: Floats = values[known[last]]
    return filled


def states_on(series: Series, ends: Ints) -> npt.NDArray[np.object_]:
    """The text that held at the end of each bin (None before the first)."""
    index = np.searchsorted(series.times, ends, side="right") - 1
    words = series.texts if series.texts is not None else series.values.astype(object)
    held: npt.NDArray[np.object_] = words[np.maximum(index, 0)].copy()
    held[index < 0] = None
    return held
