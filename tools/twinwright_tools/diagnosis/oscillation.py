"""Signals that began to oscillate, or whose oscillation changed its period or grew.

Source: N. F. Thornhill, B. Huang, H. Zhang, "Detection of multiple oscillations in control loops", Journal of Process
Control 13 (2003) 91-100. The zero crossings of the autocovariance of an oscillating signal come at regular intervals:
r = (mean interval / standard deviation of the intervals) / 3 is above 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .grid import Floats, Grid, Ints
from .scan import CLEAR

REGULAR = 1.0
_PARTS = (4, 6, 12, 24)  # the last so-many-th of the time is looked at
_LEAST_WINDOW = 48
_INTERVALS = 8  # between zero crossings: four periods
_LEAST_HALF = 1.5  # steps between zero crossings: what is quicker is noise that alternates
_FLOOR = 0.8  # what the largest oscillation of the past is taken to be at least, in standard deviations of it
_OTHER_PERIOD = 1.5  # a period that many times longer or shorter is another oscillation
_WANES = 4.0  # standard deviations of its amplitude that a resonance may exceed its mean
_ONSET_PART = 8  # the onset is looked for in steps of that part of a window
_STARTED = 0.7  # an oscillation that fills half of a window shows there with 1 / √2 of its amplitude

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Oscillations:
    """What N columns do at the end of the grid; 0 where they don't oscillate.

    Attributes:
        excess: amplitude over the largest that oscillations of about this period had in the reference, or their mean
            and four standard deviations where that is more (and at least 0.8 standard deviations of the column).
        index: regularity r of the zero crossings (above 1: oscillates).
        period_s: seconds; amplitude: in the columns' unit; before: the amplitude in the reference.
        score: amplitude in standard deviations of the reference.
        onset: index of the step where it began, told where the excess is at least `CLEAR`; width: half-width in steps.
    """

    excess: Floats
    index: Floats
    period_s: Floats
    amplitude: Floats
    before: Floats
    score: Floats
    onset: Ints
    width: Ints


@dataclass(frozen=True, slots=True)
class _Swing:
    """Regularity, period in steps and amplitude of each column of a window; 0 where it doesn't oscillate."""

    index: Floats
    period: Floats
    amplitude: Floats


