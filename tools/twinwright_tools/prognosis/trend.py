"""The present trend and its possible futures: Bayesian regression with noise that has memory.

The curve is level + slope · (exp(bend · t) − 1) / bend; noise is AR(1). `bend` and the noise's memory stand on a grid;
given both, level and slope have the closed-form posterior of a linear regression with a flat prior. So the interval
holds what isn't known of the shape as well as what isn't known of the line. S. Chib, "Bayes regression with
autoregressive errors", J. Econometrics 58 (1993) 275-294.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .prepare import Samples
from .result import Values, growth

DRAWS = 2000
_SEED = 20816
# Bends in units of one by the stretch's span, normal about a straight line; a tenth of the belief says: straight.
_BENDS = np.linspace(-4.0, 4.0, 17)
_BEND_SPREAD = 1.0
_MEMORIES = np.asarray([0.0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.88, 0.94, 0.97])


@dataclass(frozen=True, slots=True)
class Futures:
    """Equally likely curves, each of shape (n,): level and slope at the stretch's end, bend per second.

    Attributes:
        memory, noise: medians over the draws; the noise is the stationary standard deviation.
    """

    level: Values
    slope: Values
    bend: Values
    memory: float
    noise: float

    def first_crossing(self, limit: float, sign: float) -> Values:
        """Seconds after the stretch's end until each curve is at the limit; 0 if it's beyond, inf if it never is.

        Args:
            sign: 1 for an upper limit, −1 for a lower one.
        """
        gap = sign * (limit - self.level)
        slope = sign * self.slope
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            needed = gap / slope
            inside = 1 + self.bend * needed
            straight = np.abs(self.bend * needed) < 1e-12
            waited = np.where(straight, needed, np.log(np.maximum(inside, 0.0)) / np.where(straight, 1.0, self.bend))
        never = (slope <= 0) | ~(inside > 0) | ~np.isfinite(waited)
        return np.where(gap <= 0, 0.0, np.where(never, np.inf, np.maximum(waited, 0.0)))

    def at(self, seconds: Values) -> Values:
        """The curves at times of shape (m, n) or (m, 1), in seconds after the stretch's end."""
        return self.level + self.slope * growth(seconds, self.bend)


def futures(samples: Samples) -> Futures:
    """Draws from the posterior over a stretch of at least five samples whose times differ."""
    span = float(samples.seconds[-1] - samples.seconds[0])
    place = (samples.seconds - samples.seconds[-1]) / span
    bases = growth(place[None, :], _BENDS[:, None])
    weights, means, roots, spreads = _grid(bases, samples.values)
    rng = np.random.default_rng(_SEED)
    chosen = rng.choice(weights.size, DRAWS, p=weights.ravel())
    memory, bend = np.unravel_index(chosen, weights.shape)
    freedom = len(samples) - 2
    sigma = spreads[memory, bend] * np.sqrt(freedom / rng.chisquare(freedom, DRAWS))
    normal = rng.standard_normal((DRAWS, 2, 1))
    drawn = means[memory, bend] + sigma[:, None] * (roots[memory, bend] @ normal)[:, :, 0]
    stationary = sigma / np.sqrt(1 - _MEMORIES[memory] ** 2)
    return Futures(
        drawn[:, 0],
        drawn[:, 1] / span,
        _BENDS[bend] / span,
        float(np.median(_MEMORIES[memory])),
        float(np.median(stationary)),
    )


def _grid(bases: Values, values: Values) -> tuple[Values, Values, Values, Values]:
    """Over memory × bend: probability, (level, slope), a root of their covariance by σ², and σ of the innovations."""
    count = len(values)
    design = np.stack([np.ones_like(bases), bases], axis=-1)
    white_x = np.stack([_whitened(design, memory, axis=1) for memory in _MEMORIES])
    white_y = np.stack([_whitened(values, memory, axis=0) for memory in _MEMORIES])
    square = np.einsum("rbti,rbtj->rbij", white_x, white_x)
    mixed = np.einsum("rbti,rt->rbi", white_x, white_y)
    inverse = np.linalg.inv(square)
    means = np.einsum("rbij,rbj->rbi", inverse, mixed)
    left = np.sum((white_y[:, None, :] - np.einsum("rbti,rbi->rbt", white_x, means)) ** 2, axis=-1)
    # Values of a noiseless curve leave rounding errors; scaled values are of the order of 1.
    left = np.maximum(left, 1e-18 * count)
    log_weight = (
        -0.5 * np.linalg.slogdet(square)[1]
        - (count - 2) / 2 * np.log(left)
        + 0.5 * np.log(1 - _MEMORIES[:, None] ** 2)
        - 0.5 * (_BENDS[None, :] / _BEND_SPREAD) ** 2
    )
    weights = np.exp(log_weight - log_weight.max())
    roots = np.linalg.cholesky((inverse + np.swapaxes(inverse, -1, -2)) / 2)
    return weights / weights.sum(), means, roots, np.sqrt(left / (count - 2))


def _whitened(series: Values, memory: float, axis: int) -> Values:
    """Innovations of an AR(1) series along an axis, the first scaled as stationary (Prais–Winsten)."""
    first, before, after = (np.take(series, index, axis) for index in _parts(series.shape[axis]))
    return np.concatenate([first * np.sqrt(1 - memory**2), after - memory * before], axis)


def _parts(count: int) -> tuple[Values, ...]:
    return np.arange(1), np.arange(count - 1), np.arange(1, count)
