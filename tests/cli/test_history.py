"""`twinwright history` with SQL: rows, hints, an explanation, and refusals with their place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from twinwright_cli.main import main

GRAPH = {
    "digitalTwinsGraph": {"digitalTwins": [{"$dtId": "P1", "$metadata": {"$model": "dtmi:a:Pump;1"}}]},
    "digitalTwinsModels": [{"@context": "dtmi:dtdl:context;3", "@id": "dtmi:a:Pump;1", "@type": "Interface"}],
}


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    (tmp_path / "history").mkdir()
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    (tmp_path / "history" / "log.csv").write_text("kind,twin,text\nnote,P1,hums\nalarm,P1,hot\n")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], plant: Path, *words: str, code: int = 0) -> Any:
    assert main(["history", *words, "-C", str(plant), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_rows_and_hints(capsys: pytest.CaptureFixture[str], plant: Path) -> None:
    found = run(capsys, plant, "SELECT count(*) AS n FROM history WHERE kind = 'notes'")
    assert found["value"] == [{"n": 0}] and "'note'" in found["hints"][0]
    assert main(["history", "SELECT count(*) AS n FROM history WHERE kind = 'notes'", "-C", str(plant)]) == 0
    assert "hint: no row has kind 'notes'; did you mean 'note'?" in capsys.readouterr().out


def test_an_explanation_runs_nothing(capsys: pytest.CaptureFixture[str], plant: Path) -> None:
    plan = run(capsys, plant, "--explain", "SELECT text FROM history")
    assert plan["sql"] == "SELECT text FROM history" and "value" not in plan
    assert main(["history", "--explain", "SELECT text FROM history", "-C", str(plant)]) == 0
    said = capsys.readouterr().out
    assert "checks" in said and "hums" not in said
    assert run(capsys, plant, "--explain", "--search", "hums", code=2)["error"]["code"] == "usage"


def test_rows_that_a_limit_cut_off_are_told(capsys: pytest.CaptureFixture[str], plant: Path) -> None:
    rows = "".join(f"note,P1,jam number {number}\n" for number in range(501))
    (plant / "history" / "jams.csv").write_text(f"kind,twin,text\n{rows}")
    for words, most in (
        (["--search", "jam"], 20),
        (["--search", "jam", "--limit", "3"], 3),
        (["SELECT text FROM history WHERE text LIKE 'jam%'"], 500),
        (["SELECT text FROM history", "--limit", "4"], 4),
    ):
        found = run(capsys, plant, *words)
        assert (len(found["value"]), found["more"]) == (most, True)
        assert main(["history", *words, "-C", str(plant)]) == 0
        assert f"first {most} row(s); more match (--limit" in capsys.readouterr().out
    for words, count in ((["--search", "jam", "--limit", "501"], 501), (["SELECT text FROM history LIMIT 2"], 2)):
        found = run(capsys, plant, *words)
        assert (len(found["value"]), found["more"]) == (count, False)
        assert main(["history", *words, "-C", str(plant)]) == 0
        assert f"\n{count} row(s)" in capsys.readouterr().out


def test_a_refusal_has_its_place(capsys: pytest.CaptureFixture[str], plant: Path) -> None:
    sql = "SELECT txt FROM history"
    error = run(capsys, plant, sql, code=2)["error"]
    assert (error["code"], error["suggestions"], error["position"]) == ("sql.column", ["text"], sql.index("txt"))
