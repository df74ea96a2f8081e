"""A networkx graph in memory, unchecked: nodes and edges with their documents as attributes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import networkx as nx

from .lines import heirs, records
from .tasks import HOPS, HOT, Questions


class InNetworkx:
    """A plant as a MultiDiGraph whose edges are keyed by relationship id."""

    def __init__(self, folder: Path, questions: Questions) -> None:
        """Reads the file line by line."""
        self.questions = questions
        self.graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        for section, record in records(folder):
            if section == "Twins":
                self.graph.add_node(record["$dtId"], model=record["$metadata"]["$model"], **_own(record))
            elif section == "Relationships":
                self.graph.add_edge(
                    record["$sourceId"],
                    record["$targetId"],
                    str(record["$relationshipId"]),
                    name=record["$relationshipName"],
                    **_own(record),
                )
        self.machines = heirs(questions.base)

    def look_up(self) -> Iterable[object]:
        """See `Engine`."""
        return [self.graph.nodes[self.questions.twin]["serial"]]

    def filter(self) -> Iterable[object]:
        """See `Engine`: every node is looked at."""
        model = self.questions.model
        return [
            twin for twin, data in self.graph.nodes(data=True) if data["model"] == model and data["temperature"] > HOT
        ]

    def join(self) -> Iterable[object]:
        """See `Engine`."""
        return [
            part
            for machine in self._along(self.questions.line, "contains")
            for part in self._along(machine, "contains")
        ]

    def walk(self) -> Iterable[object]:
        """See `Engine`: breadth first."""
        found: set[str] = set()
        at = {self.questions.twin}
        for _ in range(HOPS):
            at = {end for twin in at for end in self._along(twin, "feeds")}
            found |= at
        return found

    def count(self) -> Iterable[object]:
        """See `Engine`: every node is looked at."""
        return [sum(data["model"] in self.machines for _, data in self.graph.nodes(data=True))]

    def close(self) -> None:
        """Nothing to let go of."""

    def _along(self, twin: str, name: str) -> list[str]:
        return [end for _, end, data in self.graph.out_edges(twin, data=True) if data["name"] == name]


def _own(record: dict[str, Any]) -> dict[str, Any]:
    return {f"p_{key}" if key in ("name", "model") else key: each for key, each in record.items() if key[0] != "$"}
