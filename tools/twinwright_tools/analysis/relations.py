"""The relations that analysis SQL reads, made when a statement names them.

twins      one row a twin: id, name, model, kind, parent, location, and a column a property
signals    one row a signal: twin, signal, unit, kind, and statistics over the window
grid       one row a step of the window: time, and a column a signal that was named
samples    the raw samples of the named signals in the window: time, twin, signal, value, text
history    past work orders, alarms, notes and catalogues (see `history`)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..diagnosis.grid import usable
from ..errors import InputError
from ..telemetry.series import Series, SignalInfo
from ..times import from_micros, iso, to_micros
from .align import Aligned, align, check_rows
from .signals import Chosen

if TYPE_CHECKING:
    from ..plant import Plant

TABLES = ("twins", "signals", "grid", "samples", "history")
MOST_SAMPLES = 500_000
_MOST_PROPERTIES = 200
_TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Window:
    """What the telemetry relations show: signals from `start` to `end` in steps of `step_s` seconds."""

    columns: Sequence[Chosen] = ()
    start: datetime | None = None
    end: datetime | None = None
    step_s: float | None = None


@dataclass
class Relations:
    """Builds the relations of one statement; what was aligned for it is kept for its answer."""

    plant: Plant
    window: Window
    aligned: Aligned | None = field(default=None, init=False)

    def build(self, name: str) -> pa.Table:
        """The relation of that name (every one but `history`).

        Raises:
            InputError: it needs a window or signals that weren't named, or would be too large.
        """
        makers: Mapping[str, Callable[[], pa.Table]] = {
            "twins": self._twins,
            "signals": self._signals,
            "grid": self._grid,
            "samples": self._samples,
        }
        return makers[name]()

    def _span(self, name: str) -> tuple[datetime, datetime]:
        start, end = self.window.start, self.window.end
        if start is None or end is None:
            raise InputError(f"`{name}` needs a window: give from and to", code="analyse.window")
        if end <= start:
            raise InputError(f"from ({iso(start)}) must lie before to ({iso(end)})", code="analyse.times")
        return start, min(end, self.plant.at)

    def _named(self, name: str) -> Sequence[Chosen]:
        if not self.window.columns:
            raise InputError(f"`{name}` is of the signals that are named: name some", code="analyse.signals")
        return self.window.columns

    def _grid(self) -> pa.Table:
        self.aligned = align(self.plant, self._named("grid"), *self._span("grid"), self.window.step_s)
        return grid_table(self.aligned)

    def _samples(self) -> pa.Table:
        start, end = self._span("samples")
        columns = self._named("samples")
        check_rows(columns, (end - start).total_seconds(), MOST_SAMPLES)
        keys = list(dict.fromkeys(one.key for one in columns))
        found = self.plant.telemetry.series(keys, start, end)
        parts = [_long(one) for one in found.values() if len(one)]
        return pa.concat_tables(parts) if parts else _long(next(iter(found.values())))

    def _signals(self) -> pa.Table:
        start, end = self._span("signals")
        infos = [one.info for one in self.window.columns] or self.plant.telemetry.signals()
        infos = list({info.key: info for info in infos}.values())
        # All signals are read at once, so the bound is that of the whole.
        check_rows([Chosen(info, "mean", "") for info in infos], (end - start).total_seconds())
        found = self.plant.telemetry.series([info.key for info in infos], start, end)
        rows = [_statistics(info, found[info.key]) for info in infos]
        names = list(dict.fromkeys(name for row in rows for name in row))
        return pa.table({name: pa.array([row.get(name) for row in rows], _TYPES[name]) for name in names})

    def _twins(self) -> pa.Table:
        graph, models = self.plant.graph, self.plant.models
        twins = list(graph.twins.values())
        columns: dict[str, list[Any]] = {
            "id": [twin.id for twin in twins],
            "name": [twin.name for twin in twins],
            "model": [twin.model for twin in twins],
            "kind": [models.label(twin.model) for twin in twins],
            "parent": [graph.parents.get(twin.id) for twin in twins],
            "location": [" / ".join(graph.location(twin.id)) for twin in twins],
        }
        taken = set(columns)
        properties = [dict(_flat(twin.properties)) for twin in twins]
        for name in list(dict.fromkeys(name for one in properties for name in one))[:_MOST_PROPERTIES]:
            column = name if name.casefold() not in taken else f"property_{name}"
            taken.add(column.casefold())
            columns[column] = _typed([one.get(name) for one in properties])
        texts = {"id", "name", "model", "kind", "parent", "location"}
        return pa.table(
            {name: pa.array(found, pa.string() if name in texts else None) for name, found in columns.items()}
        )


def grid_table(aligned: Aligned) -> pa.Table:
    """The aligned signals as a relation; NaN is NULL, so that aggregates pass over it."""
    columns: dict[str, Any] = {"time": pa.array(aligned.begins, _TIME)}
    for place, one in enumerate(aligned.columns):
        if one.is_text:
            columns[one.name] = pa.array(aligned.texts[place].tolist(), pa.string())
        else:
            columns[one.name] = pa.array(aligned.values[:, place], pa.float64(), from_pandas=True)
    return pa.table(columns)


def _long(series: Series) -> pa.Table:
    count = len(series)
    texts = series.texts.tolist() if series.texts is not None else [None] * count
    return pa.table(
        {
            "time": pa.array(series.times, _TIME),
            "twin": pa.array([series.key.twin] * count, pa.string()),
            "signal": pa.array([series.key.signal] * count, pa.string()),
            "value": pc.if_else(pc.is_finite(pa.array(series.values)), pa.array(series.values), None),
            "text": pa.array(texts, pa.string()),
        }
    )


_FIGURES = ("mean", "median", "std", "min", "max", "first", "last")
_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("twin", "signal", "unit", "kind", "last_text"), pa.string()),
    "count": pa.int64(),
    **dict.fromkeys(_FIGURES, pa.float64()),
    **dict.fromkeys(("first_time", "last_time"), _TIME),
}


def _statistics(info: SignalInfo, series: Series) -> dict[str, Any]:
    """Of the samples as they are; `median`, `std` … of an event log are of its rows, not weighted by time."""
    rows: dict[str, Any] = dict.fromkeys(_TYPES)
    rows |= {"twin": info.key.twin, "signal": info.key.signal, "unit": info.unit, "kind": info.kind}
    if info.kind == "text":
        rows["count"] = len(series)
        told = [text for text in series.texts if text is not None] if series.texts is not None else []
        rows["last_text"] = told[-1] if told else None
    else:
        series = usable(series)
        rows["count"] = len(series)
        values = series.values
        if len(values):
            figures = (
                values.mean(),
                np.median(values),
                values.std(),
                values.min(),
                values.max(),
                values[0],
                values[-1],
            )
            rows |= {name: float(figure) for name, figure in zip(_FIGURES, figures, strict=True)}
    if len(series):
        rows |= {"first_time": from_micros(int(series.times[0])), "last_time": from_micros(int(series.times[-1]))}
    return rows


def _flat(properties: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Properties with those of components under ``component_property``; lists and maps of maps are left out."""
    found: list[tuple[str, Any]] = []
    for name, value in properties.items():
        if isinstance(value, Mapping) and not prefix:
            found += _flat(value, f"{name}_")
        elif isinstance(value, bool | int | float | str) and not name.startswith("$"):
            found.append((f"{prefix}{name}", value))
    return found


def _typed(values: list[Any]) -> list[Any]:
    """A column of one type: numbers as floats, else booleans, else texts."""
    told = [value for value in values if value is not None]
    if told and all(isinstance(value, bool) for value in told):
        return values
    if told and all(isinstance(value, int | float) and not isinstance(value, bool) for value in told):
        return [None if value is None else float(value) for value in values]
    return [None if value is None else str(value) for value in values]


def window_micros(window: Window) -> tuple[int, int] | None:
    """Begin and end of a window in microseconds; None where it has none."""
    if window.start is None or window.end is None:
        return None
    return to_micros(window.start), to_micros(window.end)
