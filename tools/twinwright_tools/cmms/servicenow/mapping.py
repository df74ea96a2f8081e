"""ServiceNow's tasks and configuration items as ours, and ours as ServiceNow's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from ..protocol import CmmsAsset, CmmsOrder, NewOrder, OrderState
from ..shared import Priority, WordOptions, Words, cut, failure_mode_in, key_of, text_with_key

PRODUCT = "ServiceNow"
# The numbers behind the states; an instance may have others.
TASK_STATES: dict[str, OrderState] = {
    "-5": "open",
    "1": "open",
    "2": "in_progress",
    "3": "done",
    "4": "done",
    "7": "cancelled",
}
STATES: dict[str, dict[str, OrderState]] = {
    "wm_order": {**TASK_STATES, "10": "open", "15": "open", "16": "open", "17": "open", "18": "in_progress"},
    "incident": {
        "1": "open",
        "2": "in_progress",
        "3": "in_progress",
        "6": "done",
        "7": "done",
        "8": "cancelled",
    },
}
PRIORITIES: dict[Priority, str] = {"P1": "1", "P2": "2", "P3": "3", "P4": "4"}
# Lengths of the base system's columns.
_MOST_TITLE, _MOST_TEXT = 160, 4000
Row = TypeVar("Row")


class SnOptions(WordOptions):
    """``[cmms.options]`` for ServiceNow.

    Attributes:
        table: the table of orders, an extension of `task`.
        assets: the table of assets, `cmdb_ci` or an extension of it.
        part_of: the type of the CI relationship from a whole to its part.
        key_field: a column of text for the idempotency key.
        mode_field: a column of text for the failure mode; without one it stands in the text only.
    """

    table: str = "wm_order"
    assets: str = "cmdb_ci"
    part_of: str = "Contains::Contained by"
    key_field: str = "correlation_id"
    mode_field: str = ""


class Result(BaseModel, Generic[Row]):
    """What every answer is wrapped in."""

    result: Row


def _time(value: Any) -> Any:
    """A time as the database has it, in UTC; empty where there is none."""
    if isinstance(value, str):
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if value else None
    return value


Time = Annotated[datetime | None, BeforeValidator(_time)]
TASK_FIELDS = (
    "sys_id,number,short_description,description,state,priority,cmdb_ci,correlation_id,"
    "sys_created_on,sys_updated_on,closed_at,work_start,work_end,sys_mod_count"
)


class Task(BaseModel):
    """A task; further columns, such as those that a site named, stay in `model_extra`."""

    model_config = ConfigDict(extra="allow")

    sys_id: str
    number: str
    short_description: str
    description: str
    state: str
    priority: str
    cmdb_ci: str
    sys_created_on: Time
    sys_updated_on: Time
    closed_at: Time = None
    work_start: Time = None
    work_end: Time = None
    sys_mod_count: str

    def column(self, name: str) -> str | None:
        """A column that the site named, or None where it is empty or missing."""
        value = (self.model_extra or {}).get(name)
        return value if isinstance(value, str) and value else None


class Item(BaseModel):
    """A configuration item."""

    sys_id: str
    name: str
    asset_tag: str = ""
    serial_number: str = ""
    sys_class_name: str = ""
    install_status: str = ""


ITEM_FIELDS = "sys_id,name,asset_tag,serial_number,sys_class_name,install_status"
RETIRED = "7"


class Relation(BaseModel):
    """A CI relationship: `child` is a part of `parent`."""

    parent: str
    child: str


class Journal(BaseModel):
    """An entry of a journal field."""

    value: str


class File(BaseModel):
    """An attachment's record."""

    file_name: str


@dataclass(frozen=True)
class Usage:
    """How a site uses ServiceNow; `address` is where people open it."""

    options: SnOptions
    words: Words
    address: str

    def order(self, task: Task) -> CmmsOrder:
        """A task as the Protocol has it; hours are from the start to the end of work."""
        state = self.words.state(task.state, PRODUCT)
        worked = (task.work_end - task.work_start).total_seconds() if task.work_start and task.work_end else 0.0
        mode = task.column(self.options.mode_field) if self.options.mode_field else None
        return CmmsOrder(
            id=task.sys_id,
            key=key_of(task.description, task.column(self.options.key_field)),
            asset=task.cmdb_ci or None,
            title=task.short_description,
            text=task.description,
            failure_mode=mode or failure_mode_in(task.description),
            state=state,
            status=task.state,
            priority=self.words.priority(task.priority),
            created=task.sys_created_on,
            changed=task.sys_updated_on,
            closed=(task.closed_at or task.work_end) if state in ("done", "cancelled") else None,
            duration_h=worked / 3600 if worked > 0 else None,
            version=task.sys_mod_count,
            url=f"{self.address}/nav_to.do?uri={self.options.table}.do?sys_id={task.sys_id}",
        )

    def document(self, order: NewOrder) -> dict[str, Any]:
        """The body that makes a task; urgency and impact, from which a site's rules may work out another priority,
        aren't sent.
        """
        title = cut(order.title, _MOST_TITLE)
        body = {
            "short_description": title,
            "description": text_with_key(order, title, _MOST_TEXT),
            "cmdb_ci": order.asset,
            "priority": self.words.priorities[order.priority],
            self.options.key_field: order.key,
        }
        if self.options.mode_field and order.failure_mode:
            body[self.options.mode_field] = order.failure_mode
        times = (("expected_start", order.start), ("due_date", order.due))
        return body | {name: stamp(time) for name, time in times if time}


def item(one: Item, parents: dict[str, str]) -> CmmsAsset:
    """A configuration item as the Protocol has it."""
    return CmmsAsset(
        id=one.sys_id,
        name=one.name,
        parent=parents.get(one.sys_id),
        tags=tuple(tag for tag in (one.asset_tag, one.serial_number) if tag),
        attributes={"class": one.sys_class_name, "install_status": one.install_status},
    )


def stamp(time: datetime) -> str:
    """A time as the database has it."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def where(*conditions: str, order: Iterable[str] = ("sys_created_on", "sys_id")) -> str:
    """An encoded query: conditions that must all hold, and the order, which no change upsets."""
    return "^".join((*conditions, *(f"ORDERBY{name}" for name in order)))


def literal(value: str) -> str:
    """A value in an encoded query, where a caret ends a condition and two stand for one."""
    return value.replace("^", "^^")
