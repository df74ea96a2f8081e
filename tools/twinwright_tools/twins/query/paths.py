"""Resolving the paths of a query against the models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    "relationship": {
        name: name for name in ("$relationshipId", "$relationshipName", "$sourceId", "$targetId", "$etag")
    },
}
_TEXT, _TIME = Primitive("string"), Primitive("dateTime")
_OBJECT = ObjectSchema(())
# what the metadata of a property holds: when it was updated, and the time that the updater gave for it
_TIMES = ("lastUpdateTime", "sourceTime")


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
        raise _unbound(scope, names)
    if not rest:
        return binding
    written = ".".join(f"[[{each.name}]]" if each.args.get("quoted") else each.name for each in names)
    if written not in scope.resolved:
        scope.resolved[written] = _value(scope, binding, rest, ".".join(each.name for each in names))
    return scope.resolved[written]


def resolve_value(scope: Scope, node: PropertyPath) -> Path:
    """The value that a path names; a whole collection is refused."""
    found = resolve(scope, node)
    if isinstance(found, Binding):
        text = f"{node.names[0]!r} is a whole document; name one of its properties, such as {node.names[0]}.$dtId"
        raise refuse("type", text, node)
    return found


def nowhere(path: Path) -> Path:
    """A path that no document has: what the service finds where types don't fit."""
    return Path(path.binding, ("$metadata", "$none"), (), path.text)


def _unbound(scope: Scope, names: Sequence[exp.Identifier]) -> QueryError:
    """A name before a dot that is no collection."""
    name = names[0].name
    text = f"no collection is called {name!r}; with JOIN or MATCH every property needs its alias before it"
    for step in scope.steps:
        if name in step.names:
            usage = "a walk of several hops has none" if step.is_walk else f"write RELATED T.{name} R, or -[R:{name}]->"
            return refuse("unknown_alias", f"{name!r} is a relationship's name, not an alias: {usage}", names[0])
    return refuse("unknown_alias", text, names[0], nearest(name, scope.aliases) or scope.aliases)


def _value(scope: Scope, binding: Binding, names: Sequence[exp.Identifier], text: str) -> Path:
    first = names[0]
    if first.name.startswith("$") and not first.args.get("quoted"):
        return _system(scope, binding, names, text)
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
    if not scope.checked or (not declared and _stands(scope, binding, first.name)):
        return Path(binding, path, (), text)
    if refusals:
        raise refusals[0]
    if text == ".".join(path) and len(names) > 1 and scope.aliases and _follows(scope, binding, names[1]):
        near = nearest(first.name, scope.aliases) or scope.aliases
        raise refuse("unknown_alias", f"no collection is called {first.name!r}", first, near)
    raise _unknown(scope, binding, first)


def _system(scope: Scope, binding: Binding, names: Sequence[exp.Identifier], text: str) -> Path:
    """A field that every document has, or a place in its metadata."""
    written = ".".join(each.name for each in names)
    fields = SYSTEM_FIELDS[binding.collection]
    if written in fields:
        return Path(binding, (fields[written],), (_TEXT,), text)
    path = tuple(each.name for each in names)
    if path[0] == "$metadata" and binding.collection == "twin":
        schema = _metadata(scope, binding, path[1:])
        if schema is not None:
            return Path(binding, path, (schema,), text)
        fields = fields | dict.fromkeys(_metadata_near(scope, binding, path[1:]), "")
    if not scope.checked:
        return Path(binding, path if path[0] == "$metadata" else ("$metadata", *path), (), text)
    near = nearest(written, fields) or list(fields)
    raise refuse("unknown_property", f"{binding.collection}s have no field {written}", names[0], near)


def _metadata(scope: Scope, binding: Binding, inside: Sequence[str]) -> Schema | None:
    """The schema of a place in a twin's metadata, or None if there is no such place."""
    if not inside:
        return _OBJECT
    if inside[0].startswith("$"):
        return _TIME if tuple(inside) == ("$lastUpdateTime",) else None
    if not any(_declared(scope, binding, inside[0])) and not _stands(scope, binding, inside[0]):
        return None
    return _times(inside[1:])


