"""What planners change in a draft: the fields that they may edit, how a change is checked, and what was changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import OrderError, TimeFormatError, UnknownNameError, nearest
from ..times import iso, parse_time
from .order import DueWindow, IsolationPoint, Part, Priority, WorkOrder


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("may not be empty")
    return value.strip()


Text = Annotated[str, AfterValidator(_text)]


class EditablePart(BaseModel):
    """A part as planners write it."""

    model_config = ConfigDict(extra="forbid")

    name: Text
    quantity: int = Field(default=1, ge=1)


class Editable(BaseModel):
    """The fields of a draft that a person may change; times are ISO 8601 with a zone."""

    model_config = ConfigDict(extra="forbid")

    title: Text
    problem: Text
    failure_mode: str | None
    priority: Priority
    start: datetime | None
    due: datetime | None
    duration_h: float = Field(gt=0, le=10_000)
    skills: list[Text]
    tasks: list[Text]
    isolation: list[IsolationPoint]
    parts: list[EditablePart]
    notes: list[Text]

    @field_validator("start", "due", mode="before")
    @classmethod
    def _zoned(cls, value: object) -> object:
        if isinstance(value, datetime) and value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no zone; write for example +01:00 after it")
        try:
            return parse_time(value) if isinstance(value, str) else value
        except TimeFormatError as error:
            raise ValueError(error.message) from error

    @model_validator(mode="after")
    def _a_window(self) -> Self:
        if (self.start is None) != (self.due is None):
            raise ValueError("start and due are given together, or neither")
        if self.start is not None and self.due is not None and self.start >= self.due:
            raise ValueError("due lies at or before start")
        return self

    @classmethod
    def of(cls, order: WorkOrder) -> Editable:
        """The editable part of an order."""
        return cls(
            title=order.title,
            problem=order.problem,
            failure_mode=order.failure_mode,
            priority=order.priority,
            start=order.window.start if order.window else None,
            due=order.window.due if order.window else None,
            duration_h=order.duration_h,
            skills=order.skills,
            tasks=order.tasks,
            isolation=order.isolation,
            parts=[EditablePart(name=part.name, quantity=part.quantity) for part in order.parts],
            notes=order.notes,
        )

    def document(self) -> dict[str, Any]:
        """Plain JSON, times in UTC."""
        found = self.model_dump(mode="json")
        return found | {"start": iso(self.start) if self.start else None, "due": iso(self.due) if self.due else None}


FIELDS = tuple(Editable.model_fields)
Planner = Callable[[Priority, float, Sequence[str]], DueWindow | None]
# What a due window is planned by.
_PLANNED_BY = {"priority", "duration_h", "skills"}
_SET_BY = "set by "


def as_yaml(order: WorkOrder) -> str:
    """The editable part of an order as YAML for an editor."""
    head = f"# {order.id} on {order.asset}. Save to keep your changes; leave as it is to change nothing.\n"
    body = yaml.safe_dump(Editable.of(order).document(), sort_keys=False, allow_unicode=True, width=110)
    return head + body


def from_yaml(text: str) -> dict[str, Any]:
    """What somebody wrote in the editor.

    Raises:
        OrderError: it is no YAML, or no mapping of fields.
    """
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise OrderError(f"this is no YAML: {' '.join(str(error).split())}", code="order.edit") from error
    if not isinstance(found, dict):
        raise OrderError("this is no list of fields such as 'title: …'", code="order.edit")
    return {str(name): value for name, value in found.items()}


def from_words(words: Iterable[str]) -> dict[str, Any]:
    """The changes of ``field=value`` words; a value is YAML, so that lists and numbers can be given.

    Raises:
        OrderError: a word has no ``=``, or its value is no YAML.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise OrderError(f"{word!r} is no field=value such as priority=P2", code="order.edit")
        plain = name.strip() in ("title", "problem")  # "Seal: leaks" is text there, and no mapping
        try:
            found[name.strip()] = value if plain else yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise OrderError(f"{name}: {' '.join(str(error).split())}", code="order.edit") from error
    return found


