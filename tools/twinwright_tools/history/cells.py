"""Values of a result as JSON has them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ..times import iso


def plain(value: Any, told: Callable[[datetime], str] = iso) -> Any:
    """A cell as JSON: times in ISO 8601, intervals in seconds, whole decimals as integers, no NaN.

    An interval with months in it has no fixed length; it is given as an ISO 8601 duration.

    Args:
        told: writes a time that has a zone.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return told(value) if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, pa.MonthDayNano):
        return _span(value)
    if isinstance(value, list):
        return [plain(each, told) for each in value]
    if isinstance(value, dict):
        return {str(name): plain(each, told) for name, each in value.items()}
    return str(value)


def _span(value: pa.MonthDayNano) -> float | str:
    """An interval in seconds, or with its months."""
    months, days, seconds = int(value.months), int(value.days), value.nanoseconds / 1e9
    return f"P{months}M{days}DT{seconds:.15g}S" if months else float(days * 86_400 + seconds)
