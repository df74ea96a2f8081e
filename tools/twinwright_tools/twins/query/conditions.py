"""Checking WHERE: names against the models, literals against the schemas of what they are compared with."""

from __future__ import annotations

from typing import cast

from sqlglot import exp

from ...errors import nearest
from .functions import check_function
from .literals import common_type, constant, fits, fitting_type, schema_words
from .nodes import PropertyPath
from .paths import nowhere, resolve_value
from .plan import Comparison, Condition, Connection, Constant, Membership, Negation, Ordering, Path, ValueType
from .scope import Scope, find_model, refuse

_ORDERS: dict[type[exp.Expr], Ordering] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.GT: ">",
    exp.LTE: "<=",
    exp.GTE: ">=",
}
_OPPOSITE: dict[Ordering, Ordering] = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def check_condition(scope: Scope, node: exp.Expr) -> Condition:
    """The condition of a node.

    Raises:
        QueryError: something in it is unknown, or of the wrong type.
    """
    if isinstance(node, exp.Paren):
        return check_condition(scope, node.this)
    found = _condition(scope, node)
    scope.places[id(found)] = found, node
    return found


def _condition(scope: Scope, node: exp.Expr) -> Condition:
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
        return check_function(scope, node)
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
    if isinstance(node.left, PropertyPath):
        left, other = resolve_value(scope, node.left), node.right
    elif isinstance(node.right, PropertyPath):
        left, other, order = resolve_value(scope, node.right), node.left, _OPPOSITE[order]
    else:
        raise refuse("type", "two literals are compared; one side must be a property", node)
    if isinstance(other, PropertyPath):
        return _of_two_paths(scope, left, order, resolve_value(scope, other), node)
    given = constant(other)
    if not scope.checked:
        return _unchecked(left, order, given)
    compared = fitting_type(left, given, other)
    _check_order(left, order, compared, node)
    _check_known(scope, left, given, other, order in ("=", "!="))
    return Comparison(left, order, given, compared)


def _of_two_paths(scope: Scope, left: Path, order: Ordering, right: Path, node: exp.Expr) -> Comparison:
    if not scope.checked:
        left, right = (Path(each.binding, each.names, (), each.text) for each in (left, right))
    compared = common_type(left, right, node)
    _check_order(left, order, compared, node)
    return Comparison(left, order, right, compared)


def _unchecked(left: Path, order: Ordering, given: Constant) -> Comparison:
    """A comparison as the service takes it: where types don't fit, nothing is found."""
    kind = cast("ValueType", {bool: "boolean", str: "text"}.get(type(given.value), "number"))
    if not fits(left, given) or (kind == "boolean" and order not in ("=", "!=")):
        return Comparison(nowhere(left), order, given, kind)
    return Comparison(left, order, given, kind)


def _check_order(left: Path, order: Ordering, compared: ValueType, node: exp.Expr) -> None:
    if order not in ("=", "!=") and compared in ("boolean", "object", "array"):
        raise refuse("type", f"{left.text} is {schema_words(left)}, which has no order: use = or !=", node)
    if compared in ("object", "array"):
        raise refuse("type", f"{left.text} is {schema_words(left)}; compare one of its parts", node)


def _check_known(scope: Scope, path: Path, given: Constant, node: exp.Expr, equal: bool) -> None:
    """Whether a model or a relationship that a system field is compared with is there at all.

    Raises:
        QueryError: it isn't.
    """
    if path.names == ("$model",) and equal:
        find_model(scope, node)
    elif path.names == ("$relationshipName",) and equal:
        known = {name for source, name, _ in scope.links if source in path.binding.models}
        if given.value not in known:
            near = nearest(str(given.value), known) or sorted(known)[:5]
            raise refuse("unknown_relationship", f"there is no relationship {given.value!r}", node, near)


def _membership(scope: Scope, node: exp.In, negated: bool) -> Membership:
    if not isinstance(node.this, PropertyPath):
        raise refuse("type", "a property must stand before IN", node)
    path = resolve_value(scope, node.this)
    values = tuple(constant(each) for each in node.expressions)
    if not scope.checked:
        return _unchecked_membership(path, values, negated)
    pairs = list(zip(values, node.expressions, strict=True))
    types = {fitting_type(path, value, each) for value, each in pairs}
    if len(types) > 1:
        raise refuse("type", "the values of a list must be of one type", node)
    for value, each in pairs:
        _check_known(scope, path, value, each, equal=True)
    return Membership(path, values, negated, types.pop())


def _unchecked_membership(path: Path, values: tuple[Constant, ...], negated: bool) -> Membership:
    """IN as the service takes it: values whose type doesn't fit are never found."""
    fitting = [each for each in values if fits(path, each)]
    first = fitting[0] if fitting else values[0]
    alike = tuple(each for each in fitting or values if type(each.value) is type(first.value))
    kind = cast("ValueType", {bool: "boolean", str: "text"}.get(type(first.value), "number"))
    return Membership(path if fitting else nowhere(path), alike, negated, kind)
