"""`twinwright check`: opens a plant folder and says what was found."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from ..options import Options, plant_options
from ..output import figure, show, table


@click.command("check", short_help="Open a plant folder and say what was found.")
@plant_options
def command(options: Options) -> None:
    """Open a plant folder: models, twins, signals, time span, gaps, and everything that is wrong, by file and place.

    Exit code 2 when something had to be left out (an error); warnings and assumptions alone give 0.
    """
    from twinwright_tools.plant.check import check

    with options.opened(doing="checking what is in it") as plant:
        report = check(plant).as_dict()
        zone = plant.zone
    show(options.as_json, report, lambda console: _print_report(console, report, zone))
    if any(problem["severity"] == "error" for problem in report["problems"]):
        click.get_current_context().exit(2)


def _print_report(console: Console, report: dict[str, Any], zone: ZoneInfo) -> None:
    for name, value in report.items():
        if name == "problems":
            continue
        if isinstance(value, list):
            _print_list(console, name, value, zone)
        else:
            console.print(f"{name.replace('_', ' ')}: {figure(name, value, None, zone)}", markup=False)
    problems = report["problems"]
    if not problems:
        console.print("no problems", style="bold")
        return
    rows = [(one["severity"], one["file"], one["place"], one["message"]) for one in problems]
    console.print(table(["problem", "file", "place", "what"], rows))


def _print_list(console: Console, name: str, value: list[Any], zone: ZoneInfo) -> None:
    if value and isinstance(value[0], dict):
        columns = list(value[0])
        rows = [[figure(column, row.get(column), None, zone) for column in columns] for row in value]
        console.print(table(columns, rows, title=name.replace("_", " ")))
    else:
        console.print(f"{name.replace('_', ' ')}: {', '.join(str(item) for item in value) or 'none'}", markup=False)
