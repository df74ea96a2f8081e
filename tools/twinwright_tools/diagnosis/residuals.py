"""What a signal does that its neighbours don't explain: relations learned from the plant's own past that then broke."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .grid import Floats, Ints

LAGS = (0, 1, 3)
_RIDGE = 0.02  # relative to the number of samples, in standardised units
_MOST_PREDICTORS = 40


def residuals(values: Floats, predictors: Sequence[Ints], reference_end: int) -> Floats:
    """Each column less its ridge regression on its predictors now and a few steps ago, in its own standard deviations.

    The regression is fitted on the reference alone. A column's residuals are divided by the ratio of held-out to fitted
    error (two halves of the reference predict each other): a relation that doesn't hold in the past counts for little.

    Args:
        values: (T, N).
        predictors: for each column the columns that may explain it.
    """
    past = values[:reference_end]
    scale = np.maximum(past.std(axis=0), 1e-9 * np.maximum(1.0, np.abs(past).max(axis=0)))
    standard = np.clip((values - past.mean(axis=0)) / scale, -1e3, 1e3)
    lagged: Floats = np.hstack([_shifted(standard, lag) for lag in LAGS])
    half = reference_end // 2
    halves = (slice(0, half), slice(half, reference_end))
    grams = [lagged[part].T @ lagged[part] for part in halves]
    out: Floats = standard.copy()
    for column, chosen in enumerate(predictors):
        if len(chosen):
            out[:, column] = _unexplained(standard[:, column], lagged, grams, halves, _columns(chosen, values.shape[1]))
    return out


def _columns(chosen: Ints, count: int) -> Ints:
    return np.concatenate([chosen + position * count for position in range(len(LAGS))])


def _unexplained(
    target: Floats, lagged: Floats, grams: list[Floats], halves: tuple[slice, slice], columns: Ints
) -> Floats:
    inputs = lagged[:, columns]
    blocks = [gram[np.ix_(columns, columns)] for gram in grams]
    moments = [inputs[part].T @ target[part] for part in halves]
    weights = [
        _solve(block, moment, part.stop - part.start)
        for block, moment, part in zip(blocks, moments, halves, strict=True)
    ]
    held_out = np.concatenate(
        [target[part] - inputs[part] @ weight for part, weight in zip(halves, reversed(weights), strict=True)]
    )
    whole = _solve(blocks[0] + blocks[1], moments[0] + moments[1], halves[1].stop)
    left = target - inputs @ whole
    fitted = float(np.sqrt(np.mean(left[: halves[1].stop] ** 2)))
    kept: Floats = left * min(1.0, fitted / max(float(np.sqrt(np.mean(held_out**2))), 1e-9))
    return kept


def _solve(gram: Floats, moment: Floats, samples: int) -> Floats:
    ridge = (_RIDGE * samples + 1e-9) * np.eye(len(gram))
    weight: Floats = np.asarray(np.linalg.solve(gram + ridge, moment), dtype=np.float64)
    return weight


def _shifted(values: Floats, lag: int) -> Floats:
    return np.vstack([np.repeat(values[:1], lag, axis=0), values[: len(values) - lag]]) if lag else values


def related(values: Floats, reference_end: int, allowed: Sequence[Ints], most: int = _MOST_PREDICTORS) -> list[Ints]:
    """Of the allowed predictors of each column, those that go with it best in the reference."""
    past = values[:reference_end]
    standard = (past - past.mean(axis=0)) / np.maximum(past.std(axis=0), 1e-12)
    found: list[Ints] = []
    for column, options in enumerate(allowed):
        if len(options) > most:
            likeness = np.abs(standard[:, options].T @ standard[:, column])
            found.append(options[np.argsort(-likeness, kind="stable")[:most]])
        else:
            found.append(options)
    return found
