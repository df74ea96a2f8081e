"""`twinwright reliability` and `orders feedback`, as people and programs call them."""

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
ROWS = """kind,id,time,twin,status,code,closed,duration_h,text
work_order,W1,2025-02-01T00:00:00Z,P1,closed,SEAL,2025-02-02T00:00:00Z,4,Seal leaking
work_order,W2,2025-03-01T00:00:00Z,P1,closed,SEAL,2025-03-01T12:00:00Z,2,Seal weeps again
work_order,W3,2025-06-01T00:00:00Z,P1,closed,BRG,2025-06-02T00:00:00Z,6,Bearing loud
note,,2026-02-01T00:00:00Z,P1,,,,,quiet
"""


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    (tmp_path / "history").mkdir()
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    (tmp_path / "history" / "log.csv").write_text(ROWS)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], plant: Path, *words: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert main([*words, "-C", str(plant), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def people(capsys: pytest.CaptureFixture[str], plant: Path, *words: str) -> str:
    capsys.readouterr()
    assert main([*words, "-C", str(plant)]) == 0
    return capsys.readouterr().out


def test_mtbf(capsys: pytest.CaptureFixture[str], plant: Path) -> None:
    found = run(capsys, plant, "reliability", "mtbf", "--by", "code")
    assert {one["name"]: one["failures"] for one in found["value"]} == {"SEAL": 2, "BRG": 1}
    said = people(capsys, plant, "reliability", "mtbf")
    assert "P1" in said and " d" in said and "too few" in said
    assert run(capsys, plant, "reliability", "mtbf", "--twin", "P9", code=2)["error"]["suggestions"] == ["P1"]
    nothing = run(capsys, plant, "reliability", "mtbf", "--since", "2027-01-01T00:00:00Z", code=2)
    assert nothing["error"]["code"] == "reliability.none"


def test_pareto_with_a_plot(capsys: pytest.CaptureFixture[str], plant: Path, tmp_path: Path) -> None:
    found = run(capsys, plant, "reliability", "pareto", "--hours", "--plot", str(tmp_path / "p.png"))
    assert [(one["name"], one["hours"]) for one in found["value"]] == [("BRG", 6.0), ("SEAL", 6.0)]
    assert Path(found["plot"]).read_bytes().startswith(b"\x89PNG")
    assert [one["name"] for one in run(capsys, plant, "reliability", "pareto", "--by", "month")["value"]] == [
        "2025-02",
        "2025-03",
        "2025-06",
    ]


def test_repeats_and_similar(capsys: pytest.CaptureFixture[str], plant: Path) -> None:
    assert [one["again"] for one in run(capsys, plant, "reliability", "repeats")["value"]] == ["W2"]
    assert run(capsys, plant, "reliability", "repeats", "--within", "1d")["value"] == []
    found = run(capsys, plant, "reliability", "similar", "seal", "leaks", "--twin", "P1")
    assert found["value"][0]["id"] == "W1"
    assert "came back 27 d after it was closed" in people(capsys, plant, "reliability", "similar", "leaking")
    assert run(capsys, plant, "reliability", "similar", code=2)["error"]["code"] == "usage"


def drafted(plant: Path, likelihood: float = 0.8) -> str:
    from twinwright_tools.orders import OrderBook, draft_order
    from twinwright_tools.plant import open_plant

    with open_plant(plant) as opened:
        draft = draft_order(
            opened,
            asset="P1",
            failure_mode=None,
            title="Look",
            problem="hums",
            evidence=["E1"],
            likelihood=likelihood,
            run="r",
            call="c",
        )
        return OrderBook(opened.state).add(draft).id


def test_feedback(capsys: pytest.CaptureFixture[str], plant: Path) -> None:
    assert "nothing was said yet" in people(capsys, plant, "orders", "feedback")
    order = drafted(plant)
    found = run(capsys, plant, "orders", "feedback", order, "--found", "right")
    assert found["value"][0]["confidence"] == 0.8
    assert found["value"][0]["by"]
    assert found["calibration"] is None and "1 right and 0 wrong so far" in found["why"]
    assert "asset right" in people(capsys, plant, "orders", "feedback")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("WO-0009", "--found", "right"), "there is no work order 'WO-0009'"),
        (("WO-0001",), "nobody is there to ask"),
        (("WO-0001", "--found", "right", "--twin", "P1"), "needs no --twin"),
        (("WO-0001", "--found", "wrong", "--twin", "P7"), "there is no twin 'P7'"),
        (("WO-0001", "--found", "asset", "--mode", "cavitatoin"), "did you mean cavitation"),
        (("--found", "right"), "name the order"),
    ],
)
def test_feedback_that_is_refused(
    capsys: pytest.CaptureFixture[str], plant: Path, words: tuple[str, ...], says: str
) -> None:
    drafted(plant)
    assert says in run(capsys, plant, "orders", "feedback", *words, code=2)["error"]["message"]
    assert run(capsys, plant, "orders", "feedback")["value"] == []
