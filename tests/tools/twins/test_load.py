"""Loading graphs: what is wrong is named by file and place, and nothing else is lost."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from twinwright_tools.errors import GraphError
from twinwright_tools.plant.problems import Problem
from twinwright_tools.twins import LoadedTwins, load_twins, run_query, write_tables
from twinwright_tools.twins.flow import Flow, Flows

STATED = Flows({name: Flow("forward") for name in ("feeds", "contains")})
GRAPH = json.loads((Path(__file__).parent / "data" / "plant" / "graph.json").read_text())


def load(folder: Path, twins: Any = (), relationships: Any = (), models: Any = None) -> LoadedTwins:
    graph = GRAPH["digitalTwinsGraph"]
    document = {
        "digitalTwinsGraph": {
            "digitalTwins": [*graph["digitalTwins"], *twins],
            "relationships": [*graph["relationships"], *relationships],
        },
        "digitalTwinsModels": [*GRAPH["digitalTwinsModels"], *(models or [])],
    }
    (folder / "graph.json").write_text(json.dumps(document))
    return load_twins(folder, STATED)


def one(loaded: LoadedTwins) -> Problem:
    assert len(loaded.problems) == 1, loaded.problems
    assert len(loaded.graph.twins) >= 7
    assert len(loaded.graph.relationships) >= 7
    assert len(loaded.models) == 7
    return loaded.problems[0]


def test_a_clean_plant_has_no_problems(small_plant: LoadedTwins) -> None:
    assert small_plant.problems == []
    assert (len(small_plant.models), len(small_plant.graph.twins), len(small_plant.graph.relationships)) == (7, 7, 7)
    assert small_plant.graph.twin("site").etag == 'W/"1"'
    assert small_plant.graph.location("pump1") == ["site", "line1", "pump1"]


TWIN_CASES = [
    ({"$metadata": {"$model": "dtmi:test:Tank;1"}}, "error", "graph.missing_field", ""),
    ({"$dtId": 5, "$metadata": {"$model": "dtmi:test:Tank;1"}}, "error", "graph.missing_field", ""),
    ("x", "error", "graph.format", ""),
    ({"$dtId": "pump1", "$metadata": {"$model": "dtmi:test:Tank;1"}}, "error", "twin.duplicate", ""),
    ({"$dtId": "x", "$metadata": {"$model": "dtmi:test:Tnk;1"}}, "error", "twin.unknown_model", ".$metadata.$model"),
    ({"$dtId": "x"}, "error", "twin.no_model", ".$metadata"),
    ({"$dtId": "x", "$metadata": None}, "error", "twin.no_model", ".$metadata"),
    (
        {"$dtId": "x", "$metadata": {"$model": "dtmi:test:Tank;1"}, "volum": 4},
        "warning",
        "twin.unknown_property",
        ".volum",
    ),
    (
        {"$dtId": "x", "$metadata": {"$model": "dtmi:test:Tank;1"}, "volume": "4"},
        "warning",
        "twin.wrong_type",
        ".volume",
    ),
    (
        {"$dtId": "x", "$metadata": {"$model": "dtmi:test:Pump;1"}, "outletPressure": 4},
        "warning",
        "twin.unknown_property",
        ".outletPressure",
    ),
    (
        {"$dtId": "x", "$metadata": {"$model": "dtmi:test:Pump;1"}, "motor": {"poles": "two"}},
        "warning",
        "twin.wrong_type",
        ".motor.poles",
    ),
    ({"$dtId": "x", "$metadata": {"$model": "dtmi:test:Pump;1"}, "motor": 4}, "warning", "twin.wrong_type", ".motor"),
    (
        {"$dtId": "x", "$metadata": {"$model": "dtmi:test:Pump;1"}, "state": "off"},
        "warning",
        "twin.wrong_type",
        ".state",
    ),
    (
        {"$dtId": "x", "$metadata": {"$model": "dtmi:test:Place;1"}, "tags": {"a": "b", "c": 5}},
        "warning",
        "twin.wrong_type",
        ".tags",
    ),
    (
        {"$dtId": "x", "$metadata": {"$model": "dtmi:test:CentrifugalPump;1"}, "nameplate": {"year": "old"}},
        "warning",
        "twin.wrong_type",
        ".nameplate",
    ),
]


@pytest.mark.parametrize(("twin", "severity", "code", "place"), TWIN_CASES)
def test_what_is_wrong_with_a_twin_is_named(tmp_path: Path, twin: Any, severity: str, code: str, place: str) -> None:
    loaded = load(tmp_path, twins=[twin])
    problem = one(loaded)
    assert (problem.severity, problem.code) == (severity, code), problem
    assert problem.file == "graph.json"
    assert problem.place == "$.digitalTwinsGraph.digitalTwins[7]" + place
    if isinstance(twin, dict) and twin.get("$dtId") == "x":
        kept = {name: value for name, value in twin.items() if not name.startswith("$")}
        assert loaded.graph.twin("x").properties == kept


RELATIONSHIP_CASES = [
    ({"$targetId": "nobody"}, "error", "relationship.unknown_twin", ".$targetId"),
    ({"$sourceId": "pump4"}, "error", "relationship.unknown_twin", ".$sourceId"),
    ({"$relationshipId": "f1"}, "error", "relationship.duplicate", ""),
    ({"$relationshipId": None}, "warning", "relationship.no_id", ""),
    ({"$relationshipName": None}, "error", "graph.missing_field", ""),
    ({"$relationshipName": "contains"}, "warning", "relationship.undeclared", ".$relationshipName"),
    ({"$targetId": "site"}, "warning", "relationship.target_model", ".$targetId"),
    ({"diameter": "wide"}, "warning", "relationship.wrong_type", ".diameter"),
    ({"colour": "blue"}, "warning", "relationship.unknown_property", ".colour"),
]


@pytest.mark.parametrize(("change", "severity", "code", "place"), RELATIONSHIP_CASES)
def test_what_is_wrong_with_a_relationship_is_named(
    tmp_path: Path, change: dict[str, Any], severity: str, code: str, place: str
) -> None:
    good = {"$relationshipId": "new", "$sourceId": "pump1", "$targetId": "valve1", "$relationshipName": "feeds"}
    loaded = load(tmp_path, relationships=[good | change])
    problem = one(loaded)
    assert (problem.severity, problem.code) == (severity, code), problem
    assert problem.place == "$.digitalTwinsGraph.relationships[7]" + place
    assert len(loaded.graph.relationships) == (7 if severity == "error" else 8)


def test_too_many_relationships_are_named(tmp_path: Path) -> None:
    more = [
        {"$relationshipId": f"m{index}", "$sourceId": "pump1", "$targetId": "valve1", "$relationshipName": "feeds"}
        for index in range(2)
    ]
    problem = one(load(tmp_path, relationships=more))
    assert (problem.code, problem.place) == ("relationship.multiplicity", "pump1")


def test_a_broken_model_is_named_and_the_rest_loads(tmp_path: Path) -> None:
    broken = {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:test:Bad;1", "@type": "Interface", "extends": "dtmi:no;1"}
    problem = one(load(tmp_path, models=[broken]))
    assert (problem.code, problem.place) == ("dtdl.unknown_base", "$.digitalTwinsModels[7]")
    assert "dtmi:test:Bad;1" in problem.message


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (b'{"digitalTwinsGraph": {\n  "digitalTwins": [,]}}', "json.syntax", "line 2 column 20"),
        (b"", "json.syntax", "line 1 column 1"),
        (b'{"digitalTwinsGraph": {"digitalTwins": [NaN]}}', "json.syntax", "$"),
        (b"\xff\xfe{}", "json.encoding", "byte 0"),
        (b"[" * 100_000, "json.syntax", "$"),
        (b"[]", "graph.format", "$"),
        (b"{}", "graph.missing_section", "$"),
        (b'{"digitalTwinsGraph": []}', "graph.format", "$.digitalTwinsGraph"),
        (b'{"digitalTwinsGraph": {"digitalTwins": {}}}', "graph.format", "$.digitalTwinsGraph.digitalTwins"),
    ],
)
def test_a_broken_file_is_named_with_its_place(tmp_path: Path, text: bytes, code: str, place: str) -> None:
    (tmp_path / "graph.json").write_bytes(text)
    loaded = load_twins(tmp_path, STATED)
    assert loaded.graph.twins == {}
    problem = loaded.problems[0]
    assert (problem.severity, problem.code, problem.file, problem.place) == ("error", code, "graph.json", place)


def test_what_is_no_character_is_read_as_a_question_mark(tmp_path: Path) -> None:
    name = r"pump \ud83d\ude00 \ud800 \u0000"
    twin = f'{{"$dtId": "{name}", "$metadata": {{"$model": ""}}, "name": "{name}"}}'
    (tmp_path / "graph.json").write_text(f'{{"digitalTwinsGraph": {{"digitalTwins": [{twin}]}}}}')
    loaded = load_twins(tmp_path, STATED)
    assert [problem.code for problem in loaded.problems] == ["json.surrogate", "twin.unknown_model"]
    connection = duckdb.connect()
    write_tables(connection, loaded)
    result = run_query("SELECT * FROM DIGITALTWINS", loaded.models, loaded.graph, connection)
    assert (result.value[0]["$dtId"], result.value[0]["name"]) == ("pump \U0001f600 ? \0", "pump \U0001f600 ? \0")


def test_nothing_to_load_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"no graph\.json"):
        load_twins(tmp_path, STATED)


def test_what_a_relationship_carries_is_said_to_be_assumed() -> None:
    loaded = load_twins(Path(__file__).parent / "data" / "plant", Flows())
    found = {problem.place: (problem.severity, problem.code, problem.message) for problem in loaded.problems}
    assert set(found) == {"feeds", "contains"}
    assert found["feeds"][:2] == ("info", "flow.assumed")
    assert found["feeds"][2].endswith("assumed 'forward'")
    assert found["contains"][2].endswith("assumed 'structure'")


def write_bulk(folder: Path) -> None:
    graph = GRAPH["digitalTwinsGraph"]
    sections: list[tuple[str, list[Any]]] = [
        ("Header", [{"fileVersion": "1.0.0", "author": "test"}]),
        ("Twins", graph["digitalTwins"]),
        ("Relationships", graph["relationships"]),
    ]
    lines = [each for name, rows in sections for each in ({"Section": name}, *rows)]
    (folder / "import.ndjson").write_text("\n".join(map(json.dumps, lines)) + "\n")


def test_a_bulk_import_file_beside_model_files_is_the_same_plant(tmp_path: Path, small_plant: LoadedTwins) -> None:
    write_bulk(tmp_path)
    (tmp_path / "models" / "deep").mkdir(parents=True)
    for index, model in enumerate(GRAPH["digitalTwinsModels"]):
        where = tmp_path / "models" / ("deep" if index % 2 else ".") / f"{index}.json"
        # as Windows editors write it
        where.write_text(json.dumps(model), encoding="utf-8-sig")
    loaded = load_twins(tmp_path, STATED)
    assert loaded.problems == []
    assert loaded.graph.twins == small_plant.graph.twins
    assert loaded.graph.relationships == small_plant.graph.relationships
    assert set(loaded.models) == set(small_plant.models)


def test_bad_lines_of_a_bulk_import_file_are_named(tmp_path: Path) -> None:
    lines = [
        '{"$dtId": "early"}',
        '{"Section": "Twins"}',
        '{"$dtId": "a", "$metadata": {"$model": "dtmi:test:A;1"}}',
        '{"$dtId": "b", ',
        '{"Section": "Things"}',
        '{"Section": "Models"}',
        '{"@context": "dtmi:dtdl:context;3", "@id": "dtmi:test:A;1", "@type": "Interface"}',
    ]
    (tmp_path / "x.ndjson").write_text("\n".join(lines))
    loaded = load_twins(tmp_path, STATED)
    assert list(loaded.graph.twins) == ["a"]
    places = [(problem.code, problem.place) for problem in loaded.problems]
    assert places == [("bulk.section", "line 1"), ("json.syntax", "line 4 column 16"), ("bulk.section", "line 5")]


def test_tables_hold_what_was_loaded_and_can_be_written_again(small_plant: LoadedTwins) -> None:
    connection = duckdb.connect()
    for _ in range(2):
        write_tables(connection, small_plant)
    counts = [
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        for table in ("twins", "edges", "links", "models")
    ]
    assert counts == [(7,), (7,), (14,), (7,)]


def test_an_empty_graph_makes_empty_tables(tmp_path: Path) -> None:
    (tmp_path / "graph.json").write_text('{"digitalTwinsGraph": {"digitalTwins": [], "relationships": []}}')
    loaded = load_twins(tmp_path, STATED)
    assert loaded.problems == []
    connection = duckdb.connect()
    write_tables(connection, loaded)
    assert connection.execute("SELECT count(*) FROM twins").fetchone() == (0,)


@pytest.mark.shared
@pytest.mark.parametrize("pack", ["lathe", "lathe_healthy", "process", "process_sim", "services"])
def test_the_packs_load_clean(shared_data: Path, pack: str) -> None:
    names = ("feeds", "cools", "calls", "contains", "influences")
    began = time.perf_counter()
    loaded = load_twins(shared_data / pack, Flows({name: Flow("forward") for name in names}))
    assert loaded.problems == []
    assert len(loaded.graph.twins) >= 11
    assert time.perf_counter() - began < 1
