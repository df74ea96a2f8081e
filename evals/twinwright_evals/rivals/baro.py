"""A BARO-style scorer: when the plant changed, and which signals then left the range of before.

L. Pham, H. Ha and H. Zhang, "BARO: Robust root cause analysis for microservices via multivariate Bayesian online change
point detection", Proc. ACM Softw. Eng. 1 (FSE), 2024. Written anew from the paper. Two things differ: the detector's
predictive density is the product of each signal's own Student t instead of one multivariate t, whose scale matrix can't
be estimated from fewer bins than signals; and, as anything may be complained of, it looks at all signals.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, logsumexp

from .synthetic import Question

Floats = npt.NDArray[np.float64]
BINS = 250
HAZARD = 1.0 / 50.0  # as in the authors' code
_LEAST_AFTER = 5  # bins: a change within the last ones can't be scored


def rank(question: Question) -> list[int]:
    """Columns, likeliest cause first: largest |x - median| / IQR since the change (the paper's RobustScorer)."""
    values = question.values
    scores = robust_scores(values, change_sample(values))
    return [int(column) for column in np.argsort(-scores, kind="stable")]


def robust_scores(values: Floats, change: int) -> Floats:
    """(N,): the largest distance since the change from the median before it, in interquartile ranges of before."""
    first, middle, third = np.percentile(values[:, :change], [25, 50, 75], axis=1)
    scale = np.where(third > first, third - first, 1.0)  # like scikit-learn's RobustScaler: a constant isn't scaled
    scores: Floats = np.abs(values[:, change:] - middle[:, None]).max(axis=1) / scale
    return scores


def change_sample(values: Floats, bins: int = BINS) -> int:
    """The sample at which the present run began, by Bayesian online change point detection over means of bins."""
    samples = values.shape[1]
    width = max(1, samples // bins)
    count = samples // width
    offset = samples - count * width
    course = values[:, offset:].reshape(len(values), count, width).mean(axis=2).T
    spread = course.std(axis=0)
    log_run = run_lengths((course - course.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0))
    # At least half of the record is before: where the likeliest run is all of it, the next best change is taken.
    length = _LEAST_AFTER + int(log_run[_LEAST_AFTER : count // 2 + 1].argmax())
    return int(offset + width * (count - length))


def run_lengths(course: Floats, hazard: float = HAZARD) -> Floats:
    """(T + 1,): log probability of each present run length (R. P. Adams and D. J. C. MacKay, "Bayesian online
    changepoint detection", 2007, with a normal-gamma prior for every column and a constant hazard).

    Args:
        course: (T, N), standardised.
    """
    columns = course.shape[1]
    mean, weight = np.zeros((1, columns)), np.array([1.0])
    shape, rate = np.array([1.0]), np.ones((1, columns))
    log_run: Floats = np.zeros(1)
    for row in course:
        density = _student_t(row, mean, weight, shape, rate)
        grown = log_run + density + np.log1p(-hazard)
        began = logsumexp(log_run + density + np.log(hazard))
        log_run = np.concatenate([[began], grown])
        log_run -= logsumexp(log_run)
        moved = (weight / (2.0 * (weight + 1.0)))[:, None] * (row - mean) ** 2
        rate = np.vstack([np.ones((1, columns)), rate + moved])
        mean = np.vstack([np.zeros((1, columns)), (weight[:, None] * mean + row) / (weight[:, None] + 1.0)])
        weight, shape = np.append(1.0, weight + 1.0), np.append(1.0, shape + 0.5)
    return log_run


def _student_t(row: Floats, mean: Floats, weight: Floats, shape: Floats, rate: Floats) -> Floats:
    """(R,): log density of a row under each run length, columns independent given it."""
    degrees = 2.0 * shape
    variance = rate * ((weight + 1.0) / (weight * shape))[:, None]
    tail = np.log1p((row - mean) ** 2 / (degrees[:, None] * variance))
    constant = gammaln((degrees + 1) / 2) - gammaln(degrees / 2) - 0.5 * np.log(np.pi * degrees)
    each = constant[:, None] - 0.5 * np.log(variance) - ((degrees + 1) / 2)[:, None] * tail
    log_density: Floats = each.sum(axis=1)
    return log_density
