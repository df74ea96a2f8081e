"""The embedded CMMS: orders in SQLite beside the plant, on assets that are its twins. The default, and no toy: it
holds to what the Protocol says, transitions and versions included.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...database import NewerDatabaseError, connected, immediate, migrate
from ...errors import CmmsConflictError, CmmsMissingError, CmmsRefusedError, CmmsUnavailableError
from ...times import iso, parse_time
from ..protocol import Attachment, CmmsAsset, CmmsOrder, NewOrder, OrderState

if TYPE_CHECKING:
    from ...plant import Plant
    from ...twins.graph import TwinGraph

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE orders (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL UNIQUE,
            asset TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'in_progress', 'done', 'cancelled')),
            created TEXT NOT NULL,
            changed TEXT NOT NULL,
            closed TEXT,
            duration_h REAL,
            version INTEGER NOT NULL DEFAULT 1,
            document TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX orders_by_asset ON orders (asset, state)",
        "CREATE INDEX orders_by_change ON orders (changed, number)",
        """CREATE TABLE comments (
            key TEXT NOT NULL,
            number INTEGER NOT NULL REFERENCES orders (number),
            at TEXT NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (number, key)
        ) STRICT""",
        """CREATE TABLE attachments (
            number INTEGER NOT NULL REFERENCES orders (number),
            name TEXT NOT NULL,
            media_type TEXT NOT NULL,
            content BLOB NOT NULL,
            PRIMARY KEY (number, name)
        ) STRICT""",
        """CREATE TABLE moves (
            number INTEGER NOT NULL REFERENCES orders (number),
            at TEXT NOT NULL,
            by TEXT NOT NULL,
            state TEXT NOT NULL
        ) STRICT""",
    ),
)
# What a person may do with an order; one that was cancelled stays so.
MOVES: Mapping[OrderState, tuple[OrderState, ...]] = {
    "open": ("in_progress", "done", "cancelled"),
    "in_progress": ("open", "done", "cancelled"),
    "done": ("open",),
    "cancelled": (),
}
_COLUMNS = "number, key, asset, state, created, changed, closed, duration_h, version, document"


def connect(plant: Plant, environment: Mapping[str, str]) -> EmbeddedCmms:
    """The plant's own; it needs no credentials."""
    return EmbeddedCmms(plant.state / "state" / "cmms.db", plant.graph)


