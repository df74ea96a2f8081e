"""A small plant folder to break in many ways."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twinwright_tools.plant import Plant, open_plant

MODELS = [
    {
        "@context": "dtmi:dtdl:context;3",
        "@id": "dtmi:com:example:Pump;1",
        "@type": "Interface",
        "displayName": "Pump",
        "contents": [
            {"@type": "Telemetry", "name": "flow", "displayName": "Flow rate", "schema": "double"},
            {"@type": "Telemetry", "name": "running", "schema": "boolean"},
            {"@type": "Telemetry", "name": "mode", "schema": "string"},
            {"@type": "Relationship", "name": "feeds"},
            {"@type": "Relationship", "name": "contains"},
        ],
    }
]
TELEMETRY = """timestamp,twin,signal,value,text
2026-01-05T00:00:00Z,P1,flow,1.0,
2026-01-05T00:00:10Z,P1,Flow rate,2.0,
2026-01-05T00:00:20Z,P1,flow,4.0,
2026-01-05T00:00:30Z,P1,flow,8.0,
2026-01-05T00:00:40Z,P1,flow,16.0,
2026-01-05T00:00:00Z,P1,running,1,
2026-01-05T00:00:20Z,P1,running,0,
2026-01-05T00:00:00Z,P1,mode,,auto
2026-01-05T00:00:25Z,P1,mode,,hand
"""
HISTORY = """kind,twin,time,id,status,code,priority,closed,duration_h,text,remedy
work_order,P1,2026-01-01T08:00:00Z,W1,closed,SEAL,2,2026-01-02T08:00:00Z,3.5,Seal leaking at the pump,new seal
work_order,P1,2026-01-04T08:00:00Z,W2,closed,BEARING,1,2026-01-06T08:00:00Z,5,Bearing is loud,replaced bearing
note,P2,2026-01-07T08:00:00Z,,,,,,,Later note about leaks,
failure_code,,,SEAL,,,,,,Mechanical seal leaks,
"""


@pytest.fixture
def pump_plant(tmp_path: Path) -> Path:
    """A plant folder: P1 feeds P2, both pumps."""
    place = tmp_path / "plant"
    (place / "telemetry").mkdir(parents=True)
    (place / "history").mkdir()
    graph: dict[str, Any] = {
        "digitalTwins": [{"$dtId": name, "$metadata": {"$model": "dtmi:com:example:Pump;1"}} for name in ("P1", "P2")],
        "relationships": [
            {"$relationshipId": "r1", "$sourceId": "P1", "$targetId": "P2", "$relationshipName": "feeds"}
        ],
    }
    document = {
        "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
        "digitalTwinsGraph": graph,
        "digitalTwinsModels": MODELS,
    }
    (place / "graph.json").write_text(json.dumps(document))
    (place / "telemetry" / "a.csv").write_text(TELEMETRY)
    (place / "history" / "log.csv").write_text(HISTORY)
    (place / "twinwright.toml").write_text('[relationships]\nfeeds = "forward"\n')
    return place


@pytest.fixture
def open_pumps(pump_plant: Path) -> Iterator[Callable[..., Plant]]:
    """Opens the folder; all that was opened is closed at the end."""
    plants: list[Plant] = []

    def open_it(**arguments: Any) -> Plant:
        plants.append(open_plant(pump_plant, **arguments))
        return plants[-1]

    yield open_it
    for plant in plants:
        plant.close()
