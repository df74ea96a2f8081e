"""From scans to suspicion: how strongly each signal, by itself, says that something is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..telemetry.series import Series, SignalInfo, SignalKey
from ..times import from_micros
from .events import EventFinding, odd_states, state_shares
from .grid import Floats, Grid, make_grid, sampled_signals
from .quality import dropouts, stuck
from .relations import own_predictors
from .residuals import related, residuals
from .result import Deviation, DeviationKind
from .scan import CLEAR, Scan, robust_z, scan

DEVIATES = CLEAR
_SATURATION = 1.5
_LEAST_LOG = -1.2
_OWN_WEIGHT = 0.5
_LEAST_STEPS = 24
_NEARLY_BEST = 0.9
_SILENCE = 0.2  # strength of a signal that is merely stuck or missing, at most
_LEAST_SHARE = 0.05  # standard deviation of the share of time in a state, at least


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What speaks against one signal before topology is looked at.

    Attributes:
        strength: logarithm of how far it left its past, bounded: below 0 it didn't, 1.5 is as strong as it gets.
        excess: the strongest departure over the largest one of its past (1: as far as ever).
        broken: the same for what the twin's other signals don't explain of it; 0 where that can't be said.
        deviation: as the diagnosis reports it, or None.
        onset: microseconds, or None without a deviation.
        odd: the state of an event log, or None.
    """

    key: SignalKey
    strength: float
    excess: float
    broken: float
    deviation: Deviation | None
    onset: int | None
    odd: EventFinding | None = None


def saturated(excess: Floats) -> Floats:
    """Log of the excess, squeezed into ±1.5, so that one wild signal doesn't outweigh a clear pattern."""
    bounded: Floats = _SATURATION * np.tanh(np.log(np.maximum(excess, np.exp(_LEAST_LOG))) / _SATURATION)
    return bounded


def change_step(values: Floats) -> int:
    """The step from which the plant as a whole differs (nearly) most from the first half of what is known.

    The largest standardised step of the mean capped deviation of all signals, in the second half (the idea of BARO,
    Pham et al. 2024, with a least-squares step in place of its Bayesian one).
    """
    steps = len(values)
    half = steps // 2
    course = np.minimum(np.abs(robust_z(values, slice(0, half))), 10.0).mean(axis=1)
    total = np.cumsum(course)
    cut = np.arange(half, max(steps - 2, half + 1))
    before, after = total[cut - 1] / cut, (total[-1] - total[cut - 1]) / (steps - cut)
    gain = np.sqrt(cut * (steps - cut) / steps) * (after - before)
    # The first cut that is nearly as good as the best: what came before it must not hold the fault's own beginning.
    best = float(gain.max())
    if best <= 0.0:
        return int(cut[gain.argmax()])  # the plant only grew quieter: any cut is as good
    return int(cut[np.flatnonzero(gain >= _NEARLY_BEST * best)[0]])


def suspicions(signals: Mapping[SignalKey, Series], infos: Sequence[SignalInfo], at: int) -> dict[SignalKey, Suspicion]:
    """Every recorded signal with what speaks against it; `at` is in microseconds."""
    units = {info.key: info.unit for info in infos}
    logs = [signals[info.key] for info in infos if info.sampling == "events" and info.key in signals]
    found = {key: _of_state(finding) for key, finding in odd_states(logs, at).items()}
    grid = make_grid(sampled_signals(signals, infos), at)
    if grid is not None and grid.shape[0] >= _LEAST_STEPS:
        for suspicion in _of_grid(grid, units, logs):
            known = found.get(suspicion.key)
            if known is None or suspicion.strength > known.strength:
                found[suspicion.key] = suspicion
    for info in infos:
        found.setdefault(info.key, Suspicion(info.key, _LEAST_LOG, 0.0, 0.0, None, None))
    return found


def _of_state(finding: EventFinding) -> Suspicion:
    if finding.oddness <= 0.0:
        return Suspicion(finding.key, _LEAST_LOG, 0.0, 0.0, None, None, finding)
    strength = _LEAST_LOG + finding.oddness * (1.0 - _LEAST_LOG)
    deviation = Deviation(
        finding.key,
        "state",
        10.0 * finding.oddness,
        0,
        from_micros(finding.onset),
        0.5,
        finding.before,
        finding.now,
        None,
    )
    return Suspicion(finding.key, strength, 1.0 + finding.oddness, 0.0, deviation, finding.onset, finding)


