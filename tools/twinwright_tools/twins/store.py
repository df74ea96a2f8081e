"""Models, twins and relationships as DuckDB tables: what twin queries are compiled to.

Twins and relationships have whole numbers (`nid`, `eid`) in the order of their ids, so that a table in the order of its
numbers is in the order of its ids as well, and DuckDB finds a few of them without reading the rest::

    twins   nid, place, id, model, etag, odd, document, typed columns     in the order of id
    edges   eid, place, source, target, name, id, etag, odd, document, …  in the order of source, id
    links   node, other, name, eid, forward                               each edge seen from both ends, by node
    models  number, id          relationship_names  number, id            about_twins  statistics, models

`document` is the whole JSON object, `place` its position in the files; `source`, `target`, `node` and `other` are
numbers of twins; `odd` says that not all of a document stands in typed columns (see `columns`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from .columns import SQL_TYPES, Column, layout_of
from .dtdl import ModelSet
from .extract import EDGE_HEADS, TWIN_HEADS, Fields
from .graph import Relationship, Twin
from .load import LoadedTwins
from .summary import write_summary

if TYPE_CHECKING:
    import duckdb

_TWIN_COLUMNS = ("id", "model", "etag")
_EDGE_COLUMNS = ("source", "id", "name", "target", "etag")
_BATCH = 50_000


def write_tables(connection: duckdb.DuckDBPyConnection, loaded: LoadedTwins) -> None:
    """Write all tables of the store, in place of those that are there."""
    write_graph(connection, loaded.models, loaded.graph.twins.values(), loaded.graph.relationships)


def write_graph(
    connection: duckdb.DuckDBPyConnection,
    models: ModelSet,
    twins: Iterable[Twin],
    relationships: Iterable[Relationship],
) -> None:
    """Write the store of these twins and relationships, whose ends must be among the twins; each is taken once."""
    stage(connection, models)
    stage_twins(connection, models, enumerate(twins))
    stage_relationships(connection, models, enumerate(relationships))
    write_staged(connection, models)


def stage(connection: duckdb.DuckDBPyConnection, models: ModelSet) -> None:
    """Make the empty tables `staged_twins` and `staged_edges`, which `write_staged` makes a store of."""
    layout = layout_of(models)
    # a zone decides what a time without one means; the store's is UTC
    connection.execute("SET TimeZone = 'UTC'")
    _make(connection, "staged_twins", _TWIN_COLUMNS, layout.twins)
    _make(connection, "staged_edges", _EDGE_COLUMNS, layout.relationships)


def stage_twins(connection: duckdb.DuckDBPyConnection, models: ModelSet, twins: Iterable[tuple[int, Twin]]) -> None:
    """Add twins, each with its place, to `staged_twins`."""
    columns = layout_of(models).twins
    rows = ((place, twin_text(twin)) for place, twin in twins)
    _insert(connection, f"INSERT INTO staged_twins {staged_twins_of('batch', columns)}", rows)


def stage_relationships(
    connection: duckdb.DuckDBPyConnection, models: ModelSet, relationships: Iterable[tuple[int, Relationship]]
) -> None:
    """Add relationships, each with its place, to `staged_edges`."""
    columns = layout_of(models).relationships
    rows = ((place, edge_text(edge)) for place, edge in relationships)
    _insert(connection, f"INSERT INTO staged_edges {staged_edges_of('batch', columns)}", rows)


def staged_twins_of(table: str, columns: Sequence[Column], more: Iterable[str] = (), test: str = "") -> str:
    """A query for rows of `staged_twins` from the columns `place` and `line` of a table.

    Args:
        more: fields of the top that `test` reads beside those of the columns; `test` makes one more column.
    """
    return _staged(table, Fields(TWIN_HEADS, columns, more), _TWIN_COLUMNS, test)


def staged_edges_of(table: str, columns: Sequence[Column], more: Iterable[str] = (), test: str = "") -> str:
    """A query for rows of `staged_edges`, as `staged_twins_of`."""
    return _staged(table, Fields(EDGE_HEADS, columns, more), _EDGE_COLUMNS, test)


def _staged(table: str, fields: Fields, names: Sequence[str], test: str) -> str:
    heads = ", ".join(fields.head(at, name) for at, name in enumerate(names))
    columns = ", ".join([heads, "line AS document", *fields.typed(), *([test] if test else [])])
    return f"SELECT place, {columns} FROM ({fields.reading(table, 'line')})"


def _make(connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], columns: Sequence[Column]) -> None:
    heads = ", ".join(f"{name} VARCHAR" for name in names)
    typed = "".join(f', "{each.name}" {SQL_TYPES[each.kind]}' for each in columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} (place BIGINT, {heads}, document JSON{typed}, odd BOOLEAN)"
    )


def write_staged(connection: duckdb.DuckDBPyConnection, models: ModelSet) -> None:
    """Make the store of what is staged, which is used up."""
    layout = layout_of(models)
    _write_numbers(connection, "models", layout.models, "SELECT DISTINCT model FROM staged_twins")
    _write_numbers(connection, "relationship_names", layout.names, "SELECT DISTINCT name FROM staged_edges")
    connection.execute(
        "CREATE OR REPLACE TABLE twins AS SELECT (row_number() OVER () - 1)::INTEGER AS nid, * FROM "
        "(SELECT t.* REPLACE (m.number AS model) FROM staged_twins t JOIN models m ON m.id = t.model ORDER BY t.id)"
    )
    connection.execute("DROP TABLE staged_twins")
    connection.execute("CREATE UNIQUE INDEX twins_id ON twins (id)")
    connection.execute(
        "CREATE OR REPLACE TABLE edges AS SELECT (row_number() OVER () - 1)::INTEGER AS eid, * FROM "
        "(SELECT e.* REPLACE (s.nid AS source, t.nid AS target, n.number AS name) "
        "FROM staged_edges e JOIN twins s ON s.id = e.source JOIN twins t ON t.id = e.target "
        "JOIN relationship_names n ON n.id = e.name ORDER BY s.nid, e.id)"
    )
    connection.execute("DROP TABLE staged_edges")
    connection.execute(
        "CREATE OR REPLACE TABLE links AS "
        "SELECT source AS node, target AS other, name, eid, true AS forward FROM edges "
        "UNION ALL SELECT target, source, name, eid, false FROM edges ORDER BY node, eid, forward"
    )
    write_summary(connection)


def _write_numbers(connection: duckdb.DuckDBPyConnection, table: str, known: dict[str, int], used: str) -> None:
    """Write a table of names and their numbers; names that aren't known come after those that are."""
    connection.execute(f"CREATE OR REPLACE TABLE {table} (number INTEGER NOT NULL, id VARCHAR NOT NULL)")
    names = list(known)
    connection.execute(
        f"INSERT INTO {table} SELECT unnest($1::INTEGER[]), unnest($2::VARCHAR[])",
        [[known[each] for each in names], names],
    )
    connection.execute(
        f"INSERT INTO {table} SELECT {len(names)} - 1 + row_number() OVER (ORDER BY name), name "
        f"FROM ({used}) AS used (name) WHERE name NOT IN (SELECT id FROM {table})"
    )


