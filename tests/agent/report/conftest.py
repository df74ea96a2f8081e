"""A small plant with a leaking seal, an investigation of it, and a browser to look at the report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twinwright_agent.conclusion import Claim, Struck
from twinwright_agent.report import write_report
from twinwright_agent.result import Investigation, RankedHypothesis, RunUsage
from twinwright_tools.evidence import Evidence, Fact
from twinwright_tools.orders.order import IsolationPoint, Part, WorkOrder
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.times import iso

HOSTILE = '<img src="https://example.invalid/x" onerror="globalThis.owned=1"><script>globalThis.owned=1</script>'
START = datetime(2026, 1, 5, tzinfo=UTC)
AT = START + timedelta(hours=8)
ONSET = START + timedelta(hours=5)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_SIGNALS = {
    ("pump", "pressure"): (4.0, 2.5, 0.0),
    ("cooler", "temperature"): (6.0, 11.0, 0.5),
    ("filler", "rate"): (36_000.0, 24_000.0, 1.0),
    ("filler", "running"): (1.0, 0.0, 1.5),
}

_SETTINGS = """
name = "Test plant"
timezone = "Europe/Berlin"

[relationships]
feeds = "forward"
cools = "forward"
contains = "structure"
"""


def _model(name: str, **telemetry: tuple[str, str | None]) -> dict[str, Any]:
    contents: list[dict[str, Any]] = [{"@type": "Property", "name": "name", "schema": "string"}]
    for signal, (schema, semantic) in telemetry.items():
        kind: Any = ["Telemetry", semantic.split(":")[0]] if semantic else "Telemetry"
        unit = {"unit": semantic.split(":")[1]} if semantic else {}
        contents.append({"@type": kind, "name": signal, "schema": schema, **unit})
    contents += [{"@type": "Relationship", "name": way} for way in ("feeds", "cools", "contains")]
    context = ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"]
    return {"@context": context, "@id": f"dtmi:test:{name};1", "@type": "Interface", "contents": contents}


def _graph() -> dict[str, Any]:
    models = [
        _model("Pump", pressure=("double", "Pressure:bar")),
        _model("Cooler", temperature=("double", "Temperature:degreeCelsius")),
        _model("Filler", rate=("double", None), running=("boolean", None)),
        _model("Line"),
    ]
    names = {
        "pump": "Glycol pump",
        "cooler": f"Cooler {HOSTILE}",
        "filler": "Filler 3",
        "line": "Line 3",
        "valve": "Inlet valve",
    }
    kinds = {"pump": "Pump", "cooler": "Cooler", "filler": "Filler", "line": "Line", "valve": "Pump"}
    twins = [
        {"$dtId": twin, "$metadata": {"$model": f"dtmi:test:{kinds[twin]};1"}, "name": name}
        for twin, name in names.items()
    ]
    edges = [
        ("pump", "feeds", "cooler"),
        ("cooler", "cools", "filler"),
        ("valve", "feeds", "pump"),
        ("line", "contains", "filler"),
    ]
    ways = [
        {"$relationshipId": f"r{index}", "$sourceId": begin, "$relationshipName": name, "$targetId": end}
        for index, (begin, name, end) in enumerate(edges)
    ]
    return {
        "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
        "digitalTwinsGraph": {"digitalTwins": twins, "relationships": ways},
        "digitalTwinsModels": models,
    }


def _telemetry(file: Path) -> None:
    random = np.random.default_rng(1)
    seconds = np.arange(0, 8 * 3600 + 1, 30)
    seconds = seconds[(seconds < 7200) | (seconds > 8400)]  # twenty minutes are missing
    tables = []
    for (twin, signal), (before, after, lag_h) in _SIGNALS.items():
        since = 1 / (1 + np.exp(-(seconds / 3600 - 5.2 - lag_h) * 12))
        values = before + (after - before) * since
        values = np.round(values) if signal == "running" else values + random.normal(0, before * 0.01, len(seconds))
        times = pa.array([START + timedelta(seconds=int(second)) for second in seconds], pa.timestamp("us", tz="UTC"))
        many = len(seconds)
        columns = {"timestamp": times, "twin": [twin] * many, "signal": [signal] * many, "value": values}
        tables.append(pa.table({**columns, "text": pa.array([None] * many, pa.string())}))
    pq.write_table(pa.concat_tables(tables), file)


@pytest.fixture(scope="session")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    folder = tmp_path_factory.mktemp("plant")
    (folder / "graph.json").write_text(json.dumps(_graph()))
    (folder / "twinwright.toml").write_text(_SETTINGS)
    (folder / "telemetry").mkdir()
    _telemetry(folder / "telemetry" / "all.parquet")
    (folder / "history").mkdir()
    note = {"kind": "note", "twin": "pump", "text": f"seal drips {HOSTILE}", "time": iso(START)}
    (folder / "history" / "notes.jsonl").write_text(json.dumps(note) + "\n")
    with open_plant(folder, state=tmp_path_factory.mktemp("state"), at=AT) as opened:
        yield opened


def _deviation(twin: str, signal: str, lag: timedelta, score: float) -> dict[str, Any]:
    return {
        "signal": f"{twin}.{signal}",
        "onset": iso(ONSET + lag),
        "onset_uncertainty_s": 300.0,
        "score_sigma": score,
    }


def _evidence(plant: Plant) -> list[Evidence]:
    deviations = [
        _deviation("pump", "pressure", timedelta(0), 30.0),
        _deviation("cooler", "temperature", timedelta(minutes=30), 40.0),
        _deviation("filler", "rate", timedelta(hours=1), 25.0),
    ]
    notes = plant.history.search("seal")
    causes = {"symptoms": ["filler.rate"], "top": 5}
    window = {"signals": ["filler.running"], "from": iso(START), "to": iso(AT)}
    engine = {"reproduce": f"twinwright diagnose --at {iso(AT)} --symptom filler.rate", "provenance": "engine"}
    history = {"reproduce": "twinwright history --search seal", "provenance": "history"}
    shown = {"reproduce": "twinwright window filler.running", "provenance": "telemetry"}
    onset = [
        Fact(name="pump.pressure onset", value=iso(ONSET)),
        Fact(name="pump.pressure after", value=2.5, unit="bar"),
    ]
    found: list[dict[str, Any]] = [
        {"tool": "rank_causes", "arguments": causes, "summary": "The engine names a cause.", **engine},
        {
            "tool": "find_deviations",
            "arguments": {"twin": "line"},
            "summary": "3 deviate.",
            "facts": onset,
            "age_s": 30.0,
        }
        | {"data": {"deviations": deviations}, **engine},
        {
            "tool": "search_history",
            "arguments": {"words": "seal"},
            "summary": f"1 row: {notes[0]['text']}",
            "data": notes,
        }
        | history,
        {"tool": "telemetry_window", "arguments": window, "summary": "It stopped.", "quality": "1 gap", **shown},
    ]
    return [Evidence(id=f"E{number}", **one) for number, one in enumerate(found, 1)]


def _order() -> WorkOrder:
    return WorkOrder(
        id="WO-7",
        asset="pump",
        location=["line", "pump"],
        title="Replace the seal",
        problem=f"Pressure fell to 2.5 bar at {iso(ONSET)}",
        failure_mode=None,
        priority="P2",
        priority_reason="line 3 is slow",
        tasks=["Lock out the pump", "Replace the seal"],
        isolation=[IsolationPoint(twin="valve", energy="pressure", action="close and lock", relationship="feeds")],
        parts=[Part(name="shaft seal", quantity=1)],
        skills=["fitter"],
        duration_h=2.5,
        evidence=["E2"],
        run="run-1",
        created=AT,
        idempotency_key="run-1/call-1",
    )


@pytest.fixture(scope="session")
def investigation(plant: Plant) -> Investigation:
    supports = [Claim(text=f"It left its past first, at {iso(ONSET)}.", evidence=["E2"])]
    against = [Claim(text="Nobody heard it.", evidence=["E3"])]
    top = RankedHypothesis(
        rank=1,
        evidence=["E2", "E3"],
        twin="pump",
        signal="pressure",
        mode="seal-that-nobody-catalogued",
        confidence=0.82,
        onset=iso(ONSET),
        chain=["pump", "cooler", "filler", "line"],
        why_no_path=None,
        supports=supports,
        contradicts=against,
        next_check="Look at the shaft seal while it runs.",
    )
    second = top.model_copy(
        update={"rank": 2, "twin": "cooler", "signal": "temperature", "confidence": 0.1, "chain": []}
    )
    claims = [Claim(text=f"The pump lost pressure at {iso(ONSET)}.", evidence=["E2"])]
    struck = [
        Struck(text="It was serviced 412 days ago.", evidence=["E3"], reason="412 stands nowhere", where="answer")
    ]
    return Investigation(
        run="run-1",
        model="rules",
        status="concluded",
        question="Why is line 3 slow?",
        at=iso(AT),
        answer=claims[0].text,
        claims=claims,
        verdict="cause",
        hypotheses=[top, second],
        evidence=_evidence(plant),
        struck=struck,
        work_orders=[_order()],
        usage=RunUsage(turns=3, tool_calls=4, seconds=1.5),
    )


@pytest.fixture
def report(tmp_path: Path, plant: Plant) -> Callable[[Investigation], Path]:
    """Writes the report of an investigation and says where."""

    def write(investigation: Investigation) -> Path:
        path = tmp_path / "report.html"
        write_report(path, investigation, plant)
        return path

    return write


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, plant: Plant, investigation: Investigation) -> Path:
    """The report of the investigation, written once."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, investigation, plant)
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium, without any background traffic of its own."""
    from playwright.sync_api import sync_playwright

    program = next(found for name in CHROMIUM if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield opened
        opened.close()
