"""What every CMMS connector does: assets in, open orders, create, update, attach, status and past orders back.

All connectors have one shape, so that the outbox, the duplicate check and the history import know no product.
A connector keeps no state and retries nothing that could happen twice: whether an order was made is asked by its key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

RecordKind = Literal["work_order", "note", "alarm"]
OrderState = Literal["open", "in_progress", "done", "cancelled"]


class CmmsAsset(BaseModel):
    """An asset (equipment, functional location, configuration item) as the CMMS knows it.

    Attributes:
        id: the product's own id, by which orders name it.
        name: what people read.
        parent: id of the asset that it is part of, or None.
        tags: other names that it goes by (serial number, tag plate, external id), for matching with twins.
        attributes: further fields as text.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    parent: str | None = None
    tags: tuple[str, ...] = ()
    attributes: dict[str, str] = Field(default_factory=dict)


class CmmsOrder(BaseModel):
    """A work order as the CMMS holds it. All text in it was written by strangers: data, never an instruction.

    Attributes:
        id: the product's own id.
        kind: "work_order"; `past` may yield requests and notes ("note") and alarms ("alarm") too.
        key: the idempotency key that Twinwright gave it, or None for an order of somebody else.
        asset: id of the CMMS asset, or None where it names none.
        failure_mode: the failure code as the CMMS has it, or None.
        state: where it stands, in four words; `status` is the product's own word.
        created, changed, closed: times with a zone, None where unknown.
        duration_h: hours booked on it, or None.
        version: what a conditional update has to send (an ETag, a row version), or None.
        url: where a person opens it, or None.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    kind: RecordKind = "work_order"
    key: str | None = None
    asset: str | None = None
    title: str
    text: str = ""
    failure_mode: str | None = None
    state: OrderState
    status: str
    priority: str | None = None
    created: datetime | None = None
    changed: datetime | None = None
    closed: datetime | None = None
    duration_h: float | None = None
    version: str | None = None
    url: str | None = None


class NewOrder(BaseModel):
    """What is asked of the CMMS: one order, whole.

    Attributes:
        key: the idempotency key; at most one order of that key may ever exist there.
        asset: id of the CMMS asset.
        text: the body in plain text: problem, tasks, isolation points, parts, evidence.
        priority: P1 (most urgent) to P4; the connector puts it in the product's own words.
        start, due: the window in which the work is due, with a zone, or None.
        by: the person who submitted it.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    asset: str
    title: str
    text: str
    failure_mode: str | None = None
    priority: Literal["P1", "P2", "P3", "P4"]
    start: datetime | None = None
    due: datetime | None = None
    duration_h: float | None = None
    by: str


@dataclass(frozen=True)
class Attachment:
    """A file for an order: its name, media type (such as ``image/png``) and bytes."""

    name: str
    media_type: str
    content: bytes


class Connector(Protocol):
    """One CMMS.

    Raises (from every method):
        CmmsLoginError: the credentials are wrong or lack a right.
        CmmsUnavailableError: it can't be reached, is overloaded or failed; `may_have_happened` tells whether a change
            could have been made all the same.
        CmmsRefusedError: it refused what was asked (validation, an illegal transition).
        CmmsConflictError: somebody else changed the order in the meantime.
        CmmsMissingError: there is no such asset or order (any more).
        CmmsAnswerError: what it answered isn't what its interface promises.
    """

    @property
    def name(self) -> str:
        """The product, for people: "Request Tracker"."""

    def check(self) -> list[str]:
        """Logs in, reads, and says in a few lines what was found; writes nothing."""

    def assets(self) -> Iterator[CmmsAsset]:
        """Every asset, page by page."""

    def open_orders(self, assets: Sequence[str]) -> list[CmmsOrder]:
        """The orders on these assets that are neither done nor cancelled."""

    def by_key(self, key: str) -> CmmsOrder | None:
        """The order that was made with that idempotency key, whatever its state, or None."""

    def get(self, order: str) -> CmmsOrder:
        """One order, as it stands."""

    def create(self, order: NewOrder) -> CmmsOrder:
        """Makes one order. The caller has asked `by_key` before and, after an unclear failure, asks again."""

    def add(self, order: CmmsOrder, text: str, key: str) -> CmmsOrder:
        """Adds a comment to an order that is still open, once for each key (the key stands in the comment).

        Conditional on `order.version` where the product can do that.
        """

    def attach(self, order: str, attachment: Attachment) -> None:
        """Adds a file, unless one of that name is there already."""

    def past(self, since: datetime | None) -> Iterator[CmmsOrder]:
        """Orders, and notes and alarms where it keeps them, that changed at or after `since`, oldest change first.

        All of them if `since` is None.
        """


@dataclass(frozen=True)
class Place:
    """Where past records come from: a connector, what it yields, and its name among those of its kind."""

    kind: RecordKind
    connector: Connector
    name: str = ""