def _of_grid(grid: Grid, units: Mapping[SignalKey, str | None], logs: Iterable[Series]) -> list[Suspicion]:
    steps, count = grid.shape
    reference = max(steps // 2, min(change_step(grid.values) - 2, steps - 3))
    shares = [(log.key, share) for log in logs for _, share in state_shares(log, grid.ends)]
    level = scan(grid.values, reference)
    spread = scan(grid.values, reference, spread=True)
    chosen = related(grid.values, reference, own_predictors(grid.keys))
    own = scan(residuals(grid.values, chosen, reference), reference)
    strength = saturated(level.excess)
    strength = (strength + _OWN_WEIGHT * saturated(own.excess)) / (1.0 + _OWN_WEIGHT)
    found = [
        _suspicion(grid, column, float(strength[column]), (level, spread, own), reference, units)
        for column in range(count)
    ]
    found = _with_silence(grid, found, steps // 2)
    if shares:
        held = scan(np.column_stack([share for _, share in shares]), reference, least_scale=_LEAST_SHARE)
        found += [_of_share(grid, key, share, held, place) for place, (key, share) in enumerate(shares)]
    return found


def _with_silence(grid: Grid, found: list[Suspicion], reference: int) -> list[Suspicion]:
    """The same suspicions, but for signals that are stuck or drop out more clearly than they left their past."""
    held, since = stuck(grid, reference)
    missing = dropouts(grid, reference)
    told = []
    for column, one in enumerate(found):
        if held[column] > one.excess:
            told.append(_silent(grid, one, "stuck", float(held[column]), float(held[column]), int(since[column])))
        elif missing.excess[column] > max(CLEAR, one.excess):
            excess, score = float(missing.excess[column]), float(missing.score[column])
            told.append(_silent(grid, one, "dropout", excess, score, int(missing.onset[column])))
        else:
            told.append(one)
    return told


def _silent(grid: Grid, one: Suspicion, kind: DeviationKind, excess: float, score: float, onset: int) -> Suspicion:
    when = int(grid.ends[onset])
    deviation = Deviation(one.key, kind, score, 0, from_micros(when), grid.step_s, None, None, None)
    # Silence says little of the process: it may name the signal, but not outweigh what the others measured.
    strength = max(one.strength, min(_SILENCE, float(saturated(np.array([excess]))[0])))
    since = when if one.onset is None else one.onset
    return Suspicion(one.key, strength, max(one.excess, CLEAR), one.broken, deviation, since)


def _of_share(grid: Grid, key: SignalKey, share: Floats, level: Scan, column: int) -> Suspicion:
    excess = float(level.excess[column])
    strength = float(saturated(level.excess[column : column + 1])[0])
    if excess < DEVIATES:
        return Suspicion(key, strength, excess, 0.0, None, None)
    onset, width = int(level.onset[column]), int(level.width[column])
    deviation = Deviation(
        key,
        "events",
        float(level.score[column]),
        int(level.direction[column]),
        from_micros(int(grid.ends[onset])),
        width * grid.step_s,
        float(share[:onset].mean()) if onset else 0.0,
        float(share[onset:].mean()),
        "share of time",
    )
    # A state tells the operating regime at least as often as a fault: for the chance of a fault it counts by its root.
    return Suspicion(key, strength, float(np.sqrt(excess)), 0.0, deviation, int(grid.ends[onset]))


def _suspicion(
    grid: Grid,
    column: int,
    strength: float,
    scans: tuple[Scan, Scan, Scan],
    reference: int,
    units: Mapping[SignalKey, str | None],
) -> Suspicion:
    level, spread, own = scans
    key = grid.keys[column]
    broken = float(own.excess[column])
    kind: DeviationKind = "level"
    best = level
    if spread.excess[column] > 1.5 * level.excess[column]:
        kind, best = "spread", spread
    excess = float(best.excess[column])
    if excess < DEVIATES:
        return Suspicion(key, strength, excess, broken, None, None)
    onset = int(best.onset[column])
    course = grid.values[:, column]
    if kind == "level":
        kind = _shape(course, onset, reference)
    before, after = float(np.median(course[:reference])), float(np.median(course[onset:]))
    deviation = Deviation(
        key,
        kind,
        float(best.score[column]),
        int(best.direction[column]),
        from_micros(int(grid.ends[onset])),
        float(best.width[column]) * grid.step_s,
        before,
        after,
        units.get(key),
    )
    return Suspicion(key, strength, excess, broken, deviation, int(grid.ends[onset]))


def _shape(course: Floats, onset: int, reference: int) -> DeviationKind:
    """Level, or slope where the departure keeps growing."""
    since = course[onset:]
    if len(since) < 8:
        return "level"
    parts = [float(np.median(part)) for part in np.array_split(since, 4)]
    moves = np.diff([float(np.median(course[:reference])), *parts])
    same = np.all(np.sign(moves[1:]) == np.sign(moves[0])) and abs(moves[1:].sum()) > 0.5 * abs(moves.sum())
    return "slope" if same else "level"
