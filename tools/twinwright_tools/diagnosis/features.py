"""What speaks for and against each twin as the cause, as plain numbers that know no plant's names.

Every feature is dimensionless and of order one. `weights.json` holds what each counts for; it was fitted on simulated
runs (`python -m twinwright_evals.calibrate`), never on a run that the engine is measured on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log, log1p, tanh

from ..telemetry.series import SignalKey
from ..twins.graph import TwinGraph
from .actuators import Passage, strongest
from .relations import Relations
from .result import Symptom
from .suspicion import BROKEN, Suspicion

MEASURES: dict[str, Callable[[Suspicion], float]] = {
    "level": lambda one: folds(one.level),
    "spread": lambda one: folds(one.spread),
    "own": lambda one: folds(one.own),
    "fresh": lambda one: folds(one.fresh),
    "upstream": lambda one: folds(one.upstream),
    "fresh_upstream": lambda one: folds(one.fresh_upstream),
    "around": lambda one: folds(one.around),
    "settled": lambda one: one.explained * folds(one.broken),
    "silence": lambda one: folds(one.silence),
    "share": lambda one: folds(one.share),
    "state": lambda one: one.oddness,
}
PLACES = (
    "explains_broken",
    "explains_level",
    "upstream_broken",
    "upstream_level",
    "loop_broken",
    "early_level",
    "early_broken",
    "reaches",
    "same_quantity",
    "quiet",
    "parted_after",
    "parted_before",
    "held_alone",
)
FEATURES = (*MEASURES, "signals", *PLACES)
_MOST_FOLDS = 3.0
_PER_STEP = 0.92  # what is explained counts less for every step away …
_PER_STEP_UP = 0.9  # … and so does what explains it
_CLEAR = 1.6  # excess from which a deviation is clear enough to give its twin an onset
_LATE_S = 600.0  # seconds after the first onset at which a twin is half as early
_LATE_STEPS = 3.0  # … and steps of the telemetry, for broken relations
_MOST_CANDIDATES = 150  # twins whose surroundings are looked at; the others show next to nothing
_QUIET = 0.3


def folds(excess: float) -> float:
    """Natural logarithm of an excess, 0 below 1, levelling off at 3: one wild signal doesn't outweigh a pattern."""
    return _MOST_FOLDS * tanh(log(excess) / _MOST_FOLDS) if excess > 1.0 else 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about: twins and signals that show the trouble, and the quantities that are complained of."""

    twins: frozenset[str]
    signals: frozenset[SignalKey]
    quantities: frozenset[str]


def asked_of(
    symptoms: Sequence[Symptom], graph: TwinGraph, found: Mapping[SignalKey, Suspicion], alarms: Collection[SignalKey]
) -> Asked:
    """The twins (with their parts) and signals of the symptoms; without any, the alarms that deviate."""
    signals = {SignalKey(one.twin, one.signal) for one in symptoms if one.signal is not None}
    if not symptoms:
        signals = {key for key in alarms if key in found and found[key].deviation is not None}
    named = {one.twin for one in symptoms} | {key.twin for key in signals}
    inside = {twin for name in named for twin in graph.within(name)} if symptoms else set[str]()
    quantities = {key.signal for key in signals} if symptoms else set()
    return Asked(frozenset(named | inside), frozenset(signals), frozenset(quantities))


@dataclass(frozen=True)
class TwinMeasures:
    """The measures of one twin: the largest of its signals, each; and when it first left its past (microseconds).

    Attributes:
        signals: natural logarithm of how many of them are sampled, and 1: the largest of many is larger by chance, and
            a twin with many signals is reached by more upsets of others. An event log has no excess by chance.
        parted_after: how much a flow next door no longer goes with its command or position; parted_before: how much a
            flow of its own doesn't with those of a twin before it.
        held: how much longer than ever one of its signals holds one value.
    """

    values: dict[str, float]
    signals: float = 0.0
    same_quantity: float = 0.0
    parted_after: float = 0.0
    parted_before: float = 0.0
    held: float = 0.0
    onset: float = inf
    broke: float = inf

    @property
    def broken(self) -> float:
        """What its own signals don't explain."""
        return max(self.values["own"], self.values["fresh"])


def measure_signal(one: Suspicion) -> dict[str, float]:
    """The measures of one signal."""
    return {name: function(one) for name, function in MEASURES.items()}


def measure_twins(
    found: Mapping[SignalKey, Suspicion],
    twins: Iterable[str],
    alarms: Collection[SignalKey],
    asked: Asked,
    passages: Iterable[Passage] = (),
) -> dict[str, TwinMeasures]:
    """The measures of every twin, alarms left out: they report trouble, and don't cause it."""
    own: dict[str, list[Suspicion]] = {twin: [] for twin in twins}
    for key, one in found.items():
        if key not in alarms and key.twin in own:
            own[key.twin].append(one)
    measured = {twin: _of_twin(signals, asked) for twin, signals in own.items()}
    begins, ends = strongest({one: _parted(one, found) for one in passages}, own)
    return {
        twin: replace(one, parted_after=begins[twin], parted_before=ends[twin]) if begins[twin] or ends[twin] else one
        for twin, one in measured.items()
    }


