"""A pattern that repeats, daily for example: found, and taken out of a drift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .prepare import Samples
from .result import Values

_HARMONICS = 3
_LEAST_CYCLES = 4
_LEAST_SAMPLES = 64
# The chance of seeing so strong a line in noise without one; the periodogram has about n / 2 lines to be deceived by.
_DECEIVED = 1e-3
# The patterns of both halves: their correlation at least, and the ratio of their sizes at most.
_ALIKE, _UNLIKE = 0.7, 3.0
# The lines that are strong at all.
_TRIED = 12
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Cycle:
    """A periodic pattern: `weights` (2 · harmonics,) of cosines and sines of the period, mean 0, scaled values."""

    period_s: float
    weights: Values

    def at(self, seconds: Values) -> Values:
        """The pattern at times of any shape, in seconds."""
        # Each harmonic is a power of the first one: one complex exponential instead of six sines and cosines.
        first = np.exp(2j * np.pi / self.period_s * np.asarray(seconds))
        wave, found = np.ones_like(first), np.zeros(np.shape(seconds))
        for cosine, sine in zip(self.weights[:_HARMONICS], self.weights[_HARMONICS:], strict=True):
            wave = wave * first
            found = found + cosine * wave.real + sine * wave.imag
        return found

    def swing(self) -> tuple[float, float]:
        """Its least and its greatest value."""
        around = self.at(np.linspace(0, self.period_s, 97))
        return float(around.min()), float(around.max())


def find_cycle(samples: Samples) -> Cycle | None:
    """The strongest pattern that repeats at least four times and stands out of the noise around its frequency.

    Fisher's test of a periodogram's largest line, against the lines near it instead of all of them, because noise with
    memory is stronger at low frequencies: R. A. Fisher, "Tests of significance in harmonic analysis", Proc. R. Soc.
    A 125 (1929) 54-59.
    """
    if len(samples) < _LEAST_SAMPLES:
        return None
    span = float(samples.seconds[-1] - samples.seconds[0])
    count = len(samples)
    grid = np.linspace(samples.seconds[0], samples.seconds[-1], count)
    even = np.interp(grid, samples.seconds, samples.values)
    power = _power(even)
    line = _strongest(power, span)
    if line is None:
        return None
    cycles = _refined(samples, line, span)
    found = _fitted(samples, span / cycles)
    return found if _lasting(samples, found) else None


def _lasting(samples: Samples, cycle: Cycle) -> bool:
    """Whether both halves show the pattern for themselves; a bend of the trend has power at some period, but once."""
    half = len(samples) // 2
    early, late = (
        _fitted(Samples(samples.seconds[part], samples.values[part]), cycle.period_s).weights
        for part in (slice(0, half), slice(half, None))
    )
    sizes = float(np.linalg.norm(early)), float(np.linalg.norm(late))
    return float(early @ late) > _ALIKE * sizes[0] * sizes[1] and min(sizes) > max(sizes) / _UNLIKE


def _power(even: Values) -> Values:
    """The periodogram of evenly spaced values, a cubic trend taken out and tapered; index is cycles in the span."""
    trend = _cubic(np.arange(len(even), dtype=np.float64))
    rest = even - trend @ _least_squares(trend, even)
    return np.abs(np.fft.rfft(rest * np.hanning(len(even)))) ** 2


def _strongest(power: Values, span: float) -> int | None:
    """The line that stands out most from those around it; a day's where that does as well."""
    lines = np.arange(_LEAST_CYCLES, len(power) - 1)
    if len(lines) < 8:
        return None
    lines = np.sort(lines[np.argsort(-power[lines], kind="stable")[:_TRIED]])
    ratios = np.asarray([power[line] / max(_around(power, int(line)), 1e-300) for line in lines])
    # Exponentially distributed lines: P(ratio to the mean > r) = exp(-r); the median is ln 2 of the mean.
    needed = np.log(len(power) / _DECEIVED) / np.log(2) * 2
    passed = (ratios > needed) & (power[lines] > 0.02 * power.sum())
    if not passed.any():
        return None
    return int(lines[np.argmax(np.where(passed, power[lines], 0.0))])


def _around(power: Values, line: int) -> float:
    """The median of lines near one, its own main lobe left out."""
    reach = max(6, line // 2)
    near = np.r_[power[max(2, line - reach) : line - 2], power[line + 3 : line + reach + 3]]
    return float(np.median(near)) if len(near) else float("inf")


def _refined(samples: Samples, line: int, span: float) -> float:
    """Cycles in the span, finer than whole ones: the strongest between the neighbours, or days if those do as well."""
    trend = _cubic(samples.seconds)
    rest = samples.values - trend @ _least_squares(trend, samples.values)
    days = span / _DAY_S
    tried = np.append(np.linspace(line - 1, line + 1, 33), days)
    waves = np.exp(-2j * np.pi * np.outer(tried / span, samples.seconds))
    power = np.abs(waves @ rest) ** 2
    best = float(tried[int(np.argmax(power))])
    return days if abs(days - best) < 0.6 and power[-1] > 0.9 * power.max() else best


def _fitted(samples: Samples, period_s: float) -> Cycle:
    design = np.column_stack([_cubic(samples.seconds), _waves(samples.seconds, period_s)])
    return Cycle(period_s, _least_squares(design, samples.values)[4:])


def _cubic(seconds: Values) -> Values:
    """Legendre's polynomials up to the third degree over a span, as columns."""
    place = 2 * (seconds - seconds[0]) / (seconds[-1] - seconds[0]) - 1
    return np.asarray(np.polynomial.legendre.legvander(place, 3))


def _least_squares(design: Values, values: Values) -> Values:
    """By the normal equations: the columns are nearly orthogonal, and a decomposition of all samples is slow."""
    square = design.T @ design
    return np.asarray(np.linalg.solve(square + 1e-9 * np.diag(np.diag(square)), design.T @ values))


def _waves(seconds: Values, period_s: float) -> Values:
    first = np.exp(2j * np.pi / period_s * seconds)
    waves = np.stack([first**order for order in range(1, _HARMONICS + 1)], axis=1)
    return np.hstack([waves.real, waves.imag])
