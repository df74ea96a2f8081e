"""What a conclusion is checked against."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
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
        modes: ids of the failure modes; `signals`: names of all signals; `keys`: all of them as ``TWIN.SIGNAL``.
    """

    evidence: dict[str, Evidence]
    graph: TwinGraph
    zone: ZoneInfo
    at: datetime
    modes: Collection[str]
    signals: Collection[str]
    keys: Collection[str] = ()

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
            keys=frozenset(str(info.key) for info in plant.telemetry.signals()),
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
        known = [self.evidence[one] for one in ids if one in self.evidence]
        found = carried(known, self.zone, self.at)
        # A signal that was asked for by a pattern, or with its twin, stands there under the name of a column.
        found.words += "".join(f"\n{key}" for one in known for key in self._asked_for(one))
        return found

    def _asked_for(self, one: Evidence) -> Iterator[str]:
        """The signals that an analysis was asked for by other words than their names."""
        asked = one.arguments.get("signals") if one.tool == "analyse" else None
        for word in asked if isinstance(asked, list) else []:
            plain = re.sub(r"^\s*\w+\s*\(|\)|\s+as\s+\S+\s*$", "", str(word), flags=re.IGNORECASE).strip()
            if "*" in plain:
                pattern = re.compile(re.escape(plain).replace(r"\*", ".*"), re.IGNORECASE)
                yield from (key for key in self.keys if pattern.fullmatch(key))
            elif plain in self.graph.twins:
                within = tuple(f"{twin}." for twin in self.graph.within(plain))
                yield from (key for key in self.keys if key.startswith(within))