def edited(
    order: WorkOrder, changes: Mapping[str, Any], *, by: str, modes: Collection[str], plan: Planner | None = None
) -> tuple[WorkOrder, dict[str, Any]]:
    """The order with changes, and what they changed, by field, as ``{"before", "after"}``.

    Args:
        modes: ids of the failure modes that there are.
        plan: gives the due window anew where priority, hours or skills were changed and nobody set it by hand.

    Raises:
        OrderError: a field isn't there, can't be edited, or can't have that value; the nearest is suggested.
        UnknownNameError: there is no such failure mode.
    """
    for name in changes:
        if name not in FIELDS:
            near = nearest(name, FIELDS)
            hint = f"; did you mean {near[0]}?" if near else ""
            text = f"{name!r} can't be edited{hint} (fields: {', '.join(FIELDS)})"
            raise OrderError(text, code="order.edit_field", suggestions=near)
    before = Editable.of(order)
    try:
        after = Editable.model_validate(before.model_dump() | dict(changes))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "start, due"
        text = first["msg"].removeprefix("Value error, ")
        raise OrderError(f"{place}: {text}", code="order.edit_value") from error
    if after.failure_mode is not None and after.failure_mode != before.failure_mode and after.failure_mode not in modes:
        raise UnknownNameError.of("failure mode", after.failure_mode, modes)
    what = _differences(before, after)
    if not what:
        return order, {}
    done = _applied(order, after, what, by)
    by_hand = {"start", "due"} & what.keys() or _set_by_hand(order.window)
    if plan is not None and _PLANNED_BY & what.keys() and not by_hand:
        done = done.model_copy(update={"window": plan(after.priority, after.duration_h, after.skills)})
    return done, _differences(before, Editable.of(done))


def changes_of(original: WorkOrder, now: WorkOrder) -> dict[str, Any]:
    """What differs between a draft and the order as it now is, by field, as ``{"before", "after"}``."""
    return _differences(Editable.of(original), Editable.of(now))


@dataclass
class Habits:
    """What planners change, over all orders that were submitted.

    Attributes:
        orders: how many were submitted; untouched: how many of them as they were drafted.
        fields: how many orders each field was changed in, most first.
        priorities: how often each priority became another, as "P1 → P2".
        duration_ratio: median of hours submitted over hours drafted, where they were changed; None where never.
        modes: how often each failure mode became another.
    """

    orders: int = 0
    untouched: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    priorities: dict[str, int] = field(default_factory=dict)
    duration_ratio: float | None = None
    modes: dict[str, int] = field(default_factory=dict)


def habits(pairs: Iterable[tuple[WorkOrder, WorkOrder]]) -> Habits:
    """What planners change, over pairs of the draft and the order as it was submitted."""
    from statistics import median

    found, ratios = Habits(), []
    fields: Counter[str] = Counter()
    priorities: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    for original, now in pairs:
        what = changes_of(original, now)
        if not _set_by_hand(now.window):  # it followed the priority, and nobody changed it
            what = {name: change for name, change in what.items() if name not in ("start", "due")}
        found.orders += 1
        found.untouched += not what
        fields.update(what.keys())
        if "priority" in what:
            priorities[f"{original.priority} → {now.priority}"] += 1
        if "failure_mode" in what:
            modes[f"{original.failure_mode or 'none'} → {now.failure_mode or 'none'}"] += 1
        if "duration_h" in what:
            ratios.append(now.duration_h / original.duration_h)
    found.fields, found.priorities, found.modes = (
        dict(counted.most_common()) for counted in (fields, priorities, modes)
    )
    found.duration_ratio = median(ratios) if ratios else None
    return found


def _set_by_hand(window: DueWindow | None) -> bool:
    return window is not None and window.reason.startswith(_SET_BY)


def _differences(before: Editable, after: Editable) -> dict[str, Any]:
    one, other = before.document(), after.document()
    return {name: {"before": one[name], "after": other[name]} for name in FIELDS if one[name] != other[name]}


def _applied(order: WorkOrder, after: Editable, what: Mapping[str, Any], by: str) -> WorkOrder:
    stock = {part.name: part.stock for part in order.parts}
    update: dict[str, Any] = {name: getattr(after, name) for name in FIELDS if name not in ("start", "due", "parts")}
    update["parts"] = [Part(name=part.name, quantity=part.quantity, stock=stock.get(part.name)) for part in after.parts]
    if "priority" in what:
        update["priority_reason"] = f"{after.priority}: set by {by}; drafted as {order.priority_reason}"
    if {"start", "due"} & what.keys():
        update["window"] = (
            DueWindow(start=after.start, due=after.due, reason=f"{_SET_BY}{by}") if after.start and after.due else None
        )
    return order.model_copy(update=update)
