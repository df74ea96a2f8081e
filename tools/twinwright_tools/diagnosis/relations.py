"""How an upset travels in the twin graph: between signals where relationships name them, else between twins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from ..telemetry.series import SignalKey
from ..twins.graph import TwinGraph
from .grid import Ints

FAR = 99


@dataclass(frozen=True)
class Relations:
    """Distances in steps along which an upset travels.

    Attributes:
        twins: twin to {twin it reaches: steps}.
        signals: signal to {signal it reaches: steps}, where relationships name signals; else empty.
    """

    twins: dict[str, dict[str, int]]
    signals: dict[SignalKey, dict[SignalKey, int]]

    def steps(self, cause: str, effect: str) -> int:
        """Steps from twin to twin, FAR if there is no way."""
        return self.twins.get(cause, {}).get(effect, FAR)


def relations_of(graph: TwinGraph) -> Relations:
    """The distances of a plant's influence graph; cycles are fine."""
    plain: nx.DiGraph[str] = nx.DiGraph(graph.influence)
    twins = {cause: dict(reached) for cause, reached in nx.all_pairs_shortest_path_length(plain, cutoff=12)}
    named: nx.DiGraph[SignalKey] = nx.DiGraph()
    for begin, end, data in graph.influence.edges(data=True):
        if data["source_signal"] and data["target_signal"]:
            named.add_edge(SignalKey(begin, data["source_signal"]), SignalKey(end, data["target_signal"]))
    signals = {cause: dict(reached) for cause, reached in nx.all_pairs_shortest_path_length(named, cutoff=12)}
    return Relations(twins, signals)


def own_predictors(keys: Sequence[SignalKey]) -> list[Ints]:
    """For each signal the other signals of its twin."""
    places: dict[str, list[int]] = {}
    for column, key in enumerate(keys):
        places.setdefault(key.twin, []).append(column)
    return [
        np.array([other for other in places[key.twin] if other != column], dtype=np.int64)
        for column, key in enumerate(keys)
    ]
