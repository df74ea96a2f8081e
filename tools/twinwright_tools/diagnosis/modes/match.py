"""Which failure modes fit what deviates on a twin.

The fit is a log-likelihood ratio in nats: how much likelier the pattern of deviating and quiet signals is under the
mode than under "some fault or other" (naive Bayes with a leak, Pearl 1988: each sign is an independent symptom with its
own sensitivity, and what the mode doesn't mention deviates with a small probability). So an expected sign that is
recorded and quiet counts against a mode, a signal that moved the wrong way counts more, and one that isn't recorded
says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, NamedTuple

from ...telemetry.series import SignalKey
from ...twins.graph import TwinGraph
from ..scan import CLEAR
from .neighbours import neighbours
from .roles import equipment_of, roles_of
from .types import DEVIATES, DIRECTED, FREQUENCY, FailureMode, Library, Sign

if TYPE_CHECKING:
    from ...twins.dtdl import ModelSet
    from ..result import Deviation
    from ..suspicion import Suspicion

LEAST_FIT = 0.2  # the pattern is clearly likelier under the mode than under some fault or other
_OPPOSITE, _OTHERWISE = 0.1, 0.15  # of the cases that don't show a sign: it goes the other way; deviates in another way
_UNEXPLAINED = 0.02  # the very signal that a hypothesis names deviates, and the mode doesn't mention it
_MOST_OTHERS = 3.0  # signals of one twin go together: what isn't mentioned counts as so many independent ones at most
_EXPECTED = 0.5  # a sign that most cases show is missed where it is quiet
_ANYWHERE = log(0.17)  # of the faults of a machine, about so many are its sensors' (judgement)
_PER_ANCESTOR = 0.25
_AS_EVER = 1.05  # excess up to which a signal is as quiet as ever
_SEEN = 0.25  # strength from which a sign is said to show


class ModeFit(NamedTuple):
    """How well a mode fits.

    Attributes:
        mode: its id.
        fit: log-likelihood ratio against "some fault or other", nats; below 0 it fits worse than that.
        seen: the signs that show, in words; missing: expected and recorded, but quiet; contradicted: the wrong way.
    """

    mode: str
    fit: float
    seen: tuple[str, ...]
    missing: tuple[str, ...]
    contradicted: tuple[str, ...]


class _Fact(NamedTuple):
    """One way in which a signal deviates; `strength` is 0 to 1."""

    kind: str
    direction: int
    strength: float


@dataclass(frozen=True, slots=True)
class _Signal:
    """One recorded signal: what it measures, and all ways in which it deviates.

    Attributes:
        change: how far it went, relative to what it was before (0.1: by a tenth); None where that can't be said.
    """

    key: SignalKey
    roles: frozenset[str]
    facts: tuple[_Fact, ...]
    change: float | None

    @property
    def strength(self) -> float:
        """How strongly it deviates in any way, 0 to 1."""
        return max((fact.strength for fact in self.facts), default=0.0)


@dataclass(frozen=True)
class _Scene:
    """What the modes of a twin are held against."""

    own: tuple[_Signal, ...]
    itself: _Signal | None
    around: Mapping[str, tuple[_Signal, ...]]

    def at(self, place: str, instrument: bool = False) -> Sequence[_Signal]:
        """The signals of a place. All readings of a twin that is an instrument are its own fault's."""
        if place == "itself" and not instrument:
            return (self.itself,) if self.itself else ()
        if place == "itself":
            return self.own
        return self.own if place == "own" else self.around.get(place, ())


def rank_modes(
    twin: str,
    signal: SignalKey | None,
    graph: TwinGraph,
    models: ModelSet,
    found: Mapping[SignalKey, Suspicion],
    library: Library,
) -> list[ModeFit]:
    """All modes that can happen to the twin, best first; ties in the library's order.

    Args:
        signal: the signal that the hypothesis names, or None for the twin as a whole.
        found: every recorded signal, the quiet ones too: an absent sign counts only where it could have been seen.
    """
    if twin not in graph.twins:
        return []
    equipment = equipment_of(twin, graph, models)
    possible = [(mode, prior) for mode in library.modes.values() if (prior := _prior(mode, equipment)) is not None]
    scene = _scene(twin, signal, graph, models, found, library, [mode for mode, _ in possible])
    fits = [fit for mode, prior in possible if (fit := _fit(mode, prior, scene, _depth(mode, equipment))) is not None]
    return sorted(fits, key=lambda one: -one.fit)


