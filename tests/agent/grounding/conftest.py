"""A small plant to check conclusions against: a pump feeds a cooler, which cools a filler of line 3."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from twinwright_agent.grounding import Grounds
from twinwright_tools.evidence import Evidence, Fact, Finding
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def graph() -> TwinGraph:
    twins = [
        Twin("pump-P102", "dtmi:x:Pump;1", {"name": "Chiller pump 2"}),
        Twin("cooler-1", "dtmi:x:Cooler;1"),
        Twin("filler-3", "dtmi:x:Filler;1"),
        Twin("line-1", "dtmi:x:Line;1", {"name": "Line 1"}),
        Twin("line-2", "dtmi:x:Line;1", {"name": "Line 2"}),
        Twin("line-3", "dtmi:x:Line;1", {"name": "Line 3"}),
        Twin("packer-3", "dtmi:x:Packer;1"),
        Twin("power", "dtmi:x:Power;1"),
        Twin("line-2-belt-5", "dtmi:x:Belt;1", {"name": "Belt 2.5, filler to packer"}),
        Twin("line-2-belt-6", "dtmi:x:Belt;1", {"name": "Belt 2.6 (spare)"}),
    ]
    relationships = (
        Relationship("r1", "feeds", "pump-P102", "cooler-1"),
        Relationship("r2", "cools", "cooler-1", "filler-3"),
        Relationship("r3", "contains", "line-3", "filler-3"),
        Relationship("r4", "contains", "line-3", "packer-3"),
        Relationship("r5", "feeds", "filler-3", "packer-3"),
    )
    flows = Flows({"feeds": Flow("forward"), "cools": Flow("forward"), "contains": Flow("structure")})
    return TwinGraph({twin.id: twin for twin in twins}, relationships, flows)


def evidence() -> list[Evidence]:
    window = Finding(
        summary="pump-P102.outletPressure fell from 4.08 bar to 2.91 bar at 2026-01-05T08:12:40+00:00.",
        facts=[
            Fact(name="median before", value=4.08, unit="bar"),
            Fact(name="median since", value=2.91, unit="bar"),
            Fact(name="onset", value="2026-01-05T08:12:40+00:00"),
            Fact(name="coverage", value=0.973),
            Fact(name="production", value=23456.0, unit="bottles"),
        ],
        data={"points": [["2026-01-05T08:00:00+00:00", 4.11], ["2026-01-05T09:00:00+00:00", 2.88]], "unit": "bar"},
        reproduce="twinwright window pump-P102.outletPressure",
        provenance="telemetry",
        age_s=10.0,
    )
    deviations = Finding(
        summary="2 signals left their past.",
        facts=[],
        data={
            "deviations": [
                {"signal": "cooler-1.outletTemperature", "before": 4.0, "after": 7.5, "unit": "°C", "score": 12.4},
                {"signal": "filler-3.rate", "before": 600.0, "after": 510.0, "unit": "bottles/min", "score": 8.1},
            ],
            "onset": "2026-01-05T08:31:00+00:00",
        },
        reproduce="twinwright diagnose",
        provenance="engine",
    )
    samples = Finding(
        summary="filler-3.state",
        facts=[Fact(name="standing still", value=0.0740741, unit="share of time")],
        data={"points": [[0.0, 40.25], [1337.0, 41.5]], "unit": None},
        reproduce="twinwright window filler-3.state",
        provenance="telemetry",
    )
    belts = Finding(
        summary="The query over grid gave 1 row.",
        facts=[Fact(name="rows", value=1)],
        data={"columns": ["time", "line_2_belt_5_rate"], "rows": [["2026-01-05T08:00:00+00:00", 40.5]]},
        reproduce="twinwright analyse",
        provenance="telemetry",
    )
    phases = Finding(
        summary="The query over grid gave 3 rows.",
        facts=[Fact(name="rows", value=3)],
        data={
            "columns": ["phase", "drop_x1000"],
            "rows": [["before 06:30Z", 2.631], ["from 11:00Z", 10.36], ["as line-1 and line-2, at 07:15", 3.7]],
        },
        reproduce="twinwright analyse",
        provenance="telemetry",
    )
    ranked = Finding(
        summary="The engine ranks 2 causes.",
        facts=[],
        data={
            "hypotheses": [
                {"twin": "pump-P102", "confidence": 0.6, "onset": "2026-01-05T07:40:00+00:00"},
                {"twin": "cooler-1", "confidence": 0.3, "onset": "2026-01-05T07:50:00+00:00"},
            ]
        },
        reproduce="twinwright diagnose",
        provenance="engine",
    )
    return [
        Evidence.of(4, "analyse", {"signals": ["line-2-belt-*.rate", "cooler-1", "max(filler-3.rate) AS f"]}, belts),
        Evidence.of(
            6,
            "analyse",
            {"sql": "SELECT phase, median(d/(f*f))*1000 … WHERE gap > 2 GROUP BY time_bucket(INTERVAL '20 min', time)"},
            phases,
        ),
        Evidence.of(5, "rank_causes", {"symptoms": ["line-3"]}, ranked),
        Evidence.of(3, "telemetry_window", {}, samples),
        Evidence.of(1, "telemetry_window", {"signals": ["pump-P102.outletPressure"]}, window),
        Evidence.of(2, "find_deviations", {"twin": "line-3"}, deviations),
    ]


@pytest.fixture
def grounds() -> Grounds:
    return Grounds(
        evidence={item.id: item for item in evidence()},
        graph=graph(),
        zone=ZoneInfo("Europe/Berlin"),
        at=AT,
        modes=frozenset({"cavitation", "fouling"}),
        signals=frozenset({"outletPressure", "outletTemperature", "rate", "vibrationRms"}),
        keys=frozenset({"line-2-belt-5.rate", "line-2-belt-6.rate", "cooler-1.outletTemperature", "filler-3.rate"}),
    )
