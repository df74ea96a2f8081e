"""Compiled twin queries and the slow evaluator say the same; a compiler that errs is found out."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinwright_evals.agree_twins import __main__ as command
from twinwright_evals.agree_twins.agree import Tally, agree_on, checked, compare, models
from twinwright_evals.agree_twins.graphs import random_graph
from twinwright_evals.agree_twins.queries import random_query
from twinwright_evals.agree_twins.reference import Documents, evaluate
from twinwright_tools.errors import QueryError
from twinwright_tools.twins import LoadedTwins, Relationship, Twin, TwinGraph, write_tables
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.query import compile_joins, compile_walks

PAIRS = yaml.safe_load((Path(__file__).parent / "data" / "agree_twins.yaml").read_text())


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(chance=st.randoms(use_true_random=False))
def test_compiled_and_evaluated_agree(chance: Random) -> None:
    assert [each.text() for each in agree_on(chance, 12, Tally())] == []


def plant_of(twins: list[dict[str, Any]], edges: list[list[str]]) -> tuple[LoadedTwins, Documents]:
    """A plant of the test models, and the same as documents."""
    found = [Twin(each["id"], f"dtmi:agree:{each['model']};1", each.get("is", {})) for each in twins]
    links = [Relationship(f"r{at}", name, source, target) for at, (source, name, target) in enumerate(edges)]
    loaded = LoadedTwins(models(), TwinGraph({each.id: each for each in found}, tuple(links), Flows()), [])
    documents = [{"$dtId": each.id, "$metadata": {"$model": each.model}, **each.properties} for each in found]
    heads = [("$relationshipId", "$relationshipName", "$sourceId", "$targetId")] * len(links)
    values = [(each.id, each.name, each.source, each.target) for each in links]
    return loaded, Documents(documents, [dict(zip(*pair, strict=True)) for pair in zip(heads, values, strict=True)])


@pytest.mark.parametrize("case", PAIRS, ids=lambda case: case["query"])
def test_pairs(case: dict[str, Any]) -> None:
    """Where two ways to understand a query would differ: the answer stands in the file, and both ways give it."""
    loaded, documents = plant_of(case["twins"], case["relationships"])
    text = case["query"]
    query = checked(text, loaded)
    assert evaluate(query, documents) == case["value"]
    with duckdb.connect() as store:
        write_tables(store, loaded)
        assert compare(text, query, loaded, documents, store, Tally()) is None


def test_most_random_queries_are_valid_and_many_find_something() -> None:
    tally = Tally()
    assert agree_on(Random(5), 60, tally) == []
    assert tally.pairs == 60
    assert tally.refused < 30
    assert tally.with_rows > 10
    assert tally.matches > 10 and tally.joins > 5


def test_a_graph_and_its_documents_are_the_same() -> None:
    for seed in range(20):
        loaded, documents = random_graph(Random(seed), models())
        assert [each["$dtId"] for each in documents.twins] == list(loaded.graph.twins)
        assert len(documents.relationships) == len(loaded.graph.relationships)


def test_queries_are_a_function_of_the_seed() -> None:
    assert [random_query(Random(seed)) for seed in range(30)] == [random_query(Random(seed)) for seed in range(30)]
    assert len({random_query(Random(seed)) for seed in range(30)}) > 25


def test_a_compiler_that_errs_is_found_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(compile_walks, "is_along", lambda step, backwards: True)
    monkeypatch.setattr(compile_joins, "is_along", lambda step, backwards: True)
    assert command.main(["--pairs", "60", "--json", "--seed", "3"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["disagreements"] > 0
    assert told["shown"][0]["compiled"] != told["shown"][0]["evaluated"]


def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--pairs", "30", "--queries", "10"]) == 0
    said = capsys.readouterr().out
    assert "pairs 30" in said and "graphs 3" in said and "disagreements 0" in said


@pytest.mark.parametrize("words", [["--pairs", "0"], ["--queries", "0"], ["--pairs", "many"]])
def test_bad_words_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(words)
    assert caught.value.code == 2


def test_a_query_that_is_refused_is_no_pair() -> None:
    loaded, _ = plant_of([{"id": "a", "model": "Thing"}], [])
    with pytest.raises(QueryError):
        checked("SELECT * FROM DIGITALTWINS T WHERE T.nane = 'x'", loaded)
