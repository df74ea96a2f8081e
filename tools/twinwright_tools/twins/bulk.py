"""Large bulk-import files straight into the store: a million twins without a million Python objects.

DuckDB reads and tests every line. What is plainly as its model declares goes from there into the store; any other line,
from a misspelled property to broken JSON, is handed to the reader of small plants, which says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..plant.problems import Problem
from .columns import layout_of
from .dtdl import ModelSet
from .files import GRAPH_FILE, Record, Section, parse_json, read_model_files, read_sections
from .flow import Flows
from .graph import Relationship, Twin
from .load import GraphReader, assumed_flows, read_models, too_many
from .plain import edge_names, edge_test, twin_names, twin_test, write_declared
from .store import stage, stage_relationships, stage_twins, staged_edges_of, staged_twins_of, write_staged
from .stored import write_origin

if TYPE_CHECKING:
    import duckdb

# Below it, the start of all this takes longer than it saves.
_LARGE = 8_000_000
_BATCH = 200_000

_RAW = {"Twins": "raw_twins", "Relationships": "raw_edges"}


def is_bulk(folder: Path) -> bool:
    """Whether the twins of a folder stand in bulk-import files that are large."""
    if (folder / GRAPH_FILE).is_file():
        return False
    return sum(path.stat().st_size for path in folder.glob("*.ndjson")) >= _LARGE


def write_bulk(
    connection: duckdb.DuckDBPyConnection, folder: Path, flows: Flows, progress: Callable[[str], None]
) -> None:
    """Write all tables of the store from a folder's bulk-import files."""
    problems: list[Problem] = []
    for table in _RAW.values():
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} (place BIGINT, file VARCHAR, number BIGINT, line VARCHAR)"
        )
    progress("reading twins")
    model_records = _read_lines(connection, folder, problems)
    model_records = model_records or read_model_files(folder, problems)
    models = read_models(model_records, problems)
    stage(connection, models)
    write_declared(connection, models)
    reader = GraphReader(models, problems)
    progress("checking twins")
    _stage_twins(connection, models, reader)
    progress("checking relationships")
    _stage_edges(connection, models, reader)
    problems += _multiplicities(connection, models)
    names = connection.execute("SELECT name FROM staged_edges GROUP BY name ORDER BY min(place)").fetchall()
    problems += assumed_flows((name for (name,) in names), flows)
    progress("sorting twins")
    write_staged(connection, models)
    write_origin(connection, model_records, problems)


def _read_lines(connection: duckdb.DuckDBPyConnection, folder: Path, problems: list[Problem]) -> list[Record]:
    """The lines of twins and relationships as raw tables; the models."""
    models: list[Record] = []
    place = 0
    for path in sorted(folder.glob("*.ndjson")):
        file = path.relative_to(folder).as_posix()
        for part in read_sections(path, file, problems, _BATCH):
            if part.name == "Models":
                models += _records(part, problems)
            elif part.name in _RAW:
                _insert_lines(connection, _RAW[part.name], part, place)
            place += len(part.lines)
    return models


def _records(part: Section, problems: list[Problem]) -> Iterator[Record]:
    for number, line in zip(part.numbers, part.lines, strict=True):
        value = parse_json(line, part.file, problems, number)
        if value is not None:
            yield Record(value, part.file, f"line {number}")


def _insert_lines(connection: duckdb.DuckDBPyConnection, table: str, part: Section, place: int) -> None:
    import pyarrow as pa

    count = len(part.lines)
    columns = {
        "place": pa.array(range(place, place + count), pa.int64()),
        "number": pa.array(part.numbers, pa.int64()),
        "line": pa.array(part.lines, pa.string()),
    }
    connection.register("batch", pa.table(columns))
    connection.execute(f"INSERT INTO {table} SELECT place, $1, number, line FROM batch", [part.file])
    connection.unregister("batch")


def _stage_twins(connection: duckdb.DuckDBPyConnection, models: ModelSet, reader: GraphReader) -> None:
    columns = layout_of(models).twins
    lines = "(SELECT r.*, d.declared FROM raw_twins r LEFT JOIN declared_models d "
    lines += "ON d.model = json_extract_string(r.line, '/$metadata/$model') WHERE json_valid(r.line))"
    test = f"{twin_test(models, columns)} AS plain"
    query = staged_twins_of(lines, columns, twin_names(models), test)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE read_twins AS {query}")
    # of several twins with one id the first counts, which the reader sees to
    connection.execute(
        "UPDATE read_twins SET plain = false WHERE id IN (SELECT id FROM read_twins GROUP BY id HAVING count(*) > 1)"
    )
    kept: list[tuple[int, Twin]] = []
    for place, record in _doubtful(connection, "raw_twins", reader.problems):
        known = len(reader.twins)
        reader.add_twin(record)
        if len(reader.twins) > known:
            kept.append((place, next(reversed(reader.twins.values()))))
    _take_plain(connection, "twins")
    stage_twins(connection, models, kept)


