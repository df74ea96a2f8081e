"""`telemetry_window`: what signals did between two times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from ..errors import InputError, NoDataError
from ..evidence import Fact, Finding
from ..registry import Tool, ToolContext
from ..telemetry.series import SignalKey, parse_key
from ..times import iso, parse_time
from .arguments import ToolArguments, sized
from .bounds import BUDGET_CHARS, command, shortened
from .provenance import source_of

if TYPE_CHECKING:
    from ..plant import Plant

_CHARS_PER_POINT = 18
# Enough to see a shape; a model pays for each of them again on every turn.
_MOST_POINTS = 24
_STATISTICS_CHARS = 900
_STATES = 6


class TelemetryWindow(ToolArguments):
    """Arguments of `telemetry_window`."""

    signals: Annotated[list[str], AfterValidator(sized(1, 6))] = Field(description="1 to 6 of TWIN.SIGNAL.")
    start: str = Field(alias="from", description="ISO 8601 with a zone.")
    to: str


def telemetry_window(arguments: TelemetryWindow, context: ToolContext) -> Finding:
    """Statistics, quality and a few shape-preserving points of each signal.

    Raises:
        UnknownNameError: a twin or signal that isn't there.
        InputError: the times are the wrong way round.
    """
    plant = context.plant
    start, end = parse_time(arguments.start), parse_time(arguments.to)
    if start >= end:
        raise InputError(f"from ({iso(start)}) must lie before to ({iso(end)})", code="window.times")
    keys = [parse_key(text, plant.graph.twins) for text in dict.fromkeys(arguments.signals)]
    room = min(_MOST_POINTS, max(8, (BUDGET_CHARS // len(keys) - _STATISTICS_CHARS) // _CHARS_PER_POINT))
    views = [_view(_looked_at(plant, key, start, end, room), start, room) for key in keys]
    empty = [view["key"] for view in views if not view["statistics"].get("count")]
    ages = [age for view in views if isinstance(age := view["quality"].get("age_s"), int | float)]
    return Finding(
        summary=" ".join(_sentence(view, start, end) for view in views),
        facts=[
            Fact(name="from", value=iso(start)),
            Fact(name="to", value=iso(end)),
            *(fact for view in views for fact in _facts(view)),
            *(fact for key in keys if str(key) in empty for fact in _recorded(key, context)),
        ],
        data={"signals": views, "points": "pairs of [seconds after from, value in unit]"},
        reproduce=command("window", *map(str, keys), "--from", iso(start), "--to", iso(end)),
        provenance=source_of(plant, map(plant.telemetry.canonical, keys), "telemetry"),
        age_s=max(ages) if ages else None,
        quality=_quality(views, empty, start, end),
    )


def _looked_at(plant: Plant, key: SignalKey, start: datetime, end: datetime, room: int) -> dict[str, Any]:
    """The window as JSON. That nothing was recorded there is a finding too, and can be cited."""
    from ..telemetry.window import window

    info = plant.telemetry.info(key)
    try:
        return window(plant, key, start, end, room).as_dict()
    except NoDataError:
        told = {"key": str(info.key), "unit": info.unit, "kind": info.kind, "sampling": info.sampling}
        return {**told, "statistics": {"count": 0}, "quality": {}, "points": []}


def _view(found: dict[str, Any], start: datetime, room: int) -> dict[str, Any]:
    """A window as a model sees it: times of points as seconds after the window's begin."""
    points = [
        [round((parse_time(time) - start).total_seconds(), 3), value]
        for time, value in (found.get("points") or [])[:room]
    ]
    quality = dict(found.get("quality") or {})
    quality["gaps"] = (quality.get("gaps") or [])[:3]
    if not (quality.get("out_of_range") or {}).get("count"):
        quality.pop("out_of_range", None)
    statistics = dict(found["statistics"])
    if "states" in statistics:
        statistics["states"] = statistics["states"][:_STATES]
    kept = {name: found.get(name) for name in ("key", "unit", "kind", "sampling")}
    view: dict[str, Any] = shortened({**kept, "statistics": statistics, "quality": quality, "points": points})
    return view


def _sentence(view: dict[str, Any], start: datetime, end: datetime) -> str:
    key, unit, figures = view["key"], view.get("unit"), view["statistics"]
    if not figures.get("count"):
        return f"{key}: no data between {iso(start)} and {iso(end)}."
    if isinstance(figures.get("median"), int | float) and view.get("kind") == "numeric":
        level = f"median {_figure(figures['median'], unit)}"
        spread = f"between {_figure(figures['min'], unit)} and {_figure(figures['max'], unit)}"
        return f"{key}: {level}, {spread}, last {_figure(figures['last'], unit)}."
    changes = figures.get("changes")
    changed = f", {changes} changes" if isinstance(changes, int) else ""
    return f"{key}: {figures['count']} samples, last {figures.get('last')}{changed}."


def _figure(value: Any, unit: str | None) -> str:
    return f"{value:.6g} {unit}" if unit else f"{value:.6g}"


def _facts(view: dict[str, Any]) -> list[Fact]:
    """The figures most worth citing; the data hold them all."""
    key, unit = view["key"], view.get("unit")
    units = dict.fromkeys(("median", "min", "max", "first", "last"), unit) | {"slope_per_h": f"{unit or ''}/h"}
    facts = []
    for name in ("median", "min", "max", "first", "last", "slope_per_h", "changes"):
        value = view["statistics"].get(name)
        if isinstance(value, bool | int | float | str):
            facts.append(Fact(name=f"{key} {name}", value=value, unit=units.get(name)))
    coverage = view["quality"].get("coverage")
    if isinstance(coverage, int | float):
        facts.append(Fact(name=f"{key} coverage", value=coverage))
    return facts


def _recorded(key: SignalKey, context: ToolContext) -> list[Fact]:
    info = context.plant.telemetry.info(key)
    return [
        Fact(name=f"{key} recorded from", value=iso(info.first)),
        Fact(name=f"{key} recorded to", value=iso(info.last)),
    ]


def _quality(views: Sequence[dict[str, Any]], empty: Sequence[str], start: datetime, end: datetime) -> str:
    words = [f"{key}: no data between {iso(start)} and {iso(end)}" for key in empty]
    for view in views:
        grade = view["quality"].get("grade")
        if view["key"] not in empty and grade not in (None, "good"):
            words.append(f"{view['key']}: {grade}")
    return "; ".join(words) or "good"


TELEMETRY_WINDOW = Tool(
    name="telemetry_window",
    description="What one to six signals did between two times.",
    arguments=TelemetryWindow,
    function=telemetry_window,
)
