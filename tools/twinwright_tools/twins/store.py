"""Models, twins and relationships as DuckDB tables: what twin queries are compiled to.

Twins and relationships have whole numbers (`nid`, `eid`) in the order of their ids, so that a table in the order of its
numbers is in the order of its ids as well, and DuckDB finds a few of them without reading the rest::

    twins   nid, place, id, model, etag, odd, document, typed columns     in the order of id
    edges   eid, place, source, target, name, id, etag, odd, document, …  in the order of source, id
    links   node, other, name, eid, forward                               each edge seen from both ends, by node
    models  number, id          relationship_names  number, id            about_twins  statistics, models

`document` is the whole JSON object, `place` its position in the files, `source`, `target`, `node` and `other` are twins'
numbers, `odd` says that not all of a document stands in typed columns (see `columns`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from .columns import JSON_TYPES, SQL_TYPES, Column, layout_of
from .dtdl import ModelSet
from .graph import Relationship, Twin
from .load import LoadedTwins
from .summary import write_summary

if TYPE_CHECKING:
    import duckdb

_STAGED = {
    "staged_twins": "place BIGINT, id VARCHAR, model VARCHAR, etag VARCHAR, document JSON",
    "staged_edges": "place BIGINT, source VARCHAR, id VARCHAR, name VARCHAR, target VARCHAR, etag VARCHAR, document JSON",
}
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
    stage(connection)
    stage_twins(connection, enumerate(twins))
    stage_relationships(connection, enumerate(relationships))
    write_staged(connection, models)


def stage(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty tables `staged_twins` and `staged_edges`, which `write_staged` makes a store of."""
    for name, columns in _STAGED.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")


def stage_twins(connection: duckdb.DuckDBPyConnection, twins: Iterable[tuple[int, Twin]]) -> None:
    """Add twins, each with its place, to `staged_twins`."""
    _insert(connection, "staged_twins", (_twin_row(*each) for each in twins))


def stage_relationships(
    connection: duckdb.DuckDBPyConnection, relationships: Iterable[tuple[int, Relationship]]
) -> None:
    """Add relationships, each with its place, to `staged_edges`."""
    _insert(connection, "staged_edges", (_edge_row(*each) for each in relationships))


def write_staged(connection: duckdb.DuckDBPyConnection, models: ModelSet) -> None:
    """Make the store of what is staged, which is used up."""
    layout = layout_of(models)
    _write_numbers(connection, "models", layout.models, "SELECT DISTINCT model FROM staged_twins")
    _write_numbers(connection, "relationship_names", layout.names, "SELECT DISTINCT name FROM staged_edges")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE sorted_twins AS SELECT t.* REPLACE (m.number AS model) "
        "FROM staged_twins t JOIN models m ON m.id = t.model ORDER BY t.id"
    )
    connection.execute("DROP TABLE staged_twins")
    head = "rowid::INTEGER AS nid, place, id, model, etag"
    connection.execute(f"CREATE OR REPLACE TABLE twins AS {_typed('sorted_twins', head, layout.twins)}")
    connection.execute("DROP TABLE sorted_twins")
    connection.execute("CREATE UNIQUE INDEX twins_id ON twins (id)")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE sorted_edges AS "
        "SELECT e.place, s.nid AS source, t.nid AS target, n.number AS name, e.id, e.etag, e.document "
        "FROM staged_edges e JOIN twins s ON s.id = e.source JOIN twins t ON t.id = e.target "
        "JOIN relationship_names n ON n.id = e.name ORDER BY s.nid, e.id"
    )
    connection.execute("DROP TABLE staged_edges")
    head = "rowid::INTEGER AS eid, place, source, target, name, id, etag"
    connection.execute(f"CREATE OR REPLACE TABLE edges AS {_typed('sorted_edges', head, layout.relationships)}")
    connection.execute("DROP TABLE sorted_edges")
    connection.execute(
        "CREATE OR REPLACE TABLE links AS SELECT source AS node, target AS other, name, eid, true AS forward FROM edges "
        "UNION ALL SELECT target, source, name, eid, false FROM edges ORDER BY node, eid, forward"
    )
    write_summary(connection)