def oscillations(grid: Grid, reference_end: int) -> Oscillations:
    """Which columns oscillate at the end of the grid as they didn't before `reference_end` (an index of a step)."""
    steps, count = grid.shape
    zeros = np.zeros((6, count))
    found = Oscillations(
        excess=zeros[0],
        index=zeros[1],
        period_s=zeros[2],
        amplitude=zeros[3],
        before=zeros[4],
        score=zeros[5],
        onset=np.full(count, steps - 1, dtype=np.int64),
        width=np.ones(count, dtype=np.int64),
    )
    widths = [width for width in (steps // part for part in _PARTS) if width >= _LEAST_WINDOW]
    for width in widths:
        if width <= min(reference_end // 2, steps - reference_end):
            _look(grid, reference_end, width, found)
    for width in widths:
        clear = np.flatnonzero((found.excess >= CLEAR) & (found.width == width // _ONSET_PART))
        if len(clear):
            found.onset[clear] = _begun(
                grid.values[:, clear], width, found.period_s[clear] / grid.step_s, found.amplitude[clear]
            )
    return found


def _look(grid: Grid, reference_end: int, width: int, found: Oscillations) -> None:
    """Enters what the last `width` steps show, for the columns where it exceeds what is known."""
    now = _swings(_autocovariance(grid.values[-width:]))
    columns = np.flatnonzero(now.index > REGULAR)
    if not len(columns):
        return
    values = grid.values[:, columns]
    period, amplitude = now.period[columns], now.amplitude[columns]
    begins = np.arange(reference_end - width, -1, -max(width // 2, 1))
    past = np.array([_like(values[begin : begin + width], period) for begin in begins])
    usual = np.median([_detrended(values[begin : begin + width]).std(axis=0) for begin in begins], axis=0)
    smallest = np.maximum(1e-9 * np.abs(values).max(axis=0), np.finfo(np.float64).tiny)
    least = np.maximum(_FLOOR * usual, 1e-3 * np.abs(np.median(values[:reference_end], axis=0)) + smallest)
    # A resonance that noise excites waxes and wanes: its largest yet isn't the largest that it can do.
    largest = np.maximum(past.max(axis=0), past.mean(axis=0) + _WANES * past.std(axis=0))
    excess = amplitude / np.maximum(largest, least)
    better = excess > found.excess[columns]
    measured = {
        "excess": excess,
        "index": now.index[columns],
        "period_s": period * grid.step_s,
        "amplitude": amplitude,
        "before": past.max(axis=0),
        "score": amplitude / np.maximum(usual, least),
        "width": np.full(len(columns), width // _ONSET_PART),
    }
    for name, new in measured.items():
        getattr(found, name)[columns[better]] = new[better]


def _like(values: Floats, period: Floats) -> Floats:
    """The amplitude of a window at about the same period; 0 where it oscillates, but with quite another one.

    A resonance that noise excites waxes and wanes, so where the window isn't regular its autocovariance counts.
    """
    covariance = _autocovariance(values)
    one = _swings(covariance)
    near = (one.period < _OTHER_PERIOD * period) & (period < _OTHER_PERIOD * one.period)
    height = covariance[np.round(period).astype(np.int64), np.arange(values.shape[1])]
    loose = np.sqrt(2.0 * np.maximum(height, 0.0))
    return np.where(one.index > REGULAR, np.where(near, np.maximum(one.amplitude, loose), 0.0), loose)


def _begun(values: Floats, width: int, period: Floats, amplitude: Floats) -> Ints:
    """The middle of the last window, from the end back, that doesn't show the oscillation in full any more."""
    steps, count = values.shape
    onset, shown = np.zeros(count, dtype=np.int64), np.arange(count)
    for begin in range(steps - width, -1, -(width // _ONSET_PART)):
        amount = _like(values[begin : begin + width, shown], period[shown])
        still = amount >= _STARTED * amplitude[shown]
        onset[shown[~still]] = begin + width // 2
        shown = shown[still]
        if not len(shown):
            break
    return onset


def _detrended(values: Floats) -> Floats:
    """Less the straight line of least squares."""
    time = np.arange(len(values)) - (len(values) - 1) / 2.0
    centred = values - values.mean(axis=0)
    left: Floats = centred - time[:, None] * (time @ centred / (time @ time))
    return left


def _autocovariance(values: Floats) -> Floats:
    """That of each column of a window (T, N), less its trend, at lags from 0 up to 7/8 of T; unbiased."""
    steps = len(values)
    size = 1 << (2 * steps - 1).bit_length()
    spectrum = np.fft.rfft(_detrended(values), size, axis=0)
    lags = steps - steps // 8
    covariance: Floats = np.fft.irfft(np.abs(spectrum) ** 2, size, axis=0)[:lags] / (steps - np.arange(lags))[:, None]
    return covariance


def _swings(covariance: Floats) -> _Swing:
    """What each column does, told from its autocovariance.

    The amplitude is that of the sine whose autocovariance is what the column's is after one period and after two (the
    lesser of both): noise, which has none there, doesn't add to it.
    """
    intervals, known = _intervals(covariance)
    mean = intervals.mean(axis=0)
    spread = np.maximum(intervals.std(axis=0, ddof=1), 0.1 * mean)  # crossings are known to a fraction of a step
    regular = known & (mean >= _LEAST_HALF) & (mean > 3.0 * REGULAR * spread)
    lags, column = len(covariance), np.arange(covariance.shape[1])
    peaks = [np.round(2.0 * periods * mean).astype(np.int64) for periods in (1, 2)]
    heights = np.min([covariance[np.minimum(peak, lags - 1), column] for peak in peaks], axis=0)
    regular &= heights > 0.0
    return _Swing(
        np.where(regular, mean / np.where(regular, 3.0 * spread, 1.0), 0.0),
        np.where(regular, 2.0 * mean, 0.0),
        np.where(regular, np.sqrt(2.0 * np.maximum(heights, 0.0)), 0.0),
    )


def _intervals(covariance: Floats) -> tuple[Floats, Bools]:
    """The first intervals between zero crossings of each column, (K, N), ones where there aren't as many; and where."""
    first, second = covariance[:-1], covariance[1:]
    crosses = (first > 0.0) != (second > 0.0)
    number = np.cumsum(crosses, axis=0)
    wanted = crosses & (number <= _INTERVALS + 1)
    known: Bools = number[-1] > _INTERVALS if len(number) else np.zeros(covariance.shape[1], dtype=bool)
    lag, column = np.nonzero(wanted & known)
    places = np.tile(np.arange(_INTERVALS + 1.0)[:, None], covariance.shape[1])
    drop = first[lag, column] - second[lag, column]
    places[number[lag, column] - 1, column] = lag + first[lag, column] / drop
    return np.diff(places, axis=0), known
