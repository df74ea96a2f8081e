"""Comparing the two answers to one query."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import cache
from random import Random
from typing import Any

import duckdb

from twinwright_tools.errors import QueryError
from twinwright_tools.twins import LoadedTwins, ModelSet, write_tables
from twinwright_tools.twins.query.check import check_query
from twinwright_tools.twins.query.parse import parse_query
from twinwright_tools.twins.query.plan import CheckedQuery
from twinwright_tools.twins.query.run import run_query

from .graphs import model_set, random_graph
from .queries import random_query
from .reference import Documents, evaluate

_ROWS = 100_000


@dataclass
class Tally:
    """How many pairs were compared, and what became of the other queries."""

    pairs: int = 0
    with_rows: int = 0
    matches: int = 0
    joins: int = 0
    refused: int = 0
    refusals: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """For the report; the commonest reasons only."""
        return asdict(self) | {"refusals": dict(self.refusals.most_common(8))}


@dataclass(frozen=True)
class Disagreement:
    """A query with two answers."""

    query: str
    compiled: list[dict[str, Any]]
    evaluated: list[dict[str, Any]]
    sql: str
    twins: list[dict[str, Any]]
    relationships: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return asdict(self)

    def text(self) -> str:
        """Everything, for people."""
        return "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in asdict(self).items())


@cache
def models() -> ModelSet:
    """The test models, read once."""
    return model_set()


def agree_on(chance: Random, count: int, tally: Tally) -> list[Disagreement]:
    """Compares so many valid queries on one graph."""
    loaded, documents = random_graph(chance, models())
    found: list[Disagreement] = []
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        write_tables(connection, loaded)
        for _ in range(count):
            text, query = _valid_query(chance, loaded, tally)
            disagreement = compare(text, query, loaded, documents, connection, tally)
            found += [disagreement] if disagreement else []
    return found


def _valid_query(chance: Random, loaded: LoadedTwins, tally: Tally) -> tuple[str, CheckedQuery]:
    while True:
        text = random_query(chance)
        try:
            return text, checked(text, loaded)
        except QueryError as error:
            tally.refused += 1
            tally.refusals[error.code] += 1


def checked(text: str, loaded: LoadedTwins) -> CheckedQuery:
    """The checked query of a text.

    Raises:
        QueryError: it is refused.
    """
    return check_query(parse_query(text), loaded.models, loaded.graph.statistics, dialect="embedded")


def compare(
    text: str,
    query: CheckedQuery,
    loaded: LoadedTwins,
    documents: Documents,
    connection: duckdb.DuckDBPyConnection,
    tally: Tally,
) -> Disagreement | None:
    """Both answers to a valid query, where they differ."""
    wanted = evaluate(query, documents)
    result = run_query(text, loaded.models, loaded.graph, connection, _ROWS, dialect="embedded")
    tally.pairs += 1
    tally.with_rows += bool(wanted) and wanted != [{query.count: 0}]
    tally.matches += query.is_match
    tally.joins += bool(query.steps) and not query.is_match
    if _same(result.value, wanted):
        return None
    return Disagreement(text, result.value, wanted, result.sql, documents.twins, documents.relationships)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: in Python, 1 and true are equal too."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
