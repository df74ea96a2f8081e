"""Missing or extra events, and changed durations of a state: an event log against its own past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import erfc, log, sqrt
from typing import Literal

import numpy as np

from ..telemetry.series import Series, SignalKey
from .grid import MOST_STATES, Floats, Ints
from .runs import Runs, State, all_runs
from .scan import CLEAR

FALSE_ALARMS = 0.05  # chance of any false finding over all logs and states that are looked at
_LEAST_PAST, _LEAST_RECENT = 8, 4
_MOST_LENGTHS = 1000
_MOST_ALIKE = 0.95
_LEAST_FACTOR = 1.25  # a duration that changed by less is nobody's concern
_LEAST_SCALE = 0.02  # standard deviation of a logarithm of a duration, at least
_NORMAL_LIMIT = 3.0  # what the largest excursion of the past is taken to be at least, in standard deviations


@dataclass(frozen=True, slots=True)
class PaceFinding:
    """A log whose events come more or less often than before, or whose state lasts longer or shorter.

    Attributes:
        kind: ``events`` (before and after are changes per hour) or ``duration`` (they are seconds); both are medians.
        state: the state whose duration or whose returns are meant; None: all changes.
        score: distance of the recent median from the past one, in robust standard deviations of the past.
        excess: the same over the largest excursion of as many events in a row in the past (1: as far as ever).
        direction: +1 more often or longer, -1 less often or shorter.
        onset: when it began, microseconds; onset_uncertainty_s: half-width of that.
    """

    key: SignalKey
    kind: Literal["events", "duration"]
    state: State
    score: float
    excess: float
    direction: int
    onset: int
    onset_uncertainty_s: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class _Times:
    """Lengths (seconds) of comparable stretches of one log, with the beginning of each (microseconds)."""

    key: SignalKey
    kind: Literal["events", "duration"]
    state: State
    begins: Ints
    lengths: Floats


def changed_paces(logs: Iterable[Series], at: int) -> dict[SignalKey, PaceFinding]:
    """The logs whose rate or durations changed by `at` (microseconds); of each the finding with the largest excess.

    The most recent k stretches are compared with all before them by the rank test of Mann and Whitney, for every
    possible k at once; its chance (normal approximation, which errs on the safe side for so few) counts once for every
    k and every other stretch that is looked at in the plant (Bonferroni). As stretches in a row resemble each other,
    the recent median must also be further away than any k in a row before, by `CLEAR`.
    """
    looks = [times for key, runs in all_runs(logs, at).items() for times in _stretches(key, runs, at)]
    looks = [one for one in looks if len(one.lengths) >= _LEAST_PAST + _LEAST_RECENT]
    found: dict[SignalKey, PaceFinding] = {}
    for one in looks:
        finding = _changed(one, len(looks))
        if finding is not None and (one.key not in found or finding.excess > found[one.key].excess):
            found[one.key] = finding
    return found


def _stretches(key: SignalKey, runs: Runs, at: int) -> Iterator[_Times]:
    """The durations of each state, and the times from one return of the commonest state to the next."""
    lengths = runs.lengths(at) / 1e6
    if len(runs.states) > MOST_STATES:
        yield _times(key, "events", None, runs.begins, lengths)
        return
    for code, state in enumerate(runs.states):
        own = np.flatnonzero(runs.codes == code)
        own = own[own > 0]  # since when the first state held, the log doesn't say
        if len(own):
            yield _times(key, "duration", state, runs.begins[own], lengths[own], open_end=own[-1] == len(lengths) - 1)
    common = int(np.bincount(runs.codes).argmax())
    returns = runs.begins[(runs.codes == common) & (np.arange(len(runs.codes)) > 0)]
    if len(returns):
        yield _times(key, "events", runs.states[common], returns, np.diff(np.append(returns, at)) / 1e6)


def _times(
    key: SignalKey,
    kind: Literal["events", "duration"],
    state: State,
    begins: Ints,
    lengths: Floats,
    *,
    open_end: bool = True,
) -> _Times:
    """The last stretch isn't over: it counts, at what it has lasted so far, only once it is longer than the median."""
    if open_end and lengths[-1] <= np.median(lengths):
        begins, lengths = begins[:-1], lengths[:-1]
    return _Times(key, kind, state, begins[-_MOST_LENGTHS:], np.maximum(lengths[-_MOST_LENGTHS:], 1e-6))


def _changed(times: _Times, looks: int) -> PaceFinding | None:
    logs = np.log(times.lengths)
    recent, z, tried = _split(logs)
    if erfc(abs(z) / sqrt(2.0)) * tried * looks > FALSE_ALARMS:
        return None
    past, now = logs[:-recent], logs[-recent:]
    middle, last = float(np.median(past)), float(np.median(now))
    scale = max(float(np.subtract(*np.percentile(past, [75, 25]))) / 1.349, 0.2 * float(past.std()), _LEAST_SCALE)
    rolling = np.median(np.lib.stride_tricks.sliding_window_view(past, recent), axis=1)
    # The median of k normal numbers scatters by 1.2533 / √k of their standard deviation.
    most = max(float(np.abs(rolling - middle).max()), _NORMAL_LIMIT * 1.2533 * scale / sqrt(recent))
    excess = abs(last - middle) / most
    if excess < CLEAR or abs(last - middle) < log(_LEAST_FACTOR):
        return None
    before, after = float(np.exp(middle)), float(np.exp(last))
    longer = 1 if last > middle else -1
    cut = len(logs) - recent
    spacing = float(times.begins[cut] - times.begins[cut - 1]) / 1e6
    rate = times.kind == "events"
    return PaceFinding(
        key=times.key,
        kind=times.kind,
        state=times.state,
        score=abs(last - middle) / scale,
        excess=excess,
        direction=-longer if rate else longer,
        onset=int(times.begins[cut]),
        onset_uncertainty_s=max(spacing, before, after),
        before=3600.0 / before if rate else before,
        after=3600.0 / after if rate else after,
    )


def _split(values: Floats) -> tuple[int, float, int]:
    """How many of the last values differ most from those before, by how many standard deviations, and out of how many.

    The statistic of Mann and Whitney for every split that leaves at least twice as many before it (the past has to
    show what it can do in as many in a row), with corrections for continuity, for ties, and for neighbours that
    resemble each other: the variance of a mean grows by (1 + ρ) / (1 - ρ), ρ their correlation (first-order process).
    """
    count = len(values)
    most = min(count // 3, count - _LEAST_PAST)
    _, place, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2.0)[place]
    recent = np.arange(_LEAST_RECENT, most + 1)
    past = count - recent
    ties = float((sizes.astype(np.float64) ** 3 - sizes).sum()) / (count * (count - 1))
    variance = recent * past / 12.0 * np.maximum(count + 1 - ties, 1e-9)
    shift = np.cumsum(ranks[::-1])[recent - 1] - recent * (count + 1) / 2.0
    alike = _alike(ranks[: count - most])
    z = np.sign(shift) * np.maximum(np.abs(shift) - 0.5, 0.0) / np.sqrt(variance * (1.0 + alike) / (1.0 - alike))
    best = int(np.abs(z).argmax())
    return int(recent[best]), float(z[best]), len(recent)


def _alike(ranks: Floats) -> float:
    """The correlation of neighbours, 0 where they rather alternate."""
    centred = ranks - ranks.mean()
    power = float(centred @ centred)
    return float(np.clip(centred[1:] @ centred[:-1] / power, 0.0, _MOST_ALIKE)) if power > 0.0 else 0.0
