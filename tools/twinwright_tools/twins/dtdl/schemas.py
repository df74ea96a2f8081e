"""Reading DTDL schemas: primitives, enums, maps, objects, arrays, and references to an interface's `schemas`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from .names import is_dtmi
from .reader import DefectError, Node, describe
from .types import (
    GEOSPATIAL,
    NUMERIC,
    PRIMITIVES,
    ArraySchema,
    EnumSchema,
    EnumValue,
    Field,
    MapSchema,
    ObjectSchema,
    Primitive,
    Quantity,
    Schema,
)
from .units import SEMANTIC_TYPES, SYMBOLS, UNIT_TYPES

MAX_DEPTH = 5

Shared = Mapping[str, Schema]
"""Reusable schemas by their DTMI."""


def read_schema(node: Node, name: str, shared: Shared, depth: int = 0) -> Schema:
    """The schema that stands in a node's field.

    Raises:
        DefectError: it is missing, unknown, broken or nested deeper than five complex schemas.
    """
    return _schema(node, node.need(name), node.at(name), shared, depth)


def _schema(node: Node, value: Any, path: str, shared: Shared, depth: int) -> Schema:
    if isinstance(value, str):
        return _named(value, path, shared)
    inner = node.child(value, path, "a schema")
    if depth >= MAX_DEPTH:
        raise DefectError("dtdl.depth", f"complex schemas are nested more than {MAX_DEPTH} levels deep", path)
    readers = [_COMPLEX[each] for each in inner.types() if each in _COMPLEX]
    if len(readers) != 1:
        raise DefectError(
            "dtdl.schema", f"a complex schema's '@type' must be one of {', '.join(sorted(_COMPLEX))}", path
        )
    return readers[0](inner, shared, depth + 1)


def _named(value: str, path: str, shared: Shared) -> Schema:
    if value in PRIMITIVES or value in GEOSPATIAL:
        return Primitive(value)
    if value in shared:
        return shared[value]
    if value.startswith("dtmi:dtdl:instance:Schema:"):
        short = value.removeprefix("dtmi:dtdl:instance:Schema:").split(";")[0]
        if short in PRIMITIVES or short in GEOSPATIAL:
            return Primitive(short)
    if is_dtmi(value):
        raise DefectError("dtdl.unknown_schema", f"schema {value!r} isn't among the interface's 'schemas'", path)
    raise DefectError("dtdl.unknown_schema", f"{value!r} is no schema of DTDL", path)


def _enum(node: Node, shared: Shared, depth: int) -> Schema:
    node.only("valueSchema", "enumValues")
    kind = node.need("valueSchema")
    value_schema: Literal["integer", "string"]
    if kind == "integer":
        value_schema = "integer"
    elif kind == "string":
        value_schema = "string"
    else:
        raise DefectError("dtdl.enum", f"'valueSchema' must be integer or string, not {kind!r}", node.at("valueSchema"))
    values = [_enum_value(node, value, path, value_schema) for value, path in node.children("enumValues")]
    for what in ("name", "value"):
        seen = [getattr(each, what) for each in values]
        twice = next((each for each in seen if seen.count(each) > 1), None)
        if twice is not None:
            raise DefectError("dtdl.enum", f"enum {what} {twice!r} stands there twice", node.at("enumValues"))
    return EnumSchema(value_schema, tuple(values))


def _enum_value(enum: Node, value: Any, path: str, kind: str) -> EnumValue:
    node = enum.child(value, path, "an enum value")
    node.only("name", "enumValue")
    found = node.need("enumValue")
    wanted = int if kind == "integer" else str
    if isinstance(found, bool) or not isinstance(found, wanted):
        raise DefectError("dtdl.enum", f"'enumValue' must be {kind}, not {describe(found)}", node.at("enumValue"))
    return EnumValue(node.name(), found, node.texts().display_name)


def _map(node: Node, shared: Shared, depth: int) -> Schema:
    node.only("mapKey", "mapValue")
    key = node.child(node.need("mapKey"), node.at("mapKey"), "'mapKey'")
    key.name()
    if key.need("schema") not in ("string", "dtmi:dtdl:instance:Schema:string;2", "dtmi:dtdl:instance:Schema:string;3"):
        raise DefectError("dtdl.map", "the keys of a map must be strings", key.at("schema"))
    value = node.child(node.need("mapValue"), node.at("mapValue"), "'mapValue'")
    return MapSchema(read_field(value, shared, depth).schema)


def _object(node: Node, shared: Shared, depth: int) -> Schema:
    node.only("fields")
    fields = [read_field(node.child(value, path, "a field"), shared, depth) for value, path in node.children("fields")]
    names = [field.name for field in fields]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DefectError("dtdl.duplicate", f"field {twice!r} stands there twice", node.at("fields"))
    return ObjectSchema(tuple(fields))


def _array(node: Node, shared: Shared, depth: int) -> Schema:
    node.only("elementSchema")
    return ArraySchema(read_schema(node, "elementSchema", shared, depth))


_COMPLEX: dict[str, Callable[[Node, Shared, int], Schema]] = {
    "Array": _array,
    "Enum": _enum,
    "Map": _map,
    "Object": _object,
}


def read_field(node: Node, shared: Shared, depth: int = 0) -> Field:
    """A named value: a field of an object, a map's value, a command's request or response."""
    node.only("name", "schema", "unit")
    schema = read_schema(node, "schema", shared, depth)
    kinds = ("Field", "MapValue", "CommandRequest", "CommandResponse", "CommandPayload", "SchemaField")
    quantity = read_quantity(node, schema, [each for each in node.types() if each not in kinds])
    return Field(node.name(), schema, quantity, node.texts().display_name)


def read_quantity(node: Node, schema: Schema, cotypes: list[str]) -> Quantity:
    """What a value measures. A unit that doesn't fit is kept and reported: it is still what people wrote."""
    semantic = next((each for each in cotypes if each in SEMANTIC_TYPES), None)
    unit = node.value.get("unit")
    if unit is not None and not isinstance(unit, str):
        node.findings.add("warning", "dtdl.unit", f"'unit' must be a string, not {describe(unit)}", node.at("unit"))
        unit = None
    if isinstance(unit, str):
        unit = unit.removeprefix("dtmi:standard:unit:").split(";")[0]
    for text in _quantity_doubts(node, schema, semantic, unit, cotypes):
        node.findings.add("warning", "dtdl.unit", text, node.at("unit") if unit else node.path)
    return Quantity(semantic, unit)


def _quantity_doubts(
    node: Node, schema: Schema, semantic: str | None, unit: str | None, cotypes: list[str]
) -> list[str]:
    doubts = []
    for each in cotypes:
        if each not in SEMANTIC_TYPES and not node.extended and not each.startswith("dtmi:"):
            doubts.append(f"unknown type {each!r} beside the element's own")
    if (semantic or unit) and not node.quantities:
        doubts.append("semantic types and units need the context 'dtmi:dtdl:extension:quantitativeTypes;1'")
    if unit and unit not in SYMBOLS:
        doubts.append(f"DTDL knows no unit {unit!r}")
    elif unit and not semantic:
        doubts.append(f"unit {unit!r} needs a semantic type such as 'Temperature' beside the element's own type")
    elif unit and semantic and unit not in UNIT_TYPES[SEMANTIC_TYPES[semantic]]:
        doubts.append(f"{unit!r} is no unit of {semantic}; {SEMANTIC_TYPES[semantic]} is wanted")
    if semantic and not (isinstance(schema, Primitive) and schema.name in NUMERIC):
        doubts.append(f"semantic type {semantic} needs a numeric schema, not {schema.name}")
    return doubts
