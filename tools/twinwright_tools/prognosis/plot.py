"""Outlooks drawn as stacked panels: history, trend, limit, and when it is crossed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from ..errors import InputError, UsageError
from ..plant.plant import Plant
from ..telemetry.downsample import kept_samples
from ..times import for_people, from_micros
from .outlook import Outlook

_SUFFIXES = (".png", ".svg")
_MOST_PANELS, _MOST_POINTS = 12, 2000
_HISTORY, _TREND, _LIMIT, _BAND = "#8a8a8a", "#1f4e79", "#a02020", "#dfe3ee"
_WIDTH_IN, _PANEL_IN = 10.0, 2.8


def plot_outlooks(plant: Plant, told: Sequence[Outlook], path: Path) -> None:
    """Draws up to twelve outlooks into a .png or .svg file, one panel each, each with a time axis in the site's zone.

    History is a thin line, the trend a dashed one, the limit dash-dotted with its value on it, the interval hatched,
    the crossing a dotted upright with its time on it: nothing is told by colour alone.

    Raises:
        UsageError: matplotlib isn't installed, or the file's suffix is neither .png nor .svg.
        InputError: there is nothing to draw, or the file can't be written.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"plots are written as .png or .svg, not as {path.suffix or 'a file without a suffix'}")
    if not told:
        raise InputError("there is nothing to plot", code="plot.panels")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("plots need matplotlib: pip install 'twinwright[plot]'", code="usage.extra") from error
    shown = told[:_MOST_PANELS]
    figure = Figure(figsize=(_WIDTH_IN, 0.6 + _PANEL_IN * len(shown)), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
    for panel, one in zip(panels, shown, strict=True):
        _draw(panel, plant, one)
    try:
        figure.savefig(path)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}", code="plot.write") from error


def _draw(panel: Any, plant: Plant, one: Outlook) -> None:
    found, unit = one.found, one.info.unit or ""
    panel.set_title(str(one.key), loc="left", fontsize=10, fontweight="bold")
    reason = found.text if found.reason is None else f"{found.reason.replace('_', ' ')}: {found.text}"
    panel.set_title(reason, loc="right", fontsize=8)
    panel.set_ylabel(unit or "no unit", fontsize=9)
    panel.ticklabel_format(axis="y", useOffset=False)
    series = plant.telemetry.series([one.key])[one.key]
    usable = np.isfinite(series.values)
    times, values = series.times[usable], series.values[usable]
    kept = kept_samples(times, values, _MOST_POINTS)
    style = "steps-post" if one.info.sampling == "events" else "default"
    local = _local(times[kept], plant.zone)
    panel.plot(local, values[kept], color=_HISTORY, linewidth=0.8, drawstyle=style, label="history")
    if found.trend is not None:
        curve = _local(found.trend.curve_times, plant.zone)
        panel.plot(curve, found.trend.curve, color=_TREND, linewidth=1.6, linestyle="--", label="trend")
    panel.axhline(found.limit, color=_LIMIT, linestyle="-.", linewidth=1.2)
    label = f"limit {found.limit:g} {unit}".rstrip()
    panel.text(0.005, found.limit, label, transform=panel.get_yaxis_transform(), va="bottom", fontsize=8)
    _crossing(panel, one, plant.zone)
    panel.legend(loc="lower left", fontsize=7, framealpha=0.8)
    panel.grid(True, linewidth=0.4, alpha=0.5)
    _time_axis(panel, plant.zone)


def _crossing(panel: Any, one: Outlook, zone: ZoneInfo) -> None:
    found = one.found
    if found.crossing is None or found.low is None or found.high is None:
        return
    low, middle, high = (from_micros(each).astimezone(zone) for each in (found.low, found.crossing, found.high))
    label = f"{found.level:.0%} interval"
    panel.axvspan(low, high, facecolor=_BAND, edgecolor=_TREND, hatch="//", linewidth=0.5, alpha=0.7, label=label)
    panel.axvline(middle, color="black", linestyle=":", linewidth=1.2)
    words = for_people(middle, zone)
    panel.text(middle, 0.03, f"{words} ", transform=panel.get_xaxis_transform(), ha="right", fontsize=7)


def _local(times: Any, zone: ZoneInfo) -> list[datetime]:
    return [from_micros(int(each)).astimezone(zone) for each in times]


def _time_axis(panel: Any, zone: ZoneInfo) -> None:
    from matplotlib import dates as untyped

    dates: Any = untyped
    locator = dates.AutoDateLocator(tz=zone, maxticks=9)
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone, show_offset=False))
    panel.tick_params(axis="x", labelsize=8)
    panel.set_xlabel(f"time ({zone.key})", fontsize=8)
