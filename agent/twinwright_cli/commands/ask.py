"""`twinwright ask`: one investigation, from a question to evidence, a ranked cause, a report and a draft order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from ..investigating import asked_at, checked_question, exit_code, investigate_question, print_investigation
from ..options import Options, at_option, budget_options, model_option, plant_options
from ..output import show


@click.command("ask", short_help="Investigate one question: evidence, a ranked cause, a report, a draft work order.")
@click.argument("question", required=False)
@model_option
@click.option(
    "--report", type=click.Path(path_type=Path), help="Where the HTML report goes (default: with the run's state)."
)
@click.option("--resume", "run", metavar="RUN", help="Go on with an interrupted run.")
@click.option("--what-leaves", is_flag=True, help="Show what would be sent to the model's API; send nothing.")
@budget_options
@at_option
@plant_options
def command(
    options: Options,
    question: str | None,
    report: Path | None,
    run: str | None,
    what_leaves: bool,
    bounds: Mapping[str, Any],
    at: datetime | None,
) -> None:
    """Ask why: twinwright ask "why is line 3 throughput dropping?"."""
    if what_leaves:
        _what_leaves(options, checked_question(question or "why is line 3 throughput dropping?"), at)
        return
    at = at or (asked_at(options, run) if run else None)
    with options.opened(at) as plant:
        found = investigate_question(options, plant, question, report=report, run=run, bounds=bounds)
        zone = plant.zone
    document = found.model_dump(mode="json")
    show(options.as_json, document, lambda console: print_investigation(console, found, zone, options.settings))
    click.get_current_context().exit(exit_code(found))


def _what_leaves(options: Options, question: str, at: datetime | None) -> None:
    from twinwright_agent.leaving import first_request
    from twinwright_agent.models.claude import DEFAULT_MODEL
    from twinwright_tools.toolbox import standard_registry

    named = options.settings.model
    model = named if named.startswith("claude-") else DEFAULT_MODEL
    with options.opened(at) as plant:
        found = first_request(plant, question, model, standard_registry())

    def people(console: Console) -> None:
        for title, lines in (("what leaves", found["leaves"]), ("what stays", found["stays"])):
            console.print(title, style="bold", markup=False)
            for line in lines:
                console.print(f"- {line}", markup=False)
        console.print(f"the first request (texts replaced in it: {found['redacted']})", style="bold", markup=False)
        console.print(json.dumps(found["request"], ensure_ascii=False, indent=1), markup=False, soft_wrap=True)

    show(options.as_json, found, people)
