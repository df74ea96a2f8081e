"""What people did to a plant, read out of its history: rows that tell of a kind of job, and past failures.

A row's text is data: it is held against the words of `jobs.yaml` and against nothing else, and counts for the twin of
its row alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..errors import TimeFormatError
from ..times import parse_time
from .jobs import JobKind, Jobs, load_jobs

if TYPE_CHECKING:
    from ..history.store import HistoryStore

ORDERS = frozenset({"work_order", "workorder", "order"})
LOGGED = frozenset({"event", "journal", "log", "note", "operator_note", "shift_note", "maintenance"})
_COLUMNS = ("kind", "time", "twin", "text", "title", "author", "status", "code", "closed", "duration_h")
_MOST_ROWS = 20_000
_LONGEST_H = 720.0  # a longer duration of a job is a slip of the keyboard


@dataclass(frozen=True, slots=True)
class MaintenanceEvent:
    """Something that was done on purpose.

    Attributes:
        twin: where it was logged.
        start: when it began, as far as the row tells: a closed order's `closed` less its `duration_h`, else the
            row's time; end: None where none was logged.
        kind: what was done; None of a closed work order whose text tells of no known kind.
        text: the row's own; by: who logged it, or "".
        code: the failure code of a work order, or "".
        order: whether it is a closed work order, so a repair of some kind.
    """

    twin: str
    start: datetime
    end: datetime | None
    kind: JobKind | None
    text: str
    by: str = ""
    code: str = ""
    order: bool = False

    @property
    def planned(self) -> bool:
        """Whether it was meant to change what it touches and leave it sound."""
        return self.kind is not None and self.kind.planned


def events_of(
    rows: Iterable[Mapping[str, Any]], at: datetime, twins: Collection[str], jobs: Jobs | None = None
) -> tuple[MaintenanceEvent, ...]:
    """The jobs that rows of history tell of, oldest first. Rows later than `at`, or that can't be read, count for none.

    Args:
        rows: of any kind; times as datetime with a zone, or ISO 8601.
        twins: the plant's; rows of anything else count for none.
        jobs: the kinds of jobs; those that come along where it is None.
    """
    known = load_jobs() if jobs is None else jobs
    found = [one for row in rows if row.get("twin") in twins and (one := _event(row, at, known)) is not None]
    return tuple(sorted(found, key=lambda one: (one.start, one.twin, one.text)))


def events_of_history(
    history: HistoryStore, at: datetime, twins: Collection[str], jobs: Jobs | None = None
) -> tuple[MaintenanceEvent, ...]:
    """The same of an open plant's history; of its newest rows, where there are very many."""
    there = set(history.columns())
    if not {"kind", "time", "twin"} <= there:
        return ()
    listed = ", ".join(name for name in _COLUMNS if name in there)
    kinds = ", ".join(f"'{kind}'" for kind in sorted(ORDERS | LOGGED))
    where = f"lower(kind) IN ({kinds}) AND time IS NOT NULL"
    found = history.sql(f"SELECT {listed} FROM history WHERE {where} ORDER BY time DESC", limit=_MOST_ROWS)
    return events_of((dict(zip(found.columns, row, strict=True)) for row in found.rows), at, twins, jobs)


def _event(row: Mapping[str, Any], at: datetime, jobs: Jobs) -> MaintenanceEvent | None:
    kind, told = str(row.get("kind") or "").lower(), _time(row.get("time"))
    text = " ".join(str(row[name]) for name in ("title", "text") if row.get(name))
    twin, by = str(row["twin"]), str(row.get("author") or "")
    if told is None or told > at:
        return None
    if kind in LOGGED:
        job = jobs.recognised(text)
        return MaintenanceEvent(twin, told, None, job, text, by) if job is not None else None
    closed = _time(row.get("closed"))
    if kind not in ORDERS or closed is None or closed > at:
        return None
    start = min(max(told, closed - timedelta(hours=_hours(row.get("duration_h")))), closed)
    job = jobs.recognised(text, done=True)
    return MaintenanceEvent(twin, start, closed, job, text, by, str(row.get("code") or ""), order=True)


def _time(value: Any) -> datetime | None:
    """A time with a zone; None where there is none that can be read."""
    if isinstance(value, datetime):
        return value if value.tzinfo else None
    try:
        return parse_time(value) if isinstance(value, str) and value else None
    except TimeFormatError:
        return None


def _hours(value: Any) -> float:
    """A duration, 0 where there is none that can be read."""
    try:
        hours = float(value or 0.0)
    except (TypeError, ValueError):
        return 0.0
    return hours if 0.0 <= hours <= _LONGEST_H else 0.0
