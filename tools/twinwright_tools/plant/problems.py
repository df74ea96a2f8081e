"""What is wrong with a plant folder, named by file and place, while all the rest of it is still used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong or odd.

    Attributes:
        severity: error (something was left out), warning (used, but doubtful), info (an assumption).
        code: a stable dotted word such as ``telemetry.naive_time``.
        file: relative to the plant folder where it lies inside it.
        place: line, row, id or JSON path in the file, or None.
    """

    severity: Severity
    code: str
    message: str
    file: str | None = None
    place: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The problem as `twinwright check --json` has it."""
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "file": self.file,
            "place": self.place,
        }


def rows_are(count: int) -> str:
    """So many rows as the beginning of a sentence: ``1 row is``, ``1,200 rows are``."""
    return "1 row is" if count == 1 else f"{count:,} rows are"
