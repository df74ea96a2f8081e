"""History files as rows: past work orders, alarms, notes and catalogues, from CSV and JSON lines."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..encoding import encoding_of, not_text
from ..errors import HistoryError, TimeFormatError
from ..plant.problems import Problem
from ..times import parse_time, to_micros

TIMES = ("time", "closed")
DURATION = "duration_h"
SOURCE = "source_row"
REQUIRED = ("kind", "twin", "text")
_TEXTS = frozenset({"kind", "twin", "text", "id", "status", "code", "title", SOURCE})
_MOST_TWINS = 20


@dataclass(slots=True)
class HistoryRows:
    """Rows of all files together.

    Attributes:
        columns: name to values, all of one length; `time` and `closed` are int64 microseconds, `duration_h` hours
            (float), other columns str, int or float throughout; None where a row says nothing.
    """

    columns: dict[str, list[Any]] = field(default_factory=dict)
    count: int = 0

    def add(self, row: dict[str, Any]) -> None:
        """One more row; a column that is new is None in all rows before."""
        for name in row:
            if name not in self.columns:
                self.columns[name] = [None] * self.count
        for name, values in self.columns.items():
            values.append(row.get(name))
        self.count += 1


def read_history(
    files: Sequence[tuple[Path, str]],
    twins: Collection[str],
    problems: list[Problem],
    progress: Callable[[str], None],
) -> HistoryRows:
    """The rows of all history files; what can't be used is named by file and line and left out.

    Column names are taken as written, in lower case. `source_row` says where a row stands (``history/notes.csv:12``).

    Args:
        files: paths, each with the text that people should see.
    """
    rows = HistoryRows({name: [] for name in (*REQUIRED, "time", SOURCE)})
    for path, shown in files:
        progress(f"reading {shown}")
        try:
            _read_file(path, shown, rows, problems)
        except HistoryError as error:
            problems.append(Problem("error", error.code, error.message, shown, error.place))
    for name, values in rows.columns.items():
        if name not in (*TIMES, DURATION):
            rows.columns[name] = _typed(name, values)
    _report_twins(rows, twins, problems)
    return rows


def _read_file(path: Path, shown: str, rows: HistoryRows, problems: list[Problem]) -> None:
    if _leads_out(path, shown):
        text = "left out: the link leads out of the plant folder; copy the file into it"
        raise HistoryError(text, code="history.outside")
    records = (
        _csv_records(path, shown, problems) if path.suffix.lower() == ".csv" else _json_records(path, shown, problems)
    )
    missing: set[str] = set(REQUIRED)
    found = 0
    for line, record in records:
        missing -= record.keys()
        row = _row(record, path, shown, line, problems)
        if row is not None:
            rows.add(row)
            found += 1
    if not found:
        problems.append(Problem("warning", "history.no_rows", "has no usable rows", shown))
    elif missing:
        kind = f"; its rows count as kind {path.stem!r}" if "kind" in missing else ""
        text = f"has no column {', '.join(sorted(missing))}{kind}"
        problems.append(Problem("warning", "history.missing_column", text, shown))


def _leads_out(path: Path, shown: str) -> bool:
    """Whether a file of the plant folder, shown relative to it, really lies elsewhere."""
    if Path(shown).is_absolute():
        return False
    folder = path.parents[len(Path(shown).parts) - 1]
    return not path.resolve().is_relative_to(folder.resolve())


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HistoryError(f"can't be read: {error.strerror}", code="history.unreadable") from error
    try:
        encoding = encoding_of(content)
    except ValueError as error:
        raise _at("line 1", str(error), "history.encoding") from error
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _at(f"line {line}", not_text(encoding), "history.encoding") from error


def _at(place: str, message: str, code: str) -> HistoryError:
    error = HistoryError(message, code=code)
    error.place = place
    return error


def _csv_records(path: Path, shown: str, problems: list[Problem]) -> Iterator[tuple[int, dict[str, Any]]]:
    text = _text(path)
    first = text.partition("\n")[0]
    delimiter = next((each for each in ",;\t" if each in first), ",")
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    names: list[str] = []
    begin = 1
    try:
        for cells in reader:
            line, begin = begin, reader.line_num + 1
            if not names:
                names = [cell.strip().casefold() for cell in cells]
                if len(set(names)) < len(names):
                    raise _at("line 1", "two columns have the same name", "history.header")
            elif len(cells) != len(names) and cells:
                what = f"left out: {len(cells)} cells under {len(names)} columns"
                problems.append(Problem("error", "history.csv_row", what, shown, f"line {line}"))
            elif cells:
                yield line, {name: cell.strip() or None for name, cell in zip(names, cells, strict=True)}
    except csv.Error as error:
        raise _at(f"line {reader.line_num}", f"is no CSV: {error}", "history.csv") from error


def _json_records(path: Path, shown: str, problems: list[Problem]) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, text in enumerate(_text(path).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            record = _flat(json.loads(text))
        except (ValueError, RecursionError) as error:
            what = _json_fault(error)
            problems.append(Problem("error", "history.json", f"left out: bad JSON: {what}", shown, f"line {line}"))
            continue
        if not isinstance(record, dict):
            what = "left out: must be a JSON object"
            problems.append(Problem("error", "history.json", what, shown, f"line {line}"))
            continue
        yield line, {str(name).strip().casefold(): value for name, value in record.items() if value not in (None, "")}


def _flat(record: Any) -> Any:
    """An object with all that is nested in it as JSON text; no JSON object is returned as it is.

    Raises:
        ValueError: it holds half a surrogate pair, which is no text.
        RecursionError: it is nested too deeply.
    """
    if not isinstance(record, dict):
        return record
    flat = {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        for name, value in record.items()
    }
    for text in (*flat, *flat.values()):
        if isinstance(text, str):
            text.encode()
    return flat


def _json_fault(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    if isinstance(error, UnicodeEncodeError):
        return "half a surrogate pair"
    return "nested too deeply" if isinstance(error, RecursionError) else "a number has too many digits"


def _row(record: dict[str, Any], path: Path, shown: str, line: int, problems: list[Problem]) -> dict[str, Any] | None:
    """A record with its times and its duration read; None where one of the times can't be told."""
    if not any(value is not None for value in record.values()):
        return None
    row = {name: value for name, value in record.items() if value is not None}
    for name in TIMES:
        if name not in row:
            continue
        try:
            row[name] = to_micros(parse_time(str(row[name])))
        except (TimeFormatError, OverflowError) as error:
            text = f"left out: {name} {error}"
            code = getattr(error, "code", "time")
            code = "history.naive_time" if code == "time.naive" else "history.time"
            problems.append(Problem("error", code, text, shown, f"line {line}"))
            return None
    if DURATION in row:
        row[DURATION] = _hours(row[DURATION], shown, line, problems)
    row.setdefault("kind", path.stem)
    row[SOURCE] = f"{shown}:{line}"
    return row


