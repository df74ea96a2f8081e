"""Queries and what comes of them, in data/queries*.yaml.

A file names the `plant` that it asks. Of each query that is accepted it has one of: `ids`, the ids of all documents
that are found; `rows`, the whole answer with ids in place of documents; `value`, the whole answer; `count`, what
COUNT() gives; `many`, how many rows there are. Of each that is refused it has the `code` of the refusal and may have
`at`, the text where it points, `near`, what is suggested first, and `reason`, what the message says. `dialect` and
`checked` are those of the run (`service` and true, if they are missing).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from twinwright_tools.errors import QueryError
from twinwright_tools.twins import LoadedTwins, QueryResult, explain_query, load_twins, run_query, write_tables
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.query import check
from twinwright_tools.twins.query.parse import parse_query, print_query

if TYPE_CHECKING:
    from .conftest import StoredPlant

FILES = sorted((Path(__file__).parent / "data").glob("queries*.yaml"))


def cases(kind: str) -> list[Any]:
    """All cases of a kind, each with its plant."""
    found = []
    for file in FILES:
        content = yaml.safe_load(file.read_text())
        found += [pytest.param({"plant": content["plant"], **case}, id=case["query"][:150]) for case in content[kind]]
    return found


def options(case: dict[str, Any]) -> dict[str, Any]:
    return {"dialect": case.get("dialect", "service"), "checked": case.get("checked", True)}


def run(case: dict[str, Any], text: str, plants: dict[str, StoredPlant]) -> QueryResult:
    plant = plants[case["plant"]]
    return run_query(text, plant.loaded.models, plant.loaded.graph, plant.connection.cursor(), **options(case))


def brief(value: Any) -> Any:
    """The id in place of a twin's or a relationship's document."""
    names = ("$dtId", "$relationshipId") if isinstance(value, dict) and len(value) > 1 else ()
    return next((value[name] for name in names if name in value), value)


def in_order(values: Iterable[Any]) -> list[str]:
    return sorted(json.dumps(value, sort_keys=True) for value in values)


def test_every_refusal_is_documented_and_tried() -> None:
    package = Path(check.__file__).parent
    sources = "".join(file.read_text() for file in package.glob("*.py"))
    raised = set(re.findall(r'refuse\("(\w+)"|code="(?:query\.)?(\w+)"', sources))
    codes = {first or second for first, second in raised}
    page = (Path(__file__).parents[3] / "docs" / "queries.md").read_text()
    assert not {code for code in codes if not re.search(rf"`(query\.)?{code}`", page)}
    tried = {case.values[0]["code"].removeprefix("query.") for case in cases("refused")}
    assert codes - tried <= {"continuation"}  # which is no matter of the query's text: test_pages.py


@pytest.mark.parametrize("case", cases("accepted"))
def test_accepted(case: dict[str, Any], stored_plants: dict[str, StoredPlant]) -> None:
    result = run(case, case["query"], stored_plants)
    rows = [{name: brief(each) for name, each in row.items()} for row in result.value]
    if "ids" in case:
        assert in_order(map(brief, result.value)) == in_order(case["ids"])
    elif "rows" in case:
        assert in_order(rows) == in_order(case["rows"])
    elif "value" in case:
        assert in_order(result.value) == in_order(case["value"])
    elif "count" in case:
        assert result.value == [{"COUNT": case["count"]}]
    else:
        assert len(result.value) == case["many"]
    assert result.as_dict() == {"value": result.value, "continuationToken": None}
    assert not result.truncated
    json.dumps(result.value, allow_nan=False)


@pytest.mark.parametrize("case", cases("accepted"))
def test_no_more_rows_than_foretold(case: dict[str, Any], stored_plants: dict[str, StoredPlant]) -> None:
    loaded = stored_plants[case["plant"]].loaded
    plan = explain_query(case["query"], loaded.models, loaded.graph, **options(case))
    assert len(run(case, case["query"], stored_plants).value) <= plan.bound


@pytest.mark.parametrize("case", cases("refused"))
def test_refused(case: dict[str, Any], stored_plants: dict[str, StoredPlant]) -> None:
    loaded = stored_plants[case["plant"]].loaded
    with pytest.raises(QueryError) as caught:
        explain_query(case["query"], loaded.models, loaded.graph, **options(case))
    error = caught.value
    assert error.code == case["code"], error.message
    if "at" in case:
        assert error.position is not None
        assert case["query"][error.position :].startswith(case["at"]), error.message
    if "near" in case:
        assert error.suggestions[0] == case["near"]
    assert case.get("reason", "") in error.message


@pytest.mark.parametrize("case", cases("accepted"))
def test_a_printed_query_is_the_same_query(case: dict[str, Any], stored_plants: dict[str, StoredPlant]) -> None:
    printed = print_query(parse_query(case["query"]))
    assert print_query(parse_query(printed)) == printed
    answers = [run(case, text, stored_plants) for text in (case["query"], printed)]
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
    assert plan.plan[:2] == [
        "begin with twins T of 2 model(s)",
        "keep where (T is of dtmi:test:Pump;1 (2 model(s))) AND (T.power > 5)",
    ]
    assert plan.bound == 3
    assert "FROM twins AS t0 WHERE " in plan.sql
    assert "GT(" in plan.tree
    assert set(plan.as_dict()) == {"tree", "checks", "plan", "bound", "sql"}


def test_a_plan_tells_the_way_of_a_match(small_plant: LoadedTwins) -> None:
    text = (
        "SELECT TOP(2) a, c FROM DIGITALTWINS MATCH (a)-[r:feeds]->(b)<-[:contains*1..3]-(c)-[]-() "
        "WHERE b.$dtId = 'tank1' AND NOT ARRAY_CONTAINS(b.levels, 3) AND (IS_DEFINED(a.power) OR a.name NIN ['x'] "
        "OR STARTSWITH(a.name, 'P'))"
    )
    plan = explain_query(text, small_plant.models, small_plant.graph)
    assert plan.plan[:-2] == [
        "begin with twins a of 4 model(s)",
        "follow a.feeds leads to b",
        "follow b.contains comes from c in 2 to 3 hops",
        "follow c.any relationship joins ()",
        "pass no relationship twice",
        "keep where (b.$dtId = 'tank1') AND (NOT (ARRAY_CONTAINS(b.levels, 3))) AND "
        "((IS_DEFINED(a.power)) OR (a.name NIN ['x']) OR (STARTSWITH(a.name, 'P')))",
        "show a as a, c as c",
        "stop after 2 row(s)",
    ]
    assert any("the service may leave rows out" in check for check in plan.checks)


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
    model = "SELECT COUNT() FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:test:Gone;1')"
    assert run_query(model, loaded.models, loaded.graph, connection).value == [{"COUNT": 1}]


@pytest.mark.parametrize(
    ("condition", "limit"),
    [
        ("T.power IN [" + ", ".join(map(str, range(101))) + "]", "100 values in a list, not 101"),
        (" AND ".join(f"T.power != {n}" for n in range(52)), "50 ANDs and ORs in a query, not 51"),
        ("T.name = '" + "x" * 7990 + "'", "8000 characters in a query"),
    ],
)
def test_the_service_s_limits_hold_unless_they_are_lifted(
    condition: str, limit: str, small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection
) -> None:
    text = f"SELECT COUNT() FROM DIGITALTWINS T WHERE {condition}"
    with pytest.raises(QueryError, match=limit) as caught:
        explain_query(text, small_plant.models, small_plant.graph)
    assert caught.value.code == "query.bounds"
    run_query(text, small_plant.models, small_plant.graph, small_store.cursor(), dialect="embedded")
