"""The durable store. Every transition is one transaction with a conditional update, and carries its audit record.

The record waits in the outbox until it stands in the log, so that a crash between the two loses neither: what the store
holds and the log doesn't is appended at the next start, before anything else.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..context import PastWrite, Stamp
from ..errors import StoreError
from ..machine.states import Effect, State
from ..machine.table import Transition
from .database import Conflict, Failpoint, nothing_fails, opened, transaction
from .migrations import migrate
from .rows import Approved, Move, Pending, Permit

_COLUMNS = "permit_id, state, plan, plan_digest, binding_id, agent_id, caller, created_ms, fence, executor_id"


class Store:
    """One connection to the store; a statement waits at most five seconds for another's transaction."""

    def __init__(self, path: Path, fail: Failpoint = nothing_fails) -> None:
        """Opens or makes it.

        Raises:
            UnsafePathError: others could replace it.
            StoreError: it can't be read or written, or a newer gate wrote it.
        """
        self._fail = fail
        self._db = opened(path, "the gate's store", migrate)

    def close(self) -> None:
        """Lets go of it."""
        self._db.close()

    def _transaction(self, name: str) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        return transaction(self._db, name, self._fail)

    def add(self, permit: Permit) -> None:
        """Stores a new permit.

        Raises:
            Conflict: its id is there already. StoreError: it can't be written.
        """
        with self._transaction("propose") as db:
            values = (permit.permit_id, permit.state, permit.plan, permit.plan_digest, permit.binding_id)
            db.execute(
                f"INSERT INTO permits ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
                (*values, permit.agent_id, permit.caller, permit.created_ms),
            )

    def move(self, permit_id: str, row: Transition, what: Move) -> None:
        """Makes a transition durable: the conditional update and every effect of the row, or nothing.

        Raises:
            Conflict: the permit is no longer in the row's source state, or a lock is taken.
            StoreError: it can't be written.
        """
        with self._transaction(row.event) as db:
            found = db.execute(
                "UPDATE permits SET state = ? WHERE permit_id = ? AND state = ?", (row.target, permit_id, row.source)
            )
            if found.rowcount != 1:
                raise Conflict(f"{permit_id} is not {row.source} any more: {row.event} is refused")
            for effect in row.effects:
                _EFFECTS[effect](db, permit_id, what)
            self._keep(db, permit_id, what)

    def note(self, permit_id: str, name: str, what: Move) -> None:
        """Keeps approvals of a permit, and an audit record, without changing its state.

        Raises:
            Conflict: an approval's nonce or person is there already. StoreError: it can't be written.
        """
        with self._transaction(name) as db:
            _approvals(db, permit_id, what)
            _to_outbox(db, permit_id, what)

    @staticmethod
    def _keep(db: sqlite3.Connection, permit_id: str, what: Move) -> None:
        rows = [(permit_id, stage, json.dumps(body)) for stage, body in what.stages.items()]
        db.executemany("INSERT INTO stages (permit_id, stage, body) VALUES (?, ?, ?)", rows)

    def permit(self, permit_id: str) -> Permit | None:
        """A permit, or None."""
        found = self._rows(f"SELECT {_COLUMNS} FROM permits WHERE permit_id = ?", (permit_id,))
        return _permit(found[0]) if found else None

    def permits(self, states: Iterable[State]) -> list[Permit]:
        """All permits in some states, oldest first."""
        wanted = list(states)
        marks = ", ".join("?" * len(wanted))
        sql = f"SELECT {_COLUMNS} FROM permits WHERE state IN ({marks}) ORDER BY created_ms, permit_id"
        return [_permit(row) for row in self._rows(sql, wanted)]

    def stage(self, permit_id: str, stage: str) -> dict[str, Any] | None:
        """The newest document of that name that was kept for a permit."""
        sql = "SELECT body FROM stages WHERE permit_id = ? AND stage = ? ORDER BY id DESC LIMIT 1"
        found = self._rows(sql, (permit_id, stage))
        return dict(json.loads(found[0][0])) if found else None

    def approvals(self, permit_id: str) -> list[Approved]:
        """What persons signed on a permit, by person."""
        sql = "SELECT person_id, nonce, body FROM approvals WHERE permit_id = ? ORDER BY person_id"
        return [Approved(person, nonce, json.loads(body)) for person, nonce, body in self._rows(sql, (permit_id,))]

    def locks(self) -> dict[str, tuple[str, int]]:
        """Who holds each lock: permit and fence."""
        return {
            name: (permit, fence) for name, permit, fence in self._rows("SELECT name, permit_id, fence FROM locks", ())
        }

    def writes(self, span_ms: int, now: Stamp) -> tuple[PastWrite, ...]:
        """Every write within a span before now by either clock, oldest first; one that may not have happened counts."""
        sql = "SELECT binding_id, utc_ms, boot_ms, boot_id, from_micro, to_micro FROM writes"
        sql += " WHERE utc_ms >= ? OR (boot_id = ? AND boot_ms >= ?) ORDER BY utc_ms"
        found = self._rows(sql, (now.utc_ms - span_ms, now.boot_id, now.boot_ms - span_ms))
        return tuple(PastWrite(row[0], Stamp(*row[1:4]), row[4], row[5]) for row in found)

    def tried(self, agent_id: str, utc_ms: int, denied: bool) -> None:
        """Counts a proposal of an agent."""
        with self._transaction("count") as db:
            db.execute("INSERT INTO tries VALUES (?, ?, ?)", (agent_id, utc_ms, denied))

    def tries(self, agent_id: str, since_ms: int) -> tuple[int, int]:
        """How many proposals of an agent since a time, and how many of them were denied."""
        sql = "SELECT count(*), coalesce(sum(denied), 0) FROM tries WHERE agent_id = ? AND utc_ms >= ?"
        found = self._rows(sql, (agent_id, since_ms))[0]
        return int(found[0]), int(found[1])

    def revoke_key(self, key: str, what: Move) -> None:
        """Never believes a key (``person/key``) again."""
        with self._transaction("revoke key") as db:
            db.execute("INSERT OR IGNORE INTO revoked VALUES (?)", (key,))
            _to_outbox(db, "", what)

    def revoked_keys(self) -> frozenset[str]:
        """The keys (``person/key``) that are not believed any more."""
        return frozenset(row[0] for row in self._rows("SELECT key FROM revoked", ()))

    def load_policy(self, version: int, digest: str, document: bytes, what: Move) -> None:
        """Keeps a policy for good.

        Raises:
            Conflict: one of that version, or of a higher one, was loaded before. StoreError: it can't be written.
        """
        with self._transaction("load policy") as db:
            highest = db.execute("SELECT coalesce(max(version), 0) FROM policies").fetchone()[0]
            if version <= highest:
                raise Conflict(f"policy {version} is not above {highest}, which is loaded")
            db.execute("INSERT INTO policies VALUES (?, ?, ?)", (version, digest, document))
            _to_outbox(db, "", what)

    def policy(self) -> tuple[int, str, bytes] | None:
        """(version, digest, document) of the policy that was loaded last."""
        found = self._rows("SELECT version, digest, document FROM policies ORDER BY version DESC LIMIT 1", ())
        return (int(found[0][0]), str(found[0][1]), bytes(found[0][2])) if found else None

    def next_fence(self) -> int:
        """A number that no arming ever had; a crash may leave a gap.

        Raises:
            StoreError: it can't be written.
        """
        with self._transaction("fence") as db:
            sql = "UPDATE counters SET value = value + 1 WHERE name = 'fence' RETURNING value"
            return int(db.execute(sql).fetchone()[0])

    def use_nonce(self, nonce: str) -> None:
        """Remembers a nonce for good.

        Raises:
            Conflict: it was used before. StoreError: it can't be written.
        """
        with self._transaction("nonce") as db:
            db.execute("INSERT INTO nonces VALUES (?)", (nonce,))

    def unlock(self, permit_id: str, what: Move) -> None:
        """Frees what a quarantined permit locks: a person took the asset over."""
        with self._transaction("unlock") as db:
            _unlock(db, permit_id, what)
            _to_outbox(db, permit_id, what)

    def outbox(self) -> list[Pending]:
        """Audit records that have yet to be appended to the log, oldest first."""
        found = self._rows("SELECT id, actor, event, body FROM outbox ORDER BY id", ())
        return [Pending(number, actor, event, json.loads(body)) for number, actor, event, body in found]

    def delivered(self, number: int) -> None:
        """The outbox's record of that number, and all before it, stand in the log."""
        with self._transaction("outbox") as db:
            db.execute("DELETE FROM outbox WHERE id <= ?", (number,))

    def _rows(self, sql: str, values: Iterable[Any]) -> list[Any]:
        try:
            return self._db.execute(sql, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"the store can't be read: {error}") from error


