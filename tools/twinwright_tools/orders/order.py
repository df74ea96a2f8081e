"""The work order as planners know it (fields after ISO 14224's maintenance record)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Priority = Literal["P1", "P2", "P3", "P4"]
Status = Literal["draft", "submitted", "cancelled"]


class IsolationPoint(BaseModel):
    """An energy to lock out and tag out before work, found in the twin graph.

    Attributes:
        twin: where it comes from; the asset itself for what it stores.
        energy: what it is, such as "electrical power" or "stored: rotating mass".
        relationship: id of the relationship that brings it, or the DTMI of the model whose kind of machine stores it.
    """

    model_config = ConfigDict(frozen=True)

    twin: str
    energy: str
    action: str
    relationship: str


class Part(BaseModel):
    """A spare part that the failure mode usually takes."""

    model_config = ConfigDict(frozen=True)

    name: str
    quantity: int = 1


class WorkOrder(BaseModel):
    """A draft until a person submits it.

    Attributes:
        id: WO-0001 …; empty until the order book has stored it.
        location: twin ids from the top of the hierarchy down to the asset.
        failure_mode: id in the library of failure modes, or None where none fits.
        priority_reason: why this priority, in one sentence.
        duration_h: estimated duration in hours.
        evidence: ids of the run's evidence.
        created: the moment that was asked about; drafting reads no clock.
        idempotency_key: the same for the same draft of the same run, whatever is retried.
        notes: what a planner should know beside, such as what the twin graph leaves open.
        likelihood: probability (0 to 1) that the asset is the cause, as it was said when the order was drafted.
        raw_likelihood: the same before the site's own outcomes recalibrated it; feedback is held against this.
    """

    id: str
    status: Status = "draft"
    asset: str
    location: list[str]
    title: str
    problem: str
    failure_mode: str | None
    priority: Priority
    priority_reason: str
    tasks: list[str]
    isolation: list[IsolationPoint]
    parts: list[Part]
    skills: list[str]
    duration_h: float
    evidence: list[str]
    run: str | None
    created: datetime
    submitted: datetime | None = None
    submitted_by: str | None = None
    idempotency_key: str
    notes: list[str] = Field(default_factory=list)
    likelihood: float | None = None
    raw_likelihood: float | None = None
