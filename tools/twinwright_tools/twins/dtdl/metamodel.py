"""The metamodel of DTDL 2, 3 and 4: its classes, what members each has, and the limits that a version sets.

Source: the "DTDL Language Specification" of each version, sections "DTDL element" and "Limits and exclusions".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

VERSIONS = (2, 3, 4)

Kind = Literal["text", "localized", "integer", "boolean", "literal", "dtmi", "term", "schema", "element"]


@dataclass(frozen=True, slots=True)
class Member:
    """What may stand in one member of an element.

    Attributes:
        kind: a literal (text, integer, boolean; `literal` is text or integer), text in languages (localized), an
            identifier that is not followed (dtmi), a word of the language (term), a schema, or an element.
        required: whether the element needs it.
        many: whether it is a set; else one value, which may stand in an array of one.
        classes: the classes of an element in it.
        least, most: how many values a set has; the range of an integer.
        only: the words that a term may be.
    """

    kind: Kind
    required: bool = False
    many: bool = False
    classes: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """The numeric limits of one version of DTDL, or of a limit extension; None where there is none.

    Attributes:
        name, display_name, description, comment: characters.
        extends_depth: levels of `extends`; `extends_set` in one interface; `extends_total` in its whole hierarchy.
        contents: contents of one interface, inherited ones included.
        elements: values in the hierarchy under `contents` of one interface.
        schema_depth: `schema` and `elementSchema` members on a path down from a complex schema.
        interface_bytes: the JSON text of one interface.
    """

    name: int = 512
    display_name: int = 512
    description: int = 512
    comment: int = 512
    extends_depth: int = 10
    extends_set: int | None = None
    extends_total: int | None = 1024
    contents: int | None = None
    elements: int | None = 100_000
    schema_depth: int = 5
    interface_bytes: int | None = 1 << 20


_V2 = Limits(
    name=64,
    display_name=64,
    extends_set=2,
    extends_total=None,
    contents=300,
    elements=None,
    interface_bytes=None,
)
LIMITS: dict[int, Limits] = {2: _V2, 3: Limits(), 4: Limits(extends_depth=12, schema_depth=8)}
"""The limits of each version."""

LIMIT_EXTENSIONS: dict[str, Limits] = {
    "dtmi:dtdl:limits:onvif;1": replace(LIMITS[4], description=4096, schema_depth=24),
}
"""Published limit extensions (DTDL 4 only): "Onvif extension", version 1."""

CONTENTS = ("Command", "Component", "Property", "Relationship", "Telemetry")
COMPLEX = ("Array", "Enum", "Map", "Object")
CLASSES = (
    *CONTENTS,
    *COMPLEX,
    *("CommandPayload", "CommandRequest", "CommandResponse", "EnumValue", "Field", "Interface", "MapKey", "MapValue"),
)
ABSTRACT = frozenset(
    [
        "AdjunctType",
        "Alias",
        "ComplexSchema",
        "Content",
        "Entity",
        "LatentType",
        "NamedEntity",
        "NamedLatentType",
        "NumericSchema",
        "PrimitiveSchema",
        "QuantitativeType",
        "Schema",
        "SchemaField",
        "SemanticType",
        "SemanticUnit",
        "TemporalSchema",
        "Unit",
        "UnitAttribute",
        "CommandType",
    ]
)
"""Classes of the metamodel that no element of a model is declared to be."""

MAX_INTEGER = (1 << 31) - 1


@cache
def members(version: int, kind: str) -> dict[str, Member]:
    """The members of a class in one version, by name; empty for a class that the version doesn't know."""
    described = {"comment": Member("text"), "description": Member("localized"), "displayName": Member("localized")}
    own = _OWN[kind](version)
    named = {} if kind in ("Interface", *COMPLEX) else {"name": Member("text", required=True)}
    return {} if own is None else {**described, **named, **own}


def _one(*classes: str, required: bool = True) -> Member:
    return Member("element", required=required, classes=classes)


def _set(*classes: str, required: bool = False, least: int | None = None, most: int | None = None) -> Member:
    return Member("element", required, many=True, classes=classes, least=least, most=most)


_SCHEMA = Member("schema", required=True, classes=COMPLEX)
_FLAG = Member("boolean")


def _valued(version: int) -> dict[str, Member]:
    return {"schema": _SCHEMA}


def _request(version: int) -> dict[str, Member] | None:
    if version == 2:
        return None
    return {"schema": _SCHEMA} | ({"nullable": _FLAG} if version >= 4 else {})


def _command(version: int) -> dict[str, Member]:
    request, response = ("CommandPayload",) * 2 if version == 2 else ("CommandRequest", "CommandResponse")
    return {
        "commandType": Member("term", only=("synchronous", "asynchronous")),
        "request": _one(request, required=False),
        "response": _one(response, required=False),
    }


def _interface(version: int) -> dict[str, Member]:
    return {"contents": _set(*CONTENTS), "extends": _set("Interface"), "schemas": _set(*COMPLEX)}


def _relationship(version: int) -> dict[str, Member]:
    return {
        "maxMultiplicity": Member("integer", least=1, most=500 if version == 2 else MAX_INTEGER),
        "minMultiplicity": Member("integer", least=0, most=0),
        "properties": _set("Property", most=300 if version == 2 else None),
        "target": Member("dtmi"),
        "writable": _FLAG,
    }


def _enum(version: int) -> dict[str, Member]:
    values = _set("EnumValue", required=True, least=1, most=100) if version == 2 else _set("EnumValue")
    return {"enumValues": values, "valueSchema": Member("term", required=True, only=("integer", "string"))}


def _object(version: int) -> dict[str, Member]:
    return {"fields": _set("Field", required=True, least=1, most=30) if version == 2 else _set("Field")}


_OWN: dict[str, Callable[[int], dict[str, Member] | None]] = {
    "Array": lambda version: {"elementSchema": _SCHEMA},
    "Command": _command,
    "CommandPayload": lambda version: {"schema": _SCHEMA} if version == 2 else None,
    "CommandRequest": _request,
    "CommandResponse": _request,
    "Component": lambda version: {"schema": _one("Interface")},
    "Enum": _enum,
    "EnumValue": lambda version: {"enumValue": Member("literal", required=True)},
    "Field": _valued,
    "Interface": _interface,
    "Map": lambda version: {"mapKey": _one("MapKey"), "mapValue": _one("MapValue")},
    "MapKey": lambda version: {"schema": Member("term", required=True, only=("string",))},
    "MapValue": _valued,
    "Object": _object,
    "Property": lambda version: {"schema": _SCHEMA, "writable": _FLAG},
    "Relationship": _relationship,
    "Telemetry": _valued,
}
