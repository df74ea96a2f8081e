"""Filling a store from a plant folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .bulk import is_bulk, write_bulk
from .changes.documents import Document, Key
from .changes.store import with_changes
from .flow import Flows
from .load import load_twins
from .store import write_tables
from .stored import write_origin

if TYPE_CHECKING:
    import duckdb


def fill_store(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    flows: Flows,
    changed: Mapping[Key, Document | None],
    progress: Callable[[str], None],
) -> None:
    """Write all tables of the store from the models, twins and relationships of a folder, with what has changed since.

    Large bulk-import files are read in DuckDB, anything else through objects in memory; what comes of it is the same.

    Raises:
        GraphError: there is neither a `graph.json` nor a bulk-import file nor a model.
    """
    if not changed and is_bulk(folder):
        write_bulk(connection, folder, flows, progress)
        return
    loaded = with_changes(load_twins(folder, flows), changed)
    write_tables(connection, loaded)
    write_origin(connection, loaded.model_records, loaded.problems)
