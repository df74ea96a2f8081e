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
# Buffers and controllers damp an upset with every step, so only what lies this near counts as reached.
_STEPS = 3
_MOST_OUTPUT = 0.5
_WIDE = 0.25

# The usual risk matrix of maintenance planning: rows are the consequence, columns the likelihood.
_MATRIX: dict[Level, dict[Level, Priority]] = {
    "high": {"high": "P1", "medium": "P2", "low": "P3"},
    "medium": {"high": "P2", "medium": "P3", "low": "P4"},
    "low": {"high": "P3", "medium": "P4", "low": "P4"},
}


@dataclass(frozen=True, slots=True)
class Consequence:
    """What an upset of an asset reaches within three steps of the twin graph.

    Attributes:
        outputs: the twins (lines, mostly) whose output it reaches, of `known_outputs` in the plant.
        downstream: how many twins it reaches, of `twins` in the plant.
    """

    level: Level
    outputs: tuple[str, ...]
    known_outputs: int
    downstream: int
    twins: int

    def sentence(self) -> str:
        """The consequence in words."""
        reach = f"{self.downstream} of {self.twins} twins lie within {_STEPS} steps downstream"
        if not self.known_outputs:
            return f"{reach}; the twin graph counts no output"
        if not self.outputs:
            return f"it is not near any of the {self.known_outputs} outputs that the twin graph counts; {reach}"
        more = len(self.outputs) - 3
        shown = ", ".join(self.outputs[:3]) + (f" and {more} more" if more > 0 else "")
        return f"it reaches {len(self.outputs)} of {self.known_outputs} outputs ({shown}); {reach}"


def consequence(plant: Plant, asset: str) -> Consequence:
    """What an upset of the asset, or of what it contains, reaches along the influences of the twin graph.

    High: half of the outputs or more, or, where none is modelled, a quarter of the twins. Medium: any. Low: none.
    """
    graph = plant.graph
    begin = set(graph.within(asset))
    near = [nx.single_source_shortest_path_length(graph.influence, twin, cutoff=_STEPS) for twin in begin]
    downstream = {twin for reached in near for twin in reached}.difference(begin)
    # An upset that reaches a machine has reached the line that the machine stands in.
    places = {place for twin in downstream for place in graph.location(twin)} | {asset}
    known = [twin for twin in graph.twins if _has_output(plant, twin)]
    outputs = tuple(twin for twin in known if twin in places)
    if known:
        high = len(outputs) >= _MOST_OUTPUT * len(known)
    else:
        high = bool(downstream) and len(downstream) >= _WIDE * (len(graph.twins) - 1)
    level: Level = "high" if high else "medium" if outputs or downstream else "low"
    return Consequence(level, outputs, len(known), len(downstream), len(graph.twins))


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
