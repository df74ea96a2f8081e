"""Windows drawn as stacked panels, for people and for reports on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ..errors import InputError, UsageError
from ..times import for_people, parse_time
from .series import SignalKey
from .window import Window

_SUFFIXES = (".png", ".svg")
_MOST_PANELS = 12
_LINE = "#1f4e79"
_GAP = "#8a8a8a"
_BAND = "#dfe8e0"
_LIMIT = "#a02020"
_WIDTH_IN, _PANEL_IN = 10.0, 2.4


# By signal, what it must not pass: "high" or "low", and the value in its unit.
Limits = Mapping[SignalKey, Sequence[tuple[str, float]]]


def plot_windows(windows: Sequence[Window], path: Path, zone: ZoneInfo, limits: Limits = MappingProxyType({})) -> None:
    """Draws windows into a .png or .svg file, one panel each, over one time axis in the site's zone.

    Gaps are hatched and the line stops there; where a signal belongs (what its instrument can read) is a band between
    dotted lines, named a range, and values outside of it carry crosses; a limit is a dash-dotted line, named a limit;
    event logs and states are drawn as steps. Nothing is told by colour alone.

    Raises:
        UsageError: matplotlib isn't installed, or the file's suffix is neither .png nor .svg.
        InputError: there is no window, there are more than twelve, or the file can't be written.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"plots are written as .png or .svg, not as {path.suffix or 'a file without a suffix'}")
    if not 1 <= len(windows) <= _MOST_PANELS:
        raise InputError(f"a plot holds 1 to {_MOST_PANELS} signals, not {len(windows)}", code="plot.panels")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("plots need matplotlib: pip install 'twinwright[plot]'", code="usage.extra") from error
    figure = Figure(figsize=(_WIDTH_IN, 1.0 + _PANEL_IN * len(windows)), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(windows), 1, sharex=True, squeeze=False)[:, 0]
    for panel, one in zip(panels, windows, strict=True):
        _draw(panel, one, zone)
        _limits(panel, one, limits.get(one.key, ()))
    _time_axis(panels[-1], windows, zone)
    try:
        figure.savefig(path)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}", code="plot.write") from error


def _draw(panel: Any, one: Window, zone: ZoneInfo) -> None:
    panel.set_title(str(one.key), loc="left", fontsize=10, fontweight="bold")
    if one.quality["grade"] != "good":
        panel.set_title(one.quality["grade"], loc="right", fontsize=8)
    gaps = [(parse_time(begin), parse_time(end)) for begin, end in one.quality["gaps"]]
    times = [parse_time(time).astimezone(zone) for time, _ in one.points]
    values: list[Any] = [value for _, value in one.points]
    if one.kind in ("boolean", "text"):
        values = _state_axis(panel, one, values)
    else:
        panel.set_ylabel(one.unit or "no unit", fontsize=9)
        panel.ticklabel_format(axis="y", useOffset=False)
        _range(panel, one, times, values)
    times, values = _broken(times, values, gaps, one, zone)
    stepped = one.kind in ("boolean", "text") or one.sampling == "events"
    style = "steps-post" if stepped else "default"
    panel.plot(times, values, color=_LINE, linewidth=1.2, drawstyle=style, marker="." if len(values) < 40 else None)
    for begin, end in gaps:
        panel.axvspan(begin, end, facecolor="none", edgecolor=_GAP, hatch="///", linewidth=0, alpha=0.6)
        if end - begin > (one.end - one.start) / 20:
            middle = begin + (end - begin) / 2
            panel.text(middle, 0.5, "no data", transform=panel.get_xaxis_transform(), ha="center", fontsize=8)
    panel.grid(True, linewidth=0.4, alpha=0.5)
    panel.tick_params(axis="x", labelsize=8)


def _state_axis(panel: Any, one: Window, values: Sequence[Any]) -> list[int]:
    """Names the states on the axis, and gives each value its place there."""
    names = [("true" if value else "false") if one.kind == "boolean" else str(value) for value in values]
    ordered = sorted(set(names))
    labels = [name if len(name) <= 24 else f"{name[:23]}…" for name in ordered]
    panel.set_yticks(range(len(ordered)), labels, fontsize=8 if len(ordered) <= 12 else 5)
    panel.set_ylim(-0.3, len(ordered) - 0.7)
    panel.set_ylabel("state", fontsize=9)
    return [ordered.index(name) for name in names]


def _range(panel: Any, one: Window, times: Sequence[datetime], values: Sequence[float]) -> None:
    bounds = one.quality["out_of_range"]
    if not bounds:
        return
    low, high = bounds["low"], bounds["high"]
    if low is not None and high is not None:
        panel.axhspan(low, high, facecolor=_BAND, zorder=0)
    for end, words, below in ((low, "range from", False), (high, "range up to", True)):
        if end is not None:
            panel.axhline(end, color=_GAP, linestyle=":", linewidth=0.9)
            _name(panel, end, f"{words} {end:g} {one.unit or ''}", below=below)
    outside = [
        (time, value)
        for time, value in zip(times, values, strict=True)
        if (high is not None and value > high) or (low is not None and value < low)
    ]
    if outside:
        panel.plot(*zip(*outside, strict=True), linestyle="none", marker="x", color="#a02020", markersize=4)


def _limits(panel: Any, one: Window, limits: Sequence[tuple[str, float]]) -> None:
    for side, value in limits:
        panel.axhline(value, color=_LIMIT, linestyle="-.", linewidth=1.2)
        _name(panel, value, f"{side} limit {value:g} {one.unit or ''}", below=side == "low", right=True)


def _name(panel: Any, value: float, label: str, *, below: bool, right: bool = False) -> None:
    """What a level is, beside its line: of a range at the left, of a limit at the right."""
    panel.text(
        0.995 if right else 0.005,
        value,
        label.rstrip(),
        transform=panel.get_yaxis_transform(),
        ha="right" if right else "left",
        va="top" if below else "bottom",
        fontsize=7,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1},
    )


def _broken(
    times: list[datetime],
    values: list[Any],
    gaps: Sequence[tuple[datetime, datetime]],
    one: Window,
    zone: ZoneInfo,
) -> tuple[list[datetime], list[Any]]:
    """The line with a break in each gap; that of an event log goes on to the window's end."""
    pairs = list(zip(times, values, strict=True))
    pairs += [((begin + (end - begin) / 2).astimezone(zone), float("nan")) for begin, end in gaps]
    if one.sampling == "events" and pairs:
        pairs.append((one.end.astimezone(zone), values[-1]))
    pairs.sort(key=lambda pair: pair[0])
    return [time for time, _ in pairs], [value for _, value in pairs]


def _time_axis(panel: Any, windows: Sequence[Window], zone: ZoneInfo) -> None:
    from matplotlib import dates as untyped

    dates: Any = untyped
    start, end = min(one.start for one in windows), max(one.end for one in windows)
    locator = dates.AutoDateLocator(tz=zone, maxticks=9)
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone, show_offset=False))
    panel.set_xlim(dates.date2num(start), dates.date2num(end + timedelta(seconds=1)))
    span = f"{for_people(start, zone)} to {for_people(end, zone)}"
    panel.set_xlabel(f"{span} ({zone.key})", fontsize=9)
