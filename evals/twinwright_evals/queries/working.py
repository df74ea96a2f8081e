"""How expected rows are worked out: from the raw files, row by row in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from ..cases import Expectation, Figure, Moment
from ..raw_plant import RawPlant, Row

# A statistic may be taken of samples or weighted by time: it may differ by so much of itself.
SHARE = 0.005


@dataclass(frozen=True)
class Question:
    """A question and how its answer is worked out."""

    id: str
    category: str
    asker: str
    text: str
    answer: Callable[[RawPlant], Expectation]


def count(number: float, noun: str | None = None) -> Expectation:
    """A count, to the last one; the noun is what is counted."""
    return Expectation(figures=(Figure(value=number, noun=noun),))


def amount(value: float, unit: str | None, tolerance: float | None = None) -> Expectation:
    """A figure with its unit, to within one in two hundred unless told."""
    allowed = abs(value) * SHARE if tolerance is None else tolerance
    return Expectation(figures=(Figure(value=round(value, 4), unit=unit, tolerance=round(allowed, 4)),))


def choice(right: Iterable[str], among: Iterable[str] = (), like: str | None = None) -> Expectation:
    """The ids that are right, out of all that could be meant (listed, or as a pattern)."""
    return Expectation(rows=tuple(sorted(right)), among=tuple(sorted(among)), among_like=like)


def leader(right: str, among: Iterable[str] = (), like: str | None = None) -> Expectation:
    """The id that is named first of all that could be meant; a ranking may follow it."""
    return Expectation(first=right, among=tuple(sorted(among)), among_like=like)


def moment(time: datetime, within_min: float) -> Expectation:
    """A time."""
    return Expectation(moments=(Moment(time=time, within_min=within_min),))


def ids(twins: Iterable[Row]) -> list[str]:
    """The ids of twins."""
    return [str(twin["$dtId"]) for twin in twins]


def most(rows: Iterable[Row], column: str) -> str:
    """The value that a column has most often.

    Raises:
        ValueError: two are as frequent: the question has no one answer.
    """
    ranked = Counter(str(row[column]) for row in rows).most_common(2)
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        raise ValueError(f"{ranked[0][0]} and {ranked[1][0]} are as frequent")
    return ranked[0][0]


def mean_of(plant: RawPlant, twin: str, signal: str, start: datetime, end: datetime) -> float:
    """The mean of the samples from `start` to `end`."""
    return fmean(plant.signal(twin, signal).within(start, end))


def last_of(plant: RawPlant, twin: str, signal: str) -> float:
    """The newest sample."""
    return float(plant.signal(twin, signal).values[-1])


def hours(rows: Iterable[Row]) -> list[float]:
    """The durations of rows that have one, in hours."""
    return [float(row["duration_h"]) for row in rows if row.get("duration_h")]


def since(rows: Iterable[Row], start: datetime) -> list[Row]:
    """Rows from a time on."""
    return [row for row in rows if datetime.fromisoformat(row["time"]) >= start]


def latest(rows: Iterable[Row]) -> datetime:
    """The newest row's time."""
    return max(datetime.fromisoformat(row["time"]) for row in rows)


def days_before(end: datetime, days: float) -> datetime:
    """So many days earlier."""
    return end - timedelta(days=days)


def orders(plant: RawPlant, **columns: str) -> list[Row]:
    """Work orders with those columns."""
    return plant.rows("work_order", **columns)


def made_by(plant: RawPlant, maker: str, *models: str) -> Expectation:
    """The twins of those models that a maker made."""
    twins = plant.of(*models)
    return choice(ids(one for one in twins if one["manufacturer"] == maker), ids(twins))


def plate(plant: RawPlant, twin: str, name: str) -> str:
    """A property of a twin, as text."""
    return next(str(one[name]) for one in plant.twins if one["$dtId"] == twin)


def both(
    plant: RawPlant, twins: tuple[str, str], signal: str, start: datetime, end: datetime, unit: str
) -> Expectation:
    """The mean of a signal of two twins."""
    figures = tuple(amount(mean_of(plant, twin, signal, start, end), unit, None).figures[0] for twin in twins)
    return Expectation(figures=figures, rows=twins)