def _parted(passage: Passage, found: Mapping[SignalKey, Suspicion]) -> float:
    """How far a flow and the position that it went with have parted, over what its own twin tells of it."""
    flow = found[passage.flow]
    here = folds(max(flow.upstream, flow.fresh_upstream)) - folds(flow.broken)
    there = max(folds(found[key].around) for key in passage.moved)
    return max(0.0, min(here, there))


def _of_twin(signals: Sequence[Suspicion], asked: Asked) -> TwinMeasures:
    rows = [measure_signal(one) for one in signals]
    values = {name: max((row[name] for row in rows), default=0.0) for name in MEASURES}
    same = (folds(one.excess) for one in signals if one.key.signal in asked.quantities and one.key not in asked.signals)
    onsets = (one.onset for one in signals if one.onset is not None and one.excess > _CLEAR)
    breaks = (one.broke for one in signals if one.broke is not None and max(one.broken, one.upstream) > BROKEN)
    sampled = sum(one.odd is None for one in signals)
    return TwinMeasures(
        values,
        log1p(sampled),
        max(same, default=0.0),
        held=max((folds(one.held) for one in signals), default=0.0),
        onset=min(onsets, default=inf),
        broke=min(breaks, default=inf),
    )


def features_of(
    measures: Mapping[str, TwinMeasures], relations: Relations, asked: Asked, step_s: float
) -> dict[str, dict[str, float]]:
    """The features of the twins that show anything, by name; the others have those of their measures only.

    Args:
        step_s: seconds between samples of the telemetry.
    """
    ranked = sorted(measures, key=lambda twin: (-_loudness(measures[twin]), twin))
    context = _Context(measures, relations, asked, step_s)
    return {
        twin: measures[twin].values
        | {"signals": measures[twin].signals}
        | (context.place(twin) if index < _MOST_CANDIDATES else dict.fromkeys(PLACES, 0.0))
        for index, twin in enumerate(ranked)
    }


def _loudness(one: TwinMeasures) -> float:
    return sum(one.values.values())


class _Context:
    """The whole plant, against which one twin is held."""

    def __init__(self, measures: Mapping[str, TwinMeasures], relations: Relations, asked: Asked, step_s: float) -> None:
        self.measures, self.relations, self.asked, self.step_s = measures, relations, asked, step_s
        self.broken = {twin: one.broken for twin, one in measures.items()}
        self.level = {twin: max(one.values["level"], one.values["share"]) for twin, one in measures.items()}
        self.all_broken = sum(self.broken.values()) or 1.0
        self.all_level = sum(self.level.values()) or 1.0
        self.first = min((one.onset for one in measures.values()), default=inf)
        self.first_broken = min((one.broke for one in measures.values()), default=inf)
        self.loops: dict[int, list[str]] = {}
        for twin, number in relations.loop_of.items():
            self.loops.setdefault(number, []).append(twin)

    def place(self, twin: str) -> dict[str, float]:
        """What the twin's place in the plant says."""
        one = self.measures[twin]
        down = self.relations.downstream(twin)
        loop = self.relations.loop_of.get(twin)
        above = {
            other: steps
            for other, steps in self.relations.upstream(twin).items()
            if other != twin and self.relations.loop_of.get(other) != loop and other in self.measures
        }
        peers = [other for other in self.loops.get(-1 if loop is None else loop, ()) if other in self.measures]
        mine = self.broken[twin]
        reached = any(other in down for other in self.asked.twins)
        return {
            "explains_broken": self._share(self.broken, down) / self.all_broken,
            "explains_level": self._share(self.level, down) / self.all_level,
            "upstream_broken": max((self.broken[o] * _PER_STEP_UP**n for o, n in above.items()), default=0.0),
            "upstream_level": max((self.level[o] * _PER_STEP_UP**n for o, n in above.items()), default=0.0),
            "loop_broken": max((self.broken[o] - mine for o in peers), default=0.0),
            "early_level": _early((one.onset - self.first) / (1e6 * _LATE_S)),
            "early_broken": _early((one.broke - self.first_broken) / (1e6 * self.step_s * _LATE_STEPS)),
            "reaches": float(reached) if self.asked.twins else 0.0,
            "same_quantity": one.same_quantity if twin not in self.asked.twins else 0.0,
            "quiet": float(max(self.level[twin], mine) < _QUIET),
            "parted_after": one.parted_after,
            "parted_before": one.parted_before,
            "held_alone": self._held_alone(twin),
        }

    def _held_alone(self, twin: str) -> float:
        """How much longer than ever it holds a value while none around it does: of a machine that stands, all do."""
        near = (self.measures[one].held for one in self.relations.near(twin) - {twin} if one in self.measures)
        return max(0.0, self.measures[twin].held - max(near, default=0.0))

    def _share(self, strengths: Mapping[str, float], down: Mapping[str, int]) -> float:
        return sum(strengths[other] * _PER_STEP**steps for other, steps in down.items() if other in strengths)


def _early(late: float) -> float:
    """1 for the first, half for one that is late by 1, 0 for one that never came."""
    return 1.0 / (1.0 + late) if late < inf else 0.0


def chance(logit: float) -> float:
    """The logistic function, safe for any number."""
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, logit))))
