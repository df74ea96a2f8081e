"""Resolving the paths of a query against the models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlglot import exp

from ...errors import QueryError, nearest
from ..dtdl.types import (
    Command,
    Component,
    MapSchema,
    ObjectSchema,
    Primitive,
    Property,
    RelationshipType,
    Schema,
    Telemetry,
)
from .nodes import PropertyPath
from .plan import Binding, Path
from .scope import Scope, refuse

SYSTEM_FIELDS: dict[str, dict[str, str]] = {
    "twin": {"$dtId": "$dtId", "$etag": "$etag", "$metadata.$model": "$model"},
    "relationship": {name: name for name in ("$relationshipId", "$relationshipName", "$sourceId", "$targetId")},
}
_TEXT = Primitive("string")
_COMPONENT = ObjectSchema(())


def resolve(scope: Scope, node: PropertyPath) -> Binding | Path:
    """The collection or the value that a path names.

    Raises:
        QueryError: no collection is called so, or its models declare no such property.
    """
    names: list[exp.Identifier] = node.expressions
    binding = scope.find(names[0])
    rest = names[1:] if binding else names
    binding = binding or scope.only
    if binding is None:
        known = [each for each in scope.named if not each.startswith("#")]
        text = f"no collection is called {names[0].name!r}; with JOIN every property needs its alias before it"
        raise refuse("unknown_alias", text, names[0], nearest(names[0].name, known) or known)
    if not rest:
        return binding
    return _value(scope, binding, rest, ".".join(each.name for each in names))


def resolve_value(scope: Scope, node: PropertyPath) -> Path:
    """The value that a path names; a whole collection is refused."""
    found = resolve(scope, node)
    if isinstance(found, Binding):
        text = f"{node.names[0]!r} is a whole document; name one of its properties, such as {node.names[0]}.$dtId"
        raise refuse("type", text, node)
    return found


def _value(scope: Scope, binding: Binding, names: Sequence[exp.Identifier], text: str) -> Path:
    first = names[0]
    if first.name.startswith("$") and not first.args.get("quoted"):
        written = ".".join(each.name for each in names)
        fields = SYSTEM_FIELDS[binding.collection]
        if written not in fields:
            near = nearest(written, fields) or list(fields)
            raise refuse("unknown_property", f"{binding.collection}s have no field {written}", first, near)
        return Path(binding, (fields[written],), (_TEXT,), text)
    declared = list(_declared(scope, binding, first.name))
    path = tuple(each.name for each in names)
    schemas: list[Schema] = []
    refusals: list[QueryError] = []
    for content in declared:
        try:
            schemas.append(_inside(scope, content, names))
        except QueryError as refusal:
            refusals.append(refusal)
    if schemas:
        return Path(binding, path, tuple(dict.fromkeys(schemas)), text)
    if any(_holds(each, path) for each in _documents(scope, binding)):
        return Path(binding, path, (), text)
    raise refusals[0] if refusals else _unknown(scope, binding, first)


def _declared(scope: Scope, binding: Binding, name: str) -> Iterator[Property | Component]:
    """What the candidate models declare under a name."""
    if binding.collection == "relationship":
        for kind in binding.types:
            found = kind.property(name)
            if found:
                yield found
        return
    for model in binding.models:
        content = scope.models.contents(model).get(name)
        if isinstance(content, Property | Component):
            yield content


def _inside(scope: Scope, content: Property | Component, names: Sequence[exp.Identifier]) -> Schema:
    """The schema at the end of a path that begins with a content."""
    if isinstance(content, Property):
        return _walk(content.schema, names[0], names[1:])
    if len(names) == 1:
        return _COMPONENT
    parts = scope.models.contents(content.interface)
    part = parts.get(names[1].name)
    if isinstance(part, Property):
        return _walk(part.schema, names[1], names[2:])
    known = [name for name, each in parts.items() if isinstance(each, Property)]
    text = f"component {content.name!r} has no property {names[1].name!r}"
    if isinstance(part, Telemetry):
        text = f"{content.name}.{names[1].name} is telemetry; it stands in the recordings, not in the twin"
    raise refuse("unknown_property", text, names[1], nearest(names[1].name, known))


def _walk(schema: Schema, at: exp.Identifier, names: Sequence[exp.Identifier]) -> Schema:
    if not names:
        return schema
    if isinstance(schema, MapSchema):
        return _walk(schema.value, names[0], names[1:])
    if isinstance(schema, ObjectSchema):
        field = schema.field(names[0].name)
        if field:
            return _walk(field.schema, names[0], names[1:])
        known = [each.name for each in schema.fields]
        text = f"{at.name!r} has no field {names[0].name!r}"
        raise refuse("unknown_property", text, names[0], nearest(names[0].name, known) or known[:5])
    raise refuse("unknown_property", f"{at.name!r} is {schema.name}, it has no {names[0].name!r} inside", names[0])


def _documents(scope: Scope, binding: Binding) -> Iterator[Mapping[str, Any]]:
    """The properties of all documents that a collection can hold."""
    twins = scope.graph.twins
    if binding.collection == "twin":
        return (twin.properties for twin in twins.values() if twin.model in binding.models)
    edges = scope.graph.relationships
    return (each.properties for each in edges if twins[each.source].model in binding.models)


def _holds(document: Any, path: Sequence[str]) -> bool:
    for name in path:
        if not isinstance(document, dict) or name not in document:
            return False
        document = document[name]
    return True


def _unknown(scope: Scope, binding: Binding, name: exp.Identifier) -> QueryError:
    """A refusal that says what the name is instead, or what it could have been."""
    if binding.collection == "relationship":
        known = sorted({each.name for kind in binding.types for each in kind.properties})
        text = f"relationships have no property {name.name!r}"
        return refuse("unknown_property", text, name, nearest(name.name, [*known, *SYSTEM_FIELDS["relationship"]]))
    found = [scope.models.contents(model).get(name.name) for model in binding.models]
    kinds = {type(each) for each in found if each is not None}
    if Telemetry in kinds:
        text = f"{name.name!r} is telemetry; it stands in the recordings (ask for a telemetry window), not in the twin"
        return refuse("telemetry", text, name)
    if RelationshipType in kinds:
        text = f"{name.name!r} is a relationship; write JOIN other RELATED {binding.alias or 'T'}.{name.name}"
        return refuse("relationship", text, name)
    if Command in kinds:
        return refuse("unknown_property", f"{name.name!r} is a command; it has no value", name)
    contents = [scope.models.contents(model).values() for model in binding.models]
    known = sorted({each.name for one in contents for each in one if isinstance(each, Property | Component)})
    text = f"no model here declares a property {name.name!r}"
    return refuse("unknown_property", text, name, nearest(name.name, [*known, *scope.named, *SYSTEM_FIELDS["twin"]]))
