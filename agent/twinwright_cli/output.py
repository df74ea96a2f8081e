"""What people and programs see: one JSON document on stdout, or text; progress always on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from twinwright_tools.errors import TimeFormatError
from twinwright_tools.times import for_people, in_words_for_people, parse_time

from .plain import plain, plain_json
from .stages import PATIENCE_S, Stages, is_stage, lasted_s

Progress = Callable[[str], None]


def show(as_json: bool, document: Any, people: Callable[[Console], None]) -> None:
    """Prints the document under --json, else what `people` writes."""
    if as_json:
        click.echo(plain_json(json.dumps(document, ensure_ascii=False, indent=2, default=str)))
    else:
        people(console_for_people())


class PlainConsole(Console):
    """A console that no text can steer: see `plain`. Tables come from `table`, which does the same to its cells."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(_made_plain(one) for one in objects), **options)


def _made_plain(value: Any) -> Any:
    if isinstance(value, Text):
        return Text(plain(value.plain), style=value.style)
    return plain(value) if isinstance(value, str) else value


def console_for_people() -> Console:
    """A console on stdout; piped into a file or a pager it doesn't fold tables at 80 columns."""
    return PlainConsole(highlight=False, width=None if sys.stdout.isatty() else 180)


@contextmanager
def working(
    quiet: bool = False, zone: ZoneInfo | None = None, *, doing: str = "working", patience_s: float = PATIENCE_S
) -> Iterator[Progress]:
    """Progress on stderr: a moving line on a terminal; elsewhere one plain line a stage, after a while.

    Args:
        quiet: under --json; nothing is told.
        zone: the site's; times are told in it. None, before a plant is open: as they come.
        doing: the first stage.
        patience_s: how long the whole run has lasted when plain lines begin.
    """
    if quiet:
        yield lambda text: None
        return

    def local(text: str) -> str:
        return plain(in_zone(text, zone) if zone else text)

    console = PlainConsole(stderr=True, highlight=False)
    if not console.is_terminal:
        with closing(Stages(lambda text: click.echo(f"  {local(text)}", err=True), patience_s - lasted_s())) as stages:
            stages.tell(doing)
            yield stages.tell
        return
    with console.status(escape(local(doing))) as status:

        def tell(text: str) -> None:
            if is_stage(text):
                status.update(escape(local(text)))
            console.print(f"[dim]  {escape(local(text))}[/dim]")

        yield tell


def in_zone(text: str, zone: ZoneInfo) -> str:
    """The text with its ISO 8601 times as people of the site read them; as it is where what looks like a time is none.

    The text may be a stranger's: 2026-13-01T00:00Z must stop nothing.
    """
    try:
        return in_words_for_people(text, zone)
    except (ValueError, OverflowError):
        return text


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str | None = None) -> Table:
    """A plain table; every cell is shown as it is, never read as markup."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(escape(plain(column)), overflow="fold")
    for row in rows:
        made.add_row(*(escape("" if cell is None else plain(str(cell))) for cell in row))
    return made


def figure(name: str, value: Any, unit: str | None, zone: ZoneInfo) -> str:
    """One value as people read it; its name tells what it is: a time, seconds, a slope, or in the signal's own unit."""
    if isinstance(value, str) and _TIME.match(value):
        with suppress(TimeFormatError):  # a text that begins like a time, or a time without a zone
            return for_people(parse_time(value), zone)
    if name.endswith("_s"):
        return number(value, "s")
    if name.endswith("_per_h"):
        return number(value, f"{unit or ''}/h")
    if isinstance(value, dict):
        return ", ".join(f"{key} {figure(key, item, unit, zone)}" for key, item in value.items())
    if isinstance(value, list):
        return f"{len(value)}"
    return number(value, unit if name in _IN_THE_SIGNALS_UNIT else None)


_IN_THE_SIGNALS_UNIT = {"mean", "median", "std", "iqr", "min", "max", "first", "last", "low", "high", "furthest"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def number(value: Any, unit: str | None = None) -> str:
    """A figure at four significant digits with its unit; text as it is; a dash for nothing."""
    if value is None:
        return "–"
    text = f"{value:,.4g}" if isinstance(value, float) else str(value)
    if isinstance(value, float) and 1e4 <= abs(value) < 1e9:
        text = f"{value:,.0f}"
    return f"{text} {unit}" if unit else text
