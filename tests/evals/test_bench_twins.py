"""The benchmark of twin queries: its plants, the engines' answers, and what is made of the figures."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from twinwright_evals.bench_twins import __main__ as command
from twinwright_evals.bench_twins.child import ENGINES, OURS, measure
from twinwright_evals.bench_twins.lines import heirs, records
from twinwright_evals.bench_twins.report import Measured, differing, report, requirements, shown
from twinwright_evals.bench_twins.tasks import TASKS, Questions, digest
from twinwright_evals.bench_twins.world import World, dtmi, models
from twinwright_tools.plant import open_plant

SMALL = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("world")
    World(SMALL).write_plant(found)
    return found


@pytest.mark.parametrize("twins", [200, 1000, 1234])
def test_a_world_has_as_many_twins_as_asked_for_and_twice_as_many_relationships(twins: int) -> None:
    found = list(World(twins).records())
    assert Counter(section for section, _ in found) == {"Twins": twins, "Relationships": 2 * twins}
    ids = {record["$dtId"] for section, record in found if section == "Twins"}
    assert len(ids) == twins
    edges = [record for section, record in found if section == "Relationships"]
    assert {record[end] for record in edges for end in ("$sourceId", "$targetId")} <= ids
    assert len({(record["$sourceId"], record["$relationshipId"]) for record in edges}) == 2 * twins
    assert World(twins).machines and list(World(twins).records()) == found


def test_a_world_is_as_its_models_declare(folder: Path) -> None:
    assert len(models()) == 20
    with open_plant(folder) as plant:
        assert plant.problems == []
        assert len(plant.graph.twins) == SMALL


def test_the_lines_are_read_with_their_sections(folder: Path) -> None:
    assert Counter(section for section, _ in records(folder)) == {
        "Header": 1,
        "Models": 20,
        "Twins": SMALL,
        "Relationships": 2 * SMALL,
    }
    assert len(heirs(dtmi("Machine"))) == 9
    assert heirs(dtmi("Pump")) == {dtmi("Pump")}


def test_all_engines_that_are_here_give_the_same_answers(folder: Path) -> None:
    found = [Measured(name, SMALL, measure(name, folder, SMALL, 1)) for name in ENGINES]
    asked = [one for one in found if "missing" not in one.found]
    assert {OURS, "networkx"} <= {one.engine for one in asked}
    assert differing(found) == []
    for one in asked:
        assert set(one.found["tasks"]) == set(TASKS)
        assert one.found["tasks"]["COUNT by model with heirs"]["rows"] == 1
        assert one.found["tasks"]["two JOINs from one root"]["rows"] > 1
    assert not (folder / "postgres").exists() and not (folder / "ladybug").exists()


def test_an_answer_has_one_digest_in_any_order() -> None:
    assert digest(["a", "b"]) == digest(["b", "a"]) != digest(["a", "a", "b"])
    assert Questions.of(World(1000)).twin.startswith("machine-")


def figures(**others: Any) -> dict[str, Any]:
    tasks = {task: {"seconds": limit / 2, "rows": 1, "digest": "x"} for task, (_, limit) in TASKS.items()}
    found = {"load_s": 50.0, "load_cpu_s": 20.0, "peak_bytes": 2**31, "reopen_s": 0.1, "validate_s": 0.001}
    return found | {"tasks": tasks} | others


def test_what_is_required_is_told_at_a_million_alone() -> None:
    rows = requirements([Measured(OURS, 1_000_000, figures(load_s=61.0))])
    assert [row for row in rows if "NOT met" in row] == ["| load, indexes included | 61 s | 60 s | NOT met |"]
    assert len(rows) == 9
    assert requirements([Measured(OURS, 1000, figures())]) == []


def test_a_report_has_ratios_growth_and_who_was_missing() -> None:
    twice = figures()
    twice["tasks"] = {task: {**each, "seconds": 2 * each["seconds"]} for task, each in twice["tasks"].items()}
    measured = [
        Measured(OURS, 100, figures()),
        Measured("networkx", 100, twice),
        Measured("PostgreSQL", 100, {"missing": "psycopg isn't installed"}),
        Measured(OURS, 1000, twice),
    ]
    text = report(measured, "the command", 3, (1.0, 2.0))
    assert "| networkx | 5 ms (2 ×) | – | – |" in text
    assert "| twinwright | 2.5 ms | 5 ms | 2 × |" in text
    assert "PostgreSQL wasn't asked: psycopg isn't installed." in text
    assert "Load average 1.0 before, 2.0 after" in text


def test_different_answers_are_told() -> None:
    other = figures()
    other["tasks"] = other["tasks"] | {"look-up by id": {"seconds": 1.0, "rows": 1, "digest": "y"}}
    measured = [Measured(OURS, 100, figures()), Measured("networkx", 100, other)]
    assert differing(measured) == ["look-up by id on 100 twins"]


@pytest.mark.parametrize(
    ("what", "figure", "text"),
    [("load_s", 61.23, "61.2 s"), ("reopen_s", 0.0123, "12.3 ms"), ("peak_bytes", 2**30, "1.00 GiB"), ("x", None, "–")],
)
def test_figures_have_units(what: str, figure: float | None, text: str) -> None:
    assert shown(what, figure) == text


def test_the_command_measures_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n")
    words = ["--sizes", "200", "--engines", "twinwright,networkx", "--runs", "1", "--json", "--write", str(page)]
    command.main(words)
    told = json.loads(capsys.readouterr().out)
    assert [(one["engine"], one["twins"]) for one in told["measured"]] == [("twinwright", 200), ("networkx", 200)]
    assert "<!-- bench-twins: begin -->" in page.read_text()


@pytest.mark.parametrize(
    "words",
    [["--sizes", "ten"], ["--sizes", "5"], ["--engines", "oracle"], ["--runs", "0"], ["--write", "/nowhere/at/all"]],
)
def test_bad_words_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(words)
    assert caught.value.code == 2


def test_engines_that_disagree_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    other = figures()
    other["tasks"] = {task: {**each, "digest": "y"} for task, each in other["tasks"].items()}

    def measured(*_: object) -> list[Measured]:
        return [Measured(OURS, 200, figures()), Measured("networkx", 200, other)]

    monkeypatch.setattr(command, "measure", measured)
    with pytest.raises(SystemExit, match="disagree"):
        command.main(["--sizes", "200"])


def test_a_child_that_fails_ends_the_benchmark() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        command.measure([200], ["nothing"], 1, lambda text: None)
