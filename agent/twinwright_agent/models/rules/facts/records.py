"""Questions that history answers: how many, how often, since when, when last, how long, what most; by validated SQL."""

from __future__ import annotations

import re
from typing import Any

from twinwright_tools.reliability.failures import CANCELLED, PLANNED, TYPES
from twinwright_tools.toolbox.words import pieces

from ....conclusion import Claim, Conclusion
from ..focus import Focus
from ..periods import period
from ..plan import Step
from ..saying import claim, conclusion, figure
from ..seen import Seen
from .asking import Call, asked, quoted, rows_of, sql
from .reading import Measure, Reading
from .schema import Schema, column, values_said
from .subject import Subject, subject_of

_LISTED = 12
_NOT_ENDED = (
    "status IS NOT NULL AND closed IS NULL AND NOT regexp_matches(lower(status), 'cancel|clos|complet|done|reject')"
)
_REPAIRS = frozenset({"repair", "repaired", "breakdown", "fail", "failed", "failure"})
_PLANNED_SAID = frozenset({"order", "ticket", "job", "maintenance", "planned", "preventive", "serviced", "overhaul"})
_OPEN = re.compile(r"\b(?:open|pending|outstanding|unfinished|not (?:yet )?(?:closed|done|finished))\b", re.IGNORECASE)
_TEXT = 120
_MOST_VALUES = 4
_WORDS_OF = {"code": "failure code", "twin": "asset"}
# Words that ask for a column to be grouped by.
_GROUPS = (
    ("twin", frozenset({"asset", "machine", "equipment", "twin", "unit", "one"})),
    ("code", frozenset({"code", "mode", "type", "cause", "reason"})),
)


def step(seen: Seen, focus: Focus, reading: Reading, schema: Schema, kind: str) -> Step | None:
    """An answer from rows of one kind; None where history doesn't hold what is asked.

    Raises:
        Missing: something has to be asked first.
    """
    subject = subject_of(seen, focus, parts=True)
    values = _values(seen, reading, schema, kind, focus)
    conditions = [f"kind = {quoted(kind)}", *(f"{column(key)} = {quoted(value)}" for key, value in values.items())]
    if (there := subject.where("twin")) is not None:
        conditions.append(there)
    if _OPEN.search(reading.timeless):
        # "Open" is whatever isn't ended, in the site's own words.
        values.pop("status", None)
        conditions = [one for one in conditions if not one.startswith('"status"')]
        conditions.append(_NOT_ENDED)
    corrective = _asks_for_repairs(reading, kind, values)
    if corrective:
        conditions += _corrective(schema)
    span = period(reading.question, seen.site.at, seen.site.zone)
    if span.given:
        start, end = seen.site.local(span.start), seen.site.local(span.end)
        conditions.append(f"time >= TIMESTAMPTZ {quoted(start)} AND time <= TIMESTAMPTZ {quoted(end)}")
    words = _narrowing(reading, schema, kind, focus, values)
    narrowed = [*conditions, *(f"text ILIKE {quoted(f'%{word}%')}" for word in words)]
    about = ("open " if _OPEN.search(reading.timeless) else "") + _about(kind, subject, values, corrective)
    if words:
        (found,) = asked(
            seen, f"counting the {_plain(kind)}s", [_call(f"SELECT count(*) AS n FROM history{_where(narrowed)}")]
        )
        rows = rows_of(found)
        if rows and rows[0]["n"]:
            told = f"{about} whose text says {' '.join(words)}"
            return _answered(seen, reading, schema, narrowed, told, subject)
        if reading.measure in {Measure.LIST, Measure.VALUE}:
            return _searched(seen, reading, kind)
    return _answered(seen, reading, schema, conditions, about, subject)


def _asks_for_repairs(reading: Reading, kind: str, values: dict[str, str]) -> bool:
    """Whether failures that were repaired are asked for, and not orders of any kind or of a code that was said."""
    said = set(reading.words)
    counted = reading.measure in {
        Measure.TIMES,
        Measure.COUNT,
        Measure.FIRST,
        Measure.LAST,
        Measure.MOST,
        Measure.LEAST,
    }
    named = "order" in pieces(kind) and not said & (set(pieces(kind)) | _PLANNED_SAID)
    return counted and named and bool(said & _REPAIRS) and "code" not in values


def _corrective(schema: Schema) -> list[str]:
    """Conditions for orders of corrective work, told from planned work as for the mean time between failures: by their
    type, and by what the catalogue of failure codes says of their code."""
    found, planned_work = [], quoted(PLANNED.pattern)
    if "status" in schema.columns:
        found.append(f"NOT regexp_matches(lower(coalesce(status, '')), {quoted(CANCELLED.pattern)})")
    for name in (one for one in TYPES if one in schema.columns):
        found.append(f"NOT regexp_matches(lower(coalesce(CAST({column(name)} AS VARCHAR), '')), {planned_work})")
    if "code" in schema.columns:
        planned = (
            "SELECT lower(code) FROM history WHERE lower(kind) = 'failure_code' AND code IS NOT NULL "
            f"AND regexp_matches(lower(text), {planned_work})"
        )
        found.append(f"lower(coalesce(code, '')) NOT IN ({planned})")
    return found


