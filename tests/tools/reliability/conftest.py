"""Three pumps of two models, with a year of work orders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twinwright_tools.plant import Plant, open_plant

AT = datetime(2026, 2, 1, tzinfo=UTC)
ROWS = """kind,id,time,twin,status,code,closed,duration_h,type,text,remedy
work_order,W1,2025-02-01T00:00:00Z,pump-1,closed,SEAL,2025-02-02T00:00:00Z,4,corrective,Seal leaking,New seal
work_order,W2,2025-03-01T00:00:00Z,pump-1,closed,SEAL,2025-03-01T12:00:00Z,2,corrective,Seal weeps again,Shaft polished
work_order,W3,2025-06-01T00:00:00Z,pump-1,closed,BRG,2025-06-02T00:00:00Z,6,corrective,Bearing loud,Bearing changed
work_order,W4,2025-07-01T00:00:00Z,pump-2,closed,SEAL,2025-07-02T00:00:00Z,3,corrective,Puddle below,New seal
work_order,W5,2025-08-01T00:00:00Z,pump-2,closed,PM,2025-08-02T00:00:00Z,1,corrective,Yearly round,
work_order,W6,2025-09-01T00:00:00Z,pump-2,closed,BRG,2025-09-02T00:00:00Z,1,preventive,Greased,
work_order,W7,2025-10-01T00:00:00Z,pump-2,cancelled,SEAL,,,corrective,Not confirmed,
work_order,W8,2025-12-01T00:00:00Z,fan-1,open,BELT,,,corrective,Belt slips,
work_order,W9,2026-03-01T00:00:00Z,fan-1,open,BELT,,,corrective,After the moment of asking,
failure_code,,,,,PM,,,,Planned maintenance,
failure_code,,,,,SEAL,,,,Seal leaks,
"""
MODELS = ("Pump", "Pump", "Fan", "Fan")
TWINS = ("pump-1", "pump-2", "fan-1", "fan-2")
GRAPH = {
    "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
    "digitalTwinsGraph": {
        "digitalTwins": [
            {"$dtId": twin, "$metadata": {"$model": f"dtmi:test:{model};1"}}
            for twin, model in zip(TWINS, MODELS, strict=True)
        ],
        "relationships": [],
    },
    "digitalTwinsModels": [
        {"@context": "dtmi:dtdl:context;3", "@id": f"dtmi:test:{model};1", "@type": "Interface", "contents": []}
        for model in ("Pump", "Fan")
    ],
}


@pytest.fixture(scope="session")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """The plant, asked on the first of February 2026."""
    folder = tmp_path_factory.mktemp("pumps")
    (folder / "history").mkdir()
    (folder / "graph.json").write_text(json.dumps(GRAPH))
    (folder / "history" / "orders.csv").write_text(ROWS)
    with open_plant(folder, at=AT, cache_home=Path(folder / "cache")) as opened:
        yield opened
