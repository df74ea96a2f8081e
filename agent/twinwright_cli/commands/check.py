"""`twinwright check`: opens a plant folder and says what was found."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from ..options import Options, plant_options
from ..output import show, table


@click.command("check", short_help="Open a plant folder and say what was found.")
@plant_options
def command(options: Options) -> None:
    """Open a plant folder: models, twins, signals, time span, gaps, and everything that is wrong, by file and place.

    Exit code 2 when something had to be left out (an error); warnings and assumptions alone give 0.
    """
    from twinwright_tools.plant.check import check

    with options.opened() as plant:
        report = check(plant).as_dict()
    show(options, report, lambda console: _print_report(console, report))
    if any(problem["severity"] == "error" for problem in report["problems"]):
        click.get_current_context().exit(2)


def _print_report(console: Console, report: dict[str, Any]) -> None:
    for name, value in report.items():
        if name == "problems":
            continue
        if isinstance(value, list):
            _print_list(console, name, value)
        elif isinstance(value, dict):
            inner = ", ".join(f"{key} {item}" for key, item in value.items() if item not in (None, [], {}))
            console.print(f"{name}: {inner or 'none'}", markup=False)
        else:
            console.print(f"{name}: {value}", markup=False)
    problems = report["problems"]
    if not problems:
        console.print("no problems", style="bold")
        return
    rows = [(one["severity"], one["file"], one["place"], one["message"]) for one in problems]
    console.print(table(["problem", "file", "place", "what"], rows))


def _print_list(console: Console, name: str, value: list[Any]) -> None:
    if not value:
        console.print(f"{name}: none", markup=False)
    elif isinstance(value[0], dict):
        columns = list(value[0])
        console.print(table(columns, [[row.get(column) for column in columns] for row in value], title=name))
    else:
        console.print(f"{name}: {', '.join(str(item) for item in value)}", markup=False)
