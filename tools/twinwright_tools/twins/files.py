"""The files that hold a plant's models, twins and relationships, as JSON records that know their place."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..plant.problems import Problem

GRAPH_FILE = "graph.json"
MODEL_FOLDER = "models"

FILE_INFO, GRAPH, MODELS = "digitalTwinsFileInfo", "digitalTwinsGraph", "digitalTwinsModels"
TWINS, RELATIONSHIPS = "digitalTwins", "relationships"
MODEL_FILES = "digitalTwinsModelFiles"
"""Ours: the model files beside a graph without models, in the order of its models."""


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON value with the file (relative to the plant folder) and the place in it: a JSON path or a line."""

    value: Any
    file: str
    place: str


@dataclass
class Sources:
    """All records that were found, and what was wrong with the files themselves.

    Attributes:
        header: what a file says of itself: `digitalTwinsFileInfo`, or a bulk-import file's header.
        other: members of a graph file that nothing else here is made of.
    """

    models: list[Record] = field(default_factory=list)
    twins: list[Record] = field(default_factory=list)
    relationships: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    header: dict[str, Any] | None = None
    other: dict[str, Any] = field(default_factory=dict)


def read_sources(folder: Path) -> Sources:
    """The records of `graph.json`, or else of `models/**/*.json` and bulk-import `*.ndjson`.

    Model files are read beside a `graph.json` that holds no models of its own.
    """
    sources = Sources()
    if (folder / GRAPH_FILE).is_file():
        _read_graph(folder, sources)
    else:
        for path in sorted(folder.glob("*.ndjson")):
            _read_bulk(folder, path, sources)
    if not sources.models:
        _read_model_files(folder, sources)
    return sources


def read_model_folder(folder: Path) -> Sources:
    """The models of a folder that holds DTDL files and nothing else, in whatever folders inside it."""
    sources = Sources()
    for path in sorted(folder.rglob("*.json")):
        _read_models(folder, path, sources)
    return sources


def read_source_file(path: Path) -> Sources:
    """The records of one file: a graph as Explorer writes it, a bulk-import file, or models alone."""
    sources = Sources()
    if path.suffix.lower() in (".ndjson", ".jsonl"):
        _read_bulk(path.parent, path, sources)
        sources.header = bulk_header(path)
        return sources
    text = _text(path, path.name, sources)
    value = parse_json(text, path.name, sources.problems) if text is not None else None
    if isinstance(value, dict) and {GRAPH, MODELS} & value.keys():
        _graph_records(value, path.name, sources)
    elif value is not None:
        sources.models.append(Record(value, path.name, "$"))
    return sources


def _read_model_files(folder: Path, sources: Sources) -> None:
    """The files under `models/`: first those that the graph lists, in its order, then the others by name."""
    listed = sources.other.get(MODEL_FILES)
    names = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    order = {name: index for index, name in enumerate(names)}
    paths = sorted((folder / MODEL_FOLDER).rglob("*.json"))
    for path in sorted(paths, key=lambda each: order.get(_relative(folder, each), len(order))):
        _read_models(folder, path, sources)


