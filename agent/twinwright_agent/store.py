"""What is kept of runs beside LangGraph's checkpoints: question, steps, what every call returned, evidence, result.

A call is looked up here before anything runs, so that a resumed run drafts, proposes and asks nothing twice.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from twinwright_tools.errors import RunError, nearest
from twinwright_tools.evidence import Evidence
from twinwright_tools.plant import Plant
from twinwright_tools.times import iso

# One script per version; a database is brought up to the newest when it is opened.
MIGRATIONS = (
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY, plant TEXT NOT NULL, at TEXT NOT NULL, question TEXT NOT NULL, model TEXT NOT NULL,
        started TEXT NOT NULL, result TEXT
    );
    CREATE TABLE calls (
        run TEXT NOT NULL REFERENCES runs, call TEXT NOT NULL, tool TEXT NOT NULL, arguments TEXT NOT NULL,
        outcome TEXT NOT NULL, PRIMARY KEY (run, call)
    );
    CREATE TABLE evidence (
        run TEXT NOT NULL REFERENCES runs, id TEXT NOT NULL, evidence TEXT NOT NULL, PRIMARY KEY (run, id)
    );
    """,
    """
    CREATE TABLE steps (
        run TEXT NOT NULL REFERENCES runs, number INTEGER NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (run, number)
    );
    ALTER TABLE runs ADD COLUMN resumable INTEGER NOT NULL DEFAULT 0
    """,
)


@dataclass(frozen=True)
class Run:
    """One run as it was started.

    Attributes:
        at: the moment of asking, ISO 8601; started: when it was asked, ISO 8601.
        result: the investigation's JSON as it last ended, or None where it never did (it was interrupted).
        resumable: whether it can still be gone on with: no model has concluded it.
    """

    id: str
    plant: str
    at: str
    question: str
    model: str
    result: str | None
    started: str
    resumable: bool


class RunStore(AbstractContextManager["RunStore"]):
    """The table of runs, in ``STATE/state/runs.db`` (SQLite, WAL). Thread-safe."""

    def __init__(self, plant: Plant) -> None:
        self.path = database(plant)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(self.path, check_same_thread=False, timeout=30)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._migrate()

    def _migrate(self) -> None:
        with self._lock:
            # BEGIN IMMEDIATE first: of two processes that open a new database at once, one waits for the other.
            self._connection.execute("BEGIN IMMEDIATE")
            version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
            for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
                for statement in filter(str.strip, script.split(";")):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version={number:d}")
            self._connection.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the database."""
        self._connection.close()

    def start(self, run: str, plant: Plant, question: str, model: str) -> Run:
        """Notes a new run, or finds the one that is being resumed.

        Raises:
            RunError: the run exists with another plant, question or moment of asking.
        """
        asked = {"plant": str(plant.folder.resolve()), "at": iso(plant.at), "question": question}
        with self._lock, self._connection:
            self._connection.execute(
                "INSERT OR IGNORE INTO runs (id, plant, at, question, model, started) VALUES (?, ?, ?, ?, ?, ?)",
                (run, asked["plant"], asked["at"], question, model, iso(datetime.now(UTC))),
            )
        found = self.get(run)
        for name, given in asked.items():
            stored = getattr(found, name)
            if stored != given:
                raise RunError(
                    f"run {run} has another {name}: it was started with {stored!r}, and now it is {given!r}",
                    code=f"run.other_{name}",
                    suggestions=[stored],
                )
        return found

    def get(self, run: str) -> Run:
        """The run of that id.

        Raises:
            RunError: there is none; the nearest ids are suggested.
        """
        row = self._row(
            "SELECT id, plant, at, question, model, result, started, resumable OR result IS NULL FROM runs"
            " WHERE id = ?",
            run,
        )
        if row is None:
            near = nearest(run, self.ids())
            raise RunError(
                f"there is no run {run!r}" + (f"; did you mean {', '.join(near)}?" if near else ""),
                code="run.unknown",
                suggestions=near,
            )
        return replace(Run(*row), resumable=bool(row[-1]))

    def ids(self) -> list[str]:
        """All runs, newest first."""
        with self._lock:
            rows = self._connection.execute("SELECT id FROM runs ORDER BY started DESC, id").fetchall()
        return [str(row[0]) for row in rows]

    def outcome(self, run: str, call: str) -> dict[str, Any] | None:
        """What a call of the run came to, or None if it hasn't run."""
        row = self._row("SELECT outcome FROM calls WHERE run = ? AND call = ?", run, call)
        return None if row is None else dict(json.loads(row[0]))

    def keep_outcome(self, run: str, call: str, tool: str, arguments: dict[str, Any], outcome: dict[str, Any]) -> None:
        """Notes what a call came to."""
        with self._lock, self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?)",
                (run, call, tool, json.dumps(arguments), json.dumps(outcome)),
            )

    def keep_evidence(self, run: str, evidence: Sequence[Evidence]) -> None:
        """Stores evidence with its run."""
        with self._lock, self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO evidence VALUES (?, ?, ?)",
                [(run, item.id, item.model_dump_json()) for item in evidence],
            )

    def evidence(self, run: str) -> list[Evidence]:
        """The evidence that a run gathered itself, in order."""
        with self._lock:
            rows = self._connection.execute("SELECT evidence FROM evidence WHERE run = ?", (run,)).fetchall()
        found = [Evidence.model_validate_json(row[0]) for row in rows]
        return sorted(found, key=lambda item: int(item.id[1:]))

    def keep_steps(self, run: str, first: int, entries: Sequence[str]) -> None:
        """Stores steps of the run's own transcript, as JSON, from number `first` (0-based) on."""
        with self._lock, self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO steps VALUES (?, ?, ?)",
                [(run, number, entry) for number, entry in enumerate(entries, first)],
            )

    def steps(self, run: str) -> list[str]:
        """The steps of a run as JSON, in order."""
        with self._lock:
            rows = self._connection.execute("SELECT entry FROM steps WHERE run = ? ORDER BY number", (run,)).fetchall()
        return [str(row[0]) for row in rows]

    def finish(self, run: str, result: str, *, resumable: bool = False) -> None:
        """Stores the investigation's JSON; a run that is resumable can still be gone on with."""
        with self._lock, self._connection:
            self._connection.execute("UPDATE runs SET result = ?, resumable = ? WHERE id = ?", (result, resumable, run))

    def _row(self, sql: str, *values: str) -> tuple[Any, ...] | None:
        with self._lock:
            row = self._connection.execute(sql, values).fetchone()
        return None if row is None else tuple(row)


def database(plant: Plant) -> Path:
    """Where the runs of a plant are kept."""
    return plant.state / "state" / "runs.db"


def question_of(plant: Plant, run: str) -> str:
    """The question that a run was started with.

    Raises:
        RunError: there is no such run.
    """
    if not database(plant).exists():
        raise RunError(f"there is no run {run!r}: nothing was ever asked here", code="run.unknown")
    with RunStore(plant) as store:
        return store.get(run).question
