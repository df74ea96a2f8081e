"""Reading DTDL interfaces from JSON, one at a time; what they say of each other is checked in `check`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .context import Context
from .elements import Element, ElementReader, Reference
from .extras import annotation_doubts, check_extras
from .metamodel import COMPLEX, CONTENTS
from .names import is_dtmi
from .reader import DefectError, Findings
from .schemas import SchemaBuilder, holds_array, texts
from .types import (
    Command,
    Component,
    Content,
    Extras,
    Field,
    Interface,
    Property,
    RelationshipType,
    Telemetry,
)

_COUNTED = frozenset(
    ["contents", "fields", "enumValues", "request", "response", "properties", "schema", "elementSchema", "mapValue"]
)


def read_interfaces(document: Any, path: str, findings: Findings) -> list[Interface]:
    """The interfaces of a document: one object, a list of them, and those that stand inline in others.

    A part that can't be used is left out and reported; so is an interface whose own identity is broken.
    """
    found: list[Interface] = []
    listed: list[tuple[Any, str, Context | None]] = [(document, path, None)]
    if isinstance(document, list):
        listed = [(each, f"{path}[{index}]", None) for index, each in enumerate(document)]
    while listed:
        value, where, outer = listed.pop(0)
        findings.model = None
        reader = ElementReader(findings)
        try:
            found.append(_interface(value, where, outer, reader))
        except DefectError as defect:
            findings.defect(defect)
            continue
        finally:
            listed[:0] = reader.inline
    findings.model = None
    return found


def _interface(value: Any, path: str, outer: Context | None, reader: ElementReader) -> Interface:
    findings = reader.findings
    if isinstance(value, dict) and is_dtmi(value.get("@id")):
        findings.model = value["@id"]
    element = reader.read(value, path, ("Interface",), outer)
    if element.id is None:
        raise DefectError("dtdl.missing_field", "'@id' is missing; an interface needs one", path)
    _check_size(element, reader)
    return _InterfaceBuilder(element, findings).build()


def _check_size(element: Element, reader: ElementReader) -> None:
    """Note an interface whose JSON text is too long, however it is laid out; interfaces inside it don't count."""
    most = element.context.limits.interface_bytes
    if most is None:
        return
    inner = sum(_bytes(value) for value, _, _ in reader.inline)
    size = _bytes(element.value) - inner
    if size > most:
        text = f"the interface is {size} bytes long, {most} at most are allowed; move part of it into another one"
        reader.findings.add("warning", "dtdl.count", text, element.path)


def _bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


