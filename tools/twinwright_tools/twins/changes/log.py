"""The change log: every change that was ever made to twins, in SQLite, append-only."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ...database import NewerDatabaseError, connected, immediate, migrate
from ...errors import ChangeError
from ...times import from_micros, iso, to_micros
from .documents import Document, Key

_APPEND_ONLY = "CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE commits (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL UNIQUE,
            by TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE changes (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            number INTEGER NOT NULL REFERENCES commits (number),
            line INTEGER NOT NULL,
            operation TEXT NOT NULL,
            twin TEXT NOT NULL,
            relationship TEXT,
            etag_before TEXT,
            etag_after TEXT,
            request TEXT NOT NULL,
            document TEXT
        ) STRICT""",
        "CREATE INDEX changes_by_key ON changes (twin, relationship, number)",
        *(
            _APPEND_ONLY.format(table=table, verb=verb)
            for table in ("commits", "changes")
            for verb in ("UPDATE", "DELETE")
        ),
    ),
)
NOTHING = "-"
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change as it is logged.

    Attributes:
        line: of the file that it came from; `request` is what stood there.
        etag_before, etag_after: None where there was, or is, nothing.
        document: what it made, or None for a deletion.
    """

    line: int
    operation: str
    key: Key
    request: Document
    etag_before: str | None
    etag_after: str | None
    document: Document | None


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry with its number in the log, the commit (one applied file) that it belongs to, when, and by whom."""

    seq: int
    commit: int
    at: datetime
    by: str
    entry: Entry

    def as_dict(self) -> dict[str, Any]:
        """The entry as `twinwright twins log --json` has it."""
        twin, relationship = self.entry.key
        return {
            "seq": self.seq,
            "commit": self.commit,
            "at": iso(self.at),
            "by": self.by,
            "operation": self.entry.operation,
            "twin": twin,
            "relationship": relationship,
            "etag_before": self.entry.etag_before,
            "etag_after": self.entry.etag_after,
            "request": self.entry.request,
        }


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the log says up to a time.

    Attributes:
        head: a digest of all that it rests on; equal heads mean equal contents. ``-`` where nothing has changed.
        documents: the newest document of all that changed, None for what was deleted, in order of first change.
        etags: the last etag of each of those, deleted ones too.
    """

    head: str
    documents: dict[Key, Document | None]
    etags: dict[Key, str]


class ChangeLog:
    """The log of one plant, in `<folder>/state/twins.db`; several processes may use it at once.

    It is made by the first change. Raises (from every method):
        ChangeError: the log can't be opened or written, or a newer Twinwright made it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state" / "twins.db"

    def read(self, until: datetime | None = None) -> Snapshot:
        """What has changed up to and including a time; all of it where that is None."""
        if not self.path.is_file():
            return Snapshot(NOTHING, {}, {})
        with self._connection() as connection:
            connection.execute("BEGIN")
            return _snapshot(connection, until)

    def entries(self, twin: str | None = None) -> list[LoggedEntry]:
        """All changes, oldest first; only those of one twin and of the relationships that begin at it, if given."""
        if not self.path.is_file():
            return []
        query = f"SELECT {_COLUMNS} FROM changes JOIN commits USING (number) WHERE ? IS NULL OR twin = ? ORDER BY seq"
        with self._connection() as connection:
            return [_entry(row) for row in connection.execute(query, (twin, twin))]

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """A transaction in which nobody else writes; it is rolled back where the block ends with an error."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = f"{self.path.parent} can't be made: {error}; name another folder with --state"
            raise ChangeError(text, code="change.log") from error
        with self._connection() as connection, immediate(connection):
            yield Writer(connection)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with connected(self.path) as connection:
                migrate(connection, _MIGRATIONS)
                yield connection
        except NewerDatabaseError as error:
            raise ChangeError(f"{self.path}: {error}: update it", code="change.newer_log") from error
        except sqlite3.Error as error:
            raise ChangeError(f"{self.path}: the change log can't be used: {error}", code="change.log") from error


class Writer:
    """A log that is open for writing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def snapshot(self) -> Snapshot:
        """All that has changed so far."""
        return _snapshot(self._connection, None)

    def time(self, now: datetime) -> datetime:
        """The time of the next commit: now in milliseconds, but later than any other, whatever the clock says."""
        ((newest,),) = self._connection.execute("SELECT max(at) FROM commits").fetchall()
        rounded = now.astimezone(UTC).replace(microsecond=now.microsecond // 1000 * 1000)
        return rounded if newest is None else max(rounded, from_micros(newest) + _MILLISECOND)

    def append(self, entries: Sequence[Entry], by: str, at: datetime) -> int:
        """Writes one commit and returns its number."""
        rows = [_row(each) for each in entries]
        ((newest,),) = self._connection.execute("SELECT max(number) FROM commits").fetchall()
        before = _head(self._connection, newest)
        digest = hashlib.sha256(json.dumps([before, to_micros(at), by, rows]).encode()).hexdigest()
        cursor = self._connection.execute(
            "INSERT INTO commits (at, by, digest) VALUES (?, ?, ?)", (to_micros(at), by, digest)
        )
        number = int(cursor.lastrowid or 0)
        self._connection.executemany(
            "INSERT INTO changes (number, line, operation, twin, relationship, etag_before, etag_after, request, "
            "document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((number, *row) for row in rows),
        )
        return number


_COLUMNS = "seq, number, at, by, line, operation, twin, relationship, etag_before, etag_after, request, document"
# Of each twin and relationship the newest change up to a commit; GROUP BY takes all NULLs, those of twins, for equal.
_NEWEST = """
SELECT twin, relationship, document, coalesce(etag_after, etag_before), first FROM changes JOIN (
    SELECT max(seq) AS seq, min(seq) AS first FROM changes WHERE number <= ? GROUP BY twin, relationship
) USING (seq) ORDER BY first
"""


def _snapshot(connection: sqlite3.Connection, until: datetime | None) -> Snapshot:
    micros = to_micros(until) if until else None
    ((newest,),) = connection.execute("SELECT max(number) FROM commits WHERE ? IS NULL OR at <= ?", (micros, micros))
    documents: dict[Key, Document | None] = {}
    etags: dict[Key, str] = {}
    for twin, relationship, document, etag, _ in connection.execute(_NEWEST, (newest or 0,)):
        documents[twin, relationship] = json.loads(document) if document is not None else None
        etags[twin, relationship] = etag or ""
    return Snapshot(_head(connection, newest), documents, etags)


def _head(connection: sqlite3.Connection, number: int | None) -> str:
    row = connection.execute("SELECT digest FROM commits WHERE number = ?", (number,)).fetchone()
    return str(row[0]) if row else NOTHING


def _row(entry: Entry) -> tuple[int, str, str, str | None, str | None, str | None, str, str | None]:
    document = None if entry.document is None else _json(entry.document)
    twin, relationship = entry.key
    etags = (entry.etag_before, entry.etag_after)
    return (entry.line, entry.operation, twin, relationship, *etags, _json(entry.request), document)


def _entry(row: Sequence[Any]) -> LoggedEntry:
    seq, number, at, by, line, operation, twin, relationship, before, after, request, document = row
    made = json.loads(document) if document is not None else None
    entry = Entry(line, operation, (twin, relationship), json.loads(request), before, after, made)
    return LoggedEntry(seq, number, from_micros(at), by, entry)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
