"""Priority: consequence × likelihood in the plant's risk matrix, and why, in a sentence that a planner can check."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx

from ..twins.dtdl.names import last_segment
from .order import Priority
from .words import lineage, model_words, words

if TYPE_CHECKING:
    from ..plant import Plant

CONSEQUENCES = ("negligible", "minor", "moderate", "major", "severe")
LIKELIHOODS = ("rare", "unlikely", "possible", "likely", "almost certain")
# What the twin graph alone can tell; negligible and severe are for the plant to say.
_MINOR, _MODERATE, _MAJOR = 2, 3, 4

# A signal with such a word in its name counts what a plant is there for.
_OUTPUT = frozenset({"throughput", "production", "produced", "output", "oee", "yield"})
_LINE = "line"
# Buffers and controllers damp an upset with every step, so only what lies this near counts as reached.
_STEPS = 3
_MOST_OUTPUT = 0.5
_WIDE = 0.25


@dataclass(frozen=True, slots=True)
class Consequence:
    """What an upset of an asset reaches within three steps of the twin graph.

    Attributes:
        level: 1 (negligible) to 5 (severe).
        stated: where the plant says so itself, or None where the level is read off the twin graph.
        outputs: the twins (lines, mostly) whose output it reaches, of `known_outputs` in the plant.
        downstream: how many twins it reaches, of `twins` in the plant.
    """

    level: int
    stated: str | None
    outputs: tuple[str, ...]
    known_outputs: int
    downstream: int
    twins: int

    def sentence(self) -> str:
        """The consequence in words."""
        return f"{self.stated}; {self._reached()}" if self.stated else self._reached()

    def _reached(self) -> str:
        reach = f"{self.downstream} of {self.twins} twins lie within {_STEPS} steps downstream"
        if not self.known_outputs:
            return f"{reach}; the twin graph counts no output"
        if not self.outputs:
            return f"it is not near any of the {self.known_outputs} outputs that the twin graph counts; {reach}"
        more = len(self.outputs) - 3
        shown = ", ".join(self.outputs[:3]) + (f" and {more} more" if more > 0 else "")
        return f"it reaches {len(self.outputs)} of {self.known_outputs} outputs ({shown}); {reach}"


def consequence(plant: Plant, asset: str) -> Consequence:
    """The consequence of leaving the asset as it is, and what an upset of it reaches in the twin graph.

    The level is what `[planning.consequence]` says of the twin or its model; else what the twin's criticality means;
    else read off the influences of the twin graph. There an upset of the asset, or of what it contains, is major
    where it reaches half of the outputs or more (or, where none is modelled, a quarter of the twins), moderate where
    it reaches any, and else minor.
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
    level = _MAJOR if high else _MODERATE if outputs or downstream else _MINOR
    stated = _stated(plant, asset)
    told, reason = stated if stated else (level, None)
    return Consequence(told, reason, outputs, len(known), len(downstream), len(graph.twins))


def priority(plant: Plant, asset: str, likelihood: float) -> tuple[Priority, str]:
    """The priority and why, for a likelihood (0 to 1) that the asset is the cause.

    The likelihood of the risk matrix is that probability: left alone, the fault has its consequence if it is there.
    """
    planning = plant.config.planning
    reach = consequence(plant, asset)
    likely = bisect_right(planning.likelihood, likelihood) + 1
    found = planning.matrix[reach.level - 1][likely - 1]
    chance = f"{LIKELIHOODS[likely - 1]} ({likelihood:.0%} that it is the cause)"
    return found, f"{found}: {CONSEQUENCES[reach.level - 1]} consequence ({reach.sentence()}) × {chance}"


def _stated(plant: Plant, asset: str) -> tuple[int, str] | None:
    """The consequence that the plant itself states for an asset, and where it does."""
    planning, twin = plant.config.planning, plant.graph.twin(asset)
    kinds = lineage(plant, asset)
    names = [asset, *(name for kind in kinds for name in (plant.models.label(kind), last_segment(kind)))]
    for name in names:
        if name in planning.consequence:
            return planning.consequence[name], f"the plant's risk matrix says so for {name}"
    value = twin.properties.get(planning.criticality)
    if isinstance(value, str | int) and str(value) in planning.levels:
        return planning.levels[str(value)], f"its {planning.criticality} is {value}"
    return None


def _has_output(plant: Plant, twin: str) -> bool:
    """Whether a twin counts output: it is a line, or has a signal that says so."""
    if any(_LINE in model_words(model) for model in lineage(plant, twin)):
        return True
    model = plant.graph.twin(twin).model
    if model not in plant.models.interfaces:
        return False
    return any(_OUTPUT.intersection(words(signal.name)) for signal in plant.models.signals(model))
