"""What the service restricts, and what of that the embedded store lifts.

Sources: "JOIN clause" (limitations), "MATCH clause" (limitations), "FROM clause" (limitations), "SELECT clause",
"Operators" (limit for IN/NIN), "Functions" (limitations of ARRAY_CONTAINS) and "Reserved keywords" of the Azure Digital
Twins query language reference; "Azure Digital Twins service limits" (functional limits of queries).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from ...errors import QueryError
from .cost import aliases, conjuncts, identities, is_pinned
from .nodes import ALLOWED, PatternEdge, position_of
from .plan import CheckedQuery, Condition, ModelTest
from .words import RESERVED

DialectName = Literal["service", "embedded"]


@dataclass(frozen=True)
class Restrictions:
    """The limits of one dialect.

    Attributes:
        characters, connectives, values, joins: the most of them in a query (of AND and OR together; in one list).
        hops: the most hops that all arrows of a MATCH have together.
        strict: whether a query with JOIN or MATCH has to name a twin by ``$dtId``, reserved words need brackets,
            ``*`` can't stand with JOIN, and ARRAY_CONTAINS can't look into a relationship.
    """

    name: DialectName
    characters: int
    connectives: int
    values: int
    joins: int
    hops: int
    strict: bool

    @property
    def source(self) -> str:
        """Whose limits these are, in words."""
        return "Azure Digital Twins" if self.name == "service" else "the embedded store"

    @property
    def remedy(self) -> str:
        """What else can be done about a limit."""
        return " (the dialect 'embedded' lifts this)" if self.name == "service" else ""


DIALECTS: dict[DialectName, Restrictions] = {
    "service": Restrictions("service", 8_000, 50, 100, 5, 10, strict=True),
    "embedded": Restrictions("embedded", 20_000, 300, 1_000, 10, 20, strict=False),
}


def check_limits(tree: exp.Select, limits: Restrictions) -> None:
    """Whether a tree only reads, and keeps the limits that can be seen from the text alone.

    Raises:
        QueryError: it doesn't; the message names the limit.
    """
    nodes = list(tree.walk())
    strange = next((each for each in nodes if type(each) not in ALLOWED), None)
    if strange is not None:
        text = f"{strange.key} is no part of a query that reads"
        raise QueryError(text, code="query.unsupported", position=position_of(strange))
    for what, count, most, node in _counted(tree, nodes, limits):
        if count > most:
            text = f"{limits.source} takes at most {most} {what}, not {count}{limits.remedy}"
            raise QueryError(text, code="query.bounds", position=position_of(node) if node is not None else None)
    if limits.strict:
        for name in nodes:
            if isinstance(name, exp.Identifier) and name.name.upper() in RESERVED and not name.args.get("quoted"):
                escaped = f"[[{name.name}]]"
                text = f"{name.name!r} is a reserved word; as a name it has to be written {escaped}{limits.remedy}"
                raise QueryError(text, code="query.reserved", suggestions=[escaped], position=position_of(name))


def _counted(
    tree: exp.Select, nodes: Sequence[exp.Expr], limits: Restrictions
) -> Iterator[tuple[str, int, int, exp.Expr | None]]:
    """What there is, how much of it, how much of it there may be, and where."""
    yield "characters in a query", tree.meta.get("length", 0), limits.characters, None
    joins = tree.args.get("joins") or []
    yield "JOINs in a query", len(joins), limits.joins, joins[min(limits.joins, len(joins) - 1)] if joins else None
    connectives = [each for each in nodes if isinstance(each, exp.And | exp.Or)]
    yield "ANDs and ORs in a query", len(connectives), limits.connectives, tree.args.get("where")
    for each in nodes:
        if isinstance(each, exp.In):
            yield "values in a list", len(each.expressions), limits.values, each
    edges = [each for each in nodes if isinstance(each, PatternEdge)]
    hops = sum(each.args.get("end") or 1 for each in edges)
    yield "hops in a MATCH", hops, limits.hops, edges[-1] if edges else None


def check_start(query: CheckedQuery, limits: Restrictions, tree: exp.Select) -> list[str]:
    """Whether a query with JOIN or MATCH begins somewhere; what should be known about that.

    Raises:
        QueryError: no twin is named by ``$dtId``, or a walk would begin at every twin.
    """
    if not query.steps and not query.is_match:
        return []
    pinned = query.where is not None and is_pinned(query.where)
    clause = tree.args.get("match") or tree.args["joins"][0]
    word = "MATCH" if query.is_match else "JOIN"
    twin = next((each.alias for each in query.bindings if each.is_named and each.collection == "twin"), "T")
    way = f"add {twin}.$dtId = '…' (or IN […]) to WHERE"
    if not pinned and limits.strict:
        text = f"a query with {word} has to filter by the $dtId of one of its twins, in every branch of an OR; {way}"
        raise QueryError(text + limits.remedy, code="query.no_start", position=position_of(clause))
    if not pinned and any(step.is_walk for step in query.steps) and not _filtered(query):
        text = f"this walk would begin at every twin; {way}, or any other filter on a twin"
        raise QueryError(text, code="query.unbounded", position=position_of(clause))
    if limits.strict and query.is_match and query.root.alias not in identities(query):
        return ["$dtId doesn't name the first twin of the MATCH: the service may leave rows out then (here none are)"]
    return []


def _filtered(query: CheckedQuery) -> bool:
    twins = {each.alias for each in query.bindings if each.collection == "twin"}
    return any(len(aliases(each) & twins) == 1 and _narrows(each) for each in conjuncts(query.where))


def _narrows(condition: Condition) -> bool:
    return not isinstance(condition, ModelTest) or bool(condition.models)
