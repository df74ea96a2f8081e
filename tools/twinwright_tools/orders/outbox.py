"""The outbox: at most one order in the CMMS for one draft, and none lost, whatever crashes.

A submission is a row in the same database as its draft, written in one transaction with the draft's new status. From
there it goes

    queued ─▶ sending ─▶ confirmed | refused
                 └─────▶ unclear ─▶ sending …

`sending` is on the disk before the CMMS hears anything, so a row that is found in it belongs to a process that died:
nobody knows whether the order was made, as with `unclear`. Before anything is made the CMMS is asked for an order of
the draft's idempotency key, always; where it isn't clear, only after the CMMS had time to finish what it may have been
doing. Only one process of a plant sends at a time, under a lock that the system takes away when the process dies.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from ..cmms.protocol import CmmsOrder, NewOrder
from ..errors import OrderError
from ..times import iso, parse_time
from .order import WorkOrder
from .store import OrderStore, find, note, write

State = Literal["queued", "sending", "confirmed", "refused", "unclear"]
_WAIT_S = 60.0
# Longer than any time that a row is put off by: one that lies further ahead was written under another clock.
_FURTHEST = timedelta(hours=25)


@dataclass(frozen=True)
class Entry:
    """A submission and where it stands.

    Attributes:
        order: id of the draft.
        message: what the CMMS is asked to make.
        adds_to: id of the open order in the CMMS that it becomes a comment of, or None for an order of its own.
        seen: ids of open orders that look the same and that the person has seen before submitting all the same.
        attempts: how often it was tried; not_before: when it is tried next, where it is queued or unclear.
        note: what was said of it last, in words.
        answer: the order in the CMMS, once it is confirmed.
        attached: the files that were handled, by name: "" where that went well, else why not.
    """

    order: str
    message: NewOrder
    adds_to: str | None
    seen: tuple[str, ...]
    state: State
    attempts: int
    not_before: datetime
    changed: datetime
    note: str
    answer: CmmsOrder | None
    attached: dict[str, str]

    def as_dict(self) -> dict[str, object]:
        """The entry as JSON has it."""
        return {
            "order": self.order,
            "key": self.message.key,
            "state": self.state,
            "adds_to": self.adds_to,
            "by": self.message.by,
            "attempts": self.attempts,
            "not_before": iso(self.not_before) if self.state in ("queued", "unclear", "sending") else None,
            "changed": iso(self.changed),
            "note": self.note,
            "cmms": self.answer.model_dump(mode="json") if self.answer else None,
            "attached": self.attached,
        }


class Outbox:
    """The rows of the outbox.

    Args:
        now: the time, with a zone; fail: is called with the name of each durable step, before and after (for tests).

    Raises (from every method):
        OrderError: the book can't be opened or written.
    """

    def __init__(
        self,
        store: OrderStore,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        fail: Callable[[str], None] = lambda point: None,
    ) -> None:
        self.store = store
        self.now = now
        self.fail = fail

    def submit(
        self,
        order_id: str,
        message: NewOrder,
        *,
        by: str,
        revision: int,
        adds_to: str | None = None,
        seen: Sequence[str] = (),
    ) -> WorkOrder:
        """Queues a draft in the name of the person who said yes. From here on it isn't lost.

        Args:
            revision: the one that the person has read; by: as the log shall have it.

        Raises:
            UnknownNameError: there is no such order.
            OrderError: nobody is named, it is no draft any more, or somebody changed it since it was read.
        """
        if not by.strip():
            raise OrderError("an order is submitted by a person: say who", code="order.nobody")
        at = self.now()
        self.fail("submit: before")
        with self.store.transaction() as connection:
            number, order = find(connection, order_id)
            _submittable(connection, number, order, revision)
            done = order.model_copy(update={"status": "submitted", "submitted": at, "submitted_by": by.strip()})
            write(connection, number, done)
            # A refused row may stand here; its order was not made, and its key is the same.
            connection.execute(
                "INSERT OR REPLACE INTO outbox (number, key, message, adds_to, seen, state, not_before, changed)"
                " VALUES (?, ?, ?, ?, ?, 'queued', ?, ?)",
                (number, message.key, message.model_dump_json(), adds_to, json.dumps(list(seen)), iso(at), iso(at)),
            )
            note(connection, number, at, by.strip(), "submitted", {"adds_to": adds_to} if adds_to else None)
            self.fail("submit: written")
        self.fail("submit: committed")
        return done

    def entry(self, order_id: str) -> Entry | None:
        """The submission of an order, or None where it never was submitted."""
        with self.store.connection() as connection:
            number, _ = find(connection, order_id)
            rows = connection.execute(f"{_SELECT} WHERE number = ?", (number,)).fetchall()
        return _entry(rows[0]) if rows else None

    def entries(self) -> list[Entry]:
        """All submissions, in the order of their drafts."""
        with self.store.connection() as connection:
            return [_entry(row) for row in connection.execute(f"{_SELECT} ORDER BY number").fetchall()]

    def due(self) -> list[str]:
        """The orders to be sent now, or whose files are, oldest change first."""
        now = self.now()
        with self.store.connection() as connection:
            rows = connection.execute(_OPEN).fetchall()
        return [
            f"WO-{number:04d}"
            for number, not_before in rows
            if parse_time(not_before) <= now or parse_time(not_before) > now + _FURTHEST
        ]

    @contextmanager
    def alone(self, wait_s: float = _WAIT_S) -> Iterator[None]:
        """The right to send, for the length of the block; the system frees it when the process dies.

        Raises:
            OrderError: somebody else has it for longer than `wait_s` seconds.
        """
        path = self.store.path.with_name("outbox.lock")
        give_up = time.monotonic() + wait_s
        with path.open("a") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > give_up:
                        text = "another process is sending orders right now; nothing is lost, try again in a minute"
                        raise OrderError(text, code="order.sending") from None
                    time.sleep(0.02)
            yield

    def claim(self, order_id: str, settle_s: float) -> Entry | None:
        """Marks a row as being sent, on the disk, and gives it as it was; None where there is nothing left to send.

        A row that was `sending` comes back as `unclear`. Only who is `alone` may call it.
        """
        at = self.now()
        with self.store.transaction() as connection:
            number, _ = find(connection, order_id)
            rows = connection.execute(f"{_SELECT} WHERE number = ?", (number,)).fetchall()
            entry = _entry(rows[0]) if rows else None
            if entry is None or entry.state in ("confirmed", "refused"):
                return None
            connection.execute(
                "UPDATE outbox SET state = 'sending', attempts = attempts + 1, not_before = ?, changed = ?"
                " WHERE number = ?",
                (iso(at + timedelta(seconds=settle_s)), iso(at), number),
            )
            note(connection, number, at, "outbox", "sending", {"attempt": entry.attempts + 1})
        self.fail("claim: committed")
        state: State = "unclear" if entry.state == "sending" else entry.state
        return Entry(**{**vars(entry), "state": state, "attempts": entry.attempts + 1})

    def settle(
        self,
        entry: Entry,
        state: State,
        told: str,
        *,
        wait_s: float = 0.0,
        answer: CmmsOrder | None = None,
    ) -> None:
        """Writes what became of an attempt. A refused order is a draft again, to be edited or cancelled."""
        at = self.now()
        self.fail(f"{state}: before")
        with self.store.transaction() as connection:
            number, order = find(connection, entry.order)
            connection.execute(
                "UPDATE outbox SET state = ?, not_before = ?, changed = ?, note = ?, answer = ? WHERE number = ?",
                (
                    state,
                    iso(at + timedelta(seconds=wait_s)),
                    iso(at),
                    told,
                    answer.model_dump_json() if answer else None,
                    number,
                ),
            )
            if state == "refused":
                back = {"status": "draft", "submitted": None, "submitted_by": None}
                write(connection, number, order.model_copy(update=back))
            note(connection, number, at, "outbox", state, {"note": told} if told else None)
        self.fail(f"{state}: committed")

    def attached(self, entry: Entry, name: str, problem: str = "") -> None:
        """Notes that a file is in the CMMS, or why it never will be."""
        at = self.now()
        with self.store.transaction() as connection:
            number, _ = find(connection, entry.order)
            row = connection.execute("SELECT attached FROM outbox WHERE number = ?", (number,)).fetchone()
            files = json.loads(row[0]) | {name: problem}
            connection.execute("UPDATE outbox SET attached = ? WHERE number = ?", (json.dumps(files), number))
            note(
                connection, number, at, "outbox", "attached", {"name": name} | ({"problem": problem} if problem else {})
            )
        self.fail("attached: committed")

    def put_off(self, entry: Entry, told: str, wait_s: float) -> None:
        """Puts off what is left of a confirmed order (its files) by some seconds."""
        with self.store.transaction() as connection:
            number, _ = find(connection, entry.order)
            connection.execute(
                "UPDATE outbox SET not_before = ?, note = ? WHERE number = ?",
                (iso(self.now() + timedelta(seconds=wait_s)), told, number),
            )


_SELECT = (
    "SELECT number, message, adds_to, seen, state, attempts, not_before, changed, note, answer, attached FROM outbox"
)
# What isn't settled, and what is but for its files.
_OPEN = """SELECT number, not_before FROM outbox
WHERE state IN ('queued', 'sending', 'unclear')
   OR (state = 'confirmed' AND EXISTS (
        SELECT 1 FROM attachments AS file WHERE file.number = outbox.number
        AND file.name NOT IN (SELECT key FROM json_each(outbox.attached))))
