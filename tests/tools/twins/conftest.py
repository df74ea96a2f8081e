"""Small plants, loaded and written to DuckDB once: pumps and tanks, the reference pages' plant, the bottling plant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from twinwright_plant.writer import write_twins
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.load import LoadedTwins, load_twins
from twinwright_tools.twins.store import write_tables

DATA = Path(__file__).parent / "data"
FLOWS = Flows({"feeds": Flow("forward"), "contains": Flow("structure")})


@dataclass(frozen=True)
class StoredPlant:
    """A plant's twins in memory and in DuckDB."""

    loaded: LoadedTwins
    connection: duckdb.DuckDBPyConnection


def stored(folder: Path) -> StoredPlant:
    """The twins of a folder, written to a database in memory."""
    loaded, connection = load_twins(folder, FLOWS), duckdb.connect()
    write_tables(connection, loaded)
    return StoredPlant(loaded, connection)


@pytest.fixture(scope="session")
def stored_plants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StoredPlant]:
    """By the names that the files of queries use."""
    bottling = tmp_path_factory.mktemp("bottling")
    write_twins(bottling)
    folders = {"plant": DATA / "plant", "reference_plant": DATA / "reference_plant", "bottling": bottling}
    return {name: stored(folder) for name, folder in folders.items()}


@pytest.fixture(scope="session")
def small_plant(stored_plants: dict[str, StoredPlant]) -> LoadedTwins:
    return stored_plants["plant"].loaded


@pytest.fixture(scope="session")
def small_store(stored_plants: dict[str, StoredPlant]) -> duckdb.DuckDBPyConnection:
    return stored_plants["plant"].connection
