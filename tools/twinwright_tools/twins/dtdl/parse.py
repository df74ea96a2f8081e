"""Reading DTDL interfaces from JSON, one at a time; what they say of each other is checked in `check`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .names import MAX_DTMI, is_dtmi, is_reserved
from .reader import DefectError, Findings, Node, describe
from .schemas import Shared, read_field, read_quantity, read_schema
from .types import ArraySchema, Command, Component, Content, Interface, Property, RelationshipType, Schema, Telemetry

_CONTEXTS = {f"dtmi:dtdl:context;{version}": version for version in (2, 3)}
_QUANTITIES = "dtmi:dtdl:extension:quantitativeTypes;1"
_KNOWN_CONTEXTS = (*_CONTEXTS, _QUANTITIES)

Inline = list[tuple[Any, str]]
"""Interfaces that stand inside others, put aside for reading, each with its path."""


def read_interfaces(document: Any, path: str, findings: Findings) -> list[Interface]:
    """The interfaces of a document: one object, a list of them, and those that stand inline in others.

    A part that can't be used is left out and reported; so is an interface whose own identity is broken.
    """
    found: list[Interface] = []
    listed = [(document, path)]
    if isinstance(document, list):
        listed = [(each, f"{path}[{index}]") for index, each in enumerate(document)]
    while listed:
        value, where = listed.pop(0)
        findings.model = None
        try:
            interface, inline = _interface(value, where, findings)
        except DefectError as defect:
            findings.defect(defect)
            continue
        found.append(interface)
        listed[:0] = inline
    findings.model = None
    return found


def _interface(value: Any, path: str, findings: Findings) -> tuple[Interface, Inline]:
    node = Node({}, path, findings).child(value, path, "an interface")
    model = node.need("@id")
    findings.model = model if isinstance(model, str) else None
    if "Interface" not in node.types():
        raise DefectError(
            "dtdl.type", f"'@type' must be Interface, not {describe(value.get('@type'))}", node.at("@type")
        )
    node = _with_context(node)
    if not is_dtmi(model, node.version) or len(model) > MAX_DTMI or is_reserved(model):
        text = f"{model!r} can't identify an interface; write dtmi:com:example:Pump;1, {MAX_DTMI} characters at most"
        raise DefectError("dtdl.dtmi", text, node.at("@id"))
    node.only("extends", "contents", "schemas")
    inline: Inline = []
    extends = tuple(_reference(node, each, where, inline) for each, where in node.children("extends"))
    contents = _contents(node, _shared(node), inline)
    interface = Interface(str(model), extends, contents, node.version, node.texts(), findings.file, path)
    return interface, inline


def _with_context(node: Node) -> Node:
    contexts = [each for each, _ in node.children("@context")]
    if not contexts:
        raise DefectError("dtdl.context", "'@context' is missing; it is \"dtmi:dtdl:context;3\"", node.path)
    version = next((_CONTEXTS[each] for each in contexts if isinstance(each, str) and each in _CONTEXTS), None)
    if version is None:
        text = f"DTDL 2 and 3 are understood, not the context {', '.join(map(str, contexts))}"
        raise DefectError("dtdl.context", text, node.at("@context"))
    known = version == 2 or _QUANTITIES in contexts
    extended = any(each not in _KNOWN_CONTEXTS for each in contexts)
    return replace(node, version=version, quantities=known, extended=extended, context=node.value["@context"])


def _reference(node: Node, value: Any, path: str, inline: Inline) -> str:
    """The DTMI of an interface that is named, or that stands inline and then is put aside for reading."""
    if isinstance(value, dict) and is_dtmi(value.get("@id"), node.version):
        if len(value) > 1:
            inline.append(({"@context": node.context, "@type": "Interface", **value}, path))
        return str(value["@id"])
    if not is_dtmi(value, node.version):
        raise DefectError(
            "dtdl.dtmi", f"{describe(value)} is no interface; it looks like dtmi:com:example:Pump;1", path
        )
    return str(value)


def _shared(node: Node) -> Shared:
    """The interface's reusable schemas; they may refer to each other in any order, but not in a circle."""
    waiting = {}
    for value, path in node.children("schemas"):
        if isinstance(value, dict) and is_dtmi(value.get("@id")):
            waiting[value["@id"]] = (value, path)
        else:
            node.findings.add("error", "dtdl.schema", "a reusable schema needs an '@id' that is a DTMI", path)
    shared: dict[str, Schema] = {}
    while waiting:
        defects: dict[str, DefectError] = {}
        for key, (value, path) in list(waiting.items()):
            try:
                shared[key] = read_schema(node.child({"schema": value}, path, "a schema"), "schema", shared)
            except DefectError as defect:
                defects[key] = DefectError(defect.code, defect.text, defect.path.replace(f"{path}.schema", path))
        if len(defects) == len(waiting):
            for each in defects.values():
                node.findings.defect(each)
            break
        waiting = {key: waiting[key] for key in defects}
    return shared


