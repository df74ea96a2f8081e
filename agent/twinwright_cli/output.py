"""What people and programs see: one JSON document on stdout, or text; progress always on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .options import Options

Progress = Callable[[str], None]


def show(options: Options, document: Any, people: Callable[[Console], None]) -> None:
    """Prints the document under --json, else what `people` writes."""
    if options.as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
    else:
        people(Console(highlight=False, soft_wrap=not sys.stdout.isatty()))


@contextmanager
def working(quiet: bool = False) -> Iterator[Progress]:
    """Progress on stderr: a moving line on a terminal, plain lines elsewhere, nothing under --json."""
    if quiet:
        yield lambda text: None
        return
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda text: click.echo(f"  {text}", err=True)
        return
    with console.status("…") as status:

        def tell(text: str) -> None:
            console.print(f"[dim]  {escape(text)}[/dim]")
            status.update(escape(text))

        yield tell


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str | None = None) -> Table:
    """A plain table; every cell is shown as it is, never read as markup."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(escape(column), overflow="fold")
    for row in rows:
        made.add_row(*(escape("" if cell is None else str(cell)) for cell in row))
    return made


def number(value: Any, unit: str | None = None) -> str:
    """A figure at four significant digits with its unit; text as it is; a dash for nothing."""
    if value is None:
        return "–"
    text = f"{value:,.4g}" if isinstance(value, float) else str(value)
    if isinstance(value, float) and 1e4 <= abs(value) < 1e9:
        text = f"{value:,.0f}"
    return f"{text} {unit}" if unit else text
