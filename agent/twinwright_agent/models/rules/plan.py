"""What a plan gives back at each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...conclusion import Conclusion


@dataclass(frozen=True)
class Requests:
    """Calls to make together, and what people are told meanwhile."""

    text: str
    calls: list[tuple[str, dict[str, Any]]]


Step = Requests | Conclusion
