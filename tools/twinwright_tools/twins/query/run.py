"""Running and explaining twin queries: a pipeline of parse, check, compile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import QueryError
from ..columns import layout_of
from ..dtdl import ModelSet
from ..graph import TwinGraph
from ..summary import read_summary
from .check import check_query
from .compile import compile_query
from .cost import estimate
from .explain import plan_lines
from .pages import page_offset, page_token
from .parse import parse_query
from .plan import Binding, CheckedQuery
from .restrictions import DialectName

if TYPE_CHECKING:
    import duckdb

ROW_LIMIT = 1000
_METADATA = "$metadata"
_FIRST = {
    "twin": ("$dtId", "$etag"),
    "relationship": ("$relationshipId", "$relationshipName", "$sourceId", "$targetId", "$etag"),
}


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
        continuation: the token for the next page, or None where there is nothing more.
        tree, checks, sql: how it was understood, see `QueryPlan`.
    """

    value: list[dict[str, Any]]
    sql: str
    checks: list[str]
    tree: str
    continuation: str | None = None

    @property
    def truncated(self) -> bool:
        """Whether there is more than this page."""
        return self.continuation is not None

    def as_dict(self) -> dict[str, Any]:
        """The result in the shape of the Azure Digital Twins query API."""
        return {"value": self.value, "continuationToken": self.continuation}


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
    continuation: str | None = None,
) -> QueryResult:
    """A page of the answer to a query over the tables that `store.write_tables` made.

    Args:
        row_limit: the most rows of a page.
        continuation: the token that came with the page before; for the first page, None.
        dialect, checked: see `check_query`.

    Raises:
        QueryError: the query or the token is refused; with the position and what was probably meant.
    """
    question = json.dumps([text, dialect, checked])
    offset = 0
    if continuation is not None:
        offset = page_offset(continuation, question, read_summary(cursor)["digest"])
    query, plan = _prepare(text, models, graph, row_limit, dialect, checked, offset)
    rows = cursor.execute(plan.sql).fetchall()
    value = [_shape(query, row) for row in rows[:row_limit]]
    token = None
    if len(rows) > row_limit:
        token = page_token(question, read_summary(cursor)["digest"], offset + row_limit)
    return QueryResult(value, plan.sql, plan.checks, plan.tree, token)


def _prepare(
    text: str,
    models: ModelSet,
    graph: TwinGraph,
    row_limit: int,
    dialect: DialectName,
    checked: bool,
    offset: int = 0,
) -> tuple[CheckedQuery, QueryPlan]:
    if row_limit < 1:
        raise QueryError("the row limit must be 1 at least", code="query.bounds")
    tree = parse_query(text)
    query = check_query(tree, models, graph.statistics, dialect=dialect, checked=checked)
    wanted = row_limit + 1 if query.top is None else query.top - offset
    sql = compile_query(query, layout_of(models), min(wanted, row_limit + 1), offset).sql(dialect="duckdb")
    expected = estimate(query, graph.statistics)
    bound = min(expected.bound, row_limit)
    return query, QueryPlan(repr(tree), query.checks, plan_lines(query, expected), bound, sql)


def _shape(query: CheckedQuery, row: Sequence[Any]) -> dict[str, Any]:
    """One row as an object."""
    if query.count:
        return {query.count: row[0]}
    if not query.outputs:
        return _document(query.root, row[0])
    found: dict[str, Any] = {}
    for output, cell in zip(query.outputs, row, strict=True):
        if isinstance(output.shown, Binding):
            found[output.name] = _document(output.shown, cell)
        elif cell is not None:
            # a property that a document doesn't have is left out, as Azure Digital Twins does
            found[output.name] = json.loads(cell)
    return found


def _document(binding: Binding, text: str) -> dict[str, Any]:
    """A twin or a relationship as the query API shows it: what it is, its properties, its metadata."""
    document: dict[str, Any] = json.loads(text)
    first = _FIRST[binding.collection]
    head = {name: document[name] for name in first if name in document}
    own = {name: value for name, value in document.items() if name not in head and name != _METADATA}
    return head | own | ({_METADATA: document[_METADATA]} if _METADATA in document else {})
