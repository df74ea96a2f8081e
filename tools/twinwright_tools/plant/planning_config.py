"""`[planning]` in `twinwright.toml`: crews, planned stops, stock and the risk matrix that orders are planned with."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(r"([A-Za-z]{3})(?:-([A-Za-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)")
_LEVELS = 5
Priority = Literal["P1", "P2", "P3", "P4"]

# The usual 5 × 5 risk matrix (the form of IEC 31010, annex B.10.3; IEC 60812 names its axes severity and likelihood).
# Rows: consequence from negligible (1) to severe (5); columns: likelihood from rare (1) to almost certain (5).
MATRIX: tuple[tuple[Priority, ...], ...] = (
    ("P4", "P4", "P4", "P4", "P4"),
    ("P4", "P4", "P4", "P3", "P3"),
    ("P4", "P4", "P3", "P2", "P2"),
    ("P3", "P3", "P2", "P1", "P1"),
    ("P3", "P2", "P1", "P1", "P1"),
)


class Weekly(BaseModel):
    """A span of the day on some days of the week, in the site's zone.

    Attributes:
        days: numbers of the days, Monday is 0.
        begin, end: minutes after midnight; an end at or before the begin lies on the next day.
    """

    model_config = ConfigDict(frozen=True)

    days: tuple[int, ...]
    begin: int
    end: int


def read_weekly(text: str) -> Weekly:
    """``Mon-Fri 06:00-14:00`` or ``Sun 22:00-06:00``.

    Raises:
        ValueError: it is written otherwise.
    """
    found = _WEEKLY.fullmatch(text.strip())
    names = [name.lower() for name in found.groups()[:2] if name] if found else []
    if found is None or not all(name in _DAYS for name in names):
        raise ValueError(f"{text!r} is no weekly time such as 'Mon-Fri 06:00-14:00'")
    first, last = _DAYS.index(names[0]), _DAYS.index(names[-1])
    hours = [int(part) for part in found.groups()[2:]]
    begin, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if max(begin, end) > 24 * 60 or hours[1] > 59 or hours[3] > 59 or begin == 24 * 60:
        raise ValueError(f"{text!r}: times lie between 00:00 and 24:00")
    span = (last - first) % 7 + 1
    return Weekly(days=tuple((first + step) % 7 for step in range(span)), begin=begin, end=end)


def _all_weekly(texts: list[str]) -> list[str]:
    for text in texts:
        read_weekly(text)
    return texts


def _a_matrix(rows: tuple[tuple[Priority, ...], ...]) -> tuple[tuple[Priority, ...], ...]:
    if len(rows) != _LEVELS or any(len(row) != _LEVELS for row in rows):
        raise ValueError("the matrix has 5 rows (consequence 1 to 5) of 5 columns (likelihood 1 to 5)")
    steps = [(a, b) for row in rows for a, b in pairwise(row)]
    steps += [(a, b) for upper, lower in pairwise(rows) for a, b in zip(upper, lower, strict=True)]
    if any(a < b for a, b in steps):
        raise ValueError("the matrix is never less urgent (P1 is most) for a higher consequence or likelihood")
    return rows


def _rising(bounds: tuple[float, ...]) -> tuple[float, ...]:
    if len(bounds) != _LEVELS - 1 or any(a >= b for a, b in pairwise(bounds)) or not 0 < bounds[0] < bounds[-1] < 1:
        raise ValueError("give 4 rising probabilities between 0 and 1, where likelihood 2, 3, 4 and 5 begin")
    return bounds


def _five(levels: dict[str, int]) -> dict[str, int]:
    for name, level in levels.items():
        if not 1 <= level <= _LEVELS:
            raise ValueError(f"{name}: a consequence lies between 1 (negligible) and 5 (severe); this is {level}")
    return levels


def _positive(hours: dict[Priority, float]) -> dict[Priority, float]:
    for name, value in hours.items():
        if not 0 < value <= 10_000:
            raise ValueError(f"{name}: a limit lies above 0 and not above 10,000 hours; this is {value:g}")
    return hours


def _inside(path: str | None) -> str | None:
    if path is not None and (path.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", path)):
        raise ValueError(f"{path!r} leads out of the plant folder; put the file into it")
    return path


_HOURS: dict[Priority, float] = {"P1": 24.0, "P2": 7 * 24.0, "P3": 30 * 24.0, "P4": 90 * 24.0}


class PlanningConfig(BaseModel):
    """How this plant plans its work; docs/orders.md says what each key does.

    Attributes:
        shifts: when each skill is there, as weekly times in the site's zone; ``default`` is for skills not named.
        stops: weekly times at which production stands, so that work can be done on it.
        calendar: a CSV of dated stops and closed days, relative to the plant folder, or None.
        stock: a CSV of spare parts, relative to the plant folder, or None.
        due_h: hours after the moment of asking within which an order of each priority is due.
        matrix: rows are the consequence 1 to 5, columns the likelihood 1 to 5.
        likelihood: the probabilities at which likelihood 2, 3, 4 and 5 begin.
        criticality: the property of a twin that holds its criticality.
        levels: what its values mean, as a consequence 1 to 5.
        consequence: the consequence by twin id or model, in place of all that.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    shifts: dict[str, Annotated[list[str], AfterValidator(_all_weekly)]] = Field(default_factory=dict)
    stops: Annotated[list[str], AfterValidator(_all_weekly)] = Field(default_factory=list)
    calendar: Annotated[str | None, AfterValidator(_inside)] = None
    stock: Annotated[str | None, AfterValidator(_inside)] = None
    due_h: Annotated[dict[Priority, float], AfterValidator(_positive)] = Field(default_factory=dict)
    matrix: Annotated[tuple[tuple[Priority, ...], ...], AfterValidator(_a_matrix)] = MATRIX
    likelihood: Annotated[tuple[float, ...], AfterValidator(_rising)] = (0.05, 0.2, 0.5, 0.8)
    criticality: str = "criticality"
    levels: Annotated[dict[str, int], AfterValidator(_five)] = Field(default={"A": 5, "B": 4, "C": 2})
    consequence: Annotated[dict[str, int], AfterValidator(_five)] = Field(default_factory=dict)

    def hours(self, priority: Priority) -> float:
        """Hours within which an order of that priority is due."""
        return self.due_h.get(priority, _HOURS[priority])