def _values(seen: Seen, reading: Reading, schema: Schema, kind: str, focus: Focus) -> dict[str, str]:
    """Values of columns that the question says: a code, a status; a word that names the kind or a twin says none."""
    taken = {*pieces(kind), *(word for twin in focus.twins for word in pieces(twin))}
    found: dict[str, str] = {}
    for key, value, _ in values_said(seen, reading, "history", schema.columns):
        if not set(pieces(value)) <= taken:
            found.setdefault(key, value)
    return dict(list(found.items())[:_MOST_VALUES])


def _narrowing(reading: Reading, schema: Schema, kind: str, focus: Focus, values: dict[str, str]) -> list[str]:
    """Words of the question that nothing else accounts for: they have to stand in a row's text."""
    known = {*pieces(kind), *pieces(" ".join(values.values())), *pieces(" ".join(values))}
    known |= {word for row in focus.models for word in pieces(row["label"])}
    known |= {word for twin in focus.twins for word in pieces(twin)}
    known |= set(pieces(schema.column(reading) or ""))
    known |= {word for _, words in _GROUPS for word in words}
    return [word for word in reading.rest(known) if word not in _SAID_OF_RECORDS]


_SAID_OF_RECORDS = frozenset(
    """alarm breakdown closed code come fail failed failing fails had happen happened have hour job list long
    maintenance mode note occur occurred often open order plant repair repaired sample serviced since taken
    there ticket up work""".split()  # noqa: SIM905
)


def _answered(
    seen: Seen, reading: Reading, schema: Schema, conditions: list[str], about: str, subject: Subject
) -> Step | None:
    where = _where(conditions)
    measure = reading.measure
    if measure in {Measure.MEAN, Measure.DURATION, Measure.MEDIAN}:
        return _hours(seen, reading, where, about)
    if (name := schema.column(reading)) and measure in {Measure.MAX, Measure.MIN, Measure.TOTAL}:
        return _extreme(seen, measure, name, where, about)
    if measure in {Measure.FIRST, Measure.LAST}:
        return _moment(seen, measure, where, about)
    group = _group(reading)
    if measure in {Measure.MOST, Measure.LEAST, Measure.MAX} and group:
        return _ranked(seen, measure, group, where, about)
    if measure is Measure.LIST:
        return _listing(seen, where, about)
    return _count(seen, where, about, subject)


def _count(seen: Seen, where: str, about: str, subject: Subject) -> Conclusion | None:
    calls = [
        _call(f"SELECT count(*) AS n, min(time) AS earliest, max(time) AS latest FROM history{where}"),
        _call(
            f"SELECT code, count(*) AS n FROM history{where} AND code IS NOT NULL GROUP BY code ORDER BY n DESC LIMIT 5"
        ),
    ]
    counted, codes = asked(seen, "counting", calls)
    if counted is None:
        return None
    (row,) = rows_of(counted)
    claims = [claim(f"There are {row['n']} {about}", counted.id, *subject.cited)]
    if row["n"]:
        claims[0] = claim(
            f"There are {row['n']} {about}, from {row['earliest']} to {row['latest']}", counted.id, *subject.cited
        )
    told = ", ".join(f"{one['code']} {one['n']}" for one in rows_of(codes))
    return conclusion("answer", [*claims, *([claim(f"By failure code: {told}", codes.id)] if codes and told else [])])


def _hours(seen: Seen, reading: Reading, where: str, about: str) -> Conclusion | None:
    what = "median" if reading.measure is Measure.MEDIAN else "avg"
    columns = f"{what}(duration_h) AS hours, count(duration_h) AS n"
    (found,) = asked(seen, "reading durations", [_call(f"SELECT {columns} FROM history{where}")])
    if found is None:
        return None
    (row,) = rows_of(found)
    if not row["n"]:
        return conclusion(
            "cannot_tell", [claim(f"No duration is recorded of {about}", found.id)], missing=["durations"]
        )
    word = "median" if what == "median" else "mean"
    return conclusion(
        "answer", [claim(f"The {word} duration of {row['n']} {about} is {figure(row['hours'], 'h')}", found.id)]
    )


