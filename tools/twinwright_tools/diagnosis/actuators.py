"""Final control elements and the flows that they let through, which are measured next door.

What a valve does for a position is its own doing, but the flow meter mostly stands at the twin that it feeds. Where
the flow there no longer goes with the position, though all else at that twin still goes with its flow, the valve (or
damper, or gate) is to blame and not the twin that has the meter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..telemetry.series import SignalKey
from ..twins.graph import TwinGraph
from .failure_modes import Library, roles_of
from .relations import Relations
from .suspicion import Suspicion

if TYPE_CHECKING:
    from ..twins.dtdl import ModelSet

_MOVED = frozenset({"command", "position"})
_SWITCHED = frozenset({"end_position", "belt_position"})  # these tell where something is, not how far it is open


@dataclass(frozen=True, slots=True)
class Passage:
    """A flow that goes with a final control element: the commands and positions of one twin, and a flow next door."""

    actuator: str
    moved: tuple[SignalKey, ...]
    flow: SignalKey


def passages_of(
    found: Mapping[SignalKey, Suspicion], graph: TwinGraph, models: ModelSet, relations: Relations, library: Library
) -> list[Passage]:
    """The passages that may have parted, from each twin with a command or position to those it influences directly."""
    moved: dict[str, list[SignalKey]] = {}
    flows: dict[str, list[SignalKey]] = {}
    for key in sorted(key for key, one in found.items() if max(one.around, one.upstream, one.fresh_upstream) > 1.0):
        roles = roles_of(key, graph, models, library)
        if roles & _MOVED and not roles & _SWITCHED:
            moved.setdefault(key.twin, []).append(key)
        elif "flow" in roles:
            flows.setdefault(key.twin, []).append(key)
    return [
        Passage(twin, tuple(signals), flow)
        for twin, signals in moved.items()
        if twin in relations.twins
        for served in sorted(relations.twins.successors(twin))
        if served != twin
        for flow in flows.get(served, ())
    ]


def strongest(strengths: Mapping[Passage, float], twins: Collection[str]) -> tuple[dict[str, float], dict[str, float]]:
    """By twin the strongest of the passages that begin there, and of those that end there; 0 where none does."""
    begins, ends = dict.fromkeys(twins, 0.0), dict.fromkeys(twins, 0.0)
    for passage, strength in strengths.items():
        for found, twin in ((begins, passage.actuator), (ends, passage.flow.twin)):
            if twin in found:
                found[twin] = max(found[twin], strength)
    return begins, ends
