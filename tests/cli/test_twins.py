"""`twinwright twins`: apply, log and show, and `query --as-of`."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from twinwright_cli.main import main

PLANT = Path(__file__).parents[1] / "tools" / "twins" / "data" / "plant"
BEFORE = "2026-01-01T00:00:00Z"
POWER = "SELECT T.power FROM DIGITALTWINS T WHERE T.$dtId = 'pump1'"


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PLANT, tmp_path / "plant"))


def run(capsys: pytest.CaptureFixture[str], plant: Path, *words: str, code: int = 0) -> Any:
    assert main([*words, "-C", str(plant), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def changes(folder: Path, *requests: dict[str, Any]) -> str:
    file = folder / "changes.jsonl"
    file.write_text("\n".join(map(json.dumps, requests)))
    return str(file)


def power(value: object, **more: str) -> dict[str, Any]:
    patch = [{"op": "replace", "path": "/power", "value": value}]
    return {"operation": "DigitalTwins_Update", "id": "pump1", "patch": patch, **more}


def test_a_change_is_seen_by_every_command_and_not_in_the_past(
    capsys: pytest.CaptureFixture[str], plant: Path, tmp_path: Path
) -> None:
    graph = (plant / "graph.json").read_bytes()
    assert run(capsys, plant, "query", POWER)["value"] == [{"power": 7.5}]
    file = changes(tmp_path, power(11))
    assert run(capsys, plant, "twins", "apply", file, "--dry-run")["commit"] is None
    assert run(capsys, plant, "query", POWER)["value"] == [{"power": 7.5}]
    first = run(capsys, plant, "twins", "apply", file, "--by", "ann")
    second = run(capsys, plant, "twins", "apply", changes(tmp_path, power(12)), "--by", "bob")
    assert run(capsys, plant, "query", POWER)["value"] == [{"power": 12}]
    for at, value in ((BEFORE, 7.5), (first["at"], 11), (second["at"], 12)):
        assert run(capsys, plant, "query", POWER, "--as-of", at)["value"] == [{"power": value}]
        assert run(capsys, plant, "twins", "show", "pump1", "--as-of", at)["power"] == value
    log = run(capsys, plant, "twins", "log", "--twin", "pump1")["value"]
    assert [(each["by"], each["at"]) for each in log] == [("ann", first["at"]), ("bob", second["at"])]
    assert (plant / "graph.json").read_bytes() == graph
    assert run(capsys, plant, "query", POWER, "--state", str(tmp_path / "other"))["value"] == [{"power": 7.5}]


def test_the_etag_of_show_is_the_one_to_match(capsys: pytest.CaptureFixture[str], plant: Path, tmp_path: Path) -> None:
    etag = run(capsys, plant, "twins", "show", "pump1")["$etag"]
    file = changes(tmp_path, power(11, ifMatch=etag))
    assert run(capsys, plant, "twins", "apply", file)["value"][0]["etag_before"] == etag
    error = run(capsys, plant, "twins", "apply", file, code=2)["error"]
    assert error["code"] == "change.precondition_failed"
    assert error["suggestions"] == [run(capsys, plant, "twins", "show", "pump1")["$etag"]]


def test_refusals_name_every_line(capsys: pytest.CaptureFixture[str], plant: Path, tmp_path: Path) -> None:
    file = changes(tmp_path, power("11"), power(12), {"operation": "DigitalTwins_Delete", "id": "tank1"})
    error = run(capsys, plant, "twins", "apply", file, code=2)["error"]
    assert [(each["line"], each["path"]) for each in error["refusals"]] == [(1, "/power"), (3, None)]
    assert run(capsys, plant, "twins", "log")["value"] == []
    assert main(["twins", "apply", file, "-C", str(plant)]) == 2
    said = capsys.readouterr().err
    assert "line 1, /power: 'power' must be double, not string '11'" in said and "line 3: twin 'tank1' has" in said


def test_changes_come_from_standard_input(
    capsys: pytest.CaptureFixture[str], plant: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(power(3)).encode())))
    assert run(capsys, plant, "twins", "apply", "-", "--by", "ann")["commit"] == 1


def test_relationships_are_shown_and_unknown_ids_get_the_nearest(
    capsys: pytest.CaptureFixture[str], plant: Path
) -> None:
    shown = run(capsys, plant, "twins", "show", "pump1", "--relationship", "f1")
    assert shown["$targetId"] == "tank1" and shown["$etag"].startswith('W/"')
    assert "f1" in run(capsys, plant, "twins", "show", "pump1", "--relationship", "f9", code=2)["error"]["message"]
    assert run(capsys, plant, "twins", "show", "valv1", code=2)["error"]["suggestions"] == ["valve1"]
    assert run(capsys, plant, "twins", "log", "--twin", "valv1", code=2)["error"]["suggestions"] == ["valve1"]


def test_a_file_that_cannot_be_read(capsys: pytest.CaptureFixture[str], plant: Path, tmp_path: Path) -> None:
    assert run(capsys, plant, "twins", "apply", str(tmp_path / "no.jsonl"), code=2)["error"]["code"] == "change.file"
    (tmp_path / "bad.jsonl").write_bytes(b"\n\xff")
    assert run(capsys, plant, "twins", "apply", str(tmp_path / "bad.jsonl"), code=2)["error"]["line"] == 2


def test_people_see_what_changed(capsys: pytest.CaptureFixture[str], plant: Path, tmp_path: Path) -> None:
    for words in (("apply", changes(tmp_path, power(11)), "--by", "ann"), ("log",), ("show", "pump1")):
        assert main(["twins", *words, "-C", str(plant)]) == 0
    said = capsys.readouterr().out
    assert "/power" in said and "7.5" in said and "1 change made, commit 1" in said
    assert "ann" in said and "Update" in said and '"power": 11' in said
