"""The twins around a twin, by what they are to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...twins.graph import TwinGraph
from .roles import equipment_of, words_of

if TYPE_CHECKING:
    from ...twins.dtdl import ModelSet

_DRIVERS = frozenset({"drive", "motor", "gearbox", "inverter", "turbine", "engine"})
_MOST = 12  # a switchboard feeds a hundred machines; none of them tells which of its own faults it has


def neighbours(twin: str, place: str, graph: TwinGraph, models: ModelSet) -> list[str]:
    """Ids of the neighbouring twins at a place.

    Args:
        place: ``upstream`` and ``downstream`` along the direction in which an upset travels, ``part`` for what the twin
            contains, ``driver`` for what turns it: joined by a relationship such as "drives", or a drive, motor or
            gearbox upstream.
    """
    if place == "part":
        return graph.children.get(twin, [])[:_MOST]
    if twin not in graph.influence:
        return []
    if place == "downstream":
        return _without_drivers(list(dict.fromkeys(graph.influence.successors(twin))), graph, models)[:_MOST]
    before = list(dict.fromkeys(graph.influence.predecessors(twin)))
    drivers = [each for each in before if _drives(each, twin, graph, models)]
    if place == "driver":
        return drivers[:_MOST]
    return [each for each in before if each not in drivers][:_MOST]


def _without_drivers(twins: list[str], graph: TwinGraph, models: ModelSet) -> list[str]:
    return [each for each in twins if not _is_driver(each, graph, models)]


def _drives(driver: str, twin: str, graph: TwinGraph, models: ModelSet) -> bool:
    edges = graph.influence.get_edge_data(driver, twin) or {}
    names = [words_of(edge["relationship"].name).split() for edge in edges.values()]
    if any(word.startswith(("drive", "driving")) for name in names for word in name):
        return True
    return _is_driver(driver, graph, models)


def _is_driver(twin: str, graph: TwinGraph, models: ModelSet) -> bool:
    label = equipment_of(twin, graph, models)[0]
    return not _DRIVERS.isdisjoint(label.split())
