"""Looking at every recorded signal: what ranks the possible causes, and the deviations that people see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..telemetry.series import Series, SignalInfo, SignalKey
from ..times import from_micros
from ..twins.graph import TwinGraph
from .events import EventFinding, odd_states, state_shares
from .findings import Finding, of_following, of_logs, of_oscillation, of_ranges
from .grid import Floats, Grid, Ints, make_grid, quantities, sampled_signals
from .quality import dropouts, onsets_in_gaps, stuck
from .ranges import Bounds
from .regime import adjusted, regimes
from .relations import Relations, neighbour_predictors, own_predictors, upstream_predictors
from .residuals import related, residuals, standardised
from .result import Deviation, DeviationKind
from .scan import CLEAR, Scan, in_own_units, robust_z, scan, spread_out, stronger
from .suspicion import BROKEN, DEVIATES, Look, Suspicion

_LEAST_STEPS = 24
_MOST_LOUD = 300  # signals whose surroundings are asked what they explain
_NEARLY_BEST = 0.9
_LEAST_SHARE = 0.05  # standard deviation of the share of time in a state, at least


def change_step(values: Floats) -> int:
    """The step from which the plant as a whole differs (nearly) most from the first half of what is known.

    The largest standardised step of the mean capped deviation of all signals, in the second half (the idea of BARO,
    Pham et al. 2024, with a least-squares step in place of its Bayesian one).
    """
    steps = len(values)
    half = steps // 2
    course = np.minimum(np.abs(robust_z(in_own_units(values)[0], slice(0, half))), 10.0).mean(axis=1)
    total = np.cumsum(course)
    cut = np.arange(half, max(steps - 2, half + 1))
    before, after = total[cut - 1] / cut, (total[-1] - total[cut - 1]) / (steps - cut)
    gain = np.sqrt(cut * (steps - cut) / steps) * (after - before)
    # The first cut that is nearly as good as the best: what came before it must not hold the fault's own beginning.
    best = float(gain.max())
    if best <= 0.0:
        return int(cut[gain.argmax()])  # the plant only grew quieter: any cut is as good
    return int(cut[np.flatnonzero(gain >= _NEARLY_BEST * best)[0]])


def suspicions(
    signals: Mapping[SignalKey, Series],
    infos: Sequence[SignalInfo],
    at: int,
    graph: TwinGraph | None = None,
    relations: Relations | None = None,
    bounds: Mapping[SignalKey, Sequence[Bounds]] | None = None,
) -> dict[SignalKey, Suspicion]:
    """The suspicions of `look_at`."""
    return look_at(signals, infos, at, graph, relations, bounds).found


def look_at(
    signals: Mapping[SignalKey, Series],
    infos: Sequence[SignalInfo],
    at: int,
    graph: TwinGraph | None = None,
    relations: Relations | None = None,
    bounds: Mapping[SignalKey, Sequence[Bounds]] | None = None,
) -> Look:
    """Every recorded signal with what speaks against it; `at` is in microseconds.

    Args:
        graph: tells which twins an event log governs; without it, only its own.
        relations: tell which signals may explain which; without them, only those of the same twin.
        bounds: what the plant states of its signals.
    """
    units = {info.key: info.unit for info in infos}
    logs = [signals[info.key] for info in infos if info.sampling == "events" and info.key in signals]
    found = {key: _of_state(finding) for key, finding in odd_states(logs, at).items()}
    grid = make_grid(sampled_signals(signals, infos, at), at, held=quantities(signals, infos, at))
    more = [*of_logs(logs, at, relations), *of_ranges(signals, infos, at, bounds)]
    look = Look(found)
    if grid is not None and grid.shape[0] >= _LEAST_STEPS:
        grid, reference = _adjusted(grid, logs, graph)
        look = Look(found, grid, standardised(grid.values, reference), reference)
        more += [*of_oscillation(grid, reference, units), *of_following(grid, reference, units)]
        for one in [*_of_grid(look, relations, units), *_of_shares(grid, logs, reference)]:
            known = found.get(one.key)
            found[one.key] = one if known is None else _merged(known, one)
    for info in infos:
        found.setdefault(info.key, Suspicion(info.key))
    for finding in more:
        found[finding.key] = _with(found[finding.key], finding)
    return look


def _with(known: Suspicion, one: Finding) -> Suspicion:
    """What is known and one finding more; its deviation if that is the stronger, or says more of the same thing."""
    told = replace(
        known,
        excess=max(known.excess, one.excess),
        level=max(known.level, one.level),
        spread=max(known.spread, one.spread),
        oddness=max(known.oddness, one.oddness),
        share=max(known.share, one.share),
    )
    present = known.deviation
    if present is None or one.excess > known.excess or present.kind in one.says_more_than:
        told = replace(told, deviation=one.deviation, onset=one.onset)
    return told


def _merged(known: Suspicion, other: Suspicion) -> Suspicion:
    """Both of what two looks at one event log say; the deviation of the stronger."""
    first, second = (known, other) if known.excess >= other.excess else (other, known)
    return replace(
        first,
        oddness=max(first.oddness, second.oddness),
        share=max(first.share, second.share),
        odd=first.odd or second.odd,
    )


def _of_state(finding: EventFinding) -> Suspicion:
    if finding.oddness <= 0.0:
        return Suspicion(finding.key, odd=finding)
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
    return Suspicion(
        finding.key,
        excess=1.0 + finding.oddness,
        oddness=finding.oddness,
        deviation=deviation,
        onset=finding.onset,
        odd=finding,
    )


def _adjusted(grid: Grid, logs: Sequence[Series], graph: TwinGraph | None) -> tuple[Grid, int]:
    """The grid with each column in its operating regime, and how many steps count as its past.

    Where the plant changed is looked for in what its regimes don't explain; then all of the past tells the regimes.
    """
    found = regimes(logs, grid.ends)
    scopes = {one.key.twin: frozenset(graph.within(one.key.twin)) for one in found} if graph is not None else {}
    first = adjusted(grid.values, grid.keys, found, scopes, grid.shape[0] // 2)
    reference = _reference_end(first)
    return replace(grid, values=adjusted(grid.values, grid.keys, found, scopes, reference)), reference


def _reference_end(values: Floats) -> int:
    steps = len(values)
    return max(steps // 2, min(change_step(values) - 2, steps - 3))


def _of_grid(look: Look, relations: Relations | None, units: Mapping[SignalKey, str | None]) -> list[Suspicion]:
    grid, standard, reference = look.grid, look.standard, look.reference_end
    assert grid is not None and standard is not None  # the caller has seen to it
    level, spread = scan(grid.values, reference), _spread(grid, reference)
    every = np.arange(grid.shape[1])
    own = own_predictors(grid.keys)
    chosen = related(standard, reference, own, every)
    left = [residuals(standard, chosen, reference, own_past=past) for past in (False, True)]
    told = [scan(one, reference) for one in left]
    loudness = np.max([one.excess for one in (level, spread, *told)], axis=0)
    loud = np.sort(np.argsort(-loudness, kind="stable")[:_MOST_LOUD])
    further, explained_upstream = _further(look, loud, relations)
    explained = np.clip(1.0 - left[0][:reference].var(axis=0), 0.0, 1.0)
    scans = _Scans(level, spread, (*told, *further), (explained, explained_upstream))
    alone = np.array([not len(one) for one in own])
    found = [_of_column(grid, column, scans, bool(alone[column]), reference, units) for column in every.tolist()]
    return _with_silence(grid, _across_gaps(grid, found), grid.shape[0] // 2)


def _further(look: Look, loud: Ints, relations: Relations | None) -> tuple[list[Scan], Floats]:
    """The residuals upstream, fresh_upstream and around of the loudest signals, and what upstream explains of them.

    The others show next to nothing by themselves: so the cost of a plant of any size is bounded.
    """
    grid, standard, reference = look.grid, look.standard, look.reference_end
    assert grid is not None and standard is not None  # the caller has seen to it
    if relations is None:
        upstream = near = own_predictors(grid.keys)
    else:
        upstream = upstream_predictors(grid.keys, relations)
        near = neighbour_predictors(grid.keys, relations)
    found: list[Scan] = []
    explained = np.zeros(grid.shape[1])
    for allowed, past in ((upstream, False), (upstream, True), (near, False)):
        chosen = related(standard, reference, [allowed[column] for column in loud], loud)
        left = residuals(standard, chosen, reference, own_past=past, targets=loud)
        found.append(spread_out(scan(left, reference), loud, grid.shape))
        if not len(found) > 1:
            explained[loud] = np.clip(1.0 - left[:reference].var(axis=0), 0.0, 1.0)
    return found, explained


def _across_gaps(grid: Grid, found: list[Suspicion]) -> list[Suspicion]:
    """The same suspicions, but a departure that was seen after a gap began somewhere within it."""
    seen = {
        column: (int(np.searchsorted(grid.ends, one.onset)), int(one.deviation.onset_uncertainty_s / grid.step_s))
        for column, one in enumerate(found)
        if one.onset is not None and one.deviation is not None
    }
    told = list(found)
    for column, (begin, end, likely) in onsets_in_gaps(grid, seen).items():
        one, when = found[column], int(grid.ends[likely])
        assert one.deviation is not None  # only these were asked for
        middle = from_micros(int(grid.ends[(begin + end) // 2]))
        half = max(one.deviation.onset_uncertainty_s, ((end - begin) // 2 + 1) * grid.step_s)
        broke = when if one.broke is not None and grid.ends[begin] <= one.broke <= grid.ends[end] else one.broke
        deviation = replace(one.deviation, onset=middle, onset_uncertainty_s=half)
        told[column] = replace(one, deviation=deviation, onset=when, broke=broke)
    return told


def _spread(grid: Grid, reference: int) -> Scan:
    """Spread of the steps from bin to bin, or of the samples within the bins, whichever changed more."""
    between = scan(grid.values, reference, spread=True)
    if not grid.ripple.any():
        return between
    typical = np.median(grid.ripple[:reference], axis=0)
    within = np.log(grid.ripple + 0.05 * typical + _least(grid.values))
    return stronger(between, scan(within, reference))


@dataclass(frozen=True)
class _Scans:
    """Level, spread; the residuals (own, fresh, upstream, fresh_upstream, around); what own and upstream explain."""

    level: Scan
    spread: Scan
    residuals: tuple[Scan, ...]
    explained: tuple[Floats, ...]


def _of_column(
    grid: Grid, column: int, scans: _Scans, alone: bool, reference: int, units: Mapping[SignalKey, str | None]
) -> Suspicion:
    level, spread = float(scans.level.excess[column]), float(scans.spread.excess[column])
    own, fresh, upstream, fresh_upstream, around = (float(one.excess[column]) for one in scans.residuals)
    best, kind = (scans.spread, "spread") if spread > 1.5 * level else (scans.level, "level")
    excess = float(best.excess[column])
    since = [int(one.since[column]) for one in scans.residuals if one.excess[column] > BROKEN]
    base = Suspicion(
        grid.keys[column],
        excess=excess,
        level=level,
        spread=spread,
        level_direction=int(scans.level.direction[column]),
        spread_direction=int(scans.spread.direction[column]),
        own=0.0 if alone else own,  # with no other signal of its twin, its residual is its level once more
        fresh=fresh,
        upstream=upstream,
        fresh_upstream=fresh_upstream,
        around=around,
        explained=0.0 if alone else float(scans.explained[0][column]),
        explained_upstream=float(scans.explained[1][column]),
        broke=int(grid.ends[min(since)]) if since else None,
    )
    if excess < DEVIATES:
        return base
    onset = int(best.onset[column])
    course = grid.values[:, column]
    before, after = _typical(course, reference, onset) if kind == "level" else _scatter(grid, column, reference, onset)
    passing = kind == "level" and f"{before:.3g}" == f"{after:.3g}"
    if passing:  # it isn't away for most of the time since: how far it went tells more than where it mostly is
        after = float(course[onset:].max() if best.direction[column] > 0 else course[onset:].min())
    deviation = Deviation(
        base.key,
        _shape(course, onset, reference) if kind == "level" else "spread",
        float(best.score[column]),
        int(best.direction[column]),
        from_micros(int(grid.ends[onset])),
        float(best.width[column]) * grid.step_s,
        before,
        after,
        units.get(base.key),
        "for a time" if passing else "",
    )
    return replace(base, deviation=deviation, onset=int(grid.ends[onset]), since=int(grid.ends[best.since[column]]))


def _typical(course: Floats, reference: int, onset: int) -> tuple[float, float]:
    return float(np.median(course[:reference])), float(np.median(course[onset:]))


def _least(values: Floats) -> Floats:
    """What no sensor resolves, for each column in its own unit; above 0."""
    least: Floats = np.maximum(1e-12 * np.abs(values).max(axis=0), np.finfo(np.float64).tiny)
    return least


def _scatter(grid: Grid, column: int, reference: int, onset: int) -> tuple[float, float]:
    """Spread before and since, in the signal's unit: within the bins, or from bin to bin if that changed more."""
    steps = np.abs(np.diff(grid.values[:, column], prepend=grid.values[0, column]))
    least = float(_least(grid.values[:, [column]])[0])
    pairs = [_typical(one, reference, onset) for one in (grid.ripple[:, column], steps)]
    return max(pairs, key=lambda pair: abs(np.log((pair[1] + least) / (pair[0] + least))) if any(pair) else -1.0)


