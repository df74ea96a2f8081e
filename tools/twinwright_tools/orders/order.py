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
        twin: where it comes from; the asset itself for what it stores, and where the graph doesn't say.
        energy: what it is, such as "electrical power" or "stored: rotating mass".
        relationship: id of the relationship that brings it, or the DTMI of the model whose kind of machine stores it or
            shows that it is there.
    """

    model_config = ConfigDict(frozen=True)

    twin: str
    energy: str
    action: str
    relationship: str


class Stock(BaseModel):
    """What the storeroom has of a part, as the plant's stock file says.

    Attributes:
        number: the article number, or None.
        on_hand: pieces in store.
        store: where they lie, or None.
        lead_time_d: days until more arrive, or None where unknown.
    """

    model_config = ConfigDict(frozen=True)

    number: str | None = None
    on_hand: int
    store: str | None = None
    lead_time_d: float | None = None


class Part(BaseModel):
    """A spare part that the failure mode usually takes; `stock` is None where the plant doesn't say."""

    model_config = ConfigDict(frozen=True)

    name: str
    quantity: int = Field(default=1, ge=1)
    stock: Stock | None = None


class DueWindow(BaseModel):
    """When the work is due: it fits between `start` and `due`.

    Attributes:
        reason: which limit, stop and shifts made it so, in one sentence.
        late: whether it lies past the limit that the priority sets, because no crew or stop is there before.
    """

    model_config = ConfigDict(frozen=True)

    start: datetime
    due: datetime
    reason: str
    late: bool = False


class AttachmentNote(BaseModel):
    """A file that is kept with the order: its name, media type, size in bytes and SHA-256 in hex."""

    model_config = ConfigDict(frozen=True)

    name: str
    media_type: str
    size: int
    sha256: str


class Addition(BaseModel):
    """The open order that a draft adds to, as the duplicate check found it.

    Attributes:
        order: id in the CMMS; title, url: as it has them.
        reasons: why it is the same fault.
    """

    model_config = ConfigDict(frozen=True)

    order: str
    title: str
    url: str | None = None
    reasons: list[str]


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
        likelihood: probability (0 to 1) that the asset is the cause, as it was said when the order was drafted; None
            in an order that an older Twinwright made.
        raw_likelihood: the same before the site's own outcomes recalibrated it; feedback is held against this.
        onset: when it began, as the evidence has it, or None.
        isolation_listed: the isolation points that the twin itself lists, as the plant writes them.
        window: when it is due, or None where that isn't known.
        attachments: files that are kept with it.
        taint: what of it rests on text of strangers, and whose; the planner has to look before trusting it.
        struck: claims of the investigation about it that its evidence didn't carry.
        addition_to: the open order in the CMMS that this adds to, or None where it is an order of its own.
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
    onset: datetime | None = None
    isolation_listed: list[str] = Field(default_factory=list)
    window: DueWindow | None = None
    attachments: list[AttachmentNote] = Field(default_factory=list)
    taint: list[str] = Field(default_factory=list)
    struck: list[str] = Field(default_factory=list)
    addition_to: Addition | None = None