def twin_text(twin: Twin) -> str:
    """A twin's whole document."""
    head = {"$dtId": twin.id} | ({"$etag": twin.etag} if twin.etag else {})
    return _json(head | twin.properties | {"$metadata": {"$model": twin.model, **twin.metadata}})


def edge_text(edge: Relationship) -> str:
    """A relationship's whole document."""
    head = {"$relationshipId": edge.id, "$relationshipName": edge.name}
    head |= {"$sourceId": edge.source, "$targetId": edge.target} | ({"$etag": edge.etag} if edge.etag else {})
    return _json(head | edge.properties)


def _insert(connection: duckdb.DuckDBPyConnection, statement: str, rows: Iterator[tuple[int, str]]) -> None:
    """Run a statement on a table `batch` of places and lines, some thousand rows at a time.

    The rows go through Arrow: one at a time would cost a millisecond each.
    """
    import pyarrow as pa

    schema = pa.schema([("place", pa.int64()), ("line", pa.string())])
    while batch := list(islice(rows, _BATCH)):
        columns = [pa.array(each, type=kind) for each, kind in zip(zip(*batch, strict=True), schema.types, strict=True)]
        connection.register("batch", pa.Table.from_arrays(columns, schema=schema))
        connection.execute(statement)
        connection.unregister("batch")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
