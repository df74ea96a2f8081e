"""Telemetry files as DuckDB relations: their columns, their types, and what makes one unusable."""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ..encoding import MARK, UTF_8, encoding_of, not_text
from ..errors import TelemetryError
from ..plant.problems import Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COLUMNS = ("timestamp", "twin", "signal", "value", "text")
ZONE = r"([zZ]|[+-]\d\d(:?\d\d)?)$"
MOST_PLACES = 5

_NUMERIC = re.compile(r"^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|UINTEGER|DOUBLE|FLOAT|REAL|DECIMAL.*|BOOLEAN|\"?NULL\"?)$")
_WORDS = {"true": "1", "false": "0"}


@dataclass(frozen=True, slots=True)
class Source:
    """One readable telemetry file.

    Attributes:
        relation: SQL that names its rows.
        time, value, text: SQL expressions over a row: BIGINT microseconds, DOUBLE, VARCHAR; NULL where unusable.
        blank_value: SQL that says whether the value was left empty (and so isn't wrong).
        row: SQL for the row's number in the file, 1-based, or None where only `lines` knows.
    """

    path: Path
    relation: str
    time: str
    twin: str
    signal: str
    value: str
    blank_value: str
    text: str
    row: str | None


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def open_source(connection: DuckDBPyConnection, path: Path, number: int, problems: list[Problem], file: str) -> Source:
    """A telemetry file, looked at.

    Args:
        number: of the file, for the name of a staging table.
        file: the file as people should see it.

    Raises:
        TelemetryError: nothing of it can be used; `place` and `code` say why.
    """
    try:
        if path.stat().st_size == 0:
            raise TelemetryError("is empty (0 bytes)", file=path, code="telemetry.empty_file")
        if path.suffix.lower() == ".csv":
            relation, row = _stage_csv(connection, path, number, problems, file), None
        else:
            relation, row = f"read_parquet({quoted(str(path))}, file_row_number = true)", "file_row_number + 1"
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    except OSError as error:
        text = f"can't be read: {error.strerror}"
        raise TelemetryError(text, file=path, code="telemetry.unreadable") from error
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    return _source(path, relation, row, {name: kind for name, kind, *_ in described})


def _unreadable(path: Path, error: duckdb.Error) -> TelemetryError:
    kind = "CSV" if path.suffix.lower() == ".csv" else "Parquet"
    line = re.search(r"\bLine: (\d+)", str(error))
    text = f"can't be read as {kind}: {first_line(error).rstrip('.')}; export it anew"
    if kind == "CSV":
        text += " as UTF-8 text, one row a line, with quotes around a text that holds a quote or the delimiter"
    return TelemetryError(text, file=path, place=f"line {line[1]}" if line else None, code="telemetry.unreadable")


def first_line(error: Exception) -> str:
    """The first line of a DuckDB error, which holds what was wrong."""
    return str(error).splitlines()[0].partition("Error: ")[2] or str(error).splitlines()[0]


def _source(path: Path, relation: str, row: str | None, types: dict[str, str]) -> Source:
    names = {name.strip().casefold(): name for name in types}
    missing = [name for name in ("timestamp", "twin", "signal") if name not in names]
    if not missing and not {"value", "text"} & set(names):
        missing = ["value"]
    if missing:
        text = f"has no column {', '.join(missing)}; it has {', '.join(types)}"
        raise TelemetryError(text, file=path, place=missing[0], code="telemetry.missing_column")
    column = {name: identifier(actual) for name, actual in names.items()}
    kinds = {name: types[actual] for name, actual in names.items()}
    value, blank = _value(path, column, kinds)
    text = f"nullif(trim(CAST({column['text']} AS VARCHAR)), '')" if "text" in column else "CAST(NULL AS VARCHAR)"
    return Source(
        path,
        relation,
        _time(path, column["timestamp"], kinds["timestamp"]),
        f"CAST({column['twin']} AS VARCHAR)",
        f"CAST({column['signal']} AS VARCHAR)",
        value,
        blank,
        text,
        row,
    )


def _time(path: Path, column: str, kind: str) -> str:
    if kind in ("TIMESTAMPTZ", "TIMESTAMPTZ_NS", "TIMESTAMP WITH TIME ZONE"):
        return f"epoch_us(CAST({column} AS TIMESTAMPTZ))"
    if kind == "VARCHAR":
        zoned = f"CASE WHEN regexp_matches(trim({column}), {quoted(ZONE)}) THEN trim({column}) END"
        return f"epoch_us(TRY_CAST({zoned} AS TIMESTAMPTZ))"
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        text = "timestamps have no zone; write them as UTC (a Parquet timestamp with isAdjustedToUTC = true)"
        raise TelemetryError(text, file=path, place="timestamp", code="telemetry.naive_time")
    raise TelemetryError(f"timestamps are {kind}, not times", file=path, place="timestamp", code="telemetry.time_type")


