"""Questions about the substation fleet, each with how its answer is worked out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ..cases import Expectation
from ..raw_plant import RawPlant, Row
from ..substations.telemetry import END
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
    since,
)

OSLO = ZoneInfo("Europe/Oslo")


def _over(plant: RawPlant, twin: str, signal: str, limit: float, start: datetime) -> float:
    """How many hours an hourly signal was above a limit."""
    return float(sum(value > limit for value in plant.signal(twin, signal).within(start, END + timedelta(hours=1))))


def _in_year(rows: list[Row], year: str) -> list[Row]:
    return [row for row in rows if row["time"].startswith(year)]


def _hottest(plant: RawPlant) -> Expectation:
    transformers = ids(plant.of("PowerTransformer"))
    now = {twin: last_of(plant, twin, "topOilTemperature") for twin in transformers}
    return leader(max(now, key=lambda twin: now[twin]), transformers)


def _last_opening(plant: RawPlant, twin: str) -> Expectation:
    position = plant.signal(twin, "position")
    opened = [time for time, value in zip(position.times, position.values, strict=True) if value == "open"]
    return moment(max(opened), 2)


QUESTIONS = (
    Question(
        "s-transformers",
        "twin query",
        "manager",
        "How many power transformers do we have?",
        lambda p: count(len(p.of("PowerTransformer"))),
    ),
    Question(
        "s-granmo-feeders",
        "twin query",
        "operator",
        "how many feeders does Granmo have?",
        lambda p: count(sum(one.startswith("granmo-") for one in ids(p.of("Feeder")))),
    ),
    Question(
        "s-big",
        "twin query",
        "planner",
        "Which transformers have a rated power of 40 MVA or more?",
        lambda p: choice(
            ids(t for t in p.of("PowerTransformer") if t["ratedPower"] >= 40.0), ids(p.of("PowerTransformer"))
        ),
    ),
    Question(
        "s-old",
        "twin query",
        "planner",
        "Which power transformers have been in service since before 1995?",
        lambda p: choice(
            ids(t for t in p.of("PowerTransformer") if t["inService"] < "1995"), ids(p.of("PowerTransformer"))
        ),
    ),
    Question(
        "s-maker",
        "twin query",
        "planner",
        "list the transformers made by Tessier",
        lambda p: made_by(p, "Tessier", "PowerTransformer"),
    ),
    Question(
        "s-uplands",
        "twin query",
        "manager",
        "which substations are in the uplands region?",
        lambda p: choice(
            [one for one in p.ends("region-uplands", "houses") if one in ids(p.of("Substation"))],
            ids(p.of("Substation")),
        ),
    ),
    Question(
        "s-staffed",
        "twin query",
        "anybody",
        "Which substation is staffed?",
        lambda p: choice(ids(s for s in p.of("Substation") if s["staffed"]), ids(p.of("Substation"))),
    ),
    Question(
        "s-busbar",
        "twin query",
        "engineer",
        "which transformers supply elvedal-busbar?",
        lambda p: choice(p.starts("elvedal-busbar", "supplies"), ids(p.of("PowerTransformer"))),
    ),
    Question(
        "s-customers",
        "twin query",
        "manager",
        "How many feeders have more than 4000 customers?",
        lambda p: count(sum(one["customers"] > 4000 for one in p.of("Feeder"))),
    ),
    Question(
        "s-oil-now",
        "telemetry",
        "operator",
        "what is the top-oil temperature of havnes-t2?",
        lambda p: amount(last_of(p, "havnes-t2", "topOilTemperature"), "°C", 1.0),
    ),
    Question(
        "s-hottest",
        "telemetry",
        "operator",
        "Which transformer has the highest top-oil temperature right now?",
        _hottest,
    ),
    Question(
        "s-max-load",
        "telemetry",
        "engineer",
        "What was the maximum load current of transformer T1 at Solvik in the last 7 days?",
        lambda p: amount(
            max(p.signal("solvik-t1", "loadCurrent").within(days_before(END, 7), END + timedelta(hours=1))), "A"
        ),
    ),
    Question(
        "s-mean-power",
        "telemetry",
        "engineer",
        "average active power of feeder F2 Tjern on 2026-02-18",
        lambda p: amount(
            mean_of(
                p, "tjern-f2", "activePower", datetime(2026, 2, 18, tzinfo=OSLO), datetime(2026, 2, 19, tzinfo=OSLO)
            ),
            "kW",
        ),
    ),
    Question(
        "s-low-voltage",
        "telemetry",
        "engineer",
        "What is the lowest voltage on the Vidde busbar in the last 3 days?",
        lambda p: amount(
            min(p.signal("vidde-busbar", "voltage").within(days_before(END, 3), END + timedelta(hours=1))), "kV", 0.01
        ),
    ),
    Question(
        "s-compare",
        "telemetry",
        "engineer",
        "Compare the top-oil temperature of havnes-t1 and havnes-t2 over the last 2 days",
        lambda p: both(
            p, ("havnes-t1", "havnes-t2"), "topOilTemperature", days_before(END, 2), END + timedelta(hours=1), "°C"
        ),
    ),
    Question(
        "s-over",
        "telemetry",
        "engineer",
        "For how many hours was the top-oil temperature of havnes-t2 above 20 °C in the last 10 days?",
        lambda p: amount(_over(p, "havnes-t2", "topOilTemperature", 20.0, days_before(END, 10)), "h", 3.0),
    ),
    Question(
        "s-opened",
        "telemetry",
        "operator",
        "When did the breaker granmo-f2-breaker last open?",
        lambda p: _last_opening(p, "granmo-f2-breaker"),
    ),
    Question(
        "s-orders-2025",
        "history",
        "planner",
        "How many work orders did havnes-t2 have in 2025?",
        lambda p: count(len(_in_year(orders(p, twin="havnes-t2"), "2025")), "work order"),
    ),
    Question(
        "s-code",
        "history",
        "manager",
        "Which failure code comes up most often in the work orders?",
        lambda p: leader(most(orders(p), "code"), {o["code"] for o in orders(p)}),
    ),
    Question(
        "s-oltc-hours",
        "history",
        "planner",
        "What is the mean duration of OLTC work orders?",
        lambda p: amount(sum(hours(orders(p, code="OLTC"))) / len(hours(orders(p, code="OLTC"))), "h", 0.1),
    ),
    Question(
        "s-open",
        "history",
        "planner",
        "which work orders are open?",
        lambda p: choice([o["id"] for o in orders(p, status="open")], like=r"\bNW-\d{5}\b"),
    ),
    Question(
        "s-alarms",
        "history",
        "operator",
        "How many alarms were there in the last 14 days?",
        lambda p: count(len(since(p.rows("alarm"), days_before(END, 14))), "alarm"),
    ),
    Question(
        "s-earth",
        "history",
        "engineer",
        "How many earth faults did the feeders have in the alarm list?",
        lambda p: count(sum(row["text"] == "Earth fault" for row in p.rows("alarm"))),
    ),
    Question(
        "s-sample",
        "history",
        "engineer",
        "When was the last oil sample of fjellbu-t1 taken?",
        lambda p: moment(latest(p.rows("oil_sample", twin="fjellbu-t1")), 2),
    ),
    Question(
        "s-hydrogen",
        "history",
        "engineer",
        "What was the highest hydrogen in the oil samples of elvedal-t2?",
        lambda p: amount(max(float(r["hydrogen_ppm"]) for r in p.rows("oil_sample", twin="elvedal-t2")), None, 0.0),
    ),
    Question(
        "s-since",
        "history",
        "manager",
        "Since when has havnes-t2 had top-oil temperature alarms this month?",
        lambda p: moment(
            min(
                datetime.fromisoformat(r["time"])
                for r in p.rows("alarm", twin="havnes-t2")
                if r["text"] == "Top-oil temperature high"
                and datetime.fromisoformat(r["time"]) >= datetime(2026, 2, 1, tzinfo=UTC)
            ),
            2,
        ),
    ),
)