def _with_silence(grid: Grid, found: list[Suspicion], reference: int) -> list[Suspicion]:
    """The same suspicions, but for signals that are stuck or drop out more clearly than they left their past."""
    held, since, limit = stuck(grid, reference)
    missing = dropouts(grid, reference)
    told = []
    for column, each in enumerate(found):
        excess, score = float(missing.excess[column]), float(missing.score[column])
        # What rests at a limit still tells what it was made to do: it is no silent signal.
        resting = 0.0 if limit[column] else float(held[column])
        one = replace(each, silence=max(resting, excess), held=resting)
        if held[column] > one.excess:
            told.append(_silent(grid, one, "stuck", float(held[column]), int(since[column])))
        elif excess > max(CLEAR, one.excess):
            told.append(_silent(grid, one, "dropout", score, int(missing.onset[column])))
        else:
            told.append(one)
    return told


def _silent(grid: Grid, one: Suspicion, kind: DeviationKind, score: float, onset: int) -> Suspicion:
    when = int(grid.ends[onset])
    deviation = Deviation(one.key, kind, score, 0, from_micros(when), grid.step_s, None, None, None)
    since = when if one.onset is None else one.onset
    # Silence tells less of the plant than what was measured: for the chance of a fault it counts by its root.
    excess = max(one.excess, CLEAR, float(np.sqrt(one.silence)))
    return replace(one, excess=excess, deviation=deviation, onset=since)


