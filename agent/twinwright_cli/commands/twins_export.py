"""`twinwright twins export`: models, twins and relationships in a form that other tools read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from ..options import TIME, Options, plant_options
from ..output import show, working
from .twins_import import documents_of, said


@click.command("export", short_help="Write models and twins as a graph file, NDJSON or a folder.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["explorer", "ndjson", "folder"]),
    default="explorer",
    show_default=True,
    help="The file of Azure Digital Twins Explorer, that of the import jobs, or a folder with a file for each model.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The file or folder to write.")
@click.option("--replace", is_flag=True, help="Overwrite what is there.")
@click.option("--as-of", type=TIME, help="As the twins stood then (default: as they are).")
@plant_options
def command(options: Options, form: str, out: Path, replace: bool, as_of: datetime | None) -> None:
    """Write the plant's models, twins and relationships to a file or a folder, with the changes that were applied.

    Everything else goes out as it was read: unknown fields, $metadata, etags, components, maps, and the order.
    """
    from twinwright_tools.twins.documents import FORMS, write_documents

    with working(options.as_json, doing="reading and writing the twins"):
        changes = options.twins().log.read(as_of).documents
        documents = documents_of(options.settings.plant).with_changes(changes)
        chosen = next(each for each in FORMS if each == form)
        written = write_documents(documents, chosen, out, replace=replace)
    counts = documents.counts()

    def people(console: Console) -> None:
        console.print(f"{said(counts)} written to {out}", markup=False)

    show(options.as_json, counts | {"format": form, "written": [str(each) for each in written]}, people)