def _permit(row: tuple[Any, ...]) -> Permit:
    return Permit(row[0], State(row[1]), bytes(row[2]), *row[3:])


def _approvals(db: sqlite3.Connection, permit_id: str, what: Move) -> None:
    rows = [(permit_id, one.person_id, one.nonce, json.dumps(dict(one.body))) for one in what.approvals]
    db.executemany("INSERT INTO approvals VALUES (?, ?, ?, ?)", rows)


def _lock(db: sqlite3.Connection, permit_id: str, what: Move) -> None:
    assert what.fence is not None and what.locks
    db.executemany("INSERT INTO locks VALUES (?, ?, ?)", [(name, permit_id, what.fence) for name in what.locks])


def _unlock(db: sqlite3.Connection, permit_id: str, what: Move) -> None:
    db.execute("DELETE FROM locks WHERE permit_id = ?", (permit_id,))


def _fence(db: sqlite3.Connection, permit_id: str, what: Move) -> None:
    values = (what.fence, what.executor_id, permit_id)
    db.execute("UPDATE permits SET fence = ?, executor_id = ? WHERE permit_id = ?", values)


def _consume(db: sqlite3.Connection, permit_id: str, what: Move) -> None:
    """Nothing is consumed without the lock that its arming took."""
    sql = "SELECT 1 FROM locks JOIN permits USING (permit_id, fence) WHERE permit_id = ? AND fence = ?"
    if db.execute(sql, (permit_id, what.fence)).fetchone() is None:
        raise Conflict(f"{permit_id} doesn't hold the lock of fence {what.fence}")


