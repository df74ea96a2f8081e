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


@dataclass(frozen=True, slots=True)
class _Signal:
    """One recorded signal: what it measures, and how strongly it deviates (0 to 1)."""

    key: SignalKey
    roles: frozenset[str]
    deviation: Deviation | None
    strength: float


@dataclass(frozen=True)
class _Scene:
    """What the modes of a twin are held against."""

    own: tuple[_Signal, ...]
    itself: _Signal | None
    around: Mapping[str, tuple[_Signal, ...]]

    def at(self, place: str) -> Sequence[_Signal]:
        if place == "itself":
            return (self.itself,) if self.itself else ()
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
    fits = [fit for mode, prior in possible if (fit := _fit(mode, prior, scene)) is not None]
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
    for depth, label in enumerate(equipment):
        if any(f" {word} " in f" {label} " for word in mode.equipment):
            return log(FREQUENCY[mode.frequency]) - log(1.0 + _PER_ANCESTOR * depth)
    return log(FREQUENCY[mode.frequency]) + _ANYWHERE if mode.anywhere else None


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
    # `strength` is the logarithm of the excess over the signal's own past: 0.3 for one that only just left it, 1 from
    # twice its past on.
    strength = min(1.0, max(0.3, 0.3 + one.strength)) if one.deviation is not None else 0.0
    return _Signal(key, roles, one.deviation, strength)


def _itself(own: Sequence[_Signal], signal: SignalKey | None) -> _Signal | None:
    """The signal that the hypothesis names; without one, the strongest that deviates."""
    if signal is not None:
        return next((one for one in own if one.key == signal), None)
    return max((one for one in own if one.deviation is not None), key=lambda one: one.strength, default=None)


def _fit(mode: FailureMode, prior: float, scene: _Scene) -> ModeFit | None:
    """The mode's fit, or None where it is about another kind of signal than the suspected one."""
    mentioned: set[SignalKey] = set()
    held: dict[SignalKey, list[tuple[Sign, _Signal]]] = {}
    for sign in mode.signature:
        signals = [one for one in scene.at(sign.at) if sign.role in one.roles]
        if sign.at == "itself" and not signals:
            return None
        mentioned.update(one.key for one in signals)
        if signals:
            # Of several signals with its role the one that shows the sign best counts.
            best = max(signals, key=lambda one: (_shows(sign, one), _opposes(sign, one), one.strength))
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
    if _shows(sign, one):
        ratio = sign.seen / background
    elif _opposes(sign, one):
        ratio = hidden * opposite / background
    elif one.deviation is not None:
        rest = max(0.05, DEVIATES - background * (2.0 if directed else 1.0))
        ratio = hidden * _OTHERWISE / rest
    else:
        ratio = quiet
    return log(one.strength * ratio + (1.0 - one.strength) * quiet)


def _shows(sign: Sign, one: _Signal) -> bool:
    return _counts(sign, one) and not _against(sign, one)


def _opposes(sign: Sign, one: _Signal) -> bool:
    return _counts(sign, one) and _against(sign, one)


def _counts(sign: Sign, one: _Signal) -> bool:
    return one.deviation is not None and one.deviation.kind in sign.counted


def _against(sign: Sign, one: _Signal) -> bool:
    way = one.deviation.direction if one.deviation and one.deviation.kind in DIRECTED else 0
    return sign.direction * way < 0


def _unmentioned(mode: FailureMode, scene: _Scene, mentioned: set[SignalKey]) -> float:
    """What the twin's other signals say: that they are quiet speaks for the mode, that they deviate against it."""
    itself = scene.itself
    total = 0.0
    others = [one for one in scene.own if one.key not in mentioned]
    if itself is not None and itself in others and itself.deviation is not None:
        others.remove(itself)
        total += log(_UNEXPLAINED / DEVIATES)
    if not others:
        return total
    said = [
        log(one.strength * mode.others / DEVIATES + (1.0 - one.strength) * (1.0 - mode.others) / (1.0 - DEVIATES))
        for one in others
    ]
    return total + sum(said) / len(said) * min(_MOST_OTHERS, len(said))
