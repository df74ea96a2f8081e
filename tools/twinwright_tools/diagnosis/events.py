"""The state that an event log holds at the moment of asking, and its share of time in each state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..telemetry.series import Series, SignalKey
from .grid import COUNTS, MOST_STATES, Floats, Ints
from .runs import Runs, runs_of

_LONG = 3.0  # a state held that many times longer than ever before is odd
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


def find_odd_state(series: Series, at: int) -> EventFinding | None:
    """Whether the state a signal holds at `at` (microseconds) is one it didn't use to hold, or not for so long.

    Returns:
        None where there is nothing to compare with.
    """
    runs = runs_of(series, at)
    if runs is None or len(runs.codes) < 2:
        return None
    now = runs.codes[-1]
    lengths = runs.lengths(at) / 1e6
    earlier = runs.codes[:-1] == now
    longest = float(lengths[:-1][earlier].max(initial=0.0))
    since = _left(runs, at) if series.texts is None else len(runs.codes) - 1
    held = float(lengths[since:].sum())
    oddness = _newness(runs.codes[: since + 1]) if not earlier.any() else 0.0
    if earlier.sum() >= _LEAST_CHANGES and held > _LONG * longest:
        oddness = 0.5
    before = runs.states[int(runs.codes[since - 1])]
    return EventFinding(series.key, oddness, int(runs.begins[since]), before, runs.states[int(now)], held, longest)


def _left(runs: Runs, at: int) -> int:
    """The run with which a number left all that it ever was, on the way to where it is now; else the last run.

    A pressure that always rested and now falls to nothing in ten steps is in one new state, not in ten. What was
    always on its way, or only rises since, is a counter.
    """
    codes = runs.codes
    first_seen = np.zeros(len(codes), dtype=np.bool_)
    first_seen[np.unique(codes, return_index=True)[1]] = True
    last = len(codes) - 1
    since = int(np.flatnonzero(~first_seen).max(initial=0)) + 1
    if since >= last or 2 * (runs.begins[since] - runs.begins[0]) < at - runs.begins[0]:
        return last
    values = np.array([runs.states[code] for code in codes[since - 1 :]], dtype=np.float64)
    return last if np.mean(np.diff(values) >= 0.0) >= COUNTS else since


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
    runs = runs_of(series, int(ends[-1]))
    if runs is None or len(runs.codes) <= _LEAST_CHANGES or not 2 <= len(runs.states) <= MOST_STATES:
        return []
    index = np.searchsorted(runs.begins, ends, side="right") - 1
    held = np.where(index >= 0, runs.codes[np.maximum(index, 0)], -1)
    return [(str(state), (held == code).astype(np.float64)) for code, state in enumerate(runs.states)]
