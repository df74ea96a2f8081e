"""The order book: drafts with their files, what planners changed in them, and a log of who did what."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from ..cmms.protocol import Attachment
from ..errors import OrderError
from ..times import parse_time
from .editing import changes_of
from .order import AttachmentNote, Status, WorkOrder
from .store import OrderStore, find, note, write

Drafting = Literal["new", "renewed", "in hand", "later"]
# How runs are named in the log; who enters something in another's name has brackets behind it.
_RUN = re.compile(r"run \S+")
_MOST_BYTES = 25_000_000  # what any CMMS takes as one file


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of an order's log: when, who, what was done (``drafted``, ``submitted``), and what exactly, or None."""

    at: datetime
    by: str
    event: str
    detail: dict[str, Any] | None = None
    order: str = ""


class OrderBook:
    """The orders of one plant, in `<folder>/state/orders.db`; several processes and threads may use it at once.

    Raises (from every method):
        OrderError: the book can't be opened or written, or a newer Twinwright made it.
    """

    def __init__(self, folder: Path) -> None:
        self.store = OrderStore(folder)
        self.path = self.store.path

    def add(self, draft: WorkOrder) -> WorkOrder:
        """Stores a draft and returns it with its id; the same idempotency key again returns what is already stored."""
        with self.store.transaction() as connection:
            return _keyed(connection, draft.idempotency_key) or _added(connection, draft)

    def draft(self, draft: WorkOrder) -> tuple[WorkOrder, Drafting]:
        """Stores a draft, or brings the unsent one of the same failure up to date with it; and says which it was.

        The same failure is the same asset and failure mode; where no mode is named, the same title. A draft that
        somebody had in hand, or that tells of a later moment, is kept as it is. The same idempotency key again returns
        what is already stored.
        """
        with self.store.transaction() as connection:
            if (stored := _keyed(connection, draft.idempotency_key)) is not None:
                return stored, "new"
            same = _same_failure(connection, draft)
            if not same:
                return _added(connection, draft), "new"
            number, order = next((one for one in same if _in_hand(connection, one[0])), same[-1])
            if _in_hand(connection, number):
                return order, "in hand"
            if order.created > draft.created:
                return order, "later"
            known = {"id": order.id, "idempotency_key": order.idempotency_key, "attachments": order.attachments}
            renewed = draft.model_copy(update=known)
            if renewed != order:  # a resumed run's call may have done this already
                write(connection, number, renewed)
                _as_drafted(connection, number)
                note(connection, number, draft.created, _by(draft), "drafted again", changes_of(order, renewed))
            return renewed, "renewed"

    def get(self, order_id: str) -> WorkOrder:
        """One order.

        Raises:
            UnknownNameError: there is none of that id; the nearest ids are suggested.
        """
        with self.store.connection() as connection:
            return find(connection, order_id)[1]

    def revision(self, order_id: str) -> tuple[WorkOrder, int]:
        """One order and the number of its revision, which `change` wants."""
        with self.store.connection() as connection:
            number, order = find(connection, order_id)
            row = connection.execute("SELECT revision FROM orders WHERE number = ?", (number,)).fetchone()
            return order, int(row[0])

    def original(self, order_id: str) -> WorkOrder:
        """The order as it was drafted."""
        with self.store.connection() as connection:
            number, _ = find(connection, order_id)
            row = connection.execute("SELECT original FROM orders WHERE number = ?", (number,)).fetchone()
            return WorkOrder.model_validate_json(row[0])

    def change(
        self,
        order_id: str,
        revision: int,
        edit: Callable[[WorkOrder], tuple[WorkOrder, dict[str, Any]]],
        *,
        by: str,
        at: datetime,
    ) -> WorkOrder:
        """Changes a draft, whole or not at all.

        Args:
            revision: the one that the editor has read.
            edit: gives the order as it shall be and what changed, by field; nothing changed is no change.

        Raises:
            UnknownNameError: there is no such order.
            OrderError: it is no draft any more, or somebody else changed it in the meantime.
        """
        with self.store.transaction() as connection:
            number, order = find(connection, order_id)
            _draft(order, "edited")
            row = connection.execute("SELECT revision FROM orders WHERE number = ?", (number,)).fetchone()
            if row[0] != revision:
                raise OrderError(
                    f"{order.id} was changed by somebody else in the meantime: look at it and edit it again",
                    code="order.changed_meanwhile",
                )
            changed, what = edit(order)
            if what:
                write(connection, number, changed)
                note(connection, number, at, by, "edited", what)
            return changed

    def cancel(self, order_id: str, *, by: str, at: datetime, reason: str = "") -> WorkOrder:
        """Cancels a draft: it stays in the book and is never sent.

        Raises:
            UnknownNameError: there is no such order.
            OrderError: it is no draft any more.
        """
        with self.store.transaction() as connection:
            number, order = find(connection, order_id)
            _draft(order, "cancelled")
            done = order.model_copy(update={"status": "cancelled"})
            write(connection, number, done)
            note(connection, number, at, by, "cancelled", {"reason": reason} if reason else None)
            return done

    def mark(self, order_id: str, *, struck: list[str], at: datetime) -> WorkOrder:
        """Marks claims about an order that the investigation's evidence didn't carry."""
        with self.store.transaction() as connection:
            number, order = find(connection, order_id)
            new = [text for text in struck if text not in order.struck]
            if not new:
                return order
            done = order.model_copy(update={"struck": [*order.struck, *new]})
            write(connection, number, done)
            note(connection, number, at, f"run {order.run}", "marked", {"struck": new})
            return done

    def attach(self, order_id: str, attachment: Attachment, *, by: str, at: datetime) -> WorkOrder:
        """Keeps a file with a draft; one of the same name takes the place of the older.

        Raises:
            OrderError: the order is no draft any more, or the file is larger than 25 MB.
        """
        if len(attachment.content) > _MOST_BYTES:
            raise OrderError(
                f"{attachment.name} has {len(attachment.content) / 1e6:.0f} MB; an order takes files up to 25 MB",
                code="order.attachment",
            )
        told = AttachmentNote(
            name=attachment.name,
            media_type=attachment.media_type,
            size=len(attachment.content),
            sha256=hashlib.sha256(attachment.content).hexdigest(),
        )
        with self.store.transaction() as connection:
            number, order = find(connection, order_id)
            _draft(order, "given files")
            if told in order.attachments:
                return order
            connection.execute(
                "INSERT OR REPLACE INTO attachments (number, name, media_type, content) VALUES (?, ?, ?, ?)",
                (number, attachment.name, attachment.media_type, attachment.content),
            )
            rest = [one for one in order.attachments if one.name != told.name]
            done = order.model_copy(update={"attachments": [*rest, told]})
            write(connection, number, done)
            note(connection, number, at, by, "attached", {"name": told.name, "sha256": told.sha256})
            return done

    def attachments(self, order_id: str) -> list[Attachment]:
        """The files of an order."""
        with self.store.connection() as connection:
            number, _ = find(connection, order_id)
            return stored_attachments(connection, number)

    def log(self, order_id: str | None = None) -> list[LogEntry]:
        """Who did what with an order, or with all of them, oldest first.

        Raises:
            UnknownNameError: there is no such order.
        """
        with self.store.connection() as connection:
            number = None if order_id is None else find(connection, order_id)[0]
            rows = connection.execute(
                "SELECT at, by, event, detail, number FROM log WHERE ? IS NULL OR number = ? ORDER BY seq",
                (number, number),
            ).fetchall()
        return [
            LogEntry(parse_time(at), by, event, json.loads(detail) if detail else None, f"WO-{of:04d}")
            for at, by, event, detail, of in rows
        ]

    def list(self, status: Status | str | None = None) -> list[WorkOrder]:
        """The orders, oldest first; only those of one status where it is given."""
        with self.store.connection() as connection:
            rows = connection.execute(
                "SELECT document FROM orders WHERE ? IS NULL OR status = ? ORDER BY number", (status, status)
            ).fetchall()
        return [WorkOrder.model_validate_json(row[0]) for row in rows]


