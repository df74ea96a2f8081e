"""How an upset travels in the twin graph, and which signals may explain which."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import numpy as np

from ..telemetry.series import SignalKey
from ..twins.graph import TwinGraph
from .grid import Ints

FAR = 99
_CUTOFF = 12  # steps beyond which no influence is looked for


@dataclass(frozen=True)
class Relations:
    """The influence graph of a plant as plain directed graphs; cycles are fine.

    Attributes:
        twins: an edge wherever an upset travels from twin to twin.
        signals: the same between signals, where relationships name them; else empty.
    """

    twins: nx.DiGraph[str]
    signals: nx.DiGraph[SignalKey]

    @cached_property
    def loop_of(self) -> dict[str, int]:
        """Twin to the number of its loop: twins that reach each other share one (strongly connected components)."""
        return {twin: number for number, one in enumerate(nx.strongly_connected_components(self.twins)) for twin in one}

    def downstream(self, twin: str) -> dict[str, int]:
        """The twins that an upset of this one reaches, with the steps to each; itself with 0."""
        if twin not in self.twins:
            return {twin: 0}
        return dict(nx.single_source_shortest_path_length(self.twins, twin, cutoff=_CUTOFF))

    def upstream(self, twin: str) -> dict[str, int]:
        """The twins whose upsets reach this one, with the steps from each; itself with 0."""
        if twin not in self.twins:
            return {twin: 0}
        return dict(nx.single_source_shortest_path_length(self.twins.reverse(copy=False), twin, cutoff=_CUTOFF))

    def near(self, twin: str) -> set[str]:
        """The twin and those directly up- and downstream of it."""
        if twin not in self.twins:
            return {twin}
        return {twin, *self.twins.predecessors(twin), *self.twins.successors(twin)}

    def effects(self, signal: SignalKey) -> dict[SignalKey, int]:
        """The signals that named relationships lead to from this one, with the steps to each."""
        if signal not in self.signals:
            return {}
        return dict(nx.single_source_shortest_path_length(self.signals, signal, cutoff=_CUTOFF))

    def causes(self, signals: Collection[SignalKey]) -> set[SignalKey]:
        """The signals from which named relationships lead to any of these."""
        known = [one for one in signals if one in self.signals]
        return set().union(*(nx.ancestors(self.signals, one) for one in known)) if known else set()


def relations_of(graph: TwinGraph) -> Relations:
    """The influence graphs of a plant."""
    named: nx.DiGraph[SignalKey] = nx.DiGraph()
    for begin, end, data in graph.influence.edges(data=True):
        if data["source_signal"] and data["target_signal"]:
            named.add_edge(SignalKey(begin, data["source_signal"]), SignalKey(end, data["target_signal"]))
    return Relations(nx.DiGraph(graph.influence), named)


def own_predictors(keys: Sequence[SignalKey]) -> list[Ints]:
    """For each signal the other signals of its twin."""
    return _predictors(keys, lambda twin: ())


def upstream_predictors(keys: Sequence[SignalKey], relations: Relations) -> list[Ints]:
    """For each signal the other signals of its twin and of the twins that influence it directly."""
    return _predictors(keys, lambda twin: _before(relations, twin))


def neighbour_predictors(keys: Sequence[SignalKey], relations: Relations) -> list[Ints]:
    """For each signal the other signals of its twin and of the twins directly up- and downstream of it."""
    return _predictors(
        keys, lambda twin: {**dict.fromkeys(_before(relations, twin)), **dict.fromkeys(_after(relations, twin))}
    )


def _predictors(keys: Sequence[SignalKey], around: Callable[[str], Iterable[str]]) -> list[Ints]:
    places = _places(keys)
    reach = {
        twin: [place for other in around(twin) for place in places.get(other, ())] + own for twin, own in places.items()
    }
    return [
        np.array([other for other in reach[key.twin] if other != column], dtype=np.int64)
        for column, key in enumerate(keys)
    ]


def _before(relations: Relations, twin: str) -> list[str]:
    return [one for one in relations.twins.predecessors(twin) if one != twin] if twin in relations.twins else []


def _after(relations: Relations, twin: str) -> list[str]:
    return [one for one in relations.twins.successors(twin) if one != twin] if twin in relations.twins else []


def _places(keys: Sequence[SignalKey]) -> Mapping[str, list[int]]:
    places: dict[str, list[int]] = {}
    for column, key in enumerate(keys):
        places.setdefault(key.twin, []).append(column)
    return places
