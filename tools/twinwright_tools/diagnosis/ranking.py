"""Ranking (twin, signal) by what speaks against it, what it would explain, and what its upstream already explains."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..telemetry.series import SignalKey
from ..twins.graph import TwinGraph
from .actuators import Passage
from .features import Asked, features_of, measure_signal, measure_twins
from .relations import Relations
from .suspicion import Suspicion
from .weights import Weights

_ONLY_REPORTS = 2.0  # penalty of an alarm, and of a signal that is complained of
_REACHES_NOT = 4.0  # … of a signal from which no named way leads to a symptom whose causes are named
_SIGNAL_EXPLAINS = 4.0  # weight of the share of the symptoms' signals that named relationships lead to
_SIGNAL_STEPS = 0.25  # … each counting less for every further step to it
_COVERS = 3.0  # what speaks for a candidate that explains symptoms which no likelier one does
_MOST_COVER = 6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible cause and its score (in natural logarithms of odds, higher is likelier).

    Attributes:
        features: what the score is made of, by name; see `features.py`.
    """

    twin: str
    signal: SignalKey | None
    score: float
    features: Mapping[str, float]


def rank(
    found: Mapping[SignalKey, Suspicion],
    graph: TwinGraph,
    relations: Relations,
    asked: Asked,
    alarms: Collection[SignalKey],
    weights: Weights,
    step_s: float,
    passages: Iterable[Passage] = (),
) -> list[Candidate]:
    """All signals as possible causes, likeliest first; twins without telemetry close the list.

    Args:
        alarms: signals that only report trouble; they are never its cause.
        step_s: seconds between samples of the telemetry.
        passages: the flows that go with a command or position next door.
    """
    measures = measure_twins(found, graph.twins, alarms, asked, passages)
    features = features_of(measures, relations, asked, step_s)
    scores = {twin: weights.score(row) for twin, row in features.items()}
    candidates = _of_signals(found, features, scores, weights)
    causes = relations.causes(asked.signals)
    candidates = [_placed(one, asked, alarms, relations, causes) for one in candidates]
    silent = [twin for twin in graph.twins if all(key.twin != twin for key in found)]
    floor = min((candidate.score for candidate in candidates), default=0.0) - 1.0
    candidates += [Candidate(twin, None, floor, features[twin]) for twin in silent]
    candidates.sort(key=lambda one: (-round(one.score, 9), one.twin, str(one.signal)))
    return _covering(candidates, asked, relations)


def _of_signals(
    found: Mapping[SignalKey, Suspicion],
    features: Mapping[str, Mapping[str, float]],
    scores: Mapping[str, float],
    weights: Weights,
) -> list[Candidate]:
    """The signals of each twin: the one that says most has its twin's score, the others what they fall short of it."""
    own = {key: weights.score(measure_signal(one)) for key, one in found.items() if key.twin in features}
    best: dict[str, float] = {}
    for key, value in own.items():
        best[key.twin] = max(best.get(key.twin, value), value)
    return [
        Candidate(key.twin, key, scores[key.twin] + value - best[key.twin], features[key.twin])
        for key, value in own.items()
    ]


def _placed(
    one: Candidate, asked: Asked, alarms: Collection[SignalKey], relations: Relations, causes: Collection[SignalKey]
) -> Candidate:
    """The candidate, less where it only reports trouble; by the named relationships that lead to the symptoms."""
    change = 0.0
    if one.signal in asked.signals or one.signal in alarms:
        change -= _ONLY_REPORTS
    if one.signal is not None and causes:
        steps = relations.effects(one.signal)
        shares = [_SIGNAL_STEPS ** (steps[end] - 1) for end in asked.signals if end in steps and end != one.signal]
        change += _SIGNAL_EXPLAINS * sum(shares) / len(asked.signals)
        if one.signal not in causes:
            change -= _REACHES_NOT
    return replace(one, score=one.score + change)


def _covering(candidates: Sequence[Candidate], asked: Asked, relations: Relations) -> list[Candidate]:
    """The same list, in which a cause of symptoms that no likelier one explains moves up: there may be several causes.

    Only what named relationships lead to counts as explained; a greedy set cover (Reiter 1987 asks for minimal sets).
    """
    left = list(candidates)
    open_symptoms = {one for one in asked.signals if relations.causes((one,))}
    if len(open_symptoms) < 2:
        return left
    effects = {one.signal: set(relations.effects(one.signal)) if one.signal else set() for one in left}
    covered: list[Candidate] = []
    while left and open_symptoms and len(covered) < _MOST_COVER:
        gains = [_COVERS * bool(open_symptoms & effects[one.signal]) for one in left]
        values = [one.score + gain for one, gain in zip(left, gains, strict=True)]
        place = max(range(len(left)), key=lambda index: (values[index], -index))
        if not gains[place]:
            break
        one = left.pop(place)
        open_symptoms -= effects[one.signal]
        covered.append(replace(one, score=min(values[place], covered[-1].score if covered else values[place])))
    return [*covered, *left]
