"""The embedded order book: work orders in SQLite, and a log of who did what."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..database import NewerDatabaseError, connected, immediate, migrate
from ..errors import OrderError, UnknownNameError
from ..times import iso, parse_time
from .order import Status, WorkOrder

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
)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of an order's log: when, who, and what was done (``drafted``, ``submitted``)."""

    at: datetime
    by: str
    event: str


class OrderBook:
    """The orders of one plant, in `<folder>/state/orders.db`; several processes and threads may use it at once.

    Raises (from every method):
        OrderError: the book can't be opened or written, or a newer Twinwright made it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state" / "orders.db"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OrderError(f"{self.path.parent} can't be made: {error}; name another folder with --state") from error
        with self._connection() as connection:
            migrate(connection, _MIGRATIONS)

    def add(self, draft: WorkOrder) -> WorkOrder:
        """Stores a draft and returns it with its id; the same idempotency key again returns what is already stored."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT document FROM orders WHERE idempotency_key = ?", (draft.idempotency_key,)
            ).fetchone()
            if row is not None:
                return WorkOrder.model_validate_json(row[0])
            cursor = connection.execute(
                "INSERT INTO orders (idempotency_key, status, asset, document) VALUES (?, 'draft', ?, '')",
                (draft.idempotency_key, draft.asset),
            )
            number = cursor.lastrowid or 0
            order = draft.model_copy(update={"id": f"WO-{number:04d}", "status": "draft"})
            _write(connection, number, order)
            _note(connection, number, draft.created, f"run {draft.run}" if draft.run else "a person", "drafted")
            return order

    def get(self, order_id: str) -> WorkOrder:
        """One order.

        Raises:
            UnknownNameError: there is none of that id; the nearest ids are suggested.
        """
        with self._connection() as connection:
            return _find(connection, order_id)[1]

    def submit(self, order_id: str, by: str, at: datetime) -> WorkOrder:
        """Submits a draft in the name of the person who said yes.

        Raises:
            UnknownNameError: there is no such order.
            OrderError: it is no draft any more, nobody is named, or `at` has no zone.
        """
        if not by.strip():
            raise OrderError("an order is submitted by a person: say who", code="order.nobody")
        if at.tzinfo is None:
            raise OrderError(f"{at.isoformat()} has no zone", code="order.naive_time")
        with self._transaction() as connection:
            number, order = _find(connection, order_id)
            if order.status != "draft":
                since = f" by {order.submitted_by} at {iso(order.submitted)}" if order.submitted else ""
                raise OrderError(
                    f"{order.id} was {order.status}{since}; only a draft can be submitted", code="order.no_draft"
                )
            done = order.model_copy(
                update={"status": "submitted", "submitted": at.astimezone(UTC), "submitted_by": by.strip()}
            )
            _write(connection, number, done)
            _note(connection, number, at, by.strip(), "submitted")
            return done

    def log(self, order_id: str) -> list[LogEntry]:
        """Who did what with an order, oldest first.

        Raises:
            UnknownNameError: there is no such order.
        """
        with self._connection() as connection:
            number, _ = _find(connection, order_id)
            rows = connection.execute(
                "SELECT at, by, event FROM log WHERE number = ? ORDER BY seq", (number,)
            ).fetchall()
        return [LogEntry(parse_time(at), by, event) for at, by, event in rows]

    def list(self, status: Status | str | None = None) -> list[WorkOrder]:
        """The orders, oldest first; only those of one status where it is given."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT document FROM orders WHERE ? IS NULL OR status = ? ORDER BY number", (status, status)
            ).fetchall()
        return [WorkOrder.model_validate_json(row[0]) for row in rows]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with connected(self.path) as connection:
                yield connection
        except NewerDatabaseError as error:
            raise OrderError(f"{self.path}: {error}: update it", code="order.newer_book") from error
        except sqlite3.Error as error:
            raise OrderError(f"{self.path}: the order book can't be used: {error}", code="order.book") from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection, immediate(connection):
            yield connection


def _find(connection: sqlite3.Connection, order_id: str) -> tuple[int, WorkOrder]:
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


def _write(connection: sqlite3.Connection, number: int, order: WorkOrder) -> None:
    connection.execute(
        "UPDATE orders SET status = ?, document = ? WHERE number = ?", (order.status, order.model_dump_json(), number)
    )


def _note(connection: sqlite3.Connection, number: int, at: datetime, by: str, event: str) -> None:
    connection.execute("INSERT INTO log (number, at, by, event) VALUES (?, ?, ?, ?)", (number, iso(at), by, event))