class EmbeddedCmms:
    """Orders of one plant; several processes may use it at once. For what each method raises, see `Connector`."""

    def __init__(self, path: Path, graph: TwinGraph, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = path
        self._graph = graph
        self._now = now
        with self._connection() as connection:
            migrate(connection, _MIGRATIONS)

    @property
    def name(self) -> str:
        """The product, for people."""
        return "embedded order book"

    def check(self) -> list[str]:
        """What was found; there is nothing to log in to."""
        with self._connection() as connection:
            rows = connection.execute("SELECT state, count(*) FROM orders GROUP BY state ORDER BY state").fetchall()
        counted = ", ".join(f"{count} {state}" for state, count in rows) or "no orders yet"
        return [f"{self.path}", f"{len(self._graph.twins)} assets (the twins)", counted]

    def assets(self) -> Iterator[CmmsAsset]:
        """The twins as assets."""
        for twin in self._graph.twins.values():
            serial = twin.properties.get("serialNumber")
            yield CmmsAsset(
                id=twin.id,
                name=twin.name,
                parent=self._graph.parents.get(twin.id),
                tags=(serial,) if isinstance(serial, str) else (),
            )

    def open_orders(self, assets: Sequence[str]) -> list[CmmsOrder]:
        """The orders on these assets that are neither done nor cancelled."""
        marks = ", ".join("?" for _ in assets)
        return self._orders(f"state IN ('open', 'in_progress') AND asset IN ({marks}) ORDER BY number", *assets)

    def by_key(self, key: str) -> CmmsOrder | None:
        """The order of that key, or None."""
        return next(iter(self._orders("key = ?", key)), None)

    def get(self, order: str) -> CmmsOrder:
        """One order."""
        found = self._orders("number = ?", _number(order))
        if not found:
            raise CmmsMissingError(f"there is no order {order} in the {self.name}")
        return found[0]

    def create(self, order: NewOrder) -> CmmsOrder:
        """Makes one order; a second one of the same key is refused."""
        if order.asset not in self._graph.twins:
            raise CmmsMissingError(
                f"there is no asset {order.asset} (any more): draft the order anew for the twin that took its place"
            )
        at = iso(self._now())
        with self._connection() as connection, immediate(connection):
            try:
                cursor = connection.execute(
                    "INSERT INTO orders (key, asset, state, created, changed, duration_h, document)"
                    " VALUES (?, ?, 'open', ?, ?, NULL, ?)",
                    (order.key, order.asset, at, at, order.model_dump_json()),
                )
            except sqlite3.IntegrityError as error:
                raise CmmsRefusedError(f"there is an order of the key {order.key[:8]}… already") from error
            connection.execute("INSERT INTO moves VALUES (?, ?, ?, 'open')", (cursor.lastrowid, at, order.by))
        return self.get(f"E-{cursor.lastrowid}")

    def add(self, order: CmmsOrder, text: str, key: str) -> CmmsOrder:
        """Adds a comment, once for each key, if the order is open and still of that version."""
        number, at = _number(order.id), iso(self._now())
        with self._connection() as connection, immediate(connection):
            there = connection.execute("SELECT 1 FROM comments WHERE number = ? AND key = ?", (number, key)).fetchone()
            if there is None:
                self._still(connection, number, order.version)
                connection.execute("INSERT INTO comments VALUES (?, ?, ?, ?)", (key, number, at, f"{text}\n[{key}]"))
                connection.execute(
                    "UPDATE orders SET changed = ?, version = version + 1 WHERE number = ?", (at, number)
                )
        return self.get(order.id)

    def comments(self, order: str) -> list[str]:
        """The comments of an order, oldest first."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT text FROM comments WHERE number = ? ORDER BY at, rowid", (_number(order),)
            ).fetchall()
        return [text for (text,) in rows]

    def attach(self, order: str, attachment: Attachment) -> None:
        """Keeps a file, unless one of that name is there already."""
        number = _number(self.get(order).id)
        with self._connection() as connection, immediate(connection):
            connection.execute(
                "INSERT OR IGNORE INTO attachments VALUES (?, ?, ?, ?)",
                (number, attachment.name, attachment.media_type, attachment.content),
            )

    def attachments(self, order: str) -> list[str]:
        """The names of the files of an order."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT name FROM attachments WHERE number = ? ORDER BY name", (_number(order),)
            ).fetchall()
        return [name for (name,) in rows]

    def past(self, since: datetime | None) -> Iterator[CmmsOrder]:
        """Orders that changed at or after `since`, oldest change first."""
        begin = iso(since) if since else ""
        yield from self._orders("changed >= ? ORDER BY changed, number", begin)

    def move(self, order: str, state: OrderState, *, by: str, duration_h: float | None = None) -> CmmsOrder:
        """What a person does with an order here: begins it, finishes it, opens it again or cancels it.

        Args:
            duration_h: hours that were booked on it, if it is done.

        Raises:
            CmmsMissingError: there is no such order.
            CmmsRefusedError: from where it stands it can't go there.
        """
        number, at = _number(order), iso(self._now())
        with self._connection() as connection, immediate(connection):
            row = connection.execute("SELECT state FROM orders WHERE number = ?", (number,)).fetchone()
            if row is None:
                raise CmmsMissingError(f"there is no order {order} in the {self.name}")
            if state not in MOVES[row[0]]:
                ways = ", ".join(MOVES[row[0]]) or "nothing"
                raise CmmsRefusedError(f"order {order} is {row[0]} and can become {ways}, not {state}")
            closed = at if state in ("done", "cancelled") else None
            connection.execute(
                "UPDATE orders SET state = ?, changed = ?, closed = ?, duration_h = coalesce(?, duration_h),"
                " version = version + 1 WHERE number = ?",
                (state, at, closed, duration_h, number),
            )
            connection.execute("INSERT INTO moves VALUES (?, ?, ?, ?)", (number, at, by, state))
        return self.get(order)

    def _still(self, connection: sqlite3.Connection, number: int, version: str | None) -> None:
        row = connection.execute("SELECT state, version FROM orders WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise CmmsMissingError(f"there is no order E-{number} in the {self.name}")
        if row[0] in ("done", "cancelled"):
            raise CmmsRefusedError(f"order E-{number} is {row[0]}: nothing can be added to it")
        if version is not None and str(row[1]) != version:
            raise CmmsConflictError(f"order E-{number} was changed in the meantime")

    def _orders(self, where: str, *values: str | int) -> list[CmmsOrder]:
        with self._connection() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM orders WHERE {where}", values).fetchall()
        return [_order(row) for row in rows]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with connected(self.path) as connection:
                yield connection
        except NewerDatabaseError as error:
            raise CmmsUnavailableError(f"{self.path}: {error}: update it", may_have_happened=False) from error
        except sqlite3.Error as error:
            # A transaction of SQLite is made whole or not at all, but an error of the commit itself may come late.
            raise CmmsUnavailableError(f"{self.path} can't be used: {error}", may_have_happened=True) from error


def _number(order: str) -> int:
    prefix, _, digits = order.partition("-")
    return int(digits[:18]) if prefix == "E" and digits.isascii() and digits.isdigit() else -1


def _order(row: tuple[object, ...]) -> CmmsOrder:
    number, key, asset, state, created, changed, closed, duration_h, version, document = row
    asked = NewOrder.model_validate_json(str(document))
    return CmmsOrder(
        id=f"E-{number}",
        key=str(key),
        asset=str(asset),
        title=asked.title,
        text=asked.text,
        failure_mode=asked.failure_mode,
        state=state,  # type: ignore[arg-type]  # the table checks it
        status=str(state).replace("_", " "),
        priority=asked.priority,
        created=parse_time(str(created)),
        changed=parse_time(str(changed)),
        closed=parse_time(str(closed)) if closed else None,
        duration_h=duration_h,  # type: ignore[arg-type]  # the column is REAL
        version=str(version),
    )
