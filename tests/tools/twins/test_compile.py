"""What queries are compiled to: pairs of query and SQL, in data/compiled.yaml."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml

from twinwright_tools.twins import LoadedTwins, explain_query, run_query

CASES = yaml.safe_load((Path(__file__).parent / "data" / "compiled.yaml").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["query"])
def test_the_sql_of_a_query(case: dict[str, str], small_plant: LoadedTwins) -> None:
    plan = explain_query(case["query"], small_plant.models, small_plant.graph, dialect="embedded")
    assert plan.sql == " ".join(case["sql"].split())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["query"])
def test_one_statement_runs_it(
    case: dict[str, str], small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection
) -> None:
    result = run_query(case["query"], small_plant.models, small_plant.graph, small_store.cursor(), dialect="embedded")
    assert len(duckdb.extract_statements(result.sql)) == 1