def _metadata_near(scope: Scope, binding: Binding, inside: Sequence[str]) -> list[str]:
    """Places in a twin's metadata that look like one that isn't there."""
    contents = {each for model in binding.models for each in scope.models.contents(model)}
    near = [inside[0]] if inside[0] in contents else nearest(inside[0], sorted(contents))
    times = [f"$metadata.{name}.{time}" for name in near for time in _TIMES] if len(inside) > 1 else []
    return [*times, *(f"$metadata.{name}" for name in near), "$metadata.$lastUpdateTime"]


def _times(inside: Sequence[str]) -> Schema | None:
    if not inside:
        return _OBJECT
    return _TIME if len(inside) == 1 and inside[0] in _TIMES else None


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


def _stands(scope: Scope, binding: Binding, name: str) -> bool:
    """Whether a property stands in documents that the collection can hold, though no model declares it."""
    if binding.collection == "twin":
        return any(name in scope.statistics.properties.get(model, ()) for model in binding.models)
    standing = scope.statistics.edge_properties.items()
    return any(model in binding.models and name in names for (model, _), names in standing)


def _inside(scope: Scope, content: Property | Component, names: Sequence[exp.Identifier]) -> Schema:
    """The schema at the end of a path that begins with a content."""
    if isinstance(content, Property):
        return _walk(content.schema, names[0], names[1:])
    if len(names) == 1:
        return _OBJECT
    parts = scope.models.contents(content.interface)
    if names[1].name == "$metadata":
        inside = [each.name for each in names[2:]]
        found = _times(inside[1:]) if inside and inside[0] in parts else _OBJECT if not inside else None
        if found is not None:
            return found
    part = parts.get(names[1].name)
    if isinstance(part, Property | Component):
        return _inside(scope, part, names[1:])
    known = [name for name, each in parts.items() if isinstance(each, Property | Component)]
    text = f"component {content.name!r} has no property {names[1].name!r}"
    if isinstance(part, Telemetry):
        text = f"{content.name}.{names[1].name} is telemetry; it stands in the recordings, not in the twin"
    raise refuse("unknown_property", text, names[1], nearest(names[1].name, known))


def _walk(schema: Schema, at: exp.Identifier, names: Sequence[exp.Identifier]) -> Schema:
    if not names:
        return schema
    schema = getattr(schema, "target", schema)  # a schema inside itself (DTDL 4) stands for the one above it
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


def _unknown(scope: Scope, binding: Binding, name: exp.Identifier) -> QueryError:
    """A refusal that says what the name is instead, or what it could have been."""
    if binding.collection == "relationship":
        known = sorted({each.name for kind in binding.types for each in kind.properties})
        called = sorted({kind.name for kind in binding.types})
        who = f"{' and '.join(called)} declare" if 0 < len(called) <= 3 else "relationships declare"
        text = f"{who} no property {name.name!r}"
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
    return _no_property(scope, binding, name)


def _follows(scope: Scope, binding: Binding, name: exp.Identifier) -> bool:
    """Whether a name is one that can follow an alias, so that what stands before it was meant to be one."""
    return name.name.startswith("$") or any(_declared(scope, binding, name.name))


def _no_property(scope: Scope, binding: Binding, name: exp.Identifier) -> QueryError:
    contents = [scope.models.contents(model).values() for model in binding.models]
    known = sorted({each.name for one in contents for each in one if isinstance(each, Property | Component)})
    near = nearest(name.name, [*known, *scope.aliases, *SYSTEM_FIELDS["twin"]])
    if len(binding.models) == 1:
        who = f"the model {scope.models.label(next(iter(binding.models)))} declares no"
    else:
        who = f"none of the {len(binding.models)} models that {binding.alias or 'the twins'} can have declares a"
    return refuse("unknown_property", f"{who} property {name.name!r}", name, near)
