"""Drafting a work order: everything in it comes from the twin graph, the failure modes or the run's evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import OrderError, UnknownNameError
from .isolation import isolation_points
from .order import Part, WorkOrder
from .planning import planned_window, read_planning, stocked
from .priority import priority

if TYPE_CHECKING:
    from ..diagnosis.failure_modes import FailureMode
    from ..plant import Plant

_INSPECTION_H = 1.0
_ISOLATION = "isolation"


def draft_order(
    plant: Plant,
    *,
    asset: str,
    failure_mode: str | None,
    title: str,
    problem: str,
    evidence: Sequence[str],
    likelihood: float,
    run: str | None,
    call: str | None,
    onset: datetime | None = None,
    taint: Sequence[str] = (),
    struck: Sequence[str] = (),
) -> WorkOrder:
    """A draft for the order book, not stored yet (its id is empty). `created` is the moment that was asked about.

    Args:
        failure_mode: id of a failure mode, or None where none fits: then the order is an inspection.
        evidence: ids of the run's evidence, at least one.
        likelihood: probability (0 to 1) that the asset with this failure mode is the cause.
        run, call: with asset and failure mode they make the idempotency key, so that a resumed run repeats nothing.
        onset: when it began, as the evidence has it, if it says so.
        taint: what of it rests on text of strangers; struck: claims about it that its evidence didn't carry.

    Raises:
        UnknownNameError: there is no such twin or failure mode; the nearest are suggested.
        OrderError: no title, no evidence, or a likelihood outside 0 to 1.
    """
    plant.graph.twin(asset)
    mode = None if failure_mode is None else _mode(plant, failure_mode)
    _check(title, evidence, likelihood)
    level, reason = priority(plant, asset, likelihood)
    points, notes = isolation_points(plant, asset)
    planning = read_planning(plant)
    skills = list(mode.skills) if mode else []
    duration = mode.duration_h if mode else _INSPECTION_H
    window, missing = planned_window(plant, asset, level, duration, skills, planning)
    return WorkOrder(
        id="",
        asset=asset,
        location=plant.graph.location(asset),
        title=title.strip(),
        problem=problem.strip(),
        failure_mode=failure_mode,
        priority=level,
        priority_reason=reason,
        tasks=_tasks(asset, mode, bool(points)),
        isolation=points,
        parts=stocked([Part(name=name) for name in mode.parts] if mode else [], asset, planning),
        skills=skills,
        duration_h=duration,
        evidence=list(dict.fromkeys(evidence)),
        run=run,
        created=plant.at,
        idempotency_key=idempotency_key(run, call, asset, failure_mode),
        notes=[*notes, *_mode_notes(plant, asset, mode), *missing, *planning.problems],
        likelihood=likelihood,
        raw_likelihood=_raw(plant, likelihood),
        onset=onset,
        isolation_listed=_listed(plant, asset),
        window=window,
        taint=list(taint),
        struck=list(struck),
    )


def _raw(plant: Plant, likelihood: float) -> float:
    from ..diagnosis.calibration import kept

    calibration = kept(plant.state)
    return calibration.raw(likelihood) if calibration else likelihood


def idempotency_key(run: str | None, call: str | None, asset: str, failure_mode: str | None) -> str:
    """SHA-256 in hex over run, call, asset and failure mode; different parts never give the same key."""
    return hashlib.sha256(json.dumps([run, call, asset, failure_mode]).encode()).hexdigest()


def _mode(plant: Plant, mode_id: str) -> FailureMode:
    from ..diagnosis.failure_modes import modes_of_plant  # here, so that listing orders doesn't load the engine

    modes = modes_of_plant(plant).modes
    if mode_id not in modes:
        raise UnknownNameError.of("failure mode", mode_id, modes)
    return modes[mode_id]


def _listed(plant: Plant, asset: str) -> list[str]:
    """The isolation points that the twin lists itself, in a property of that name."""
    value = plant.graph.twin(asset).properties.get(_ISOLATION)
    return [str(one) for one in value] if isinstance(value, list) else [value] if isinstance(value, str) else []


def _check(title: str, evidence: Sequence[str], likelihood: float) -> None:
    if not title.strip():
        raise OrderError("a work order needs a title", code="order.no_title")
    if not evidence:
        raise OrderError("a work order cites at least one piece of evidence, such as E1", code="order.no_evidence")
    if not 0 <= likelihood <= 1:
        raise OrderError(f"a likelihood lies between 0 and 1; this is {likelihood:g}", code="order.likelihood")


def _tasks(asset: str, mode: FailureMode | None, isolated: bool) -> list[str]:
    """Confirm while it runs, lock out, do the work, prove it: the order in which a fitter does them."""
    before = list(mode.checks) if mode else [f"Inspect {asset} for what the problem describes; note what was found"]
    work = list(mode.tasks) if mode else []
    lock = ["Isolate, lock and tag every isolation point; try to start before work"] if isolated and work else []
    unlock = ["Remove locks and tags; return to service"] if lock else []
    return [
        *before,
        *lock,
        *work,
        *unlock,
        f"Watch the signals that the evidence names: are they back to usual on {asset}?",
    ]


def _mode_notes(plant: Plant, asset: str, mode: FailureMode | None) -> list[str]:
    if mode is None:
        return [f"no failure mode fits: an inspection of {_INSPECTION_H:g} h is assumed"]
    from ..diagnosis.failure_modes import equipment_of

    kinds = equipment_of(asset, plant.graph, plant.models)
    if mode.equipment and not any(f" {one} " in f" {kind} " for one in mode.equipment for kind in kinds):
        return [f"{mode.name} is a failure mode of {', '.join(mode.equipment)}; check that {asset} has such a part"]
    return []
