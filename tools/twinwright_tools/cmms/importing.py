"""Past orders, notes and alarms of a CMMS as rows of the plant's history, brought up to date incrementally.

They stand in `STATE/state/history/KIND.jsonl`, which every opened plant reads beside its own history files. What came
before the CMMS failed is kept, and the next import goes on there: rows come oldest change first, and the time to go on
from is a quarter of an hour before the newest change of a row, by the clock of the CMMS. An order that changed replaces
what was known of it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CmmsError
from ..plant.places import imported_history
from ..times import iso, parse_time
from .protocol import CmmsOrder, Place

if TYPE_CHECKING:
    from ..plant import Plant

_SAID_EVERY = 1000
_OVERLAP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        since: from when on changes were asked for; None for all.
        new, changed, total: rows; unmatched: rows whose asset is no twin, which are kept without one.
        stopped: why it stopped before the end, or None.
    """

    file: Path
    since: datetime | None
    new: int
    changed: int
    total: int
    unmatched: int
    stopped: CmmsError | None

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "file": str(self.file),
            "since": iso(self.since) if self.since else None,
            "new": self.new,
            "changed": self.changed,
            "total": self.total,
            "unmatched": self.unmatched,
            "stopped": self.stopped.as_dict() if self.stopped else None,
        }


def import_history(
    plant: Plant,
    places: Sequence[Place],
    twin_of: Mapping[str, str],
    *,
    whole: bool = False,
    progress: Callable[[str], None] = lambda text: None,
) -> Imported:
    """Imports what changed since the last import, or all of it.

    Args:
        places: as `choose.sources` gives them.
        twin_of: the twin of each asset id; rows imported before are matched anew too.
        whole: forget what was imported and read everything.
    """
    file = imported_history(plant.state) / f"{plant.config.cmms.kind}.jsonl"
    known = {} if whole else _read(file)
    since = _since(known, places[0])
    new, changed, stopped = 0, 0, None
    try:
        for place in places:
            for order in _told(place.connector.past(_since(known, place)), progress):
                row = _row(order, place)
                name = _name(row)
                before = known.get(name)
                new += before is None
                changed += before is not None and _but_twin(before) != _but_twin(row)
                known[name] = row
    except CmmsError as error:
        stopped = error
    for row in known.values():
        row["twin"] = twin_of.get(row.get("asset") or "")
    _write(file, known)
    unmatched = sum(row["twin"] is None for row in known.values())
    return Imported(file, since, new, changed, len(known), unmatched, stopped)


def _told(orders: Iterator[CmmsOrder], progress: Callable[[str], None]) -> Iterator[CmmsOrder]:
    for number, order in enumerate(orders, 1):
        if number % _SAID_EVERY == 0:
            progress(f"{number} orders read")
        yield order


def _since(known: Mapping[str, Mapping[str, Any]], place: Place) -> datetime | None:
    """From when on changes of a place are asked for: each has its own, as another one may have failed half way.

    An order that was read early and changed while the import went on may lie before the newest change.
    """
    rows = (row for row in known.values() if row.get("place") == (place.name or None))
    times = [parse_time(row["changed"]) for row in rows if row.get("changed")]
    return max(times) - _OVERLAP if times else None


def _row(order: CmmsOrder, place: Place) -> dict[str, Any]:
    """An order as a row of history; the text of a stranger stays text."""
    return {
        "kind": place.kind if order.kind == "work_order" else order.kind,
        "id": order.id,
        "place": place.name or None,
        "twin": None,
        "asset": order.asset,
        "time": iso(order.created) if order.created else None,
        "status": "cancelled" if order.state == "cancelled" else "closed" if order.state == "done" else order.status,
        "code": order.failure_mode,
        "priority": order.priority,
        "closed": iso(order.closed) if order.closed else None,
        "changed": iso(order.changed) if order.changed else None,
        "duration_h": order.duration_h,
        "title": order.title,
        "text": order.text or order.title,
        "key": order.key,
    }


def _name(row: Mapping[str, Any]) -> str:
    """What a row is told from all others by: tables of one CMMS may number their records alike."""
    return f"{row['kind']}/{row.get('place') or ''}/{row['id']}"


def _but_twin(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None and name != "twin"}


def _read(file: Path) -> dict[str, dict[str, Any]]:
    if not file.is_file():
        return {}
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return {_name(row): row for row in rows}


def _write(file: Path, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes all rows aside and renames the file into place: a crash leaves the old one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    ordered = sorted(rows.values(), key=lambda row: (row.get("time") or "", row["id"]))
    with tempfile.NamedTemporaryFile("w", dir=file.parent, suffix=".new", delete=False, encoding="utf-8") as aside:
        for row in ordered:
            kept = {name: value for name, value in row.items() if value is not None}
            aside.write(json.dumps(kept, ensure_ascii=False) + "\n")
        aside.flush()
        os.fsync(aside.fileno())
    Path(aside.name).replace(file)
