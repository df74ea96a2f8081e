"""Queries and what comes of them, in data/queries.yaml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from twinwright_tools.errors import QueryError
from twinwright_tools.twins import LoadedTwins, explain_query, load_twins, run_query, write_tables
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.query.parse import parse_query, print_query

CASES = yaml.safe_load((Path(__file__).parent / "data" / "queries.yaml").read_text())


@pytest.mark.parametrize("case", CASES["accepted"], ids=lambda case: case["query"])
def test_accepted(case: dict[str, Any], small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection) -> None:
    result = run_query(case["query"], small_plant.models, small_plant.graph, small_store.cursor())
    if "ids" in case:
        assert [twin["$dtId"] for twin in result.value] == case["ids"]
    else:
        assert result.value == case["value"]
    assert result.as_dict() == {"value": result.value, "continuationToken": None}
    assert not result.truncated
    json.dumps(result.value, allow_nan=False)


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["query"])
def test_refused(case: dict[str, Any], small_plant: LoadedTwins) -> None:
    with pytest.raises(QueryError) as caught:
        explain_query(case["query"], small_plant.models, small_plant.graph)
    error = caught.value
    assert error.code == case["code"], error.message
    if "at" in case:
        assert error.position is not None
        assert case["query"][error.position :].startswith(case["at"]), error.message
    if "near" in case:
        assert error.suggestions[0] == case["near"]


@pytest.mark.parametrize("case", CASES["accepted"], ids=lambda case: case["query"])
def test_a_printed_query_is_the_same_query(
    case: dict[str, Any], small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection
) -> None:
    printed = print_query(parse_query(case["query"]))
    assert print_query(parse_query(printed)) == printed
    models, graph, cursor = small_plant.models, small_plant.graph, small_store.cursor()
    answers = [run_query(text, models, graph, cursor) for text in (case["query"], printed)]
    assert answers[0].value == answers[1].value
    assert answers[0].sql == answers[1].sql


def test_rows_are_bounded(small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection) -> None:
    models, graph = small_plant.models, small_plant.graph
    result = run_query("SELECT * FROM DIGITALTWINS", models, graph, small_store, row_limit=3)
    assert len(result.value) == 3
    assert result.truncated
    exact = run_query(
        "SELECT TOP(3) FROM DIGITALTWINS", small_plant.models, small_plant.graph, small_store, row_limit=3
    )
    assert not exact.truncated


def test_a_plan_says_what_was_understood(small_plant: LoadedTwins) -> None:
    plan = explain_query(
        "SELECT T.name FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:test:Pump;1') AND T.power > 5",
        small_plant.models,
        small_plant.graph,
    )
    assert "T: twins of Centrifugal pump, Pump" in plan.checks
    assert "T.power: double" in plan.checks
    assert plan.sql.startswith("SELECT JSON_EXTRACT(t0.properties, '/name') FROM twins AS t0 WHERE ")
    assert "GT(" in plan.tree
    assert set(plan.as_dict()) == {"tree", "checks", "sql"}


def test_what_no_model_declares_but_documents_hold_can_be_asked_for(tmp_path: Path) -> None:
    twin = {"$dtId": "a", "$metadata": {"$model": "dtmi:test:Gone;1"}, "size": 4}
    graph = {"digitalTwins": [twin], "relationships": []}
    (tmp_path / "graph.json").write_text(json.dumps({"digitalTwinsGraph": graph, "digitalTwinsModels": []}))
    loaded = load_twins(tmp_path, Flows())
    connection = duckdb.connect()
    write_tables(connection, loaded)
    result = run_query("SELECT * FROM DIGITALTWINS T WHERE T.size > 3", loaded.models, loaded.graph, connection)
    assert [twin["$dtId"] for twin in result.value] == ["a"]
    assert "T.size isn't declared by any model, but stands in documents" in result.checks