def _take_plain(connection: duckdb.DuckDBPyConnection, what: str) -> None:
    """Make the plain lines what is staged, without copying them."""
    for statement in (
        f"DROP TABLE raw_{what}",
        f"DROP TABLE staged_{what}",
        f"DELETE FROM read_{what} WHERE NOT plain",
        f"ALTER TABLE read_{what} DROP COLUMN plain",
        f"ALTER TABLE read_{what} RENAME TO staged_{what}",
    ):
        connection.execute(statement)


def _doubtful(
    connection: duckdb.DuckDBPyConnection, table: str, problems: list[Problem]
) -> Iterator[tuple[int, Record]]:
    """The records of the lines that aren't plain, in order; lines that are no JSON are reported."""
    plain = f"SELECT place FROM {table.replace('raw', 'read')} WHERE plain"
    # some at a time: where a file fits no model, all of its lines are doubtful
    found = connection.execute(
        f"SELECT place, file, number, line FROM {table} WHERE place NOT IN ({plain}) ORDER BY place"
    )
    while rows := found.fetchmany(_BATCH):
        for place, file, number, line in rows:
            value = parse_json(line, file, problems, number)
            if value is not None:
                yield place, Record(value, file, f"line {number}")


def _stage_edges(connection: duckdb.DuckDBPyConnection, models: ModelSet, reader: GraphReader) -> None:
    columns = layout_of(models).relationships
    test = f"{edge_test(models, columns)} AS fits, names AS own_names"
    lines = "(SELECT * FROM raw_edges WHERE json_valid(line))"
    query = staged_edges_of(lines, columns, edge_names(models), test)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE read_edges AS SELECT e.* EXCLUDE (fits, own_names), "
        f"coalesce(fits AND list_has_all(d.link_names, own_names), false) AS plain FROM ({query}) AS e "
        "LEFT JOIN staged_twins s ON s.id = e.source LEFT JOIN staged_twins t ON t.id = e.target "
        "LEFT JOIN declared_links d ON d.source_model = s.model AND d.link = e.name AND d.target_model = t.model"
    )
    connection.execute(
        "UPDATE read_edges SET plain = false FROM "
        "(SELECT source, id FROM read_edges GROUP BY ALL HAVING count(*) > 1) AS twice "
        "WHERE read_edges.source = twice.source AND read_edges.id = twice.id"
    )
    _fetch_ends(connection, reader)
    kept: list[tuple[int, Relationship]] = []
    for place, record in _doubtful(connection, "raw_edges", reader.problems):
        known = len(reader.relationships)
        reader.add_relationship(record)
        if len(reader.relationships) > known:
            kept.append((place, next(reversed(reader.relationships.values()))))
    _take_plain(connection, "edges")
    stage_relationships(connection, models, kept)


def _fetch_ends(connection: duckdb.DuckDBPyConnection, reader: GraphReader) -> None:
    """Give the reader the twins at the ends of doubtful relationships."""
    ends = "SELECT unnest(json_extract_string(line, ['/$sourceId', '/$dtId', '/$targetId'])) FROM raw_edges "
    ends += "WHERE place NOT IN (SELECT place FROM read_edges WHERE plain) AND json_valid(line)"
    rows = connection.execute(f"SELECT id, model FROM staged_twins WHERE id IN ({ends})").fetchall()
    reader.twins.update({twin: Twin(twin, model) for twin, model in rows})


def _multiplicities(connection: duckdb.DuckDBPyConnection, models: ModelSet) -> Iterator[Problem]:
    """Twins with more relationships of a name than their model allows."""
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT e.source, e.name, count(*), any_value(d.most) "
        "FROM staged_edges e JOIN staged_twins s ON s.id = e.source "
        "JOIN declared_most d ON d.source_model = s.model AND d.link = e.name GROUP BY e.source, e.name "
        "HAVING count(*) > any_value(d.most) ORDER BY min(e.place)"
    ).fetchall()
    for source, name, count, most in rows:
        yield too_many(source, name, count, most)
