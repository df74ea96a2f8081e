"""Was it that? What was found on site, kept by order, scored by failure mode, and held against confidence."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..database import immediate, migrate, usable
from ..diagnosis.calibration import Verdict, fit
from ..errors import OrderError
from ..times import iso, parse_time

if TYPE_CHECKING:
    from .order import WorkOrder
    from .outbox import Entry

Found = Literal["right", "asset", "wrong", "nothing"]
FOUND: dict[Found, str] = {
    "right": "the asset and the failure mode were right",
    "asset": "the asset was right, the failure mode another",
    "wrong": "the cause was another asset",
    "nothing": "nothing was wrong",
}
THE_CMMS = "the CMMS"
_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE feedback (
            hypothesis TEXT PRIMARY KEY,
            wo TEXT NOT NULL,
            twin TEXT NOT NULL,
            mode TEXT,
            confidence REAL NOT NULL,
            found TEXT NOT NULL,
            found_twin TEXT,
            found_mode TEXT,
            by TEXT NOT NULL,
            at TEXT NOT NULL
        ) STRICT""",
    ),
)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What an order's hypothesis came to.

    Attributes:
        order: the order's id; twin, mode, confidence: its hypothesis, as it stood when it was drafted.
        found: see FOUND; found_twin, found_mode: what it was instead, where that is known.
        by: the person who said so, or "the CMMS".
    """

    order: str
    twin: str
    mode: str | None
    confidence: float
    found: Found
    found_twin: str | None
    found_mode: str | None
    by: str
    at: datetime

    @property
    def right(self) -> bool:
        """Whether the asset was the cause, which is what a confidence is the probability of."""
        return self.found in ("right", "asset")

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "at"} | {"at": iso(self.at)}


@dataclass(frozen=True, slots=True)
class Score:
    """How often a failure mode that was named was right.

    Attributes:
        low, high: the 90 % interval of the share that was right (Wilson 1927).
    """

    mode: str
    orders: int
    asset_right: int
    mode_right: int
    low: float
    high: float

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "mode": self.mode,
            "orders": self.orders,
            "asset_right": self.asset_right,
            "mode_right": self.mode_right,
            "interval": [round(self.low, 4), round(self.high, 4)],
        }


class FeedbackBook:
    """`<folder>/state/feedback.db`; several processes may use it at once.

    Raises (from every method):
        OrderError: the file can't be used.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state" / "feedback.db"
        with self._connection() as connection:
            migrate(connection, _MIGRATIONS)

    def keep(self, feedback: Feedback) -> None:
        """Keeps what was found; the same order again replaces what was said of it before."""
        if feedback.found not in FOUND:
            raise OrderError(f"{feedback.found!r} is none of {', '.join(FOUND)}", code="feedback.found")
        if not 0.0 <= feedback.confidence <= 1.0:
            raise OrderError(f"a confidence lies between 0 and 1, not at {feedback.confidence:g}", code="feedback")
        one = feedback
        with self._connection() as connection, immediate(connection):
            connection.execute(
                "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    f"{one.order}/{one.twin}",
                    *(one.order, one.twin, one.mode, one.confidence, one.found),
                    *(one.found_twin, one.found_mode, one.by, iso(one.at)),
                ),
            )

    def all(self) -> list[Feedback]:
        """Everything that was said, oldest first."""
        columns = "wo, twin, mode, confidence, found, found_twin, found_mode, by, at"
        with self._connection() as connection:
            rows = connection.execute(f"SELECT {columns} FROM feedback ORDER BY at, hypothesis").fetchall()
        names = tuple(Feedback.__slots__)
        return [Feedback(**dict(zip(names, row, strict=True)) | {"at": parse_time(row[-1])}) for row in rows]

    def _connection(self) -> AbstractContextManager[sqlite3.Connection]:
        return usable(self.path, OrderError, "feedback.book")


def read_back(
    entries: Sequence[Entry], orders: Mapping[str, WorkOrder], modes: Collection[str], said: Sequence[Feedback]
) -> list[Feedback]:
    """What the CMMS itself says of orders that are done: the failure code with which each was closed.

    An order is passed over where a person has spoken, where the CMMS names no code, or where the code is no failure
    mode that is known here: nothing is made of a word that means nothing.
    """
    spoken = {one.order for one in said if one.by != THE_CMMS}
    found = []
    for entry in entries:
        order, answer = orders.get(entry.order), entry.answer
        if order is None or answer is None or order.id in spoken or order.raw_likelihood is None:
            continue
        code = (answer.failure_mode or "").strip().casefold().replace(" ", "_")
        if answer.state != "done" or code not in modes or entry.adds_to is not None:
            continue
        same = code == order.failure_mode
        found.append(
            Feedback(
                order=order.id,
                twin=order.asset,
                mode=order.failure_mode,
                confidence=order.raw_likelihood,
                found="right" if same else "asset",
                found_twin=None,
                found_mode=None if same else code,
                by=THE_CMMS,
                at=answer.closed or entry.changed,
            )
        )
    return found


def scores(said: Sequence[Feedback]) -> list[Score]:
    """By failure mode that was named, most orders first."""
    by_mode: dict[str, list[Feedback]] = {}
    for one in said:
        by_mode.setdefault(one.mode or "none named", []).append(one)
    found = []
    for mode, rows in by_mode.items():
        right = sum(one.right for one in rows)
        low, high = _interval(right, len(rows))
        found.append(Score(mode, len(rows), right, sum(one.found == "right" for one in rows), low, high))
    return sorted(found, key=lambda one: (-one.orders, one.mode))


def recalibration(said: Sequence[Feedback]) -> Verdict:
    """What the site's own outcomes say about confidence."""
    return fit([one.confidence for one in said], [one.right for one in said])


def _interval(count: int, total: int) -> tuple[float, float]:
    from scipy.stats import binomtest

    found = binomtest(count, total).proportion_ci(0.9, method="wilson")
    return float(found.low), float(found.high)
