"""Twins and their relationships in memory, for looking up and for reasoning over the topology."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import networkx as nx

from ..errors import UnknownNameError
from .flow import Flows
from .query.cost import GraphStatistics


@dataclass(frozen=True, slots=True)
class Twin:
    """One digital twin: its `$dtId`, its model's DTMI, and its properties as the graph file has them (without `$…`).

    Attributes:
        metadata: its `$metadata` without the `$model`: by property, when it was last updated.
    """

    id: str
    model: str
    properties: dict[str, Any] = field(default_factory=dict)
    etag: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call it: its `name` or `displayName` property where it has one, else its id."""
        label = self.properties.get("name") or self.properties.get("displayName")
        return label if isinstance(label, str) else self.id


@dataclass(frozen=True, slots=True)
class Relationship:
    """One directed relationship: `$relationshipId`, `$relationshipName`, `$sourceId`, `$targetId`, its properties."""

    id: str
    name: str
    source: str
    target: str
    properties: dict[str, Any] = field(default_factory=dict)
    etag: str | None = None


@dataclass(frozen=True)
class TwinGraph:
    """The twins of a plant and how they hang together; both collections may be read from a store as they are needed."""

    twins: Mapping[str, Twin]
    relationships: Sequence[Relationship]
    flows: Flows

    def twin(self, twin_id: str) -> Twin:
        """The twin of that id.

        Raises:
            UnknownNameError: there is none; the nearest ids are suggested.
        """
        found = self.twins.get(twin_id)
        if found is None:
            raise UnknownNameError.of("twin", twin_id, self.twins)
        return found

    @cached_property
    def statistics(self) -> GraphStatistics:
        """What queries are checked against and their cost is estimated by."""
        return GraphStatistics.from_graph(self)

    @cached_property
    def influence(self) -> nx.MultiDiGraph[str]:
        """Twin ids, with an edge wherever an upset travels: from where it begins to where it shows.

        Edge data: `relationship` (the Relationship that carries it), `source_signal` and `target_signal` (str or None,
        named in the direction of travel).
        """
        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        graph.add_nodes_from(self.twins)
        for relationship in self.relationships:
            edge = self.flows.edge(relationship.name, relationship.properties)
            if edge is None:
                continue
            ends = (relationship.source, relationship.target)
            begin, end = ends if edge.forward else ends[::-1]
            graph.add_edge(
                begin,
                end,
                relationship=relationship,
                source_signal=edge.source_signal,
                target_signal=edge.target_signal,
            )
        return graph

    @cached_property
    def parents(self) -> dict[str, str]:
        """Each twin's place in the hierarchy: the source of its first structural relationship."""
        found: dict[str, str] = {}
        for relationship in self.relationships:
            if self.flows.is_structure(relationship.name):
                found.setdefault(relationship.target, relationship.source)
        return found

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """The twins that each twin contains directly."""
        found: dict[str, list[str]] = {}
        for child, parent in self.parents.items():
            found.setdefault(parent, []).append(child)
        return found

    def location(self, twin_id: str) -> list[str]:
        """The path of twin ids from the top of the hierarchy down to the twin, the twin included."""
        path = [twin_id]
        while (parent := self.parents.get(path[-1])) is not None and parent not in path:
            path.append(parent)
        return path[::-1]

    def within(self, twin_id: str) -> list[str]:
        """The twin and all that it contains, nearest first."""
        found, queue = {twin_id: None}, deque([twin_id])
        while queue:
            for child in self.children.get(queue.popleft(), []):
                if child not in found:
                    found[child] = None
                    queue.append(child)
        return list(found)

    def path(self, cause: str, symptom: str) -> list[str]:
        """The shortest way along which an upset travels from cause to symptom, both included; [] if there is none.

        An upset that reaches something inside the symptom's twin (a machine of a line) has reached it.
        """
        inside = set(self.within(symptom))
        if cause in inside:
            return [cause] if cause == symptom else [cause, symptom]
        ways = nx.single_source_shortest_path(self.influence, cause) if cause in self.influence else {}
        reached = sorted((len(way), end) for end, way in ways.items() if end in inside)
        if not reached:
            return []
        end = reached[0][1]
        way: list[str] = list(ways[end])
        return way if end == symptom else [*way, symptom]
