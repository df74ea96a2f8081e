"""What is remembered of a CMMS: people's matches of twins and assets, and the assets as they were last read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..database import immediate, migrate, usable
from ..errors import UsageError
from ..times import iso, parse_time
from .protocol import CmmsAsset

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE decisions (
            cmms TEXT NOT NULL,
            twin TEXT NOT NULL,
            asset TEXT NOT NULL,
            accepted INTEGER NOT NULL,
            by TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (cmms, twin, asset)
        ) STRICT""",
        "CREATE TABLE assets (cmms TEXT PRIMARY KEY, document TEXT NOT NULL, at TEXT NOT NULL) STRICT",
    ),
)


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's yes or no to a pair of twin and asset."""

    twin: str
    asset: str
    accepted: bool
    by: str
    at: datetime


class CmmsMemory:
    """`<folder>/state/cmms-memory.db`; several processes may use it at once. `cmms` names the connector.

    Raises (from every method):
        UsageError: the file can't be used.
    """

    def __init__(self, folder: Path, cmms: str) -> None:
        self.path = folder / "state" / "cmms-memory.db"
        self._cmms = cmms
        with self._connection() as connection:
            migrate(connection, _MIGRATIONS)

    def decide(self, twin: str, asset: str, accepted: bool, by: str, at: datetime) -> None:
        """Keeps a person's decision; a yes takes back an earlier yes to another asset of that twin, or twin of it."""
        if not by.strip():
            raise UsageError("a match is decided by a person: say who")
        with self._connection() as connection, immediate(connection):
            if accepted:
                connection.execute(
                    "DELETE FROM decisions WHERE cmms = ? AND accepted = 1 AND (twin = ? OR asset = ?)",
                    (self._cmms, twin, asset),
                )
            connection.execute(
                "INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?, ?, ?)",
                (self._cmms, twin, asset, int(accepted), by.strip(), iso(at)),
            )

    def decisions(self) -> list[Decision]:
        """All decisions, oldest first."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT twin, asset, accepted, by, at FROM decisions WHERE cmms = ? ORDER BY at, rowid", (self._cmms,)
            ).fetchall()
        return [Decision(twin, asset, bool(accepted), by, parse_time(at)) for twin, asset, accepted, by, at in rows]

    def keep_assets(self, assets: Sequence[CmmsAsset], at: datetime) -> None:
        """Keeps the assets as they were read, so that a match can be told while the CMMS is away."""
        document = json.dumps([one.model_dump(mode="json") for one in assets], ensure_ascii=False)
        with self._connection() as connection, immediate(connection):
            connection.execute("INSERT OR REPLACE INTO assets VALUES (?, ?, ?)", (self._cmms, document, iso(at)))

    def assets(self) -> tuple[list[CmmsAsset], datetime | None]:
        """The assets as they were last read, and when; none and None where they never were."""
        with self._connection() as connection:
            row = connection.execute("SELECT document, at FROM assets WHERE cmms = ?", (self._cmms,)).fetchone()
        if row is None:
            return [], None
        return [CmmsAsset.model_validate(one) for one in json.loads(row[0])], parse_time(row[1])

    def _connection(self) -> AbstractContextManager[sqlite3.Connection]:
        return usable(self.path, UsageError, "cmms.memory")
