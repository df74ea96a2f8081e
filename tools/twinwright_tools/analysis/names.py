"""The named operations and how many signals each takes. Nothing heavy: the list of tools needs it."""

from __future__ import annotations

from typing import Literal

Operation = Literal[
    "before_after",
    "residual",
    "balance",
    "command_feedback",
    "cross_correlation",
    "states",
    "first_to_break",
    "extremes_and_trend",
    "time_to_limit",
]
MOST_SIGNALS: dict[str, int] = {
    "before_after": 100,
    "residual": 16,
    "balance": 12,
    "command_feedback": 2,
    "cross_correlation": 10,
    "states": 12,
    "first_to_break": 400,
    "extremes_and_trend": 40,
    "time_to_limit": 12,
}
