"""Models, twins and relationships as DuckDB tables: what twin queries are compiled to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .load import LoadedTwins

if TYPE_CHECKING:
    import duckdb

_TABLES = {
    "twins": "id VARCHAR PRIMARY KEY, model VARCHAR NOT NULL, etag VARCHAR, properties JSON NOT NULL",
    "relationships": "source VARCHAR NOT NULL, id VARCHAR NOT NULL, name VARCHAR NOT NULL, target VARCHAR NOT NULL, "
    "properties JSON NOT NULL, PRIMARY KEY (source, id)",
    "model_lineage": "model VARCHAR NOT NULL, ancestor VARCHAR NOT NULL, PRIMARY KEY (model, ancestor)",
}


def write_tables(connection: duckdb.DuckDBPyConnection, loaded: LoadedTwins) -> None:
    """Write the tables `twins`, `relationships` and `model_lineage`, in place of those that are there.

    `properties` hold the documents as the files have them, without the fields that start with ``$``.
    """
    graph = loaded.graph
    twins = [(each.id, each.model, each.etag, _json(each.properties)) for each in graph.twins.values()]
    relationships = [
        (each.source, each.id, each.name, each.target, _json(each.properties)) for each in graph.relationships
    ]
    known = dict.fromkeys([*loaded.models, *(each.model for each in graph.twins.values())])
    lineage = [(model, ancestor) for model in known for ancestor in loaded.models.lineage(model)]
    for name, rows in (("twins", twins), ("relationships", relationships), ("model_lineage", lineage)):
        connection.execute(f"CREATE OR REPLACE TABLE {name} ({_TABLES[name]})")
        _insert(connection, name, rows)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """One statement for all rows: a statement a row costs a millisecond each."""
    if not rows:
        return
    columns = ", ".join(f"unnest(${index})" for index in range(1, len(rows[0]) + 1))
    connection.execute(f"INSERT INTO {table} SELECT {columns}", [list(column) for column in zip(*rows, strict=True)])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
