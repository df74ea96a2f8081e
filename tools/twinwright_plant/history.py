"""The plant's history: a year of work orders, shift notes, an alarm log, failure codes and procedures.

It is drawn from seed and end alone, so it knows nothing of any fault.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .history_texts import (
    ALARMS,
    FAILURE_CODES,
    INJECTED_NOTE,
    JOBS,
    NOTES,
    PROCEDURES,
    PUMP_NOTE,
    STAFF,
    Job,
)

Row = dict[str, Any]
NOTE_DAYS, ALARM_DAYS = 45, 14
EXPORTED_BEFORE = timedelta(hours=14)  # orders, notes and alarms are handed over once a day, so the newest are missing


def write_history(folder: Path, seed: int, end: datetime) -> None:
    """history/*.csv and *.jsonl; nothing in it is later than some hours before `end`."""
    orders, rung, noted = recorded(seed, end)
    target = folder / "history"
    target.mkdir(parents=True, exist_ok=True)
    _write_csv(target / "work_orders.csv", orders)
    _write_csv(target / "alarms.csv", rung)
    _write_lines(target / "shift_notes.jsonl", noted)
    codes = [
        {"kind": "failure_code", "id": code, "twin": "plant", "code": code, "text": text}
        for code, text in FAILURE_CODES
    ]
    procedures = [{"kind": "procedure", "id": number, "twin": "plant", "text": text} for number, text in PROCEDURES]
    _write_lines(target / "catalogue.jsonl", [{**row, "twin": "plant"} for row in [*codes, *procedures]])


def recorded(seed: int, end: datetime) -> tuple[list[Row], list[Row], list[Row]]:
    """The work orders, alarms and shift notes of a plant that is asked about at `end`."""
    draw, last = random.Random(f"history {seed}"), end - EXPORTED_BEFORE
    return work_orders(draw, last), alarms(draw, last), notes(draw, last)


def work_orders(draw: random.Random, last: datetime) -> list[Row]:
    """A year of work orders, oldest first; most are closed, some of the newest are still open."""
    found: list[tuple[datetime, Job]] = []
    for job in JOBS:
        for _ in range(round(job.per_year * draw.uniform(0.9, 1.15))):
            found.append((last - timedelta(days=draw.uniform(0.0, 365.0)), job))
    found.sort(key=lambda each: each[0])
    return [_order(draw, number, opened, job, last) for number, (opened, job) in enumerate(found, 1)]


def _order(draw: random.Random, number: int, opened: datetime, job: Job, last: datetime) -> Row:
    hours = round(draw.uniform(*job.hours), 2)
    closed = opened + timedelta(hours=hours + draw.expovariate(1.0 / 20.0))
    waits = draw.random() < 0.04 and opened > last - timedelta(days=60)
    is_open = closed > last or waits
    text = draw.choice(job.texts)
    return {
        "kind": "work_order",
        "id": f"40{number + 11200:05d}",
        "time": _iso(opened),
        "twin": draw.choice(job.twins),
        "status": draw.choice(["open", "open", "waiting for parts"]) if is_open else "closed",
        "code": job.code,
        "priority": draw.choice(job.priority),
        "closed": "" if is_open else _iso(closed),
        "duration_h": "" if is_open else f"{hours:.2f}",
        "author": draw.choice(STAFF),
        "text": _mistype(draw, text),
    }


def notes(draw: random.Random, last: datetime) -> list[Row]:
    """Shift notes, one or two a shift, oldest first."""
    found: list[Row] = []
    special = {
        draw.randrange(1, 6): (draw.choice(["glycol-pump-1", "glycol-pump-2"]), PUMP_NOTE),
        draw.randrange(6, 60): ("plant", INJECTED_NOTE),
    }
    for back in range(NOTE_DAYS * 3, 0, -1):
        when = last - timedelta(hours=8.0 * back - draw.uniform(0.0, 7.5))
        for _ in range(draw.choice([1, 1, 2])):
            twin, text = draw.choice(NOTES)
            found.append(_note(draw, when, twin, _mistype(draw, text)))
            when += timedelta(minutes=draw.uniform(2.0, 25.0))
        if back in special:
            found.append(_note(draw, when, *special[back]))
    return sorted(found, key=lambda row: str(row["time"]))


def _note(draw: random.Random, when: datetime, twin: str, text: str) -> Row:
    return {"kind": "note", "time": _iso(when), "twin": twin, "author": draw.choice(STAFF), "text": text}


def alarms(draw: random.Random, last: datetime) -> list[Row]:
    """The alarm log of the last two weeks, oldest first."""
    weights = [share for _, _, share in ALARMS]
    found = []
    for _ in range(ALARM_DAYS * 24):
        pattern, text, _share = draw.choices(ALARMS, weights)[0]
        when = last - timedelta(days=draw.uniform(0.0, ALARM_DAYS))
        lasted = round(draw.lognormvariate(4.3, 0.9))
        found.append(
            {
                "kind": "alarm",
                "time": _iso(when),
                "twin": pattern.format(n=draw.choice([1, 2, 3])),
                "priority": draw.choice(["low", "low", "medium"]),
                "duration_s": lasted,
                "text": text,
            }
        )
    return sorted(found, key=lambda row: str(row["time"]))


def _mistype(draw: random.Random, text: str) -> str:
    """Now and then two letters swapped, as on a tablet with gloves on."""
    if draw.random() > 0.18 or len(text) < 12:
        return text
    at = draw.randrange(3, len(text) - 3)
    if not text[at : at + 2].isalpha():
        return text
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _iso(when: datetime) -> str:
    """UTC to the second, which sorts as text."""
    return when.astimezone(UTC).replace(microsecond=0).isoformat()


def _write_csv(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_lines(path: Path, rows: Iterable[Row]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
