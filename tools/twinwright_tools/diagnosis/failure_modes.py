"""The library of failure modes, and which of them fits a twin's deviations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..telemetry.series import SignalKey
from ..twins.graph import TwinGraph
from .result import Deviation, DeviationKind
from .suspicion import Suspicion

if TYPE_CHECKING:
    from ..twins.dtdl import ModelSet

_LIBRARY = Path(__file__).with_name("failure_modes.yaml")
_LEAST_FIT = 0.5


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of a failure mode on a signal.

    Attributes:
        words: any of them in the signal's name, display name, semantic type or comment.
        direction: +1 rises, -1 falls, 0 either.
        kinds: kinds of deviation that count; all where empty.
        weight: how much it tells; a negative weight speaks against the mode.
    """

    words: tuple[str, ...]
    direction: int
    kinds: tuple[DeviationKind, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class FailureMode:
    """A way in which equipment fails (failure mode and mechanism in the terms of ISO 14224).

    Attributes:
        equipment: words of the equipment it happens to, matched to the labels of a twin's model and its ancestors.
        failure: ISO 14224 failure mode; mechanism: ISO 14224 failure mechanism.
        checks: what tells it from other modes, cheapest first; tasks, parts, skills: the repair.
    """

    id: str
    name: str
    equipment: tuple[str, ...]
    failure: str
    mechanism: str
    signature: tuple[Sign, ...]
    checks: tuple[str, ...]
    tasks: tuple[str, ...]
    parts: tuple[str, ...]
    skills: tuple[str, ...]
    duration_h: float


@cache
def load_failure_modes() -> tuple[FailureMode, ...]:
    """The modes of `failure_modes.yaml`, in its order."""
    import yaml

    rows: list[dict[str, Any]] = yaml.safe_load(_LIBRARY.read_text(encoding="utf-8"))
    return tuple(_mode(row) for row in rows)


def _mode(row: dict[str, Any]) -> FailureMode:
    listed = {name: tuple(row.get(name, ())) for name in ("equipment", "checks", "tasks", "parts", "skills")}
    return FailureMode(
        id=row["id"],
        name=row["name"],
        failure=row["failure"],
        mechanism=row["mechanism"],
        signature=tuple(_sign(sign) for sign in row["signature"]),
        duration_h=float(row["duration_h"]),
        **listed,
    )


def _sign(row: dict[str, Any]) -> Sign:
    words = tuple(word.lower() for word in row["signal"].split(" or "))
    return Sign(words, int(row.get("direction", 0)), tuple(row.get("kinds", ())), float(row.get("weight", 1.0)))


def words_of(text: str) -> str:
    """A name as lower-case words: ``suctionPressure`` and ``suction_pressure`` are ``suction pressure``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return " ".join(re.split(r"[^A-Za-z0-9%]+", spaced)).strip().lower()


def equipment_of(twin: str, graph: TwinGraph, models: ModelSet) -> list[str]:
    """The labels of a twin's model and its ancestors as lower-case words, its own model first."""
    model = graph.twins[twin].model
    return [words_of(models.label(ancestor)) for ancestor in models.lineage(model)]


def _signal_words(key: SignalKey, graph: TwinGraph, models: ModelSet) -> str:
    definition = models.signal(graph.twins[key.twin].model, key.signal) if key.twin in graph.twins else None
    more = (definition.display_name, definition.semantic_type, definition.comment) if definition else ()
    return " ".join(words_of(text) for text in (key.signal, *more) if text)


def _applies(mode: FailureMode, equipment: list[str]) -> float:
    """1 for equipment of the twin's own model, less for an ancestor's; 0 where the mode can't happen to it."""
    for depth, label in enumerate(equipment):
        if any(f" {word} " in f" {label} " for word in mode.equipment):
            return 1.0 / (1.0 + 0.25 * depth)
    return 0.0


def best_mode(
    twin: str,
    signal: SignalKey | None,
    graph: TwinGraph,
    models: ModelSet,
    found: Mapping[SignalKey, Suspicion],
) -> str | None:
    """The id of the mode whose signature fits the twin's deviations best, or None where none does."""
    if twin not in graph.twins:
        return None
    equipment = equipment_of(twin, graph, models)
    deviating = [
        (_signal_words(key, graph, models), one.deviation, 2.0 if key == signal else 1.0, max(one.strength, 0.0))
        for key, one in found.items()
        if key.twin == twin and one.deviation is not None
    ]
    scores = {mode.id: _applies(mode, equipment) * _fit(mode, deviating) for mode in load_failure_modes()}
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] >= _LEAST_FIT else None


def _fit(mode: FailureMode, deviating: list[tuple[str, Deviation, float, float]]) -> float:
    """Weights of the signs seen, the hypothesis's own signal counting double, over the root of all its weights."""
    total = 0.0
    for sign in mode.signature:
        seen = [
            share * min(1.0, 0.3 + strength) for words, one, share, strength in deviating if _shows(sign, words, one)
        ]
        total += sign.weight * max(seen, default=0.0)
    return total / float(np.sqrt(max(1.0, sum(max(sign.weight, 0.0) for sign in mode.signature))))


def _shows(sign: Sign, words: str, one: Deviation) -> bool:
    if sign.kinds and one.kind not in sign.kinds:
        return False
    if (
        sign.direction
        and one.direction
        and sign.direction != one.direction
        and one.kind in ("level", "slope", "spread")
    ):
        return False
    return any(word in words for word in sign.words)
