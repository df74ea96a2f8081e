"""How the plant's maintenance is planned: shifts, stops, stock and criticality. It is made from the end alone."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

CALENDAR, STOCK = "planning/calendar.csv", "planning/stock.csv"
# What `[planning]` in twinwright.toml says; weekly times are in the plant's zone.
SETTINGS = f"""
[planning]
calendar = "{CALENDAR}"
stock = "{STOCK}"
stops = ["Wed 06:00-10:00", "Sun 06:00-18:00"]  # cleaning; the weekend's maintenance stop

[planning.shifts]
"mechanical fitter" = ["Mon-Fri 06:00-22:00", "Sat-Sun 06:00-18:00"]
electrician = ["Mon-Fri 06:00-22:00", "Sun 06:00-18:00"]
"instrument technician" = ["Mon-Fri 07:00-15:30", "Sun 06:00-12:00"]
default = ["Mon-Fri 07:00-15:30"]

[planning.levels]  # what the twins' criticality means in the risk matrix, 1 (negligible) to 5 (severe)
A = 5
B = 3
C = 2
"""
# part, article number, pieces on hand, store, days until more arrive, twin (empty: wherever it is named)
PARTS: tuple[tuple[str, str, int, str, int, str], ...] = (
    ("Strainer basket and gasket", "104-2207", 2, "A-03-2", 5, ""),
    ("Bearing set", "110-6308", 1, "A-01-4", 3, ""),
    ("Grease", "190-0002", 12, "A-09-1", 2, ""),
    ("Mechanical seal", "112-0450", 0, "A-01-6", 12, ""),
    ("Mechanical seal", "112-0451", 1, "A-01-6", 12, "glycol-pump-2"),
    ("Valve kit", "402-0761", 1, "D-01-1", 14, ""),
    ("Inlet filter", "402-0110", 3, "D-01-2", 3, ""),
    ("Hose", "290-0008", 25, "C-09-1", 2, ""),
    ("Push-in fittings", "290-0021", 60, "C-09-1", 2, ""),
    ("Gasket set", "350-0810", 0, "", 21, ""),
    ("Gripper pads", "221-0044", 2, "C-01-3", 4, ""),
    ("Filling valve seals", "232-0005", 40, "C-02-2", 6, ""),
    ("Magnetic clutch", "241-0308", 1, "C-02-5", 28, ""),
    ("Conveyor chain", "210-0880", 2, "C-03-1", 9, ""),
    ("Brake pad", "230-0119", 4, "C-02-1", 4, ""),
    ("Packing set", "310-0032", 2, "B-05-1", 4, ""),
    ("Positioner kit", "310-0077", 1, "B-05-1", 10, ""),
    ("Sensor element", "330-0100", 1, "B-05-7", 7, ""),
)


def write_planning(folder: Path, end: datetime) -> None:
    """`[planning]` at the end of twinwright.toml, and the calendar and the stock that it names."""
    with (folder / "twinwright.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    (folder / "planning").mkdir(exist_ok=True)
    head = ("part", "number", "on_hand", "store", "lead_time_d", "twin")
    _write_csv(folder / STOCK, head, PARTS)
    monday = (end - timedelta(days=end.weekday())).replace(hour=5, minute=0, second=0, microsecond=0).astimezone(UTC)
    rows = (
        (monday + timedelta(days=15), monday + timedelta(days=17), "stop", "line-1", "overhaul of line 1"),
        (monday + timedelta(days=25), monday + timedelta(days=26), "closed", "", "works holiday"),
        (monday + timedelta(days=40), monday + timedelta(days=44), "stop", "", "spring stop of the whole plant"),
    )
    _write_csv(
        folder / CALENDAR,
        ("start", "end", "kind", "twin", "text"),
        [(start.isoformat(), stop.isoformat(), kind, twin, text) for start, stop, kind, twin, text in rows],
    )


def _write_csv(path: Path, head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
