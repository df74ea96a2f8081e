"""A small workshop: two lines, a pump with its drive, air, steam, and a robot inside a cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from twinwright_tools.orders import WorkOrder
from twinwright_tools.plant import open_plant
from twinwright_tools.plant.config import PlantConfig
from twinwright_tools.telemetry.store import TelemetryStore
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import TwinGraph
from twinwright_tools.twins.load import load_twins

CONTEXT = "dtmi:dtdl:context;3"
MODELS = {
    "Asset": [],
    "ProductionLine": ["Asset"],
    "RotatingMachine": ["Asset"],
    "CentrifugalPump": ["RotatingMachine"],
    "VariableSpeedDrive": ["Asset"],
    "Switchboard": ["Asset"],
    "AirHeader": ["Asset"],
    "Boiler": ["Asset"],
    "WaterTank": ["Asset"],
    "Machine": ["Asset"],
    "Gauge": ["Asset"],
}
TWINS = {
    "site": "Asset",
    "line-1": "ProductionLine",
    "line-2": "ProductionLine",
    "board": "Switchboard",
    "drive": "VariableSpeedDrive",
    "pump": "CentrifugalPump",
    "tank": "WaterTank",
    "air": "AirHeader",
    "boiler": "Boiler",
    "washer": "Machine",
    "robot": "Machine",
    "gripper": "Machine",
    "press": "Machine",
    "gauge": "Gauge",
}
RELATIONSHIPS = [
    *[("site", "contains", twin) for twin in ("line-1", "line-2", "board", "drive", "pump", "tank", "air", "boiler")],
    ("line-1", "contains", "washer"),
    ("line-2", "contains", "robot"),
    ("line-2", "contains", "press"),
    ("robot", "contains", "gripper"),
    ("drive", "drives", "pump"),
    ("board", "powers", "drive"),
    ("tank", "feeds", "pump"),
    ("pump", "feeds", "washer"),
    ("pump", "feeds", "press"),
    ("washer", "heatedBy", "boiler"),
    ("board", "powers", "washer"),
    ("board", "powers", "robot"),
    ("air", "suppliesAir", "robot"),
    ("robot", "feeds", "press"),
    ("gauge", "controls", "washer"),
]
FLOWS = Flows({"contains": Flow("structure"), "heatedBy": Flow("backward")})


@dataclass
class Workshop:
    """What drafting an order reads of a plant."""

    models: ModelSet
    graph: TwinGraph
    at: datetime
    folder: Path
    config: PlantConfig
    telemetry: TelemetryStore

    @property
    def state(self) -> Path:
        """Nothing was ever fed back here."""
        return self.folder / ".twinwright"


def relationship_id(source: str, name: str, target: str) -> str:
    return f"{source}--{name}--{target}"


def graph_file() -> dict[str, Any]:
    models = [
        {
            "@context": CONTEXT,
            "@id": f"dtmi:com:example:shop:{name};1",
            "@type": "Interface",
            "extends": [f"dtmi:com:example:shop:{parent};1" for parent in parents],
            "contents": []
            if parents
            else [{"@type": "Relationship", "name": verb} for verb in sorted({verb for _, verb, _ in RELATIONSHIPS})],
        }
        for name, parents in MODELS.items()
    ]
    twins = [
        {"$dtId": twin, "$metadata": {"$model": f"dtmi:com:example:shop:{model};1"}} for twin, model in TWINS.items()
    ]
    relationships = [
        {
            "$relationshipId": relationship_id(source, name, target),
            "$sourceId": source,
            "$relationshipName": name,
            "$targetId": target,
        }
        for source, name, target in RELATIONSHIPS
    ]
    return {
        "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
        "digitalTwinsGraph": {"digitalTwins": twins, "relationships": relationships},
        "digitalTwinsModels": models,
    }


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """The workshop, loaded from a real graph file."""
    folder: Path = tmp_path_factory.mktemp("workshop")
    (folder / "graph.json").write_text(json.dumps(graph_file()))
    loaded = load_twins(folder, FLOWS)
    assert not [problem for problem in loaded.problems if problem.severity == "error"], loaded.problems
    at = datetime(2026, 1, 5, 8, tzinfo=UTC)
    with open_plant(folder, at=at) as plant:
        yield Workshop(loaded.models, loaded.graph, at, folder, PlantConfig(), plant.telemetry)


@pytest.fixture
def draft() -> WorkOrder:
    """A draft as the tools make it."""
    return WorkOrder(
        id="",
        asset="pump",
        location=["site", "pump"],
        title="Check the suction strainer",
        problem="Suction pressure fell from 0.61 bar to 0.12 bar.",
        failure_mode="cavitation",
        priority="P1",
        priority_reason="P1: …",
        tasks=["Look"],
        isolation=[],
        parts=[],
        skills=["mechanic"],
        duration_h=2.0,
        evidence=["E1"],
        run="R1",
        created=datetime(2026, 1, 5, 8, tzinfo=UTC),
        idempotency_key="key-1",
    )