def _value(path: Path, column: dict[str, str], kinds: dict[str, str]) -> tuple[str, str]:
    if "value" not in column:
        return "CAST(NULL AS DOUBLE)", "TRUE"
    name, kind = column["value"], kinds["value"]
    if kind == "VARCHAR":
        words = " ".join(f"WHEN '{word}' THEN '{number}'" for word, number in _WORDS.items())
        trimmed = f"trim({name})"
        number = f"TRY_CAST(CASE lower({trimmed}) {words} ELSE {trimmed} END AS DOUBLE)"
        return number, f"({name} IS NULL OR {trimmed} = '')"
    if not _NUMERIC.match(kind):
        raise TelemetryError(f"values are {kind}, not numbers", file=path, place="value", code="telemetry.value_type")
    return f"CAST({name} AS DOUBLE)", f"({name} IS NULL)"


def _header(path: Path) -> tuple[list[str], str]:
    """The column names of a CSV file and what stands between them."""
    with path.open(encoding=_encoding(path), errors="replace", newline="") as stream:
        line = stream.readline()
    delimiter = next((each for each in ",;\t" if each in line), ",")
    return next(csv.reader([line], delimiter=delimiter), []), delimiter


def _encoding(path: Path) -> str:
    with path.open("rb") as stream:
        begin = stream.read(MARK)
    try:
        return encoding_of(begin)
    except ValueError as error:
        raise TelemetryError(str(error), file=path, place="line 1", code="telemetry.encoding") from error


def _stage_csv(connection: DuckDBPyConnection, path: Path, number: int, problems: list[Problem], file: str) -> str:
    """Copies a CSV file into a temporary table of texts; rows that don't fit the header are named and left out."""
    names, delimiter = _header(path)
    names = [name.strip() or f"column{index}" for index, name in enumerate(names, 1)]
    if len(set(names)) < len(names):
        raise TelemetryError("two columns have the same name", file=path, place="line 1", code="telemetry.header")
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    table = f"csv_{number}"
    options = (
        f"header = true, auto_detect = false, delim = {quoted(delimiter)}, quote = '\"', escape = '\"', "
        f"columns = {{{columns}}}, store_rejects = true"
    )
    lines: list[tuple[int, str]] | None = None
    is_utf_8 = _encoding(path) == UTF_8
    if is_utf_8:
        with suppress(duckdb.InvalidInputException):
            lines = _copy_csv(connection, path, table, options)
    if lines is None or (lines and is_utf_8 and _mixed_ends(path)):
        # Lines that end in different ways are a mistake to DuckDB's strict mode, or counted wrongly; without that mode,
        # cells that are too many would go unnoticed.
        with tempfile.TemporaryDirectory(prefix="twinwright-") as folder:
            alike = Path(folder) / "alike.csv"
            _as_duckdb_reads(path, alike)
            lines = _copy_csv(connection, alike, table, options)
    if lines:
        text = f"{_count(len(lines), 'row')} left out: {lines[0][1].rstrip('.').lower()}"
        place = places([line for line, _ in lines[:MOST_PLACES]], "line", len(lines))
        problems.append(Problem("error", "telemetry.csv_row", text, file, place))
    return table


def _copy_csv(connection: DuckDBPyConnection, path: Path, table: str, options: str) -> list[tuple[int, str]]:
    """Copies what fits into a table; returns the lines that don't, with what is wrong with each."""
    connection.execute("DROP TABLE IF EXISTS reject_errors")
    connection.execute("DROP TABLE IF EXISTS reject_scans")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM read_csv({quoted(str(path))}, {options})"
    )
    rejected = connection.execute("SELECT line, min(error_message) FROM reject_errors GROUP BY line ORDER BY line")
    return rejected.fetchall()


def _mixed_ends(path: Path) -> bool:
    with path.open(encoding="latin-1") as stream:
        while stream.read(1 << 20):
            pass
        return isinstance(stream.newlines, tuple)


def _as_duckdb_reads(path: Path, copy: Path) -> None:
    """Copies a file, every line with the same end (LF): as UTF-8 if it isn't, else all other bytes as they are."""
    encoding = _encoding(path)
    # Latin-1 gives every byte back as it was, also those that are no UTF-8.
    source, target = ("latin-1", "latin-1") if encoding == UTF_8 else (encoding, "utf-8")
    try:
        with path.open(encoding=source) as given, copy.open("w", encoding=target, newline="\n") as written:
            shutil.copyfileobj(given, written, 1 << 20)
    except UnicodeError as error:
        raise TelemetryError(not_text(encoding), file=path, code="telemetry.encoding") from error


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def places(numbers: list[int], word: str, total: int) -> str:
    """``line 17``, or ``lines 17, 20, 31 and 5 more``."""
    more = f" and {total - len(numbers)} more" if total > len(numbers) else ""
    return f"{word}{'s' if total > 1 else ''} {', '.join(map(str, numbers))}{more}"


def csv_lines(path: Path, column: str, wrong: Callable[[dict[str, str]], bool]) -> list[int]:
    """The first few lines of a CSV file that are wrong in a column; a quoted line break counts as in an editor."""
    found: list[int] = []
    delimiter = _header(path)[1]
    with path.open(encoding=_encoding(path), errors="replace", newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        names = [name.strip().casefold() for name in next(reader, [])]
        if column not in names:
            return found
        for cells in reader:
            if len(cells) == len(names) and wrong(dict(zip(names, cells, strict=True))):
                found.append(reader.line_num)
                if len(found) >= MOST_PLACES:
                    break
    return found
