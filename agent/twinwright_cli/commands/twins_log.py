"""`twinwright twins log`: what was changed, when, and by whom."""

from __future__ import annotations

import click
from rich.console import Console

from twinwright_tools.times import for_people

from ..options import Options, plant_options
from ..output import show, table


@click.command("log", short_help="What was changed, when, and by whom.")
@click.option("--twin", metavar="ID", help="Only changes of this twin and of the relationships that begin at it.")
@plant_options
def command(options: Options, twin: str | None) -> None:
    """List every change that was applied, oldest first."""
    from twinwright_tools.plant.config import read_config
    from twinwright_tools.plant.places import plant_folder

    twins = options.twins()
    entries = twins.log.entries(twin)
    if twin is not None and not entries:
        twins.document(twin)  # an id that never was gets the nearest ones
    zone = read_config(plant_folder(options.settings.plant)).zone

    def people(console: Console) -> None:
        rows = [
            (
                each.seq,
                for_people(each.at, zone),
                each.by,
                each.entry.operation.removeprefix("DigitalTwins_"),
                "/".join(part for part in each.entry.key if part),
                each.entry.etag_before or "–",
                each.entry.etag_after or "–",
            )
            for each in entries
        ]
        console.print(table(["seq", "time", "by", "operation", "twin", "etag before", "etag after"], rows))
        console.print(f"{len(entries)} change{'' if len(entries) == 1 else 's'}", style="dim")

    show(options.as_json, {"value": [each.as_dict() for each in entries]}, people)
