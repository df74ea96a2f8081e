"""Schemas in memory: from elements, following references inside one interface, within the limits of depth.

Source: the specification, sections "Standard schemas", "Partitions and referenceability" and "Limits and exclusions".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .elements import Element, Reference
from .literals import in_one_language
from .metamodel import COMPLEX, members
from .reader import DefectError, describe
from .types import (
    GEOSPATIAL,
    ArraySchema,
    EnumSchema,
    EnumValue,
    Field,
    MapSchema,
    ObjectSchema,
    Primitive,
    RecursiveSchema,
    Schema,
    Texts,
)
from .units import UNIT_TYPES

_COORDINATES = {"lineString": 2, "multiLineString": 3, "multiPoint": 2, "multiPolygon": 4, "point": 1, "polygon": 3}
"""How deep the arrays of coordinates of a geospatial schema are nested."""

_DOUBLE = Primitive("double")
_OBJECTS: dict[str, Schema] = {
    "geopoint": ObjectSchema((Field("lat", _DOUBLE), Field("lon", _DOUBLE), Field("alt", _DOUBLE))),
    "scaledDecimal": ObjectSchema((Field("scale", Primitive("short")), Field("value", Primitive("decimal")))),
    "vector": ObjectSchema((Field("x", _DOUBLE), Field("y", _DOUBLE), Field("z", _DOUBLE))),
}
_NAMES: dict[str, Literal["object", "array", "map"]] = {"Array": "array", "Map": "map", "Object": "object"}


def standard(word: str) -> Schema:
    """The schema that a word of DTDL or of an extension stands for."""
    if word in UNIT_TYPES:
        return EnumSchema("string", tuple(EnumValue(unit, unit) for unit in UNIT_TYPES[word]))
    return _OBJECTS.get(word) or Primitive(word)


def words_of(schema: Any, built: Schema) -> set[str]:
    """The names under which extensions speak of a schema: its kind, and the standard word that it stands as."""
    words = {built.name}
    if isinstance(schema, str):
        words.add(schema)
        words |= {"object"} if schema in GEOSPATIAL or schema in _OBJECTS else set()
    return words


def texts(element: Element) -> Texts:
    """What an element says to people."""
    shown: Mapping[str, str] = element.members.get("displayName", {})
    described: Mapping[str, str] = element.members.get("description", {})
    return Texts(
        in_one_language(dict(shown)),
        in_one_language(dict(described)),
        element.members.get("comment"),
        tuple(shown.items()),
        tuple(described.items()),
    )


def depth(schema: Schema) -> int:
    """How many `schema` and `elementSchema` members lie on the longest path down from a schema."""
    if isinstance(schema, Primitive):
        return _COORDINATES.get(schema.name, -1) + 1
    if isinstance(schema, ArraySchema):
        return 1 + depth(schema.element)
    if isinstance(schema, MapSchema):
        return 1 + depth(schema.value)
    if isinstance(schema, ObjectSchema):
        return max((1 + depth(each.schema) for each in schema.fields), default=0)
    return 0


def holds_array(schema: Schema) -> bool:
    """Whether there is an array in a schema, as there is in every geospatial one."""
    if isinstance(schema, Primitive):
        return schema.name in GEOSPATIAL
    if isinstance(schema, MapSchema):
        return holds_array(schema.value)
    if isinstance(schema, ObjectSchema):
        return any(holds_array(each.schema) for each in schema.fields)
    return isinstance(schema, ArraySchema)


@dataclass
class SchemaBuilder:
    """Builds the schemas of one interface.

    Attributes:
        index: the interface's elements that state an identifier; nothing else can be referred to from inside it.
        shared: complex schemas that were built, by their identifier.
        doubts: code, text and element where a schema doesn't fit what an extension says of the element.
    """

    index: Mapping[str, Element]
    shared: dict[str, Schema] = field(default_factory=dict)
    doubts: list[tuple[str, str, Element]] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def of(self, element: Element, name: str = "schema") -> Schema:
        """The schema in a member of an element.

        Raises:
            DefectError: it refers to something that isn't there, is nested too deeply, or is broken.
        """
        built = self._build(element.members[name], element)
        for each in element.cotypes.adjuncts:
            if each.schemas is not None and not words_of(element.members[name], built) & each.schemas:
                wanted = ", ".join(sorted(each.schemas))
                text = f"{' and '.join(element.cotypes.words)} needs a schema among {wanted}, not {built.name}"
                self.doubts.append(("dtdl.unit" if each.unit_type else "dtdl.cotype", text, element))
        return built

    def _build(self, schema: Any, parent: Element) -> Schema:
        if isinstance(schema, str):
            return standard(schema)
        if isinstance(schema, Reference):
            return self._referred(schema, parent)
        return self.complex(schema)

    def _referred(self, reference: Reference, parent: Element) -> Schema:
        target = self.index.get(reference.id)
        if target is None or target.kind not in COMPLEX:
            what = "isn't defined in this interface" if target is None else f"is a {target.kind}, no schema"
            text = f"schema {reference.id!r} {what}; define it under 'schemas' of the same interface"
            raise DefectError("dtdl.unknown_schema", text, reference.path)
        if target.context.version > parent.context.version:
            text = f"schema {reference.id!r} is one of DTDL {target.context.version}, this is {parent.context.version}"
            raise DefectError("dtdl.context", text, reference.path)
        if reference.id in self.shared:
            return self.shared[reference.id]
        if reference.id not in self._open:
            return self.complex(target)
        if parent.context.version < 4 or target.kind not in _NAMES:
            text = f"schema {reference.id!r} contains itself, which only DTDL 4 allows"
            raise DefectError("dtdl.cycle", text, reference.path)
        return RecursiveSchema(reference.id, _NAMES[target.kind], self.shared)

    def complex(self, element: Element) -> Schema:
        """The schema of an element that is an Array, Enum, Map or Object.

        Raises:
            DefectError: as `of`.
        """
        if element.id is not None and element.id in self.shared:
            return self.shared[element.id]
        self._open += [element.id] if element.id else []
        try:
            built = _COMPLEX[element.kind](self, element)
        finally:
            if element.id:
                self._open.pop()
        most = element.context.limits.schema_depth
        if depth(built) > most:
            text = f"complex schemas are nested more than {most} levels deep; make the inner part flatter"
            raise DefectError("dtdl.depth", text, element.path)
        if element.id is not None:
            self.shared[element.id] = built
        return built

    def _array(self, element: Element) -> Schema:
        return ArraySchema(self.of(element, "elementSchema"))

    def _map(self, element: Element) -> Schema:
        self.child(element, "mapKey")
        entry = self.value(self.child(element, "mapValue"))
        return MapSchema(entry.schema, entry)

    def _object(self, element: Element) -> Schema:
        fields = tuple(self.value(each) for each in self.listed(element, "fields"))
        _refuse_twice([each.name for each in fields], "field", element.at("fields"), "dtdl.duplicate")
        return ObjectSchema(fields)

    def _enum(self, element: Element) -> Schema:
        kind: Literal["integer", "string"] = "integer" if element.members["valueSchema"] == "integer" else "string"
        values = [self._enum_value(each, kind) for each in self.listed(element, "enumValues")]
        at = element.at("enumValues")
        _refuse_twice([each.name for each in values], "enum name", at, "dtdl.enum")
        _refuse_twice([each.value for each in values], "enum value", at, "dtdl.enum")
        return EnumSchema(kind, tuple(values))

    def _enum_value(self, element: Element, kind: str) -> EnumValue:
        found = element.members["enumValue"]
        if not isinstance(found, int if kind == "integer" else str):
            text = f"'enumValue' must be {kind}, as 'valueSchema' says, not {describe(found)}"
            raise DefectError("dtdl.enum", text, element.at("enumValue"))
        said = texts(element)
        return EnumValue(element.members["name"], found, said.display_name, said)

    def value(self, element: Element) -> Field:
        """A named value: a field of an object, a map's value, a command's request or response."""
        said = texts(element)
        return Field(
            element.members["name"],
            self.of(element),
            element.cotypes.quantity,
            said.display_name,
            required="Required" in element.cotypes.words,
            nullable=element.members.get("nullable", False),
            texts=said,
        )

    def listed(self, element: Element, name: str) -> Iterator[Element]:
        """The elements of a set, references followed."""
        classes = members(element.context.version, element.kind)[name].classes
        for each in element.members.get(name, []):
            yield self.followed(each, classes)

    def child(self, element: Element, name: str) -> Element:
        """The one element in a member, a reference followed."""
        return self.followed(element.members[name], members(element.context.version, element.kind)[name].classes)

    def followed(self, found: Element | Reference, classes: tuple[str, ...]) -> Element:
        """An element itself, or the one that a reference names.

        Raises:
            DefectError: there is none of that identifier in the interface, or it is of none of the classes.
        """
        if isinstance(found, Element):
            return found
        if found.id not in self.index:
            text = f"{found.id!r} isn't defined in this interface; write the element itself here"
            raise DefectError("dtdl.unknown_element", text, found.path)
        target = self.index[found.id]
        if target.kind not in classes:
            raise DefectError(
                "dtdl.type", f"{found.id!r} is a {target.kind}; {' or '.join(classes)} is wanted", found.path
            )
        return target


_COMPLEX = {
    "Array": SchemaBuilder._array,
    "Enum": SchemaBuilder._enum,
    "Map": SchemaBuilder._map,
    "Object": SchemaBuilder._object,
}


def _refuse_twice(values: list[Any], what: str, path: str, code: str) -> None:
    twice = next((each for each in values if values.count(each) > 1), None)
    if twice is not None:
        raise DefectError(code, f"{what} {twice!r} stands there twice", path)
