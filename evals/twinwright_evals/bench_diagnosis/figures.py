"""Shares with their intervals, and targets that are met or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..reliability import wilson


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; the cases are taken as independent."""

    count: int
    total: int

    @classmethod
    def of(cls, outcomes: Iterable[bool]) -> Share:
        """The share of outcomes that are true."""
        known = list(outcomes)
        return cls(sum(map(bool, known)), len(known))

    @property
    def value(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.count / self.total if self.total else None

    def __str__(self) -> str:
        if not self.total:
            return "–"
        low, high = wilson(self.count, self.total)
        return f"{self.count / self.total:.3f} [{low:.2f}, {high:.2f}] ({self.count} of {self.total})"

    def as_dict(self) -> dict[str, Any]:
        """For JSON; low and high are the Wilson interval (95 %)."""
        low, high = wilson(self.count, self.total)
        return {"count": self.count, "total": self.total, "share": self.value, "low": low, "high": high}


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the report.

    Attributes:
        value: a share, a number, or None where nothing was measured.
        least, most: the target, where there is one: at least, or at most.
        unit: of a number and of its target; empty for dimensionless ones.
    """

    name: str
    value: Share | float | None
    least: float | None = None
    most: float | None = None
    unit: str = ""

    @property
    def number(self) -> float | None:
        """The value as a number."""
        return self.value.value if isinstance(self.value, Share) else self.value

    @property
    def target(self) -> str:
        """In words; empty without one."""
        unit = f" {self.unit}" if self.unit else ""
        if self.least is not None:
            return f"at least {self.least:g}{unit}"
        return "" if self.most is None else f"at most {self.most:g}{unit}"

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one, or without a value."""
        if self.number is None or not self.target:
            return None
        return self.number >= self.least if self.least is not None else self.number <= (self.most or 0.0)

    @property
    def judged(self) -> str:
        """`met` in words."""
        if not self.target:
            return ""
        return "not measured" if self.met is None else "met" if self.met else "NOT met"

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        if isinstance(self.value, Share):
            return str(self.value)
        return f"{self.value:.4g} {self.unit}" if self.unit else f"{self.value:.3f}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        value = self.value.as_dict() if isinstance(self.value, Share) else self.value
        target = {"least": self.least, "most": self.most, "met": self.met}
        return {"name": self.name, "value": value, "unit": self.unit or None, **target}


def table(head: Iterable[str], rows: Iterable[Iterable[object]], numbers: bool = True) -> str:
    """A Markdown table: the first column is text, the others are numbers (or text too)."""
    columns = list(head)
    rule = "|---|" + ("---:|" if numbers else "---|") * (len(columns) - 1)
    lines = [f"| {' | '.join(str(cell) for cell in row)} |" for row in [columns, *rows]]
    return "\n".join([lines[0], rule, *lines[1:]])


def figures_table(figures: Iterable[Figure]) -> str:
    """Figures beside their targets."""
    rows = [[one.name, one, one.target, one.judged] for one in figures]
    return table(["what", "measured", "target", ""], rows, numbers=False)