def stored_attachments(connection: sqlite3.Connection, number: int) -> list[Attachment]:
    """The files of the order of that number."""
    rows = connection.execute(
        "SELECT name, media_type, content FROM attachments WHERE number = ? ORDER BY name", (number,)
    ).fetchall()
    return [Attachment(name, media_type, content) for name, media_type, content in rows]


def _keyed(connection: sqlite3.Connection, key: str) -> WorkOrder | None:
    row = connection.execute("SELECT document FROM orders WHERE idempotency_key = ?", (key,)).fetchone()
    return None if row is None else WorkOrder.model_validate_json(row[0])


def _added(connection: sqlite3.Connection, draft: WorkOrder) -> WorkOrder:
    cursor = connection.execute(
        "INSERT INTO orders (idempotency_key, status, asset, document, revision) VALUES (?, 'draft', ?, '', 0)",
        (draft.idempotency_key, draft.asset),
    )
    number = cursor.lastrowid or 0
    order = draft.model_copy(update={"id": f"WO-{number:04d}", "status": "draft"})
    write(connection, number, order)
    _as_drafted(connection, number)
    note(connection, number, draft.created, _by(draft), "drafted")
    return order


def _as_drafted(connection: sqlite3.Connection, number: int) -> None:
    """What planners change later is held against the order as it now is."""
    connection.execute("UPDATE orders SET original = document WHERE number = ?", (number,))


def _by(draft: WorkOrder) -> str:
    return f"run {draft.run}" if draft.run else "a person"


def _same_failure(connection: sqlite3.Connection, draft: WorkOrder) -> list[tuple[int, WorkOrder]]:
    """The unsent drafts of the failure that a draft is about, oldest first, as they were drafted or as they now are."""
    rows = connection.execute(
        "SELECT number, document, original FROM orders WHERE status = 'draft' AND asset = ? ORDER BY number",
        (draft.asset,),
    ).fetchall()
    found = [(number, [WorkOrder.model_validate_json(text) for text in texts]) for number, *texts in rows]
    # A person, or the conclusion, may have named another mode since: asked again, the first one is found again.
    return [(number, each[0]) for number, each in found if _failure(draft) in map(_failure, each)]


def _failure(order: WorkOrder) -> tuple[str | None, str]:
    return order.failure_mode, "" if order.failure_mode else order.title.casefold()


def _in_hand(connection: sqlite3.Connection, number: int) -> bool:
    """Whether anybody but runs did something with an order."""
    rows = connection.execute("SELECT by FROM log WHERE number = ?", (number,)).fetchall()
    return not all(_RUN.fullmatch(by) for (by,) in rows)


def _draft(order: WorkOrder, what: str) -> None:
    if order.status != "draft":
        raise OrderError(f"{order.id} is {order.status}; only a draft can be {what}", code="order.no_draft")
