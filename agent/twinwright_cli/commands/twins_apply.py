"""`twinwright twins apply`: change twins, as the Azure Digital Twins API does, whole or not at all."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from twinwright_tools.errors import ChangeError

from ..options import Options, plant_options
from ..output import show, table, working


@click.command("apply", short_help="Apply a file of changes, whole or not at all.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--by", default=None, help="Who changes, for the log (default: the user who is logged in).")
@plant_options
def command(options: Options, file: Path, dry_run: bool, by: str | None) -> None:
    """Apply FILE (or - for standard input): one JSON object a line, an operation of the Azure Digital Twins data plane.

    \b
    {"operation": "DigitalTwins_Update", "id": "pump1", "patch": [{"op": "replace", "path": "/power", "value": 11}]}

    Nothing is changed unless every line can be. See docs/twins-changes.md.
    """
    text = _read(file)
    with working(options.as_json, doing="checking every change"):
        applied = options.twins().apply(text, by=by or getpass.getuser(), now=datetime.now(UTC), dry_run=dry_run)
    document = applied.as_dict() | {"dry_run": dry_run}

    def people(console: Console) -> None:
        rows = [row for change in document["value"] for row in _rows(change)]
        console.print(table(["line", "what", "path", "before", "after"], rows))
        count = len(document["value"])
        said = (
            "would be made; nothing was changed" if dry_run else f"made, commit {applied.commit}, at {document['at']}"
        )
        console.print(f"{count} change{'' if count == 1 else 's'} {said if count else 'in the file'}", style="dim")

    show(options.as_json, document, people)


def _read(file: Path) -> str:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ChangeError(f"{file}: can't be read: {error.strerror}", code="change.file") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ChangeError(f"{file}: line {line} is no UTF-8 text", code="change.file", line=line) from error


def _rows(change: dict[str, Any]) -> list[tuple[Any, ...]]:
    """One row for each place that changed, the first with the line and what it is about."""
    relationship = f"/{change['relationship']}" if change["relationship"] else ""
    what = f"{change['operation'].removeprefix('DigitalTwins_')} {change['twin']}{relationship}"
    places = change["changed"] or [{"path": "(as it was)", "before": None, "after": None}]
    return [
        (
            change["line"] if first else "",
            what if first else "",
            each["path"],
            _cell(each["before"]),
            _cell(each["after"]),
        )
        for first, each in ((number == 0, each) for number, each in enumerate(places))
    ]


def _cell(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