def best_of(fits: Sequence[ModeFit]) -> str | None:
    """The id of the first mode that fits clearly and has a sign that shows; None where none does."""
    return next((one.mode for one in fits if one.seen and one.fit >= LEAST_FIT), None)


def shares(fits: Sequence[ModeFit]) -> dict[str, float]:
    """Probability of each mode if the twin has one of them or some other fault (fit 0); they sum to less than 1."""
    top = max([0.0, *(one.fit for one in fits)])
    odds = {one.mode: exp(one.fit - top) for one in fits}
    total = sum(odds.values()) + exp(-top)
    return {mode: each / total for mode, each in odds.items()}


def happens_to(mode: FailureMode, equipment: Sequence[str]) -> bool:
    """Whether the mode can happen to equipment with these labels (lower-case words, its own model first)."""
    return _prior(mode, equipment) is not None


def _prior(mode: FailureMode, equipment: Sequence[str]) -> float | None:
    """Nats: by how often it turns up, less for the equipment of an ancestor; None where it can't happen to the twin."""
    depth = _depth(mode, equipment)
    if depth is not None:
        return log(FREQUENCY[mode.frequency]) - log(1.0 + _PER_ANCESTOR * depth)
    return log(FREQUENCY[mode.frequency]) + _ANYWHERE if mode.anywhere else None


def _depth(mode: FailureMode, equipment: Sequence[str]) -> int | None:
    """How many models up the lineage the mode's equipment stands; None where it isn't there."""
    for depth, label in enumerate(equipment):
        if any(f" {word} " in f" {label} " for word in mode.equipment):
            return depth
    return None


def _scene(
    twin: str,
    signal: SignalKey | None,
    graph: TwinGraph,
    models: ModelSet,
    found: Mapping[SignalKey, Suspicion],
    library: Library,
    modes: Iterable[FailureMode],
) -> _Scene:
    asked = {sign.at for mode in modes for sign in mode.signature} - {"own", "itself"}
    places = {place: neighbours(twin, place, graph, models) for place in sorted(asked)}
    wanted = {twin, *(each for near in places.values() for each in near)}
    by_twin: dict[str, list[_Signal]] = {}
    for key, one in found.items():
        if key.twin in wanted:
            roles = roles_of(key, graph, models, library)
            by_twin.setdefault(key.twin, []).append(_signal(key, roles, one))
    own = tuple(by_twin.get(twin, ()))
    around = {place: tuple(one for each in near for one in by_twin.get(each, ())) for place, near in places.items()}
    return _Scene(own, _itself(own, signal), around)


def _signal(key: SignalKey, roles: frozenset[str], one: Suspicion) -> _Signal:
    deviation = one.deviation
    facts = [_Fact(deviation.kind, deviation.direction, _strength(one.excess))] if deviation is not None else []
    # What became unsteady, or stands, may have fallen as well. (What shifted always looks unsteady where it did.)
    shape = deviation.kind if deviation is not None and deviation.kind in ("level", "slope") else "level"
    facts += [_Fact(shape, one.level_direction, _strength(one.level))] if one.level_direction else []
    return _Signal(key, roles, tuple(fact for fact in facts if fact.strength > 0.0), _change(deviation))


def _strength(excess: float) -> float:
    """0 for a departure as far as ever, 0.3 for one that only just left the past, 1 from twice the past on."""
    if excess <= _AS_EVER:
        return 0.0
    clear = min(1.0, (excess - _AS_EVER) / (CLEAR - _AS_EVER))
    return clear * min(1.0, 0.3 + log(max(1.0, excess / CLEAR)) * 1.2)


def _change(deviation: Deviation | None) -> float | None:
    if deviation is None or not isinstance(deviation.before, float) or not isinstance(deviation.after, float):
        return None
    return abs(deviation.after - deviation.before) / max(abs(deviation.before), 1e-12)


def _itself(own: Sequence[_Signal], signal: SignalKey | None) -> _Signal | None:
    """The signal that the hypothesis names; without one, the strongest that deviates."""
    if signal is not None:
        return next((one for one in own if one.key == signal), None)
    return max((one for one in own if one.facts), key=lambda one: one.strength, default=None)


