"""Tool schemas as the Messages API takes them; strict where its limits on strict schemas allow."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from anthropic import transform_schema

from .base import ToolSpec

# The API compiles strict schemas into one grammar and refuses a request whose schemas are larger than this in all.
MOST_STRICT_TOOLS = 20
MOST_OPTIONAL = 24
MOST_UNIONS = 16


def tool_params(specs: list[ToolSpec]) -> list[dict[str, Any]]:
    """The tools of a request in the order given: strict as long as they fit, the others checked by our own code."""
    tools: list[dict[str, Any]] = []
    strict = optional = unions = 0
    for spec in specs:
        tool: dict[str, Any] = {"name": spec.name, "description": spec.description}
        schema = _slim(spec.parameters)
        needs = _optional(schema), _unions(schema)
        fits = strict < MOST_STRICT_TOOLS and optional + needs[0] <= MOST_OPTIONAL and unions + needs[1] <= MOST_UNIONS
        if fits and not _is_open(schema):
            strict, optional, unions = strict + 1, optional + needs[0], unions + needs[1]
            tools.append(tool | {"input_schema": _nullable(transform_schema(copy.deepcopy(schema))), "strict": True})
        else:
            tools.append(tool | {"input_schema": schema})
    return tools


def _slim(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema in as few words: they cost tokens in every request.

    Without titles, defaults, and what docstrings say of the objects inside; a definition that is used once stands
    where it is used.
    """
    plain: dict[str, Any] = _undefaulted(_untitled(schema))
    shared = plain.pop("$defs", {})
    told = json.dumps([plain, shared])
    for name in list(shared):
        shared[name].pop("description", None)
        if told.count(f'"#/$defs/{name}"') == 1:
            plain, shared = _inlined(plain, name, shared[name]), _inlined(shared, name, shared[name])
            del shared[name]
    return plain | ({"$defs": shared} if shared else {})


def _inlined(schema: Any, name: str, definition: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if schema.get("$ref") == f"#/$defs/{name}":
            return definition
        return {key: _inlined(item, name, definition) for key, item in schema.items()}
    return [_inlined(item, name, definition) for item in schema] if isinstance(schema, list) else schema


def _undefaulted(schema: Any) -> Any:
    """Without defaults; what may be left out needs no null as well."""
    if isinstance(schema, dict):
        kept = {
            name: _undefaulted(item) for name, item in schema.items() if name != "default" or isinstance(item, dict)
        }
        either = kept.get("anyOf")
        if "default" in schema and isinstance(either, list) and {"type": "null"} in either and len(either) == 2:
            (one,) = (each for each in either if each != {"type": "null"})
            kept = {name: item for name, item in kept.items() if name != "anyOf"} | one
        return kept
    return [_undefaulted(item) for item in schema] if isinstance(schema, list) else schema


def _nullable(schema: Any) -> Any:
    """``anyOf`` of a plain type and null in the shorter form that means the same."""
    if isinstance(schema, dict):
        told = {name: _nullable(item) for name, item in schema.items()}
        either = told.get("anyOf")
        if (
            isinstance(either, list)
            and len(either) == 2
            and either[1] == {"type": "null"}
            and set(either[0]) == {"type"}
        ):
            told = {"type": [either[0]["type"], "null"]} | {n: item for n, item in told.items() if n != "anyOf"}
        return told
    return [_nullable(item) for item in schema] if isinstance(schema, list) else schema


def _untitled(schema: Any) -> Any:
    """The schema without the titles that pydantic makes up from names: they cost tokens in every request.

    A property that is called "title" has a schema, not a text, as its value, and stays.
    """
    if isinstance(schema, dict):
        kept = {name: item for name, item in schema.items() if not (name == "title" and isinstance(item, str))}
        return {name: _untitled(item) for name, item in kept.items()}
    return [_untitled(item) for item in schema] if isinstance(schema, list) else schema


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for item in schema.values():
            yield from _objects(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from _objects(item)


def _optional(schema: dict[str, Any]) -> int:
    return sum(
        len(set(one["properties"]) - set(one.get("required", [])))
        for one in _objects(schema)
        if isinstance(one.get("properties"), dict)
    )


def _unions(schema: dict[str, Any]) -> int:
    return sum("anyOf" in one or "oneOf" in one or isinstance(one.get("type"), list) for one in _objects(schema))


def _is_open(schema: dict[str, Any]) -> bool:
    """Whether an object takes keys of any name: a strict schema would close it."""
    return any(
        (one.get("type") == "object" and not one.get("properties")) or isinstance(one.get("additionalProperties"), dict)
        for one in _objects(schema)
    )
