"""Event logs as runs: signals that are recorded when they change hold their state until the next row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

import numpy as np

from ..telemetry.series import Series, SignalKey
from .grid import Ints

State = str | float | None


@dataclass(frozen=True, slots=True)
class Runs:
    """Maximal stretches of one state, in the order of time.

    Attributes:
        codes: int64 (R,), the state of each run, as an index into `states`; never the same twice in a row.
        begins: int64 (R,), when each begins, microseconds since the Unix epoch, not decreasing.
        states: what was recorded, in the order in which it was first seen; None where nothing was.
    """

    codes: Ints
    begins: Ints
    states: list[State]

    def lengths(self, at: int) -> Ints:
        """How long each run lasts, in microseconds; the last one until `at`."""
        lengths: Ints = np.diff(np.append(self.begins, at))
        return lengths


def runs_of(series: Series, at: int) -> Runs | None:
    """The runs of a log up to `at` (microseconds); None where nothing was recorded by then."""
    upto = series.times <= at
    times = series.times[upto]
    if not len(times):
        return None
    raw = series.texts[upto].tolist() if series.texts is not None else series.values[upto].tolist()
    if np.any(np.diff(times) < 0):
        order = np.argsort(times, kind="stable")
        times, raw = times[order], [raw[place] for place in order]
    seen: dict[object, int] = {}
    codes = np.array([seen.setdefault(_state(value), len(seen)) for value in raw], dtype=np.int64)
    begin = np.flatnonzero(np.diff(codes, prepend=-1) != 0)
    states = [value if isinstance(value, str | float) else None for value in seen]
    return Runs(codes[begin], times[begin], states)


def _state(value: State) -> State:
    """A state; what is no number, or infinite, is none."""
    return None if isinstance(value, float) and not isfinite(value) else value


def all_runs(logs: Iterable[Series], at: int) -> dict[SignalKey, Runs]:
    """The runs of every log that has any."""
    found = ((series.key, runs_of(series, at)) for series in logs)
    return {key: runs for key, runs in found if runs is not None}
