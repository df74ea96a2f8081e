"""Where the present trend began: a history in pieces, each of them a straight or exponentially bent curve."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .prepare import Samples
from .result import Values
from .shapes import ShapeGrid, all_shapes

Indices = npt.NDArray[np.int64]

# Bins that a piece holds at least, and pieces that a history is cut into at most.
SHORTEST = 8
_MOST_PIECES = 5
# More pieces aren't tried once so many numbers of them were no better.
_IN_VAIN = 2
# Bends tried for a piece, in units of one by the whole history's span: straight, speeding up, settling.
_STEPS = 10
_BENDS = (0.0, 2.0, -2.0, 6.0, -6.0)


def piece_begins(samples: Samples) -> Indices:
    """The index of the first sample of every piece, the first of them 0.

    Least squares by dynamic programming for each number of pieces; their number by the Bayesian information criterion
    of residuals whitened as AR(1), because noise with memory looks like change points otherwise: C. Beaulieu and
    R. Killick, "Distinguishing trends and shifts from memory in climate data", J. Climate 31 (2018) 9519-9543.
    """
    count = len(samples)
    if count < 2 * SHORTEST:
        return np.zeros(1, dtype=np.int64)
    place = (samples.seconds - samples.seconds[-1]) / (samples.seconds[-1] - samples.seconds[0])
    costs = np.stack([_costs(place, samples.values, bend) for bend in _BENDS])
    best, best_score, in_vain = np.zeros(1, dtype=np.int64), np.inf, 0
    known: dict[tuple[int, int], Values] = {}
    for begins in _partitions(np.min(costs, axis=0), count):
        pieces = list(pairwise([*begins.tolist(), count]))
        for begin, end in pieces:
            if (begin, end) not in known:
                known[begin, end] = _residuals(place[begin:end], samples.values[begin:end])
        score = _criterion([known[piece] for piece in pieces], len(begins))
        if score < best_score:
            best, best_score, in_vain = begins, score, 0
        elif (in_vain := in_vain + 1) == _IN_VAIN:
            break
    return best


def _costs(place: Values, values: Values, bend: float) -> Values:
    """Squared residuals of the curve through samples i up to but not including j, as an (n, n + 1) array."""
    basis = place if bend == 0 else np.expm1(bend * place) / bend
    columns = np.stack([np.ones_like(place), basis, values, basis * basis, basis * values, values * values])
    sums = np.concatenate([np.zeros((6, 1)), np.cumsum(columns, axis=1)], axis=1)
    count, u, y, uu, uy, yy = sums[:, None, :] - sums[:, :-1, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        across = uu - u * u / count
        total = yy - y * y / count
        left = total - np.where(across > 1e-12, (uy - u * y / count) ** 2 / across, 0.0)
    return np.where(count >= SHORTEST, np.maximum(left, 0.0), np.inf)


def _partitions(costs: Values, count: int) -> list[Indices]:
    """The best begins of 1, 2, … pieces."""
    so_far = costs[0]
    came_from: list[Indices] = []
    found = [np.zeros(1, dtype=np.int64)]
    for pieces in range(2, _MOST_PIECES + 1):
        if count < pieces * SHORTEST:
            break
        joined = so_far[:-1, None] + costs
        came_from.append(np.argmin(joined, axis=0))
        so_far = np.min(joined, axis=0)
        begins = [count]
        for step in reversed(came_from):
            begins.append(int(step[begins[-1]]))
        found.append(np.asarray([0, *begins[:0:-1]], dtype=np.int64))
    return found


def _residuals(place: Values, values: Values) -> Values:
    """What the best of all shapes leaves of a piece; the bends are tried finer around the better ones."""
    times = (place - place[-1]) / (place[-1] - place[0])
    off = values - values.mean()
    grid = all_shapes(_STEPS)
    bases, slopes, left = _tried(grid, times, off)
    likely = np.exp(-len(values) / 2 * np.log(left / left.min()))
    bases, slopes, left = _tried(grid.closer(likely), times, off)
    best = int(np.argmin(left))
    return np.asarray(off - slopes[best] * bases[best], dtype=np.float64)


def _tried(grid: ShapeGrid, times: Values, off: Values) -> tuple[Values, Values, Values]:
    """Of each shape: its curve, mean 0, the slope that fits best, and the squares that are left."""
    shapes = grid.shapes
    bases = shapes.at(np.arange(len(shapes.bend))[:, None]).growth(times)
    bases = bases - bases.mean(axis=1, keepdims=True)
    mixed = bases @ off
    slopes = mixed / np.maximum(np.sum(bases**2, axis=1), 1e-300)
    return bases, slopes, np.maximum(float(off @ off) - slopes * mixed, 1e-12 * float(off @ off) + 1e-300)


def _criterion(parts: list[Values], pieces: int) -> float:
    """BIC with three parameters per piece (level, slope, bend), three per change, one of memory, one of noise.

    A change's place counts as three: Y. Ninomiya, "Change-point model selection via AIC", Ann. Inst. Stat. Math. 67
    (2015) 943-961.
    """
    count = sum(len(part) for part in parts)
    before = np.concatenate([part[:-1] for part in parts])
    after = np.concatenate([part[1:] for part in parts])
    square = float(np.sum(before**2))
    memory = float(np.clip(np.sum(before * after) / square, 0.0, 0.98)) if square > 0 else 0.0
    # The estimate is too low by about (1 + 3ρ)/n for every parameter pair fitted (Kendall 1954).
    memory = min(0.98, memory + pieces * (1 + 3 * memory) / count)
    firsts = np.asarray([part[0] for part in parts]) * np.sqrt(1 - memory**2)
    noise = (float(np.sum((after - memory * before) ** 2)) + float(np.sum(firsts**2))) / count
    parameters = 3 * pieces + 3 * (pieces - 1) + 2
    # Rounding errors of a noiseless curve aren't worth a piece.
    unlikely = count * np.log(noise + 1e-10) - pieces * np.log1p(-(memory**2))
    return float(unlikely + parameters * np.log(count))
