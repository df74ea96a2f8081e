"""DTDL in memory: schemas, contents and interfaces. All of it is immutable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .metamodel import Limits

_NUMERIC_2 = frozenset({"double", "float", "integer", "long"})
_NUMERIC_4 = frozenset({"byte", "short", "unsignedByte", "unsignedInteger", "unsignedLong", "unsignedShort"})
NUMERIC = _NUMERIC_2 | _NUMERIC_4
"""Schemas whose values are JSON numbers; `decimal`, which DTDL counts among the numeric ones too, is a string there."""

_PRIMITIVES_2 = _NUMERIC_2 | {"boolean", "date", "dateTime", "duration", "string", "time"}
PRIMITIVES = _PRIMITIVES_2 | _NUMERIC_4 | {"bytes", "decimal", "uuid"}
PRIMITIVES_OF = {2: _PRIMITIVES_2, 3: _PRIMITIVES_2, 4: PRIMITIVES}
"""The primitive schemas of each version of DTDL."""

GEOSPATIAL = frozenset({"lineString", "multiLineString", "multiPoint", "multiPolygon", "point", "polygon"})


@dataclass(frozen=True, slots=True)
class Primitive:
    """A primitive or geospatial schema by its DTDL name."""

    name: str


@dataclass(frozen=True, slots=True)
class Texts:
    """What models say to people: display name and description in one language (English where there is one), comment.

    Attributes:
        display_names, descriptions: pairs of language tag and text, all that the model has.
    """

    display_name: str | None = None
    description: str | None = None
    comment: str | None = None
    display_names: tuple[tuple[str, str], ...] = ()
    descriptions: tuple[tuple[str, str], ...] = ()

    def display_name_in(self, language: str) -> str | None:
        """The display name in a language such as ``de``, or in that of one of its regions; else the usual one."""
        return _in_language(self.display_names, language) or self.display_name

    def description_in(self, language: str) -> str | None:
        """The description in a language, chosen like the display name."""
        return _in_language(self.descriptions, language) or self.description


def _in_language(texts: tuple[tuple[str, str], ...], language: str) -> str | None:
    same = [text for tag, text in texts if tag == language]
    near = [text for tag, text in texts if tag.split("-")[0] == language.split("-")[0]]
    return next(iter([*same, *near]), None)


Extras = tuple[tuple[str, Any], ...]
"""What extensions add to an element: pairs of member and value, such as ``("annotates", "temperature")``."""


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One value of an enum: its name in the model and the value that stands in the data."""

    name: str
    value: int | str
    display_name: str | None = None
    texts: Texts = Texts()


@dataclass(frozen=True, slots=True)
class EnumSchema:
    """A choice among named values; `value_schema` is ``integer`` or ``string``."""

    value_schema: Literal["integer", "string"]
    values: tuple[EnumValue, ...]

    name = "enum"

    def value(self, name: str) -> EnumValue | None:
        """The value of that name, or None."""
        return next((each for each in self.values if each.name == name), None)


@dataclass(frozen=True, slots=True)
class MapSchema:
    """String keys to values of one schema.

    Attributes:
        entry: what the model calls a value, and what it measures; None where that isn't known.
    """

    value: Schema
    entry: Field | None = None

    name = "map"


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a number measures: a semantic type such as ``Temperature`` and a DTDL unit such as ``degreeCelsius``."""

    semantic_type: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A named part of an object, or the request or response of a command.

    Attributes:
        required: whether an object must have it (the Requirement extension).
        nullable: whether a command's request or response may be left out (DTDL 4).
    """

    name: str
    schema: Schema
    quantity: Quantity = Quantity()
    display_name: str | None = None
    required: bool = False
    nullable: bool = False
    texts: Texts = Texts()


@dataclass(frozen=True, slots=True)
class ObjectSchema:
    """Named fields, each of its own schema."""

    fields: tuple[Field, ...]

    name = "object"

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True, slots=True)
class ArraySchema:
    """A list whose elements have one schema."""

    element: Schema

    name = "array"


