"""Write a plant folder: graph.json, twinwright.toml, telemetry. The same input gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from .layout import FLOWS, graph
from .models import models
from .sensors import Events, Measured, changes, sense

NAME = "Gerolzhofen bottling plant"
TIMEZONE = "Europe/Berlin"
# Units that DTDL has no name for, by model.
UNITS = {
    "BottlingLine.throughput": "bottles/h",
    "PackagingMachine.speed": "bottles/h",
    "CentrifugalPump.vibration": "mm/s",
    "ControlValve.deviation": "%",
    "AirCompressor.flow": "Nm³/h",
    "AirServiceUnit.flow": "Nm³/h",
    "glycol-header.flow": "m³/h",
    "air-header.flow": "Nm³/h",
    "Thermometer.elementDifference": "K",
    "CentrifugalPump.sealLeakage": "l/h",
    "Chiller.superheat": "K",
    "AirCompressor.intakeDifferentialPressure": "mbar",
    "GridConnection.voltage": "kV",
    "Filler.fillVolumeSpread": "ml",
    "Packer.vacuum": "mbar",
}
# Declared instrument ranges, by model label: what the transmitters are scaled to.
RANGES: dict[str, tuple[float, float]] = {
    "Centrifugal pump.flow": (0.0, 60.0),
    "Centrifugal pump.suctionPressure": (-1.0, 1.5),
    "Centrifugal pump.dischargePressure": (0.0, 10.0),
    "Centrifugal pump.vibration": (0.0, 20.0),
    "Centrifugal pump.bearingTemperature": (-20.0, 150.0),
    "Glycol chiller.supplyTemperature": (-30.0, 60.0),
    "Glycol chiller.condensingPressure": (0.0, 40.0),
    "Tank.level": (0.0, 100.0),
    "Air service unit.pressure": (0.0, 10.0),
    "Control valve.position": (-5.0, 105.0),
    "Thermometer.temperature": (-20.0, 60.0),
    "Plate heat exchanger.pressureDrop": (0.0, 6.0),
    "Filler.productTemperature": (-20.0, 60.0),
    "Filler.bowlPressure": (0.0, 6.0),
    "Capper.capTorque": (0.0, 4.0),
    "Labeller.webTension": (0.0, 60.0),
    "Accumulation conveyor.accumulation": (-5.0, 105.0),
}
SCHEMA = pa.schema(
    [
        ("timestamp", pa.timestamp("us", tz="UTC")),
        ("twin", pa.string()),
        ("signal", pa.string()),
        ("value", pa.float64()),
        ("text", pa.string()),
    ]
)


def write_json(path: Path, document: Any) -> None:
    """JSON as people read it, with a newline at the end."""
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_twins(folder: Path) -> None:
    """graph.json and twinwright.toml."""
    twins, edges = graph()
    document = {
        "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
        "digitalTwinsGraph": {"digitalTwins": twins, "relationships": edges},
        "digitalTwinsModels": models(),
    }
    write_json(folder / "graph.json", document)
    lines = [f'name = "{NAME}"', f'timezone = "{TIMEZONE}"', "", "[relationships]"]
    lines += [f'{name} = "{flow}"' for name, flow in FLOWS.items()]
    lines += ["", "[units]", *(f'"{key}" = "{unit}"' for key, unit in UNITS.items())]
    lines += ["", "[ranges]", *(f'"{key}" = {{ low = {low}, high = {high} }}' for key, (low, high) in RANGES.items())]
    (folder / "twinwright.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_telemetry(
    folder: Path,
    sampled: Iterable[Measured],
    events: Iterable[Events],
    times: npt.NDArray[np.int64],
    seed: int,
    skip: int,
) -> None:
    """telemetry/*.parquet: one file per line, one for the utilities; the first `skip` steps are left out."""
    parts: dict[str, list[pa.RecordBatch]] = {}
    for measured in sampled:
        steps, values = sense(measured, seed)
        late = steps >= skip
        batch = _batch(measured.twin, measured.signal, times[steps[late]], values[late], None)
        parts.setdefault(_area(measured.twin), []).append(batch)
    for event in events:
        cut = Events(event.twin, event.signal, event.values[skip:])
        steps = changes(cut)
        logged = cut.values[steps]
        is_text = logged.dtype == object
        numbers = None if is_text else np.asarray(logged, dtype=np.float64)
        texts = logged.tolist() if is_text else None
        batch = _batch(event.twin, event.signal, times[skip:][steps], numbers, texts)
        parts.setdefault(_area(event.twin), []).append(batch)
    target = folder / "telemetry"
    target.mkdir(parents=True, exist_ok=True)
    for area, batches in parts.items():
        table = pa.Table.from_batches(batches, SCHEMA)
        pq.write_table(table, target / f"{area}.parquet", compression="zstd", row_group_size=250_000)


def _area(twin: str) -> str:
    """The file that a twin's telemetry stands in."""
    parts = twin.split("-")
    return f"line-{parts[1]}" if parts[0] == "line" else "utilities"


def _batch(
    twin: str,
    signal: str,
    times: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64] | None,
    texts: list[str] | None,
) -> pa.RecordBatch:
    count = len(times)
    columns = [
        pa.array(times, type=pa.timestamp("us", tz="UTC")),
        pa.repeat(twin, count),
        pa.repeat(signal, count),
        pa.nulls(count, pa.float64()) if values is None else pa.array(values),
        pa.nulls(count, pa.string()) if texts is None else pa.array(texts, pa.string()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
