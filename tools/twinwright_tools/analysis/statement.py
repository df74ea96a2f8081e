"""One checked SELECT over the relations of an analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlglot.expressions as exp

from ..history.check import parsed
from ..history.sql import SqlResult, checked, run
from .relations import TABLES, Relations, Window

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from ..plant import Plant

MOST_RESULT_ROWS = 1000


@dataclass(frozen=True)
class Selected:
    """Rows of a statement, and the relations that it read."""

    result: SqlResult
    reads: tuple[str, ...]
    columns: dict[str, list[str]]


def select(plant: Plant, text: str, window: Window, limit: int = MOST_RESULT_ROWS) -> Selected:
    """The rows of one read-only SELECT over twins, signals, grid, samples and history.

    It is held to the same rules as SQL over history, by the same code: an allow-list on sqlglot's tree, the same again
    on DuckDB's own, a connection that can neither write nor open a file, and limits of work, time and memory. Relations
    that the text doesn't name are never made.

    Raises:
        SqlError: it was refused, or took too long; `position` and the nearest names say where and what was meant.
        InputError: a relation that it names needs signals or a window, or would be too large.
    """
    named = {table.name.casefold() for table in parsed(text, TABLES).find_all(exp.Table)}
    relations = Relations(plant, window)
    made = {name: relations.build(name) for name in TABLES if name in named and name != "history"}
    cursor = plant.history.cursor()
    types: dict[str, dict[str, str]] = {name: {} for name in TABLES}
    types["history"] = plant.history.types()
    for name, table in made.items():
        types[name] = _loaded(cursor, name, table)
    statement = checked(text, types, plant.history.tables)
    result = run(statement, cursor, limit)
    return Selected(result, statement.reads, {name: list(types[name]) for name in statement.reads})


def _loaded(cursor: DuckDBPyConnection, name: str, table: pa.Table) -> dict[str, str]:
    """Puts a relation into a temporary table of this cursor alone; its columns' SQL types."""
    cursor.register("made_relation", table)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM made_relation")
    cursor.unregister("made_relation")
    return {column: kind for column, kind, *_ in cursor.execute(f"DESCRIBE {name}").fetchall()}