def _fit(mode: FailureMode, prior: float, scene: _Scene, depth: int | None) -> ModeFit | None:
    """The mode's fit, or None where it is about another kind of signal than the suspected one."""
    mentioned: set[SignalKey] = set()
    held: dict[SignalKey, list[tuple[Sign, _Signal]]] = {}
    for sign in mode.signature:
        signals = [one for one in scene.at(sign.at, instrument=depth is not None) if sign.role in one.roles]
        if sign.at == "itself" and not signals:
            return None
        mentioned.update(one.key for one in signals)
        if signals:
            # Of several signals with its role the one that shows the sign best counts.
            best = max(signals, key=lambda one: (_showing(sign, one), _opposing(sign, one), one.strength))
            held.setdefault(best.key, []).append((sign, best))
    telling = [_telling(signs) for signs in held.values()]
    total = prior + sum(_evidence(sign, one) for sign, one in telling) + _unmentioned(mode, scene, mentioned)
    return ModeFit(mode.id, total, *_in_words(telling))


def _telling(signs: Sequence[tuple[Sign, _Signal]]) -> tuple[Sign, _Signal]:
    """The one sign that counts for a signal, as no signal is evidence twice.

    The narrowest that shows; where none does, the one that was expected most.
    """
    showing = [pair for pair in signs if _shows(*pair)]
    if showing:
        return min(showing, key=lambda pair: pair[0].background)
    return max(signs, key=lambda pair: pair[0].seen)


def _in_words(telling: Iterable[tuple[Sign, _Signal]]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    seen: list[str] = []
    missing: list[str] = []
    contradicted: list[str] = []
    for sign, one in telling:
        expected = sign.seen > sign.background
        if _shows(sign, one):
            (seen if expected else contradicted).append(sign.text)
        elif expected:
            if _opposes(sign, one):
                contradicted.append(sign.text)
            elif sign.seen >= _EXPECTED:
                missing.append(sign.text)
    return tuple(seen), tuple(missing), tuple(contradicted)


def _evidence(sign: Sign, one: _Signal) -> float:
    directed = sign.direction != 0
    hidden, background = 1.0 - sign.seen, sign.background
    opposite = _OPPOSITE if directed else 0.0
    quiet = hidden * (1.0 - opposite - _OTHERWISE) / (1.0 - DEVIATES)
    rest = max(0.05, DEVIATES - background * (2.0 if directed else 1.0))
    shows, opposes, strength = _showing(sign, one), _opposing(sign, one), one.strength
    opposes = min(opposes, strength - shows)
    ratio = shows * sign.seen / background + opposes * hidden * opposite / background
    ratio += (strength - shows - opposes) * hidden * _OTHERWISE / rest
    return log(ratio + (1.0 - strength) * quiet)


def _shows(sign: Sign, one: _Signal) -> bool:
    return _showing(sign, one) >= max(_SEEN, _opposing(sign, one))


def _opposes(sign: Sign, one: _Signal) -> bool:
    return _opposing(sign, one) >= max(_SEEN, _showing(sign, one))


def _showing(sign: Sign, one: _Signal) -> float:
    """How strongly the signal shows the sign, 0 to 1."""
    if sign.least and (one.change is None or one.change < sign.least):
        return 0.0
    return _strongest(fact for fact in one.facts if fact.kind in sign.counted and not _against(sign, fact))


def _opposing(sign: Sign, one: _Signal) -> float:
    """How strongly it does the opposite."""
    return _strongest(fact for fact in one.facts if fact.kind in sign.counted and _against(sign, fact))


def _strongest(facts: Iterable[_Fact]) -> float:
    return max((fact.strength for fact in facts), default=0.0)


def _against(sign: Sign, fact: _Fact) -> bool:
    return fact.kind in DIRECTED and sign.direction * fact.direction < 0


def _unmentioned(mode: FailureMode, scene: _Scene, mentioned: set[SignalKey]) -> float:
    """What the twin's other signals say: that they are quiet speaks for the mode, that they deviate against it."""
    itself = scene.itself
    total = 0.0
    others = [one for one in scene.own if one.key not in mentioned]
    if itself is not None and itself in others and itself.facts:
        others.remove(itself)
        total += log(_UNEXPLAINED / DEVIATES)
    if not others:
        return total
    said = [
        log(one.strength * mode.others / DEVIATES + (1.0 - one.strength) * (1.0 - mode.others) / (1.0 - DEVIATES))
        for one in others
    ]
    return total + sum(said) / len(said) * min(_MOST_OTHERS, len(said))