def _write_numbers(connection: duckdb.DuckDBPyConnection, table: str, known: dict[str, int], used: str) -> None:
    """Write a table of names and their numbers; names that aren't known come after those that are."""
    connection.execute(f"CREATE OR REPLACE TABLE {table} (number INTEGER NOT NULL, id VARCHAR NOT NULL)")
    names = list(known)
    connection.execute(
        f"INSERT INTO {table} SELECT unnest($1::INTEGER[]), unnest($2::VARCHAR[])", [[known[each] for each in names], names]
    )
    connection.execute(
        f"INSERT INTO {table} SELECT {len(names)} - 1 + row_number() OVER (ORDER BY name), name "
        f"FROM ({used}) AS used (name) WHERE name NOT IN (SELECT id FROM {table})"
    )


def _typed(table: str, head: str, columns: tuple[Column, ...]) -> str:
    """A query for a table's rows with their typed columns."""
    own = "len(list_filter(json_keys(document), lambda name: NOT starts_with(name, '$')))"
    if not columns:
        return f"SELECT {head}, {own} > 0 AS odd, document FROM {table}"
    pointers = ", ".join(_quoted(each.pointer) for each in columns)
    found = (
        f"SELECT *, rowid, json_type(document, [{pointers}]) AS types, "
        f"json_extract_string(document, [{pointers}]) AS texts FROM {table}"
    )
    typed = ", ".join(_cast(*each) for each in enumerate(columns, start=1))
    return f"SELECT {head}, document, {typed}, {own} <> {_held(columns)} AS odd FROM ({found})"


def _cast(at: int, column: Column) -> str:
    types = ", ".join(_quoted(each) for each in JSON_TYPES[column.kind])
    value = f"TRY_CAST(texts[{at}] AS {SQL_TYPES[column.kind]})"
    return f'CASE WHEN types[{at}] IN ({types}) THEN {value} END AS "{column.name}"'


def _held(columns: tuple[Column, ...]) -> str:
    """How many of a document's own fields stand in typed columns."""
    tops: dict[str, list[str]] = {}
    for each in columns:
        if len(each.place) == 1:
            tops.setdefault(each.place[0], []).append(f'"{each.name}" IS NOT NULL')
    return " + ".join(["0", *(f"({' OR '.join(tests)})::INTEGER" for tests in tops.values())])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _twin_row(place: int, twin: Twin) -> tuple[Any, ...]:
    head = {"$dtId": twin.id} | ({"$etag": twin.etag} if twin.etag else {})
    document = head | twin.properties | {"$metadata": {"$model": twin.model, **twin.metadata}}
    return place, twin.id, twin.model, twin.etag, _json(document)


def _edge_row(place: int, edge: Relationship) -> tuple[Any, ...]:
    head = {"$relationshipId": edge.id, "$relationshipName": edge.name}
    head |= {"$sourceId": edge.source, "$targetId": edge.target} | ({"$etag": edge.etag} if edge.etag else {})
    return place, edge.source, edge.id, edge.name, edge.target, edge.etag, _json(head | edge.properties)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterator[tuple[Any, ...]]) -> None:
    """Insert through Arrow, some thousand rows at a time: a row at a time costs a millisecond each."""
    import pyarrow as pa

    names = [each.split()[0] for each in _STAGED[table].split(", ")]
    types = [pa.int64() if each == "place" else pa.string() for each in names]
    schema = pa.schema(list(zip(names, types, strict=True)))
    while batch := list(islice(rows, _BATCH)):
        columns = [pa.array(each, type=kind) for each, kind in zip(zip(*batch, strict=True), types, strict=True)]
        connection.register("batch", pa.Table.from_arrays(columns, schema=schema))
        connection.execute(f"INSERT INTO {table} SELECT * FROM batch")
        connection.unregister("batch")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
