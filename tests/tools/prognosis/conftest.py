"""A small fleet of fans whose vibration drifts, and what is stated of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

START_US = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
DAY_US = 86_400_000_000
FAN = "dtmi:com:example:Fan;1"
EXHAUST = "dtmi:com:example:ExhaustFan;1"
# Fan: climb of its vibration in mm/s per day, over twenty days from 2 mm/s on.
FLEET = {"fan-1": 0.2, "fan-2": 0.1, "fan-3": 0.0, "fan-4": 0.1, "fan-5": -0.05}


def graph() -> dict[str, Any]:
    """Fans and one exhaust fan (fan-2, which inherits), the fourth with a limit of its own as a property."""
    contents = [
        {
            "@type": ["Telemetry", "Velocity"],
            "name": "vibration",
            "displayName": "Vibration",
            "schema": "double",
            "unit": "metrePerSecond",
        },
        {"@type": "Telemetry", "name": "running", "schema": "boolean"},
        {
            "@type": ["Property", "Velocity"],
            "name": "vibrationHighLimit",
            "schema": "double",
            "unit": "metrePerSecond",
        },
        {"@type": ["Property", "Velocity"], "name": "vibrationTrip", "schema": "double", "unit": "metrePerSecond"},
    ]
    context = ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"]
    models = [
        {"@context": context, "@id": FAN, "@type": "Interface", "displayName": "Fan", "contents": contents},
        {"@context": context, "@id": EXHAUST, "@type": "Interface", "displayName": "Exhaust fan", "extends": FAN},
    ]
    twins = [
        {"$dtId": name, "$metadata": {"$model": EXHAUST if name == "fan-2" else FAN}}
        | ({"vibrationHighLimit": 5.0, "vibrationTrip": 8.0} if name == "fan-4" else {})
        for name in FLEET
    ]
    return {
        "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
        "digitalTwinsGraph": {"digitalTwins": twins, "relationships": []},
        "digitalTwinsModels": models,
    }


@pytest.fixture
def make_fans(tmp_path: Path) -> Callable[..., Path]:
    """Writes the plant; `config` goes into twinwright.toml, `rows` (micros, twin, signal, value) to the telemetry."""

    def make(config: str = "", rows: list[tuple[int, str, str, float]] | None = None) -> Path:
        place = tmp_path / "plant"
        (place / "telemetry").mkdir(parents=True)
        (place / "graph.json").write_text(json.dumps(graph()))
        (place / "twinwright.toml").write_text('timezone = "Europe/Berlin"\n' + config)
        rng = np.random.default_rng(5)
        times = START_US + np.arange(0, 20 * DAY_US, DAY_US // 24)
        written = list(rows or [])
        for name, climb in FLEET.items():
            values = 2 + climb * (times - START_US) / DAY_US + 0.05 * rng.standard_normal(len(times))
            written += [(int(time), name, "vibration", float(value)) for time, value in zip(times, values, strict=True)]
        columns = list(zip(*written, strict=True))
        table = pa.table(
            {
                "timestamp": pa.array(columns[0], pa.timestamp("us", tz="UTC")),
                "twin": pa.array(columns[1]),
                "signal": pa.array(columns[2]),
                "value": pa.array(columns[3], pa.float64()),
            }
        )
        pq.write_table(table, place / "telemetry" / "fans.parquet")
        return place

    return make
