"""Durations: read from a command line, and said to people."""

from __future__ import annotations

import re

from ..errors import InputError

_UNITS = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_TEXT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)\s*")


def parse_duration(text: str) -> float:
    """Seconds of a duration such as ``30d``, ``12h``, ``90min`` or ``2w``.

    Raises:
        InputError: it is no such duration.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise InputError(f"{text!r} is no duration such as 30d, 12h or 90min", code="duration")
    return float(found[1]) * _UNITS[found[2]]


def duration(seconds: float) -> str:
    """A duration for people, at three digits: ``45 s``, ``90.5 min``, ``6.25 h``, ``12.1 d``."""
    if seconds == float("inf"):
        return "never"
    for unit, size, up_to in (("s", 1.0, 120.0), ("min", 60.0, 7200.0), ("h", 3600.0, 172_800.0)):
        if seconds < up_to:
            return f"{seconds / size:.3g} {unit}"
    days = seconds / 86_400
    return f"{days:.3g} d" if days < 1000 else f"{days:,.0f} d"
