"""Whether a JSON value is one of a DTDL schema."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from .reader import describe
from .types import ArraySchema, EnumSchema, MapSchema, ObjectSchema, Primitive, Schema

_DURATION = re.compile(
    r"-?P(?=\d|T\d)(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?"
    r"(T(?=\d)(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?"
)
_METADATA = "$metadata"


def mismatch(value: Any, schema: Schema, path: str = "") -> str | None:
    """What is wrong with a value, in words that name the place inside it, or None if it fits its schema."""
    if isinstance(schema, Primitive):
        test = _PRIMITIVES.get(schema.name, _is_object)
        return None if test(value) else _words(path, f"must be {schema.name}, not {describe(value)}")
    if isinstance(schema, EnumSchema):
        allowed = [each.value for each in schema.values]
        # True == 1 in Python, but a boolean is no integer in JSON
        fits = value in allowed and not isinstance(value, bool)
        listed = ", ".join(map(repr, allowed))
        return None if fits else _words(path, f"must be one of {listed}, not {describe(value)}")
    return _complex(value, schema, path)


def _complex(value: Any, schema: MapSchema | ObjectSchema | ArraySchema, path: str) -> str | None:
    if isinstance(schema, ArraySchema):
        if not isinstance(value, list):
            return _words(path, f"must be an array, not {describe(value)}")
        inner = (mismatch(each, schema.element, f"{path}[{index}]") for index, each in enumerate(value))
        return next((each for each in inner if each), None)
    if not isinstance(value, dict):
        return _words(path, f"must be an object, not {describe(value)}")
    if isinstance(schema, MapSchema):
        entries = {key: each for key, each in value.items() if key != _METADATA}
        wrong = (mismatch(each, schema.value, f"{path}.{key}") for key, each in entries.items())
        return next((each for each in wrong if each), None)
    for key, each in value.items():
        field = schema.field(key)
        if field is None and key != _METADATA:
            return _words(path, f"has no field {key!r}")
        if field is None:
            continue
        found = mismatch(each, field.schema, f"{path}.{key}")
        if found:
            return found
    return None


def _words(path: str, text: str) -> str:
    return f"{path} {text}" if path else text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(bits: int) -> Callable[[Any], bool]:
    limit = 1 << (bits - 1)

    def test(value: Any) -> bool:
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return whole and not isinstance(value, bool) and -limit <= value < limit

    return test


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _zoned(text: str) -> datetime:
    """A time with a zone: RFC 3339 demands one."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no zone")
    return found


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


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


_PRIMITIVES: dict[str, Callable[[Any], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "date": _parses(date.fromisoformat),
    "dateTime": _parses(_zoned),
    "double": _is_number,
    "duration": lambda value: isinstance(value, str) and _DURATION.fullmatch(value) is not None,
    "float": _is_number,
    "integer": _is_whole(32),
    "long": _is_whole(64),
    "string": _is_text,
    "time": _parses(time.fromisoformat),
}
