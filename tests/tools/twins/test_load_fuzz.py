"""Whatever stands in a graph file: what can be used is loaded, nothing crashes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_tools.twins import load_twins, run_query, write_tables
from twinwright_tools.twins.flow import Flows

GRAPH = json.loads((Path(__file__).parent / "data" / "plant" / "graph.json").read_text())

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "pump1", "dtmi:test:Pump;1", "dtmi:test:Gone;1", "double", "name", "Interface", "Enum"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["@id", "@type", "name", "schema", "$dtId", "$metadata", "x/~y"]), inner)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to all values inside a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield (*path, key)
        yield from places(each, (*path, key))


PLACES = list(places(GRAPH))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=4))
def test_any_change_to_a_graph_file_is_survived(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[tuple[Any, ...], Any]]
) -> None:
    document = copy.deepcopy(GRAPH)
    for path, value in changes:
        inside = document
        for key in path[:-1]:
            inside = inside[key] if _has(inside, key) else None
        if isinstance(inside, dict | list) and _has(inside, path[-1]):
            inside[path[-1]] = value
    folder = tmp_path_factory.mktemp("plant")
    (folder / "graph.json").write_text(json.dumps(document))
    loaded = load_twins(folder, Flows())
    assert all(problem.code and problem.message for problem in loaded.problems)
    with duckdb.connect() as connection:
        write_tables(connection, loaded)
        found = run_query("SELECT * FROM DIGITALTWINS", loaded.models, loaded.graph, connection)
    assert [twin["$dtId"] for twin in found.value] == sorted(loaded.graph.twins)


def _has(inside: Any, key: Any) -> bool:
    if isinstance(inside, list):
        return isinstance(key, int) and key < len(inside)
    return isinstance(inside, dict) and key in inside
