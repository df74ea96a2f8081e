"""The diagnosis engine: a pure function of telemetry, twins and models, and its adapter to a plant.

A pipeline: telemetry → departures of each signal from its own past (level, spread, states) and from what its
neighbours explain → suspicions → candidates ranked over the twin graph → confidences → verdict, with evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ..telemetry.series import Series, SignalInfo, SignalKey
from ..times import to_micros
from ..twins.graph import TwinGraph
from .actuators import passages_of
from .answer import Context, build_answer
from .calibration import Calibration, kept
from .confidence import blindly, capped, chance_of_fault, confidences, fault_features, substantiated, verdict_of
from .data_quality import data_statements
from .explained import discounted, explanations
from .failure_modes import load_library, modes_of_plant
from .features import asked_of
from .jobs import job_files, load_jobs
from .looking import look_at, suspicions
from .maintenance import MaintenanceEvent, events_of_history
from .modes.types import Library
from .ranges import Bounds, stated_bounds
from .ranking import rank
from .relations import relations_of
from .result import Deviation, Diagnosis, Symptom
from .suspicion import Suspicion
from .symptoms import check_symptoms
from .weights import load_weights

if TYPE_CHECKING:
    from ..plant import Plant
    from ..twins.dtdl import ModelSet
    from .grid import Grid

_LEAST_STEPS = 48  # those that the engine needs, in either half
_LEAST_S = 3600.0


def diagnose(plant: Plant, symptoms: Sequence[Symptom] = ()) -> Diagnosis:
    """What is wrong with a plant at the moment of asking, and why.

    Raises:
        PlantError: a file of the plant's own failure modes or kinds of jobs can't be used.
        UnknownNameError: a symptom names a twin or signal that isn't there.
    """
    infos = plant.telemetry.signals()
    signals = plant.telemetry.series()
    library = modes_of_plant(plant)
    bounds = stated_bounds(plant, infos)
    jobs = load_jobs(job_files(plant.folder))
    events = events_of_history(plant.history, plant.at, plant.graph.twins, jobs)
    return diagnose_signals(
        signals,
        infos,
        plant.graph,
        plant.models,
        plant.at,
        symptoms,
        library,
        bounds,
        events,
        kept(plant.state),
    )


def find_deviations(plant: Plant, twins: Collection[str] | None = None) -> list[Deviation]:
    """The signals (of some twins, or of all) that left their own past, strongest first."""
    infos = plant.telemetry.signals()
    relations = relations_of(plant.graph)
    bounds = stated_bounds(plant, infos)
    found = suspicions(plant.telemetry.series(), infos, to_micros(plant.at), plant.graph, relations, bounds)
    return [one for one in deviations_of(found) if twins is None or one.key.twin in twins]


def deviations_of(found: Mapping[SignalKey, Suspicion]) -> list[Deviation]:
    """The deviations among the suspicions, strongest first."""
    ordered = sorted(found.values(), key=lambda one: (-one.strength, str(one.key)))
    return [one.deviation for one in ordered if one.deviation is not None]


def diagnose_signals(
    signals: Mapping[SignalKey, Series],
    infos: Sequence[SignalInfo],
    graph: TwinGraph,
    models: ModelSet,
    at: datetime,
    symptoms: Sequence[Symptom] = (),
    library: Library | None = None,
    bounds: Mapping[SignalKey, Sequence[Bounds]] | None = None,
    events: Sequence[MaintenanceEvent] = (),
    site: Calibration | None = None,
) -> Diagnosis:
    """The same from its parts; samples and jobs after `at` are not looked at.

    Args:
        library: the failure modes of the plant; those that come along where it is None.
        events: what people did to the plant, as its history tells (`maintenance.events_of`).
        site: how the plant's own outcomes recalibrate confidence, where there are enough of them.

    Raises:
        UnknownNameError: a symptom names a twin or signal that isn't there.
    """
    check_symptoms(symptoms, graph, _known_signals(infos, graph, models))
    relations, weights = relations_of(graph), load_weights()
    look = look_at(signals, infos, to_micros(at), graph, relations, bounds)
    library = library or load_library()
    known = [one for one in events if max(one.start, one.end or one.start) <= at]
    explained = explanations(look, known, graph, models, relations, library)
    found = discounted(look.found, explained)
    alarms = alarm_signals(infos, graph, models)
    asked = asked_of(symptoms, graph, found, alarms)
    passages = passages_of(found, graph, models, relations, library)
    candidates = rank(found, graph, relations, asked, alarms, weights, typical_interval(infos), passages)
    complained = substantiated(found, symptoms)
    row = fault_features(found, complained, alarms)
    fault = chance_of_fault(row, weights)
    shares = confidences(candidates, row, weights)
    if site is not None:
        shares = [site.of(share) for share in shares]
    verdict = verdict_of(fault, shares, complained)
    deviations = deviations_of(look.found)
    judged = past_enough(look.grid)
    if look.grid is None and deviations and verdict != "nothing_wrong":
        judged = True  # a state or a stated limit speaks without a past
    data = data_statements(signals, infos, graph, to_micros(at), symptoms, judged)
    if data.blind:
        verdict, shares = "cannot_tell", blindly(shares)
    context = Context(at, graph, models, relations, look, tuple(symptoms), library, data, tuple(known), explained)
    return build_answer(context, candidates, capped(shares, verdict), verdict, deviations)


def past_enough(grid: Grid | None) -> bool | None:
    """Whether the grid has steps or time enough for its second half to be judged by its first; None without a grid.

    What a plant does in minutes tells little of what it usually does, unless it is recorded fast; and few samples tell
    little, unless they cover much time (a plant that is read once a day).
    """
    return None if grid is None else grid.shape[0] >= _LEAST_STEPS or grid.shape[0] * grid.step_s >= _LEAST_S


def typical_interval(infos: Sequence[SignalInfo]) -> float:
    """Median seconds between samples over the sampled signals; 60 where there is none."""
    known = sorted(info.interval_s for info in infos if info.sampling == "sampled" and info.interval_s)
    return known[len(known) // 2] if known else 60.0


def alarm_signals(infos: Sequence[SignalInfo], graph: TwinGraph, models: ModelSet) -> frozenset[SignalKey]:
    """Signals that report trouble and so can't cause it: their model's comment, or their name, begins with alarm."""
    found = set()
    for info in infos:
        twin = graph.twins.get(info.key.twin)
        definition = models.signal(twin.model, info.key.signal) if twin else None
        words = f"{definition.comment or ''}" if definition else ""
        if words.lower().startswith("alarm") or info.key.signal.lower().startswith("alarm"):
            found.add(info.key)
    return frozenset(found)


def _known_signals(infos: Sequence[SignalInfo], graph: TwinGraph, models: ModelSet) -> set[SignalKey]:
    known = {info.key for info in infos}
    for twin in graph.twins.values():
        for definition in models.signals(twin.model):
            known.add(SignalKey(twin.id, definition.name))
            if definition.display_name:
                known.add(SignalKey(twin.id, definition.display_name))
    return known
