"""One schema, two notations: a policy's source, which people write, and the compiled table, which is hashed and signed.

In the source every scalar may be text, as the strict YAML reader gives it: quantities are decimal strings (``"72.5"``),
counts digits, flags ``true`` or ``false``. Compiled, quantities are integers of 1e-6, counts integers, flags booleans.
Which of the two is read is told by the validation context, never guessed from the value.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo

from .numbers import to_micro
from .plan import MICRO_BOUND
from .schema import ID_GRAMMAR, UtcTime

SOURCE = {"notation": "source"}
_WHOLE = re.compile(r"0|[1-9][0-9]{0,14}")
_FLAGS = {"true": True, "false": False}


def _is_source(info: ValidationInfo) -> bool:
    return info.context == SOURCE


def _quantity(value: Any, info: ValidationInfo) -> Any:
    if not _is_source(info) or value is None:
        return value
    if not isinstance(value, str):
        raise ValueError('a quantity is written as a decimal string, such as "72.5"')
    return to_micro(value)


def _whole(value: Any, info: ValidationInfo) -> Any:
    if _is_source(info) and isinstance(value, str):
        if _WHOLE.fullmatch(value) is None:
            raise ValueError("a count is written with digits only")
        return int(value)
    return value


def _flag(value: Any, info: ValidationInfo) -> Any:
    if _is_source(info) and isinstance(value, str):
        if value not in _FLAGS:
            raise ValueError("a flag is true or false")
        return _FLAGS[value]
    return value


Quantity = Annotated[int, BeforeValidator(_quantity), Field(gt=-MICRO_BOUND, lt=MICRO_BOUND)]
Width = Annotated[int, BeforeValidator(_quantity), Field(ge=0, lt=MICRO_BOUND)]
Whole = Annotated[int, BeforeValidator(_whole), Field(ge=0, lt=2**53)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Id = Annotated[str, StringConstraints(pattern=rf"^{ID_GRAMMAR.pattern}\z")]
Text = Annotated[str, StringConstraints(pattern=r"^[ -~]{1,256}\z")]
Unit = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,32}\z")]
PublicKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\z")]
Utc = UtcTime


def utc_ms(text: str) -> int:
    """Milliseconds since 1970 of a time such as ``2026-01-05T08:00:00Z``.

    Raises:
        ValueError: it is no time, or has no zone.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no zone; write it in UTC, ending in Z")
    return int(found.timestamp() * 1000)
