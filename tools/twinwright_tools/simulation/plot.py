"""Simulated beside measured, one panel for each output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, UsageError
from ..times import for_people, from_micros
from .simulate import Comparison, Simulation

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_SUFFIXES = (".png", ".svg")
_MOST_PANELS = 12
# Lines differ in style and width as well: colour alone tells nothing.
_STYLES: tuple[dict[str, Any], ...] = (
    {"color": "#b04a00", "linestyle": "--", "linewidth": 1.6},
    {"color": "#6a3d9a", "linestyle": ":", "linewidth": 2.0},
)
_MEASURED: dict[str, Any] = {"color": "#1f4e79", "linestyle": "-", "linewidth": 0.9}


def plot_simulations(runs: Sequence[tuple[str, Simulation]], path: Path, zone: ZoneInfo, title: str = "") -> None:
    """Draws one or two runs over the same window into a .png or .svg file: measured solid, simulated dashed and dotted.

    Raises:
        UsageError: matplotlib isn't installed, or the suffix is neither .png nor .svg.
        InputError: the file can't be written.
    """
    check_plot(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = runs[0][1].comparisons[:_MOST_PANELS]
    figure = Figure(figsize=(10.0, 1.2 + 2.0 * len(shown)), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    for panel, one in zip(panels, shown, strict=True):
        _draw(panel, one, runs, zone)
    if title:
        figure.suptitle(title, fontsize=10)
    _time_axis(panels[-1], runs[0][1], zone)
    try:
        figure.savefig(path)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}", code="plot.write") from error


def check_plot(path: Path) -> None:
    """That a plot can be drawn into a file, before a long run.

    Raises:
        UsageError: matplotlib isn't installed, or the suffix is neither .png nor .svg.
    """
    import importlib.util

    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"plots are written as .png or .svg, not as {path.suffix or 'a file without a suffix'}")
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError("plots need matplotlib: pip install 'twinwright[plot]'", code="usage.extra")


def _draw(panel: Any, one: Comparison, runs: Sequence[tuple[str, Simulation]], zone: ZoneInfo) -> None:
    times = [from_micros(int(time)).astimezone(zone) for time in runs[0][1].times]
    panel.set_title(str(one.key), loc="left", fontsize=10, fontweight="bold")
    panel.set_ylabel(one.unit or "no unit", fontsize=9)
    panel.ticklabel_format(axis="y", useOffset=False)
    panel.plot(times, np.where(one.compared, one.measured, np.nan), label="measured", **_MEASURED)
    for (name, run), style in zip(runs, _STYLES, strict=False):
        found = next((other for other in run.comparisons if other.name == one.name), None)
        if found is not None:
            label = f"{name} (RMSE {found.rmse:.3g}{f' {one.unit}' if one.unit else ''})"
            panel.plot(times, found.simulated, label=label, **style)
    panel.legend(loc="upper left", fontsize=7, ncols=3)
    panel.grid(True, linewidth=0.4, alpha=0.5)
    panel.tick_params(axis="x", labelsize=8)


def _time_axis(panel: Any, run: Simulation, zone: ZoneInfo) -> None:
    from matplotlib import dates as untyped

    dates: Any = untyped
    locator = dates.AutoDateLocator(tz=zone, maxticks=9)
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone, show_offset=False))
    panel.set_xlabel(f"{for_people(run.start, zone)} to {for_people(run.end, zone)} ({zone.key})", fontsize=9)
