"""MaintainX's work orders and assets as ours, and ours as MaintainX's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from ..protocol import CmmsAsset, CmmsOrder, NewOrder, OrderState
from ..shared import RankOptions, Words, failure_mode_in, key_of, text_with_key

PRODUCT = "MaintainX"
STATES: dict[str, OrderState] = {
    "OPEN": "open",
    "ON_HOLD": "open",
    "IN_PROGRESS": "in_progress",
    "DONE": "done",
    "CANCELED": "cancelled",
    "SKIPPED": "cancelled",
}


class Named(BaseModel):
    """Something of which only the id matters."""

    id: int


class Spent(BaseModel):
    """Time that was logged, in seconds."""

    seconds: float = Field(default=0.0, alias="durationTotal")


class Attached(BaseModel):
    """A file on a work order."""

    name: str = Field(alias="fileName")


class WorkOrder(BaseModel):
    """A work order; a list names the asset only as ``asset`` (expanded), a single answer also as ``assetId``."""

    id: int
    title: str
    status: str
    description: str | None = None
    priority: str | None = None
    created: AwareDatetime = Field(alias="createdAt")
    changed: AwareDatetime = Field(alias="updatedAt")
    completed: AwareDatetime | None = Field(default=None, alias="completedAt")
    deleted: AwareDatetime | None = Field(default=None, alias="deletedAt")
    asset: Named | None = None
    asset_id: int | None = Field(default=None, alias="assetId")
    times: list[Spent] = []
    attachments: list[Attached] = []
    extra: dict[str, str | None] = Field(default_factory=dict, alias="extraFields")


class WorkRequest(BaseModel):
    """A work request; its asset is there as an id or expanded."""

    id: int
    title: str
    status: str = Field(alias="requestStatus")
    description: str | None = None
    priority: str | None = None
    created: AwareDatetime | None = Field(default=None, alias="createdAt")
    changed: AwareDatetime | None = Field(default=None, alias="updatedAt")
    asset: Named | None = None
    asset_id: int | None = Field(default=None, alias="assetId")


# A request that was approved has become a work order.
REQUEST_STATES: dict[str, OrderState] = {
    "PENDING": "open",
    "APPROVED": "in_progress",
    "DONE": "done",
    "REJECTED": "cancelled",
}


class Asset(BaseModel):
    """An asset; the bar code is there because it was asked for."""

    id: int
    name: str
    parent: int | None = Field(default=None, alias="parentId")
    serial: str | None = Field(default=None, alias="serialNumber")
    barcode: str | None = None
    location: int | None = Field(default=None, alias="locationId")
    description: str | None = None


class Page(BaseModel):
    """What every page ends with."""

    cursor: str | None = Field(default=None, alias="nextCursor")


class WorkOrders(Page):
    """A page of work orders."""

    rows: list[WorkOrder] = Field(alias="workOrders")


class WorkRequests(Page):
    """A page of work requests."""

    rows: list[WorkRequest] = Field(alias="workRequests")


class Assets(Page):
    """A page of assets."""

    rows: list[Asset] = Field(alias="assets")


class Comment(BaseModel):
    """A comment."""

    content: str | None = None


class Comments(Page):
    """A page of comments."""

    rows: list[Comment] = Field(alias="comments")


class OneWorkOrder(BaseModel):
    """The answer that holds a work order."""

    work_order: WorkOrder = Field(alias="workOrder")


class MaintainXOptions(RankOptions):
    """``[cmms.options]`` for MaintainX.

    Attributes:
        organization: the organization's id, for a key that holds for several.
        key_field: the label of a custom field of work orders that holds the idempotency key too; it has to exist.
        key_days: how far back from the newest order the key is looked for, in days, as there is no search for it.
        records: what is imported: orders, or work requests.
        page: the beginning of a link for people, to which the work order's id is added.
    """

    organization: str | None = Field(default=None, pattern="^[0-9]+$")
    key_field: str | None = None
    key_days: int = Field(default=90, ge=1)
    records: Literal["orders", "requests"] = "orders"
    page: str | None = "https://app.getmaintainx.com/workorders/"


@dataclass(frozen=True)
class Usage:
    """How this organization's MaintainX is used."""

    options: MaintainXOptions
    words: Words

    def order(self, given: WorkOrder) -> CmmsOrder:
        """Ours of MaintainX's."""
        text = given.description or ""
        state = "cancelled" if given.deleted else self.words.state(given.status, PRODUCT)
        held = given.extra.get(self.options.key_field) if self.options.key_field else None
        asset = given.asset.id if given.asset else given.asset_id
        seconds = sum(one.seconds for one in given.times)
        return CmmsOrder(
            id=str(given.id),
            key=key_of(text, held),
            asset=None if asset is None else str(asset),
            title=given.title,
            text=text,
            failure_mode=failure_mode_in(text),
            state=state,
            status="DELETED" if given.deleted else given.status,
            priority=self.words.priority(given.priority),
            created=given.created,
            changed=given.changed,
            closed=self._closed(given, state),
            duration_h=seconds / 3600 if seconds else None,
            url=f"{self.options.page}{given.id}" if self.options.page else None,
        )

    def request(self, given: WorkRequest) -> CmmsOrder:
        """Ours of MaintainX's work request."""
        state = Words(REQUEST_STATES, {}).state(given.status, PRODUCT)
        asset = given.asset.id if given.asset else given.asset_id
        return CmmsOrder(
            id=str(given.id),
            asset=None if asset is None else str(asset),
            title=given.title,
            text=given.description or "",
            state=state,
            status=given.status,
            priority=self.words.priority(given.priority),
            created=given.created,
            changed=given.changed or given.created,
            closed=given.changed if state in ("done", "cancelled") else None,
        )

    @staticmethod
    def _closed(given: WorkOrder, state: OrderState) -> datetime | None:
        over = state in ("done", "cancelled")
        return (given.completed or given.deleted or given.changed) if over else None

    def document(self, order: NewOrder) -> dict[str, Any]:
        """MaintainX's of ours."""
        title = " ".join(order.title.split())
        given: dict[str, Any] = {
            "title": title,
            "description": text_with_key(order, title),
            "assetId": int(order.asset),
            "priority": self.words.priorities[order.priority],
            "type": "REACTIVE",
        }
        if order.due:
            given["dueDate"] = stamp(order.due)
            # A start is valid with a due date only.
            given |= {"startDate": stamp(order.start)} if order.start else {}
        if order.duration_h is not None:
            given["estimatedTime"] = round(order.duration_h * 3600)
        if self.options.key_field:
            given["extraFields"] = {self.options.key_field: order.key}
        return given


def asset(given: Asset) -> CmmsAsset:
    """Ours of MaintainX's."""
    more = {"location": given.location, "description": given.description}
    return CmmsAsset(
        id=str(given.id),
        name=given.name,
        parent=None if given.parent is None else str(given.parent),
        tags=tuple(tag for tag in (given.serial, given.barcode) if tag),
        attributes={name: str(value) for name, value in more.items() if value},
    )


def stamp(time: datetime) -> str:
    """A time as MaintainX writes it: UTC with milliseconds and Z."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
