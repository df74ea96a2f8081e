"""Has an instrument failed, or the plant? Told by whether the rest still agrees when one signal is left out.

Everything that is coupled with the suspected signal (its twin's other signals, those of the twins next to it) is
predicted from the rest, the suspect left out. If all of that holds as it always did, and only the suspect contradicts
it, its reading is wrong; if the others break among themselves as well, something happened in the plant. (Analytical
redundancy, as in Chow & Willsky 1984, with relations learned from the plant's own past in place of given ones.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..telemetry.series import SignalKey
from .features import folds
from .grid import Floats, Ints
from .relations import Relations
from .residuals import residuals
from .result import Origin
from .scan import scan
from .suspicion import Look

_MOST_NEIGHBOURS = 12
_LEAST_LIKENESS = 0.25  # correlation in the past from which two signals count as coupled
_LEAST_BREAK = 0.4  # in folds: a third further than ever
_REST_BREAKS = 0.5  # share of the suspect's own break from which the rest counts as broken as well


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a signal's reading or the plant is wrong.

    Attributes:
        suspect: excess of what its neighbours don't explain of the suspect; rest: the largest such excess among the
            neighbours, the suspect left out.
        neighbours: how many signals it was held against.
        broken: the neighbour that breaks most, where any does.
    """

    origin: Origin
    suspect: float = 0.0
    rest: float = 0.0
    neighbours: int = 0
    broken: SignalKey | None = None


def sensor_or_process(key: SignalKey, look: Look, relations: Relations) -> Verdict:
    """The verdict on one signal."""
    one = look.found.get(key)
    if one is None or one.deviation is None or look.grid is None or look.standard is None:
        return Verdict("undecided")
    if one.deviation.kind in ("stuck", "dropout"):
        return Verdict("sensor", suspect=one.silence)
    if key not in look.grid.keys:
        return Verdict("process" if one.deviation.kind in ("state", "events", "duration", "mismatch") else "undecided")
    columns = _coupled(look.grid.keys.index(key), look, relations)
    if len(columns) < 3:
        return Verdict("undecided", neighbours=len(columns) - 1)
    breaks = _breaks(look.standard[:, columns], look.reference_end)
    suspect, rest = float(breaks[0]), float(breaks[1:].max())
    worst = look.grid.keys[columns[1 + int(breaks[1:].argmax())]]
    return Verdict(_origin(suspect, rest), suspect, rest, len(columns) - 1, worst)


def _origin(suspect: float, rest: float) -> Origin:
    own, others = folds(suspect), folds(rest)
    if own < _LEAST_BREAK:
        return "process" if others >= _LEAST_BREAK else "undecided"
    return "process" if others > max(_LEAST_BREAK, _REST_BREAKS * own) else "sensor"


def _coupled(column: int, look: Look, relations: Relations) -> Ints:
    """The suspect's column first, then those of its surroundings that went with it in the past, closest first."""
    assert look.grid is not None and look.standard is not None  # the caller has seen to it
    keys = look.grid.keys
    near = {keys[column].twin}
    for direct in (relations.upstream, relations.downstream):
        near |= {twin for twin, steps in direct(keys[column].twin).items() if steps <= 1}
    others = np.array([i for i, other in enumerate(keys) if other.twin in near and i != column], dtype=np.int64)
    past = look.standard[: look.reference_end]
    likeness = np.abs(past[:, others].T @ past[:, column]) / max(look.reference_end, 1)
    chosen = others[np.argsort(-likeness, kind="stable")][:_MOST_NEIGHBOURS]
    kept = np.sort(-likeness)[:_MOST_NEIGHBOURS] <= -_LEAST_LIKENESS
    return np.concatenate([np.array([column], dtype=np.int64), chosen[kept]])


def _breaks(standard: Floats, reference_end: int) -> Floats:
    """Excess of what the others don't explain of each column; the first is left out of what explains the others."""
    count = standard.shape[1]
    predictors = [np.array([j for j in range(1, count) if j != i], dtype=np.int64) for i in range(count)]
    return scan(residuals(standard, predictors, reference_end, own_past=False), reference_end).excess
