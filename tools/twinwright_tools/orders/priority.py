"""Priority: consequence × likelihood, with the reasoning in a sentence a planner can check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import networkx as nx

from .order import Priority
from .words import lineage, model_words, words

if TYPE_CHECKING:
    from ..plant import Plant

Level = Literal["high", "medium", "low"]

# A signal with such a word in its name counts what a plant is there for.
_OUTPUT = frozenset({"throughput", "production", "produced", "output", "oee", "yield"})
_LINE = "line"
_LIKELY, _POSSIBLE = 0.5, 0.2
_WIDE = 0.25  # a quarter of the plant downstream is a high consequence even where no output is modelled

# The usual risk matrix of maintenance planning: rows are the consequence, columns the likelihood.
_MATRIX: dict[Level, dict[Level, Priority]] = {
    "high": {"high": "P1", "medium": "P2", "low": "P3"},
    "medium": {"high": "P2", "medium": "P3", "low": "P4"},
    "low": {"high": "P3", "medium": "P4", "low": "P4"},
}


@dataclass(frozen=True, slots=True)
class Consequence:
    """What an upset of an asset reaches: twins with a line's output, and how many twins of the plant in all."""

    level: Level
    outputs: tuple[str, ...]
    downstream: int
    twins: int

    def sentence(self) -> str:
        """The consequence in words."""
        reach = f"{self.downstream} of {self.twins} twins lie downstream"
        if self.outputs:
            shown = ", ".join(self.outputs[:3]) + (
                f" and {len(self.outputs) - 3} more" if len(self.outputs) > 3 else ""
            )
            return f"an upset reaches the output of {shown}; {reach}"
        return f"an upset reaches no line's output that the twin graph knows; {reach}"


def consequence(plant: Plant, asset: str) -> Consequence:
    """What an upset of the asset, or of what it contains, reaches along the influences of the twin graph."""
    graph = plant.graph
    begin = graph.within(asset)
    reached = set().union(*(nx.descendants(graph.influence, twin) for twin in begin if twin in graph.influence))
    downstream = reached.difference(begin)
    # An upset that reaches a machine has reached the line that the machine stands in.
    places = {place for twin in downstream for place in graph.location(twin)} | {asset}
    outputs = tuple(twin for twin in graph.twins if twin in places and _has_output(plant, twin))
    if outputs or len(downstream) >= _WIDE * max(len(graph.twins) - 1, 1):
        level: Level = "high"
    else:
        level = "medium" if downstream else "low"
    return Consequence(level, outputs, len(downstream), len(graph.twins))


def priority(plant: Plant, asset: str, likelihood: float) -> tuple[Priority, str]:
    """The priority and why, for a likelihood (0 to 1) that the asset is the cause."""
    reach = consequence(plant, asset)
    likely: Level = "high" if likelihood >= _LIKELY else "medium" if likelihood >= _POSSIBLE else "low"
    found = _MATRIX[reach.level][likely]
    chance = f"{likely} likelihood ({likelihood:.0%} that it is the cause)"
    return found, f"{found}: {reach.level} consequence ({reach.sentence()}) × {chance}"


def _has_output(plant: Plant, twin: str) -> bool:
    """Whether a twin counts output: it is a line, or has a signal that says so."""
    if any(_LINE in model_words(model) for model in lineage(plant, twin)):
        return True
    model = plant.graph.twin(twin).model
    if model not in plant.models.interfaces:
        return False
    return any(_OUTPUT.intersection(words(signal.name)) for signal in plant.models.signals(model))