def _of_shares(grid: Grid, logs: Iterable[Series], reference: int) -> list[Suspicion]:
    """What speaks against event logs because their shares of time in a state changed; the strongest state of each."""
    shares = [(log.key, share) for log in logs for _, share in state_shares(log, grid.ends)]
    if not shares:
        return []
    held = scan(np.column_stack([share for _, share in shares]), reference, least_scale=_LEAST_SHARE)
    found: dict[SignalKey, Suspicion] = {}
    for column, (key, share) in enumerate(shares):
        one = _of_share(grid, key, share, held, column)
        if key not in found or one.share > found[key].share:
            found[key] = one
    return list(found.values())


def _of_share(grid: Grid, key: SignalKey, share: Floats, level: Scan, column: int) -> Suspicion:
    excess = float(level.excess[column])
    if excess < DEVIATES:
        return Suspicion(key, share=excess)
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
        "its share of time in one of its states",
    )
    # A state tells the operating regime at least as often as a fault: for the chance of a fault it counts by its root.
    root = float(np.sqrt(excess))
    return Suspicion(key, excess=root, share=excess, deviation=deviation, onset=int(grid.ends[onset]))


def _shape(course: Floats, onset: int, reference: int) -> DeviationKind:
    """Level, or slope where the departure keeps growing."""
    since = course[onset:]
    if len(since) < 8:
        return "level"
    parts = [float(np.median(part)) for part in np.array_split(since, 4)]
    moves = np.diff([float(np.median(course[:reference])), *parts])
    same = np.all(np.sign(moves[1:]) == np.sign(moves[0])) and abs(moves[1:].sum()) > 0.5 * abs(moves.sum())
    return "slope" if same else "level"
