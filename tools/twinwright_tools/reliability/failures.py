"""Past work orders as failures: corrective work alone counts, planned maintenance and cancelled orders don't."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..times import parse_time

if TYPE_CHECKING:
    from ..plant import Plant

# Columns in which CMMS exports say what was repaired with; whatever a site calls it, the first that is there is taken.
REMEDIES = ("resolution", "remedy", "action", "solution", "work_done", "closing_text")
_ORDERS = ("work_order", "workorder", "order")
# What tells planned work and cancelled orders from repairs; asked in DuckDB's regular expressions too, in lower case.
TYPES = ("type", "work_type", "worktype", "order_type", "maintenance_type")
_COLUMNS = ("id", "time", "twin", "status", "code", "priority", "closed", "duration_h", "title", "text")
CANCELLED = re.compile(r"cancel|reject|void|delete|duplicate|withdrawn", re.IGNORECASE)
PLANNED = re.compile(
    r"\b(planned|preventive|preventative|scheduled|routine|inspections?|lubrication|calibration|pm|"
    r"geplante?|wartung|vorbeugende?)\b",
    re.IGNORECASE,
)
_MOST_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Repair:
    """One corrective work order.

    Attributes:
        opened: when it was opened, which stands for the failure; closed: None while it is open.
        code: its failure code, or None.
        duration_h: hours booked on it, or None.
        text: title and text together, as somebody wrote them; remedy: what was done, where a column says it.
    """

    id: str
    twin: str
    opened: datetime
    closed: datetime | None
    code: str | None
    duration_h: float | None
    text: str
    remedy: str | None = None


def repairs_of(
    plant: Plant,
    since: datetime | None = None,
    *,
    where: str | None = None,
    newest: int = _MOST_ROWS,
    planned: frozenset[str] | None = None,
) -> list[Repair]:
    """The corrective work orders up to the moment of asking, oldest first.

    An order is planned, and left out, where its type, or its code's entry in the catalogue of failure codes, says so
    (ISO 14224 tells corrective from preventive maintenance the same way); one that was cancelled is left out too.

    Args:
        where: a further condition in SQL over the columns of history; newest: no more than so many orders.
        planned: what `planned_codes` returns, where it is known already.
    """
    there = set(plant.history.columns())
    if not {"kind", "time", "twin"} <= there:
        return []
    names = [name for name in (*_COLUMNS, *REMEDIES, *TYPES) if name in there]
    kinds = ", ".join(f"'{kind}'" for kind in _ORDERS)
    condition = f"lower(kind) IN ({kinds}) AND time IS NOT NULL" + (f" AND ({where})" if where else "")
    found = plant.history.sql(
        f"SELECT {', '.join(names)} FROM history WHERE {condition} ORDER BY time DESC LIMIT {newest}", limit=newest
    )
    planned = planned_codes(plant) if planned is None else planned
    rows = (dict(zip(found.columns, row, strict=True)) for row in reversed(found.rows))
    repairs = [_repair(row) for row in rows if row.get("twin") and _corrective(row, planned)]
    return [one for one in repairs if since is None or one.opened >= since]


def _corrective(row: Mapping[str, Any], planned: frozenset[str]) -> bool:
    if CANCELLED.search(str(row.get("status") or "")):
        return False
    if any(PLANNED.search(str(row[name])) for name in TYPES if row.get(name)):
        return False
    return str(row.get("code") or "").casefold() not in planned


def planned_codes(plant: Plant) -> frozenset[str]:
    """Codes, in lower case, whose entry in the catalogue of failure codes tells of planned work."""
    if not {"kind", "code", "text"} <= set(plant.history.columns()):
        return frozenset()
    query = "SELECT code, text FROM history WHERE lower(kind) = 'failure_code' AND code IS NOT NULL"
    rows = plant.history.sql(query, limit=10_000).rows
    return frozenset(str(code).casefold() for code, text in rows if PLANNED.search(str(text or "")))


def _repair(row: Mapping[str, Any]) -> Repair:
    words = [str(row[name]) for name in ("title", "text") if row.get(name)]
    remedy = next((str(row[name]) for name in REMEDIES if row.get(name)), None)
    hours = row.get("duration_h")
    return Repair(
        id=str(row.get("id") or ""),
        twin=str(row["twin"]),
        opened=_time(row["time"]),
        closed=_time(row["closed"]) if row.get("closed") else None,
        code=str(row["code"]) if row.get("code") else None,
        duration_h=float(hours) if isinstance(hours, int | float) else None,
        text=". ".join(dict.fromkeys(words)),
        remedy=remedy,
    )


def _time(value: Any) -> datetime:
    return value if isinstance(value, datetime) else parse_time(str(value))
