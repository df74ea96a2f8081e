"""Numbers without floats: decimal strings in, integers of 1e-6 inside."""

from __future__ import annotations

import re
from decimal import Decimal

# Applied with fullmatch only: match() with "$" would take "5\n", and an alternation without it eleven decimals.
_GRAMMAR = re.compile(r"(?!-0(?:\.0+)?\Z)-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?")
_MICRO = Decimal(1_000_000)


def is_decimal(text: str) -> bool:
    """Whether the text is a plain decimal number: at most 9 digits before and 6 after the point, and no minus zero."""
    return _GRAMMAR.fullmatch(text) is not None


def to_micro(text: str) -> int:
    """The number as an integer of 1e-6, exactly; its magnitude is below 1e15 and so below 2**53.

    Raises:
        ValueError: the text is no plain decimal number.
    """
    if not is_decimal(text):
        raise ValueError(f"{text!r} is not a plain decimal number")
    return int(Decimal(text) * _MICRO)


def from_micro(value: int) -> str:
    """An integer of 1e-6 as the shortest plain decimal string: the inverse of `to_micro`."""
    sign, rest = ("-" if value < 0 else ""), abs(value)
    whole, fraction = divmod(rest, 1_000_000)
    return f"{sign}{whole}.{fraction:06d}".rstrip("0").rstrip(".")
