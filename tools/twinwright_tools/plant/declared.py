"""What `twinwright.toml` declares of signals (ranges, limits, units): for one twin, or for all twins of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..errors import nearest
from ..telemetry.series import SignalKey
from ..twins.dtdl import ModelSet
from ..twins.dtdl.names import last_segment
from ..twins.graph import TwinGraph
from .config import CONFIG_FILE, PlantConfig
from .problems import Problem

Declared = TypeVar("Declared")


def declared(key: SignalKey, table: Mapping[str, Declared], models: ModelSet, graph: TwinGraph) -> Declared | None:
    """What a table says of the signal itself, else of the nearest model in its twin's lineage, else None.

    A model goes by its display name or by the last part of its DTMI.
    """
    if str(key) in table:
        return table[str(key)]
    twin = graph.twins.get(key.twin)
    names = [name for model in models.lineage(twin.model) for name in _names(models, model)] if twin else []
    return next((table[entry] for name in names if (entry := f"{name}.{key.signal}") in table), None)


def declaration_problems(config: PlantConfig, models: ModelSet, graph: TwinGraph) -> list[Problem]:
    """Ranges, limits and units that fit no twin and no model, and vocabulary that means no twin."""
    known = [
        f"{name}.{signal.name}"
        for model in models
        for signal in models.signals(model)
        for name in _names(models, model)
    ]
    problems = []
    for section, table in (("ranges", config.ranges), ("limits", config.limits), ("units", config.units)):
        for name in table:
            parts = name.split(".")
            twins = any(".".join(parts[:cut]) in graph.twins for cut in range(1, len(parts)))
            if not twins and name not in known:
                text = f"{name!r} fits no twin's and no model's signal{_hint(name, known)}"
                problems.append(Problem("warning", f"config.{section}", text, CONFIG_FILE, f"{section}.{name}"))
    for word, twins_meant in config.vocabulary.items():
        for twin in twins_meant:
            if twin not in graph.twins:
                text = f"{word!r} means the twin {twin!r}, which isn't in the graph{_hint(twin, graph.twins)}"
                problems.append(Problem("warning", "config.vocabulary", text, CONFIG_FILE, f"vocabulary.{word}"))
    return problems


def _names(models: ModelSet, model: str) -> list[str]:
    return list(dict.fromkeys([models.label(model), last_segment(model)]))


def _hint(name: str, known: list[str] | Mapping[str, object]) -> str:
    near = nearest(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
