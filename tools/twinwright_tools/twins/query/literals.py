"""Literals and types: what a value of a query can be compared with, and as what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import cast

from sqlglot import exp

from ...errors import nearest
from ..dtdl.types import NUMERIC, EnumSchema, Primitive, Schema
from .plan import Constant, Path, ValueType
from .scope import refuse

_READ_TIME: dict[str, Callable[[str], date | datetime | time]] = {
    "date": date.fromisoformat,
    "dateTime": datetime.fromisoformat,
    "time": time.fromisoformat,
}
_TEXTS = ("bytes", "date", "decimal", "duration", "string", "time", "uuid")


def constant(node: exp.Expr) -> Constant:
    """The value of a literal.

    Raises:
        QueryError: it is null, or a number that no store holds.
    """
    if isinstance(node, exp.Neg):
        number = constant(node.this).value
        return Constant(-cast("float", number))
    if isinstance(node, exp.Boolean):
        return Constant(bool(node.this))
    if isinstance(node, exp.Literal) and node.is_string:
        return Constant(node.name)
    if isinstance(node, exp.Literal):
        try:
            value = int(node.name) if node.name.isdecimal() else float(node.name)
        except ValueError:
            raise refuse("syntax", f"{node.name!r} is no number", node) from None
        if (isinstance(value, int) and value >= 1 << 63) or value == float("inf"):
            raise refuse("type", f"the number {node.name} is too large", node)
        return Constant(value)
    raise refuse("type", "null can't be compared; write IS_NULL(x) or NOT IS_DEFINED(x)", node)


def value_types(path: Path) -> set[ValueType]:
    """The types that a path's values have by the models; empty if no model declares it."""
    return {_value_type(schema) for schema in path.schemas}


def _value_type(schema: Schema) -> ValueType:
    if isinstance(schema, Primitive):
        if schema.name in NUMERIC:
            return "number"
        named: dict[str, ValueType] = {"boolean": "boolean", "dateTime": "time"}
        return named.get(schema.name, "text" if schema.name in _TEXTS else "object")
    if isinstance(schema, EnumSchema):
        return "number" if schema.value_schema == "integer" else "text"
    return "array" if schema.name == "array" else "object"


def schema_words(path: Path) -> str:
    """What models declare for a path, in words."""
    return " or ".join(sorted({schema.name for schema in path.schemas})) or "undeclared"


def common_type(left: Path, right: Path, node: exp.Expr) -> ValueType:
    """How two paths are compared.

    Raises:
        QueryError: they have no type in common.
    """
    types = [value_types(left), value_types(right)]
    if all(types) and not types[0] & types[1]:
        text = f"{left.text} is {schema_words(left)} and {right.text} is {schema_words(right)}; they can't be compared"
        raise refuse("type", text, node)
    shared: set[ValueType] = types[0] & types[1] or types[0] | types[1]
    return min(shared) if shared else "text"


def type_of(value: str | float | bool) -> ValueType:
    """The type of a literal."""
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def fitting_type(path: Path, given: Constant, node: exp.Expr) -> ValueType:
    """How a path is compared with a constant.

    Raises:
        QueryError: no schema of the path has such values.
    """
    kind, wanted = type_of(given.value), value_types(path)
    if not wanted:
        return kind
    if kind == "text" and "time" in wanted and "text" not in wanted:
        _check_times(path, given, node)
        return "time"
    if kind not in wanted:
        shown = {"text": "a text", "number": "a number", "boolean": "true or false"}[kind]
        raise refuse("type", f"{path.text} is {schema_words(path)}; it can't be compared with {shown}", node)
    _check_enum(path, given, node)
    _check_times(path, given, node)
    return kind


def fits(path: Path, given: Constant) -> bool:
    """Whether values of the path can be of the constant's type at all."""
    kind, wanted = type_of(given.value), value_types(path)
    return not wanted or kind in wanted or (kind == "text" and "time" in wanted)


def _check_enum(path: Path, given: Constant, node: exp.Expr) -> None:
    enums = [schema for schema in path.schemas if isinstance(schema, EnumSchema)]
    allowed = [each.value for schema in enums for each in schema.values]
    if len(enums) < len(path.schemas) or given.value in allowed:
        return
    near = _named_so(given.value, enums) or nearest(str(given.value), map(str, allowed)) or list(map(str, allowed[:5]))
    raise refuse("enum", f"{given.value!r} is none of the values of {path.text}", node, near)


def _named_so(value: object, enums: Iterable[EnumSchema]) -> list[str]:
    """The values whose name in the model is what the query compares with."""
    return [str(each.value) for schema in enums for each in schema.values if value in (each.name, each.display_name)]


def _check_times(path: Path, given: Constant, node: exp.Expr) -> None:
    """A text that is compared with nothing but times of one schema must be such a time."""
    names = {schema.name for schema in path.schemas}
    name = names.pop() if len(names) == 1 else ""
    read = _READ_TIME.get(name)
    if read is None:
        return
    try:
        found = read(str(given.value))
    except ValueError:
        raise refuse("type", f"{path.text} is {name}; {given.value!r} is none in ISO 8601", node) from None
    if name == "date" and found.isoformat() != given.value:
        # dates are compared as texts, so there must be one way to write them
        raise refuse("type", f"{path.text} is date; write {given.value!r} in full", node, [found.isoformat()])
    if isinstance(found, datetime) and found.tzinfo is None:
        near = [f"{given.value}Z"]
        raise refuse("type", f"{path.text} is dateTime; {given.value!r} has no zone", node, near)
