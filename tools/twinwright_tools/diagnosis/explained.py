"""Which changes of signals a logged job explains, and how much less they count as suspicions.

A job explains a change that it can bring about: on a twin that it reaches, of a signal that it touches, of a kind that
it makes, and begun while it was done or just after. What is done every few hours explains little: the past that signals
are judged against holds what it does. It is no proof of innocence: a change that goes on growing, one that a value
entered by hand brought about, or one that the job can't make counts as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import exp, log
from typing import TYPE_CHECKING

import networkx as nx

from ..telemetry.series import SignalKey
from ..times import to_micros
from ..twins.graph import TwinGraph
from .jobs import ANYTHING
from .maintenance import MaintenanceEvent
from .modes.roles import roles_of
from .modes.types import Library
from .relations import Relations
from .result import Deviation
from .suspicion import Look, Suspicion

if TYPE_CHECKING:
    from ..twins.dtdl import ModelSet

# How much of an explained excess is taken away (as a power): chosen by five folds over the campaign's seeds 0 to 299.
DISCOUNT = 0.8
_MOST_FOLD = 8.0  # … and no more than this factor: what is far beyond what jobs do stays suspicious
_PER_STEP = 0.8  # an explanation counts less for every step between the job and the signal
_PER_TIME = 0.4  # … and for every time that the like was done there in the past that signals are judged against
_TELLING = 0.3
_VAGUE = 0.5  # share of all twins from which a place is too large for a job there to explain anything
_SURE_US = 900e6  # an onset isn't taken to be more uncertain than that, microseconds


@dataclass(frozen=True, slots=True)
class Explanation:
    """A job that explains (some of) what speaks against a signal.

    Attributes:
        steps: of influence between the twin (or part) that it was logged on and the signal's.
        times: how often the same was done there within the past that the signal is judged against.
        level, broken: whether the signal's own departure began with it, and the break of its relations.
    """

    event: MaintenanceEvent
    steps: int
    times: int
    level: bool
    broken: bool

    @property
    def weight(self) -> float:
        """0 to 1: how much of the suspicion it can take away at most."""
        return _PER_STEP**self.steps * _PER_TIME**self.times if self.event.planned else 0.0

    @property
    def matters(self) -> bool:
        """Whether people should read of it: it takes away something worth telling, or a person entered a value."""
        return self.weight >= _TELLING or not self.event.planned


def explanations(
    look: Look,
    events: Sequence[MaintenanceEvent],
    graph: TwinGraph,
    models: ModelSet,
    relations: Relations,
    library: Library,
) -> dict[SignalKey, Explanation]:
    """The best explanation of each signal that has one; one that takes suspicion away before one that doesn't."""
    best: dict[SignalKey, Explanation] = {}
    suspects: dict[str, list[Suspicion]] = {}
    for key, one in look.found.items():
        if one.onset is not None or one.broke is not None:
            suspects.setdefault(key.twin, []).append(one)
    past = _past_texts(events, look)
    for event in _telling(events, suspects):
        times = _times(event, past)
        for twin, steps in _reached(event, graph, relations).items():
            for suspicion in suspects.get(twin, ()):
                found = _explained(suspicion, event, steps, times)
                if found is None or not _touches(event, suspicion.key, graph, models, library):
                    continue
                known = best.get(suspicion.key)
                if known is None or _order(found) > _order(known):
                    best[suspicion.key] = found
    return best


def discounted(
    found: Mapping[SignalKey, Suspicion], explained: Mapping[SignalKey, Explanation], discount: float = DISCOUNT
) -> dict[SignalKey, Suspicion]:
    """The suspicions less what is explained: an excess of x becomes x to the power of 1 - discount · weight."""
    return {key: _less(one, explained.get(key), discount) for key, one in found.items()}


def window_of(event: MaintenanceEvent) -> tuple[int, int]:
    """When a change may begin that the job explains, microseconds; empty (end before begin) for a job of no kind."""
    kind = event.kind
    if kind is None:
        return 0, -1
    if event.end is not None:
        return to_micros(event.start), to_micros(event.end) + round(kind.after_h * 3600e6)
    begin = to_micros(event.start) - round(kind.before_h * 3600e6)
    return begin, to_micros(event.start + timedelta(hours=kind.lasts_h + kind.after_h))


