"""The history of an open plant. Nothing that became known after the plant's time limit ever leaves it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlglot.expressions as exp

from ..errors import UnknownNameError
from ..telemetry.sources import identifier
from ..times import iso
from .cells import plain
from .read import SOURCE
from .sql import SqlPlan, SqlResult, checked, explain, run
from .words import WordIndex

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ..twins.graph import TwinGraph

# What is known of a work order when it is opened; all else may have been written when it was closed.
_KNOWN_AT_OPENING = frozenset({"kind", "twin", "text", "time", "id", "priority", "title", SOURCE})


class HistoryStore:
    """Past work orders, alarms, notes and catalogues. Thread-safe: every call uses a cursor of its own.

    A work order that is closed after the time limit is shown as it stood before: `status` open, without `closed`,
    `duration_h` and whatever else may have been filled in when it was closed.
    """

    def __init__(
        self, cursor: Callable[[], DuckDBPyConnection], graph: TwinGraph, at: datetime, zone: ZoneInfo
    ) -> None:
        """Over the table that `write_history` wrote; months and days in SQL are those of `zone`."""
        self._open_cursor = cursor
        self._graph = graph
        self._at = at
        self._zone = zone
        self._lock = threading.Lock()

    def rows(self) -> int:
        """How many rows there are up to the time limit."""
        ((count,),) = self.cursor().execute("SELECT count(*) FROM history").fetchall()
        return int(count)

    def columns(self) -> list[str]:
        """The columns of `history`, in order."""
        return [name for name, _ in self._columns]

    def types(self) -> dict[str, str]:
        """The SQL type of each column."""
        return dict(self._columns)

    def kinds(self) -> dict[str, int]:
        """How many rows there are of each kind, most first."""
        query = "SELECT kind, count(*) FROM history GROUP BY kind ORDER BY count(*) DESC, kind"
        return {kind: int(count) for kind, count in self.cursor().execute(query).fetchall()}

    def search(
        self, words: str, *, twin: str | None = None, kind: str | None = None, limit: int = 20
    ) -> list[dict[str, Any]]:
        """Rows that hold any of the words (in any form: leak, leaks, leaking), best match first.

        Args:
            words: any text; marks have no meaning.
            twin: only rows of this twin and its parts.
            kind: only rows of this kind.

        Returns:
            Each row's columns that say anything, with `score` (BM25, higher is better) and `snippet`.

        Raises:
            UnknownNameError: no such twin or kind; the nearest names are suggested.
        """
        with self._lock:
            return self._words.search(words, self._twins(twin), self._kind(kind), limit)

    def sql(self, text: str, *, limit: int = 500) -> SqlResult:
        """The rows of one validated SELECT over the table `history`.

        `time` and `closed` are TIMESTAMPTZ, `duration_h` DOUBLE in hours. Some questions that planners ask::

            SELECT twin, count(*) AS orders FROM history WHERE kind = 'work_order' GROUP BY twin ORDER BY orders DESC
            SELECT code, count(*) AS n, median(duration_h) AS hours FROM history WHERE twin = 'pump-1' GROUP BY code
            SELECT strftime(time, '%Y-%m') AS month, count(*) AS n FROM history GROUP BY month ORDER BY month
            SELECT count(*) / 12.0 AS per_month FROM history WHERE code = 'SEAL' AND time >= '2025-01-01T00:00:00Z'
            SELECT max(time) AS last_time FROM history WHERE twin = 'pump-1' AND text ILIKE '%seal%'

        Raises:
            SqlError: it was refused, or took too long; `position` and the nearest names say where and what was meant.
        """
        return run(checked(text, {"history": self.types()}, self.tables), self.cursor(), limit)

    def explain(self, text: str) -> SqlPlan:
        """How a SELECT is understood and what it costs, without running it.

        Raises:
            SqlError: it was refused.
        """
        return explain(checked(text, {"history": self.types()}, self.tables), self.cursor())

    def _twins(self, twin: str | None) -> frozenset[str] | None:
        if twin is None:
            return None
        if twin in self._graph.twins:
            return frozenset(self._graph.within(twin))
        recorded = self._words.twins
        if twin not in recorded:
            raise UnknownNameError.of("twin", twin, {*self._graph.twins, *recorded})
        return frozenset({twin})

    def _kind(self, kind: str | None) -> str | None:
        kinds = {each.casefold(): each for each in self._words.kinds}
        if kind is not None and kind.casefold() not in kinds:
            raise UnknownNameError.of("kind of history", kind, kinds.values())
        return kinds[kind.casefold()] if kind is not None else None

    @cached_property
    def _words(self) -> WordIndex:
        """Built on first use over what can be read: an index over all of it would let later rows sway the ranking."""
        table = self.cursor().sql("SELECT * FROM history").to_arrow_table()
        return WordIndex(_plain_rows(table.to_pylist()))

    @cached_property
    def _columns(self) -> list[tuple[str, str]]:
        described = self._open_cursor().execute("DESCRIBE history_rows").fetchall()
        return [(name, kind) for name, kind, *_ in described]

    @cached_property
    def tables(self) -> list[str]:
        """Every table and view of the index, and of DuckDB's own catalogue."""
        query = "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views()"
        return [name for (name,) in self._open_cursor().execute(query).fetchall()]

    def cursor(self) -> DuckDBPyConnection:
        """A cursor of its own, with the view `history` on it, in which nothing that became known later can be seen."""
        cursor = self._open_cursor()
        cursor.execute(f"SET TimeZone = {exp.Literal.string(self._zone.key).sql('duckdb')}")
        at = f"TIMESTAMPTZ '{iso(self._at)}'"
        shown = ", ".join(_shown(name, at) for name in self.columns())
        visible = f"SELECT {shown} FROM history_rows WHERE time IS NULL OR time <= {at}"
        cursor.execute(f"CREATE OR REPLACE TEMP VIEW history AS {visible}")
        return cursor


def _shown(name: str, at: str) -> str:
    """A column as it stood at the time limit."""
    column = identifier(name)
    if name in _KNOWN_AT_OPENING:
        return column
    before = "CASE WHEN status IS NOT NULL THEN 'open' END" if name == "status" else "NULL"
    return f"CASE WHEN closed > {at} THEN {before} ELSE {column} END AS {column}"


def _plain_rows(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: plain(value) for name, value in row.items() if value is not None} for row in rows]


__all__ = ["HistoryStore", "SqlPlan", "SqlResult"]
