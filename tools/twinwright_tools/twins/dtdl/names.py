"""The grammar of identifiers and names in DTDL (versions 2 to 4), and what the standard words stand for."""

from __future__ import annotations

import re
from typing import Any

_SEGMENT = r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?"
_PATH = rf"dtmi:{_SEGMENT}(?::{_SEGMENT})*"
_MAJOR = r"[1-9][0-9]{0,8}"
_LATER = re.compile(rf"{_PATH}(?:;{_MAJOR}(?:\.[1-9][0-9]{{0,5}})?)?")
# versions 3 and 4 know minor versions, and models without any
_DTMI = {2: re.compile(rf"{_PATH};{_MAJOR}"), 3: _LATER, 4: _LATER}
_NAME = re.compile(_SEGMENT)
_RESERVED = ("dtmi:dtdl:", "dtmi:standard:")
_STANDARD = re.compile(
    r"dtmi:(?:dtdl:(?:class|property|instance:Schema|instance:CommandType)|standard:(?:class|unit|schema(?::geospatial)?)"
    r"|iotcentral:schema):(\w+);([1-9])"
)

MAX_DTMI = 128
"""Characters in the identifier of an interface."""
MAX_ELEMENT_DTMI = 2048
"""Characters in any other identifier."""
MAX_NAME = {2: 64, 3: 512, 4: 512}


def is_dtmi(value: Any, version: int = 3) -> bool:
    """Whether a value is a user's Digital Twin Model Identifier such as ``dtmi:com:example:Pump;1``."""
    return isinstance(value, str) and _DTMI[version].fullmatch(value) is not None


def is_name(value: Any, version: int = 3) -> bool:
    """Whether a value is a DTDL name: letters, digits and ``_``, first a letter, last no ``_``."""
    return isinstance(value, str) and len(value) <= MAX_NAME[version] and _NAME.fullmatch(value) is not None


def is_reserved(dtmi: str) -> bool:
    """Whether an identifier lies in a prefix that DTDL keeps for itself."""
    return dtmi.startswith(_RESERVED)


def last_segment(dtmi: str) -> str:
    """``Pump`` of ``dtmi:com:example:Pump;1``."""
    return dtmi.split(";", 1)[0].rsplit(":", 1)[-1]


def term(value: str, kind: str, version: int) -> str:
    """The short word of a standard identifier: ``double`` of ``dtmi:dtdl:instance:Schema:double;2``.

    Args:
        value: the identifier, or any other word, which is returned as it is.
        kind: the part of DTDL it must lie in: class, property, Schema, CommandType, schema, unit.
        version: of DTDL; classes and properties must be of it, schemas and units of it or an earlier one.
    """
    found = _STANDARD.fullmatch(value)
    if not found or f":{kind}:" not in value:
        return value
    of = int(found[2])
    fits = of == version if kind in ("class", "property") else of <= version
    return found[1] if fits else value
