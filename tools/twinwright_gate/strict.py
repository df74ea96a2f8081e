"""Reading JSON that an adversary may have written: nothing is guessed, repaired or silently dropped."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from .reasons import Reason

MAX_BYTES = 16 * 1024
MAX_DEPTH = 8
_MAX_INTEGER_DIGITS = 15  # every integer stays below 2**53, where other JSON readers would round
# A string's end may be missing: what is no JSON is refused in any case. Possessive, so that it takes linear time.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
_BRACKET = re.compile(r"[][{}]")


class Malformed(ValueError):  # noqa: N818  (a verdict on the input rather than a fault of the gate)
    """The bytes are refused before any rule looks at them; carries the reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


def load(raw: bytes, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> dict[str, Any]:
    """The JSON object in the bytes; integers are the only numbers in it.

    Raises:
        Malformed: too large, not UTF-8, too deep, no single JSON object, a key twice, or a number that is no integer.
    """
    if len(raw) > max_bytes:
        raise Malformed(Reason.TOO_LARGE)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(Reason.ENCODING) from None
    if text.startswith("\ufeff"):
        raise Malformed(Reason.ENCODING)
    _check_depth(text, max_depth)
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_non_finite, parse_float=_float, parse_int=_integer
        )
    except json.JSONDecodeError:
        raise Malformed(Reason.JSON) from None
    if not isinstance(value, dict):
        raise Malformed(Reason.JSON)
    return value


def _check_depth(text: str, max_depth: int) -> None:
    """Counts brackets outside of strings, before a recursive reader sees them."""
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > max_depth:
            raise Malformed(Reason.DEPTH)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed(Reason.DUPLICATE_KEY)
    for key, value in pairs:
        _check_text(key)
        _check_text(value)
    return found


def _check_text(value: object) -> None:
    """A lone surrogate has no UTF-8 form and so no canonical bytes; objects further inside were looked at before."""
    if isinstance(value, list):
        for one in value:
            _check_text(one)
    elif isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise Malformed(Reason.ENCODING)


def _non_finite(_: str) -> NoReturn:
    raise Malformed(Reason.NON_FINITE)


def _float(text: str) -> NoReturn:
    raise Malformed(Reason.NON_FINITE if float(text) in (float("inf"), float("-inf")) else Reason.FLOAT)


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MAX_INTEGER_DIGITS or text == "-0":
        raise Malformed(Reason.NUMBER)
    return int(text)
