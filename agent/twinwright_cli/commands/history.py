"""`twinwright history`: past orders, alarms, notes and catalogues, by words or by read-only SQL."""

from __future__ import annotations

from datetime import datetime

import click
from rich.console import Console

from twinwright_tools.errors import UsageError

from ..options import Options, at_option, plant_options
from ..output import figure, show, table

# What people read of a found row; --json has all of it.
_READ = ("time", "kind", "id", "twin", "code", "status", "text", "source")
_FOUND, _SELECTED = 20, 500  # rows at most, where --limit says nothing


@click.command("history", short_help="Search past work orders, alarms and notes, or count them with SQL.")
@click.argument("sql", required=False, metavar="['SELECT …']")
@click.option("--search", "words", metavar="WORDS", help="Find rows by words, best match first.")
@click.option("--twin", help="With --search: only this twin and its parts.")
@click.option("--kind", help="With --search: only this kind of row (work_order, alarm, note …).")
@click.option(
    "--explain", is_flag=True, help="With a SELECT: show the tree, the checks, the plan and the SQL; run nothing."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    help=f"How many rows at most (default: {_FOUND}, or {_SELECTED} of a SELECT).",
)
@at_option
@plant_options
def command(
    options: Options,
    sql: str | None,
    words: str | None,
    twin: str | None,
    kind: str | None,
    explain: bool,
    limit: int | None,
    at: datetime | None,
) -> None:
    """Search history by words, or count it: SELECT twin, count(*) FROM history GROUP BY twin."""
    if (sql is None) == (words is None):
        raise UsageError("give either a SELECT over the table `history`, or --search WORDS")
    if explain:
        _explain(options, sql, at)
        return
    hints: list[str] = []
    spoken: str | None = None
    with options.opened(at, doing="reading the history") as plant:
        if words is not None:
            most = limit or _FOUND
            found = plant.history.search(words, twin=twin, kind=kind, limit=most + 1)
            rows, more = found[:most], len(found) > most
            columns = list(dict.fromkeys(name for row in rows for name in row))
            document: dict[str, object] = {"value": rows, "more": more}
        else:
            result = plant.history.sql(str(sql), limit=limit or _SELECTED)
            columns, hints, more = result.columns, result.hints, result.truncated
            rows = [dict(zip(columns, row, strict=True)) for row in result.rows]
            told = {"sql": result.sql, "hints": hints, "zone": result.zone}
            document = {"columns": columns, "value": rows, "more": more} | told
            spoken = result.zone
        zone = plant.zone

    def people(console: Console) -> None:
        filled = [name for name in columns if any(row.get(name) is not None for row in rows)]
        shown = filled if words is None else [name for name in _READ if name in filled]
        console.print(table(shown, [[figure(name, row.get(name), None, zone) for name in shown] for row in rows]))
        counted = f"first {len(rows)} row(s); more match (--limit, at most 1000)" if more else f"{len(rows)} row(s)"
        console.print(f"{counted}; times are of {spoken}" if spoken else counted, style="dim", markup=False)
        for hint in hints:
            console.print(f"hint: {hint}", markup=False)

    show(options.as_json, document, people)


def _explain(options: Options, sql: str | None, at: datetime | None) -> None:
    if sql is None:
        raise UsageError("--explain goes with a SELECT")
    with options.opened(at, doing="planning the statement") as plant:
        plan = plant.history.explain(sql)

    def people(console: Console) -> None:
        for heading, body in plan.as_dict().items():
            console.print(f"[bold]{heading}[/bold]")
            console.print("\n".join(body) if isinstance(body, list) else f"{body}", markup=False, soft_wrap=True)

    show(options.as_json, plan.as_dict(), people)
