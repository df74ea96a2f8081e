"""Values to bytes and back, exactly: the bytes are part of the plan, and are refused where they mean something else.

``raw = (value - offset) * scale_num / scale_den`` as a fraction; integers are rounded half to even, floats to the
nearest. Nothing is clamped: a raw value that doesn't fit has no bytes.
"""

from __future__ import annotations

import struct
from fractions import Fraction

from .plan import Dtype
from .points import Binding, Order

_MICRO = 1_000_000
_FORMATS: dict[Dtype, str] = {
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "float32": ">f",
    "float64": ">d",
}


def encode(value_micro: int, binding: Binding) -> bytes | None:
    """The bytes of a value (integer of 1e-6), as they go to the device; None where it doesn't fit the format."""
    raw = Fraction(value_micro - binding.offset, _MICRO) * binding.scale_num / binding.scale_den
    try:
        if binding.dtype.startswith("float"):
            packed = struct.pack(_FORMATS[binding.dtype], raw.numerator / raw.denominator)
        else:
            packed = struct.pack(_FORMATS[binding.dtype], round(raw))
    except (struct.error, OverflowError):
        return None
    return _ordered(packed, binding.order)


def decode(data: bytes, binding: Binding) -> Fraction | None:
    """The value that bytes mean, in units of 1e-6 and exactly; None where they are of the wrong length or no number."""
    form = _FORMATS[binding.dtype]
    if len(data) != struct.calcsize(form):
        return None
    (raw,) = struct.unpack(form, _ordered(data, binding.order))
    try:
        return Fraction(raw) * _MICRO * binding.scale_den / binding.scale_num + binding.offset
    except (ValueError, OverflowError):  # NaN and the infinities have no fraction
        return None


def _ordered(data: bytes, order: Order) -> bytes:
    """Bytes moved between big-endian and a device's order; the same move leads there and back."""
    if order in ("DCBA", "CDAB"):
        words = [data[at : at + 2] for at in range(0, len(data), 2)]
        data = b"".join(reversed(words))
    if order in ("DCBA", "BADC"):
        data = b"".join(data[at : at + 2][::-1] for at in range(0, len(data), 2))
    return data
