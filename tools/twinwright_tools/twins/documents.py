"""Models, twins and relationships as JSON documents: read in and written in three forms, nothing lost on the way.

The forms: the file of Azure Digital Twins Explorer; the NDJSON of the import jobs, in sections; a plant folder, with a
file for each model. Sources: "Import graph" of Azure Digital Twins Explorer; "Bulk import with the Jobs API", section
"Format data"; for the names of model files, "Device models repository", section on its conventions.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import uuid4

from ..errors import GraphError
from ..plant.problems import Problem
from .files import (
    FILE_INFO,
    GRAPH,
    GRAPH_FILE,
    MODEL_FILES,
    MODEL_FOLDER,
    MODELS,
    RELATIONSHIPS,
    TWINS,
    Sources,
    bulk_header,
    read_model_folder,
    read_source_file,
    read_sources,
)

Form = Literal["explorer", "ndjson", "folder"]
FORMS: tuple[Form, ...] = get_args(Form)

Key = tuple[str, str | None]
"""A twin's id and None, or the id of a relationship's source and its own."""

_VERSION = {"fileVersion": "1.0.0"}
_OTHER = "explorerMembers"
"""Where the header of a bulk-import file keeps what only a graph file has a place for."""


@dataclass
class TwinDocuments:
    """Everything as it was read, in order.

    Attributes:
        models: DTDL interfaces.
        twins: with `$dtId`, `$etag`, `$metadata` and all properties.
        relationships: with `$sourceId`; the bulk-import form has it as `$dtId`.
        header: what the file says of itself; both forms have a `fileVersion` there.
        other: members of a graph file beside those that are known.
        problems: what could not be read; nothing else is lost.
    """

    models: list[Any] = field(default_factory=list)
    twins: list[Any] = field(default_factory=list)
    relationships: list[Any] = field(default_factory=list)
    header: dict[str, Any] | None = None
    other: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        return {name: len(getattr(self, name)) for name in ("models", "twins", "relationships")}

    def with_changes(self, changes: Mapping[Key, dict[str, Any] | None]) -> TwinDocuments:
        """These documents with some twins and relationships as they stand now.

        Args:
            changes: the document of each that was changed or is new, None for one that is gone.
        """
        twins = {key: document for key, document in changes.items() if key[1] is None}
        relationships = {key: document for key, document in changes.items() if key[1] is not None}
        return dataclasses.replace(
            self,
            twins=list(_changed(self.twins, twins, lambda twin: (twin.get("$dtId"), None))),
            relationships=list(
                _changed(self.relationships, relationships, lambda each: (each.get("$sourceId"), _id(each)))
            ),
        )


def _id(relationship: dict[str, Any]) -> Any:
    return relationship.get("$relationshipId", "")


def _changed(
    documents: Iterable[Any],
    changes: Mapping[Key, dict[str, Any] | None],
    key_of: Callable[[dict[str, Any]], tuple[Any, Any]],
) -> Iterator[Any]:
    """Documents with changed ones in their places and new ones at the end; one that is gone leaves no gap."""
    seen: set[Key] = set()
    for document in documents:
        ids = key_of(document) if isinstance(document, dict) else (None, None)
        key = (ids[0], ids[1]) if isinstance(ids[0], str) and isinstance(ids[1], str | None) else None
        if key is None or key not in changes:
            yield document
            continue
        seen.add(key)
        changed = changes[key]
        if changed is not None:
            yield changed
    yield from (document for key, document in changes.items() if key not in seen and document is not None)


def read_documents(path: Path) -> TwinDocuments:
    """The documents of a file, a plant folder, or a folder that holds DTDL files alone.

    Raises:
        GraphError: there is nothing of the kind.
    """
    if not path.exists():
        raise GraphError("there is no such file or folder", file=path, code="plant.graph.missing")
    sources = _sources(path)
    if not (sources.models or sources.twins or sources.relationships or sources.problems):
        text = "it holds neither models nor twins: a graph file, *.ndjson, or *.json files of models are read"
        raise GraphError(text, file=path, code="plant.graph.nothing")
    header, other = sources.header, dict(sources.other)
    if header is not None and isinstance(header.get(_OTHER), dict):
        other |= header[_OTHER]
        header = {name: each for name, each in header.items() if name != _OTHER}
    other.pop(MODEL_FILES, None)
    return TwinDocuments(
        [each for record in sources.models for each in _flat(record.value)],
        [record.value for record in sources.twins],
        [_renamed(record.value, "$dtId", "$sourceId") for record in sources.relationships],
        header,
        other,
        sources.problems,
    )


def _sources(path: Path) -> Sources:
    if path.is_file():
        return read_source_file(path)
    is_plant = (path / GRAPH_FILE).is_file() or (path / MODEL_FOLDER).is_dir() or any(path.glob("*.ndjson"))
    sources = read_sources(path) if is_plant else read_model_folder(path)
    if not (path / GRAPH_FILE).is_file():
        headers = [header for file in sorted(path.glob("*.ndjson")) if (header := bulk_header(file))]
        sources.header = {name: value for header in headers for name, value in header.items()} or None
    return sources


def _flat(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _renamed(document: Any, old: str, new: str) -> Any:
    """A relationship with its source under another name, in its place; one that has both is left alone."""
    if not isinstance(document, dict) or old not in document or new in document:
        return document
    return {new if name == old else name: value for name, value in document.items()}


def write_documents(documents: TwinDocuments, form: Form, path: Path, *, replace: bool = False) -> list[Path]:
    """Write the documents, and return the files that were written.

    Args:
        path: a file; a folder for the form `folder`.
        replace: whether what is there may be overwritten. A folder's other files are left alone.

    Raises:
        GraphError: something is there already, or it can't be written.
    """
    if not replace and (path.is_file() or (path.is_dir() and (form != "folder" or any(path.iterdir())))):
        raise GraphError("it is there already; say so if it is to be replaced", file=path, code="plant.graph.exists")
    texts = _texts(documents, form, path)
    try:
        for file, lines in texts.items():
            _write(file, lines)
    except OSError as error:
        raise GraphError(f"can't be written: {error.strerror}", file=path, code="plant.graph.write") from error
    return list(texts)


def _texts(documents: TwinDocuments, form: Form, path: Path) -> dict[Path, Iterable[str]]:
    if form == "ndjson":
        return {path: (line + "\n" for line in _bulk_lines(documents))}
    if form == "explorer":
        return {path: [_pretty(graph_document(documents))]}
    files = dict(_model_files(documents.models))
    graph = graph_document(documents)
    del graph[MODELS]
    graph[MODEL_FILES] = list(files)
    found: dict[Path, Iterable[str]] = {path / name: [_pretty(model)] for name, model in files.items()}
    return found | {path / GRAPH_FILE: [_pretty(graph)]}


def graph_document(documents: TwinDocuments) -> dict[str, Any]:
    """The documents as Azure Digital Twins Explorer writes them."""
    rest = documents.other.get(GRAPH, {})
    graph = {TWINS: documents.twins, RELATIONSHIPS: documents.relationships, **rest}
    other = {name: each for name, each in documents.other.items() if name != GRAPH}
    return {FILE_INFO: documents.header or _VERSION, GRAPH: graph, MODELS: documents.models, **other}


def _bulk_lines(documents: TwinDocuments) -> Iterator[str]:
    header = dict(documents.header or _VERSION)
    if documents.other:
        header[_OTHER] = documents.other
    relationships = (_renamed(each, "$sourceId", "$dtId") for each in documents.relationships)
    sections: tuple[tuple[str, Iterable[Any]], ...] = (
        ("Header", [header]),
        ("Models", documents.models),
        ("Twins", documents.twins),
        ("Relationships", relationships),
    )
    for name, listed in sections:
        yield _compact({"Section": name})
        yield from map(_compact, listed)


def _model_files(models: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Each model with the file it goes to: ``models/dtmi/com/example/pump-1.json`` for dtmi:com:example:Pump;1."""
    taken: set[str] = set()
    for number, model in enumerate(models, start=1):
        identifier = model.get("@id") if isinstance(model, dict) else None
        name = _file_name(identifier) if isinstance(identifier, str) else None
        if name is None or name in taken:
            name = f"{MODEL_FOLDER}/{number}.json" if name is None else name.replace(".json", f"~{number}.json")
        taken.add(name)
        yield name, model


def _file_name(identifier: str) -> str | None:
    """The name that the conventions of model repositories give a model, or None for what is no DTMI."""
    path, _, version = identifier.lower().partition(";")
    parts = path.split(":")
    plain = all(part.isascii() and part.replace("_", "").isalnum() for part in parts)
    if not plain or (version and not version.replace(".", "").isdigit()) or len(identifier) > 200:
        return None
    return f"{MODEL_FOLDER}/{'/'.join(parts)}{f'-{version}' if version else ''}.json"


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _write(path: Path, lines: Iterable[str]) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{uuid4().hex}.tmp")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
