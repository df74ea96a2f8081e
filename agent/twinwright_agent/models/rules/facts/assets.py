"""Questions that the twin graph answers: which, how many, what property, what is related to what."""

from __future__ import annotations

import re
from typing import Any

from twinwright_tools.toolbox.words import pieces, stem

from ....conclusion import Conclusion
from ..focus import Focus
from ..plan import Step
from ..saying import claim, conclusion, figure
from ..seen import Seen
from .asking import asked, quoted, rows_of, sql
from .reading import Bound, Measure, Reading
from .schema import Schema, column, values_said
from .subject import Subject, subject_of

_LISTED = 40
_YEARS = (1800, 2200)
_ENDING = re.compile(r"(?:ies|ied|ing|ed|es|ie|s|e|y)$")


def related(seen: Seen, focus: Focus, reading: Reading) -> Step | None:
    """Twins at the other end of a relationship whose name the question uses as its verb; None where it uses none.

    Raises:
        Missing: something has to be asked first.
    """
    named = [twin for twin in focus.twins if f" {twin.casefold()} " in reading.said] or focus.twins[:1]
    # The verb may be some twin's name as well: the one with the longer name is meant.
    named.sort(key=lambda twin: -len(pieces(twin)))
    if not named or (len(named) > 1 and len(pieces(named[0])) == len(pieces(named[1]))):
        return None
    (about,) = asked(seen, f"looking up {named[0]}", [("describe_twin", {"twin": named[0]})])
    names = {str(row["relationship"]) for row in about.data["neighbours"]} if about else set()
    found = next(((name, place) for name in sorted(names) if (place := _verb(name, reading)) is not None), None)
    if found is None or about is None:
        return None
    name, place = found
    outward = _outward(reading, named[0], place)
    pattern = f"(S)-[:{name}]->(T)" if outward else f"(T)-[:{name}]->(S)"
    models = [row for row in focus.models if stem(row["noun"]) not in pieces(named[0])]
    only = f" AND IS_OF_MODEL(T, {quoted(models[0]['model'])})" if models else ""
    query = f"SELECT T.$dtId AS id FROM DIGITALTWINS MATCH {pattern} WHERE S.$dtId = {quoted(named[0])}{only}"
    (rows,) = asked(seen, "asking the twin graph", [("query_twins", {"query": query})])
    if rows is None:
        return None
    ids = sorted(str(row["id"]) for row in rows.data["value"])
    way = f"{named[0]} {name}" if outward else f"{name} {named[0]}"
    listed = ", ".join(ids[:_LISTED])
    text = f"{len(ids)} related by '{way}': {listed}" if ids else f"Nothing is related by '{way}'"
    return conclusion("answer", [claim(text, rows.id)])


def _verb(name: str, reading: Reading) -> int | None:
    """Where the question uses the relationship's name as a verb: powers, power, powered, powering."""
    root = _root(pieces(name)[0])
    words = reading.said.split()
    return next((place for place, word in enumerate(words) if place and _root(word) == root), None)


def _root(word: str) -> str:
    return _ENDING.sub("", word.casefold())


def _outward(reading: Reading, twin: str, verb: int) -> bool:
    """Whether the twin is the relationship's source: "what does X power", "powered by X"; not "which T power X"."""
    words = reading.said.split()
    place = next((at for at, word in enumerate(words) if word == twin.casefold()), -1)
    passive = "by" in words[verb + 1 : verb + 2] or (
        bool({"is", "are"} & set(words[:verb])) and words[verb].endswith("ed")
    )
    before = 0 <= place < verb
    return before != passive


def step(seen: Seen, focus: Focus, reading: Reading, schema: Schema) -> Step | None:
    """Counts, lists and property values; None where the question asks for something else.

    Raises:
        Missing: something has to be asked first.
    """
    subject = subject_of(seen, focus, parts=False)
    name = schema.property(reading)
    said = [one for one in values_said(seen, reading, "twins", schema.properties) if not _of_the_subject(one[1], focus)]
    conditions = [f"{column(key)} = {quoted(value)}" for key, value, _ in said[:3]]
    if reading.bound is not None and name is not None:
        conditions.append(_compared(name, reading.bound))
    elif name is not None and not said and reading.measure in {Measure.LIST, Measure.COUNT} and not subject.named:
        return _by_value(seen, subject, name, reading)
    elif name is not None and not any(key == name for key, _, _ in said):
        return _values(seen, subject, name, reading)
    if not conditions and (subject.everything or reading.measure not in {Measure.LIST, Measure.COUNT, Measure.VALUE}):
        return None
    if not conditions and subject.named:
        return None
    return _listed(seen, subject, conditions, reading, [name] if name and reading.bound else [])


