"""`twinwright demo`: what it refuses, what it lists, and how it tells of two faults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twinwright_cli.commands.demo import QUESTION, _named, _truth
from twinwright_cli.main import main
from twinwright_plant import FAULTS
from twinwright_plant.make import END, simulate_plant


def test_the_list_holds_single_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--list-faults", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["faults"]
    assert [one["id"] for one in listed] == list(FAULTS)
    assert all(set(one) == {"id", "twin", "mode"} for one in listed)


@pytest.mark.parametrize(
    ("fault", "code", "near"),
    [("seal-leek", "unknown_fault", "seal-leak"), ("fouling+grid-sog", "unknown_fault", "grid-sag")],
)
def test_an_unknown_fault_is_refused_with_the_nearest(
    fault: str, code: str, near: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--fault", fault, "--folder", str(tmp_path / "p"), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == code
    assert near in error["suggestions"]
    assert not (tmp_path / "p").exists()


def test_two_faults_on_one_asset_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--fault", "cavitation+impeller-wear", "--folder", str(tmp_path / "p"), "--json"]) == 2
    assert "different assets" in json.loads(capsys.readouterr().out)["error"]["message"]


@pytest.mark.parametrize(
    ("fault", "line"), [("fouling", 3), ("grid-sag", 3), ("vacuum-loss", 1), ("filling-valves+fouling", 2)]
)
def test_the_question_is_about_the_line_that_feels_it(fault: str, line: int) -> None:
    assert QUESTION.format(_named(fault)[0].line) == f"why is line {line} throughput dropping?"


def test_the_truth_of_two_names_the_other_under_also() -> None:
    _, truth = simulate_plant("seal-leak+clutch-wear", 3, 1.0, END)
    told = _truth(truth)
    assert (told["twin"], told["mode"]) == ("glycol-pump-2", "seal_leak")
    assert [(one["twin"], one["mode"]) for one in told["also"]] == [("line-3-capper", "clutch_wear")]
    assert set(told["also"][0]) == {"twin", "mode", "onset"}
    _, single = simulate_plant("seal-leak", 3, 1.0, END)
    assert set(_truth(single)) == {"twin", "mode", "onset"}
