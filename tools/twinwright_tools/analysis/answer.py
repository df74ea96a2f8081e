"""What an operation found, before it becomes evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..evidence import Fact, Scalar

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Panel:
    """One panel of a plot: lines over time, or a text's states.

    Attributes:
        times: int64 (T,), microseconds.
        values: float64 (T,), NaN breaks the line; `states`: their names, where they are places of states.
        band: the normal band, low and high, in the panel's unit.
    """

    title: str
    unit: str | None
    times: Ints
    values: Floats
    states: tuple[str, ...] = ()
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class Answer:
    """What an operation found.

    Attributes:
        summary: one to three sentences; every figure in them stands among the facts or in the data.
        data: bounded JSON beside the facts.
        panels: what a plot of it shows beside the signals themselves.
        notes: what limits its weight, in words; they become part of the evidence's quality.
    """

    summary: str
    facts: list[Fact]
    data: dict[str, Any]
    panels: Sequence[Panel] = ()
    notes: list[str] = field(default_factory=list)


def fact(name: str, value: Scalar | np.floating[Any], unit: str | None = None) -> Fact:
    """A fact; NaN and infinity are None."""
    if isinstance(value, float | np.floating):
        value = float(value) if np.isfinite(value) else None
    return Fact(name=name, value=value, unit=unit)


def figure(value: float | None, unit: str | None = None) -> str:
    """A figure in a sentence, at six significant digits, with its unit."""
    if value is None or not np.isfinite(value):
        return "unknown"
    return f"{value:.6g} {unit}" if unit else f"{value:.6g}"
