"""Ranking (twin, signal) by what speaks against it, what it would explain, and what its upstream already explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, log

from ..telemetry.series import SignalKey
from ..twins.graph import TwinGraph
from .relations import FAR, Relations
from .result import Symptom
from .suspicion import Suspicion

_EXPLAINS = 3.0  # weight of the share of all deviations that lie downstream
_PER_STEP = 0.92  # … each discounted by this for every step away
_EXPLAINED = 0.3  # weight of the strongest direct cause, where nothing says which effect matters
_EXPLAINED_ASKED = 0.15  # … where a symptom does
_REACHES_NOT = 2.0  # penalty of a twin from which no way leads to any symptom
_SAME_QUANTITY = 1.0  # a symptom's quantity, deviating elsewhere, is likelier its cause than another quantity
_SIGNAL_STEPS = 0.25  # weight of an explained symptom signal for every further step to it
_SIGNAL_EXPLAINS = 3.0
_CLEAR = 1.6  # excess from which a deviation is clear enough to give its twin an onset
_SLACK = 0.5  # onsets this many uncertainties apart may be in either order
_EXPLAINED_EARLIER = 0.6  # weight of a direct cause that began clearly before its effect
_BREAKS = 0.2  # per e-fold by which a relation among a twin's own signals broke beyond _BROKEN times its past …
_BROKEN = 5.0
_BREAKS_MOST = 3.0  # … up to that many e-folds
_TOO_EARLY = 0.15  # weight of an effect that seems to begin before its cause: onsets are estimates


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible cause and its score (dimensionless, higher is likelier).

    Attributes:
        own: what speaks against the signal itself.
        explains: what it would explain; explained: what its causes explain of it.
    """

    twin: str
    signal: SignalKey | None
    score: float
    own: float
    explains: float
    explained: float


@dataclass(frozen=True, slots=True)
class _Upset:
    """How strongly a twin deviates (log units, at least 0), since when, and how uncertain that is (microseconds)."""

    strength: float
    onset: float
    slack: float


@dataclass(frozen=True)
class _Question:
    """What is asked: twins and signals that show the trouble."""

    twins: frozenset[str]
    signals: frozenset[SignalKey]


def rank(
    found: Mapping[SignalKey, Suspicion],
    graph: TwinGraph,
    relations: Relations,
    symptoms: Sequence[Symptom],
    alarms: frozenset[SignalKey],
) -> list[Candidate]:
    """All signals as possible causes, likeliest first; twins without telemetry close the list.

    Args:
        alarms: signals that only report trouble; they are never its cause.
    """
    asked = _question(symptoms, graph, found, alarms)
    upset = _upsets(found, alarms)
    prior = {twin: _prior(twin, upset, relations, asked) for twin in graph.twins}
    quantities = {key.signal for key in asked.signals}
    same = any(key.signal in quantities and key not in asked.signals for key in found)
    broken = _broken(found)
    candidates = []
    for key, suspicion in found.items():
        explains, explained = prior.get(key.twin, (0.0, 0.0))
        own = (
            suspicion.strength
            + broken.get(key.twin, 0.0)
            + (_SAME_QUANTITY if same and key.signal in quantities else 0.0)
        )
        explains += _SIGNAL_EXPLAINS * _signals_explained(key, asked, relations)
        if key in asked.signals or key in alarms:
            own -= _REACHES_NOT
        candidates.append(Candidate(key.twin, key, own + explains - explained, own, explains, explained))
    silent = [twin for twin in graph.twins if all(key.twin != twin for key in found)]
    floor = min((candidate.score for candidate in candidates), default=0.0) - 1.0
    candidates += [Candidate(twin, None, floor, 0.0, 0.0, 0.0) for twin in silent]
    return sorted(candidates, key=lambda one: (-round(one.score, 9), one.twin, str(one.signal)))


