"""Questions about the demo plant, each with how its answer is worked out."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from twinwright_plant.make import END

from ..cases import Expectation
from ..raw_plant import RawPlant
from .working import (
    Question,
    amount,
    both,
    choice,
    count,
    days_before,
    hours,
    ids,
    last_of,
    latest,
    leader,
    made_by,
    mean_of,
    moment,
    most,
    orders,
    plate,
    since,
)

YESTERDAY = datetime(2026, 3, 11, tzinfo=ZoneInfo("Europe/Berlin"))


def _state_minutes(plant: RawPlant, twin: str, state: str, start: datetime) -> float:
    """How many minutes an asset was in a state from `start` to the moment of asking."""
    log = plant.signal(twin, "state")
    spans = pairwise([*log.times, END])
    held = [
        (max(began, start), ended) for (began, ended), value in zip(spans, log.values, strict=True) if value == state
    ]
    return sum(max(0.0, (ended - began).total_seconds()) for began, ended in held) / 60.0


def _started(plant: RawPlant, twin: str, state: str, start: datetime) -> int:
    log = plant.signal(twin, "state")
    return sum(value == state and time >= start for time, value in zip(log.times, log.values, strict=True))


def _procedure(plant: RawPlant, words: str) -> str:
    return next(str(row["id"]) for row in plant.rows("procedure") if words in row["text"].lower())


QUESTIONS = (
    Question(
        "d-conveyors",
        "twin query",
        "engineer",
        "how many conveyors does the plant have?",
        lambda p: count(len(p.of("Conveyor"))),
    ),
    Question(
        "d-line2-parts",
        "twin query",
        "engineer",
        "How many conveyors are there on line 2?",
        lambda p: count(sum(one.startswith("line-2-") for one in ids(p.of("Conveyor")))),
    ),
    Question(
        "d-fillers",
        "twin query",
        "manager",
        "which fillers do we have?",
        lambda p: choice(ids(p.of("Filler")), ids(p.of("Filler", "Capper", "Labeller"))),
    ),
    Question(
        "d-maker",
        "twin query",
        "planner",
        "Which pumps and compressors were made by Hydrotec?",
        lambda p: made_by(p, "Hydrotec", "CentrifugalPump", "AirCompressor"),
    ),
    Question(
        "d-heads",
        "twin query",
        "engineer",
        "how many heads has the capper of line 3?",
        lambda p: count(next(one["heads"] for one in p.of("Capper") if one["$dtId"] == "line-3-capper")),
    ),
    Question(
        "d-board",
        "twin query",
        "operator",
        "What does board-utilities power?",
        lambda p: choice(p.ends("board-utilities", "powers")),
    ),
    Question(
        "d-criticality",
        "twin query",
        "planner",
        "How many assets have criticality A?",
        lambda p: count(sum(one.get("criticality") == "A" for one in p.twins)),
    ),
    Question(
        "d-serial",
        "twin query",
        "operator",
        "what is the serial number of the chiller?",
        lambda p: Expectation(answer_has=(plate(p, "chiller", "serialNumber"),), rows=("chiller",)),
    ),
    Question(
        "d-yesterday",
        "telemetry",
        "manager",
        "What was the average throughput of line 1 yesterday?",
        lambda p: amount(mean_of(p, "line-1", "throughput", YESTERDAY, YESTERDAY + timedelta(days=1)), "bottles/h"),
    ),
    Question(
        "d-level",
        "telemetry",
        "operator",
        "how full is the glycol tank right now?",
        lambda p: amount(last_of(p, "glycol-tank", "level"), "%", 1.0),
    ),
    Question(
        "d-max-pressure",
        "telemetry",
        "engineer",
        "What was the highest condensing pressure of the chiller in the last 24 hours?",
        lambda p: amount(max(p.signal("chiller", "condensingPressure").within(days_before(END, 1), END)), "bar"),
    ),
    Question(
        "d-min-air",
        "telemetry",
        "engineer",
        "lowest air header pressure between 2026-03-11T06:00:00+01:00 and 2026-03-11T14:00:00+01:00?",
        lambda p: amount(
            min(
                p.signal("air-header", "pressure").within(
                    YESTERDAY + timedelta(hours=6), YESTERDAY + timedelta(hours=14)
                )
            ),
            "bar",
        ),
    ),
    Question(
        "d-outdoor",
        "telemetry",
        "anybody",
        "What's the outdoor temperature at the plant now?",
        lambda p: amount(last_of(p, "plant", "ambientTemperature"), "°C", 0.5),
    ),
    Question(
        "d-faults",
        "telemetry",
        "manager",
        "how often did the filler of line 3 go into fault in the last 24 hours?",
        lambda p: count(_started(p, "line-3-filler", "fault", days_before(END, 1))),
    ),
    Question(
        "d-blocked",
        "telemetry",
        "engineer",
        "For how many minutes was the filler of line 3 blocked since yesterday 00:00?",
        lambda p: amount(_state_minutes(p, "line-3-filler", "blocked", YESTERDAY), "min", 2.0),
    ),
    Question(
        "d-vibration",
        "telemetry",
        "engineer",
        "Compare the vibration of glycol pump 1 and glycol pump 2 over the last 12 hours",
        lambda p: both(p, ("glycol-pump-1", "glycol-pump-2"), "vibration", END - timedelta(hours=12), END, "mm/s"),
    ),
    Question(
        "d-orders",
        "history",
        "planner",
        "how many work orders were there for line-3-labeller?",
        lambda p: count(len(orders(p, twin="line-3-labeller")), "work order"),
    ),
    Question(
        "d-jams",
        "history",
        "manager",
        "How many jams did line 2's labeller have in the work orders?",
        lambda p: count(len(orders(p, twin="line-2-labeller", code="JAM"))),
    ),
    Question(
        "d-most",
        "history",
        "manager",
        "Which asset had the most work orders?",
        lambda p: leader(most(orders(p), "twin"), ids(p.twins)),
    ),
    Question(
        "d-open",
        "history",
        "planner",
        "which work orders are still open?",
        lambda p: choice([o["id"] for o in orders(p) if o["status"] != "closed"], like=r"\b40\d{5}\b"),
    ),
    Question(
        "d-mean-cav",
        "history",
        "planner",
        "How long does a repair with code CAV take on average?",
        lambda p: amount(sum(hours(orders(p, code="CAV"))) / len(hours(orders(p, code="CAV"))), "h", 0.1),
    ),
    Question(
        "d-last-pump",
        "history",
        "operator",
        "when was the last work order on glycol-pump-1?",
        lambda p: moment(latest(orders(p, twin="glycol-pump-1")), 2),
    ),
    Question(
        "d-alarms",
        "history",
        "operator",
        "How many alarms had the air header in the last 10 days?",
        lambda p: count(len(since(p.rows("alarm", twin="air-header"), days_before(END, 10))), "alarm"),
    ),
    Question(
        "d-procedure",
        "history",
        "operator",
        "Which procedure covers changing the label reel?",
        lambda p: choice([_procedure(p, "change the label reel")], [r["id"] for r in p.rows("procedure")]),
    ),
)
