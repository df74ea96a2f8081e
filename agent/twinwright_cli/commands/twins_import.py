"""`twinwright twins import`: models, twins and relationships into a plant folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from ..options import Options, plant_options
from ..output import show, table, working

if TYPE_CHECKING:
    from twinwright_tools.twins.documents import TwinDocuments


@click.command("import", short_help="Bring models and twins into a plant folder.")
@click.argument("source", metavar="PATH", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="In place of the graph that the plant has.")
@plant_options
def command(options: Options, source: Path, replace: bool) -> None:
    """Bring PATH into the plant folder: a graph file of Azure Digital Twins Explorer, the NDJSON of an import job, a
    plant folder, or a folder of DTDL files.

    It becomes the plant's graph.json, with everything that PATH holds. What the models have against it is said, as
    `twinwright check` says it, and the exit code is 2 where something of it can't be used.
    """
    from twinwright_tools.twins.documents import write_documents
    from twinwright_tools.twins.files import GRAPH_FILE
    from twinwright_tools.twins.flow import Flows
    from twinwright_tools.twins.load import load_twins

    plant = options.settings.plant
    with working(options.as_json, doing="bringing the twins in") as progress:
        documents = documents_of(source)
        written = write_documents(documents, "explorer", plant / GRAPH_FILE, replace=replace)
        progress("checking them against the models")
        problems = [each for each in load_twins(plant, Flows()).problems if each.severity != "info"]
    counts, shown = documents.counts(), [problem.as_dict() for problem in problems]

    def people(console: Console) -> None:
        console.print(f"{said(counts)} brought into {written[0]}", markup=False)
        if shown:
            rows = [(one["severity"], one["place"], one["message"]) for one in shown]
            console.print(table(["problem", "place", "what"], rows))

    show(options.as_json, counts | {"written": [str(each) for each in written], "problems": shown}, people)
    if any(problem.severity == "error" for problem in problems):
        click.get_current_context().exit(2)


def documents_of(path: Path) -> TwinDocuments:
    """The documents of a file or folder.

    Raises:
        GraphError: it can't be read, or a part of it can't: what would be left out would be lost.
    """
    from twinwright_tools.errors import GraphError
    from twinwright_tools.twins.documents import read_documents

    documents = read_documents(path)
    lost = [problem for problem in documents.problems if problem.severity == "error"]
    if lost:
        one = lost[0]
        more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
        file = path / one.file if path.is_dir() and one.file else path
        raise GraphError(f"{one.message}{more}", file=file, place=one.place, code=one.code)
    return documents


def said(counts: dict[str, Any]) -> str:
    """The counts in words."""
    return ", ".join(f"{count} {name if count != 1 else name.removesuffix('s')}" for name, count in counts.items())
