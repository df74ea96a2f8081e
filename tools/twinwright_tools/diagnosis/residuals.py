"""What a signal does that its neighbours don't explain: relations learned from the plant's own past that then broke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .grid import Floats, Ints

LAGS = (0, 1, 2, 3)  # steps by which a predictor may lead
OWN_LAGS = (1, 2, 3)  # steps of the signal's own past, where it counts among the predictors
MOST_PREDICTORS = 15
_FOLDS = 4
_RIDGE = 0.02  # relative to the number of samples, in standardised units
_TOLERANCE = 0.3  # of what a relation predicts beyond the range it was learned in: there it is only about right
_CHUNK_BYTES = 48_000_000

Batch = npt.NDArray[np.float64]


def standardised(values: Floats, reference_end: int) -> Floats:
    """Columns less their mean in the reference, in its standard deviations, within ±1000; constants stay near 0."""
    past = values[:reference_end]
    least = np.maximum(1e-9 * np.abs(values).max(axis=0), np.finfo(np.float64).tiny)
    scale = np.maximum(past.std(axis=0), least)
    bounded: Floats = np.clip((values - past.mean(axis=0)) / scale, -1e3, 1e3)
    return bounded


def residuals(
    standard: Floats, predictors: Sequence[Ints], reference_end: int, *, own_past: bool, targets: Ints | None = None
) -> Floats:
    """Each column (or each of the targets) less its ridge regression on its predictors now and a few steps ago.

    The regression is learned from the reference alone. Within the reference every fourth is predicted from the other
    three (blocked cross-fitting), so that a relation that doesn't hold in the past has large residuals there and
    counts for little now; one that predicts them worse than noise would is none, and leaves the column as it is. Beyond
    the range that was predicted in the reference, a relation is only trusted to `_TOLERANCE` of what it predicts: the
    residual is shrunk accordingly.

    Args:
        standard: (T, N), see `standardised`.
        predictors: for each target the columns that may explain it; none leaves the column as it is.
        targets: which columns; all where None.
        own_past: whether the column's own last steps explain it as well; then what is left is what is new.
    """
    steps = len(standard)
    targets = np.arange(standard.shape[1]) if targets is None else targets
    out: Floats = standard[:, targets]
    shifted = {lag: _shifted(standard, lag) for lag in {*LAGS, *OWN_LAGS}}
    sizes = np.array([len(chosen) for chosen in predictors])
    for size in np.unique(sizes):
        width = int(size) * len(LAGS) + (len(OWN_LAGS) if own_past else 0)
        if width == 0:
            continue
        for places in _chunks(np.flatnonzero(sizes == size), _CHUNK_BYTES // (8 * steps * width)):
            index = np.array([predictors[place] for place in places], dtype=np.int64).reshape(len(places), -1)
            inputs = _inputs(shifted, index, targets[places] if own_past else None)
            out[:, places] = _unexplained(standard[:, targets[places]].T, inputs, reference_end).T
    return out


def _chunks(columns: Ints, most: int) -> Iterator[Ints]:
    size = max(int(most), 1)
    for begin in range(0, len(columns), size):
        yield columns[begin : begin + size]


def _inputs(shifted: dict[int, Floats], index: Ints, own: Ints | None) -> Batch:
    """(n, T, width): the lagged predictors of n columns."""
    parts = [shifted[lag][:, index] for lag in LAGS] if index.shape[1] else []
    if own is not None:
        parts += [shifted[lag][:, own][:, :, None] for lag in OWN_LAGS]
    return np.ascontiguousarray(np.concatenate(parts, axis=2).transpose(1, 0, 2))


def _unexplained(targets: Batch, inputs: Batch, reference_end: int) -> Batch:
    edges = np.linspace(0, reference_end, _FOLDS + 1).astype(int)
    folds = [slice(begin, end) for begin, end in pairwise(edges)]
    grams = [inputs[:, fold].transpose(0, 2, 1) @ inputs[:, fold] for fold in folds]
    moments = [inputs[:, fold].transpose(0, 2, 1) @ targets[:, fold, None] for fold in folds]
    gram, moment = sum(grams[1:], grams[0]), sum(moments[1:], moments[0])
    predicted = (inputs @ _solved(gram, moment, reference_end))[..., 0]
    left: Batch = targets - predicted
    for fold, part, product in zip(folds, grams, moments, strict=True):
        weights = _solved(gram - part, moment - product, reference_end - (fold.stop - fold.start))
        left[:, fold] = targets[:, fold] - np.asarray(inputs[:, fold] @ weights, dtype=np.float64)[..., 0]
    holds = _holds(targets[:, :reference_end], left[:, :reference_end], inputs.shape[2])[:, None]
    left, predicted = np.where(holds, left, targets), np.where(holds, predicted, 0.0)
    largest = np.maximum(np.abs(left[:, :reference_end]).max(axis=1, keepdims=True), 1e-6)
    usual = np.abs(predicted[:, :reference_end]).max(axis=1, keepdims=True)
    beyond = np.maximum(0.0, np.abs(predicted) - usual)
    return np.asarray(left / (1.0 + _TOLERANCE * beyond / largest), dtype=np.float64)


def _holds(past: Batch, left: Batch, width: int) -> npt.NDArray[np.bool_]:
    """Whether each relation predicts its past at least as well as one fitted to noise would.

    Least squares of `width` coefficients on n samples of noise miss others by 1 + width / (n - width) times their
    variance. What misses by more doesn't just tell nothing: it follows a likeness by chance (two slow courses) that
    doesn't last, and would break in any case.
    """
    learned = past.shape[1] * (_FOLDS - 1) // _FOLDS
    noise = 1.0 + width / (learned - width) if learned > width else np.inf
    return np.asarray((left**2).sum(axis=1) <= noise * (past**2).sum(axis=1), dtype=np.bool_)


def _solved(gram: Batch, moment: Batch, samples: int) -> Batch:
    ridge = (_RIDGE * samples + 1e-9) * np.eye(gram.shape[-1])
    return np.asarray(np.linalg.solve(gram + ridge, moment), dtype=np.float64)


def _shifted(values: Floats, lag: int) -> Floats:
    return np.vstack([np.repeat(values[:1], lag, axis=0), values[: len(values) - lag]]) if lag else values


def related(
    standard: Floats, reference_end: int, allowed: Sequence[Ints], columns: Ints, most: int = MOST_PREDICTORS
) -> list[Ints]:
    """Of the allowed predictors of each column, those that go with it best in the reference."""
    past = standard[:reference_end]
    found: list[Ints] = []
    for column, options in zip(columns.tolist(), allowed, strict=True):
        if len(options) > most:
            likeness = np.abs(past[:, options].T @ past[:, column])
            found.append(np.sort(options[np.argsort(-likeness, kind="stable")[:most]]))
        else:
            found.append(options)
    return found
