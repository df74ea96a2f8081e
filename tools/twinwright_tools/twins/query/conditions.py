"""Checking WHERE: names against the models, literals against the schemas of what they are compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import cast

from sqlglot import exp

from ...errors import QueryError, nearest
from ..dtdl.types import NUMERIC, ArraySchema, EnumSchema, Primitive, Schema
from .nodes import PropertyPath
from .paths import resolve, resolve_value
from .plan import (
    Binding,
    Comparison,
    Condition,
    Connection,
    Constant,
    Membership,
    ModelTest,
    Negation,
    Ordering,
    Path,
    TextFunction,
    TextTest,
    TypeFunction,
    TypeTest,
    ValueType,
)
from .scope import Scope, find_model, refuse

TEXT_FUNCTIONS = ("STARTSWITH", "ENDSWITH", "CONTAINS")
TYPE_FUNCTIONS = ("IS_DEFINED", "IS_NULL", "IS_BOOL", "IS_NUMBER", "IS_STRING", "IS_OBJECT", "IS_PRIMITIVE")
MAX_VALUES = 500

_ORDERS: dict[type[exp.Expr], Ordering] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.GT: ">",
    exp.LTE: "<=",
    exp.GTE: ">=",
}
_OPPOSITE: dict[Ordering, Ordering] = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
_READ_TIME: dict[str, Callable[[str], date | datetime | time]] = {
    "date": date.fromisoformat,
    "dateTime": datetime.fromisoformat,
    "time": time.fromisoformat,
}


def check_condition(scope: Scope, node: exp.Expr) -> Condition:
    """The condition of a node.

    Raises:
        QueryError: something in it is unknown, or of the wrong type.
    """
    if isinstance(node, exp.Paren):
        return check_condition(scope, node.this)
    if isinstance(node, exp.And | exp.Or):
        parts = tuple(check_condition(scope, each) for each in _flat(node))
        return Connection("AND" if isinstance(node, exp.And) else "OR", parts)
    if isinstance(node, exp.Not) and isinstance(node.this, exp.In):
        return _membership(scope, node.this, negated=True)
    if isinstance(node, exp.Not):
        return Negation(check_condition(scope, node.this))
    if isinstance(node, exp.In):
        return _membership(scope, node, negated=False)
    if type(node) in _ORDERS:
        return _comparison(scope, cast("exp.Binary", node))
    if isinstance(node, exp.Anonymous):
        return _function(scope, node)
    raise refuse("unsupported", f"{node.key} can't stand in a condition", node)


def _flat(node: exp.Expr) -> list[exp.Expr]:
    """The parts of a chain of one connector, without recursion: it may be long."""
    kind, found = type(node), []
    while type(node) is kind:
        found.append(node.expression)
        node = node.this
    return [node, *reversed(found)]


def _comparison(scope: Scope, node: exp.Binary) -> Comparison:
    order = _ORDERS[type(node)]
    left, right = _operand(scope, node.left), _operand(scope, node.right)
    if isinstance(left, Constant):
        if isinstance(right, Constant):
            raise refuse("type", "two literals are compared; one side must be a property", node)
        left, right, order = right, left, _OPPOSITE[order]
        literal = node.left
    else:
        literal = node.right
    compared = _common(left, right, node) if isinstance(right, Path) else _fits(left, right, literal)
    if order not in ("=", "!=") and compared in ("boolean", "object", "array"):
        raise refuse("type", f"{left.text} is {_words(left)}, which has no order: use = or !=", node)
    if compared in ("object", "array"):
        raise refuse("type", f"{left.text} is {_words(left)}; compare one of its parts", node)
    return Comparison(left, order, right, compared)


def _common(left: Path, right: Path, node: exp.Expr) -> ValueType:
    """How two paths are compared."""
    types = [_value_types(left), _value_types(right)]
    if all(types) and not types[0] & types[1]:
        text = f"{left.text} is {_words(left)} and {right.text} is {_words(right)}; they can't be compared"
        raise refuse("type", text, node)
    shared: set[ValueType] = types[0] & types[1] or types[0] | types[1]
    return min(shared) if shared else "text"


def _operand(scope: Scope, node: exp.Expr) -> Path | Constant:
    return resolve_value(scope, node) if isinstance(node, PropertyPath) else _constant(node)


def _constant(node: exp.Expr) -> Constant:
    if isinstance(node, exp.Neg):
        number = _constant(node.this).value
        return Constant(-cast("float", number))
    if isinstance(node, exp.Boolean):
        return Constant(bool(node.this))
    if isinstance(node, exp.Literal) and node.is_string:
        return Constant(node.name)
    if isinstance(node, exp.Literal):
        try:
            value = int(node.name) if node.name.isdigit() else float(node.name)
        except ValueError:
            raise refuse("syntax", f"{node.name!r} is no number", node) from None
        if (isinstance(value, int) and value >= 1 << 63) or value == float("inf"):
            raise refuse("type", f"the number {node.name} is too large", node)
        return Constant(value)
    raise refuse("type", "null can't be compared; write IS_NULL(x) or NOT IS_DEFINED(x)", node)


def _value_type(schema: Schema) -> ValueType:
    if isinstance(schema, Primitive):
        if schema.name in NUMERIC:
            return "number"
        named: dict[str, ValueType] = {"boolean": "boolean", "dateTime": "time", "string": "text"}
        return named.get(schema.name, "text" if schema.name in ("date", "duration", "time") else "object")
    if isinstance(schema, EnumSchema):
        return "number" if schema.value_schema == "integer" else "text"
    return "array" if isinstance(schema, ArraySchema) else "object"


def _value_types(path: Path) -> set[ValueType]:
    return {_value_type(schema) for schema in path.schemas}


def _words(path: Path) -> str:
    return " or ".join(sorted({schema.name for schema in path.schemas})) or "undeclared"


def _type_of(value: str | float | bool) -> ValueType:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def _fits(path: Path, constant: Constant, node: exp.Expr) -> ValueType:
    """How a path is compared with a constant.

    Raises:
        QueryError: no schema of the path has such values.
    """
    given, wanted = _type_of(constant.value), _value_types(path)
    if not wanted:
        return given
    if given == "text" and "time" in wanted and "text" not in wanted:
        _check_times(path, constant, node)
        return "time"
    if given not in wanted:
        shown = {"text": "a text", "number": "a number", "boolean": "true or false"}[given]
        raise refuse("type", f"{path.text} is {_words(path)}; it can't be compared with {shown}", node)
    _check_enum(path, constant, node)
    _check_times(path, constant, node)
    return given


def _check_enum(path: Path, constant: Constant, node: exp.Expr) -> None:
    enums = [schema for schema in path.schemas if isinstance(schema, EnumSchema)]
    allowed = [each.value for schema in enums for each in schema.values]
    if len(enums) < len(path.schemas) or constant.value in allowed:
        return
    near = nearest(str(constant.value), map(str, allowed)) or [str(each) for each in allowed[:5]]
    raise refuse("enum", f"{constant.value!r} is none of the values of {path.text}", node, near)


def _check_times(path: Path, constant: Constant, node: exp.Expr) -> None:
    """A text that is compared with nothing but times of one schema must be such a time."""
    names = {schema.name for schema in path.schemas}
    name = names.pop() if len(names) == 1 else ""
    read = _READ_TIME.get(name)
    if read is None:
        return
    try:
        found = read(str(constant.value))
    except ValueError:
        raise refuse("type", f"{path.text} is {name}; {constant.value!r} is none in ISO 8601", node) from None
    if name == "date" and found.isoformat() != constant.value:
        # dates are compared as texts, so there must be one way to write them
        raise refuse("type", f"{path.text} is date; write {constant.value!r} in full", node, [found.isoformat()])
    if isinstance(found, datetime) and found.tzinfo is None:
        near = [f"{constant.value}Z"]
        raise refuse("type", f"{path.text} is dateTime; {constant.value!r} has no zone", node, near)


def _membership(scope: Scope, node: exp.In, negated: bool) -> Membership:
    if not isinstance(node.this, PropertyPath):
        raise refuse("type", "a property must stand before IN", node)
    if len(node.expressions) > MAX_VALUES:
        raise refuse("bounds", f"a list may have {MAX_VALUES} values, not {len(node.expressions)}", node)
    path = resolve_value(scope, node.this)
    values = tuple(_constant(each) for each in node.expressions)
    pairs = zip(values, node.expressions, strict=True)
    types = {_fits(path, value, each) for value, each in pairs}
    if len(types) > 1:
        raise refuse("type", "the values of a list must be of one type", node)
    return Membership(path, values, negated, types.pop())


def _function(scope: Scope, node: exp.Anonymous) -> Condition:
    name = node.name
    if name == "IS_OF_MODEL":
        return _model_test(scope, node)
    if name in TEXT_FUNCTIONS:
        return _text_test(scope, node)
    if name in TYPE_FUNCTIONS:
        path = _arguments(node, 1, "one property")[0]
        if not isinstance(path, PropertyPath):
            raise refuse("type", f"{name} takes a property", path)
        return TypeTest(cast("TypeFunction", name), resolve_value(scope, path))
    known = ("IS_OF_MODEL", *TEXT_FUNCTIONS, *TYPE_FUNCTIONS)
    raise refuse("unknown_function", f"there is no function {name}", node, nearest(name, known))


def _arguments(node: exp.Anonymous, count: int, what: str) -> Sequence[exp.Expr]:
    if len(node.expressions) != count:
        raise refuse("arguments", f"{node.name} takes {what}", node)
    return cast("Sequence[exp.Expr]", node.expressions)


def _text_test(scope: Scope, node: exp.Anonymous) -> TextTest:
    first, second = _arguments(node, 2, "a property and a text")
    if not isinstance(first, PropertyPath):
        raise refuse("type", f"{node.name} takes a property first", first)
    path, value = resolve_value(scope, first), _operand(scope, second)
    if isinstance(value, Constant) and not isinstance(value.value, str):
        raise refuse("type", f"{node.name} takes a text second", second)
    for each, at in ((path, first), (value, second)):
        if isinstance(each, Path) and each.schemas and not _value_types(each) & {"text", "time"}:
            raise refuse("type", f"{each.text} is {_words(each)}; {node.name} takes texts", at)
    return TextTest(cast("TextFunction", node.name), path, value)


def _model_test(scope: Scope, node: exp.Anonymous) -> ModelTest:
    arguments = list(node.expressions)
    usage = "IS_OF_MODEL takes [alias,] 'dtmi:…;1' [, exact]"
    binding = scope.root
    if arguments and isinstance(arguments[0], PropertyPath):
        binding = _collection(scope, arguments.pop(0))
    elif scope.steps:
        raise refuse("arguments", f"with JOIN, {usage.replace('[alias,]', 'alias,')}", node)
    if not arguments or not (isinstance(arguments[0], exp.Literal) and arguments[0].is_string):
        raise refuse("arguments", usage, node)
    if binding.collection != "twin":
        raise refuse("type", "only twins have a model", node)
    model = find_model(scope.models, arguments.pop(0))
    exact = bool(arguments)
    if len(arguments) > 1 or (exact and not _is_exact(arguments[0])):
        raise refuse("arguments", usage, arguments[0])
    passing = frozenset([model] if exact else scope.models.descendants[model])
    return ModelTest(binding, model, exact, passing)


def _is_exact(node: exp.Expr) -> bool:
    return isinstance(node, PropertyPath) and [name.casefold() for name in node.names] == ["exact"]


def _collection(scope: Scope, node: PropertyPath) -> Binding:
    try:
        found = resolve(scope, node)
    except QueryError:
        found = None
    if isinstance(found, Binding):
        return found
    known = [alias for alias in scope.named if alias and not alias.startswith("#")]
    text = f"no collection is called {'.'.join(node.names)!r}"
    raise refuse("unknown_alias", text, node, nearest(node.names[0], known) or known)
