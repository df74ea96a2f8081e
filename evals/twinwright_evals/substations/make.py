"""Writes the fleet as a plant folder. The same seed gives the same bytes."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .fleet import Fleet
from .models import models

if TYPE_CHECKING:
    from datetime import datetime

_TOML = """name = "Nordwald distribution network"
timezone = "Europe/Oslo"

[relationships]
houses = "structure"
supplies = "forward"
protects = "backward"
monitors = "forward"
"""


def make_substations(folder: Path, seed: int) -> None:
    """graph.json, twinwright.toml, telemetry and history of the fleet in a folder."""
    from . import history

    fleet = Fleet(seed)
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
        "digitalTwinsGraph": {"digitalTwins": fleet.twins, "relationships": fleet.edges},
        "digitalTwinsModels": models(),
    }
    (folder / "graph.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "twinwright.toml").write_text(_TOML, encoding="utf-8")
    _telemetry(folder / "telemetry", fleet)
    target = folder / "history"
    target.mkdir(exist_ok=True)
    _csv(target / "work_orders.csv", history.work_orders(fleet))
    _csv(target / "alarms.csv", history.alarms(fleet))
    _csv(target / "oil_samples.csv", history.oil_samples(fleet))
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in history.notes(fleet))
    (target / "patrol_notes.jsonl").write_text(lines, encoding="utf-8")


def _telemetry(target: Path, fleet: Fleet) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from .telemetry import numbers, texts

    columns: dict[str, list[Any]] = {name: [] for name in ("timestamp", "twin", "signal", "value", "text")}

    def add(twin: str, signal: str, times: Sequence[datetime], values: Sequence[Any], texts: Sequence[Any]) -> None:
        columns["timestamp"] += times
        columns["twin"] += [twin] * len(times)
        columns["signal"] += [signal] * len(times)
        columns["value"] += values
        columns["text"] += texts

    for twin, signal, times, values in numbers(fleet):
        add(twin, signal, times, values.tolist(), [None] * len(times))
    for twin, signal, times, said in texts(fleet):
        add(twin, signal, times, [None] * len(times), said)
    schema = pa.schema(
        [
            ("timestamp", pa.timestamp("us", tz="UTC")),
            ("twin", pa.string()),
            ("signal", pa.string()),
            ("value", pa.float64()),
            ("text", pa.string()),
        ]
    )
    target.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns, schema), target / "network.parquet", compression="zstd")


def _csv(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
