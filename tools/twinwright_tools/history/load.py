"""History rows into the index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .read import DURATION, TIMES, HistoryRows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def write_history(connection: DuckDBPyConnection, rows: HistoryRows) -> None:
    """Writes the table `history_rows`, in the order of the files.

    `time` and `closed` are TIMESTAMPTZ, `duration_h` DOUBLE (hours), the others BIGINT, DOUBLE or VARCHAR. The columns
    that planners ask for (`id, status, code, priority, closed, duration_h`) are there even where no row has them.
    """
    columns = dict(rows.columns)
    for name in ("id", "status", "code", "priority", "closed", DURATION):
        columns.setdefault(name, [None] * rows.count)
    arrays = {name: pa.array(values, _arrow_type(name, values)) for name, values in columns.items()}
    connection.register("history_arrow", pa.table(arrays))
    connection.execute("CREATE TABLE history_rows AS SELECT * FROM history_arrow")
    connection.unregister("history_arrow")


def _arrow_type(name: str, values: list[Any]) -> pa.DataType:
    if name in TIMES:
        return pa.timestamp("us", "UTC")
    if name == DURATION:
        return pa.float64()
    first = next((value for value in values if value is not None), "")
    if isinstance(first, int):
        return pa.int64()
    return pa.float64() if isinstance(first, float) else pa.string()
