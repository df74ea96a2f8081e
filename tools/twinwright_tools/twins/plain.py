"""Which lines of a bulk-import file are plainly as the models declare, told in SQL.

The tests err on one side only: a line that passes is one that `load` has no word to say about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .columns import NUMBERS, pointer
from .dtdl import ModelSet
from .dtdl.types import EnumSchema, Primitive, Property, RelationshipType, Schema

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

    `declared_models` (model, names), `declared_links` (source_model, link, target_model, link_names) and `declared_most`
    (source_model, link, most), `names` being those of properties that can be told to be plain.
    """
    rows = [(model, [each.name for each in _properties(models, model)]) for model in models]
    _write(connection, "declared_models", "model VARCHAR, names VARCHAR[]", rows)
    links, most = [], []
    for model in models:
        for content in models.contents(model).values():
            if isinstance(content, RelationshipType):
                names = [each.name for each in content.properties]
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


def twin_test(models: ModelSet) -> str:
    """The test of a line of a twin with `heads`, `head_types` and its row of `declared_models`."""
    properties = [each for model in models for each in _properties(models, model)]
    heads = "head_types[1:2] = ['VARCHAR', 'VARCHAR'] AND heads[1] <> '' AND coalesce(head_types[3], 'VARCHAR') = 'VARCHAR'"
    return _test(heads, "names", properties)


def edge_test(models: ModelSet) -> str:
    """The test of a line of a relationship with `heads`, `head_types` and its row of `declared_links`."""
    links = [each for model in models for each in models.contents(model).values() if isinstance(each, RelationshipType)]
    heads = (
        "head_types[1:4] = ['VARCHAR', 'VARCHAR', 'VARCHAR', 'VARCHAR'] AND heads[3] <> '' "
        "AND coalesce(head_types[5], 'VARCHAR') = 'VARCHAR'"
    )
    return _test(heads, "link_names", [each for link in links for each in link.properties])


def _properties(models: ModelSet, model: str) -> list[Property]:
    return [each for each in models.contents(model).values() if isinstance(each, Property)]


def _test(heads: str, names: str, properties: Iterable[Property]) -> str:
    """A test that is never unknown."""
    schemas: dict[str, set[Schema]] = {}
    for each in properties:
        schemas.setdefault(each.name, set()).add(each.schema)
    own = "list_filter(json_keys(line), lambda name: NOT starts_with(name, '$'))"
    # a name that models declare in several ways is left to the reader
    tests = [_fits(name, at, found.pop() if len(found) == 1 else None) for at, (name, found) in enumerate(schemas.items(), 1)]
    places = ", ".join(_quoted(pointer([name])) for name in schemas)
    # of two fields of one name, JSON readers take now the first, now the last
    declared = f"list_has_all({names}, {own}) AND list_unique(json_keys(line)) = len(json_keys(line))"
    whole = f"json_type(line) = 'OBJECT' AND {heads} AND {names} IS NOT NULL AND {declared} AND NOT {_ESCAPED}"
    if not tests:
        return f"coalesce({whole}, false)"
    # both lists are made once a line, and the tests read them by number
    lists = f"[{{'types': json_type(line, [{places}]), 'texts': json_extract_string(line, [{places}])}}]"
    fits = f"list_transform({lists}, lambda own: {' AND '.join(tests)})[1]"
    return f"coalesce({whole} AND {fits}, false)"


def _fits(name: str, at: int, schema: Schema | None) -> str:
    """The test that a property is missing or plainly of its schema."""
    kind, text = f"own.types[{at}]", f"own.texts[{at}]"
    missing = f"{kind} IS NULL"
    if isinstance(schema, EnumSchema):
        values = ", ".join(_quoted(str(each.value)) for each in schema.values)
        kinds = _WHOLE if schema.value_schema == "integer" else ("VARCHAR",)
        return f"({missing} OR coalesce({kind} IN {_listed(kinds)} AND {text} IN ({values}), false))"
    test = _plain_test(schema.name, kind, text) if isinstance(schema, Primitive) else None
    return f"({missing} OR coalesce({test}, false))" if test else f"({missing})"


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


def _write(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: list[tuple[object, ...]]) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
    if rows:
        marks = ", ".join(f"${at}" for at in range(1, len(rows[0]) + 1))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _listed(names: Iterable[str]) -> str:
    return f"({', '.join(_quoted(each) for each in names)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
