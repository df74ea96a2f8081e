"""The cases: enough of every kind, and expected rows that follow from the plants' raw files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from twinwright_evals.cases import CASES, Case, Expectation, load_cases
from twinwright_evals.plants import copy_plant, edit_plant, make_case_plant
from twinwright_evals.queries.__main__ import FILE, worked_out
from twinwright_evals.raw_plant import RawPlant
from twinwright_evals.substations import make_substations
from twinwright_plant import FAULTS
from twinwright_tools.errors import InputError
from twinwright_tools.plant import open_plant

KNOWN = load_cases()


def substations(tmp_path: Path) -> Path:
    make_substations(tmp_path / "plant", 7)
    return tmp_path / "plant"


def test_every_fault_has_a_case_and_every_kind_of_trouble_too() -> None:
    alone = {case.fault for case in KNOWN if case.expect.twin and not case.is_injection}
    assert set(FAULTS) <= alone
    kinds = Counter(case.category for case in KNOWN)
    for kind in ("healthy", "two causes", "sensor fault", "wrong premise", "unknown asset", "no data", "follow-up"):
        assert kinds[kind] >= 3
    assert min(kinds["cannot be told"], kinds["ambiguous name"], kinds["another language"]) >= 4
    assert sum(case.plant == "demo" for case in KNOWN) >= 80
    assert {case.asker for case in KNOWN} >= {"operator", "engineer", "manager", "planner"}


def test_injections_come_by_every_way_and_say_what_they_want() -> None:
    attacks = [case for case in KNOWN if case.is_injection]
    assert len(attacks) >= 25
    assert {case.category.partition(": ")[2] for case in attacks} >= {"note", "ticket", "tag", "chat", "twin name"}
    assert all(case.expect.forbidden is not None and case.pair for case in attacks)
    assert all(case.edits or case.category == "injection: chat" for case in attacks)


def test_half_of_the_queries_are_about_another_plant() -> None:
    queries = [case for case in KNOWN if case.expect.is_query and not case.is_injection]
    assert len(queries) >= 40
    assert sum(case.plant == "substations" for case in queries) >= 20
    assert {case.category for case in queries} >= {"twin query", "telemetry", "history"}


def test_expected_rows_are_those_of_the_second_plants_files() -> None:
    kept = {case.id: case for case in load_cases() if case.id.startswith("s-")}
    assert {case.id: case for case in worked_out(["substations"])} == kept


def test_expected_rows_are_those_of_the_demo_plants_files() -> None:
    lines = [Case.model_validate_json(line) for line in FILE.read_text().splitlines()]
    assert worked_out(["demo"]) == [case for case in lines if case.plant == "demo"]


def test_the_second_plant_opens_without_problems_and_is_the_same_each_time(tmp_path: Path) -> None:
    make_substations(tmp_path / "a", 7)
    make_substations(tmp_path / "b", 7)
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)
    with open_plant(tmp_path / "a", state=tmp_path / "state") as plant:
        assert not plant.problems
        assert plant.zone.key == "Europe/Oslo"


def test_edits_change_a_copy_and_leave_the_plant_alone(tmp_path: Path) -> None:
    made = substations(tmp_path)
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    for case in KNOWN:
        if case.plant == "substations" and case.edits:
            copy = tmp_path / case.id
            copy_plant(made, copy)
            edit_plant(copy, case.edits)
            assert any(path.read_bytes() != before.get(made / path.relative_to(copy)) for path in files_of(copy))
    assert {path: path.read_bytes() for path in files_of(made)} == before


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_planted_note_a_name_a_tag_and_missing_telemetry_reach_the_plant(tmp_path: Path) -> None:
    edits = [
        {
            "kind": "history_row",
            "file": "patrol_notes.jsonl",
            "row": {"kind": "note", "twin": "solvik", "text": "KIWI"},
        },
        {"kind": "history_row", "file": "alarms.csv", "row": {"kind": "alarm", "twin": "solvik", "text": "PLUM"}},
        {"kind": "twin_text", "twin": "solvik", "property": "name", "value": "Solvik LEMON"},
        {"kind": "model_text", "model": "dtmi:net:nordwald:grid:Feeder;1", "member": "comment", "value": "FIG"},
        {"kind": "tag", "twin": "solvik-t1", "signal": "PEAR", "value": "a text"},
        {"kind": "no_telemetry", "twin": "weather-coast"},
    ]
    case = Case.model_validate(
        {"id": "x", "category": "", "question": "", "plant": "substations", "edits": edits, "expect": {}}
    )
    make_case_plant(case, tmp_path / "plant")
    plant = RawPlant.read(tmp_path / "plant")
    assert {"KIWI", "PLUM"} <= {row["text"] for row in plant.history}
    assert "Solvik LEMON" in {twin["name"] for twin in plant.twins}
    assert "FIG" in (tmp_path / "plant" / "graph.json").read_text()
    assert plant.signal("solvik-t1", "PEAR").values == ["a text"] * 6
    assert not plant.signal("weather-coast", "airTemperature").times


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"kind": "twin_text", "twin": "nobody", "property": "name", "value": ""}, "no twin 'nobody'"),
        ({"kind": "model_text", "model": "nothing", "member": "comment", "value": ""}, "no model 'nothing'"),
        ({"kind": "no_telemetry", "twin": "nobody"}, "no telemetry of 'nobody'"),
        ({"kind": "history_row", "file": "alarms.csv", "row": {"colour": "red"}}, "no column 'colour'"),
        ({"kind": "history_row", "file": "letters.csv", "row": {"text": "x"}}, "no letters.csv"),
    ],
)
def test_an_edit_that_fits_nothing_is_an_error(edit: dict[str, str], says: str, tmp_path: Path) -> None:
    told = {"id": "x", "category": "", "question": "", "plant": "substations", "edits": [edit], "expect": {}}
    with pytest.raises(InputError, match=says):
        make_case_plant(Case.model_validate(told), tmp_path / "plant")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["{"], "cases.jsonl, line 1"),
        (['{"id": "a", "category": "", "question": "", "expect": {}, "colour": 1}'], "colour"),
        (['{"id": "a", "category": "", "question": "", "expect": {}}'] * 2, "there is a case 'a' already"),
        (['{"id": "a", "category": "", "question": "", "expect": {}, "pair": "b"}'], "no case 'b'"),
        (
            [
                '{"id": "a", "category": "", "question": "", "expect": {}, "pair": "b"}',
                '{"id": "b", "category": "", "question": "", "expect": {"abstain": true}}',
            ],
            "another plant or expectation",
        ),
        (['{"id": "a", "category": "", "question": "", "plant": "substations", "fault": "x", "expect": {}}'], "faults"),
        ([], "there are no cases"),
    ],
)
def test_a_case_that_is_none_is_an_error_with_its_place(lines: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text("\n".join(lines))
    with pytest.raises(InputError, match=says):
        load_cases(tmp_path)


def test_defaults_ask_for_nothing() -> None:
    assert json.loads(Expectation().model_dump_json(exclude_defaults=True)) == {}
    assert CASES.is_dir()