class _InterfaceBuilder:
    """Makes one interface of its element; what can't be used of it is left out."""

    def __init__(self, element: Element, findings: Findings) -> None:
        self.element = element
        self.findings = findings
        self.ids: dict[str, str] = {}
        self.index: dict[str, Element] = {}
        self._collect(element)
        self.schemas = SchemaBuilder(self.index)

    def _collect(self, element: Element) -> None:
        for child in element.children():
            if child.id is not None and child.id in (*self.index, self.element.id):
                text = f"the identifier {child.id!r} is taken by another element; give this one another"
                self.findings.add("error", "dtdl.duplicate_id", text, child.at("@id"))
            elif child.id is not None:
                self.index[child.id] = child
                self.ids[child.id] = child.path
            self._collect(child)

    def build(self) -> Interface:
        """The interface, without the contents that can't be used."""
        element = self.element
        extends = tuple(dict.fromkeys(each.id for each in element.members.get("extends", [])))
        self._check_extends(len(extends))
        self._check_schemas()
        contents, places = self._contents()
        check_extras(element, self.findings)
        return Interface(
            str(element.id),
            extends,
            contents,
            element.context.version,
            texts(element),
            self.findings.file,
            element.path,
            element.cotypes.words,
            extras(element),
            tuple(self.ids.items()),
            tuple(places.items()),
            count_values(element),
            element.context.limits,
        )

    def _check_extends(self, count: int) -> None:
        most = self.element.context.limits.extends_set
        if most is not None and count > most:
            text = f"'extends' has {count} interfaces, {most} at most are allowed in DTDL 2"
            self.findings.add("warning", "dtdl.count", text, self.element.at("extends"))

    def _check_schemas(self) -> None:
        """Note schemas that can't be used or have no identifier to be referred to by."""
        for each in self.element.members.get("schemas", []):
            if isinstance(each, Element) and each.id is None:
                text = "a reusable schema needs an '@id' that is a DTMI"
                self.findings.add("error", "dtdl.schema", text, each.path)
                continue
            try:
                self.schemas.complex(self.schemas.followed(each, COMPLEX))
            except DefectError as defect:
                self.findings.defect(defect)

    def _contents(self) -> tuple[tuple[Content, ...], dict[str, str]]:
        found: dict[str, Content] = {}
        places: dict[str, str] = {}
        for each in self.element.members.get("contents", []):
            try:
                element = self.schemas.followed(each, CONTENTS)
                content = _READERS[element.kind](self, element)
                if content.name in found:
                    raise DefectError("dtdl.duplicate", f"{content.name!r} stands twice in 'contents'", each.path)
            except DefectError as defect:
                self.findings.defect(defect)
                continue
            found[content.name], places[content.name] = content, each.path
        for code, text, element in self.schemas.doubts:
            at = element.at("unit") if code == "dtdl.unit" and "unit" in element.value else element.at("schema")
            self.findings.add("warning", code, text, at)
        return tuple(found.values()), places

    def _property(self, element: Element) -> Property:
        members, schema = element.members, self.schemas.of(element)
        if element.context.version == 2 and holds_array(schema):
            text = "DTDL 2 has no properties that hold arrays, as geospatial schemas do; make it a telemetry"
            raise DefectError("dtdl.schema", text, element.at("schema"))
        writable, words = members.get("writable", False), element.cotypes.words
        quantity = element.cotypes.quantity
        return Property(members["name"], schema, quantity, writable, texts(element), words, extras(element))

    def _telemetry(self, element: Element) -> Telemetry:
        schema, words = self.schemas.of(element), element.cotypes.words
        quantity = element.cotypes.quantity
        return Telemetry(element.members["name"], schema, quantity, texts(element), words, extras(element))

    def _command(self, element: Element) -> Command:
        payloads = [self._payload(element, part) for part in ("request", "response")]
        words = element.cotypes.words
        return Command(element.members["name"], payloads[0], payloads[1], texts(element), words, extras(element))

    def _payload(self, element: Element, part: str) -> Field | None:
        return self.schemas.value(self.schemas.child(element, part)) if part in element.members else None

    def _relationship(self, element: Element) -> RelationshipType:
        members = element.members
        properties: dict[str, Property] = {}
        for each in self.schemas.listed(element, "properties"):
            found = self._property(each)
            if found.name in properties:
                raise DefectError("dtdl.duplicate", f"property {found.name!r} stands there twice", each.path)
            properties[found.name] = found
        for name, text in annotation_doubts(properties.values(), properties):
            text = f"property {name!r}: {text}"
            self.findings.add("warning", "dtdl.annotation", text, element.at("properties"))
        return RelationshipType(
            members["name"],
            members.get("target"),
            members.get("maxMultiplicity"),
            members.get("writable", False),
            tuple(properties.values()),
            texts(element),
            members.get("minMultiplicity", 0),
            element.cotypes.words,
            extras(element),
        )

    def _component(self, element: Element) -> Component:
        interface: Reference = element.members["schema"]
        words = element.cotypes.words
        return Component(element.members["name"], interface.id, texts(element), words, extras(element))


_READERS: dict[str, Callable[[_InterfaceBuilder, Element], Content]] = {
    "Command": _InterfaceBuilder._command,
    "Component": _InterfaceBuilder._component,
    "Property": _InterfaceBuilder._property,
    "Relationship": _InterfaceBuilder._relationship,
    "Telemetry": _InterfaceBuilder._telemetry,
}


def extras(element: Element) -> Extras:
    """What extensions add to an element, but for its unit, which is in its quantity."""
    names = [name for name in element.cotypes.members if name in element.members and name != "unit"]
    return tuple((name, element.members[name]) for name in names)


def count_values(element: Element) -> int:
    """How many values stand in the members under `contents`, as the limit on an interface counts them."""
    total = 0
    for name, value in element.members.items():
        if name in _COUNTED:
            total += len(value) if isinstance(value, list) else 1
            listed = value if isinstance(value, list) else [value]
            total += sum(count_values(each) for each in listed if isinstance(each, Element))
    return total
