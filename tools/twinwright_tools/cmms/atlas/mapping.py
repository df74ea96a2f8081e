"""Atlas's work orders and assets as ours, and ours as Atlas's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, Field

from ..protocol import CmmsAsset, CmmsOrder, NewOrder, OrderState
from ..shared import RankOptions, Words, cut, failure_mode_in, key_of, text_with_key

PRODUCT = "Atlas CMMS"
STATES: dict[str, OrderState] = {
    "OPEN": "open",
    "ON_HOLD": "open",
    "IN_PROGRESS": "in_progress",
    "COMPLETE": "done",
}
# Columns of the database (WorkOrderBase): what is longer fails there.
MOST_TITLE, MOST_DESCRIPTION = 255, 10_000
Row = TypeVar("Row")


class Named(BaseModel):
    """Something of which only the id and name matter."""

    id: int
    name: str | None = None


class WorkOrder(BaseModel):
    """WorkOrderShowDTO."""

    id: int
    number: str | None = Field(default=None, alias="customId")
    title: str
    description: str | None = None
    status: str
    priority: str | None = None
    archived: bool = False
    created: AwareDatetime = Field(alias="createdAt")
    changed: AwareDatetime | None = Field(default=None, alias="updatedAt")
    completed: AwareDatetime | None = Field(default=None, alias="completedOn")
    asset: Named | None = None
    files: list[Named] = []


class Request(BaseModel):
    """RequestShowDTO; an approved one has become a work order."""

    id: int
    title: str
    description: str | None = None
    priority: str | None = None
    cancelled: bool = False
    order: Named | None = Field(default=None, alias="workOrder")
    created: AwareDatetime = Field(alias="createdAt")
    changed: AwareDatetime | None = Field(default=None, alias="updatedAt")
    asset: Named | None = None


class Asset(BaseModel):
    """AssetShowDTO."""

    id: int
    name: str
    parent: Named | None = Field(default=None, alias="parentAsset")
    archived: bool = False
    description: str | None = None
    serial: str | None = Field(default=None, alias="serialNumber")
    barcode: str | None = Field(default=None, alias="barCode")
    area: str | None = None
    model: str | None = None
    status: str | None = None


class Comment(BaseModel):
    """CommentShowDTO; what the system writes stands among them."""

    content: str | None = None


class Found(BaseModel, Generic[Row]):
    """A page of a search (Spring's Page)."""

    content: list[Row]
    total: int | None = Field(default=None, alias="totalElements")


class AtlasOptions(RankOptions):
    """``[cmms.options]`` for Atlas.

    Attributes:
        key_field: the text field of a work order in which the idempotency key is looked for; the key is written into
            the description, and also here where this is another field.
        records: what is imported: orders, or requests.
        folder: where attached files are stored.
        page: the beginning of a link for people, to which the work order's id is added.
    """

    key_field: Literal["description", "title", "feedback"] = "description"
    records: Literal["orders", "requests"] = "orders"
    folder: str = Field(default="twinwright", pattern="^[A-Za-z0-9 _-]+$")
    page: str | None = None


@dataclass(frozen=True)
class Usage:
    """How this company's Atlas is used."""

    options: AtlasOptions
    words: Words

    def order(self, given: WorkOrder) -> CmmsOrder:
        """Ours of Atlas's; an archived order that isn't complete was given up."""
        text = given.description or ""
        state = self.words.state(given.status, PRODUCT)
        if given.archived and state != "done":
            state = "cancelled"
        over = state in ("done", "cancelled")
        return CmmsOrder(
            id=str(given.id),
            key=key_of(text),
            asset=str(given.asset.id) if given.asset else None,
            title=given.title,
            text=text,
            failure_mode=failure_mode_in(text),
            state=state,
            status=f"{given.status}, archived" if given.archived else given.status,
            priority=self.words.priority(given.priority),
            created=given.created,
            changed=given.changed or given.created,
            closed=(given.completed or given.changed) if over else None,
            url=f"{self.options.page}{given.id}" if self.options.page else None,
        )

    def request(self, given: Request) -> CmmsOrder:
        """Ours of Atlas's request."""
        state: OrderState = "cancelled" if given.cancelled else "in_progress" if given.order else "open"
        return CmmsOrder(
            id=str(given.id),
            asset=str(given.asset.id) if given.asset else None,
            title=given.title,
            text=given.description or "",
            state=state,
            status={"cancelled": "cancelled", "in_progress": "approved"}.get(state, "pending"),
            priority=self.words.priority(given.priority),
            created=given.created,
            changed=given.changed or given.created,
            closed=given.changed if given.cancelled else None,
        )

    def document(self, order: NewOrder) -> dict[str, Any]:
        """Atlas's of ours (WorkOrderPostDTO)."""
        title = cut(order.title, MOST_TITLE)
        given: dict[str, Any] = {
            "title": title,
            "description": text_with_key(order, title, MOST_DESCRIPTION),
            "asset": {"id": int(order.asset)},
            "priority": self.words.priorities[order.priority],
            # The service asks this list whether it is empty, and fails where there is none.
            "customFields": [],
        }
        if order.start:
            given["estimatedStartDate"] = stamp(order.start)
        if order.due:
            given["dueDate"] = stamp(order.due)
        if order.duration_h is not None:
            given["estimatedDuration"] = order.duration_h
        if self.options.key_field == "title":
            mark = f" [{order.key}]"
            given["title"] = f"{cut(order.title, MOST_TITLE - len(mark))}{mark}"
        elif self.options.key_field == "feedback":
            given["feedback"] = order.key
        return given


def asset(given: Asset) -> CmmsAsset:
    """Ours of Atlas's."""
    more = {"area": given.area, "model": given.model, "status": given.status, "description": given.description}
    return CmmsAsset(
        id=str(given.id),
        name=given.name,
        parent=str(given.parent.id) if given.parent else None,
        tags=tuple(tag for tag in (given.serial, given.barcode) if tag),
        attributes={name: value for name, value in more.items() if value},
    )


def criteria(page: int, size: int, *fields: dict[str, Any]) -> dict[str, Any]:
    """SearchCriteria: by id, which no change can upset."""
    return {"filterFields": list(fields), "pageNum": page, "pageSize": size, "sortField": "id", "direction": "ASC"}


def stamp(time: datetime) -> str:
    """A time as Atlas reads it: UTC with milliseconds and Z."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
