"""`twinwright twins show`: one twin or relationship as a document, now or at any time."""

from __future__ import annotations

import json
from datetime import datetime

import click
from rich.console import Console

from ..options import TIME, Options, plant_options
from ..output import show


@click.command("show", short_help="One twin or relationship, now or as it stood.")
@click.argument("twin", metavar="ID")
@click.option("--relationship", metavar="ID", help="A relationship that begins at the twin, instead of the twin.")
@click.option("--as-of", type=TIME, help="As it stood then (default: as it is).")
@plant_options
def command(options: Options, twin: str, relationship: str | None, as_of: datetime | None) -> None:
    """Show a twin's document with its etag, which `ifMatch` in a file of changes takes."""
    document = options.twins().document(twin, relationship, as_of)

    def people(console: Console) -> None:
        console.print(json.dumps(document, ensure_ascii=False, indent=2), markup=False, soft_wrap=True)

    show(options.as_json, document, people)