def _hours(value: Any, shown: str, line: int, problems: list[Problem]) -> float | None:
    number = _number(str(value))
    if number is None or not math.isfinite(number) or number < 0:
        text = f"duration_h {value!r} is no number of hours; the row is kept without it"
        problems.append(Problem("error", "history.duration", text, shown, f"line {line}"))
        return None
    return float(number)


def _number(text: str) -> int | float | None:
    """The number that a text is; None for one that is none or has leading zeros, as identifiers do."""
    digits = text.removeprefix("-")
    if digits.isdecimal() and digits.isascii():
        return int(text) if (digits == "0" or digits[0] != "0") and len(digits) < 16 else None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if "_" not in text and math.isfinite(number) else None


def _typed(name: str, values: list[Any]) -> list[Any]:
    """The values as one type: whole numbers, numbers, or texts."""
    given = [value for value in values if value is not None]
    numbers = [] if name in _TEXTS else [_number(str(value)) for value in given if not isinstance(value, bool)]
    if not given or len(numbers) < len(given) or any(number is None for number in numbers):
        return [None if value is None else _as_text(value) for value in values]
    whole = all(isinstance(number, int) for number in numbers)
    convert: type[int] | type[float] = int if whole else float
    return [None if value is None else convert(str(value)) for value in values]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _report_twins(rows: HistoryRows, twins: Collection[str], problems: list[Problem]) -> None:
    unknown: dict[str, int] = {}
    for twin in rows.columns["twin"]:
        if twin is not None and twin not in twins:
            unknown[twin] = unknown.get(twin, 0) + 1
    if unknown:
        named = ", ".join(f"{twin!r} ({count})" for twin, count in sorted(unknown.items())[:_MOST_TWINS])
        more = f" and {len(unknown) - _MOST_TWINS} more" if len(unknown) > _MOST_TWINS else ""
        text = f"history names twins that aren't in the graph (rows): {named}{more}; the rows are kept"
        problems.append(Problem("warning", "history.unknown_twin", text))
