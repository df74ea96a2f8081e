"""`twinwright orders`: from a draft to the CMMS, with what people change, who may, and what is open already."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from twinwright_cli.main import main
from twinwright_plant.make import END
from twinwright_plant.planning import write_planning
from twinwright_plant.writer import write_twins
from twinwright_tools.cmms.embedded import EmbeddedCmms
from twinwright_tools.errors import CmmsUnavailableError
from twinwright_tools.orders import OrderBook, draft_order
from twinwright_tools.orders.rights import account
from twinwright_tools.plant import open_plant


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """The demo plant's twins and planning, without telemetry."""
    write_twins(tmp_path)
    write_planning(tmp_path, END)
    return tmp_path


def drafted(folder: Path, call: str = "C1", **changes: Any) -> str:
    words: dict[str, Any] = {
        "asset": "glycol-pump-1",
        "failure_mode": "cavitation",
        "title": "Clean the suction strainer",
        "problem": "Suction pressure fell from 0.21 bar to 0.04 bar.",
        "evidence": ["E1"],
        "likelihood": 0.9,
        "run": "R1",
        "call": call,
    }
    with open_plant(folder, at=END) as opened:
        return OrderBook(opened.state).add(draft_order(opened, **(words | changes))).id


def told(capsys: pytest.CaptureFixture[str], folder: Path, *words: str, code: int = 0) -> Any:
    assert main(["orders", *words, "-C", str(folder), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_an_empty_queue_is_an_honest_answer(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, plant, "list") == {"value": []}
    assert told(capsys, plant, "outbox")["waiting"] == 0
    assert told(capsys, plant, "diff")["orders"] == 0
    for words, said in (
        (["list"], "no work orders yet"),
        (["outbox"], "nothing waits to be sent; nothing was submitted yet"),
        (["diff"], "no order was submitted yet"),
        (["log"], "nothing was done yet"),
    ):
        assert main(["orders", *words, "-C", str(plant)]) == 0
        assert said in capsys.readouterr().out
    drafted(plant)
    assert main(["orders", "list", "--status", "submitted", "-C", str(plant)]) == 0
    assert "no order is submitted; there are 1 draft" in capsys.readouterr().out


def test_an_open_order_in_the_plants_own_files_stops_a_submission(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = drafted(plant)
    (plant / "history").mkdir()
    told_there = "work_order,glycol-pump-1,2026-03-13T10:00:00Z,4019001,open,Pump cavitates: suction strainer blocked"
    (plant / "history" / "orders.csv").write_text(f"kind,twin,time,id,status,text\n{told_there}\n")
    refused = told(capsys, plant, "submit", order, "--yes", code=2)["error"]
    assert refused["code"] == "order.duplicate"
    assert "open order 4019001 (history/orders.csv:2) is about the same" in refused["message"]
    assert told(capsys, plant, "list")["value"][0]["status"] == "draft"
    done = told(capsys, plant, "submit", order, "--yes", "--as-new")
    assert done["outbox"]["state"] == "confirmed"
    assert [(one["order"], one["source"]) for one in done["matches"]] == [("4019001", "history/orders.csv:2")]


def test_from_draft_to_the_cmms(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = drafted(plant)
    edited = told(capsys, plant, "edit", order, "--set", "priority=P2", "--set", "duration_h=4")
    assert edited["changes"]["priority"] == {"before": "P1", "after": "P2"}
    # The due window follows the priority.
    assert set(told(capsys, plant, "diff", order)["changes"]) == {"priority", "duration_h", "start", "due"}
    done = told(capsys, plant, "submit", order, "--yes", "--by", "ann")
    assert done["status"] == "submitted" and done["outbox"]["state"] == "confirmed"
    assert done["outbox"]["cmms"]["id"] == "E-1" and done["outbox"]["by"] == "ann" and done["matches"] == []
    seen = told(capsys, plant, "diff")
    assert (seen["orders"], seen["fields"], seen["priorities"]) == (1, {"priority": 1, "duration_h": 1}, {"P1 → P2": 1})
    log = told(capsys, plant, "log", order)["value"]
    assert [one["event"] for one in log] == ["drafted", "edited", "submitted", "sending", "confirmed"]
    assert log[2]["by"] == f"ann (entered by {account()})"
    assert main(["orders", "show", order, "-C", str(plant)]) == 0
    out = capsys.readouterr().out
    assert "in the CMMS as E-1" in out and "104-2207 (2 on hand" in out and "as the plant lists it: Q-GP1" in out
    assert told(capsys, plant, "submit", order, "--yes", code=2)["error"]["code"] == "order.no_draft"


def test_the_same_fault_again_is_added_to_the_open_order(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, plant, "submit", drafted(plant), "--yes")
    second = told(capsys, plant, "submit", drafted(plant, "C2"), "--yes")
    assert second["outbox"]["adds_to"] == second["outbox"]["cmms"]["id"] == "E-1"
    assert second["matches"][0]["verdict"] == "duplicate" and "addition" in second["told"][0]
    third = told(capsys, plant, "submit", drafted(plant, "C3"), "--yes", "--as-new")
    assert third["outbox"]["adds_to"] is None and third["outbox"]["cmms"]["id"] == "E-2"
    assert told(capsys, plant, "move", "E-1", "done", "--hours", "2.5")["duration_h"] == 2.5
    other = told(capsys, plant, "submit", drafted(plant, "C4", failure_mode="seal_leak"), "--yes")
    assert other["outbox"]["cmms"]["id"] == "E-3"


def test_a_cmms_that_is_down_loses_nothing(
    plant: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = drafted(plant)

    def down(*_: Any) -> Any:
        raise CmmsUnavailableError("it is down", may_have_happened=False)

    with monkeypatch.context() as patch:
        patch.setattr(EmbeddedCmms, "open_orders", down)
        patch.setattr(EmbeddedCmms, "by_key", down)
        done = told(capsys, plant, "submit", order, "--yes", code=1)
        assert done["outbox"]["state"] == "queued" and "it is down" in done["told"][0]
    with OrderBook(plant / ".twinwright").store.transaction() as connection:
        connection.execute("UPDATE outbox SET not_before = changed")
    sent = told(capsys, plant, "outbox", "--send")
    assert sent["sent"] == [order] and sent["waiting"] == 0 and sent["value"][0]["state"] == "confirmed"


def test_what_was_refused_is_an_error_and_a_draft_again(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = drafted(plant)
    graph = json.loads((plant / "graph.json").read_text())
    parts = graph["digitalTwinsGraph"]
    parts["digitalTwins"] = [one for one in parts["digitalTwins"] if one["$dtId"] != "glycol-pump-1"]
    parts["relationships"] = [
        one for one in parts["relationships"] if "glycol-pump-1" not in (one["$sourceId"], one["$targetId"])
    ]
    (plant / "graph.json").write_text(json.dumps(graph))
    error = told(capsys, plant, "submit", order, "--yes", code=2)["error"]
    assert "glycol-pump-1" in error["message"]
    assert told(capsys, plant, "show", order)["status"] == "draft"


def test_nobody_there_to_say_yes(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = drafted(plant)
    assert told(capsys, plant, "submit", order, code=2)["error"]["code"] == "orders.no_yes"
    assert told(capsys, plant, "edit", order, code=2)["error"]["code"] == "orders.no_editor"
    assert told(capsys, plant, "edit", order, "--set", "priorty=P2", code=2)["error"]["suggestions"][0] == "priority"
    assert told(capsys, plant, "show", order)["status"] == "draft"


def test_a_cancelled_draft_is_never_sent(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = drafted(plant)
    assert told(capsys, plant, "cancel", order, "--reason", "dirt")["status"] == "cancelled"
    assert told(capsys, plant, "submit", order, "--yes", code=2)["error"]["code"] == "order.no_draft"


def test_taint_and_struck_claims_are_loud(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = drafted(plant, taint=["a note of a stranger"], struck=["The seal leaks"])
    assert main(["orders", "show", order, "-C", str(plant)]) == 0
    out = capsys.readouterr().out
    assert out.index("!! TAINTED, check before trusting: a note of a stranger") < out.index("problem")
    assert "!! STRUCK" in out
    assert main(["orders", "list", "-C", str(plant)]) == 0
    assert "TAINTED STRUCK" in capsys.readouterr().out
    done = told(capsys, plant, "submit", order, "--yes")
    assert done["outbox"]["cmms"]["text"].startswith("!! TAINTED")


@pytest.mark.parametrize(
    ("rights", "words", "code"),
    [
        ([], ["list"], 0),
        ([], ["edit", "WO-0001", "--set", "priority=P3"], 2),
        (["edit"], ["edit", "WO-0001", "--set", "priority=P3"], 0),
        (["edit"], ["submit", "WO-0001", "--yes"], 2),
        (["submit"], ["submit", "WO-0001", "--yes"], 0),
        (["submit"], ["submit", "WO-0001", "--yes", "--by", "somebody"], 2),
        (["admin"], ["submit", "WO-0001", "--yes", "--by", "somebody"], 0),
        (["edit"], ["outbox", "--send"], 2),
        (["draft"], ["cancel", "WO-0001"], 2),
        (["submit"], ["move", "E-1", "done"], 2),
    ],
)
def test_each_command_asks_for_its_right(
    plant: Path, capsys: pytest.CaptureFixture[str], rights: list[str], words: list[str], code: int
) -> None:
    drafted(plant)
    (plant / "roles.toml").write_text(f'[roles]\nsome = {json.dumps(rights)}\n[people]\n{account()} = ["some"]\n')
    document = told(capsys, plant, *words, code=code)
    if code:
        assert document["error"]["code"] == "order.rights"


@pytest.mark.parametrize("command", ["list", "show WO-0001", "diff", "log", "outbox", "people"])
def test_a_stranger_may_not_even_read(plant: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    drafted(plant)
    (plant / "roles.toml").write_text("[roles]\n[people]\nsomebody-else = []\n")
    assert told(capsys, plant, *command.split(), code=2)["error"]["code"] == "order.rights"


def test_people_says_plainly_that_there_is_one_user(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orders", "people", "-C", str(plant)]) == 0
    assert "single-user mode" in capsys.readouterr().out
    (plant / "roles.toml").write_text(f'[roles]\nboss = ["admin"]\n[people]\n{account()} = ["boss"]\n')
    assert told(capsys, plant, "people")["you_may"] == ["draft", "edit", "submit", "admin"]


def test_the_editor_changes_a_draft(
    plant: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = drafted(plant)
    texts: list[str] = []

    def edit(text: str, extension: str) -> str:
        texts.append(text)
        return text.replace("priority: P1", "priority: P7" if len(texts) == 1 else "priority: P2")

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.edit", edit)
    error = told(capsys, plant, "edit", order, code=2)["error"]
    kept = Path(error["message"].rpartition("kept in ")[2])
    assert "priority: P7" in kept.read_text()
    kept.unlink()
    assert told(capsys, plant, "edit", order)["priority"] == "P2"
