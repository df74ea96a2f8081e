"""Checking the functions of WHERE; the reference page "Functions" has them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlglot import exp

from ...errors import QueryError, nearest
from ..dtdl.types import ArraySchema, EnumSchema, Primitive
from .literals import constant, fits, fitting_type, schema_words, type_of, value_types
from .nodes import PropertyPath
from .paths import nowhere, resolve, resolve_value
from .plan import (
    ArrayTest,
    Binding,
    Comparison,
    Condition,
    Constant,
    ModelTest,
    Path,
    TextFunction,
    TextTest,
    TypeFunction,
    TypeTest,
)
from .scope import Scope, extending, find_model, refuse

TEXT_FUNCTIONS = ("STARTSWITH", "ENDSWITH", "CONTAINS")
TYPE_FUNCTIONS = ("IS_DEFINED", "IS_NULL", "IS_BOOL", "IS_NUMBER", "IS_STRING", "IS_OBJECT", "IS_PRIMITIVE")
FUNCTIONS = ("IS_OF_MODEL", "ARRAY_CONTAINS", *TEXT_FUNCTIONS, *TYPE_FUNCTIONS)


def check_function(scope: Scope, node: exp.Anonymous) -> Condition:
    """The condition of a function.

    Raises:
        QueryError: there is no such function, or its arguments aren't those that it takes.
    """
    name = node.name
    if name == "IS_OF_MODEL":
        return _model_test(scope, node)
    if name == "ARRAY_CONTAINS":
        return _array_test(scope, node)
    if name in TEXT_FUNCTIONS:
        return _text_test(scope, node)
    if name in TYPE_FUNCTIONS:
        path = _arguments(node, 1, "one property")[0]
        return TypeTest(cast("TypeFunction", name), resolve_value(scope, _property(node, path)))
    if name == "COUNT":
        raise refuse("unknown_function", "COUNT() stands after SELECT, not in a condition", node)
    near = nearest(name.replace("_", ""), [each.replace("_", "") for each in FUNCTIONS])
    known = {each.replace("_", ""): each for each in FUNCTIONS}
    raise refuse("unknown_function", f"there is no function {name}", node, [known[each] for each in near])


def _arguments(node: exp.Anonymous, count: int, what: str) -> Sequence[exp.Expr]:
    if len(node.expressions) != count:
        raise refuse("arguments", f"{node.name} takes {what}", node)
    return cast("Sequence[exp.Expr]", node.expressions)


def _property(node: exp.Anonymous, argument: exp.Expr) -> PropertyPath:
    if not isinstance(argument, PropertyPath):
        raise refuse("type", f"{node.name} takes a property first", argument)
    return argument


def _text_test(scope: Scope, node: exp.Anonymous) -> TextTest:
    first, second = _arguments(node, 2, "a property and a text")
    path = resolve_value(scope, _property(node, first))
    value = resolve_value(scope, second) if isinstance(second, PropertyPath) else constant(second)
    if isinstance(value, Constant) and not isinstance(value.value, str):
        raise refuse("type", f"{node.name} takes a text second", second)
    for each, at in ((path, first), (value, second)):
        if isinstance(each, Path) and each.schemas and not value_types(each) & {"text", "time"}:
            if not scope.checked:
                return TextTest(cast("TextFunction", node.name), nowhere(path), value)
            raise refuse("type", f"{each.text} is {schema_words(each)}; {node.name} takes texts", at)
    return TextTest(cast("TextFunction", node.name), path, value)


def _array_test(scope: Scope, node: exp.Anonymous) -> ArrayTest:
    first, second = _arguments(node, 2, "a property that is an array and a value")
    path = resolve_value(scope, _property(node, first))
    if scope.limits.strict and path.binding.collection == "relationship":
        text = f"ARRAY_CONTAINS can't look into properties of relationships{scope.limits.remedy}"
        raise refuse("unsupported", text, first)
    if isinstance(second, PropertyPath):
        raise refuse("type", "ARRAY_CONTAINS takes a text, a number, true or false second", second)
    value = constant(second)
    elements = tuple(schema.element for schema in path.schemas if isinstance(schema, ArraySchema))
    inside = Path(path.binding, path.names, elements, f"an element of {path.text}")
    if not scope.checked:
        arrays = not path.schemas or bool(elements)
        return ArrayTest(path if arrays and fits(inside, value) else nowhere(path), value, type_of(value.value))
    if path.schemas and not elements:
        raise refuse("type", f"{path.text} is {schema_words(path)}, no array; write {path.text} = …", first)
    if elements and not any(isinstance(each, Primitive | EnumSchema) for each in elements):
        text = f"{path.text} holds {schema_words(inside)}s; ARRAY_CONTAINS looks for texts, numbers and booleans"
        raise refuse("type", text, first)
    return ArrayTest(path, value, fitting_type(inside, value, second))


def _model_test(scope: Scope, node: exp.Anonymous) -> ModelTest | Comparison:
    arguments = list(node.expressions)
    usage = "IS_OF_MODEL takes [alias,] 'dtmi:…;1' [, exact]"
    binding = scope.root
    if arguments and isinstance(arguments[0], PropertyPath):
        binding = _collection(scope, arguments.pop(0))
    elif scope.steps:
        raise refuse("arguments", f"with JOIN or MATCH, {usage.replace('[alias,]', 'alias,')}", node)
    if not arguments or not (isinstance(arguments[0], exp.Literal) and arguments[0].is_string):
        raise refuse("arguments", usage, node)
    if binding.collection != "twin":
        raise refuse("type", "only twins have a model", node)
    model = find_model(scope, arguments.pop(0))
    exact = bool(arguments)
    if len(arguments) > 1 or (exact and not _is_exact(arguments[0])):
        raise refuse("arguments", usage, arguments[0])
    if model in scope.in_use and model not in scope.models:
        # of a model that isn't loaded, no more is known than that twins name it
        own = Path(binding, ("$model",), (Primitive("string"),), f"{binding.alias}.$metadata.$model".lstrip("."))
        return Comparison(own, "=", Constant(model), "text")
    return ModelTest(binding, model, exact, extending(scope, model, exact))


def _is_exact(node: exp.Expr) -> bool:
    return isinstance(node, PropertyPath) and [name.casefold() for name in node.names] == ["exact"]


def _collection(scope: Scope, node: PropertyPath) -> Binding:
    try:
        found = resolve(scope, node)
    except QueryError:
        found = None
    if isinstance(found, Binding):
        return found
    known = scope.aliases
    text = f"no collection is called {'.'.join(node.names)!r}"
    raise refuse("unknown_alias", text, node, nearest(node.names[0], known) or known)