ORDER BY changed, number"""


def _entry(row: tuple[object, ...]) -> Entry:
    number, message, adds_to, seen, state, attempts, not_before, changed, told, answer, attached = row
    return Entry(
        order=f"WO-{number:04d}",
        message=NewOrder.model_validate_json(str(message)),
        adds_to=adds_to,  # type: ignore[arg-type]  # the columns' types are those of the table, which is STRICT
        seen=tuple(json.loads(str(seen))),
        state=state,  # type: ignore[arg-type]
        attempts=attempts,  # type: ignore[arg-type]
        not_before=parse_time(str(not_before)),
        changed=parse_time(str(changed)),
        note=str(told),
        answer=CmmsOrder.model_validate_json(str(answer)) if answer else None,
        attached=json.loads(str(attached)),
    )


def _submittable(connection: sqlite3.Connection, number: int, order: WorkOrder, revision: int) -> None:
    row = connection.execute("SELECT state FROM outbox WHERE number = ?", (number,)).fetchone()
    # One that an older Twinwright submitted went to no CMMS yet.
    waiting = order.status == "submitted" and row is None
    if order.status != "draft" and not waiting:
        since = f" by {order.submitted_by} at {iso(order.submitted)}" if order.submitted else ""
        raise OrderError(f"{order.id} was {order.status}{since}; only a draft can be submitted", code="order.no_draft")
    found = connection.execute("SELECT revision FROM orders WHERE number = ?", (number,)).fetchone()
    if found[0] != revision:
        raise OrderError(
            f"{order.id} was changed by somebody else in the meantime: look at it and submit it again",
            code="order.changed_meanwhile",
        )
