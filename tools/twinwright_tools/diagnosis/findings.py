"""What the detectors beside the scan found, as deviations and as measures of a suspicion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from ..telemetry.series import Series, SignalInfo, SignalKey
from ..times import from_micros
from .commands import Mismatch, mismatches
from .following import Standing, standing
from .grid import Grid
from .oscillation import oscillations
from .paces import PaceFinding, changed_paces
from .ranges import Bounds, OutOfRange, out_of_range
from .relations import Relations
from .result import Deviation, DeviationKind
from .scan import CLEAR


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that speaks against a signal.

    Attributes:
        excess: how clear it is (1: as far as ever), as `Suspicion.excess`; `level`, `spread`, `oddness` and `share`
            are the measures of `Suspicion` that it raises.
        onset: microseconds.
        says_more_than: kinds of deviation that are the same thing seen less clearly, however large.
    """

    key: SignalKey
    excess: float
    deviation: Deviation
    onset: int
    level: float = 0.0
    spread: float = 0.0
    oddness: float = 0.0
    share: float = 0.0
    says_more_than: tuple[DeviationKind, ...] = ()


def of_logs(logs: Sequence[Series], at: int, relations: Relations | None) -> Iterator[Finding]:
    """Feedback that disagrees with its command, and changed rates and durations; `at` in microseconds."""
    yield from (_of_mismatch(one) for one in mismatches(logs, at, relations).values())
    yield from (_of_pace(one) for one in changed_paces(logs, at).values())


def of_ranges(
    signals: Mapping[SignalKey, Series],
    infos: Sequence[SignalInfo],
    at: int,
    bounds: Mapping[SignalKey, Sequence[Bounds]] | None,
) -> Iterator[Finding]:
    """Signals outside stated limits, or what their unit can be."""
    units = {info.key: info.unit for info in infos}
    yield from (_of_range(one, units[key]) for key, one in out_of_range(signals, infos, at, bounds).items())


def of_oscillation(grid: Grid, reference_end: int, units: Mapping[SignalKey, str | None]) -> Iterator[Finding]:
    """Columns of a grid that began to oscillate. Before and after are the amplitudes."""
    found = oscillations(grid, reference_end)
    for column in np.flatnonzero(found.excess >= CLEAR).tolist():
        key, excess, onset = grid.keys[column], float(found.excess[column]), int(grid.ends[found.onset[column]])
        deviation = Deviation(
            key,
            "oscillation",
            float(found.score[column]),
            1,
            from_micros(onset),
            float(found.width[column]) * grid.step_s,
            float(found.before[column]),
            float(found.amplitude[column]),
            units.get(key),
            f"with a period of {found.period_s[column]:.4g} s: its amplitude went",
        )
        yield Finding(key, excess, deviation, onset, spread=excess, says_more_than=("spread",))


def of_following(grid: Grid, reference_end: int, units: Mapping[SignalKey, str | None]) -> Iterator[Finding]:
    """Columns of a grid that stand although what they always followed moves."""
    yield from (_of_standing(one, grid) for one in standing(grid, reference_end, units))


def _of_standing(one: Standing, grid: Grid) -> Finding:
    note = (
        f"with {one.followed.signal}, which went from {one.went_from:.4g} to {one.went_to:.4g} {one.unit}: it stands "
        f"at {one.stands_at:.4g} {one.unit}, {one.excess:.3g} times further from it than ever, since it began"
    )
    onset = int(grid.ends[one.since])
    deviation = Deviation(
        one.key,
        "mismatch",
        one.excess,
        0,
        from_micros(onset),
        grid.step_s,
        one.went_to,
        one.stands_at,
        one.unit,
        note,
    )
    # What it says for the ranking is in the residuals already; here it only makes the signal one that deviates.
    return Finding(one.key, CLEAR, deviation, onset, says_more_than=("level", "slope", "spread", "stuck"))


def _of_mismatch(one: Mismatch) -> Finding:
    note = (
        f"with its command {one.command}, which is {_state(one.asked)}: it is {_state(one.found)} and should be "
        f"{_state(one.expected)}, for {one.held_s:.3g} s now (before, {one.longest_s:.3g} s at most, in "
        f"{one.support} answers), since it began"
    )
    deviation = Deviation(
        one.feedback,
        "mismatch",
        10.0 * one.oddness,
        0,
        from_micros(one.since),
        max(one.longest_s, 0.5),
        one.expected,
        one.found,
        None,
        note,
    )
    return Finding(
        one.feedback, 1.0 + one.oddness, deviation, one.since, oddness=one.oddness, says_more_than=("state",)
    )


def _of_pace(one: PaceFinding) -> Finding:
    events = one.kind == "events"
    note = "the rate of its changes" if events else f"of {_state(one.state)}"
    deviation = Deviation(
        one.key,
        one.kind,
        one.score,
        one.direction,
        from_micros(one.onset),
        one.onset_uncertainty_s,
        one.before,
        one.after,
        "1/h" if events else "s",
        note,
    )
    # Durations tell the operating regime at least as often as a fault: for the chance of one they count by their root.
    return Finding(one.key, sqrt(one.excess), deviation, one.onset, share=one.excess)


def _of_range(one: OutOfRange, unit: str | None) -> Finding:
    measured = f" {unit}" if unit else ""
    side = "above" if one.direction > 0 else "below"
    deviation = Deviation(
        one.key,
        "out_of_range",
        one.score,
        one.direction,
        from_micros(one.since),
        one.uncertainty_s,
        one.before,
        one.after,
        unit,
        f"{side} {one.limit:.6g}{measured} ({one.bounds.source})",
    )
    excess = 2.0 * CLEAR if one.bounds.impossible else CLEAR
    more: tuple[DeviationKind, ...] = ("level", "slope", "spread", "stuck") if one.bounds.impossible else ()
    return Finding(one.key, excess, deviation, one.since, level=excess, says_more_than=more)


def _state(state: str | float | None) -> str:
    return "nothing" if state is None else f"{state:.6g}" if isinstance(state, float) else repr(state)
