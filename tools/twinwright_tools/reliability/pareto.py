"""Pareto: which few codes, assets or months make up most failures, or most hours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, UsageError
from .failures import Repair

_SUFFIXES = (".png", ".svg")
_MOST_BARS = 25


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: how many repairs, hours booked on them, and the share (0 to 1) of this and all larger bars together."""

    name: str
    repairs: int
    hours: float
    cumulative: float

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"hours": round(self.hours, 2), "cumulative": round(self.cumulative, 4)}


def pareto(repairs: Sequence[Repair], of: Callable[[Repair], str | None], by_hours: bool = False) -> list[Bar]:
    """Bars, largest first; repairs of no group count under "none". By their number, or by the hours booked."""
    counts: dict[str, tuple[int, float]] = {}
    for one in repairs:
        name = of(one) or "none"
        number, hours = counts.get(name, (0, 0.0))
        counts[name] = (number + 1, hours + (one.duration_h or 0.0))
    size = 1 if by_hours else 0
    ordered = sorted(counts.items(), key=lambda item: (-item[1][size], item[0]))
    whole = sum(each[size] for each in counts.values()) or 1.0
    bars, so_far = [], 0.0
    for name, each in ordered:
        so_far += each[size]
        bars.append(Bar(name, each[0], each[1], so_far / whole))
    return bars


def by_month(bars: Sequence[Bar]) -> list[Bar]:
    """The bars of months in the order of time."""
    return sorted(bars, key=lambda bar: bar.name)


def plot_pareto(bars: Sequence[Bar], path: Path, title: str, by_hours: bool, cumulative: bool = True) -> None:
    """Draws bars with their figures, and the cumulative share as a line, into a .png or .svg file.

    Raises:
        UsageError: matplotlib isn't installed, or the suffix is another.
        InputError: there is nothing to draw, or the file can't be written.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"plots are written as .png or .svg, not as {path.suffix or 'a file without a suffix'}")
    if not bars:
        raise InputError("there is no repair to draw", code="plot.empty")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("plots need matplotlib: pip install 'twinwright[plot]'", code="usage.extra") from error
    shown = bars[:_MOST_BARS]
    figure = Figure(figsize=(max(6.0, 1.5 + 0.45 * len(shown)), 4.5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    sizes = [bar.hours if by_hours else float(bar.repairs) for bar in shown]
    drawn = axes.bar(range(len(shown)), sizes, color="#1f4e79")
    axes.bar_label(drawn, fmt="%g", fontsize=8)
    axes.set_xticks(range(len(shown)), [bar.name for bar in shown], rotation=60, ha="right", fontsize=8)
    axes.set_ylabel("hours booked [h]" if by_hours else "repairs")
    left = len(bars) - len(shown)
    axes.set_title(title + (f" ({left} smaller ones aren't drawn)" if left else ""), fontsize=10)
    if cumulative:
        line = axes.twinx()
        line.plot(range(len(shown)), [100.0 * bar.cumulative for bar in shown], color="#8a4b08", marker="o", ls="--")
        line.set_ylim(0, 105)
        line.set_ylabel("cumulative share [%] (dashed)")
    try:
        figure.savefig(path)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}", code="plot.write") from error
