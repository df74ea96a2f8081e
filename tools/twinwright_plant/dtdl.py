"""Small builders for DTDL v3 documents; the shapes are those of the DTDL v3 language description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Element = dict[str, Any]
CONTEXT = ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"]
PREFIX = "dtmi:com:example:bottling"


def dtmi(name: str) -> str:
    """The DTMI of a model of the plant."""
    return f"{PREFIX}:{name};1"


def interface(
    name: str,
    label: str,
    *contents: Element,
    extends: Sequence[str] = (),
    comment: str = "",
    schemas: Sequence[Element] = (),
) -> Element:
    """An Interface; `extends` are names of other models of the plant."""
    document: Element = {"@context": CONTEXT, "@id": dtmi(name), "@type": "Interface", "displayName": label}
    if comment:
        document["comment"] = comment
    if extends:
        parents = [dtmi(parent) for parent in extends]
        document["extends"] = parents[0] if len(parents) == 1 else parents
    if schemas:
        document["schemas"] = list(schemas)
    document["contents"] = list(contents)
    return document


def _element(kind: str, name: str, label: str, schema: Any, quantity: tuple[str, str] | None, comment: str) -> Element:
    element: Element = {"@type": [kind, quantity[0]] if quantity else kind, "name": name, "displayName": label}
    if comment:
        element["comment"] = comment
    element["schema"] = schema
    if quantity:
        element["unit"] = quantity[1]
    return element


def telemetry(
    name: str, label: str, quantity: tuple[str, str] | None = None, *, schema: Any = "double", comment: str = ""
) -> Element:
    """A Telemetry; `quantity` is (semantic type, unit) of the quantitative types extension."""
    return _element("Telemetry", name, label, schema, quantity, comment)


def prop(
    name: str,
    label: str,
    schema: Any = "string",
    quantity: tuple[str, str] | None = None,
    *,
    writable: bool = False,
    comment: str = "",
) -> Element:
    """A Property."""
    element = _element("Property", name, label, schema, quantity, comment)
    if writable:
        element["writable"] = True
    return element


def relationship(name: str, label: str, *properties: Element, target: str | None = None, comment: str = "") -> Element:
    """A Relationship; without a target it may point at any model."""
    element: Element = {"@type": "Relationship", "name": name, "displayName": label}
    if comment:
        element["comment"] = comment
    if target:
        element["target"] = dtmi(target)
    if properties:
        element["properties"] = list(properties)
    return element


def component(name: str, label: str, model: str) -> Element:
    """A Component of another model of the plant."""
    return {"@type": "Component", "name": name, "displayName": label, "schema": dtmi(model)}


def command(name: str, label: str, request: Element | None = None, *, comment: str = "") -> Element:
    """A Command; the twin only describes it, nothing here can send it."""
    element: Element = {"@type": "Command", "name": name, "displayName": label}
    if comment:
        element["comment"] = comment
    if request:
        element["request"] = request
    return element


def enum(values: Sequence[str], schema_id: str | None = None) -> Element:
    """An Enum of strings."""
    document: Element = {"@type": "Enum", "valueSchema": "string"}
    if schema_id:
        document["@id"] = schema_id
    document["enumValues"] = [{"name": value, "enumValue": value} for value in values]
    return document


def obj(*fields: tuple[str, str]) -> Element:
    """An Object of (name, primitive schema) fields."""
    return {"@type": "Object", "fields": [{"name": name, "schema": schema} for name, schema in fields]}


def array(schema: Any) -> Element:
    """An Array."""
    return {"@type": "Array", "elementSchema": schema}


def mapping(key: str, value: str, schema: str = "string") -> Element:
    """A Map from strings."""
    return {"@type": "Map", "mapKey": {"name": key, "schema": "string"}, "mapValue": {"name": value, "schema": schema}}