@dataclass(frozen=True, slots=True, eq=False)
class RecursiveSchema:
    """A complex schema inside itself, as DTDL 4 allows: it is the one of that DTMI above it.

    Attributes:
        id: the DTMI of the schema that it stands for.
        name: object, array or map.
    """

    id: str
    name: Literal["object", "array", "map"]
    _shared: dict[str, Schema] = field(repr=False)

    @property
    def target(self) -> Schema:
        """The schema that it stands for."""
        return self._shared[self.id]


Schema = Primitive | EnumSchema | MapSchema | ObjectSchema | ArraySchema | RecursiveSchema


@dataclass(frozen=True, slots=True)
class Property:
    """State that stands in the twin itself."""

    name: str
    schema: Schema
    quantity: Quantity = Quantity()
    writable: bool = False
    texts: Texts = Texts()
    cotypes: tuple[str, ...] = ()
    extras: Extras = ()


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Measurements that stream in and are not part of the twin's document."""

    name: str
    schema: Schema
    quantity: Quantity = Quantity()
    texts: Texts = Texts()
    cotypes: tuple[str, ...] = ()
    extras: Extras = ()


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be asked of the asset."""

    name: str
    request: Field | None = None
    response: Field | None = None
    texts: Texts = Texts()
    cotypes: tuple[str, ...] = ()
    extras: Extras = ()


@dataclass(frozen=True, slots=True)
class Component:
    """A part that has an interface of its own and no identity outside its twin."""

    name: str
    interface: str
    texts: Texts = Texts()
    cotypes: tuple[str, ...] = ()
    extras: Extras = ()


@dataclass(frozen=True, slots=True)
class RelationshipType:
    """A kind of link to other twins: to any twin where `target` is None, to any number where `max_multiplicity` is."""

    name: str
    target: str | None = None
    max_multiplicity: int | None = None
    writable: bool = False
    properties: tuple[Property, ...] = ()
    texts: Texts = Texts()
    min_multiplicity: int = 0
    cotypes: tuple[str, ...] = ()
    extras: Extras = ()

    def property(self, name: str) -> Property | None:
        """The relationship's property of that name, or None."""
        return next((each for each in self.properties if each.name == name), None)


Content = Property | Telemetry | Command | Component | RelationshipType


@dataclass(frozen=True, slots=True)
class Interface:
    """One model: its own contents and the models that it extends.

    Attributes:
        version: of the DTDL language, 2 to 4.
        file, place: where it was read: the file and the JSON path in it.
        cotypes, extras: what extensions add to it.
        ids: the DTMIs of its elements that have one of their own, each with its path.
        places: the path of each of its contents, by name.
        elements: how many values stand in the hierarchy under its contents, components' interfaces left out.
        limits: the limits that its context sets; None stands for those of its version.
    """

    id: str
    extends: tuple[str, ...]
    contents: tuple[Content, ...]
    version: int = 3
    texts: Texts = Texts()
    file: str | None = None
    place: str | None = None
    cotypes: tuple[str, ...] = ()
    extras: Extras = ()
    ids: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)
    places: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)
    elements: int = field(default=0, repr=False, compare=False)
    limits: Limits | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class SignalDefinition:
    """What a model says of one signal.

    Attributes:
        name: ``temperature``, or ``motor.temperature`` inside a component.
        schema: double, boolean, string, enum, …
        unit: symbol that people know (``°C``), or None; `unit_id` is DTDL's word for it (``degreeCelsius``).
        component: the component's name, or None.
    """

    name: str
    display_name: str | None
    kind: Literal["telemetry", "property"]
    schema: str
    unit: str | None = None
    unit_id: str | None = None
    semantic_type: str | None = None
    comment: str | None = None
    writable: bool = False
    component: str | None = None
