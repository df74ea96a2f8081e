"""`twinwright window`: telemetry windows with statistics, quality and a plot."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from ..options import TIME, Options, plant_options
from ..output import figure, show, table

_PLOTTED = 2000


@click.command("window", short_help="Look at telemetry: statistics, quality, a plot.")
@click.argument("signals", nargs=-1, required=True, metavar="TWIN.SIGNAL…")
@click.option("--from", "start", type=TIME, required=True, help="Begin, ISO 8601 with a zone.")
@click.option("--to", "end", type=TIME, required=True, help="End, ISO 8601 with a zone.")
@click.option("--points", type=click.IntRange(3, 5000), default=200, show_default=True, help="Samples kept per signal.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw them into this file (.png or .svg).")
@plant_options
def command(
    options: Options, signals: tuple[str, ...], start: datetime, end: datetime, points: int, plot: Path | None
) -> None:
    """Statistics, quality and a bounded, shape-preserving sample of one or more signals."""
    from twinwright_tools.prognosis.limits import limits_to_draw
    from twinwright_tools.telemetry.plot import plot_windows
    from twinwright_tools.telemetry.series import parse_key
    from twinwright_tools.telemetry.window import window

    with options.opened(doing="reading the windows" if plot is None else "drawing the windows") as plant:
        keys = [parse_key(text, plant.graph.twins) for text in signals]
        windows = [window(plant, key, start, end, points) for key in keys]
        if plot is not None:
            # A picture shows more than a reader of numbers wants.
            fine = max(points, _PLOTTED)
            drawn = [window(plant, key, start, end, fine) for key in keys]
            plot_windows(drawn, plot, plant.zone, limits_to_draw(plant, drawn))
        zone = plant.zone
    document: dict[str, Any] = {
        "value": [one.as_dict() for one in windows],
        "plot": str(plot.resolve()) if plot else None,
    }

    def people(console: Console) -> None:
        for one in document["value"]:
            _print_window(console, one, zone)
        if plot is not None:
            console.print(f"plot: {plot.resolve()}", markup=False)

    show(options.as_json, document, people)


def _print_window(console: Console, one: dict[str, Any], zone: ZoneInfo) -> None:
    unit = one["unit"]
    console.print(f"{one['key']}  [{unit or 'no unit'}]  {one['kind']}, {one['sampling']}", style="bold", markup=False)
    for heading in ("statistics", "quality"):
        rows = [(name, figure(name, value, unit, zone)) for name, value in one[heading].items()]
        console.print(table([heading, ""], rows))
