"""Long answers come in pages that neither overlap nor leave anything out."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_tools.errors import QueryError
from twinwright_tools.twins import LoadedTwins, Twin, run_query
from twinwright_tools.twins.store import write_graph

EVERYTHING = "SELECT * FROM DIGITALTWINS"
QUERIES = [
    (EVERYTHING, 7),
    ("SELECT TOP(5) FROM DIGITALTWINS", 5),
    ("SELECT T.$dtId AS t, C.$dtId AS c FROM DIGITALTWINS T JOIN C RELATED T.contains WHERE T.$dtId = 'line1'", 3),
    ("SELECT B FROM DIGITALTWINS MATCH (A)-[*..3]->(B) WHERE A.$dtId = 'site'", 5),
    ("SELECT COUNT() FROM DIGITALTWINS", 1),
]


def pages(plant: LoadedTwins, store: duckdb.DuckDBPyConnection, query: str, size: int) -> list[list[dict[str, Any]]]:
    token, found = None, []
    while token is not None or not found:
        result = run_query(query, plant.models, plant.graph, store.cursor(), size, continuation=token)
        found.append(result.value)
        token = result.continuation
        assert result.truncated == (token is not None)
        assert result.as_dict()["continuationToken"] == token
    return found


@pytest.mark.parametrize(("query", "count"), QUERIES)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_pages_make_up_the_answer(
    small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection, query: str, count: int, size: int
) -> None:
    whole = run_query(query, small_plant.models, small_plant.graph, small_store.cursor()).value
    assert len(whole) == count
    found = pages(small_plant, small_store, query, size)
    assert [row for page in found for row in page] == whole
    assert [len(page) for page in found[:-1]] == [size] * (len(found) - 1)


def token_of(plant: LoadedTwins, store: duckdb.DuckDBPyConnection, query: str = EVERYTHING) -> str:
    found = run_query(query, plant.models, plant.graph, store.cursor(), 2).continuation
    assert found is not None
    return found


def refusal(plant: LoadedTwins, store: duckdb.DuckDBPyConnection, query: str, token: str, **options: Any) -> str:
    with pytest.raises(QueryError) as caught:
        run_query(query, plant.models, plant.graph, store.cursor(), 2, continuation=token, **options)
    assert caught.value.code == "query.continuation"
    return caught.value.message


def test_a_token_holds_for_its_query_alone(small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection) -> None:
    token = token_of(small_plant, small_store)
    assert "another query" in refusal(small_plant, small_store, "SELECT T FROM DIGITALTWINS T", token)
    assert "another query" in refusal(small_plant, small_store, EVERYTHING, token, dialect="embedded")


def test_a_token_holds_until_the_twins_change(small_plant: LoadedTwins) -> None:
    twins = [Twin(name, "dtmi:test:Asset;1", {"name": name}) for name in "abcd"]
    with duckdb.connect() as store:
        write_graph(store, small_plant.models, twins, [])
        token = token_of(small_plant, store)
        write_graph(store, small_plant.models, [*twins[:3], Twin("d", "dtmi:test:Asset;1", {"name": "D"})], [])
        assert "changed" in refusal(small_plant, store, EVERYTHING, token)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=40) | st.binary(max_size=30).map(lambda data: data.hex()))
def test_what_is_no_token_is_refused(
    small_plant: LoadedTwins, small_store: duckdb.DuckDBPyConnection, token: str
) -> None:
    assert "no continuation token" in refusal(small_plant, small_store, EVERYTHING, token)
