"""Which lines of a bulk-import file are plainly as the models declare, told in SQL.

The tests err on one side only: a line that passes is one that `load` has no word to say about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .columns import NUMBERS, Column
from .dtdl import ModelSet
from .dtdl.types import EnumSchema, Primitive, Property, RelationshipType, Schema
from .extract import EDGE_HEADS, TWIN_HEADS, Fields, quoted

if TYPE_CHECKING:
    import duckdb

_WHOLE = ("BIGINT", "UBIGINT")
_INTEGER_BITS = {"integer": 32, "long": 64}
# RFC 3339 in full; whatever else Python reads as a time is left to it.
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)"
_DAY = r"\d{4}-\d\d-\d\d"
# An escape for half of a character may stand for none; who reads it has to say so.
_ESCAPED = r"contains(lower(line), '\ud')"


def write_declared(connection: duckdb.DuckDBPyConnection, models: ModelSet) -> None:
    """Write what the models declare, for joining with lines.

    `declared_models` (model, declared), `declared_links` (source_model, link, target_model, link_names) and
    `declared_most` (source_model, link, most); `declared` and `link_names` are the names that a line may have.
    """
    heads = ["$dtId", "$etag", "$metadata"]
    rows = [(model, [*heads, *(each.name for each in _properties(models, model))]) for model in models]
    _write(connection, "declared_models", "model VARCHAR, declared VARCHAR[]", rows)
    links, most = [], []
    for model in models:
        for content in models.contents(model).values():
            if isinstance(content, RelationshipType):
                names = [*EDGE_HEADS, *(each.name for each in content.properties)]
                targets = models if content.target is None else models.descendants.get(content.target, [])
                links += [(model, content.name, target, names) for target in targets]
                if content.max_multiplicity is not None:
                    most.append((model, content.name, content.max_multiplicity))
    _write(
        connection,
        "declared_links",
        "source_model VARCHAR, link VARCHAR, target_model VARCHAR, link_names VARCHAR[]",
        links,
    )
    _write(connection, "declared_most", "source_model VARCHAR, link VARCHAR, most BIGINT", most)


def twin_names(models: ModelSet) -> list[str]:
    """The fields that `twin_test` reads."""
    return list(_schemas(_twin_properties(models)))


def twin_test(models: ModelSet, columns: Sequence[Column]) -> str:
    """The test of a line of a twin, for `staged_twins_of` with these columns, beside `declared` of its model."""
    fields = Fields(TWIN_HEADS, columns, twin_names(models))
    heads = "types[1:2] = ['VARCHAR', 'VARCHAR'] AND texts[1] <> '' AND coalesce(types[3], 'VARCHAR') = 'VARCHAR'"
    return _test(fields, heads, "declared", _schemas(_twin_properties(models)))


def edge_names(models: ModelSet) -> list[str]:
    """The fields that `edge_test` reads."""
    return list(_schemas(_edge_properties(models)))


def edge_test(models: ModelSet, columns: Sequence[Column]) -> str:
    """The test of a line of a relationship, whatever its ends; `link_names` then has to have all of its `own_names`."""
    fields = Fields(EDGE_HEADS, columns, edge_names(models))
    heads = (
        "types[1:4] = ['VARCHAR', 'VARCHAR', 'VARCHAR', 'VARCHAR'] AND texts[3] <> '' "
        "AND coalesce(types[5], 'VARCHAR') = 'VARCHAR'"
    )
    return _test(fields, heads, None, _schemas(_edge_properties(models)))


def _twin_properties(models: ModelSet) -> list[Property]:
    return [each for model in models for each in _properties(models, model)]


def _edge_properties(models: ModelSet) -> list[Property]:
    links = [each for model in models for each in models.contents(model).values() if isinstance(each, RelationshipType)]
    return [each for link in links for each in link.properties]


def _schemas(properties: Iterable[Property]) -> dict[str, set[Schema]]:
    found: dict[str, set[Schema]] = {}
    for each in properties:
        found.setdefault(each.name, set()).add(each.schema)
    return found


def _properties(models: ModelSet, model: str) -> list[Property]:
    return [each for each in models.contents(model).values() if isinstance(each, Property)]


def _test(fields: Fields, heads: str, declared: str | None, schemas: dict[str, set[Schema]]) -> str:
    """A test that is never unknown: each field is plainly of its schema, and there are no others."""
    # a name that models declare in several ways is left to the reader
    plain = [_fits(fields.at(name), found.pop()) for name, found in schemas.items() if len(found) == 1]
    count = " + ".join(["0", *(f"coalesce({each}, false)::INTEGER" for each in plain if each)])
    # of two fields of one name, JSON readers take now the first, now the last
    tests = [heads, f"{fields.own()} = {count}", "list_unique(names) = len(names)", f"NOT {_ESCAPED}"]
    if declared:
        tests.append(f"list_has_all({declared}, names)")
    return f"coalesce({' AND '.join(tests)}, false)"


def _fits(at: int, schema: Schema) -> str | None:
    """The test that a field is there and plainly of its schema; None where that can't be told here."""
    kind, text = f"types[{at}]", f"texts[{at}]"
    if isinstance(schema, EnumSchema):
        values = ", ".join(quoted(str(each.value)) for each in schema.values)
        kinds = _WHOLE if schema.value_schema == "integer" else ("VARCHAR",)
        return f"({kind} IN {_listed(kinds)} AND {text} IN ({values}))"
    test = _plain_test(schema.name, kind, text) if isinstance(schema, Primitive) else None
    return f"({test})" if test else None


def _plain_test(schema: str, kind: str, text: str) -> str | None:
    if schema in ("double", "float"):
        # 1e999 is a number in JSON, but no other is infinite
        return f"{kind} IN {_listed(NUMBERS)} AND isfinite(TRY_CAST({text} AS DOUBLE))"
    if schema in _INTEGER_BITS:
        limit = 1 << (_INTEGER_BITS[schema] - 1)
        return f"{kind} IN {_listed(_WHOLE)} AND TRY_CAST({text} AS INT128) BETWEEN {-limit} AND {limit - 1}"
    tests = {
        "boolean": f"{kind} = 'BOOLEAN'",
        "string": f"{kind} = 'VARCHAR'",
        "date": f"{kind} = 'VARCHAR' AND regexp_full_match({text}, '{_DAY}') AND TRY_CAST({text} AS DATE) IS NOT NULL",
        "dateTime": f"{kind} = 'VARCHAR' AND regexp_full_match({text}, '{_TIME}') "
        f"AND TRY_CAST({text} AS TIMESTAMPTZ) IS NOT NULL",
    }
    return tests.get(schema)


def _write(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
    if rows:
        marks = ", ".join(f"${at}" for at in range(1, len(rows[0]) + 1))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _listed(names: Iterable[str]) -> str:
    return f"({', '.join(quoted(each) for each in names)})"
