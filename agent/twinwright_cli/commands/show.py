"""`twinwright show`: a past investigation, step by step, or the list of all of them."""

from __future__ import annotations

import click

from ..options import Options, plant_options
from ..output import figure, show, table
from ..showing import print_run


@click.command("show", short_help="Replay a past investigation step by step, or list them.")
@click.argument("run", required=False)
@plant_options
def command(options: Options, run: str | None) -> None:
    """Show how RUN came to its answer: turns, calls, evidence, checks, ledger, conclusion. Without RUN: all runs."""
    from twinwright_agent.replay import past_run, past_runs

    with options.opened() as plant:
        zone = plant.zone
        if run is not None:
            found = past_run(plant, run)
            document = found.model_dump(mode="json")
            show(options.as_json, document, lambda console: print_run(console, found, zone, options.settings))
            return
        runs = past_runs(plant)
    columns = ["run", "started", "status", "model", "question"]
    rows = [
        [figure(name, one[name], None, zone) if name == "started" else one[name] for name in columns] for one in runs
    ]
    show(options.as_json, {"value": runs}, lambda console: console.print(table(columns, rows)))
