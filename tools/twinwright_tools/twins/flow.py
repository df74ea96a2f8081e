"""What each relationship carries: stated in `twinwright.toml`, assumed (and said so) where it isn't."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["forward", "backward", "structure"]

# Names that mean a place in the hierarchy in the ontologies for Azure (RealEstateCore, ISA-95, smart cities).
_STRUCTURAL = re.compile(
    r"contain|partof|haspart|locatedin|islocation|haslocation|hascomponent|belongsto", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Flow:
    """What one kind of relationship carries.

    Attributes:
        direction: an upset travels source to target (forward), target to source (backward), or not at all (structure).
        source_signal, target_signal: properties of the relationship that name the signals it joins, or None.
    """

    direction: Direction
    source_signal: str | None = None
    target_signal: str | None = None


@dataclass(frozen=True, slots=True)
class InfluenceEdge:
    """One relationship as a path for an upset; signals are named in the direction of travel."""

    forward: bool
    source_signal: str | None
    target_signal: str | None


@dataclass
class Flows:
    """The flows of a plant by relationship name."""

    stated: dict[str, Flow] = field(default_factory=dict)

    def of(self, name: str) -> Flow:
        """What relationships of that name carry, stated or assumed."""
        if name in self.stated:
            return self.stated[name]
        return Flow("structure" if _STRUCTURAL.search(name) else "forward")

    def is_stated(self, name: str) -> bool:
        """Whether `twinwright.toml` says what relationships of that name carry."""
        return name in self.stated

    def is_structure(self, name: str) -> bool:
        """Whether relationships of that name are places in the hierarchy."""
        return self.of(name).direction == "structure"

    def edge(self, name: str, properties: dict[str, Any]) -> InfluenceEdge | None:
        """The path that one relationship opens, or None for a structural one."""
        flow = self.of(name)
        if flow.direction == "structure":
            return None
        signals = [_text(properties.get(key)) if key else None for key in (flow.source_signal, flow.target_signal)]
        forward = flow.direction == "forward"
        source, target = signals if forward else signals[::-1]
        return InfluenceEdge(forward, source, target)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
