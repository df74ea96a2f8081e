"""Reading the arrows of MATCH: ``-[variable:name|name*begin..end]->``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from ...errors import QueryError
from .nodes import PatternEdge

_NAME = r"(?:\[\[[^\[\]]+\]\]|[^\W\d]\w*)"
_NAMES = rf"{_NAME}(?:\s*\|\s*{_NAME})*"
_BRACKETS = re.compile(
    rf"\[\s*(?P<first>{_NAMES})?\s*(?P<colon>:\s*(?P<names>{_NAMES})\s*)?"
    r"(?P<hops>\*\s*(?:(?P<begin>\d{1,6})?\s*\.\.\s*(?P<end>\d{1,6})?|(?P<exact>\d{1,6})?)\s*)?\]"
)
_USAGE = "an arrow's brackets hold a variable, ':' and names, '*' and hops, each of them optional: [r:contains|feeds]"


def read_brackets(text: str, start: int) -> tuple[PatternEdge, int]:
    """The arrow whose ``[`` stands at `start`, without a direction yet, and where its ``]`` ends.

    Raises:
        QueryError: the brackets hold something else, or a walk that has no end.
    """
    found = _BRACKETS.match(text, start)
    if found is None:
        raise QueryError(_USAGE, code="query.syntax", position=start)
    first, names = list(_identifiers(found, "first")), list(_identifiers(found, "names"))
    if len(first) > 1 and names:
        raise QueryError(f"two lists of names: {_USAGE}", code="query.syntax", position=start)
    if len(first) > 1:
        # the reference's own example leaves the colon out; several names can't be a variable
        first, names = [], first
    edge = PatternEdge(this=first[0] if first else None, expressions=names)
    edge.meta["start"] = start
    if found["hops"] is not None:
        _set_hops(edge, found)
    return edge, found.end()


def _identifiers(found: re.Match[str], group: str) -> Iterator[exp.Identifier]:
    for each in re.finditer(_NAME, found[group] or ""):
        text = each.group()
        quoted = text.startswith("[[")
        name = exp.to_identifier(text[2:-2] if quoted else text, quoted=quoted)
        name.meta["start"] = found.start(group) + each.start()
        yield name


def _set_hops(edge: PatternEdge, found: re.Match[str]) -> None:
    exact, begin, position = found["exact"], found["begin"], found.start("hops")
    end = exact or found["end"]
    if end is None:
        text = "a walk needs an end: write for example [*..3] for one to three hops, or [*3] for three"
        raise QueryError(text, code="query.unbounded", position=position)
    first, last = int(begin or 0), int(end)
    if first >= last:
        text = f"no number of hops is in {found['hops'].strip()!r}: the first number isn't included, the last one is"
        raise QueryError(text, code="query.bounds", position=position)
    edge.set("exact", exact is not None)
    edge.set("begin", first if begin is not None else None)
    edge.set("end", last)
    edge.meta["hops"] = position
