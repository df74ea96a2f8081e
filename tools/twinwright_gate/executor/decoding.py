"""The executor's own reading of a plan's bytes, written apart from the gate's: one mistake is not made twice."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

from ..points import Binding

_SIZES = {"int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "float32": 4, "float64": 8}


def value_micro(binding: Binding, text: str) -> int:
    """The value that bytes (hex) mean at a binding, in 1e-6 of its unit, to the nearest.

    Raises:
        ValueError: they are of another length, or no number.
    """
    octets = bytes.fromhex(text)
    if len(octets) != _SIZES[binding.dtype]:
        raise ValueError(f"{text} has {len(octets)} bytes; {binding.dtype} has {_SIZES[binding.dtype]}")
    registers = [octets[at : at + 2] for at in range(0, len(octets), 2)]
    if binding.order in ("BADC", "DCBA"):
        registers = [bytes((pair[1], pair[0])) for pair in registers]
    if binding.order in ("CDAB", "DCBA"):
        registers = registers[::-1]
    with localcontext() as context:
        context.prec = 60
        raw = _number(binding.dtype, int.from_bytes(b"".join(registers), "big"), 8 * len(octets))
        units = raw * binding.scale_den / binding.scale_num
        return int((units * 1_000_000).to_integral_value()) + binding.offset


def _number(dtype: str, bits: int, width: int) -> Decimal:
    if dtype.startswith("uint"):
        return Decimal(bits)
    if dtype.startswith("int"):
        return Decimal(bits - (1 << width) if bits >> (width - 1) else bits)
    exponent_bits, fraction_bits = (8, 23) if width == 32 else (11, 52)
    sign = -1 if bits >> (width - 1) else 1
    exponent, fraction = bits >> fraction_bits & ((1 << exponent_bits) - 1), bits & ((1 << fraction_bits) - 1)
    if exponent == (1 << exponent_bits) - 1:
        raise ValueError("the bytes are NaN or infinite, which is no number that a plant can be given")
    bias = (1 << (exponent_bits - 1)) - 1
    mantissa = fraction + ((1 << fraction_bits) if exponent else 0)
    return Decimal(sign * math.ldexp(mantissa, max(exponent, 1) - bias - fraction_bits))
