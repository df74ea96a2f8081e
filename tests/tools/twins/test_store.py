"""The tables of the store, and reading twins back from them."""

from __future__ import annotations

from random import Random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_evals.agree_twins.agree import models
from twinwright_evals.agree_twins.graphs import random_graph
from twinwright_tools.twins import LoadedTwins, Relationship, Twin, write_tables
from twinwright_tools.twins import stored as stored_module
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.store import write_graph
from twinwright_tools.twins.stored import StoredGraph


def test_numbers_are_in_the_order_of_ids(small_store: duckdb.DuckDBPyConnection) -> None:
    twins = small_store.cursor().execute("SELECT nid, id FROM twins").fetchall()
    assert twins == list(enumerate(sorted(name for _, name in twins)))
    edges = small_store.cursor().execute(
        "SELECT eid, s.id, e.id FROM edges e JOIN twins s ON s.nid = e.source ORDER BY eid"
    )
    found = edges.fetchall()
    assert [number for number, _, _ in found] == list(range(7))
    assert [key for _, *key in found] == sorted(key for _, *key in found)


def test_a_link_for_either_end_of_every_relationship(small_store: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT (SELECT count(*) FROM links WHERE forward = {}), "
    query += (
        "(SELECT count(*) FROM edges e JOIN links l USING (eid) WHERE l.forward = {} AND l.node = {} AND l.other = {})"
    )
    for along, ends in ((True, ("e.source", "e.target")), (False, ("e.target", "e.source"))):
        assert small_store.cursor().execute(query.format(along, along, *ends)).fetchone() == (7, 7)


def test_columns_hold_values_of_their_kind_and_odd_says_what_they_leave(small_plant: LoadedTwins) -> None:
    values = [{"power": 5}, {"power": "5"}, {"power": 5, "extra": 1}, {"power": None}, {}, {"motor": {"poles": 4}}]
    twins = [Twin(f"t{at}", "dtmi:test:Pump;1", each) for at, each in enumerate(values)]
    with duckdb.connect() as store:
        write_graph(store, small_plant.models, twins, [])
        names = dict(store.execute("SELECT split_part(name, '_', 2), name FROM pragma_table_info('twins')").fetchall())
        found = store.execute(f'SELECT "{names["power"]}", odd FROM twins ORDER BY nid').fetchall()
    assert found == [(5.0, False), (None, True), (5.0, True), (None, True), (None, False), (None, True)]


def test_a_relationship_to_a_twin_that_is_not_there_is_not_written(small_plant: LoadedTwins) -> None:
    with duckdb.connect() as store:
        write_graph(store, small_plant.models, [Twin("a", "m")], [Relationship("r", "near", "a", "b")])
        assert store.execute("SELECT count(*) FROM edges").fetchone() == (0,)


@pytest.mark.parametrize("few", [0, 1000])
@settings(deadline=None, max_examples=12)
@given(chance=st.randoms(use_true_random=False))
def test_what_was_written_is_read_back(few: int, chance: Random) -> None:
    loaded, _ = random_graph(chance, models())
    with pytest.MonkeyPatch.context() as patch, duckdb.connect() as store:
        patch.setattr(stored_module, "_FEW", few)
        write_tables(store, loaded)
        graph = StoredGraph(store.cursor, Flows())
        for name in (*loaded.graph.twins, "nobody"):
            assert graph.twins.get(name) == loaded.graph.twins.get(name)
            assert (name in graph.twins) == (name in loaded.graph.twins)
        assert len(graph.twins) == len(loaded.graph.twins)
        assert len(graph.relationships) == len(loaded.graph.relationships)
        assert list(graph.twins.items()) == list(loaded.graph.twins.items())
        assert tuple(graph.relationships) == loaded.graph.relationships
        assert graph.statistics == loaded.graph.statistics


def test_a_look_up_reads_one_twin(small_store: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_module, "_FEW", 0)
    graph = StoredGraph(small_store.cursor, Flows())
    assert graph.twin("pump1").name == "Glycol pump"
    assert "_all" not in vars(graph.twins)
    assert len(list(graph.twins)) == 7
    assert "_all" in vars(graph.twins)
