"""The plant's event journal: what people and recipes did to it, as the control system logs it, up to the last minute.

It is read off the run: it says what was entered, never whether that was right.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from .conditions import Conditions, step_before
from .history_texts import STAFF
from .physics.cooling import HEADER_SETPOINT
from .physics.health import LINES
from .physics.simulate import Run
from .schedule import PRODUCTS, SHIFTS, Floats

Row = dict[str, Any]


def write_journal(folder: Path, run: Run, conditions: Conditions, seed: int, skip: int) -> None:
    """history/journal.jsonl: what happened after the first `skip` steps, oldest first."""
    rows = journal(run, conditions, seed, skip)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "history" / "journal.jsonl").write_text(text, encoding="utf-8")


def journal(run: Run, conditions: Conditions, seed: int, skip: int) -> list[Row]:
    """The journal's rows: `{"kind": "event", "time", "twin", "author", "text"}`."""
    found = sorted(
        [*_shifts(run), *_products(run), *_entered(run), *_planned(run, conditions)], key=lambda each: each[:2]
    )
    staff = random.Random(f"journal {seed}")
    names = {step: staff.choice(STAFF) for step in range(len(run.schedule.times)) if step % 60 == 0}
    rows = []
    for step, twin, author, text in found:
        if step < skip:
            continue
        when = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(run.schedule.times[step]))
        who = author or names[step - step % 60]
        rows.append({"kind": "event", "time": when.isoformat(), "twin": twin, "author": who, "text": text})
    return rows


Entry = tuple[int, str, str, str]  # step, twin, author ("" for the person on duty), text


def _changes(values: Floats) -> Iterator[tuple[int, float, float]]:
    """(step, before, after) of each change."""
    for step in (np.flatnonzero(values[1:] != values[:-1]) + 1).tolist():
        yield step, float(values[step - 1]), float(values[step])


def _shifts(run: Run) -> Iterator[Entry]:
    for step, _, now in _changes(run.schedule.shift.astype(np.float64)):
        yield step, "plant", "system", f"Shift change: {SHIFTS[int(now)][0]} shift logged on"


def _products(run: Run) -> Iterator[Entry]:
    """Changeovers as they end, with the setpoint that the recipe brings along."""
    for line in range(LINES):
        name = f"line-{line + 1}"
        for step, before, now in _changes(run.schedule.products[line].astype(np.float64)):
            old, new = PRODUCTS[line][int(before)], PRODUCTS[line][int(now)]
            text = f"Product change {old.code} to {new.code} finished, recipe loaded"
            yield step, name, "", text
            if old.setpoint != new.setpoint:
                text = f"temperatureSetpoint changed from {old.setpoint:.1f} to {new.setpoint:.1f} °C by recipe"
                yield step, f"{name}-filler", "system", text


def _entered(run: Run) -> Iterator[Entry]:
    """Setpoints that a person entered."""
    for line in range(LINES):
        recipe = run.schedule.of_product(line, "setpoint")
        for step, before, now in _changes(run.lines[line]["setpoint_error"]):
            old, new = recipe[step] + before, recipe[step] + now
            text = f"temperatureSetpoint changed from {old:.1f} to {new:.1f} °C at the line's panel"
            yield step, f"line-{line + 1}-filler", "", text
    for step, before, now in _changes(run.plant["header_setpoint"]):
        old, new = HEADER_SETPOINT + before, HEADER_SETPOINT + now
        yield step, "glycol-header", "", f"pressureSetpoint changed from {old:.1f} to {new:.1f} bar in the control room"


def _planned(run: Run, conditions: Conditions) -> Iterator[Entry]:
    lead = conditions.lead
    for work in sorted(conditions.works, key=lambda one: -one.before_h):
        step = step_before(run.schedule, work.before_h)
        name = f"line-{work.line + 1}"
        if work.kind == "duty swap":
            lead = -lead
            first, second = ("1", "2") if lead > 0 else ("2", "1")
            for twin in (f"glycol-pump-{first}", f"glycol-pump-{second}"):
                yield (
                    step,
                    twin,
                    "",
                    f"Planned maintenance: duty swap, glycol pump {first} leads, pump {second} follows",
                )
        elif work.kind == "cleaning":
            minutes = round(60.0 * work.lasts_h)
            yield step, name, "", f"Planned maintenance: cleaning in place, line stands for {minutes} min"
        else:
            yield step, f"{name}-air-filter", "", "Planned maintenance: filter element changed"
    for change in conditions.changes:
        text = f"Speed of the line set to {100.0 * change.share:.0f} % by planning"
        yield step_before(run.schedule, change.before_h), f"line-{change.line + 1}", "", text
