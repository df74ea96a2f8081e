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
from scipy.special import ndtr

from .prepare import Samples
from .result import Values
from .shapes import ShapeGrid, Shapes, all_shapes

Indices = npt.NDArray[np.int64]

DRAWS = 2000
_SEED = 20816
_STEPS, _CLOSER = 14, 2
# The belief before any data: half of it says straight, a third exponential, the rest the other forms; the bend over the
# stretch is normal about none.
_STRAIGHT, _EXPONENTIAL, _BEND_SPREAD = 0.5, 1 / 3, 3.0
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
    for _ in range(_CLOSER):
        grid = grid.closer(fitted.weights.sum(axis=0))
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


def _beliefs(grid: ShapeGrid) -> Values:
    """The logarithm of how likely each shape is before any data; shape (shapes,)."""
    bend, form, forms = grid.shapes.bend, grid.shapes.form, all_shapes(1).ranges
    others = (1 - _STRAIGHT - _EXPONENTIAL) / (len(forms) - 1)
    likely = {
        # Of the normal distribution, only what lies in the form's range counts.
        each: (others if each else _EXPONENTIAL) / float(np.diff(ndtr(np.asarray(ends) / _BEND_SPREAD))[0])
        for each, ends in forms.items()
    }
    density = np.exp(-0.5 * (bend / _BEND_SPREAD) ** 2) / (_BEND_SPREAD * np.sqrt(2 * np.pi))
    bent = np.asarray([likely[each] for each in form]) * density * grid.widths
    return np.asarray(np.log(np.where(bend == 0, _STRAIGHT, np.maximum(bent, 1e-300))))


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
    left = np.maximum(yy - level * y - slope * gy, 1e-12 * yy)
    weight = (
        _beliefs(grid) - 0.5 * np.log(determinant) - (count - 2) / 2 * np.log(left) + 0.5 * np.log(1 - _MEMORIES**2)
    )
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
    return now - _MEMORIES * lagged + _MEMORIES**2 * before + (1 - _MEMORIES**2) * first
