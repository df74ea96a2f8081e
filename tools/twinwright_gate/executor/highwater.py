"""The executor's own memory of what it did: the highest fence, the last command numbers, every permit that it consumed.

It lies outside of the gate's store, so that a gate restored from a backup can't make it write twice (rule R14).
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from ..errors import StoreError
from ..paths import safe_parent
from ..store.store import Conflict, Failpoint, nothing_fails

_SCHEMA = """
CREATE TABLE IF NOT EXISTS consumed (
    permit_id TEXT PRIMARY KEY,
    nonce TEXT NOT NULL UNIQUE,
    fence INTEGER NOT NULL UNIQUE,
    point TEXT NOT NULL,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS numbers (point TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS policy (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;
"""


class HighWater:
    """What the executor never forgets (SQLite, WAL, synchronous)."""

    def __init__(self, path: Path, fail: Failpoint = nothing_fails) -> None:
        """Opens or makes it.

        Raises:
            UnsafePathError: others could replace it. StoreError: it can't be used.
        """
        safe_parent(path)
        self._fail = fail
        try:
            if not path.exists():
                path.touch(0o600)
            self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode = WAL", "synchronous = FULL"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path} can't be used as the executor's memory: {error}") from error

    def close(self) -> None:
        """Lets go of it."""
        self._db.close()

    def fence(self) -> int:
        """The highest fence that was ever written with."""
        return int(self._one("SELECT coalesce(max(fence), 0) FROM consumed", ()))

    def seq(self, point: str) -> int:
        """The highest command number that was ever used at a point."""
        return int(self._one("SELECT coalesce(max(seq), 0) FROM numbers WHERE point = ?", (point,)))

    def consume(self, permit_id: str, nonce: str, fence: int, point: str, floor: int, body: dict[str, object]) -> int:
        """Remembers, before a write, that this permit is used, and returns the command's number, above `floor` too.

        Raises:
            Conflict: the permit, its nonce or its fence was used before, or a higher fence was.
            StoreError: it can't be remembered; then nothing may be written.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if fence <= self.fence():
                    raise Conflict(f"fence {fence} is not above {self.fence()}, which this executor has written with")
                seq = max(self.seq(point), floor) + 1
                self._number(point, seq)
                values = (permit_id, nonce, fence, point, seq, json.dumps(body))
                self._db.execute("INSERT INTO consumed VALUES (?, ?, ?, ?, ?, ?)", values)
                self._fail("executor consume: before commit")
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
        except sqlite3.IntegrityError as error:
            raise Conflict(f"{permit_id} was consumed by this executor before") from error
        except sqlite3.Error as error:
            raise StoreError(f"the executor's memory can't be written: {error}") from error
        self._fail("executor consume: committed")
        return seq

    def next_seq(self, point: str, floor: int) -> int:
        """A new command number for giving authority back.

        Raises:
            StoreError: it can't be remembered.
        """
        try:
            seq = max(self.seq(point), floor) + 1
            self._number(point, seq)
        except sqlite3.Error as error:
            raise StoreError(f"the executor's memory can't be written: {error}") from error
        return seq

    def consumed(self, permit_id: str) -> tuple[int, int, dict[str, object]] | None:
        """(fence, command number, what was kept) of a permit that was consumed; None if it never was."""
        sql = "SELECT fence, seq, body FROM consumed WHERE permit_id = ?"
        found = self._db.execute(sql, (permit_id,)).fetchone()
        return None if found is None else (int(found[0]), int(found[1]), dict(json.loads(found[2])))

    def accept_policy(self, version: int) -> None:
        """Remembers the highest policy version.

        Raises:
            Conflict: a higher one was seen before. StoreError: it can't be remembered.
        """
        highest = int(self._one("SELECT coalesce(max(version), 0) FROM policy", ()))
        if version < highest:
            raise Conflict(f"policy {version} is older than {highest}, which this executor has seen")
        try:
            sql = "INSERT INTO policy VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET version = excluded.version"
            self._db.execute(sql, (version,))
        except sqlite3.Error as error:
            raise StoreError(f"the executor's memory can't be written: {error}") from error

    def _number(self, point: str, seq: int) -> None:
        sql = "INSERT INTO numbers VALUES (?, ?) ON CONFLICT (point) DO UPDATE SET seq = excluded.seq"
        self._db.execute(sql, (point, seq))

    def _one(self, sql: str, values: tuple[object, ...]) -> int:
        try:
            return int(self._db.execute(sql, values).fetchone()[0])
        except sqlite3.Error as error:
            raise StoreError(f"the executor's memory can't be read: {error}") from error