def _extreme(seen: Seen, measure: Measure, name: str, where: str, about: str) -> Conclusion | None:
    direction, of = "" if measure is Measure.MIN else " DESC", column(name)
    query = f"SELECT {of}, time, twin FROM history{where} AND {of} IS NOT NULL ORDER BY {of}{direction} LIMIT 3"
    if measure is Measure.TOTAL:
        query = f"SELECT sum({of}) AS {of} FROM history{where}"
    (found,) = asked(seen, f"reading {name}", [_call(query)])
    rows = rows_of(found)
    if found is None or not rows:
        return None
    word = {Measure.MAX: "highest", Measure.MIN: "lowest"}.get(measure, "total")
    when = f" on {rows[0]['twin']} at {rows[0]['time']}" if "time" in rows[0] else ""
    return conclusion("answer", [claim(f"The {word} {name} of {about} is {figure(rows[0][name])}{when}", found.id)])


def _moment(seen: Seen, measure: Measure, where: str, about: str) -> Conclusion | None:
    order, word = ("", "first") if measure is Measure.FIRST else (" DESC", "last")
    query = f"SELECT time, twin, id, text FROM history{where} AND time IS NOT NULL ORDER BY time{order} LIMIT 3"
    (found,) = asked(seen, "looking for the time", [_call(query)])
    rows = rows_of(found)
    if found is None:
        return None
    if not rows:
        return conclusion("answer", [claim(f"There are no {about}", found.id)])
    one = rows[0]
    name = f" ({one['id']})" if one["id"] else ""
    text = f"The {word} of the {about}{name} is of {one['time']} on {one['twin']}: {_quoted(one['text'])}"
    return conclusion("answer", [claim(text, found.id)])


def _ranked(seen: Seen, measure: Measure, group: str, where: str, about: str) -> Conclusion | None:
    order = "" if measure is Measure.LEAST else " DESC"
    counted = f"SELECT {group}, count(*) AS n FROM history{where} AND {group} IS NOT NULL GROUP BY {group}"
    query = f"{counted} ORDER BY n{order}, {group} LIMIT 5"
    (found,) = asked(seen, "ranking", [_call(query)])
    rows = rows_of(found)
    if found is None or not rows:
        return None
    word = "fewest" if measure is Measure.LEAST else "most"
    what = _WORDS_OF.get(group, group)
    told = ", ".join(f"{row[group]} {row['n']}" for row in rows[1:])
    claims: list[Claim] = [
        claim(f"The {what} with the {word} {about} is {rows[0][group]} with {rows[0]['n']}", found.id)
    ]
    return conclusion("answer", [*claims, *([claim(f"Then come {told}", found.id)] if told else [])])


def _listing(seen: Seen, where: str, about: str) -> Conclusion | None:
    calls = [
        _call(f"SELECT count(*) AS n FROM history{where}"),
        _call(f"SELECT id, time, twin, text FROM history{where} ORDER BY time DESC LIMIT {_LISTED}"),
    ]
    counted, found = asked(seen, "listing", calls)
    if counted is None or found is None:
        return None
    (total,) = rows_of(counted)
    claims = [claim(f"There are {total['n']} {about}", counted.id)]
    claims += [
        claim(f"{one['id'] or one['time']} on {one['twin']}: {_quoted(one['text'])}", found.id)
        for one in rows_of(found)
    ]
    return conclusion("answer", claims)


def _searched(seen: Seen, reading: Reading, kind: str) -> Conclusion | None:
    """The rows that come nearest by their words."""
    call = ("search_history", {"words": reading.timeless, "twin": None, "kind": kind, "limit": 3})
    (found,) = asked(seen, f"searching the {_plain(kind)}s", [call])
    rows = found.data["rows"] if found else []
    if found is None or not rows:
        return None
    best = rows[0]
    where = f" on {best['twin']}" if best.get("twin") else ""
    name = f" {best['id']}" if best.get("id") else ""
    text = f"The {_plain(kind)} that comes nearest is{name}{where}: {_quoted(best['text'])}"
    return conclusion("answer", [claim(text, found.id)])


def _group(reading: Reading) -> str | None:
    said = set(reading.words)
    return next((name for name, words in _GROUPS[::-1] if words & said), None)


def _call(query: str) -> Call:
    return sql(query)


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}"


def _about(kind: str, subject: Subject, values: dict[str, str], corrective: bool) -> str:
    """What is counted, in words.

    Args:
        corrective: whether planned work and cancelled orders are left out.
    """
    with_ = f" with {' and '.join(f'{key} {value}' for key, value in values.items())}" if values else ""
    place = "" if subject.everything else f" on {subject.label.removeprefix('model ')}"
    what = f"repairs ({_plain(kind)}s, without planned work and cancelled ones)" if corrective else f"{_plain(kind)}s"
    return f"{what}{with_}{place}"


def _plain(kind: str) -> str:
    return kind.replace("_", " ")


def _quoted(text: Any) -> str:
    words = " ".join(str(text).split())
    return f"“{words if len(words) <= _TEXT else words[:_TEXT].rstrip() + '…'}”"
