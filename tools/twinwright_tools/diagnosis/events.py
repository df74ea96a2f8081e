"""Event logs: signals that are recorded when they change, and hold their state until the next row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

import numpy as np

from ..telemetry.series import Series, SignalKey
from .grid import Floats, Ints

_LONG = 3.0  # a state held that many times longer than ever before is odd
_MOST_STATES = 8
_LEAST_CHANGES = 4


@dataclass(frozen=True, slots=True)
class EventFinding:
    """What is odd about the state that a signal holds at the moment of asking.

    Attributes:
        oddness: 0 (usual) to 1 (never seen before, in a signal that seldom shows anything new).
        onset: when the state began, microseconds since the Unix epoch.
        before, now: the state before and the present one, as text.
        held_s: how long it has been held; longest_s: how long it was ever held before (0: never).
    """

    key: SignalKey
    oddness: float
    onset: int
    before: str | float | None
    now: str | float | None
    held_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class _Runs:
    """Maximal stretches of one state: their codes, when they begin, and the code of each state's first row."""

    codes: Ints
    begins: Ints
    states: list[str | float | None]


def _runs(series: Series, at: int) -> _Runs | None:
    upto = series.times <= at
    times = series.times[upto]
    if not len(times):
        return None
    raw = series.texts[upto].tolist() if series.texts is not None else series.values[upto].tolist()
    seen: dict[object, int] = {}
    codes = np.array([seen.setdefault(_state(value), len(seen)) for value in raw], dtype=np.int64)
    begin = np.flatnonzero(np.diff(codes, prepend=-1) != 0)
    states = [value if isinstance(value, str | float) else None for value in seen]
    return _Runs(codes[begin], times[begin], states)


def _state(value: str | float | None) -> str | float | None:
    """A state; what is no number, or infinite, is none."""
    return None if isinstance(value, float) and not isfinite(value) else value


def find_odd_state(series: Series, at: int) -> EventFinding | None:
    """Whether the state a signal holds at `at` (microseconds) is one it didn't use to hold, or not for so long.

    Returns:
        None where there is nothing to compare with.
    """
    runs = _runs(series, at)
    if runs is None or len(runs.codes) < 2:
        return None
    now = runs.codes[-1]
    lengths = np.diff(np.append(runs.begins, at)) / 1e6
    earlier = runs.codes[:-1] == now
    longest = float(lengths[:-1][earlier].max(initial=0.0))
    held = float(lengths[-1])
    oddness = _newness(runs.codes) if not earlier.any() else 0.0
    if earlier.sum() >= _LEAST_CHANGES and held > _LONG * longest:
        oddness = 0.5
    before = runs.states[int(runs.codes[-2])]
    return EventFinding(series.key, oddness, int(runs.begins[-1]), before, runs.states[int(now)], held, longest)


def _newness(codes: Ints) -> float:
    """1 less the share of earlier changes that brought a state never seen before: a counter is always new."""
    earlier = codes[:-1]
    firsts = len(np.unique(earlier)) - 1
    changes = max(len(earlier) - 1, 0)
    return 1.0 - firsts / changes if changes > 1 else 1.0 - 0.25 * firsts


def odd_states(found: Iterable[Series], at: int) -> dict[SignalKey, EventFinding]:
    """The findings of all event logs that have any."""
    findings = (find_odd_state(series, at) for series in found)
    return {finding.key: finding for finding in findings if finding is not None}


def state_shares(series: Series, ends: Ints) -> list[tuple[str, Floats]]:
    """For each state of an event log 1 where it held at the end of a bin, else 0; nothing for too many states."""
    runs = _runs(series, int(ends[-1]))
    if runs is None or len(runs.codes) <= _LEAST_CHANGES or not 2 <= len(runs.states) <= _MOST_STATES:
        return []
    index = np.searchsorted(runs.begins, ends, side="right") - 1
    held = np.where(index >= 0, runs.codes[np.maximum(index, 0)], -1)
    return [(str(state), (held == code).astype(np.float64)) for code, state in enumerate(runs.states)]
