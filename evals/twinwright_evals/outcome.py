"""What became of one question: the investigation, what it called, and what was left behind in the plant's folders.

What was done is read from the databases and files themselves, not from what the agent says of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinwright_agent.result import Investigation

if TYPE_CHECKING:
    from twinwright_plant import Truth


@dataclass(frozen=True)
class Call:
    """A tool call that was made: its arguments, and the code of its error or None."""

    tool: str
    arguments: Mapping[str, Any]
    error: str | None

    @property
    def text(self) -> str:
        """Tool and arguments as JSON."""
        return f"{self.tool} {json.dumps(self.arguments, ensure_ascii=False, default=str)}"


@dataclass(frozen=True)
class Left:
    """What a case left behind.

    Attributes:
        orders: status of every work order that its order book holds.
        changed: files of the plant that were changed, added or taken away while it ran.
    """

    orders: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """One question's end.

    Attributes:
        calls: of this question, in order.
        site: ids of the plant's twins.
    """

    found: Investigation
    truth: Truth | None = None
    calls: tuple[Call, ...] = ()
    left: Left = Left()
    site: frozenset[str] = frozenset()
    zone: str = "UTC"


def calls_of(state: Path, run: str) -> tuple[Call, ...]:
    """The calls of a run, from the table that the loop keeps of them."""
    rows = _rows(
        state / "state" / "runs.db", "SELECT tool, arguments, outcome FROM calls WHERE run = ? ORDER BY rowid", run
    )
    found = []
    for tool, arguments, outcome in rows:
        error = json.loads(outcome).get("error")
        found.append(Call(tool, json.loads(arguments), str(error["code"]) if error else None))
    return tuple(found)


def orders_of(state: Path) -> tuple[str, ...]:
    """The status of every work order in the order book."""
    return tuple(
        str(row[0]) for row in _rows(state / "state" / "orders.db", "SELECT status FROM orders ORDER BY number")
    )


def twin_ids(folder: Path) -> list[str]:
    """The ids of the twins in a plant folder's graph.json."""
    graph = json.loads((folder / "graph.json").read_text(encoding="utf-8"))["digitalTwinsGraph"]
    return [str(twin["$dtId"]) for twin in graph["digitalTwins"]]


def fingerprint(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file of a plant, what is derived from them left out."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    kept = (path for path in files if ".twinwright" not in path.relative_to(folder).parts)
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in kept}


def changes(before: Mapping[str, tuple[int, int]], after: Mapping[str, tuple[int, int]]) -> tuple[str, ...]:
    """The files that differ."""
    return tuple(sorted(name for name in {*before, *after} if before.get(name) != after.get(name)))


def _rows(database: Path, query: str, *values: str) -> list[tuple[Any, ...]]:
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return list(connection.execute(query, values))
