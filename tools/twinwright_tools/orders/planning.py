"""The plant's own planning data: the calendar of stops and closed days, the stock of parts, and what an asset gets."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import ConfigError, PlantError, TimeFormatError
from ..plant.planning_config import read_weekly
from ..times import parse_time
from .order import DueWindow, Part, Priority, Stock
from .window import WorkTimes, due_window

if TYPE_CHECKING:
    from ..plant import Plant

_URGENT: Priority = "P1"
Row = TypeVar("Row", bound="_Row")


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _nothing(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value


class CalendarRow(_Row):
    """One line of the calendar: ``start,end,kind,twin,text``; no twin means the whole site."""

    start: datetime
    end: datetime
    kind: Literal["stop", "closed"]
    twin: str | None = None
    text: str | None = None

    @field_validator("start", "end", mode="before")
    @classmethod
    def _time(cls, value: object) -> datetime:
        try:
            return parse_time(str(value or ""))
        except TimeFormatError as error:
            raise ValueError(error.message) from error

    @model_validator(mode="after")
    def _ordered(self) -> CalendarRow:
        if self.start >= self.end:
            raise ValueError("the end lies at or before the start")
        return self


class StockRow(_Row):
    """One line of the stock: ``part,number,on_hand,store,lead_time_d,twin``; no twin means it fits wherever named."""

    part: str
    number: str | None = None
    on_hand: int = Field(ge=0)
    store: str | None = None
    lead_time_d: float | None = Field(default=None, ge=0)
    twin: str | None = None


@dataclass(frozen=True)
class Planning:
    """What the plant's files say; `problems` are those that can't be used, in words, and the rest is used."""

    calendar: Sequence[CalendarRow]
    stock: Sequence[StockRow]
    problems: Sequence[str]


def read_planning(plant: Plant) -> Planning:
    """The calendar and the stock that `[planning]` names; what is broken in them is told and left out."""
    config, problems = plant.config.planning, []
    calendar: list[CalendarRow] = []
    stock: list[StockRow] = []
    try:
        calendar = _rows(plant.folder, config.calendar, "planning.calendar", CalendarRow)
    except PlantError as error:
        problems.append(f"the production calendar was left out: {error.message}")
    try:
        stock = _rows(plant.folder, config.stock, "planning.stock", StockRow)
    except PlantError as error:
        problems.append(f"the stock was left out: {error.message}")
    return Planning(calendar, stock, problems)


def stocked(parts: Sequence[Part], asset: str, planning: Planning) -> list[Part]:
    """The parts with their stock where the plant knows it: a line of the asset's own wins over one of the site."""
    return [part.model_copy(update={"stock": _stock(part.name, asset, planning.stock)}) for part in parts]


def planned_window(
    plant: Plant, asset: str, priority: Priority, duration_h: float, skills: Sequence[str], planning: Planning
) -> tuple[DueWindow | None, list[str]]:
    """The due window of an order, and notes on what is missing to tell it."""
    config = plant.config.planning
    places = set(plant.graph.location(asset))
    here = [row for row in planning.calendar if row.twin is None or row.twin in places]
    times = WorkTimes(
        zone=plant.config.zone,
        shifts={skill: [read_weekly(text) for text in texts] for skill, texts in config.shifts.items()},
        weekly_stops=[read_weekly(text) for text in config.stops],
        stops=[(row.start, row.end) for row in here if row.kind == "stop"],
        closed=[(row.start, row.end) for row in here if row.kind == "closed"],
    )
    window = due_window(
        times,
        at=plant.at,
        limit_h=config.hours(priority),
        duration_h=duration_h,
        skills=skills,
        urgent=priority == _URGENT,
    )
    notes = []
    unknown = [] if "default" in config.shifts else [skill for skill in skills if skill not in config.shifts]
    if config.shifts and unknown:
        notes.append(f"no shifts are known for {', '.join(unknown)}: counted as always there")
    if window is None:
        who = " and ".join(skills) or "nobody"
        notes.append(f"no due window: {who} isn't there for {duration_h:g} h within a year")
    return window, notes


def _stock(name: str, asset: str, rows: Sequence[StockRow]) -> Stock | None:
    found = [row for row in rows if row.part.casefold() == name.casefold() and row.twin in (None, asset)]
    if not found:
        return None
    row = max(found, key=lambda one: one.twin is not None)
    return Stock(number=row.number, on_hand=row.on_hand, store=row.store, lead_time_d=row.lead_time_d)


def _rows(folder: Path, name: str | None, place: str, kind: type[Row]) -> list[Row]:
    if name is None:
        return []
    path = Path(name)  # what people are shown
    try:
        with (folder / path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            return [_row(path, reader.line_num, record, kind) for record in reader]
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", file=path, place=place) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"is no CSV in UTF-8: {error}", file=path, place=place) from error


def _row(path: Path, line: int, record: dict[str, str | None], kind: type[Row]) -> Row:
    try:
        return kind.model_validate({name: value for name, value in record.items() if name})
    except ValidationError as error:
        first = error.errors()[0]
        column = ".".join(str(step) for step in first["loc"])
        text = first["msg"].removeprefix("Value error, ")
        raise ConfigError(text, file=path, place=f"line {line}, {column}") from error