def _question(
    symptoms: Sequence[Symptom], graph: TwinGraph, found: Mapping[SignalKey, Suspicion], alarms: frozenset[SignalKey]
) -> _Question:
    signals = {SignalKey(one.twin, one.signal) for one in symptoms if one.signal is not None}
    if not symptoms:
        signals = {key for key in alarms if key in found and found[key].deviation is not None}
    named = {one.twin for one in symptoms} | {key.twin for key in signals}
    inside = {twin for name in named for twin in graph.within(name)} if symptoms else set(named)
    return _Question(frozenset(named | inside), frozenset(signals))


def _upsets(found: Mapping[SignalKey, Suspicion], alarms: frozenset[SignalKey]) -> dict[str, _Upset]:
    """How strongly each twin deviates, and since when: the earliest onset among its clear deviations."""
    upsets: dict[str, _Upset] = {}
    for key, one in found.items():
        if key in alarms:
            continue
        known = upsets.get(key.twin, _Upset(0.0, inf, 0.0))
        onset, slack = known.onset, known.slack
        if one.deviation is not None and one.onset is not None and one.onset < onset and one.excess > _CLEAR:
            onset, slack = float(one.onset), 1e6 * one.deviation.onset_uncertainty_s
        upsets[key.twin] = _Upset(max(known.strength, one.strength), onset, slack)
    return upsets


def _prior(twin: str, upsets: Mapping[str, _Upset], relations: Relations, asked: _Question) -> tuple[float, float]:
    """What a twin would explain of all that deviates no earlier than it, and what its direct causes explain of it."""
    reached = relations.twins.get(twin, {})
    mine = upsets.get(twin, _Upset(0.0, inf, 0.0))
    total = sum(other.strength for other in upsets.values()) or 1.0
    explains = sum(
        upsets[end].strength * _PER_STEP**steps * (1.0 if _may_precede(mine, upsets[end]) else _TOO_EARLY)
        for end, steps in reached.items()
        if end in upsets
    )
    weight = _EXPLAINED_ASKED if asked.twins else _EXPLAINED
    causes = [
        _order_weight(other, mine, weight) * other.strength
        for name, other in upsets.items()
        if relations.steps(name, twin) == 1
    ]
    explained = max(causes, default=0.0)
    if asked.twins and not any(reached.get(end, FAR) < FAR for end in asked.twins):
        explained += _REACHES_NOT
    return _EXPLAINS * explains / total, explained


def _broken(found: Mapping[SignalKey, Suspicion]) -> dict[str, float]:
    """What speaks against each twin because its own signals no longer agree with each other as they always did."""
    bonus: dict[str, float] = {}
    for key, one in found.items():
        folds = log(max(one.broken, _BROKEN) / _BROKEN)
        bonus[key.twin] = max(bonus.get(key.twin, 0.0), _BREAKS * min(folds, _BREAKS_MOST))
    return bonus


def _order_weight(cause: _Upset, effect: _Upset, undecided: float) -> float:
    """How much a direct cause explains of its effect, by the order of their onsets."""
    if cause.onset + cause.slack + effect.slack < effect.onset < inf:
        return _EXPLAINED_EARLIER
    return undecided if _may_precede(cause, effect) else undecided * _TOO_EARLY


def _may_precede(cause: _Upset, effect: _Upset) -> bool:
    """Whether the cause began no later than the effect, within the uncertainty of both onsets."""
    return cause.onset <= effect.onset + _SLACK * max(cause.slack, effect.slack, 0.0) or effect.onset == inf


def _signals_explained(key: SignalKey, asked: _Question, relations: Relations) -> float:
    """Share of the symptoms' signals that named signal-to-signal relationships lead to, nearer ones weighing more."""
    reached = relations.signals.get(key)
    if not reached or not asked.signals:
        return 0.0
    steps = [reached[end] for end in asked.signals if end in reached and end != key]
    return sum(_SIGNAL_STEPS ** (step - 1) for step in steps) / len(asked.signals)
