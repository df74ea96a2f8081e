"""Large bulk-import files: read in DuckDB, with the outcome of the reader of small plants."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_evals.agree_twins.agree import models
from twinwright_evals.agree_twins.graphs import MODELS, random_graph
from twinwright_tools.errors import GraphError
from twinwright_tools.plant import open_plant
from twinwright_tools.twins import bulk, load_twins, write_tables
from twinwright_tools.twins.changes.documents import relationship_document, twin_document
from twinwright_tools.twins.fill import fill_store
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.stored import StoredGraph, stored_models, stored_twin_problems

FLOWS = Flows({"feeds": Flow("forward")})
LIMITED = {
    "@context": "dtmi:dtdl:context;3",
    "@id": "dtmi:agree:Limited;1",
    "@type": "Interface",
    "extends": "dtmi:agree:Thing;1",
    "contents": [
        {"@type": "Relationship", "name": "holds", "target": "dtmi:agree:Asset;1", "maxMultiplicity": 1},
        {"@type": "Property", "name": "whole", "schema": "integer"},
        {"@type": "Property", "name": "long", "schema": "long"},
        {"@type": "Property", "name": "clock", "schema": "time"},
    ],
}
HEAD = [{"Section": "Header"}, {"fileVersion": "1.0.0"}, {"Section": "Models"}, *MODELS, LIMITED, {"Section": "Twins"}]


def lines_of(values: list[Any]) -> list[str]:
    return [json.dumps(each, ensure_ascii=False) for each in values]


def both_agree(folder: Path, batch: int = 3) -> None:
    """Reads a folder in both ways."""
    slow = load_twins(folder, FLOWS)
    with pytest.MonkeyPatch.context() as patch, duckdb.connect() as fast, duckdb.connect() as other:
        patch.setattr(bulk, "_LARGE", 0)
        patch.setattr(bulk, "_BATCH", batch)
        fill_store(fast, folder, FLOWS, {}, lambda text: None)
        graph = StoredGraph(fast.cursor, FLOWS)
        assert list(graph.twins.values()) == list(slow.graph.twins.values())
        assert tuple(graph.relationships) == slow.graph.relationships
        assert graph.statistics == slow.graph.statistics
        assert set(stored_models(fast)) == set(slow.models)
        assert told(stored_twin_problems(fast)) == told(slow.problems)
        write_tables(other, slow)
        for table, key in (("twins", "nid"), ("edges", "eid")):
            # as texts: DuckDB needs another package to make a time with a zone
            query = f"SELECT COLUMNS(* EXCLUDE (document, place, odd))::VARCHAR FROM {table} ORDER BY {key}"
            assert fast.execute(query).fetchall() == other.execute(query).fetchall()


def told(problems: list[Any]) -> list[tuple[str | None, ...]]:
    """What was found wrong, without the hints: among a million names, none is looked for."""
    return sorted((each.severity, each.code, each.file or "", each.place or "") for each in problems)


def write(folder: Path, lines: list[str]) -> None:
    (folder / "plant.ndjson").write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))


@settings(deadline=None, max_examples=8)
@given(chance=st.randoms(use_true_random=False))
def test_random_plants(tmp_path_factory: pytest.TempPathFactory, chance: Random) -> None:
    loaded, _ = random_graph(chance, models())
    edges = [relationship_document(each) for each in loaded.graph.relationships]
    lines = lines_of([*HEAD, *map(twin_document, loaded.graph.twins.values()), {"Section": "Relationships"}, *edges])
    folder = tmp_path_factory.mktemp("plant")
    write(folder, lines)
    both_agree(folder)


TWIN = {"$dtId": "a", "$metadata": {"$model": "dtmi:agree:Limited;1"}}
TWINS = [
    TWIN | {"whole": 5},
    TWIN | {"whole": 5.0},
    TWIN | {"whole": 2**31},
    TWIN | {"whole": -(2**31)},
    TWIN | {"whole": True},
    TWIN | {"long": 2**63 - 1},
    TWIN | {"long": 2**63},
    TWIN | {"long": 1e30},
    TWIN | {"clock": "12:00:00"},
    TWIN | {"clock": "noon"},
    TWIN | {"at": "2024-05-01T00:00:00Z"},
    TWIN | {"at": "2024-05-01T00:00:00"},
    TWIN | {"at": "2024-05-01"},
    TWIN | {"at": "2024-02-30T00:00:00Z"},
    TWIN | {"at": "2024-05-01T25:00:00Z"},
    TWIN | {"ok": "true"},
    TWIN | {"name": None},
    TWIN | {"nane": "misspelled"},
    TWIN | {"$etag": 'W/"1"', "$other": 1},
    TWIN | {"$etag": 5},
    {"$dtId": "", "$metadata": {"$model": "dtmi:agree:Thing;1"}},
    {"$dtId": 5, "$metadata": {"$model": "dtmi:agree:Thing;1"}},
    {"$dtId": "a"},
    {"$dtId": "a", "$metadata": "dtmi:agree:Thing;1"},
    {"$dtId": "a", "$metadata": {"$model": "dtmi:agree:Thing;2"}},
    {"$dtId": "a", "$metadata": {"$model": "dtmi:agree:Thing;1", "$lastUpdateTime": "2024-05-01T00:00:00Z"}},
    ["a"],
    "a",
    None,
    {},
]


@pytest.mark.parametrize("twin", TWINS, ids=json.dumps)
def test_one_twin(tmp_path: Path, twin: Any) -> None:
    write(tmp_path, lines_of([*HEAD, twin, TWIN | {"$dtId": "b"}]))
    both_agree(tmp_path)


EDGE = {"$sourceId": "a", "$relationshipId": "r", "$relationshipName": "near", "$targetId": "b"}
EDGES = [
    EDGE,
    EDGE | {"$relationshipName": "holds"},
    EDGE | {"$relationshipName": "holds", "$targetId": "c"},
    EDGE | {"$relationshipName": "feeds"},
    EDGE | {"$relationshipName": "feeds", "$sourceId": "c", "flow": 5},
    EDGE | {"$relationshipName": "feeds", "$sourceId": "c", "flow": "5"},
    EDGE | {"$relationshipName": "feeds", "$sourceId": "c", "folw": 5},
    EDGE | {"$relationshipName": "feeds", "$sourceId": "c", "since": "2024-13-01"},
    EDGE | {"$relationshipName": "bears"},
    EDGE | {"$relationshipName": ""},
    EDGE | {"$relationshipId": ""},
    EDGE | {"$relationshipId": None},
    EDGE | {"$targetId": "nobody"},
    EDGE | {"$sourceId": "nobody"},
    EDGE | {"$sourceId": 5},
    {"$dtId": "a", "$relationshipName": "near", "$targetId": "b"},
    EDGE | {"$etag": 'W/"1"'},
    5,
]


@pytest.mark.parametrize("edge", EDGES, ids=json.dumps)
def test_one_relationship(tmp_path: Path, edge: Any) -> None:
    pump = {"$dtId": "c", "$metadata": {"$model": "dtmi:agree:Pump;1"}}
    twins = [TWIN, TWIN | {"$dtId": "b"}, pump]
    write(tmp_path, lines_of([*HEAD, *twins, {"Section": "Relationships"}, edge]))
    both_agree(tmp_path)


def test_ids_that_come_twice(tmp_path: Path) -> None:
    twins = [TWIN | {"name": "first"}, TWIN | {"$dtId": "b"}, TWIN | {"name": "second"}]
    edges = [EDGE, EDGE | {"$targetId": "a"}, EDGE | {"$sourceId": "b"}]
    holds = [EDGE | {"$relationshipName": "holds", "$relationshipId": name} for name in ("h1", "h2")]
    write(tmp_path, lines_of([*HEAD, *twins, {"Section": "Relationships"}, *edges, *holds]))
    both_agree(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        '{"$dtId": "z", "$metadata": {"$model": "dtmi:agree:Thing;1"}, "name": "\\ud800"}',
        '{"$dtId": "z", "$metadata": {"$model": "dtmi:agree:Thing;1"}, "name": "a", "name": "b"}',
        '{"$dtId": "z", "$metadata": {"$model": "dtmi:agree:Thing;1"}, "name": "\\u0041"}',
        '{"$dtId": "z", "$metadata": {"$model": "dtmi:agree:Asset;1"}, "power": NaN}',
        '{"$dtId": "z", "$metadata": {"$model": "dtmi:agree:Asset;1"}, "power": 1e5}',
        '{"$dtId": "z", "$metadata": {"$model": "dtmi:agree:Thing;1"}} trailing',
        '{"$dtId": "z"',
        "   ",
        "",
        '{"Section": "Nonsense"}',
        '{"Section": 5}',
        '{"Section": "Relationships"}',
        '{"Section": "Header"}',
        '{"$dtId": "z", "$metadata": {"$model": "dtmi:agree:Thing;1"}}\r',
    ],
)
def test_one_line(tmp_path: Path, line: str) -> None:
    write(tmp_path, [*lines_of([*HEAD, TWIN]), line, *lines_of([TWIN | {"$dtId": "b"}])])
    both_agree(tmp_path)
    both_agree(tmp_path, batch=1000)


def test_files_without_models_take_them_from_the_folder_beside(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "all.json").write_text(json.dumps([*MODELS, LIMITED]))
    for name, twin in (("x", "a"), ("y", "b")):
        (tmp_path / f"{name}.ndjson").write_text("\n".join(lines_of([{"Section": "Twins"}, TWIN | {"$dtId": twin}])))
    both_agree(tmp_path)


def test_a_file_that_is_no_text_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, lines_of([*HEAD, TWIN]))
    (tmp_path / "x.ndjson").write_bytes(b'{"Section": "Twins"}\n\xff\n')
    both_agree(tmp_path)


def test_when_a_plant_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, lines_of([*HEAD, TWIN]))
    assert not bulk.is_bulk(tmp_path)
    monkeypatch.setattr(bulk, "_LARGE", 1000)
    assert bulk.is_bulk(tmp_path)
    (tmp_path / "graph.json").write_text("{}")
    assert not bulk.is_bulk(tmp_path)


def test_a_large_plant_is_opened_and_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_LARGE", 0)
    write(tmp_path, lines_of([*HEAD, TWIN | {"name": "x"}, TWIN | {"$dtId": "b", "nane": 1}]))
    for _ in range(2):
        with open_plant(tmp_path) as plant:
            assert [each["$dtId"] for each in plant.query("SELECT * FROM DIGITALTWINS").value] == ["a", "b"]
            assert [each.code for each in plant.problems] == ["twin.unknown_property"]
            assert plant.graph.twin("a").properties == {"name": "x"}


def test_nothing_at_all(tmp_path: Path) -> None:
    with duckdb.connect() as store, pytest.raises(GraphError):
        fill_store(store, tmp_path, FLOWS, {}, lambda text: None)
