"""`twinwright modes`: listing, showing and checking failure modes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twinwright_cli.main import main

BAD = "modes:\n  - id: mine\n    name: 3\n"


def out(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["modes", *words]) == code
    return capsys.readouterr().out


def test_the_list_and_its_filter(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    everything = json.loads(out(capsys, "-C", str(tmp_path), "--json"))["value"]
    pumps = json.loads(out(capsys, "-C", str(tmp_path), "--json", "--equipment", "CentrifugalPump"))["value"]
    assert len(everything) >= 70
    ids = {one["id"] for one in pumps}
    assert {"cavitation", "sensor_drift"} <= ids and "clutch_wear" not in ids
    assert "cavitation" in out(capsys, "-C", str(tmp_path))


def test_one_is_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    document = json.loads(out(capsys, "show", "cavitation", "-C", str(tmp_path), "--json"))
    assert document["iso_class"] == "PU" and document["signature"][0]["direction"] == "down"
    text = out(capsys, "show", "cavitation", "-C", str(tmp_path))
    assert "suction pressure falls" in text and "5 min" in text and "3 h" in text
    error = json.loads(out(capsys, "show", "cavitaton", "-C", str(tmp_path), "--json", code=2))["error"]
    assert error["suggestions"][0] == "cavitation"


def test_a_bad_file_gets_its_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(BAD)
    error = json.loads(out(capsys, "lint", str(file), "-C", str(tmp_path), "--json", code=2))["error"]
    assert BAD[error["position"] :].startswith("3")
    assert "line 3" in error["message"] and "mine.yaml" in error["message"]
    assert json.loads(out(capsys, "lint", str(tmp_path / "no"), "-C", str(tmp_path), "--json", code=2))["error"]


def test_a_plants_own_modes_are_listed_and_a_good_file_passes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "failure_modes"
    folder.mkdir()
    good = (
        "modes:\n  - {id: cavitation, name: Ours, equipment: [pump], iso_class: PU, failure: LOO, mechanism: '2.1',\n"
        "     signature: [{role: flow, direction: down, seen: 0.9}], checks: [npsh_margin], tasks: [Look],\n"
        "     skills: [operator], duration_h: 1}\n"
    )
    (folder / "ours.yaml").write_text(good)
    shown = json.loads(out(capsys, "show", "cavitation", "-C", str(tmp_path), "--json"))
    assert shown["name"] == "Ours" and shown["source"] == "ours.yaml"
    report = json.loads(out(capsys, "lint", str(folder / "ours.yaml"), "-C", str(tmp_path), "--json"))
    assert report["overrides"] == ["cavitation"]
    assert "replaces: cavitation" in out(capsys, "lint", str(folder / "ours.yaml"), "-C", str(tmp_path))