def _write(db: sqlite3.Connection, permit_id: str, what: Move) -> None:
    assert what.write is not None
    one = what.write
    at = (one.at.utc_ms, one.at.boot_ms, one.at.boot_id)
    db.execute(
        "INSERT INTO writes VALUES (?, ?, ?, ?, ?, ?, ?)",
        (permit_id, one.binding_id, one.from_micro, one.to_micro, *at),
    )


def _to_outbox(db: sqlite3.Connection, permit_id: str, what: Move) -> None:
    values = (what.actor, what.event, json.dumps(dict(what.body)))
    db.execute("INSERT INTO outbox (actor, event, body) VALUES (?, ?, ?)", values)


def _in_stages(stage: str) -> Callable[[sqlite3.Connection, str, Move], None]:
    def check(db: sqlite3.Connection, permit_id: str, what: Move) -> None:
        if stage not in what.stages:
            raise StoreError(f"{permit_id}: a transition that has to store its {stage} came without one")

    return check


_EFFECTS: dict[Effect, Callable[[sqlite3.Connection, str, Move], None]] = {
    Effect.STORE_EVALUATION: _in_stages("evaluation"),
    Effect.STORE_APPROVAL: _approvals,
    Effect.TAKE_LOCKS: _lock,
    Effect.NEXT_FENCE: _fence,
    Effect.STORE_TOKEN: _in_stages("token"),
    Effect.STORE_BASELINE: _in_stages("baseline"),
    Effect.CONSUME: _consume,
    Effect.STORE_WRITE: _write,
    Effect.FREE_LOCKS: _unlock,
    Effect.ALARM: _in_stages("alarm"),
    Effect.AUDIT: _to_outbox,
}
