"""Whether a twin's or a relationship's document is one that its DTDL models allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import TimeFormatError, nearest
from ...times import parse_time
from ..dtdl import ModelSet
from ..dtdl.reader import describe
from ..dtdl.types import Component, Content, Property, RelationshipType
from ..dtdl.values import mismatch
from .documents import Document, own

# What a document may bring along although the service sets it, or gives it only when it is read.
_IGNORED = frozenset({"$dtId", "$etag", "$metadata", "$relationships"})
_TWIN_METADATA = frozenset({"$model", "$lastUpdateTime"})
_ENDS = frozenset({"$relationshipId", "$sourceId", "$targetId", "$relationshipName", "$etag"})
# `desiredValue` and the like come from IoT Hub: graphs hold them, nobody sets them.
_SETTABLE = "sourceTime"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that the models don't allow, at a JSON pointer, with what was probably meant."""

    path: str
    text: str
    suggestions: tuple[str, ...] = ()


def twin_violations(document: Document, models: ModelSet) -> list[Violation]:
    """What is wrong with a twin, against its model; a model that isn't known is the only thing said then."""
    metadata = document.get("$metadata")
    model = metadata.get("$model") if isinstance(metadata, dict) else None
    if not isinstance(model, str):
        return [Violation("/$metadata/$model", "a twin names its model in $metadata.$model")]
    if model not in models:
        near = tuple(nearest(model, models))
        hint = f"; did you mean {near[0]}?" if near else ""
        return [Violation("/$metadata/$model", f"there is no model {model}{hint}", near)]
    return [*_system_fields(document), *_contents(document, model, models, "")]


def _system_fields(document: Document) -> Iterator[Violation]:
    for name in document:
        if name.startswith("$") and name not in _IGNORED:
            near = tuple(nearest(name, _IGNORED, 1))
            yield Violation(f"/{name}", f"a twin has no field {name!r}; names with $ are the service's own", near)


def _contents(document: Document, model: str, models: ModelSet, at: str) -> Iterator[Violation]:
    contents = models.contents(model)
    for name, value in own(document).items():
        content = contents.get(name)
        path = f"{at}/{name}"
        if isinstance(content, Property):
            wrong = mismatch(value, content.schema)
            if wrong:
                yield Violation(path, f"{name!r} {wrong}{_removing(value)}")
        elif isinstance(content, Component) and isinstance(value, dict):
            yield from _component(value, content, models, path)
        elif isinstance(content, Component):
            yield Violation(path, f"component {name!r} must be an object, not {describe(value)}")
        else:
            yield _undeclared(name, model, contents, path)
    yield from _metadata(document, contents, at)
    for name, content in contents.items():
        if isinstance(content, Component) and name not in document:
            yield Violation(f"{at}/{name}", f"component {name!r} of {model} must be there; {{}} will do", (name,))


def _component(value: Document, content: Component, models: ModelSet, path: str) -> Iterator[Violation]:
    for name in value:
        if name.startswith("$") and name != "$metadata":
            yield Violation(f"{path}/{name}", f"a component has no field {name!r}")
    yield from _contents(value, content.interface, models, path)


def _removing(value: Any) -> str:
    return "; to take a value away, use remove" if value is None else ""


def _undeclared(name: str, model: str, contents: dict[str, Content], path: str) -> Violation:
    if name in contents:
        kind = type(contents[name]).__name__.removesuffix("Type").lower()
        hints = {
            "telemetry": "measured values stream in and aren't part of a twin",
            "relationship": "use DigitalTwins_AddRelationship",
        }
        return Violation(path, f"{name!r} of {model} is a {kind}, no property; {hints.get(kind, 'it has no value')}")
    settable = [each for each, content in contents.items() if isinstance(content, Property | Component)]
    near = tuple(nearest(name, settable))
    hint = f"; did you mean {near[0]!r}?" if near else f"; it declares {', '.join(settable) or 'none'}"
    return Violation(path, f"{model} declares no property {name!r}{hint}", near)


def _metadata(document: Document, contents: dict[str, Content], at: str) -> Iterator[Violation]:
    metadata = document.get("$metadata", {})
    path = f"{at}/$metadata"
    if not isinstance(metadata, dict):
        yield Violation(path, f"'$metadata' must be an object, not {describe(metadata)}")
        return
    for name, value in metadata.items():
        if name in _TWIN_METADATA:
            continue
        if not isinstance(contents.get(name), Property):
            near = tuple(nearest(name, [each for each in contents if isinstance(contents[each], Property)], 1))
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield Violation(f"{path}/{name}", f"there is no property {name!r} to say something of{hint}", near)
        elif not isinstance(value, dict):
            yield Violation(f"{path}/{name}", f"must be an object, not {describe(value)}")
        elif _SETTABLE in value:
            yield from _source_time(value[_SETTABLE], f"{path}/{name}/{_SETTABLE}")


def _source_time(value: Any, path: str) -> Iterator[Violation]:
    try:
        if isinstance(value, str):
            parse_time(value)
            return
    except TimeFormatError as error:
        yield Violation(path, error.message, tuple(error.suggestions))
        return
    yield Violation(path, f"'sourceTime' must be an ISO 8601 time, not {describe(value)}")


def relationship_violations(
    document: Document, source_model: str, target_model: str | None, models: ModelSet
) -> list[Violation]:
    """What is wrong with a relationship between twins of these models; None for a target that isn't there."""
    name = document.get("$relationshipName")
    if not isinstance(name, str):
        return [Violation("/$relationshipName", "a relationship has a name in $relationshipName")]
    declared = models.relationship(source_model, name)
    if source_model not in models or declared is None:
        return [_no_relationship(name, source_model, models)]
    found = list(_relationship_properties(document, declared))
    wanted = declared.target
    if wanted and target_model is not None and not models.is_a(target_model, wanted):
        text = f"{name!r} leads to twins of {wanted}; {document['$targetId']!r} is a {target_model}"
        found.append(Violation("/$targetId", text))
    return found


def _no_relationship(name: str, model: str, models: ModelSet) -> Violation:
    if model not in models:
        return Violation("/$sourceId", f"the source's model {model} isn't known, so nothing can be checked")
    contents = models.contents(model)
    known = [each for each, content in contents.items() if isinstance(content, RelationshipType)]
    near = tuple(nearest(name, known))
    hint = f"; did you mean {near[0]!r}?" if near else f"; it declares {', '.join(known) or 'none'}"
    return Violation("/$relationshipName", f"{model} declares no relationship {name!r}{hint}", near)


def _relationship_properties(document: Document, declared: RelationshipType) -> Iterator[Violation]:
    for name, value in document.items():
        found = declared.property(name)
        if name in _ENDS:
            continue
        if found is None:
            near = tuple(nearest(name, [each.name for each in declared.properties]))
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield Violation(f"/{name}", f"relationship {declared.name!r} has no property {name!r}{hint}", near)
        elif wrong := mismatch(value, found.schema):
            yield Violation(f"/{name}", f"{name!r} {wrong}{_removing(value)}")
