"""A SQLite file that loses nothing: what the gate's store and the executor's memory have in common."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import StoreError
from ..paths import safe_parent

Failpoint = Callable[[str], None]


def nothing_fails(_: str) -> None:
    """The failpoint of a process that runs: tests put a crash in its place."""


class Conflict(StoreError):  # noqa: N818  (an answer rather than a fault)
    """Somebody else was first: the permit is in another state, or a lock is taken."""

    code = "gate.conflict"


def opened(path: Path, what: str, prepare: Callable[[sqlite3.Connection], object]) -> sqlite3.Connection:
    """Opens or makes a database (WAL, synced at each commit); a statement waits at most 5 s for another's transaction.

    Raises:
        UnsafePathError: others could replace it. StoreError: it can't be used as `what`.
    """
    safe_parent(path)
    try:
        if not path.exists():
            path.touch(0o600)
        found = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            found.execute(f"PRAGMA {pragma}")
        prepare(found)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path} can't be used as {what}: {error}") from error
    return found


@contextlib.contextmanager
def transaction(db: sqlite3.Connection, name: str, fail: Failpoint) -> Iterator[sqlite3.Connection]:
    """All or nothing; on the disk when it ends.

    Raises:
        Conflict: something unique is there already. StoreError: it can't be written.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            fail(f"{name}: before commit")
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
    except sqlite3.IntegrityError as error:
        raise Conflict(f"{name}: somebody else was first ({error})") from error
    except sqlite3.Error as error:
        raise StoreError(f"{name}: it can't be written: {error}") from error
    fail(f"{name}: committed")
