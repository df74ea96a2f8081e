"""Running and explaining twin queries: a pipeline of parse, check, compile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import QueryError
from ..dtdl import ModelSet
from ..graph import TwinGraph
from .check import check_query
from .compile import columns_of, compile_query
from .cost import estimate
from .explain import plan_lines
from .parse import parse_query
from .plan import Binding, CheckedQuery, Path
from .restrictions import DialectName

if TYPE_CHECKING:
    import duckdb

ROW_LIMIT = 1000


@dataclass(frozen=True)
class QueryPlan:
    """How a query is understood, without running it.

    Attributes:
        tree: what was parsed.
        checks: what was checked, in words.
        plan: what is done, in words, and what it is expected to cost.
        bound: no more rows than this can come.
        sql: what DuckDB is asked.
    """

    tree: str
    checks: list[str]
    plan: list[str]
    bound: int
    sql: str

    def as_dict(self) -> dict[str, Any]:
        """The plan as `twinwright query --explain --json` has it."""
        return {"tree": self.tree, "checks": self.checks, "plan": self.plan, "bound": self.bound, "sql": self.sql}


@dataclass(frozen=True)
class QueryResult:
    """What a query found.

    Attributes:
        value: documents or objects, in a stable order.
        truncated: whether there is more than the row limit.
        tree, checks, sql: how it was understood, see `QueryPlan`.
    """

    value: list[dict[str, Any]]
    sql: str
    checks: list[str]
    tree: str
    truncated: bool

    def as_dict(self) -> dict[str, Any]:
        """The result in the shape of the Azure Digital Twins query API."""
        return {"value": self.value, "continuationToken": None}


def explain_query(
    text: str,
    models: ModelSet,
    graph: TwinGraph,
    row_limit: int = ROW_LIMIT,
    *,
    dialect: DialectName = "service",
    checked: bool = True,
) -> QueryPlan:
    """The tree, the checks, the plan and the SQL of a query; for dialect and checked, see `check_query`.

    Raises:
        QueryError: the query is refused; with the position and what was probably meant.
    """
    return _prepare(text, models, graph, row_limit, dialect, checked)[1]


def run_query(
    text: str,
    models: ModelSet,
    graph: TwinGraph,
    cursor: duckdb.DuckDBPyConnection,
    row_limit: int = ROW_LIMIT,
    *,
    dialect: DialectName = "service",
    checked: bool = True,
) -> QueryResult:
    """The answer to a query over the tables that `store.write_tables` made; for dialect and checked, see `check_query`.

    Raises:
        QueryError: the query is refused; with the position and what was probably meant.
    """
    query, plan = _prepare(text, models, graph, row_limit, dialect, checked)
    rows = cursor.execute(plan.sql).fetchall()
    value = [_shape(query, row) for row in rows[:row_limit]]
    return QueryResult(value, plan.sql, plan.checks, plan.tree, len(rows) > row_limit)


def _prepare(
    text: str, models: ModelSet, graph: TwinGraph, row_limit: int, dialect: DialectName, checked: bool
) -> tuple[CheckedQuery, QueryPlan]:
    if row_limit < 1:
        raise QueryError("the row limit must be 1 at least", code="query.bounds")
    tree = parse_query(text)
    query = check_query(tree, models, graph.statistics, dialect=dialect, checked=checked)
    sql = compile_query(query, row_limit).sql(dialect="duckdb")
    expected = estimate(query, graph.statistics)
    bound = min(expected.bound, row_limit)
    return query, QueryPlan(repr(tree), query.checks, plan_lines(query, expected), bound, sql)


def _shape(query: CheckedQuery, row: Sequence[Any]) -> dict[str, Any]:
    """One row as an object."""
    if query.count:
        return {query.count: row[0]}
    if not query.outputs:
        return _document(query.root, row)
    found: dict[str, Any] = {}
    start = 0
    for output in query.outputs:
        width = columns_of(output.shown)
        cells = row[start : start + width]
        start += width
        if isinstance(output.shown, Path):
            # a property that a document doesn't have is left out, as Azure Digital Twins does
            if cells[0] is not None:
                found[output.name] = json.loads(cells[0])
        else:
            found[output.name] = _document(output.shown, cells)
    return found


def _document(binding: Binding, cells: Sequence[Any]) -> dict[str, Any]:
    """A twin or a relationship as the query API shows it."""
    if binding.collection == "relationship":
        relationship, name, source, target, properties = cells
        return {
            "$relationshipId": relationship,
            "$relationshipName": name,
            "$sourceId": source,
            "$targetId": target,
            **json.loads(properties),
        }
    twin, model, etag, properties = cells
    head = {"$dtId": twin} | ({"$etag": etag} if etag else {})
    return {**head, **json.loads(properties), "$metadata": {"$model": model}}
