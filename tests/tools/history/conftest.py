"""A history of a dozen rows, opened once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twinwright_tools.history.store import HistoryStore
from twinwright_tools.plant import open_plant

AT = datetime(2026, 2, 1, tzinfo=UTC)
ROWS = """kind,twin,time,id,status,code,priority,closed,duration_h,text,crew
work_order,pump-1,2025-11-03T08:00:00Z,W1,closed,SEAL,2,2025-11-04T08:00:00Z,3.5,Seal leaking,north
work_order,pump-1,2025-12-10T06:30:00Z,W2,closed,BEARING,1,2025-12-12T06:30:00Z,5,Bearing is loud,north
work_order,pump-2,2026-01-05T09:00:00Z,W3,closed,SEAL,2,2026-01-05T15:00:00Z,2,Seal replaced,south
work_order,fan-1,2026-01-09T10:00:00Z,W4,open,BELT,3,,,Belt slips,south
work_order,pump-1,2026-01-20T23:30:00Z,W5,cancelled,,3,,,Noise not confirmed,
alarm,pump-1,2025-12-09T22:15:00Z,A1,,VIB-HIGH,,,,Vibration high,
alarm,pump-1,2025-12-10T01:00:00Z,A2,,VIB-HIGH,,,,Vibration high,
alarm,fan-1,2026-01-09T09:58:00Z,A3,,SPEED-LOW,,,,Speed low,
note,pump-2,2026-01-05T07:00:00Z,,,,,,,Puddle under the pump; it's the seal,
note,fan-1,2026-01-10T07:00:00Z,,,,,,,Asked for a new belt,
failure_code,,,SEAL,,,,,,Mechanical seal leaks,
note,fan-1,2026-03-01T07:00:00Z,,,,,,,Written later,
"""
GRAPH = {
    "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
    "digitalTwinsGraph": {
        "digitalTwins": [
            {"$dtId": name, "$metadata": {"$model": "dtmi:test:Machine;1"}} for name in ("pump-1", "pump-2", "fan-1")
        ],
        "relationships": [],
    },
    "digitalTwinsModels": [
        {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:test:Machine;1", "@type": "Interface", "contents": []}
    ],
}


@pytest.fixture(scope="session")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HistoryStore]:
    """Two pumps and a fan, asked on the first of February 2026."""
    folder = tmp_path_factory.mktemp("machines")
    (folder / "history").mkdir()
    (folder / "graph.json").write_text(json.dumps(GRAPH))
    (folder / "history" / "log.csv").write_text(ROWS)
    with open_plant(folder, at=AT, cache_home=Path(folder / "cache")) as plant:
        yield plant.history
