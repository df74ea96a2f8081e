"""Where signals belong, as `twinwright.toml` says: for one twin, or for all twins of a model."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import nearest
from ..telemetry.series import SignalKey
from ..twins.dtdl import ModelSet
from ..twins.graph import TwinGraph
from .config import CONFIG_FILE, PlantConfig, Range
from .problems import Problem


def range_of(key: SignalKey, ranges: Mapping[str, Range], models: ModelSet, graph: TwinGraph) -> Range | None:
    """The signal's own range, else that of the nearest model in its twin's lineage, else None."""
    if str(key) in ranges:
        return ranges[str(key)]
    twin = graph.twins.get(key.twin)
    labels = [models.label(model) for model in models.lineage(twin.model)] if twin and twin.model else []
    return next((ranges[name] for label in labels if (name := f"{label}.{key.signal}") in ranges), None)


def range_problems(config: PlantConfig, models: ModelSet, graph: TwinGraph) -> list[Problem]:
    """Ranges that fit no twin and no model, and vocabulary that means no twin."""
    known = [f"{models.label(model)}.{signal.name}" for model in models for signal in models.signals(model)]
    by_label = set(known)
    problems = []
    for name in config.ranges:
        parts = name.split(".")
        twins = any(".".join(parts[:cut]) in graph.twins for cut in range(1, len(parts)))
        if not twins and name not in by_label:
            near = nearest(name, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            text = f"the range {name!r} fits no twin's and no model's signal{hint}"
            problems.append(Problem("warning", "config.range", text, CONFIG_FILE, f"ranges.{name}"))
    for word, twins_meant in config.vocabulary.items():
        for twin in twins_meant:
            if twin not in graph.twins:
                near = nearest(twin, graph.twins, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                text = f"{word!r} means the twin {twin!r}, which isn't in the graph{hint}"
                problems.append(Problem("warning", "config.vocabulary", text, CONFIG_FILE, f"vocabulary.{word}"))
    return problems