def _of_the_subject(value: str, focus: Focus) -> bool:
    """Whether a value that was said is only a word of what the question is about."""
    words = {word for row in focus.models for word in pieces(row["label"])} | {
        word for twin in focus.twins for word in pieces(twin)
    }
    return set(pieces(value)) <= words and len(value) > 1


def _compared(name: str, bound: Bound) -> str:
    """A comparison; a year against a date is a comparison with its year."""
    if _YEARS[0] <= bound.number <= _YEARS[1] and bound.number == int(bound.number) and not bound.unit:
        return f"TRY_CAST(substr(CAST({column(name)} AS VARCHAR), 1, 4) AS INTEGER) {bound.operator} {bound.number:g}"
    return f"TRY_CAST({column(name)} AS DOUBLE) {bound.operator} {bound.number:g}"


def _listed(seen: Seen, subject: Subject, conditions: list[str], reading: Reading, shown: list[str]) -> Step | None:
    where = " AND ".join((*subject.conditions, *conditions))
    columns = ", ".join(["id", *(column(name) for name in shown)])
    query = f"SELECT {columns} FROM twins{f' WHERE {where}' if where else ''} ORDER BY id LIMIT 200"
    (found,) = asked(seen, "asking the twins", [sql(query)])
    if found is None:
        return None
    rows = rows_of(found)
    how = f" with {_said(conditions)}" if conditions else ""
    claims = [claim(f"There are {len(rows)} of {subject.label}{how}", found.id, *subject.cited)]
    if rows:
        more = " and more" if len(rows) > _LISTED else ""
        each = [_with(row, shown) for row in rows[:_LISTED]]
        claims.append(claim(f"They are {', '.join(each)}{more}", found.id))
    return conclusion("answer", claims)


def _said(conditions: list[str]) -> str:
    plain = " and ".join(conditions)
    for pattern, better in (
        (r"TRY_CAST\(substr\(CAST\((.*?) AS VARCHAR\), 1, 4\) AS INTEGER\)", r"\1"),
        (r"TRY_CAST\((.*?) AS DOUBLE\)", r"\1"),
    ):
        plain = re.sub(pattern, better, plain)
    return plain.replace('"', "").replace("'", "")


def _with(row: dict[str, Any], shown: list[str]) -> str:
    told = ", ".join(figure(row[name]) for name in shown if row.get(name) is not None)
    return f"{row['id']} ({told})" if told else str(row["id"])


def _by_value(seen: Seen, subject: Subject, name: str, reading: Reading) -> Step | None:
    """ "Which are staffed": of a property that is true or false, those where it is true; else each one's value."""
    where = " AND ".join((*subject.conditions, f"{column(name)} IS NOT NULL"))
    (found,) = asked(
        seen, "asking the twins", [sql(f"SELECT id, {column(name)} FROM twins WHERE {where} ORDER BY id LIMIT 200")]
    )
    rows = rows_of(found)
    if rows and all(isinstance(row[name], bool) for row in rows):
        return _listed(seen, subject, [column(name)], reading, [])
    return _each(subject, name, rows, found.id) if found else None


def _values(seen: Seen, subject: Subject, name: str, reading: Reading) -> Step | None:
    """The value of a property, of one twin or of each, or its extreme over them."""
    where = " AND ".join((*subject.conditions, f"{column(name)} IS NOT NULL"))
    order = {Measure.MAX: f"{column(name)} DESC", Measure.MIN: column(name)}.get(reading.measure, "id")
    query = f"SELECT id, {column(name)} FROM twins WHERE {where} ORDER BY {order} LIMIT 60"
    (found,) = asked(seen, "asking the twins", [sql(query)])
    return _each(subject, name, rows_of(found), found.id) if found else None


def _each(subject: Subject, name: str, rows: list[dict[str, Any]], evidence: str) -> Conclusion:
    if not rows:
        text = f"The twins hold no {name} of {subject.label}"
        return conclusion("cannot_tell", [claim(text, evidence)], missing=[f"the property {name}"])
    told = ", ".join(f"{row['id']} {figure(row[name])}" for row in rows[:_LISTED])
    return conclusion("answer", [claim(f"{name}: {told}", evidence)])
