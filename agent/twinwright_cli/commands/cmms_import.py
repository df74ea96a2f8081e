"""`twinwright cmms import`: past orders, notes and alarms of the CMMS into the plant's history."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from rich.console import Console

from ..options import Options, plant_options
from ..output import figure, show, working

if TYPE_CHECKING:
    from twinwright_tools.cmms.importing import Imported


@click.command("import")
@click.option("--all", "whole", is_flag=True, help="Forget what was imported, and read everything.")
@plant_options
def import_command(options: Options, whole: bool) -> None:
    """Bring past orders, notes and alarms in, and afterwards what changed since; `twinwright history` finds them."""
    from twinwright_tools.cmms.assets import read_matching
    from twinwright_tools.cmms.choose import sources
    from twinwright_tools.cmms.importing import import_history

    with options.opened() as plant, working(options.as_json) as progress:
        places = sources(plant, os.environ)
        progress("reading the assets")
        matching = read_matching(plant, places[0].connector)
        found = import_history(plant, places, matching.twin_of, whole=whole, progress=progress)
        zone = plant.zone

    def people(console: Console) -> None:
        since = f", changes since {figure('since', found.as_dict()['since'], None, zone)}" if found.since else ""
        console.print(f"{found.new} new and {found.changed} changed row(s){since}; {found.total} in all", markup=False)
        if found.unmatched:
            console.print(f"{found.unmatched} row(s) name no twin: see `twinwright cmms match`", markup=False)

    _end(options, found, people)


def _end(options: Options, found: Imported, people: Callable[[Console], None]) -> None:
    """What was read is kept and told; an import that stopped before its end is an error all the same."""
    if found.stopped is not None:
        kept = f"{found.new} new and {found.changed} changed rows were kept; the next import goes on there"
        found.stopped.message += f"; {kept}"
        raise found.stopped
    show(options.as_json, found.as_dict(), people)
