"""OData 2 as SAP Gateway takes it: $filter, $select, $expand, $orderby, and literals with their types.

Source: https://www.odata.org/documentation/odata-version-2-0/uri-conventions/ (4.1 to 4.8) and overview (6, literals).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Test = Callable[[dict[str, Any]], bool]
COMPARE = {name: getattr(operator, name) for name in ("eq", "ne", "gt", "ge", "lt", "le")}
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<offset>datetimeoffset'[^']*')|(?P<date>datetime'[^']*')"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>[()]))"
)
OPTIONS = {"$filter", "$select", "$expand", "$orderby", "$top", "$skip", "$inlinecount", "$format", "sap-client"}


class BadQueryError(ValueError):
    """A query that the service doesn't take; the words are Gateway's."""


@dataclass(frozen=True)
class Field:
    """A property as the metadata declares it.

    Attributes:
        type: "text", "offset" (Edm.DateTimeOffset), "date" (Edm.DateTime) or "flag".
        length: of a text.
        creatable, updatable, filterable, sortable: its sap: annotations.
        upper: its display format is UpperCase: it is kept in capitals.
    """

    type: str = "text"
    length: int = 0
    creatable: bool = True
    updatable: bool = True
    filterable: bool = True
    sortable: bool = True
    upper: bool = False

    def comparable(self, value: Any) -> Any:
        """A value in an order that the database would give; numbers are padded with zeros (conversion exit ALPHA)."""
        return value.zfill(18) if isinstance(value, str) and value.isdigit() else value


def options(query: list[tuple[str, str]]) -> dict[str, str]:
    """The query's options, each known and given once."""
    names = [name for name, _ in query]
    if unknown := set(names) - OPTIONS:
        raise BadQueryError(f"The query options {sorted(unknown)} are not supported")
    if len(set(names)) != len(names):
        raise BadQueryError("A query option was given twice")
    given = dict(query)
    for name in ("$top", "$skip"):
        if not given.get(name, "0").isdigit():
            raise BadQueryError(f"Invalid value for {name}")
    if given.get("$format", "json") != "json" or given.get("$inlinecount", "none") not in ("allpages", "none"):
        raise BadQueryError("Invalid value for $format or $inlinecount")
    return given


def select(clause: str | None, fields: Mapping[str, Field], navigations: set[str]) -> set[str]:
    """The names that $select wants, all without one."""
    wanted = set(fields) if clause is None else set(clause.split(","))
    if unknown := wanted - set(fields) - navigations:
        raise BadQueryError(f"Property {sorted(unknown)[0]} not found in type")
    return wanted


def order(clause: str | None, fields: Mapping[str, Field]) -> tuple[str, bool] | None:
    """The property and whether it is descending, of $orderby."""
    if clause is None:
        return None
    name, _, direction = clause.partition(" ")
    if name not in fields or not fields[name].sortable or direction not in ("", "asc", "desc"):
        raise BadQueryError(f"Property {name} can't be sorted by")
    return name, direction == "desc"


def parse(clause: str, fields: Mapping[str, Field]) -> Test:
    """$filter as a test of a row: comparisons, ``and`` before ``or``, parentheses."""
    parser = _Parser(clause, fields)
    test = parser.either()
    if parser.tokens:
        raise BadQueryError(f"Invalid token {parser.tokens[0][1]!r} in $filter")
    return test


class _Parser:
    def __init__(self, clause: str, fields: Mapping[str, Field]) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.fields = fields
        place = 0
        while place < len(clause.rstrip()):
            found = _TOKEN.match(clause, place)
            if found is None:
                raise BadQueryError(f"Invalid token at position {place} of $filter")
            self.tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            place = found.end()

    def either(self) -> Test:
        """One or another."""
        tests = [self.both()]
        while self.take("or"):
            tests.append(self.both())
        return lambda row: any(test(row) for test in tests)

    def both(self) -> Test:
        """One and another."""
        tests = [self.single()]
        while self.take("and"):
            tests.append(self.single())
        return lambda row: all(test(row) for test in tests)

    def single(self) -> Test:
        """A comparison, or something in parentheses."""
        if self.take("("):
            inner = self.either()
            if not self.take(")"):
                raise BadQueryError("Missing ) in $filter")
            return inner
        (_, name), (_, sign), literal = (self.next() for _ in range(3))
        if name not in self.fields:
            raise BadQueryError(f"Property {name} not found in type")
        field = self.fields[name]
        if not field.filterable or sign not in COMPARE:
            raise BadQueryError(f"Property {name} can't be filtered by with {sign}")
        right = field.comparable(value(literal, field, name))
        compare = COMPARE[sign]
        return lambda row: row.get(name) is not None and compare(field.comparable(typed(row[name], field)), right)

    def next(self) -> tuple[str, str]:
        """The next token."""
        if not self.tokens:
            raise BadQueryError("$filter ends too early")
        return self.tokens.pop(0)

    def take(self, text: str) -> bool:
        """Whether the next token is that one; then it is gone."""
        if self.tokens and self.tokens[0][1] == text:
            self.tokens.pop(0)
            return True
        return False


def value(literal: tuple[str, str], field: Field, name: str) -> Any:
    """A literal of a property's type."""
    kind, text = literal
    if kind == "word" and field.type == "flag" and text in ("true", "false"):
        return text == "true"
    if kind != field.type:
        raise BadQueryError(f"The literal {text} is not of the type of {name}")
    if kind == "text":
        plain = text[1:-1].replace("''", "'")
        if len(plain) > field.length:
            raise BadQueryError(f"The literal {text} is too long for {name}")
        return plain
    try:
        moment = datetime.fromisoformat(text.partition("'")[2].rstrip("'"))
    except ValueError:
        raise BadQueryError(f"The literal {text} is no date") from None
    if (moment.tzinfo is None) != (kind == "date"):
        raise BadQueryError(f"The literal {text} is not of the type of {name}")
    return moment.replace(tzinfo=UTC) if kind == "date" else moment


def typed(held: Any, field: Field) -> Any:
    """A stored value for comparing: dates are stored in ISO form."""
    return datetime.fromisoformat(held) if field.type in ("offset", "date") else held


def shown(held: Any, field: Field) -> Any:
    """A stored value in JSON of OData 2."""
    if held is None or field.type not in ("offset", "date"):
        return held
    millis = round(datetime.fromisoformat(held).timestamp() * 1000)
    return f"/Date({millis}+0000)/" if field.type == "offset" else f"/Date({millis})/"
