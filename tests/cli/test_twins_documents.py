"""`twinwright twins export` and `import`: in any form out of one plant and into another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from twinwright_cli.main import main

PLANT = Path(__file__).parents[1] / "tools" / "twins" / "data" / "plant"
NAMES = {"explorer": "graph.json", "ndjson": "twins.ndjson", "folder": "out"}


def run(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    assert main(["twins", *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("form", NAMES)
def test_what_goes_out_of_one_plant_comes_into_another(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, form: str
) -> None:
    out = tmp_path / NAMES[form]
    told = run(capsys, "export", "-C", str(PLANT), "--format", form, "--out", str(out))
    assert (told["models"], told["twins"], told["relationships"], told["format"]) == (7, 7, 7, form)
    assert all(Path(each).is_file() for each in told["written"])
    other = tmp_path / "other"
    told = run(capsys, "import", str(out), "-C", str(other))
    assert (told["models"], told["twins"], told["relationships"], told["problems"]) == (7, 7, 7, [])
    before, after = (json.loads((folder / "graph.json").read_text()) for folder in (PLANT, other))
    assert after["digitalTwinsGraph"] == before["digitalTwinsGraph"]
    assert after["digitalTwinsModels"] == before["digitalTwinsModels"]
    assert main(["query", "SELECT COUNT() FROM digitaltwins", "-C", str(other), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["value"] == [{"COUNT": 7}]


def test_a_graph_is_replaced_only_when_asked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run(capsys, "import", str(PLANT), "-C", str(tmp_path / "a"))
    error = run(capsys, "import", str(PLANT), "-C", str(tmp_path / "a"), code=2)["error"]
    assert error["code"] == "plant.graph.exists" and "graph.json" in error["message"]
    run(capsys, "import", str(PLANT), "-C", str(tmp_path / "a"), "--replace")


def test_what_the_models_have_against_it_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    graph = json.loads((PLANT / "graph.json").read_text())
    graph["digitalTwinsGraph"]["digitalTwins"].append({"$dtId": "x", "$metadata": {"$model": "dtmi:test:Gone;1"}})
    (tmp_path / "bad.json").write_text(json.dumps(graph))
    told = run(capsys, "import", str(tmp_path / "bad.json"), "-C", str(tmp_path / "a"), code=2)
    assert [problem["code"] for problem in told["problems"]] == ["twin.unknown_model"]
    assert main(["twins", "import", str(tmp_path / "bad.json"), "-C", str(tmp_path / "b")]) == 2
    assert "8 twins" in capsys.readouterr().out


def test_a_file_that_cant_be_read_whole_changes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "bad.ndjson").write_text('{"Section": "Twins"}\n{"$dtId": "a"\n{"$dtId": "b"\n')
    error = run(capsys, "import", str(tmp_path / "bad.ndjson"), "-C", str(tmp_path / "a"), code=2)["error"]
    assert error["code"] == "json.syntax" and "line 2" in error["message"] and "1 more" in error["message"]
    assert not (tmp_path / "a").exists()


def test_people_are_told_what_was_done(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["twins", "export", "-C", str(PLANT), "--out", str(tmp_path / "x.json")]) == 0
    assert "7 models, 7 twins, 7 relationships written to" in capsys.readouterr().out
    assert main(["twins", "import", str(tmp_path / "gone"), "-C", str(tmp_path)]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_an_export_has_the_changes_that_were_applied(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plant, changes, out = tmp_path / "plant", tmp_path / "changes.jsonl", tmp_path / "out.json"
    run(capsys, "import", str(PLANT), "-C", str(plant))
    patch = [{"op": "replace", "path": "/power", "value": 11}]
    changes.write_text(json.dumps({"operation": "DigitalTwins_Update", "id": "pump1", "patch": patch}))
    run(capsys, "apply", str(changes), "-C", str(plant))
    run(capsys, "export", "-C", str(plant), "--out", str(out))
    twins = json.loads(out.read_text())["digitalTwinsGraph"]["digitalTwins"]
    assert next(twin for twin in twins if twin["$dtId"] == "pump1")["power"] == 11
    run(capsys, "export", "-C", str(plant), "--out", str(out), "--replace", "--as-of", "2020-01-01T00:00:00Z")
    assert (
        json.loads(out.read_text())["digitalTwinsGraph"]
        == json.loads((PLANT / "graph.json").read_text())["digitalTwinsGraph"]
    )
