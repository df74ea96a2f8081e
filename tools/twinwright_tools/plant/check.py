"""What a plant folder holds, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..simulation.check import attached
from ..telemetry.quality import Gaps, sampled_gaps
from ..telemetry.series import SignalInfo
from ..times import iso, to_micros
from .places import shown, unread_files
from .plant import Plant
from .problems import Problem

MOST_LISTED = 20
MOST_PROBLEMS = 200
_SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `twinwright check` says; every list is bounded, and counts are of all.

    Attributes:
        models, twins, relationships: counts, by model label and by relationship name.
        signals: counts by kind and sampling, of those that no model knows, and of declared ones never recorded.
        telemetry: span (ISO 8601), rows and signals.
        gaps: the longest gap of the signals that have any, worst first: signal, from, to, longest_s, gaps.
        telemetry_without_twin, twins_without_telemetry: twin ids.
        history: rows by kind.
        simulation: the physics models that are attached: attachment, twin, files, missing files, failure modes.
        problems: errors first.
    """

    plant: dict[str, Any]
    models: dict[str, Any]
    twins: dict[str, Any]
    relationships: dict[str, Any]
    signals: dict[str, Any]
    telemetry: dict[str, Any]
    gaps: list[dict[str, Any]]
    telemetry_without_twin: dict[str, Any]
    twins_without_telemetry: dict[str, Any]
    unknown_references: dict[str, Any]
    history: dict[str, Any]
    simulation: list[dict[str, Any]]
    problem_counts: dict[str, int]
    problems: list[Problem]

    def as_dict(self) -> dict[str, Any]:
        """The JSON contract of `twinwright check`."""
        return {
            "plant": self.plant,
            "models": self.models,
            "twins": self.twins,
            "relationships": self.relationships,
            "signals": self.signals,
            "telemetry": self.telemetry,
            "gaps": self.gaps,
            "telemetry_without_twin": self.telemetry_without_twin,
            "twins_without_telemetry": self.twins_without_telemetry,
            "unknown_references": self.unknown_references,
            "history": self.history,
            "simulation": self.simulation,
            "problem_counts": self.problem_counts,
            "problems": [problem.as_dict() for problem in self.problems],
        }


def check(plant: Plant) -> CheckReport:
    """What the plant holds up to its time limit."""
    infos = plant.telemetry.signals()
    graph, models = plant.graph, plant.models
    recorded = {info.key.twin for info in infos}
    labels = Counter(models.label(twin.model) if twin.model else "no model" for twin in graph.twins.values())
    names = Counter(each.name for each in graph.relationships)
    kinds = plant.history.kinds()
    silent = [twin.id for twin in graph.twins.values() if models.signals(twin.model) and twin.id not in recorded]
    unknown = [problem for problem in plant.problems if "unknown" in problem.code]
    models_attached, simulation_problems = attached(plant)
    problems = [*plant.problems, *simulation_problems, *_without_telemetry(plant), *_unread(plant)]
    problems.sort(key=lambda problem: _SEVERITIES.index(problem.severity))
    return CheckReport(
        plant={"name": plant.name, "folder": str(plant.folder), "timezone": plant.zone.key, "at": iso(plant.at)},
        models={"count": len(models.interfaces)},
        twins={"count": len(graph.twins), "by_model": _top(labels)},
        relationships={"count": len(graph.relationships), "by_name": _top(names)},
        signals=_signals(plant, infos),
        telemetry=_telemetry(plant, infos),
        gaps=_gaps(plant, infos),
        telemetry_without_twin=_listed(sorted(recorded - graph.twins.keys())),
        twins_without_telemetry=_listed(silent),
        unknown_references={"count": len(unknown), "by_code": _top(Counter(problem.code for problem in unknown))},
        history={"rows": sum(kinds.values()), "by_kind": _top(Counter(kinds))},
        simulation=models_attached[:MOST_LISTED],
        problem_counts={name: sum(each.severity == name for each in problems) for name in _SEVERITIES},
        problems=problems[:MOST_PROBLEMS],
    )


def _without_telemetry(plant: Plant) -> list[Problem]:
    if plant.telemetry.span() is not None:
        return []
    text = (
        f"there is no telemetry up to {iso(plant.at)}; "
        f"it is read from {', '.join(plant.config.telemetry.files)} in the plant folder"
    )
    return [Problem("warning", "telemetry.none", text)]


def _unread(plant: Plant) -> list[Problem]:
    sections = {"telemetry": plant.config.telemetry.files, "history": plant.config.history.files}
    found = []
    for name, patterns in sections.items():
        for path in unread_files(plant.folder, name, patterns):
            text = f"isn't read: {name} is read from {', '.join(patterns)}"
            found.append(Problem("warning", f"{name}.unread", text, shown(plant.folder, path)))
    return found


def _top(counts: Counter[str]) -> dict[str, int]:
    return dict(counts.most_common(MOST_LISTED))


def _listed(names: Sequence[str]) -> dict[str, Any]:
    return {"count": len(names), "twins": list(names[:MOST_LISTED])}


def _signals(plant: Plant, infos: Sequence[SignalInfo]) -> dict[str, Any]:
    known = {info.key for info in infos}
    declared = sum(
        (twin.id, each.name) not in known
        for twin in plant.graph.twins.values()
        for each in plant.models.signals(twin.model)
        if each.kind == "telemetry"
    )
    return {
        "count": len(infos),
        "by_kind": dict(Counter(info.kind for info in infos)),
        "by_sampling": dict(Counter(info.sampling for info in infos)),
        "unknown_to_models": sum(not info.known for info in infos),
        "declared_never_recorded": declared,
    }


def _telemetry(plant: Plant, infos: Sequence[SignalInfo]) -> dict[str, Any]:
    span = plant.telemetry.span()
    return {
        "from": iso(span[0]) if span else None,
        "to": iso(span[1]) if span else None,
        "rows": sum(info.count for info in infos),
    }


def _gaps(plant: Plant, infos: Sequence[SignalInfo]) -> list[dict[str, Any]]:
    """The longest gap of each sampled signal between its first sample and the end of all telemetry; the worst ones."""
    span = plant.telemetry.span()
    if span is None:
        return []
    found: list[tuple[float, str, Gaps]] = []
    series = plant.telemetry.series([info.key for info in infos if info.sampling == "sampled"])
    for info in infos:
        if info.key not in series:
            continue
        gaps = sampled_gaps(series[info.key].times, to_micros(info.first), to_micros(span[1]), info.interval_s)
        if gaps.found:
            found.append((gaps.longest_s, str(info.key), gaps))
    worst = sorted(found, key=lambda each: (-each[0], each[1]))[:MOST_LISTED]
    return [
        {
            "signal": name,
            "from": gaps.longest()[0],
            "to": gaps.longest()[1],
            "longest_s": length,
            "gaps": len(gaps.found),
        }
        for length, name, gaps in worst
    ]