def _past_texts(events: Iterable[MaintenanceEvent], look: Look) -> dict[tuple[str, str], list[frozenset[str]]]:
    """The words of each job within the past that signals are judged against, by its twin and kind."""
    found: dict[tuple[str, str], list[frozenset[str]]] = {}
    if look.grid is None:
        return found
    begin, end = int(look.grid.ends[0]), int(look.grid.ends[max(look.reference_end - 1, 0)])
    for event in events:
        if event.kind is not None and begin <= to_micros(event.start) <= end:
            found.setdefault((event.twin, event.kind.id), []).append(_words(event))
    return found


def _times(event: MaintenanceEvent, past: Mapping[tuple[str, str], list[frozenset[str]]]) -> int:
    """How often the like was done before: none where its text has a word that no such text had (a new product)."""
    texts = past.get((event.twin, event.kind.id if event.kind else ""), [])
    return len(texts) if _words(event) <= frozenset().union(*texts) else 0


def _words(event: MaintenanceEvent) -> frozenset[str]:
    return frozenset(event.text.casefold().split())


def _telling(
    events: Iterable[MaintenanceEvent], suspects: Mapping[str, Sequence[Suspicion]]
) -> Iterable[MaintenanceEvent]:
    """The events whose window isn't over before the first suspicion begins: a year of history holds few of them."""
    whens = [when for ones in suspects.values() for one in ones for when in (one.onset, one.broke) if when is not None]
    if not whens:
        return ()
    first = min(whens) - round(_SURE_US)
    return [event for event in events if window_of(event)[1] >= first]


def _reached(event: MaintenanceEvent, graph: TwinGraph, relations: Relations) -> dict[str, int]:
    """The twins that a job is felt at, with the steps to each: where it is logged with its parts, and around that."""
    inside = graph.within(event.twin)
    if event.kind is None or (len(graph.twins) > 2 and len(inside) > _VAGUE * len(graph.twins)):
        return {}
    steps = dict.fromkeys(inside, 0)
    for number in range(1, event.kind.reach + 1):
        edge = [twin for twin, known in steps.items() if known == number - 1 and twin in relations.twins]
        for twin in edge:
            for other in nx.all_neighbors(relations.twins, twin):
                steps.setdefault(other, number)
    return steps


def _explained(one: Suspicion, event: MaintenanceEvent, steps: int, times: int) -> Explanation | None:
    assert event.kind is not None  # one without a kind reaches nothing
    begin, end = window_of(event)
    deviation = one.deviation
    if deviation is not None and deviation.kind not in event.kind.changes:
        return None  # what its relations show is the same change, or hides behind it
    # What was there before and came back with the job may be the job's doing (the same product a day ago).
    whens = [when for when in (one.onset, one.since) if when is not None and deviation is not None]
    level = any(begin - _unsure(deviation) <= when <= end + _unsure(deviation) for when in whens)
    broken = one.broke is not None and begin <= one.broke <= end
    return Explanation(event, steps, times, level, broken) if level or broken else None


def _unsure(one: Deviation | None) -> float:
    return min(one.onset_uncertainty_s * 1e6, _SURE_US) if one is not None else 0.0


def _touches(event: MaintenanceEvent, key: SignalKey, graph: TwinGraph, models: ModelSet, library: Library) -> bool:
    assert event.kind is not None  # as above
    roles, touched = roles_of(key, graph, models, library), event.kind.touches
    return (ANYTHING in touched or not roles.isdisjoint(touched)) and roles.isdisjoint(event.kind.spares)


def _order(one: Explanation) -> tuple[float, bool, bool, float]:
    return one.weight, one.level, one.broken, one.event.start.timestamp()


def _less(one: Suspicion, explained: Explanation | None, discount: float) -> Suspicion:
    if explained is None or not explained.weight:
        return one
    kept = 1.0 - discount * explained.weight
    told = one
    if explained.level:
        told = replace(
            told,
            excess=_power(one.excess, kept),
            level=_power(one.level, kept),
            spread=_power(one.spread, kept),
            share=_power(one.share, kept),
            silence=_power(one.silence, kept),
            held=_power(one.held, kept),
            oddness=one.oddness * kept,
        )
    if explained.broken:
        told = replace(
            told,
            own=_power(one.own, kept),
            fresh=_power(one.fresh, kept),
            upstream=_power(one.upstream, kept),
            fresh_upstream=_power(one.fresh_upstream, kept),
            around=_power(one.around, kept),
        )
    return told


def _power(excess: float, kept: float) -> float:
    return max(exp(kept * log(excess)), excess / _MOST_FOLD) if excess > 1.0 else excess
