"""What logged jobs say about a hypothesis, in sentences: the kind, place and time of a job, never its text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ..telemetry.series import SignalKey
from ..times import from_micros, iso
from .explained import Explanation, window_of
from .maintenance import MaintenanceEvent
from .suspicion import Suspicion

_INDUCED_H = 24.0  # a fault that begins within so many hours after a job on its twin may come from the job


@dataclass(frozen=True, slots=True)
class JobSentence:
    """A sentence about a job beside a change, and its figures for programs."""

    text: str
    figures: dict[str, Any]


def of_explanation(key: SignalKey, one: Explanation) -> JobSentence:
    """That a job explains what a signal does, or that a value was entered by hand as it began."""
    job, place = _job(one.event), _place(one)
    what = "the change" if one.level else "the broken relations"
    if one.event.planned:
        text = f"The {job}{place} can explain {what} of {key}: it began in the job's time, and so counts for less."
    else:
        text = f"The {job}{place} came when {what} of {key} began: check whether the value that was entered is meant."
    return JobSentence(text, _figures(one.event) | {"weight": round(one.weight, 3), "steps": one.steps})


def of_induced(
    suspicion: Suspicion, events: Sequence[MaintenanceEvent], explained: Explanation | None, parts: Collection[str]
) -> JobSentence | None:
    """That something began soon after a job on its own twin which doesn't explain it: the job may have caused it.

    Args:
        explained: what explains the suspicion; with one that takes all of it away there is nothing to say.
        parts: the twin and what it is a part of, or has as parts.
    """
    since = [when for when in (suspicion.onset, suspicion.broke) if when is not None]
    if not since or (explained is not None and explained.event.planned):
        return None
    onset = min(since)
    near = [
        (window_of(event)[0], event)
        for event in events
        if event.twin in parts
        and event.kind is not None
        and event.kind.hands_on
        and 0 <= onset - window_of(event)[0] <= _INDUCED_H * 3600e6
    ]
    if not near:
        return None
    event = max(near, key=lambda one: one[0])[1]
    text = (
        f"{suspicion.key} changed after the {_job(event)} (from {iso(from_micros(onset))} on), in a way that the job "
        "doesn't explain: what was worked on may not be as it was."
    )
    return JobSentence(text, _figures(event))


def _job(event: MaintenanceEvent) -> str:
    name = event.kind.name if event.kind else "work order"
    verb = "closed" if event.order else "logged"
    return f"{name} {verb} on {event.twin} at {iso(event.end or event.start)}"


def _place(one: Explanation) -> str:
    return f", {one.steps} step{'s' if one.steps > 1 else ''} away," if one.steps else ""


def _figures(event: MaintenanceEvent) -> dict[str, Any]:
    kind = event.kind.id if event.kind else None
    return {"job": kind, "on": event.twin, "logged": iso(event.start), "planned": event.planned}
