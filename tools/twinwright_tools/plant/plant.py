"""One open plant folder. Nothing after its time limit can be read through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

import duckdb

from ..errors import TimeFormatError
from ..history.store import HistoryStore
from ..telemetry.series import SignalKey
from ..telemetry.store import TelemetryStore
from ..times import from_micros
from ..twins.changes.log import ChangeLog
from ..twins.changes.store import TwinStore
from ..twins.dtdl import ModelSet
from ..twins.fill import fill_store
from ..twins.graph import TwinGraph
from ..twins.load import load_twins
from ..twins.stored import StoredGraph, stored_models, stored_twin_problems
from .config import PlantConfig, Range, read_config
from .declared import declaration_problems, declared
from .index import Inputs, open_index, stored_problems
from .places import history_files, imported_files, plant_folder, state_folder, telemetry_files, twin_files
from .problems import Problem

if TYPE_CHECKING:
    from ..twins.query.restrictions import DialectName
    from ..twins.query.run import QueryResult


@dataclass(frozen=True, eq=False)
class Plant:
    """One open workspace.

    Attributes:
        folder: the plant folder, absolute; `state` is a folder that can be written.
        zone: the site's zone.
        at: the moment of asking; nothing later can be read.
        problems: what is wrong with the folder; the rest of it is used.
    """

    folder: Path
    state: Path
    config: PlantConfig
    zone: ZoneInfo
    at: datetime
    models: ModelSet
    graph: TwinGraph
    telemetry: TelemetryStore
    history: HistoryStore
    problems: list[Problem]
    _connection: duckdb.DuckDBPyConnection

    @property
    def name(self) -> str:
        """What people call the plant."""
        return self.config.name or self.folder.name

    def range_of(self, key: SignalKey) -> Range | None:
        """Where the signal belongs, as `twinwright.toml` says for it or for a model of its twin; else None."""
        return declared(key, self.config.ranges, self.models, self.graph)

    def query(
        self,
        text: str,
        *,
        dialect: DialectName = "service",
        checked: bool = True,
        continuation: str | None = None,
    ) -> QueryResult:
        """A page of the result of a twin query, the one that the continuation token of the page before stands for.

        For dialect and checked, see `check_query`.

        Raises:
            QueryError: the query or the token was refused.
        """
        from ..twins.query.run import run_query

        cursor = self._connection.cursor()
        return run_query(
            text, self.models, self.graph, cursor, dialect=dialect, checked=checked, continuation=continuation
        )

    def close(self) -> None:
        """Lets go of the index."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_plant(
    folder: Path,
    *,
    telemetry: Sequence[Path] = (),
    state: Path | None = None,
    at: datetime | None = None,
    as_of: datetime | None = None,
    progress: Callable[[str], None] = lambda text: None,
    cache_home: Path | None = None,
) -> Plant:
    """Opens a plant folder; what is wrong in it stands in `problems`, and all the rest is used.

    Args:
        telemetry: these files instead of the folder's.
        state: a folder for state and caches instead of the plant's own.
        at: the moment of asking; the newest telemetry time (else the newest of history, else now) where it is None.
            Where it is given, the twins are those of that time too.
        as_of: the twins as they stood then, alone: the plant has neither telemetry nor history.
        progress: is told what takes time.
        cache_home: the user's cache folder, used where the plant can't be written; ``~/.cache`` if None.

    Raises:
        PlantError: there is no such folder, its twins or configuration can't be used, or nothing can be written.
        TelemetryError: one of `telemetry` doesn't exist.
        ChangeError: the log of changes to twins can't be read.
        TimeFormatError: `at` or `as_of` has no zone.
    """
    for moment in (at, as_of):
        if moment is not None and moment.tzinfo is None:
            raise TimeFormatError(f"the moment of asking {moment.isoformat()} has no zone", code="time.naive")
    folder = plant_folder(folder)
    config = read_config(folder)
    place = state_folder(folder, state, cache_home or Path.home() / ".cache")
    changed = ChangeLog(place).read(as_of or at)
    # An index of the twins alone is quick to make: one as of some time in the past is hardly asked twice.
    telemetry_paths = telemetry_files(folder, config, telemetry) if as_of is None else []
    history_paths = [*history_files(folder, config), *imported_files(place)] if as_of is None else []
    inputs = Inputs(folder, tuple(twin_files(folder)), tuple(telemetry_paths), tuple(history_paths), changed.head)
    connection = open_index(
        place / "cache",
        inputs,
        lambda index: fill_store(index, folder, config.flows, changed.documents, progress),
        progress,
    )
    models = stored_models(connection)
    graph = StoredGraph(connection.cursor, config.flows)
    asked = at.astimezone(UTC) if at else _newest(connection)
    problems = [
        *stored_twin_problems(connection),
        *stored_problems(connection),
        *declaration_problems(config, models, graph),
    ]
    return Plant(
        folder=folder,
        state=place,
        config=config,
        zone=config.zone,
        at=asked,
        models=models,
        graph=graph,
        telemetry=TelemetryStore(
            connection.cursor, models, graph, asked, lambda key: declared(key, config.units, models, graph)
        ),
        history=HistoryStore(connection.cursor, graph, asked, config.zone),
        problems=problems,
        _connection=connection,
    )


def open_twins(folder: Path, *, state: Path | None = None, cache_home: Path | None = None) -> TwinStore:
    """The twins of a plant folder and the log of their changes, without an index.

    Raises:
        PlantError: there is no such folder, its twins or configuration can't be used, or nothing can be written.
    """
    folder = plant_folder(folder)
    return _twins(folder, read_config(folder), state_folder(folder, state, cache_home or Path.home() / ".cache"))


def _twins(folder: Path, config: PlantConfig, place: Path) -> TwinStore:
    return TwinStore(load_twins(folder, config.flows), ChangeLog(place))


def _newest(connection: duckdb.DuckDBPyConnection) -> datetime:
    for query in ("SELECT max(time) FROM telemetry", "SELECT max(epoch_us(time)) FROM history_rows"):
        ((newest,),) = connection.execute(query).fetchall()
        if newest is not None:
            return from_micros(newest)
    return datetime.now(UTC).replace(microsecond=0)
