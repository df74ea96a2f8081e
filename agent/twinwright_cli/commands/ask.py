"""`twinwright ask`: one investigation, from a question to evidence, a ranked cause, a report and a draft order."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from ..investigating import asked_at, exit_code, investigate_question, print_investigation
from ..options import Options, at_option, model_option, plant_options
from ..output import show


@click.command("ask", short_help="Investigate one question: evidence, a ranked cause, a report, a draft work order.")
@click.argument("question", required=False)
@model_option
@click.option(
    "--report", type=click.Path(path_type=Path), help="Where the HTML report goes (default: with the run's state)."
)
@click.option("--resume", "run", metavar="RUN", help="Go on with an interrupted run.")
@at_option
@plant_options
def command(options: Options, question: str | None, report: Path | None, run: str | None, at: datetime | None) -> None:
    """Ask why: twinwright ask "why is line 3 throughput dropping?"."""
    at = at or (asked_at(options, run) if run else None)
    with options.opened(at) as plant:
        found = investigate_question(options, plant, question, report=report, run=run)
        zone = plant.zone
    show(options.as_json, found.model_dump(mode="json"), lambda console: print_investigation(console, found, zone))
    click.get_current_context().exit(exit_code(found))
