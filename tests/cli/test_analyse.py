"""`twinwright analyse` for people and programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twinwright_cli.main import main

WINDOW = ("--from", "2026-03-11T08:00:00+01:00", "--split", "2026-03-12T04:00:00+01:00")


@pytest.fixture(scope="module")
def place(demo_plant: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return ["-C", str(demo_plant), "--state", str(tmp_path_factory.mktemp("state"))]


def test_people_read_units_and_the_sites_zone(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    signals = ["glycol-pump-1.flow", "glycol-pump-1.speed", "glycol-header.pressure"]
    assert main(["analyse", "residual", *signals, *WINDOW, *place]) == 0
    out = capsys.readouterr().out
    assert "m³/h" in out and "+01:00" in out and "+00:00" not in out


def test_sql_gives_a_table_and_a_document(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    sql = ["--sql", "SELECT kind, count(*) AS n FROM twins GROUP BY kind ORDER BY n DESC LIMIT 2"]
    assert main(["analyse", *sql, *place]) == 0
    assert "kind" in capsys.readouterr().out
    assert main(["analyse", *sql, *place, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["data"]["columns"] == ["kind", "n"] and found["plot"] is None and len(found["data"]["rows"]) == 2


def test_a_plot_goes_where_it_is_wanted(place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    plot = tmp_path / "p.png"
    words = ["analyse", "extremes_and_trend", "line-3.throughput", *place, "--plot", str(plot), "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["plot"] == str(plot) and plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "usage"),
        (["residul", "line-3.throughput"], "usage"),
        (["before_after", "line-3.throughput"], "analyse.split"),
        (["balance", "line-3.throughput", "--weights", "one"], "usage"),
        (["before_after", "line-3.throughput", "--plot", "x.svg"], "usage"),
        (["--sql", "SELECT * FROM read_csv('/etc/passwd')"], "sql."),
        (["states", "line-3.throughput", "--from", "2026-03-11"], "time"),
    ],
)
def test_bad_input(words: list[str], code: str, place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyse", *words, *place, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"].startswith(code)
