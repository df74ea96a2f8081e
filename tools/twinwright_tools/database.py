"""State in SQLite: write-ahead logging, versioned migrations, transactions that lock before they read."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from .errors import TwinwrightError

BUSY_S = 30.0
# Step n brings a database from user_version n to n + 1.
Migrations = Sequence[Sequence[str]]


class NewerDatabaseError(sqlite3.DatabaseError):
    """A database that a newer Twinwright made."""


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection for the length of the block; a commit is on the disk when it returns.

    Raises:
        sqlite3.Error: the file can't be opened or is no database.
    """
    with closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)) as connection:
        _use_wal(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        yield connection


@contextmanager
def usable(path: Path, error: type[TwinwrightError], code: str) -> Iterator[sqlite3.Connection]:
    """The same, with what goes wrong told as an error of ours.

    Raises:
        error: with that code, or `code.newer` for a database that a newer Twinwright made.
    """
    try:
        with connected(path) as connection:
            yield connection
    except NewerDatabaseError as newer:
        raise error(f"{path}: {newer}: update it", code=f"{code}.newer") from newer
    except sqlite3.Error as broken:
        raise error(f"{path} can't be used: {broken}", code=code) from broken


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """A write transaction that takes the lock at once, so that what was read is still true when it is written."""
    with connection:  # commits, or rolls back and lets the error through
        connection.execute("BEGIN IMMEDIATE")
        yield


def migrate(connection: sqlite3.Connection, migrations: Migrations) -> None:
    """Brings a database up to the newest version, in one transaction with the change of version.

    Raises:
        NewerDatabaseError: it is of a version that isn't known here.
    """
    if _version(connection) == len(migrations):
        return
    with immediate(connection):
        version = _version(connection)
        if version > len(migrations):
            raise NewerDatabaseError(f"it is of version {version}; this Twinwright knows up to {len(migrations)}")
        for step in migrations[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switches the database to write-ahead logging, which needs it alone for a moment and doesn't wait by itself."""
    give_up = time.monotonic() + BUSY_S
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
