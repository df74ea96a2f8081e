"""The index of a plant folder: a DuckDB file, derived and disposable.

It is built aside and renamed into place, because an open writer locks every other process out; then it is only read.
Several processes may build the same one at once: the last rename wins, and all of them are the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ..errors import PlantError
from ..history.load import write_history
from ..history.read import read_history
from ..telemetry.load import load_telemetry
from ..twins.flow import Flows
from ..twins.stored import StoredGraph, stored_models
from .places import shown
from .problems import Problem

FORMAT = 4
_KEPT = 12
_ABANDONED_S = 3600.0
_ATTEMPTS = 3
# What a query over an open index may take, and what building one may; DuckDB's own limit is most of the memory.
_MEMORY = "1GB"
_BUILDING = "2GB"
Fill = Callable[[duckdb.DuckDBPyConnection], None]


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files that an index is made of.

    Attributes:
        folder: the plant folder; `files` are read from it or from elsewhere.
        twins: files of models, twins, relationships and configuration.
        changes: the head of the log of changes to twins.
    """

    folder: Path
    twins: tuple[Path, ...]
    telemetry: tuple[Path, ...]
    history: tuple[Path, ...]
    changes: str = ""

    def name(self) -> str:
        """The index file's name: which files, and then in which state."""
        files = [*self.twins, *self.telemetry, *self.history]
        selection = [*(str(path) for path in self.telemetry), bool(self.history)]
        states = [(str(path), *_state(path)) for path in files]
        contents = [FORMAT, duckdb.__version__, len(self.telemetry), states, self.changes]
        return f"{_digest(selection)}-{_digest(contents)}.duckdb"


def open_index(cache: Path, inputs: Inputs, fill: Fill, progress: Callable[[str], None]) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the index of the inputs, which is built first where it isn't there.

    Args:
        fill: writes the tables of models, twins and relationships; called only where the index is built.

    Raises:
        PlantError: it can't be built or opened.
    """
    file = cache / inputs.name()
    for _ in range(_ATTEMPTS):
        connection = _opened(file)
        if connection is not None:
            return connection
        _build(file, inputs, fill, progress)
        _tidy(cache, file)
    raise PlantError("the index can't be opened; delete the folder and try again", file=cache, code="plant.index")


def stored_problems(connection: duckdb.DuckDBPyConnection) -> list[Problem]:
    """What was found wrong with telemetry and history when the index was built."""
    ((text,),) = connection.execute("SELECT problems FROM about").fetchall()
    return [Problem(**each) for each in json.loads(text)]


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def _opened(file: Path) -> duckdb.DuckDBPyConnection | None:
    """A connection that can neither write nor read any other file; None if there is no sound index."""
    if not file.is_file():
        return None
    try:
        limits: dict[str, str | bool | int | float | list[str]] = {
            "enable_external_access": False,
            "memory_limit": _MEMORY,
        }
        connection = duckdb.connect(str(file), read_only=True, config=limits)
    except duckdb.Error:
        return None
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute("SELECT format FROM about").fetchall()
    except duckdb.Error:
        connection.close()
        return None
    with contextlib.suppress(OSError):
        os.utime(file)
    return connection


def _build(file: Path, inputs: Inputs, fill: Fill, progress: Callable[[str], None]) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="building-", dir=file.parent, ignore_cleanup_errors=True) as folder:
            aside = Path(folder) / file.name
            _write(aside, inputs, fill, progress)
            aside.replace(file)
    except OSError as error:
        raise PlantError(f"the index can't be written: {error}", file=file.parent, code="plant.index") from error


def _write(aside: Path, inputs: Inputs, fill: Fill, progress: Callable[[str], None]) -> None:
    with duckdb.connect(str(aside)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET memory_limit = '{_BUILDING}'")
        fill(connection)
        models, graph = stored_models(connection), StoredGraph(connection.cursor, Flows())
        named = _named(inputs.folder, inputs.telemetry)
        problems = load_telemetry(connection, named, models, graph, progress)
        rows = read_history(_named(inputs.folder, inputs.history), graph.twins, problems, progress)
        write_history(connection, rows)
        connection.execute("CREATE TABLE about (format INTEGER, problems VARCHAR)")
        connection.execute(
            "INSERT INTO about VALUES ($1, $2)", [FORMAT, json.dumps([each.as_dict() for each in problems])]
        )


def _named(folder: Path, files: Sequence[Path]) -> list[tuple[Path, str]]:
    return [(path, shown(folder, path)) for path in files]


def _tidy(cache: Path, current: Path) -> None:
    """Removes indexes that are out of date, and all but the newest few; a process that has one open keeps it."""
    selection = current.name.partition("-")[0]
    indexes = sorted(cache.glob("*-*.duckdb"), key=lambda path: -_state(path)[1])
    for number, path in enumerate(indexes):
        if path != current and (path.name.startswith(f"{selection}-") or number >= _KEPT):
            with contextlib.suppress(OSError):
                path.unlink()
    for path in cache.glob("building-*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED_S:
                _remove(path)


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
