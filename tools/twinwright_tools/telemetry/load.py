"""From telemetry files to one sorted table of the index; what can't be used is named by file and row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ..errors import TelemetryError, nearest
from ..plant.problems import Problem, rows_are
from .series import SignalKey
from .sources import MOST_PLACES, ZONE, Source, csv_lines, first_line, open_source, places

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ..twins.dtdl import ModelSet
    from ..twins.graph import TwinGraph

_MOST_NAMES = 20


@dataclass(slots=True)
class _Name:
    """A signal as a file writes it, and how often."""

    twin: str
    signal: str
    rows: int
    texts: bool


@dataclass(slots=True)
class _File:
    source: Source
    shown: str
    names: list[_Name] = field(default_factory=list)


def load_telemetry(
    connection: DuckDBPyConnection,
    files: Sequence[tuple[Path, str]],
    models: ModelSet,
    graph: TwinGraph,
    progress: Callable[[str], None],
) -> list[Problem]:
    """Writes the tables `signals` (id, twin, signal, known, texts) and `telemetry` (signal, time, value, text).

    `telemetry` is sorted by signal and time (int64, microseconds since the epoch) and holds one row for each: of
    several rows for one signal and time the last one of the last file wins.

    Args:
        files: paths, each with the text that people should see.
    """
    problems: list[Problem] = []
    usable: list[_File] = []
    for number, (path, shown) in enumerate(files):
        progress(f"reading {shown}")
        try:
            usable.append(_inspect(connection, path, shown, number, problems))
        except TelemetryError as error:
            message = error.message.removeprefix(f"{path}, {error.place}: ").removeprefix(f"{path}: ")
            problems.append(Problem("error", error.code, message, shown, error.place))
    names: dict[tuple[str, str], int] = {}
    for file in usable:
        for name in file.names:
            names[name.twin, name.signal] = names.get((name.twin, name.signal), 0) + name.rows
    worded = {(name.twin, name.signal) for file in usable for name in file.names if name.texts}
    canonical = {raw: _canonical(SignalKey(raw[0].strip(), raw[1].strip()), models, graph) for raw in names}
    _report_unknown(usable, canonical, graph, problems)
    _write_signals(connection, canonical, worded)
    progress("sorting telemetry")
    _write_rows(connection, usable, problems)
    return problems


def _canonical(key: SignalKey, models: ModelSet, graph: TwinGraph) -> tuple[SignalKey, bool]:
    """The signal under the name that its model gives it, and whether a model knows it."""
    twin = graph.twins.get(key.twin)
    definition = models.signal(twin.model, key.signal) if twin else None
    return (SignalKey(key.twin, definition.name), True) if definition else (key, False)


def _inspect(connection: DuckDBPyConnection, path: Path, shown: str, number: int, problems: list[Problem]) -> _File:
    """Reads a file once, for the names in it and for what is wrong with its rows."""
    source = open_source(connection, path, number, problems, shown)
    try:
        found = connection.execute(
            f"SELECT {source.twin}, {source.signal}, count(*), count(*) FILTER ({_no_time(source)}), "
            f"count(*) FILTER ({_bad_value(source)}), count(*) FILTER ({source.value} IS NOT NULL "
            f"AND NOT isfinite({source.value})), min({source.text}) FROM {source.relation} GROUP BY ALL"
        ).fetchall()
    except duckdb.Error as error:
        raise TelemetryError(f"is damaged: {first_line(error)}", file=path, code="telemetry.unreadable") from error
    file = _File(source, shown)
    file.names = [_Name(row[0], row[1], row[2], row[6] is not None) for row in found if row[0] and row[1]]
    nameless = sum(rows for twin, signal, rows, *_ in found if not (twin and signal))
    times, values, infinite = (sum(row[index] for row in found) for index in (3, 4, 5))
    _report_rows(connection, file, {"times": times, "values": values, "infinite": infinite}, problems)
    if nameless:
        text = f"{rows_are(nameless)} left out: no twin or no signal is named"
        problems.append(Problem("error", "telemetry.nameless", text, shown))
    if not found:
        problems.append(Problem("warning", "telemetry.no_rows", "has no rows", shown))
    return file


def _no_time(source: Source) -> str:
    return f"{source.time} IS NULL"


def _bad_value(source: Source) -> str:
    return f"{source.value} IS NULL AND NOT {source.blank_value}"


def _report_rows(connection: DuckDBPyConnection, file: _File, counts: dict[str, int], problems: list[Problem]) -> None:
    source = file.source
    if counts["times"]:
        text = f"{rows_are(counts['times'])} left out: the time is missing, no ISO 8601 time, or has no zone"
        place = _where(connection, source, _no_time(source), "timestamp", _wrong_time, counts["times"])
        problems.append(Problem("error", "telemetry.naive_time", text, file.shown, place))
    if counts["values"]:
        text = f"{rows_are(counts['values'])} left out: there is text in the numeric column `value`"
        place = _where(connection, source, _bad_value(source), "value", _wrong_number, counts["values"])
        problems.append(Problem("error", "telemetry.text_value", text, file.shown, place))
    if counts["infinite"]:
        values = "1 value is" if counts["infinite"] == 1 else f"{counts['infinite']:,} values are"
        text = f"{values} infinite or not a number and counted as missing"
        condition = f"{source.value} IS NOT NULL AND NOT isfinite({source.value})"
        place = _where(connection, source, condition, "value", _not_finite, counts["infinite"])
        problems.append(Problem("warning", "telemetry.not_finite", text, file.shown, place))


def _where(
    connection: DuckDBPyConnection,
    source: Source,
    condition: str,
    column: str,
    wrong: Callable[[dict[str, str]], bool],
    total: int,
) -> str:
    """The first few rows of a kind, as people find them in the file."""
    if source.row is None:
        lines = csv_lines(source.path, column, wrong)
        return places(lines, "line", total) if lines else column
    query = f"SELECT {source.row} FROM {source.relation} WHERE {condition} LIMIT {MOST_PLACES}"
    return places(sorted(row for (row,) in connection.execute(query).fetchall()), "row", total)


def _wrong_time(row: dict[str, str]) -> bool:
    from ..errors import TimeFormatError
    from ..times import parse_time

    try:
        parse_time(row["timestamp"])
    except TimeFormatError:
        return not (re.search(ZONE, row["timestamp"].strip()) and row["timestamp"][:1].isdigit())
    return False


def _number(row: dict[str, str]) -> float | None:
    try:
        return float({"true": "1", "false": "0"}.get(row["value"].strip().lower(), row["value"]))
    except ValueError:
        return None


def _wrong_number(row: dict[str, str]) -> bool:
    return bool(row["value"].strip()) and _number(row) is None


def _not_finite(row: dict[str, str]) -> bool:
    number = _number(row)
    return number is not None and number - number != 0


def _report_unknown(
    files: Sequence[_File],
    canonical: dict[tuple[str, str], tuple[SignalKey, bool]],
    graph: TwinGraph,
    problems: list[Problem],
) -> None:
    rows: dict[str, int] = {}
    places: dict[str, set[str]] = {}
    signals: dict[str, set[str]] = {}
    for file in files:
        for name in file.names:
            key, known = canonical[name.twin, name.signal]
            if key.twin not in graph.twins:
                rows[key.twin] = rows.get(key.twin, 0) + name.rows
                places.setdefault(key.twin, set()).add(file.shown)
            elif not known:
                signals.setdefault(str(key), set()).add(file.shown)
    for twin, count in sorted(rows.items())[:_MOST_NAMES]:
        near = nearest(twin, graph.twins, 1)
        hint = f"; did the file mean {near[0]!r}?" if near else ""
        text = f"{rows_are(count)} of the twin {twin!r}, which isn't in the graph, and kept all the same{hint}"
        problems.append(Problem("warning", "telemetry.unknown_twin", text, _only(places[twin]), twin))
    if len(rows) > _MOST_NAMES:
        text = f"{len(rows) - _MOST_NAMES} more twins have telemetry and aren't in the graph"
        problems.append(Problem("warning", "telemetry.unknown_twin", text))
    if signals:
        are = "1 signal is" if len(signals) == 1 else f"{len(signals):,} signals are"
        text = f"{are} in no model and kept all the same: {_listed(signals)}"
        problems.append(Problem("warning", "telemetry.unknown_signal", text, _only(set().union(*signals.values()))))


def _only(files: set[str]) -> str | None:
    """The file, where there is one."""
    return next(iter(files)) if len(files) == 1 else None


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(set(names))
    more = f" and {len(ordered) - _MOST_NAMES} more" if len(ordered) > _MOST_NAMES else ""
    return ", ".join(ordered[:_MOST_NAMES]) + more


def _write_signals(
    connection: DuckDBPyConnection,
    canonical: dict[tuple[str, str], tuple[SignalKey, bool]],
    worded: set[tuple[str, str]],
) -> None:
    texts = {key for raw, (key, _) in canonical.items() if raw in worded}
    known = dict(canonical.values())
    ids = {key: number for number, key in enumerate(sorted(known))}
    connection.execute("CREATE TABLE signals (id INTEGER, twin VARCHAR, signal VARCHAR, known BOOLEAN, texts BOOLEAN)")
    connection.execute("CREATE TEMP TABLE names (twin VARCHAR, signal VARCHAR, id INTEGER)")
    if not ids:
        return
    rows = [(number, *key, known[key], key in texts) for key, number in ids.items()]
    columns = ", ".join(f"unnest(${index})" for index in range(1, 6))
    connection.execute(f"INSERT INTO signals SELECT {columns}", [list(column) for column in zip(*rows, strict=True)])
    raw = [list(column) for column in zip(*canonical, strict=True)]
    written = [ids[key] for key, _ in canonical.values()]
    connection.execute("INSERT INTO names SELECT unnest($1), unnest($2), unnest($3)", [*raw, written])


def _write_rows(connection: DuckDBPyConnection, files: Sequence[_File], problems: list[Problem]) -> None:
    connection.execute("CREATE TABLE telemetry (signal INTEGER, time BIGINT, value DOUBLE, text VARCHAR)")
    if not files:
        return
    _insert(connection, files, "ORDER BY 1, 2")
    same = "signal = lag(signal) OVER () AND time = lag(time) OVER ()"
    query = f"SELECT count(*) FROM (SELECT {same} AS again FROM telemetry) WHERE again"
    ((again,),) = connection.execute(query).fetchall()
    if again:
        connection.execute("TRUNCATE telemetry")
        # `signal` alone would be the column of `names`: the name, which other twins' signals share.
        same = "PARTITION BY names.id, rows.time ORDER BY rows.file DESC, rows.row DESC"
        last = f"QUALIFY row_number() OVER ({same}) = 1"
        _insert(connection, files, f"{last} ORDER BY 1, 2")
        repeat = "1 row repeats" if again == 1 else f"{again:,} rows repeat"
        text = f"{repeat} the time of another row of the same signal; the last one counts"
        problems.append(Problem("warning", "telemetry.duplicates", text, _only({file.shown for file in files})))


def _insert(connection: DuckDBPyConnection, files: Sequence[_File], order: str) -> None:
    parts = []
    for number, file in enumerate(files):
        source = file.source
        row = source.row or "rowid"
        parts.append(
            f"SELECT {source.twin} AS twin, {source.signal} AS name, {source.time} AS time, "
            f"CASE WHEN isfinite({source.value}) THEN {source.value} END AS value, {source.text} AS text, "
            f"{number} AS file, {row} AS row FROM {source.relation} WHERE NOT ({_bad_value(source)})"
        )
    rows = " UNION ALL ".join(parts)
    connection.execute(
        "INSERT INTO telemetry SELECT names.id AS signal, rows.time, rows.value, rows.text "
        f"FROM ({rows}) AS rows JOIN names ON rows.twin = names.twin AND rows.name = names.signal "
        f"WHERE rows.time IS NOT NULL {order}"
    )
