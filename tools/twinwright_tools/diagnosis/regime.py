"""Operating regimes: a signal is judged against its own past in the state that the plant is in (product, mode)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from ..telemetry.series import Series, SignalKey
from .grid import Floats, Ints, states_on

_MOST_STATES = 8
_LEAST_HOLD = 10.0  # steps that a state is held on average: what changes faster is an event, not a regime
_LEAST_SAMPLES = 12  # steps of a state in the reference from which its typical value is known
_LEAST_GAIN = 0.35  # share of a signal's variance that a regime has to explain, to count as one for it
_UNSEEN = 0.5  # weight of a departure in a regime that the reference doesn't hold: there is nothing to compare with


@dataclass(frozen=True)
class Regime:
    """The course of one state: codes (T,) count its values up from 0, -1 before the first."""

    key: SignalKey
    codes: Ints
    count: int


def regimes(logs: Sequence[Series], ends: Ints) -> list[Regime]:
    """The event logs that hold each of a few states for long: products, modes, set-points, shifts."""
    found = []
    for log in logs:
        held = states_on(log, ends)
        seen: dict[object, int] = {None: -1}
        codes = np.array([seen.setdefault(None if one != one else one, len(seen) - 1) for one in held], dtype=np.int64)
        changes = int(np.count_nonzero(np.diff(codes)))
        if 2 <= len(seen) - 1 <= _MOST_STATES and len(codes) >= _LEAST_HOLD * (changes + 1):
            found.append(Regime(log.key, codes, len(seen) - 1))
    return found


def adjusted(
    values: Floats,
    keys: Sequence[SignalKey],
    found: Sequence[Regime],
    scopes: Mapping[str, Set[str]],
    reference_end: int,
) -> Floats:
    """Each column less what its regime explains of it, where one in whose scope it lies explains much.

    Args:
        values: (T, N), columns named by `keys`.
        scopes: twin of a regime to the twins that it may govern (itself and its parts).
    """
    out = values
    best = np.full(values.shape[1], _LEAST_GAIN)
    past = values[:reference_end]
    total = np.maximum(past.var(axis=0), np.finfo(np.float64).tiny)
    for regime in found:
        scope = scopes.get(regime.key.twin, frozenset((regime.key.twin,)))
        columns = np.array([place for place, key in enumerate(keys) if key.twin in scope], dtype=np.int64)
        if not len(columns):
            continue
        course = _within(values[:, columns], regime, reference_end)
        gain = 1.0 - course[:reference_end].var(axis=0) / total[columns]
        better = gain > best[columns]
        if better.any():
            out = out.copy() if out is values else out
            out[:, columns[better]] = course[:, better]
            best[columns[better]] = gain[better]
    return out


def _within(values: Floats, regime: Regime, reference_end: int) -> Floats:
    """Columns less the difference between each regime's median and the median of all."""
    middle = np.median(values[:reference_end], axis=0)
    course = values.copy()
    for code in range(-1, regime.count):
        held = regime.codes == code
        known = np.flatnonzero(held[:reference_end])
        if len(known) >= _LEAST_SAMPLES:
            course[held] -= np.median(values[known], axis=0) - middle
        else:
            course[held] = middle + _UNSEEN * (values[held] - middle)
    return course
