"""A plot as the bytes of a PNG: the same ones for the same data, small enough for a model to look at."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from ..errors import InputError, UsageError
from ..times import for_people, from_micros
from .align import Aligned
from .answer import Panel

MOST_PANELS = 6
# 800 pixels wide and at most 1,100 high: some 1,200 tokens, and nothing that a model's reader would scale down.
_DPI, _WIDTH_IN, _PANEL_IN, _REST_IN = 100, 8.0, 1.7, 0.6
_LINE, _BAND, _SPLIT = "#1f4e79", "#dfe8e0", "#a02020"


def signal_panels(aligned: Aligned, most: int) -> list[Panel]:
    """A panel for each of the first signals."""
    found = []
    for place, one in enumerate(aligned.columns[: max(0, most)]):
        title = str(one.key) if one.aggregate in ("mean", "last") else f"{one.aggregate} of {one.key}"
        if one.is_text:
            told = aligned.texts[place].tolist()
            names = tuple(sorted({text for text in told if text is not None}))
            codes = np.array([np.nan if text is None else names.index(text) for text in told])
            found.append(Panel(title, None, aligned.begins, codes, names))
        else:
            found.append(Panel(title, one.unit, aligned.begins, aligned.values[:, place]))
    return found


def drawn(panels: Sequence[Panel], zone: ZoneInfo, split: int | None) -> bytes:
    """Panels over one time axis in the site's zone, as a PNG without anything that changes from run to run.

    Args:
        split: microseconds; marked by a dashed line.

    Raises:
        UsageError: matplotlib isn't installed.
        InputError: there is nothing to draw.
    """
    if not panels:
        raise InputError("there is nothing to plot; ask without a plot", code="analyse.plot")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        text = "plots need matplotlib (pip install 'twinwright[plot]'); ask without a plot"
        raise UsageError(text, code="usage.extra") from error
    panels = panels[:MOST_PANELS]
    figure = Figure(figsize=(_WIDTH_IN, _REST_IN + _PANEL_IN * len(panels)), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        _draw(axis, panel, zone, split)
    _time_axis(axes[-1], panels, zone)
    made = io.BytesIO()
    # Without the name and version of the program, which is all that matplotlib writes beside the picture.
    figure.savefig(made, format="png", metadata={"Software": None})
    return made.getvalue()


def kept(png: bytes, state: Path) -> Path:
    """The file in the state folder's `plots` that holds these bytes; it is named by them, and written once.

    Raises:
        InputError: it can't be written.
    """
    path = state / "plots" / f"{hashlib.sha256(png).hexdigest()[:16]}.png"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file():
            aside = path.with_suffix(f".{id(png)}")
            aside.write_bytes(png)
            aside.replace(path)
    except OSError as error:
        raise InputError(f"the plot can't be written: {error}", code="plot.write") from error
    return path


def _draw(axis: Any, panel: Panel, zone: ZoneInfo, split: int | None) -> None:
    axis.set_title(panel.title, loc="left", fontsize=9, fontweight="bold")
    times = [from_micros(int(time)).astimezone(zone) for time in panel.times]
    if panel.states:
        axis.set_yticks(range(len(panel.states)), [name[:24] for name in panel.states], fontsize=7)
        axis.set_ylim(-0.4, len(panel.states) - 0.6)
    else:
        axis.set_ylabel(panel.unit or "no unit", fontsize=8)
        axis.ticklabel_format(axis="y", useOffset=False)
    if panel.band is not None and np.isfinite(panel.band).all():
        axis.axhspan(*panel.band, facecolor=_BAND, zorder=0)
    style = "steps-post" if panel.states else "default"
    axis.plot(times, panel.values, color=_LINE, linewidth=1.0, drawstyle=style, marker="." if len(times) < 40 else None)
    if split is not None:
        axis.axvline(from_micros(split).astimezone(zone), color=_SPLIT, linestyle="--", linewidth=1.0)
    axis.grid(True, linewidth=0.4, alpha=0.5)
    axis.tick_params(labelsize=7)


def _time_axis(axis: Any, panels: Sequence[Panel], zone: ZoneInfo) -> None:
    from matplotlib import dates as untyped

    dates: Any = untyped
    locator = dates.AutoDateLocator(tz=zone, maxticks=9)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone, show_offset=False))
    begin = from_micros(min(int(panel.times[0]) for panel in panels if len(panel.times)))
    end = from_micros(max(int(panel.times[-1]) for panel in panels if len(panel.times)))
    axis.set_xlabel(f"{for_people(begin, zone)} to {for_people(end, zone)} ({zone.key})", fontsize=8)
