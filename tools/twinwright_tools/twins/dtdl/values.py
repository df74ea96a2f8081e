"""Whether a JSON value is one of a DTDL schema.

Sources: the specification, sections "Primitive schema", "Geospatial Schemas" and "Scaled Decimal Schema"; RFC 3339 and
ISO 8601 for times, RFC 7946 for geometries, RFC 9562 for UUIDs, RFC 4648 for bytes as text.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from .patterns import DURATION
from .reader import describe
from .types import (
    GEOSPATIAL,
    ArraySchema,
    EnumSchema,
    MapSchema,
    ObjectSchema,
    Primitive,
    RecursiveSchema,
    Schema,
)

_METADATA = "$metadata"
_MAX_FLOAT = float.fromhex("0x1.fffffep+127")
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?", re.IGNORECASE)


def mismatch(value: Any, schema: Schema, path: str = "") -> str | None:
    """What is wrong with a value, in words that name the place inside it, or None if it fits its schema."""
    if isinstance(schema, RecursiveSchema):
        return mismatch(value, schema.target, path)
    if isinstance(schema, Primitive):
        return _primitive(value, schema, path)
    if isinstance(schema, EnumSchema):
        allowed = [each.value for each in schema.values]
        # True == 1 in Python, but a boolean is no integer in JSON
        fits = value in allowed and not isinstance(value, bool)
        listed = ", ".join(map(repr, allowed))
        return None if fits else _words(path, f"must be one of {listed}, not {describe(value)}")
    return _complex(value, schema, path)


def _primitive(value: Any, schema: Primitive, path: str) -> str | None:
    if schema.name in GEOSPATIAL:
        wrong = _geometry(value, schema.name)
        return _words(path, wrong) if wrong else None
    test = _PRIMITIVES.get(schema.name, _is_object)
    return None if test(value) else _words(path, f"must be {schema.name}, not {describe(value)}")


def _complex(value: Any, schema: MapSchema | ObjectSchema | ArraySchema, path: str) -> str | None:
    if isinstance(schema, ArraySchema):
        if not isinstance(value, list):
            return _words(path, f"must be an array, not {describe(value)}")
        inner = (mismatch(each, schema.element, f"{path}[{index}]") for index, each in enumerate(value))
        return next((each for each in inner if each), None)
    if not isinstance(value, dict):
        return _words(path, f"must be an object, not {describe(value)}")
    return _map(value, schema, path) if isinstance(schema, MapSchema) else _object(value, schema, path)


def _map(value: dict[str, Any], schema: MapSchema, path: str) -> str | None:
    for key, each in value.items():
        if key == _METADATA:
            continue
        wrong = mismatch(each, schema.value, f"{path}.{key}")
        if wrong:
            return wrong
    return None


def _object(value: dict[str, Any], schema: ObjectSchema, path: str) -> str | None:
    for key, each in value.items():
        field = schema.field(key)
        if field is None and key != _METADATA:
            return _words(path, f"has no field {key!r}")
        found = mismatch(each, field.schema, f"{path}.{key}") if field else None
        if found:
            return found
    missing = next((field.name for field in schema.fields if field.required and field.name not in value), None)
    return _words(path, f"lacks the field {missing!r}, which the model requires") if missing else None


def _words(path: str, text: str) -> str:
    return f"{path} {text}" if path else text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_single(value: Any) -> bool:
    return _is_number(value) and abs(value) <= _MAX_FLOAT


def _is_whole(bits: int, signed: bool = True) -> Callable[[Any], bool]:
    least, most = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)

    def test(value: Any) -> bool:
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return whole and not isinstance(value, bool) and least <= value <= most

    return test


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _zoned(text: str) -> datetime:
    """A time with a zone: RFC 3339 demands one, and the date and the time in full."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or not (_DATE.fullmatch(text[:10]) and _TIME.fullmatch(text[11:])):
        raise ValueError("no zone, or not in full")
    return found


def _full_date(text: str) -> date:
    """A date as RFC 3339 writes it; ISO 8601 has other forms too, such as weeks."""
    if not _DATE.fullmatch(text):
        raise ValueError("not a full date")
    return date.fromisoformat(text)


def _full_time(text: str) -> time:
    """A time of day with seconds; RFC 3339 wants a zone, which Azure Digital Twins doesn't ask for."""
    if not _TIME.fullmatch(text):
        raise ValueError("not a full time")
    return time.fromisoformat(text)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _parses(read: Callable[[str], Any]) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            read(value)
        except ValueError:
            return False
        return True

    return test


def _is_bytes(value: Any) -> bool:
    """Bytes as JSON has them: base64."""
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except (binascii.Error, ValueError):
        return False


_PRIMITIVES: dict[str, Callable[[Any], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "byte": _is_whole(8),
    "bytes": _is_bytes,
    "date": _parses(_full_date),
    "dateTime": _parses(_zoned),
    "decimal": _matches(_DECIMAL),
    "double": _is_number,
    "duration": _matches(DURATION),
    "float": _is_single,
    "integer": _is_whole(32),
    "long": _is_whole(64),
    "short": _is_whole(16),
    "string": _is_text,
    "time": _parses(_full_time),
    "unsignedByte": _is_whole(8, signed=False),
    "unsignedInteger": _is_whole(32, signed=False),
    "unsignedLong": _is_whole(64, signed=False),
    "unsignedShort": _is_whole(16, signed=False),
    "uuid": _matches(_UUID),
}

_NESTING = {"point": 0, "multiPoint": 1, "lineString": 1, "polygon": 2, "multiLineString": 2, "multiPolygon": 3}
"""How many arrays lie around the positions of a geometry."""


def _geometry(value: Any, name: str) -> str | None:
    """What is wrong with a GeoJSON geometry, or None (RFC 7946, section 3.1)."""
    kind = name[0].upper() + name[1:]
    if not isinstance(value, dict) or value.get("type") != kind:
        stated = value.get("type") if isinstance(value, dict) else value
        return f"must be a GeoJSON {kind}, not {describe(stated)}"
    if not _positions(value.get("coordinates"), _NESTING[name]):
        return f"has 'coordinates' that are none of a {kind}: positions are [longitude, latitude] or with a height"
    if name == "lineString" and len(value["coordinates"]) < 2:
        return "is a LineString of less than two positions"
    if name == "polygon" and not all(map(_is_ring, value["coordinates"])):
        return "is a Polygon with a ring that isn't closed, or of less than four positions"
    return None


def _positions(value: Any, nesting: int) -> bool:
    if not isinstance(value, list):
        return False
    if nesting:
        return all(_positions(each, nesting - 1) for each in value)
    return len(value) >= 2 and all(map(_is_number, value))


def _is_ring(ring: list[Any]) -> bool:
    return len(ring) >= 4 and ring[0] == ring[-1]
