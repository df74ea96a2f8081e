"""What a conclusion is checked against."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from twinwright_tools.evidence import Evidence
from twinwright_tools.plant import Plant
from twinwright_tools.twins.graph import TwinGraph

from .carried import Grounding, carried
from .names import Names


@dataclass(frozen=True)
class Grounds:
    """The run's evidence, the twin graph, and the names that are known.

    Attributes:
        zone: the site's: a bare clock time in a claim is read in it.
        modes: ids of the failure modes; `signals`: names of all signals.
    """

    evidence: dict[str, Evidence]
    graph: TwinGraph
    zone: ZoneInfo
    at: datetime
    modes: Collection[str]
    signals: Collection[str]

    @classmethod
    def of(cls, plant: Plant, evidence: Sequence[Evidence]) -> Grounds:
        """The grounds of a run on a plant."""
        from twinwright_tools.diagnosis.failure_modes import modes_of_plant

        return cls(
            evidence={item.id: item for item in evidence},
            graph=plant.graph,
            zone=plant.zone,
            at=plant.at,
            modes=frozenset(modes_of_plant(plant).modes),
            signals=frozenset(info.key.signal for info in plant.telemetry.signals()),
        )

    @cached_property
    def names(self) -> Names:
        """The plant's names, as they are found in prose."""
        return Names(self.graph, self.signals)

    @cached_property
    def engine(self) -> dict[str, float]:
        """The engine's confidence in each twin that its last ranking names."""
        ranked = [one for one in self.evidence.values() if one.tool == "rank_causes" and isinstance(one.data, dict)]
        found: dict[str, float] = {}
        for row in ranked[-1].data.get("hypotheses", []) if ranked else []:
            found[row["twin"]] = max(float(row["confidence"]), found.get(row["twin"], 0.0))
        return found

    def cited(self, ids: Sequence[str]) -> Grounding:
        """What the evidence of these ids carries; ids that don't exist carry nothing."""
        return carried([self.evidence[one] for one in ids if one in self.evidence], self.zone, self.at)
