"""DTDL in memory: schemas, contents and interfaces. All of it is immutable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NUMERIC = frozenset({"double", "float", "integer", "long"})
PRIMITIVES = NUMERIC | {"boolean", "date", "dateTime", "duration", "string", "time"}
GEOSPATIAL = frozenset({"lineString", "multiLineString", "multiPoint", "multiPolygon", "point", "polygon"})


@dataclass(frozen=True, slots=True)
class Primitive:
    """A primitive or geospatial schema by its DTDL name."""

    name: str


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One value of an enum: its name in the model and the value that stands in the data."""

    name: str
    value: int | str
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class EnumSchema:
    """A choice among named values; `value_schema` is ``integer`` or ``string``."""

    value_schema: Literal["integer", "string"]
    values: tuple[EnumValue, ...]

    name = "enum"


@dataclass(frozen=True, slots=True)
class MapSchema:
    """String keys to values of one schema."""

    value: Schema

    name = "map"


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a number measures: a semantic type such as ``Temperature`` and a DTDL unit such as ``degreeCelsius``."""

    semantic_type: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A named part of an object, or the request or response of a command."""

    name: str
    schema: Schema
    quantity: Quantity = Quantity()
    display_name: str | None = None


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


Schema = Primitive | EnumSchema | MapSchema | ObjectSchema | ArraySchema


@dataclass(frozen=True, slots=True)
class Texts:
    """What models say to people: display name, description and comment, in one language."""

    display_name: str | None = None
    description: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """State that stands in the twin itself."""

    name: str
    schema: Schema
    quantity: Quantity = Quantity()
    writable: bool = False
    texts: Texts = Texts()


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Measurements that stream in and are not part of the twin's document."""

    name: str
    schema: Schema
    quantity: Quantity = Quantity()
    texts: Texts = Texts()


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be asked of the asset."""

    name: str
    request: Field | None = None
    response: Field | None = None
    texts: Texts = Texts()


@dataclass(frozen=True, slots=True)
class Component:
    """A part that has an interface of its own and no identity outside its twin."""

    name: str
    interface: str
    texts: Texts = Texts()


@dataclass(frozen=True, slots=True)
class RelationshipType:
    """A kind of link to other twins: to any twin where `target` is None, to any number where `max_multiplicity` is."""

    name: str
    target: str | None = None
    max_multiplicity: int | None = None
    writable: bool = False
    properties: tuple[Property, ...] = ()
    texts: Texts = Texts()

    def property(self, name: str) -> Property | None:
        """The relationship's property of that name, or None."""
        return next((each for each in self.properties if each.name == name), None)


Content = Property | Telemetry | Command | Component | RelationshipType


@dataclass(frozen=True, slots=True)
class Interface:
    """One model: its own contents and the models that it extends.

    Attributes:
        version: of the DTDL language, 2 or 3.
        file, place: where it was read: the file and the JSON path in it.
    """

    id: str
    extends: tuple[str, ...]
    contents: tuple[Content, ...]
    version: int = 3
    texts: Texts = Texts()
    file: str | None = None
    place: str | None = None


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
