"""`twinwright query`: a validated twin query."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console

from ..options import TIME, Options, plant_options
from ..output import show, table

if TYPE_CHECKING:
    from twinwright_tools.twins.query.restrictions import DialectName


@click.command("query", short_help="Ask the twin graph, in the Azure Digital Twins query language.")
@click.argument("text", metavar="'SELECT …'")
@click.option("--explain", is_flag=True, help="Show the tree, the checks, the plan and the SQL; run nothing.")
@click.option(
    "--dialect",
    type=click.Choice(["service", "embedded"]),
    default="service",
    show_default=True,
    help="Hold the query to what Azure Digital Twins takes, or to what the embedded store takes.",
)
@click.option(
    "--unchecked", is_flag=True, help="Run it as the service would: what no model knows finds nothing, and is no error."
)
@click.option(
    "--continuation", metavar="TOKEN", help="The next page: the continuationToken that came with the page before."
)
@click.option("--as-of", type=TIME, help="Answer with the twins as they stood then (default: as they are).")
@plant_options
def command(
    options: Options,
    text: str,
    explain: bool,
    dialect: DialectName,
    unchecked: bool,
    continuation: str | None,
    as_of: datetime | None,
) -> None:
    """Ask the twin graph: SELECT * FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:…;1')."""
    if explain:
        _explain(options, text, dialect, not unchecked, as_of)
        return
    with options.opened(as_of=as_of, doing="asking the twin graph") as plant:
        result = plant.query(text, dialect=dialect, checked=not unchecked, continuation=continuation)

    def people(console: Console) -> None:
        columns = list(dict.fromkeys(name for row in result.value for name in row))
        console.print(table(columns, [[row.get(name) for name in columns] for row in result.value]))
        more = f", and there are more: --continuation {result.continuation}" if result.continuation else ""
        console.print(f"{len(result.value)} row(s){more}", style="dim", soft_wrap=True)

    show(options.as_json, result.as_dict(), people)


def _explain(options: Options, text: str, dialect: DialectName, checked: bool, as_of: datetime | None) -> None:
    from twinwright_tools.twins import explain_query

    with options.opened(as_of=as_of, doing="planning the query") as plant:
        plan = explain_query(text, plant.models, plant.graph, dialect=dialect, checked=checked)

    def people(console: Console) -> None:
        for heading, body in plan.as_dict().items():
            console.print(f"[bold]{heading}[/bold]")
            console.print("\n".join(body) if isinstance(body, list) else str(body), markup=False)

    show(options.as_json, plan.as_dict(), people)
