"""The bytes of a value on the wire, decoded by the executor itself: big endian, as Modbus and most PLCs send them."""

from __future__ import annotations

import struct
from fractions import Fraction

_FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f", "float64": ">d"}
_MICRO = 1_000_000


def raw_value(dtype: str, octets: bytes) -> Fraction:
    """The number that the bytes hold, exactly and before any scale.

    Raises:
        ValueError: an unknown type, another length, or a float that is no number.
    """
    if dtype not in _FORMATS:
        raise ValueError(f"no wire type is called {dtype!r}")
    try:
        (found,) = struct.unpack(_FORMATS[dtype], octets)
    except struct.error as error:
        raise ValueError(f"{octets.hex()} is no {dtype}: {error}") from error
    if found != found or found in (float("inf"), float("-inf")):
        raise ValueError(f"{octets.hex()} is {found}, which is no number that a plant can be given")
    return Fraction(found)


def to_micro(dtype: str, octets: bytes, scale: Fraction, offset_micro: int = 0) -> int:
    """The value in 1e-6 of the point's unit, rounded to the nearest: ``raw · scale + offset``.

    Raises:
        ValueError: as `raw_value`.
    """
    return round(raw_value(dtype, octets) * scale * _MICRO) + offset_micro
