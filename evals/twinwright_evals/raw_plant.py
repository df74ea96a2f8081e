"""A plant folder as plain rows, for working out what a question's answer is without any of Twinwright's queries."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]


@dataclass
class Signal:
    """The samples of one signal in the order of time; a value is a number or a text."""

    times: list[datetime] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def within(self, start: datetime, end: datetime) -> list[Any]:
        """The values from `start` (included) to `end` (left out)."""
        return [value for time, value in zip(self.times, self.values, strict=True) if start <= time < end]


@dataclass
class RawPlant:
    """Twins and relationships as they stand in graph.json, history rows as text; telemetry is read when asked for."""

    twins: list[Row]
    edges: list[Row]
    history: list[Row]
    folder: Path

    @classmethod
    def read(cls, folder: Path) -> RawPlant:
        """Reads a folder with graph.json, history and Parquet telemetry."""
        graph = json.loads((folder / "graph.json").read_text(encoding="utf-8"))["digitalTwinsGraph"]
        return cls(graph["digitalTwins"], graph["relationships"], _history(folder), folder)

    def signal(self, twin: str, name: str) -> Signal:
        """All samples of a signal."""
        import pyarrow.parquet as pq

        found = []
        for file in sorted((self.folder / "telemetry").glob("*.parquet")):
            table = pq.read_table(file, filters=[("twin", "=", twin), ("signal", "=", name)]).to_pydict()
            values = (
                number if text is None else text for number, text in zip(table["value"], table["text"], strict=True)
            )
            found += list(zip(table["timestamp"], values, strict=True))
        found.sort(key=lambda sample: sample[0])
        return Signal([time for time, _ in found], [value for _, value in found])

    def of(self, *models: str) -> list[Row]:
        """The twins whose model has one of those names."""
        return [twin for twin in self.twins if twin["$metadata"]["$model"].split(":")[-1].split(";")[0] in models]

    def ends(self, source: str, name: str) -> list[str]:
        """Where the relationships of that name from a twin lead."""
        return [e["$targetId"] for e in self.edges if e["$sourceId"] == source and e["$relationshipName"] == name]

    def starts(self, target: str, name: str) -> list[str]:
        """Where the relationships of that name to a twin come from."""
        return [e["$sourceId"] for e in self.edges if e["$targetId"] == target and e["$relationshipName"] == name]

    def rows(self, kind: str, **columns: str) -> list[Row]:
        """History rows of a kind with those columns."""
        return [
            row
            for row in self.history
            if row["kind"] == kind and all(row.get(name) == value for name, value in columns.items())
        ]


def _history(folder: Path) -> list[Row]:
    rows: list[Row] = []
    for file in sorted((folder / "history").iterdir()):
        if file.suffix == ".csv":
            with file.open(encoding="utf-8", newline="") as lines:
                rows += [dict(row) for row in csv.DictReader(lines)]
        elif file.suffix == ".jsonl":
            rows += [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return rows
