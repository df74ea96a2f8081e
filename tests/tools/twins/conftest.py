"""A small plant of pumps and tanks, loaded and written to DuckDB once."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.load import LoadedTwins, load_twins
from twinwright_tools.twins.store import write_tables

DATA = Path(__file__).parent / "data"
FLOWS = Flows({"feeds": Flow("forward"), "contains": Flow("structure")})


@pytest.fixture(scope="session")
def small_plant() -> LoadedTwins:
    return load_twins(DATA / "plant", FLOWS)


@pytest.fixture(scope="session")
def small_store(small_plant: LoadedTwins) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    write_tables(connection, small_plant)
    return connection
