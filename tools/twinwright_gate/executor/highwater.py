"""The executor's own memory of what it did: the highest fence, the last command numbers, every permit that it consumed.

It lies outside of the gate's store, so that a gate restored from a backup can't make it write twice (rule R14), nor
bring back a kill switch that was clear before it was latched.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from ..errors import StoreError
from ..store.database import Conflict, Failpoint, nothing_fails, opened, transaction

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
CREATE TABLE IF NOT EXISTS latch (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL) STRICT;
"""


class HighWater:
    """What the executor never forgets (SQLite, WAL, synchronous)."""

    def __init__(self, path: Path, fail: Failpoint = nothing_fails) -> None:
        """Opens or makes it.

        Raises:
            UnsafePathError: others could replace it. StoreError: it can't be used.
        """
        self._fail = fail
        self._db = opened(path, "the executor's memory", lambda db: db.executescript(_SCHEMA))

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
        with transaction(self._db, "executor consume", self._fail) as db:
            if fence <= self.fence():
                raise Conflict(f"fence {fence} is not above {self.fence()}, which this executor has written with")
            seq = max(self.seq(point), floor) + 1
            self._number(point, seq)
            values = (permit_id, nonce, fence, point, seq, json.dumps(body))
            db.execute("INSERT INTO consumed VALUES (?, ?, ?, ?, ?, ?)", values)
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
        highest = self._raised("policy", "version", version)
        if version < highest:
            raise Conflict(f"policy {version} is older than {highest}, which this executor has seen")

    def accept_latch(self, count: int) -> bool:
        """Remembers how often the kill switch was latched; False where that was more often already.

        Raises:
            StoreError: it can't be remembered.
        """
        return count >= self._raised("latch", "count", count)

    def _raised(self, table: str, column: str, value: int) -> int:
        """The highest value that was ever seen, this one included."""
        highest = int(self._one(f"SELECT coalesce(max({column}), 0) FROM {table}", ()))
        if value > highest:
            with transaction(self._db, f"executor {table}", self._fail) as db:
                sql = f"INSERT INTO {table} VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET {column} = excluded.{column}"
                db.execute(sql, (value,))
        return max(highest, value)

    def _number(self, point: str, seq: int) -> None:
        sql = "INSERT INTO numbers VALUES (?, ?) ON CONFLICT (point) DO UPDATE SET seq = excluded.seq"
        self._db.execute(sql, (point, seq))

    def _one(self, sql: str, values: tuple[object, ...]) -> int:
        try:
            return int(self._db.execute(sql, values).fetchone()[0])
        except sqlite3.Error as error:
            raise StoreError(f"the executor's memory can't be read: {error}") from error
