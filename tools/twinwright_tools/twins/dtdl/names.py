"""The grammar of identifiers in DTDL (versions 2 and 3)."""

from __future__ import annotations

import re
from typing import Any

_SEGMENT = r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?"
_PATH = rf"dtmi:{_SEGMENT}(?::{_SEGMENT})*"
_DTMI = {
    2: re.compile(rf"{_PATH};[1-9][0-9]{{0,8}}"),
    # version 3 knows minor versions, and models without any
    3: re.compile(rf"{_PATH}(?:;[1-9][0-9]{{0,8}}(?:\.[1-9][0-9]{{0,5}})?)?"),
}
_NAME = re.compile(_SEGMENT)
_RESERVED = ("dtmi:dtdl:", "dtmi:standard:")

MAX_DTMI = 128
MAX_NAME = {2: 64, 3: 512}


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
