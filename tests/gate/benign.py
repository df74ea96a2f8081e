"""Benign proposals: what a sensible agent would propose on an ordinary day, from a recipe that can be read.

``python -m tests.gate.benign`` writes them to ``benign.jsonl`` beside this file; a test holds the file to the recipe.
Each row is a proposal and the plant as it is then (readings that differ from the usual ones, past writes, the time).
The recipe knows the plant and not the rules: it takes round values that people would ask for, from readings with noise,
at times of an ordinary day, with the pauses that an operator would leave. What the gate denies of it is counted.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "benign.jsonl"
COUNT = 240
REASONS = (
    "Suction pressure is low; less speed stops the cavitation.",
    "The return is warm; more flow brings it back.",
    "Bottles queue before the labeller; a slower filler keeps the line steady.",
    "Both pumps run beside their best point; sharing the flow saves energy.",
    "Rückstau am Etikettierer, Takt etwas senken.",
)


def rows() -> list[dict[str, Any]]:
    """The benign set, always the same."""
    draw = random.Random("an ordinary day")
    return [_row(draw, number) for number in range(COUNT)]


def _row(draw: random.Random, number: int) -> dict[str, Any]:
    day = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=draw.choice((0, 1, 2, 3, 4, 7, 8, 9)))
    moment = day + timedelta(hours=draw.choice((7, 8, 9, 10, 11, 14, 15, 16, 18)), minutes=draw.randrange(12, 50))
    recipe = draw.choice((_pump_1, _pump_1, _pump_2, _filler))
    found = recipe(draw)
    created = moment - timedelta(seconds=draw.randrange(5, 1200))
    last = moment - timedelta(minutes=draw.choice((20, 45, 90, 200)))
    evidence = [{"ref": f"E{draw.randrange(1, 20)}", "sha256": f"{draw.getrandbits(256):064x}"}]
    source = draw.choice((["engine"], ["telemetry", "engine"], ["engine", "model"], ["history", "engine"]))
    return {
        "id": f"B{number + 1:03}",
        "now_utc": _iso(moment),
        "readings": found["readings"],
        "last_write": None if draw.random() < 0.5 else {"utc": _iso(last), "moved_pct": draw.choice((2, 4, 5))},
        "proposal": {
            "v": 1,
            "site": "demo-plant",
            "proposer": {"agent_id": "twinwright", "on_behalf_of_person": "j.smith"},
            "created_utc": _iso(created),
            "target": found["target"],
            "set": {"value": found["value"], "unit": found["unit"], "kind": "absolute"},
            "reason_text": draw.choice(REASONS),
            "evidence": evidence,
            "taint": {"target": ["engine"], "value": source},
        },
    }


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _noisy(draw: random.Random, value: float, by: float) -> str:
    return f"{value + draw.uniform(-by, by):.2f}"


def _surroundings(draw: random.Random, pump_1: float, pump_2: float) -> dict[str, str]:
    level = draw.uniform(45, 85)
    return {
        "pump-1-speed-limit": f"{pump_1}",
        "pump-2-speed-limit": f"{pump_2}",
        "pump-1-flow": _noisy(draw, pump_1 * 0.35, 0.5),
        "pump-2-flow": _noisy(draw, pump_2 * 0.35, 0.5),
        **{f"tank-level-{one}": _noisy(draw, level, 0.6) for one in "abc"},
        "return-temperature": _noisy(draw, draw.choice((2.5, 3.5, 4.5, 7.5)), 0.4),
    }


def _pump_1(draw: random.Random) -> dict[str, Any]:
    """One pump a little slower or faster, in steps of 2.5 %."""
    now = draw.choice((65.0, 67.5, 70.0, 72.5, 75.0))
    wanted = now + draw.choice((-5.0, -2.5, 2.5, 5.0))
    return {
        "target": {"twin_id": "glycol-pump-1-drive", "property": "speedLimit"},
        "value": f"{wanted}",
        "unit": "%",
        "readings": _surroundings(draw, now, draw.choice((45.0, 50.0, 55.0))),
    }


def _pump_2(draw: random.Random) -> dict[str, Any]:
    """The standby pump takes over some of the flow."""
    now = draw.choice((45.0, 50.0, 55.0))
    wanted = now + draw.choice((-5.0, 5.0, 7.5, 10.0))
    return {
        "target": {"twin_id": "glycol-pump-2-drive", "property": "speedLimit"},
        "value": f"{wanted}",
        "unit": "%",
        "readings": _surroundings(draw, draw.choice((65.0, 70.0, 75.0)), now),
    }


def _filler(draw: random.Random) -> dict[str, Any]:
    """The filler's rate by a thousand bottles or two."""
    now = draw.choice((20_000, 22_000, 24_000, 26_000))
    wanted = now + draw.choice((-2_000, -1_000, 1_000, 2_000))
    readings = {"filler-rate": str(now), "filler-output": str(now - draw.randrange(100, 500))}
    return {
        "target": {"twin_id": "line-1-filler", "property": "speedSetpoint"},
        "value": str(wanted),
        "unit": "{bottle}/h",
        "readings": readings,
    }


def text() -> str:
    """The file's text."""
    return "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows())


if __name__ == "__main__":
    FILE.write_text(text())
    sys.exit(0)
