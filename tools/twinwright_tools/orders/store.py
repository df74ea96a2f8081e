"""The database that orders, their files, their log and the outbox share: one file, so one transaction covers all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ..database import NewerDatabaseError, connected, immediate, migrate
from ..errors import OrderError, UnknownNameError
from ..times import iso
from .order import WorkOrder

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE orders (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            idempotency_key TEXT NOT NULL UNIQUE,
            status TEXT NOT NULL,
            asset TEXT NOT NULL,
            document TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX orders_by_status ON orders (status, asset)",
        """CREATE TABLE log (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            number INTEGER NOT NULL REFERENCES orders (number),
            at TEXT NOT NULL,
            by TEXT NOT NULL,
            event TEXT NOT NULL
        ) STRICT""",
    ),
    (
        # What was drafted, before anybody edited it; an order of before that was never edited.
        "ALTER TABLE orders ADD COLUMN original TEXT NOT NULL DEFAULT ''",
        "UPDATE orders SET original = document",
        "ALTER TABLE orders ADD COLUMN revision INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE log ADD COLUMN detail TEXT",
        """CREATE TABLE attachments (
            number INTEGER NOT NULL REFERENCES orders (number),
            name TEXT NOT NULL,
            media_type TEXT NOT NULL,
            content BLOB NOT NULL,
            PRIMARY KEY (number, name)
        ) STRICT""",
        """CREATE TABLE outbox (
            number INTEGER PRIMARY KEY REFERENCES orders (number),
            key TEXT NOT NULL UNIQUE,
            message TEXT NOT NULL,
            adds_to TEXT,
            seen TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'confirmed', 'refused', 'unclear')),
            attempts INTEGER NOT NULL DEFAULT 0,
            not_before TEXT NOT NULL,
            changed TEXT NOT NULL,
            note TEXT NOT NULL DEFAULT '',
            answer TEXT,
            attached TEXT NOT NULL DEFAULT '{}'
        ) STRICT""",
        "CREATE INDEX outbox_by_state ON outbox (state, not_before)",
    ),
)


class OrderStore:
    """Connections to `<folder>/state/orders.db`; several processes and threads may use it at once.

    Raises (from every method):
        OrderError: it can't be opened or written, or a newer Twinwright made it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state" / "orders.db"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OrderError(f"{self.path.parent} can't be made: {error}; name another folder with --state") from error
        with self.connection() as connection:
            migrate(connection, _MIGRATIONS)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection to read by, for the length of the block."""
        try:
            with connected(self.path) as connection:
                yield connection
        except NewerDatabaseError as error:
            raise OrderError(f"{self.path}: {error}: update it", code="order.newer_book") from error
        except sqlite3.Error as error:
            raise OrderError(f"{self.path}: the order book can't be used: {error}", code="order.book") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction; it is on the disk when the block ends without an error."""
        with self.connection() as connection, immediate(connection):
            yield connection


def find(connection: sqlite3.Connection, order_id: str) -> tuple[int, WorkOrder]:
    """The number and the order of an id.

    Raises:
        UnknownNameError: there is none; the nearest ids are suggested.
    """
    prefix, _, digits = order_id.upper().partition("-")
    known = prefix == "WO" and digits.isascii() and digits.isdigit()
    row = (
        connection.execute("SELECT document FROM orders WHERE number = ?", (int(digits[:18]),)).fetchone()
        if known
        else None
    )
    if row is None:
        numbers = connection.execute("SELECT number FROM orders ORDER BY number DESC").fetchall()
        raise UnknownNameError.of("work order", order_id, [f"WO-{number:04d}" for (number,) in numbers])
    return int(digits), WorkOrder.model_validate_json(row[0])


def write(connection: sqlite3.Connection, number: int, order: WorkOrder) -> None:
    """Stores an order as it now is, as its next revision."""
    connection.execute(
        "UPDATE orders SET status = ?, document = ?, revision = revision + 1 WHERE number = ?",
        (order.status, order.model_dump_json(), number),
    )


def note(
    connection: sqlite3.Connection,
    number: int,
    at: datetime,
    by: str,
    event: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    """One more line in an order's log: when, who, what, and (as JSON) what exactly."""
    text = None if detail is None else json.dumps(detail, ensure_ascii=False)
    connection.execute(
        "INSERT INTO log (number, at, by, event, detail) VALUES (?, ?, ?, ?, ?)", (number, iso(at), by, event, text)
    )
