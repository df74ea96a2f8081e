"""Open orders that stand in the plant's own history files: an export of a CMMS that Twinwright has no connection to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..cmms.protocol import CmmsOrder
from ..plant.places import imported_files

if TYPE_CHECKING:
    from ..plant import Plant

# What systems call an order that is over, in English and German, small letters.
_OVER = """closed done completed complete finished resolved cancelled canceled rejected deleted comp close can teco clsd
dlfl tabg agsl erledigt abgeschlossen geschlossen beendet storniert technisch""".split()  # noqa: SIM905  (a paragraph)
_WORKING = ("in progress", "in_progress", "in work", "inprg", "started", "in arbeit")
_NEEDED = {"kind", "id", "twin", "status", "text"}
_MOST = 50_000


def filed_orders(plant: Plant, known: Iterable[str]) -> list[CmmsOrder]:
    """The open orders in the plant's own files, with their twin as asset and their place in the file as `url`.

    An order that says no status is taken for a past one. Imported rows aren't looked at, nor what they hold anew: the
    CMMS itself is asked for those.

    Args:
        known: ids of orders that the CMMS was asked about already.
    """
    there = plant.history.columns()
    if not set(there) >= _NEEDED:
        return []
    wanted = [name for name in ("id", "twin", "status", "text", "source_row", "time", "code", "title") if name in there]
    query = f"SELECT {', '.join(wanted)} FROM history WHERE kind = 'work_order' AND status IS NOT NULL"
    if "closed" in there:
        query += " AND closed IS NULL"
    found = plant.history.sql(query, limit=_MOST)
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    imported = tuple(f"state/history/{file.name}" for file in imported_files(plant.state))
    ours = [row for row in rows if not _file(row).endswith(imported or ("\0",))]
    elsewhere = {str(row["id"]) for row in rows if row not in ours} | set(known)
    return [_order(row) for row in ours if _open(row) and str(row["id"]) not in elsewhere]


def _file(row: dict[str, Any]) -> str:
    return str(row["source_row"]).rpartition(":")[0]


def _open(row: dict[str, Any]) -> bool:
    words = str(row["status"]).casefold().replace(",", " ").split()
    return bool(words) and row["twin"] is not None and not set(words) & set(_OVER)


def _order(row: dict[str, Any]) -> CmmsOrder:
    status = str(row["status"])
    return CmmsOrder(
        id=str(row["id"]),
        asset=row["twin"],
        title=str(row.get("title") or row["text"]),
        text=str(row["text"]) if row.get("title") else "",
        failure_mode=row.get("code"),
        state="in_progress" if status.casefold() in _WORKING else "open",
        status=status,
        created=row.get("time"),
        url=str(row["source_row"]),
    )
