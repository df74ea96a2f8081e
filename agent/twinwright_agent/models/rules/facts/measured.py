"""Questions that telemetry answers: values, extremes, comparisons, how long in which state, which asset most."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from twinwright_tools.evidence import Evidence

from ....conclusion import Claim, Conclusion
from ..focus import Focus
from ..periods import period
from ..plan import Step
from ..saying import claim, conclusion, figure
from ..seen import Seen
from .asking import analyse, asked, quoted, rows_of, sql
from .reading import Measure, Reading
from .subject import subject_of

_MOST = 6
_FIGURES = {
    Measure.MEAN: ("mean", "mean"),
    Measure.MEDIAN: ("median", "median"),
    Measure.MAX: ("max", "highest value"),
    Measure.MIN: ("min", "lowest value"),
    Measure.MOST: ("max", "highest value"),
    Measure.LEAST: ("min", "lowest value"),
}
_NOW = timedelta(hours=1)
_MOMENT = timedelta(seconds=1)


def state_step(seen: Seen, focus: Focus, reading: Reading) -> Step | None:
    """How often, how long, or when last a twin was in a state that the question names; None where it names none.

    Raises:
        Missing: something has to be asked first.
    """
    # Of "the pumps in the plant" the plant is the place, and not what is in a state.
    twins = [twin for twin in focus.twins if twin != focus.place]
    if not twins or reading.measure not in {
        Measure.TIMES,
        Measure.COUNT,
        Measure.DURATION,
        Measure.LAST,
        Measure.FIRST,
    }:
        return None
    said = quoted(reading.said)
    word = "lower(text)"
    query = (
        "SELECT twin, signal, text, count(*) AS n FROM samples WHERE text IS NOT NULL "
        f"AND (contains({said}, ' ' || {word} || ' ') OR contains({said}, ' ' || {word} || 's ')) "
        "GROUP BY twin, signal, text ORDER BY n DESC"
    )
    (found,) = asked(seen, "looking for a state of that name", [sql(query, twins[:_MOST])])
    rows = rows_of(found)
    if not rows:
        return None
    key, state = f"{rows[0]['twin']}.{rows[0]['signal']}", str(rows[0]["text"])
    if reading.measure in {Measure.LAST, Measure.FIRST}:
        return _entered(seen, reading, key, state)
    return _in_state(seen, reading, key, state, "")


def _entered(seen: Seen, reading: Reading, key: str, state: str) -> Conclusion | None:
    span = period(reading.question, seen.site.at, seen.site.zone)
    start, end = (seen.site.local(span.start), seen.site.local(span.end)) if span.given else ("", "")
    order = "" if reading.measure is Measure.FIRST else " DESC"
    query = (
        "SELECT time, text, before FROM (SELECT time, text, lag(text) OVER (ORDER BY time) AS before FROM samples "
        f"WHERE text IS NOT NULL) AS steps WHERE text = {quoted(state)} AND (before IS NULL OR before <> text) "
        f"ORDER BY time{order} LIMIT 3"
    )
    (found,) = asked(seen, f"looking when {key} became {state}", [sql(query, [key], start, end)])
    rows = rows_of(found)
    if found is None or not rows:
        return None
    word = "first" if reading.measure is Measure.FIRST else "last"
    when = seen.site.local(str(rows[0]["time"]))
    return conclusion("answer", [claim(f"{key} {word} became {state} at {when}", found.id)])


def _in_state(seen: Seen, reading: Reading, key: str, state: str, limit: str) -> Conclusion | None:
    span = period(reading.question, seen.site.at, seen.site.zone)
    start, end = (seen.site.local(span.start), seen.site.local(span.end)) if span.given else ("", "")
    (found,) = asked(seen, f"measuring how long {key} was {state}", [analyse("states", [key], start, end, limit=limit)])
    if found is None:
        return None
    row = found.data["signals"][0]
    told: dict[str, Any] = row["window"].get(state) or {"entered": 0, "total_s": 0.0}
    during = f" between {start} and {end}" if span.given else ""
    unit, size = ("min", 60.0) if "minute" in reading.words else ("h", 3600.0)
    total = figure(told["total_s"] / size, unit)
    if reading.measure is Measure.DURATION:
        return conclusion(
            "answer",
            [claim(f"{key} was {state} for {total} in all{during}, entered {told['entered']} times", found.id)],
        )
    return conclusion(
        "answer", [claim(f"{key} was entered as {state} {told['entered']} times{during}, {total} in all", found.id)]
    )


def step(seen: Seen, focus: Focus, reading: Reading) -> Step | None:
    """Figures of the signals that the question names; None where the plain window says as much.

    Raises:
        Missing: something has to be asked first.
    """
    if (
        reading.bound is not None
        and reading.measure in {Measure.DURATION, Measure.TIMES, Measure.COUNT}
        and focus.signals
    ):
        return _in_state(seen, reading, focus.signals[0], reading.bound.text, reading.bound.text)
    across = reading.measure in {Measure.MAX, Measure.MIN, Measure.MOST, Measure.LEAST} and focus.models
    if across and (focus.by_kind or not focus.twins):
        return _across(seen, focus, reading)
    if reading.measure is Measure.COMPARE or reading.measure in _FIGURES:
        return _figures(seen, focus, reading)
    return None


def _span(seen: Seen, reading: Reading) -> tuple[datetime, datetime, bool]:
    span = period(reading.question, seen.site.at, seen.site.zone)
    if not span.given:
        return seen.site.at - _NOW, seen.site.at, False
    # Windows hold their end: the sample at midnight belongs to the next day.
    return span.start, span.end - _MOMENT if span.end < seen.site.at else span.end, True


def _figures(seen: Seen, focus: Focus, reading: Reading) -> Conclusion | None:
    signals = (_same_signal(focus) if reading.measure is Measure.COMPARE else focus.signals)[:_MOST]
    if not signals:
        return None
    start, end, _ = _span(seen, reading)
    begin, stop = seen.site.local(start), seen.site.local(end)
    query = "SELECT twin, signal, unit, count, mean, median, min, max, last FROM signals ORDER BY twin, signal"
    (found,) = asked(seen, f"reading {', '.join(signals)}", [sql(query, signals, begin, stop)])
    rows = [row for row in rows_of(found) if row["count"] and row["mean"] is not None]
    if found is None or not rows:
        return None
    claims = [_said(row, reading, found, f"between {begin} and {stop}") for row in rows]
    if reading.measure is Measure.COMPARE and len(rows) == 2 and rows[0]["unit"] == rows[1]["unit"]:
        claims.append(_against(rows, found))
    return conclusion("answer", claims)


def _same_signal(focus: Focus) -> list[str]:
    """Of each twin that is compared, the same signal."""
    if not focus.signals:
        return []
    name = focus.signals[0].rpartition(".")[2]
    return [key for key in dict.fromkeys([*focus.signals, *focus.elsewhere]) if key.rpartition(".")[2] == name]


def _said(row: dict[str, Any], reading: Reading, found: Evidence, during: str) -> Claim:
    key, unit = f"{row['twin']}.{row['signal']}", row["unit"]
    spread = f"{figure(row['min'], unit)} to {figure(row['max'], unit)}"
    if reading.measure is Measure.COMPARE:
        middle = f"a mean of {figure(row['mean'], unit)} and a median of {figure(row['median'], unit)}"
        return claim(f"{key} had {middle} {during} ({spread})", found.id)
    column, word = _FIGURES[reading.measure]
    return claim(f"The {word} of {key} {during} was {figure(row[column], unit)} ({spread})", found.id)


def _against(rows: list[dict[str, Any]], found: Evidence) -> Claim:
    first, second = sorted(rows, key=lambda row: -row["mean"])
    if figure(first["mean"]) == figure(second["mean"]):
        return claim(f"{first['twin']} and {second['twin']} have the same mean", found.id)
    return claim(f"{first['twin']} is the higher one by its mean", found.id)


def _across(seen: Seen, focus: Focus, reading: Reading) -> Conclusion | None:
    """Of all twins of a model, the one with the highest or lowest value of a signal."""
    subject = subject_of(seen, focus, parts=False)
    keys = focus.signals or focus.elsewhere
    if not keys or subject.everything:
        return None
    name = keys[0].rpartition(".")[2]
    start, end, given = _span(seen, reading)
    lowest = reading.measure in {Measure.MIN, Measure.LEAST}
    column = ("min" if lowest else "max") if given else "last"
    order = "" if lowest else " DESC"
    query = (
        f"SELECT twin, {column}, unit FROM signals WHERE signal = {quoted(name)} AND {subject.where('twin')} "
        f"AND {column} IS NOT NULL ORDER BY {column}{order}, twin LIMIT 5"
    )
    begin, stop = seen.site.local(start), seen.site.local(end)
    (found,) = asked(seen, f"comparing {name}", [sql(query, [], begin, stop)])
    rows = rows_of(found)
    if found is None or not rows:
        return None
    word = "lowest" if lowest else "highest"
    when = f"between {begin} and {stop}" if given else f"at {stop}"
    first = rows[0]
    text = f"{first['twin']} has the {word} {name} {when}: {figure(first[column], first['unit'])}"
    rest = ", ".join(f"{row['twin']} {figure(row[column], row['unit'])}" for row in rows[1:])
    return conclusion("answer", [claim(text, found.id), *([claim(f"Then come {rest}", found.id)] if rest else [])])
