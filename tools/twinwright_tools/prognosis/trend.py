"""The present trend and its possible futures: Bayesian regression with noise that has memory.

A curve is level + slope · growth, of one of some shapes; noise is AR(1). Shape and memory stand on a grid; given both,
level and slope have the closed-form posterior of a linear regression with a flat prior. So the interval holds what
isn't known of the shape as well as what isn't known of the line. S. Chib, "Bayes regression with autoregressive
errors", J. Econometrics 58 (1993) 275-294.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .prepare import Samples
from .result import Values
from .shapes import ShapeGrid, Shapes, all_shapes

Indices = npt.NDArray[np.int64]

DRAWS = 2000
_SEED = 20816
_STEPS, _TEMPERS = 11, (0.1, 0.3, 0.5)
# No drift is exactly of one of the families, so their shapes are told apart by half of the likelihood only: J. W.
# Miller and D. B. Dunson, "Robust Bayesian inference via coarsening", J. Am. Stat. Assoc. 114 (2019) 1113-1125.
_COARSE = 0.5
_MEMORIES = np.asarray([0.0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.88, 0.94, 0.97])[:, None]


@dataclass(frozen=True, slots=True)
class Futures:
    """Equally likely curves, each of shape (n,): level and slope at the stretch's end, and shape, in 1 per second.

    Attributes:
        memory, noise: medians over the draws; the noise is the stationary standard deviation.
    """

    level: Values
    slope: Values
    shapes: Shapes
    memory: float
    noise: float

    def first_crossing(self, limit: float, sign: float) -> Values:
        """Seconds after the stretch's end until each curve is at the limit; 0 if it's beyond, inf if it never is.

        Args:
            sign: 1 for an upper limit, −1 for a lower one.
        """
        gap, slope = sign * (limit - self.level), sign * self.slope
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            needed = np.where((slope > 0) & (gap > 0), gap / slope, 0.0)
        return np.where(gap <= 0, 0.0, np.where(slope > 0, self.shapes.when(needed), np.inf))

    def at(self, seconds: Values, index: Indices) -> Values:
        """The curves of some indices, shape (k,), at times of shape (m, k), (m, 1) or (k,), in seconds after the
        stretch's end.
        """
        return self.level[index] + self.slope[index] * self.shapes.at(index).growth(seconds)


def futures(samples: Samples) -> Futures:
    """Draws from the posterior over a stretch of at least five samples whose times differ."""
    span = float(samples.seconds[-1] - samples.seconds[0])
    place = (samples.seconds - samples.seconds[-1]) / span
    grid = all_shapes(_STEPS)
    fitted = _fitted(grid, place, samples.values)
    for temper in _TEMPERS:
        # Tempered, because a coarse grid sees the best of its cells as the only one.
        grid = grid.closer(fitted.weights.sum(axis=0) ** (temper / _COARSE))
        fitted = _fitted(grid, place, samples.values)
    rng = np.random.default_rng(_SEED)
    chosen = rng.choice(fitted.weights.size, DRAWS, p=fitted.weights.ravel())
    memory, shape = np.unravel_index(chosen, fitted.weights.shape)
    freedom = len(samples) - 2
    sigma = fitted.spread[memory, shape] * np.sqrt(freedom / rng.chisquare(freedom, DRAWS))
    first, second = sigma * rng.standard_normal((2, DRAWS))
    level, slope, a, b, c = (each[memory, shape] for each in (fitted.level, fitted.slope, *fitted.roots))
    memories = _MEMORIES[memory, 0]
    return Futures(
        level + a * first,
        (slope + b * first + c * second) / span,
        grid.shapes.at(shape).over(span),
        float(np.median(memories)),
        float(np.median(sigma / np.sqrt(1 - memories**2))),
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """Over memory × shape: probability, means, σ of the innovations, the root (a, 0; b, c) of the covariance / σ²."""

    weights: Values
    level: Values
    slope: Values
    spread: Values
    roots: tuple[Values, Values, Values]


def _fitted(grid: ShapeGrid, place: Values, values: Values) -> _Grid:
    count = len(values)
    shapes = grid.shapes
    bases = shapes.at(np.arange(len(shapes.bend))[:, None]).growth(place)
    ones = np.ones_like(bases)
    both = np.broadcast_to(values, bases.shape)
    n, g, gg = _white(ones, ones), _white(ones, bases), _white(bases, bases)
    y, gy, yy = _white(ones, both), _white(bases, both), _white(both, both)
    determinant = np.maximum(n * gg - g * g, 1e-12 * n * gg)
    level, slope = (gg * y - g * gy) / determinant, (n * gy - g * y) / determinant
    # Rounding errors of a noiseless curve aren't taken for knowledge.
    left = np.maximum(yy - level * y - slope * gy, 1e-12 * yy + 1e-60)
    likelihood = -0.5 * np.log(determinant) - (count - 2) / 2 * np.log(left) + 0.5 * np.log(1 - _MEMORIES**2)
    weight = grid.beliefs + _COARSE * likelihood
    weights = np.exp(weight - weight.max())
    a = np.sqrt(gg / determinant)
    b = -g / determinant / a
    c = np.sqrt(np.maximum(n / determinant - b * b, 0.0))
    return _Grid(weights / weights.sum(), level, slope, np.sqrt(left / (count - 2)), (a, b, c))


def _white(one: Values, other: Values) -> Values:
    """Sums of products of two AR(1)-whitened series, over memory × shape; the first sample is scaled as stationary.

    The innovations of x are x_t − ρ x_(t−1), so that every sum is a polynomial of second degree in ρ (Prais–Winsten).
    """
    now, before = np.sum(one[:, 1:] * other[:, 1:], axis=1), np.sum(one[:, :-1] * other[:, :-1], axis=1)
    lagged = np.sum(one[:, 1:] * other[:, :-1] + one[:, :-1] * other[:, 1:], axis=1)
    first = one[:, 0] * other[:, 0]
    return np.asarray(now - _MEMORIES * lagged + _MEMORIES**2 * before + (1 - _MEMORIES**2) * first)
