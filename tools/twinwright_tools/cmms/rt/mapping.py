"""Between Request Tracker's words and ours: its answers, its statuses and priorities, its query language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, field_validator

from ..protocol import CmmsAsset, CmmsOrder, NewOrder, OrderState
from ..shared import Priority, WordOptions, Words, text_with_key

PRODUCT = "Request Tracker"
# Bytes that Request Tracker keeps of a subject; it cuts the rest off.
_MOST_SUBJECT = 200
# The statuses of the lifecycle that Request Tracker comes with.
STATES: dict[str, OrderState] = {
    "new": "open",
    "open": "in_progress",
    "stalled": "in_progress",
    "resolved": "done",
    "rejected": "cancelled",
    "deleted": "cancelled",
}
PRIORITIES: dict[Priority, str] = {"P1": "100", "P2": "75", "P3": "50", "P4": "0"}


class RtOptions(WordOptions):
    """``[cmms.options]`` for Request Tracker.

    Attributes:
        queue, catalog: where work orders are made, and where the plant's assets stand.
        key_field, mode_field: custom fields of the queue for the idempotency key and the failure mode.
        twin_field: custom field of the catalog that may hold a twin's id.
        withdrawn: the status that a second order of the same key gets.
        at_once: how many requests an import may have under way at the same time.
    """

    queue: str
    catalog: str
    key_field: str = "Twinwright key"
    mode_field: str = "Failure mode"
    twin_field: str = "Twin"
    withdrawn: str = "rejected"
    at_once: int = Field(default=4, ge=1, le=16)


@dataclass(frozen=True)
class Usage:
    """How a site uses Request Tracker; `address` is where people open it."""

    options: RtOptions
    words: Words
    address: str


class CustomField(BaseModel):
    """A custom field of a ticket or an asset, with its values; those of files are left out."""

    name: str
    values: list[Any] = Field(default_factory=list)

    @property
    def text(self) -> str | None:
        """Its first value, or None."""
        return next((one for one in self.values if isinstance(one, str) and one), None)


class Link(BaseModel):
    """A hyperlink to another record; `ref` is the relation."""

    ref: str
    type: str | None = None
    id: str | int | None = None


def _list(value: Any) -> Any:
    """Request Tracker writes an empty list as an empty text."""
    return value or []


class Identified(BaseModel):
    """A record of which nothing but its id matters, or the beginning of one of which more does."""

    id: int


class Record(Identified):
    """What tickets and assets share."""

    fields: Annotated[list[CustomField], BeforeValidator(_list)] = Field(default_factory=list, alias="CustomFields")
    links: list[Link] = Field(default_factory=list, alias="_hyperlinks")

    def field(self, name: str) -> str | None:
        """The value of a custom field."""
        return next((one.text for one in self.fields if one.name == name), None)

    def linked(self, ref: str) -> str | None:
        """The id of the oldest asset that it is linked to in that way."""
        found = [int(one.id) for one in self.links if one.ref == ref and one.type == "asset" and one.id is not None]
        return str(min(found)) if found else None


class Ticket(Record):
    """A ticket; times are None where Request Tracker has its "never", which is 1970."""

    subject: str = Field(alias="Subject")
    status: str = Field(alias="Status")
    priority: str = Field(alias="Priority")
    created: datetime | None = Field(alias="Created")
    changed: datetime | None = Field(alias="LastUpdated")
    resolved: datetime | None = Field(alias="Resolved")
    worked_min: float = Field(alias="TimeWorked")

    @field_validator("created", "changed", "resolved", mode="after")
    @classmethod
    def _never(cls, value: datetime | None) -> datetime | None:
        return None if value is None or value.year <= 1970 else value


TICKET_FIELDS = "Subject,Status,Priority,Created,LastUpdated,Resolved,TimeWorked"


class Asset(Record):
    """An asset."""

    name: str = Field(alias="Name")
    description: str = Field(default="", alias="Description")
    status: str = Field(alias="Status")

    @property
    def tickets(self) -> list[int]:
        """The ids of the tickets that refer to it."""
        ours = (one.id for one in self.links if one.ref == "referred-to-by" and one.type == "ticket")
        return [int(id_) for id_ in ours if id_ is not None]


ASSET_FIELDS = "Name,Description,Status,CustomFields,_hyperlinks"


def to_asset(asset: Asset, usage: Usage) -> CmmsAsset:
    """An asset as the Protocol has it; its tags are its twin field and its description."""
    tags = [tag for tag in (asset.field(usage.options.twin_field), asset.description) if tag]
    attributes = {one.name: one.text for one in asset.fields if one.text} | {"status": asset.status}
    return CmmsAsset(
        id=str(asset.id), name=asset.name, parent=asset.linked("parent"), tags=tuple(tags), attributes=attributes
    )


def to_order(ticket: Ticket, text: str, version: str | None, usage: Usage) -> CmmsOrder:
    """A ticket as the Protocol has it.

    Raises:
        CmmsAnswerError: its status means nothing to us.
    """
    state = usage.words.state(ticket.status, PRODUCT)
    ended = state in ("done", "cancelled")
    return CmmsOrder(
        id=str(ticket.id),
        key=ticket.field(usage.options.key_field),
        asset=ticket.linked("refers-to"),
        title=ticket.subject,
        text=text,
        failure_mode=ticket.field(usage.options.mode_field),
        state=state,
        status=ticket.status,
        priority=usage.words.priority(ticket.priority),
        created=ticket.created,
        changed=ticket.changed,
        closed=ticket.resolved if ended else None,
        duration_h=ticket.worked_min / 60 if ticket.worked_min else None,
        version=version,
        url=f"{usage.address}/Ticket/Display.html?id={ticket.id}",
    )


def from_order(order: NewOrder, usage: Usage) -> dict[str, Any]:
    """The body that makes a ticket."""
    body: dict[str, Any] = {
        "Queue": usage.options.queue,
        "Subject": subject(order.title),
        "Content": text_with_key(order, subject(order.title)),
        "ContentType": "text/plain",
        "Priority": usage.words.priorities[order.priority],
        "RefersTo": [f"asset:{order.asset}"],
        "CustomFields": {usage.options.key_field: order.key},
    }
    if order.failure_mode:
        body["CustomFields"][usage.options.mode_field] = order.failure_mode
    if order.duration_h:
        body["TimeEstimated"] = round(order.duration_h * 60)
    return body | {name: _utc(time) for name, time in (("Starts", order.start), ("Due", order.due)) if time}


def file_name(name: str) -> str:
    """A name that Request Tracker keeps: it garbles letters beyond ASCII and cuts a path off."""
    return name.encode("ascii", "backslashreplace").decode().translate(dict.fromkeys(map(ord, '/\\"'), "_"))


def subject(text: str) -> str:
    """A text as a subject: one line, at most 200 bytes of UTF-8."""
    line = " ".join(text.split())
    if len(line.encode()) <= _MOST_SUBJECT:
        return line
    return line.encode()[: _MOST_SUBJECT - len("…".encode())].decode(errors="ignore") + "…"


def quoted(text: str) -> str:
    """A value in TicketSQL and AssetSQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def either(field: str, values: Iterable[str]) -> str:
    """A condition that the field is one of the values."""
    return f"({' OR '.join(f'{field} = {quoted(value)}' for value in values)})"


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "p", "div", "li", "tr"):
            self.parts.append("\n")


def plain_text(content: str, media_type: str) -> str:
    """The text of a message: comments that are written in the browser are HTML."""
    if media_type != "text/html":
        return content
    parser = _Text()
    parser.feed(content)
    parser.close()
    return "".join(parser.parts).strip()