def _relative(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _text(path: Path, file: str, sources: Sources) -> str | None:
    """A file's text, or None if it can't be read."""
    sources.files.append(file)
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        sources.problems.append(Problem("error", "file.unreadable", f"can't be read: {error.strerror}", file))
    except UnicodeDecodeError as error:
        text = f"is no UTF-8 text: byte {error.object[error.start]:#04x} at offset {error.start}"
        sources.problems.append(Problem("error", "json.encoding", text, file, f"byte {error.start}"))
    return None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is larger than any number that JSON's readers can hold")
    return number


def parse_json(text: str, file: str, problems: list[Problem], line: int | None = None) -> Any:
    """The value of a JSON text, or None with a problem that names line and column."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        return value if "\\ud" not in text.lower() else _whole_characters(value, file, problems, line)
    except json.JSONDecodeError as error:
        at, what = (line or error.lineno, error.colno), error.msg
        place = f"line {at[0]} column {at[1]}"
    except ValueError as error:
        what, place = str(error), f"line {line}" if line else "$"
    except RecursionError:
        what, place = "is nested too deeply", f"line {line}" if line else "$"
    problems.append(Problem("error", "json.syntax", f"bad JSON: {what}", file, place))
    return None


def _whole_characters(value: Any, file: str, problems: list[Problem], line: int | None) -> Any:
    """A value without half surrogate pairs, which JSON can write and UTF-8 (and DuckDB with it) can't."""
    text = json.dumps(value, ensure_ascii=False)
    whole = text.encode("utf-8", "replace").decode()
    if whole == text:
        return value
    place = f"line {line}" if line else "$"
    message = "half of a surrogate pair (\\ud800 to \\udfff) stands for no character; '?' is read instead"
    problems.append(Problem("warning", "json.surrogate", message, file, place))
    return json.loads(whole)


def _read_models(folder: Path, path: Path, sources: Sources) -> None:
    file = _relative(folder, path)
    text = _text(path, file, sources)
    value = parse_json(text, file, sources.problems) if text is not None else None
    if value is not None:
        sources.models.append(Record(value, file, "$"))


def _read_graph(folder: Path, sources: Sources) -> None:
    text = _text(folder / GRAPH_FILE, GRAPH_FILE, sources)
    value = parse_json(text, GRAPH_FILE, sources.problems) if text is not None else None
    if value is not None:
        _graph_records(value, GRAPH_FILE, sources)


def _graph_records(value: Any, file: str, sources: Sources) -> None:
    """The records of a graph file's value, and what else it holds."""
    top = Record(value, file, "$")
    sources.models += _listed(top, MODELS, sources)
    if not isinstance(value, dict):
        return
    info = value.get(FILE_INFO)
    sources.header = info if isinstance(info, dict) else None
    known = {GRAPH, MODELS} | ({FILE_INFO} if isinstance(info, dict) else set())
    sources.other = {name: each for name, each in value.items() if name not in known}
    if GRAPH not in value:
        text = f"{GRAPH!r} is missing: export the graph with Azure Digital Twins Explorer"
        sources.problems.append(Problem("error", "graph.missing_section", text, file, "$"))
        return
    graph = Record(value[GRAPH], file, f"$.{GRAPH}")
    sources.twins += _listed(graph, TWINS, sources)
    sources.relationships += _listed(graph, RELATIONSHIPS, sources)
    if isinstance(value[GRAPH], dict):
        rest = {name: each for name, each in value[GRAPH].items() if name not in (TWINS, RELATIONSHIPS)}
        sources.other |= {GRAPH: rest} if rest else {}


def _listed(record: Record, name: str, sources: Sources) -> Iterator[Record]:
    """The elements of a list in an object, each with its path; one element that is no list stands for itself."""
    if not isinstance(record.value, dict):
        text = f"must be an object that holds {name!r}"
        sources.problems.append(Problem("error", "graph.format", text, record.file, record.place))
        return
    found = record.value.get(name)
    place = f"{record.place}.{name}"
    if isinstance(found, list):
        yield from (Record(each, record.file, f"{place}[{index}]") for index, each in enumerate(found))
    elif found is not None:
        sources.problems.append(Problem("error", "graph.format", f"{name!r} must be an array", record.file, place))


def bulk_header(path: Path) -> dict[str, Any] | None:
    """What a bulk-import file says of itself in its Header section, which comes first; None where there is none."""
    header: dict[str, Any] | None = None
    inside = False
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as stream:
        for line in stream:
            value = parse_json(line, path.name, []) if line.strip() else None
            if isinstance(value, dict) and list(value) == ["Section"]:
                inside = value["Section"] == "Header"
            elif inside and isinstance(value, dict):
                header = {**(header or {}), **value}
            if not inside:
                break
    return header


def read_model_files(folder: Path, problems: list[Problem]) -> list[Record]:
    """The records of `models/**/*.json`."""
    sources = Sources(problems=problems)
    _read_model_files(folder, sources)
    return sources.models


def _read_bulk(folder: Path, path: Path, sources: Sources) -> None:
    """A bulk-import file: one JSON object a line, in sections."""
    file = _relative(folder, path)
    sources.files.append(file)
    sections = {"Models": sources.models, "Twins": sources.twins, "Relationships": sources.relationships}
    for part in read_sections(path, file, sources.problems):
        for number, line in zip(part.numbers, part.lines, strict=True):
            value = parse_json(line, file, sources.problems, number)
            if value is not None:
                sections[part.name].append(Record(value, file, f"line {number}"))


@dataclass(frozen=True, slots=True)
class Section:
    """Some lines of one section of a bulk-import file, unread, with their numbers.

    Attributes:
        name: Models, Twins or Relationships.
    """

    name: str
    file: str
    numbers: list[int]
    lines: list[str]


_SECTIONS = ("Models", "Twins", "Relationships")


def read_sections(path: Path, file: str, problems: list[Problem], batch: int = 100_000) -> Iterator[Section]:
    """The lines of a bulk-import file, some thousand at a time; what is wrong with its sections is reported."""
    if not _is_text(path, file, problems):
        return
    section: str | None = None
    part = Section("", file, [], [])
    with path.open(encoding="utf-8-sig", newline="\n") as stream:
        for number, line in enumerate(stream, start=1):
            if section in _SECTIONS and '"Section"' not in line:
                if not line.isspace():
                    part.numbers.append(number)
                    part.lines.append(line.rstrip("\n"))
                if len(part.lines) < batch:
                    continue
            yield from [part] if part.lines else []
            if section not in _SECTIONS or '"Section"' in line:
                section, part = _section_at(line, number, section, file, problems)
            else:
                part = Section(part.name, file, [], [])
    yield from [part] if part.lines else []


def _section_at(
    line: str, number: int, section: str | None, file: str, problems: list[Problem]
) -> tuple[str | None, Section]:
    """The section after a line that may begin one, and a part of it that holds the line where it belongs there."""
    value = parse_json(line, file, problems, number) if line.strip() else None
    place = f"line {number}"
    part = Section(section or "", file, [], [])
    if isinstance(value, dict) and list(value) == ["Section"]:
        section = value["Section"] if isinstance(value["Section"], str) else None
        if section not in ("Header", *_SECTIONS):
            text = f"unknown section {value['Section']!r}; Header, Models, Twins and Relationships are known"
            problems.append(Problem("error", "bulk.section", text, file, place))
        return section, Section(section or "", file, [], [])
    if value is not None and section in _SECTIONS:
        part.numbers.append(number)
        part.lines.append(line.rstrip("\n"))
    elif value is not None and section is None:
        text = 'stands outside of any section; a line {"Section": "Twins"} must come first'
        problems.append(Problem("error", "bulk.section", text, file, place))
    return section, part


def _is_text(path: Path, file: str, problems: list[Problem]) -> bool:
    """Whether a file is UTF-8 from end to end; reports one that isn't."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 24):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except (OSError, UnicodeDecodeError):
        # which byte it is, or why it can't be read, is told by reading it at once
        return _text(path, file, Sources(problems=problems)) is not None
    return True