def _contents(node: Node, shared: Shared, inline: Inline) -> tuple[Content, ...]:
    found: dict[str, Content] = {}
    for value, path in node.children("contents"):
        try:
            element = node.child(value, path, "an element of 'contents'")
            content = _content(element, shared, inline)
            if content.name in found:
                raise DefectError("dtdl.duplicate", f"{content.name!r} stands twice in 'contents'", path)
        except DefectError as defect:
            node.findings.defect(defect)
            continue
        found[content.name] = content
    return tuple(found.values())


def _content(node: Node, shared: Shared, inline: Inline) -> Content:
    types = node.types()
    kinds = [each for each in types if each in _READERS]
    if len(kinds) != 1:
        text = f"'@type' must hold exactly one of {', '.join(_READERS)}, not {describe(node.value.get('@type'))}"
        raise DefectError("dtdl.type", text, node.at("@type") if types else node.path)
    return _READERS[kinds[0]](node, shared, [each for each in types if each != kinds[0]], inline)


def _property(node: Node, shared: Shared, cotypes: list[str], inline: Inline) -> Property:
    node.only("name", "schema", "unit", "writable")
    name, schema = node.name(), read_schema(node, "schema", shared)
    if node.version == 2 and isinstance(schema, ArraySchema):
        raise DefectError("dtdl.schema", "DTDL 2 has no properties that are arrays", node.at("schema"))
    return Property(name, schema, read_quantity(node, schema, cotypes), node.boolean("writable"), node.texts())


def _telemetry(node: Node, shared: Shared, cotypes: list[str], inline: Inline) -> Telemetry:
    node.only("name", "schema", "unit")
    name, schema = node.name(), read_schema(node, "schema", shared)
    return Telemetry(name, schema, read_quantity(node, schema, cotypes), node.texts())


def _command(node: Node, shared: Shared, cotypes: list[str], inline: Inline) -> Command:
    node.only("name", "request", "response", "commandType")
    payloads = [
        read_field(node.child(node.value[part], node.at(part), f"{part!r}"), shared) if node.value.get(part) else None
        for part in ("request", "response")
    ]
    return Command(node.name(), payloads[0], payloads[1], node.texts())


def _relationship(node: Node, shared: Shared, cotypes: list[str], inline: Inline) -> RelationshipType:
    node.only("name", "target", "minMultiplicity", "maxMultiplicity", "writable", "properties")
    target = node.value.get("target")
    if target is not None and not is_dtmi(target, node.version):
        raise DefectError("dtdl.dtmi", f"'target' must be a DTMI, not {describe(target)}", node.at("target"))
    most, least = node.value.get("maxMultiplicity"), node.value.get("minMultiplicity", 0)
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        text = f"'maxMultiplicity' must be a whole number from 1, not {describe(most)}"
        raise DefectError("dtdl.multiplicity", text, node.at("maxMultiplicity"))
    if isinstance(least, bool) or least != 0:
        text = f"'minMultiplicity' must be 0, not {describe(least)}"
        raise DefectError("dtdl.multiplicity", text, node.at("minMultiplicity"))
    properties = _relationship_properties(node, shared)
    return RelationshipType(node.name(), target, most, node.boolean("writable"), properties, node.texts())


def _relationship_properties(node: Node, shared: Shared) -> tuple[Property, ...]:
    found: dict[str, Property] = {}
    for value, path in node.children("properties"):
        inner = node.child(value, path, "a relationship's property")
        if "Property" not in inner.types():
            raise DefectError("dtdl.type", "a relationship holds properties only", path)
        each = _property(inner, shared, [other for other in inner.types() if other != "Property"], [])
        if each.name in found:
            raise DefectError("dtdl.duplicate", f"property {each.name!r} stands there twice", path)
        found[each.name] = each
    return tuple(found.values())


def _component(node: Node, shared: Shared, cotypes: list[str], inline: Inline) -> Component:
    node.only("name", "schema")
    return Component(node.name(), _reference(node, node.need("schema"), node.at("schema"), inline), node.texts())


_READERS: dict[str, Callable[[Node, Shared, list[str], Inline], Content]] = {
    "Command": _command,
    "Component": _component,
    "Property": _property,
    "Relationship": _relationship,
    "Telemetry": _telemetry,
}
