"""Every tool on the demo plant: bounded, reproducible, honest about what isn't there."""

from __future__ import annotations

import json
import re
import shlex
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from twinwright_gate import client
from twinwright_tools.errors import ToolError
from twinwright_tools.evidence import Evidence, Finding, rounded
from twinwright_tools.orders.book import OrderBook
from twinwright_tools.plant import Plant
from twinwright_tools.times import iso
from twinwright_tools.toolbox.bounds import WHOLE_CHARS, size

Call = Callable[..., Finding]
MOST_CHARS = 9_000
_FIGURE = re.compile(r"(?<![\w.:-])-?\d+(?:\.\d+)?(?![\w:-])")


def window_of(plant: Plant, hours: float = 6) -> dict[str, str]:
    return {"from": iso(plant.at - timedelta(hours=hours)), "to": iso(plant.at)}


def calls_of(plant: Plant) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("find_twins", {"words": "why is line 3 throughput dropping?", "limit": 12}),
        ("find_twins", {"words": "pump line filler glycol temperature", "limit": 30}),
        *(("describe_twin", {"twin": twin}) for twin in ("line-3", "line-3-filler", "glycol-header", "plant", "power")),
        ("query_twins", {"query": "SELECT * FROM DIGITALTWINS"}),
        ("query_twins", {"query": "SELECT COUNT() FROM DIGITALTWINS"}),
        ("telemetry_window", {"signals": ["line-3.throughput", "line-3-filler.state"], **window_of(plant)}),
        (
            "telemetry_window",
            {"signals": [str(info.key) for info in plant.telemetry.signals()[:6]], **window_of(plant, 48)},
        ),
        ("find_deviations", {"twin": "line-3", "steps": 6, "direction": "both"}),
        ("rank_causes", {"symptoms": ["line-3.throughput"], "top": 10}),
        ("search_history", {"words": "pump noise leak", "twin": None, "kind": None, "limit": 20}),
        ("count_history", {"sql": "SELECT * FROM history"}),
    ]


def test_every_result_is_bounded_and_its_figures_stand_in_it(plant: Plant, call: Call) -> None:
    for name, arguments in calls_of(plant):
        found = call(name, **arguments)
        # Rows are kept whole; how much of them a model is shown is bounded where they are rendered.
        most = MOST_CHARS + (WHOLE_CHARS if name in {"query_twins", "count_history", "search_history"} else 0)
        most += 3_000 if name == "rank_causes" else 0
        assert size(found.model_dump(mode="json")) < most, (name, arguments)
        assert found.summary and found.reproduce
        told = json.dumps(rounded([[fact.value for fact in found.facts], found.data, arguments]), default=str)
        carried = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", told)]
        for figure in _FIGURE.findall(found.summary):
            assert any(abs(float(figure) - one) <= 1e-3 * abs(one) + 1e-9 for one in carried), (
                name,
                figure,
                found.summary,
            )


def test_the_same_call_gives_the_same_result(plant: Plant, call: Call) -> None:
    for name, arguments in [*calls_of(plant)[:3], *calls_of(plant)[-2:]]:
        assert call(name, **arguments) == call(name, **arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "near"),
    [
        ("describe_twin", {"twin": "line-3-fillr"}, "line-3-filler"),
        ("telemetry_window", {"signals": ["line-3.thruput"], "from": "", "to": ""}, "throughput"),
        ("rank_causes", {"symptoms": ["line-33"], "top": 3}, None),
        ("rank_causes", {"symptoms": ["line-3.throughputs"], "top": 3}, "throughput"),
        ("find_deviations", {"twin": "glycol-pump-9", "steps": 2, "direction": "both"}, "glycol-pump-2"),
        ("search_history", {"words": "leak", "twin": "chillr", "kind": None, "limit": 3}, "chiller"),
        ("query_twins", {"query": "SELECT T.nmae FROM DIGITALTWINS T"}, None),
        ("count_history", {"sql": "SELECT cod FROM history"}, "code"),
        ("count_history", {"sql": "DROP TABLE history"}, None),
    ],
)
def test_a_bad_name_can_be_mended(
    plant: Plant, call: Call, name: str, arguments: dict[str, Any], near: str | None
) -> None:
    if "from" in arguments:
        arguments = arguments | window_of(plant)
    with pytest.raises(ToolError) as caught:
        call(name, **arguments)
    assert caught.value.mendable
    assert near is None or near in caught.value.suggestions


@pytest.mark.parametrize("start", ["2026-03-11T08:00:00", "yesterday"])
def test_a_time_needs_a_zone(call: Call, start: str) -> None:
    with pytest.raises(ToolError) as caught:
        call("telemetry_window", signals=["line-3.throughput"], **{"from": start, "to": "2026-03-12T08:00:00+00:00"})
    assert caught.value.mendable


def test_where_nothing_was_recorded_it_says_so(call: Call) -> None:
    times = {"from": "2025-01-01T00:00:00+00:00", "to": "2025-01-01T01:00:00+00:00"}
    found = call("telemetry_window", signals=["line-3.throughput"], **times)
    expected = "no data between 2025-01-01T00:00:00+00:00 and 2025-01-01T01:00:00+00:00"
    assert expected in found.summary
    assert expected in found.quality
    assert "line-3.throughput recorded from" in {fact.name for fact in found.facts}


def test_reproduce_is_a_command_line(plant: Plant, call: Call) -> None:
    found = call("telemetry_window", signals=["line-3.throughput"], **window_of(plant))
    words = shlex.split(found.reproduce)
    assert words[:3] == ["twinwright", "window", "line-3.throughput"]


def test_neighbours_say_which_way_an_upset_travels(call: Call) -> None:
    found = call("describe_twin", twin="line-3-filler")
    ways = {(one["link"], one["upset"]) for one in found.data["neighbours"]}
    # Whoever stands first is the relationship's source; an upset may travel against it.
    assert ("line-3-product-cooler cools it", "comes") in ways
    assert ("it feeds line-3-conveyor-3", "goes") in ways
    assert ("line-3-conveyor-3 blocks it", "comes") in ways
    assert ("it loads line-3-product-cooler", "goes") in ways


def test_what_can_be_set_is_told_with_its_unit(call: Call) -> None:
    found = call("describe_twin", twin="glycol-pump-1-drive")
    assert found.data["writable"] == ["speedLimit"] and found.data["units"] == {"speedLimit": "%"}
    assert ("glycol-pump-1-drive speedLimit", 100.0, "%") in {(one.name, one.value, one.unit) for one in found.facts}
    assert call("describe_twin", twin="glycol-tank").data["writable"] == []


def evidence(call: Call) -> list[Evidence]:
    arguments = {"twin": "glycol-pump-1"}
    return [Evidence.of(1, "describe_twin", arguments, call("describe_twin", **arguments))]


ORDER = {
    "asset": "glycol-pump-1",
    "failure_mode": None,
    "title": "Inspect glycol-pump-1",
    "problem": "It rattles.",
    "evidence": ["E1"],
    "likelihood": 0.7,
}


def test_a_draft_is_stored_once_per_call(plant: Plant, call: Call) -> None:
    cited = evidence(call)
    first = call("draft_work_order", cited, "T4.1", **ORDER)
    again = call("draft_work_order", cited, "T4.1", **ORDER)
    other = call("draft_work_order", cited, "T5.1", **ORDER | {"failure_mode": "bearing_wear"})
    assert first.data["work_order"]["id"] == again.data["work_order"]["id"] != other.data["work_order"]["id"]
    assert first.summary.startswith("Drafted work order ")
    stored = OrderBook(plant.state).get(first.data["work_order"]["id"])
    assert stored.model_dump(mode="json") == first.data["work_order"]
    assert (stored.status, stored.run, stored.evidence) == ("draft", "run-1", ["E1"])


def test_the_same_failure_again_finds_the_unsent_draft(plant: Plant, call: Call) -> None:
    cited = evidence(call)
    first = call("draft_work_order", cited, "T4.1", **ORDER)
    again = call("draft_work_order", cited, "T9.1", **ORDER | {"problem": "It is worse now."})
    book, name = OrderBook(plant.state), first.data["work_order"]["id"]
    assert again.data["work_order"]["id"] == name and book.get(name).problem == "It is worse now."
    assert again.summary.startswith(f"Brought the unsent draft of the same failure up to date: work order {name} ")
    order, revision = book.revision(name)
    book.change(name, revision, lambda _: (order, {"title": {}}), by="ann", at=plant.at)
    third = call("draft_work_order", cited, "T9.2", **ORDER)
    assert third.summary.startswith("A person has worked on") and book.get(name) == order


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"evidence": ["E7"]}, "no evidence E7"),
        ({"evidence": []}, "1 to 20"),
        ({"failure_mode": "gremlins"}, "gremlins"),
        ({"asset": "glycol-pump-9"}, "glycol-pump-1"),
        ({"likelihood": 3.0}, "between 0.0 and 1.0"),
    ],
)
def test_a_draft_cites_what_is_there(call: Call, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ToolError, match=words) as caught:
        call("draft_work_order", evidence(call), **ORDER | change)
    assert caught.value.mendable


@pytest.fixture
def writable(plant: Plant) -> dict[str, Any]:
    """A proposal for a writable property of the demo plant."""
    for twin in plant.graph.twins.values():
        for one in plant.models.signals(twin.model):
            if one.kind == "property" and one.writable and one.schema == "double":
                told = {"twin": twin.id, "property": one.name, "value": "7.5", "unit": "1", "reason": "To try."}
                return {**told, "evidence": ["E1"], "withdraw": None}
    pytest.fail("the demo plant has no writable property")


def _answers(socket: Path) -> bool:
    try:
        return client.status(socket)["state"] == "SERVING"
    except ConnectionError:
        return False


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A gate that serves as its own process."""
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        Path(folder).chmod(stat.S_IRWXU)
        socket = Path(folder) / "gate.sock"
        words = ["serve", "--socket", str(socket), "--log", str(Path(folder) / "audit.jsonl")]
        with subprocess.Popen([sys.executable, "-m", "twinwright_gate.cli", *words], stderr=subprocess.PIPE) as process:
            until = time.monotonic() + 20
            while not _answers(socket) and process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            monkeypatch.setenv("TWINWRIGHT_GATE_SOCKET", str(socket))
            yield socket
            process.terminate()


def test_a_proposal_is_denied_by_the_gate(gate: Path, call: Call, writable: dict[str, Any]) -> None:
    found = call("propose_action", evidence(call), **writable)
    assert found.data["proposal"]["state"] == "DENIED"
    assert found.data["proposal"]["reason"] == "R10.ACTUATION_OFF"
    assert "That is normal" in found.summary


def test_without_a_gate_nothing_is_proposed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, writable: dict[str, Any]
) -> None:
    monkeypatch.setenv("TWINWRIGHT_GATE_SOCKET", str(tmp_path / "none.sock"))
    found = call("propose_action", evidence(call), **writable)
    assert "actuation isn't available" in found.summary and "twinwright-gate serve" in found.summary
    told = found.data["proposal"]
    assert (told["state"], told["reason"], told["permit_id"]) == ("UNAVAILABLE", "gate.unavailable", None)
    with pytest.raises(ToolError, match="it isn't withdrawn: no safety layer answers") as caught:
        call("propose_action", [*evidence(call), proposed("P-1", writable)], **writable | {"withdraw": "P-1"})
    assert not caught.value.mendable


def test_only_writable_properties_can_be_proposed(call: Call, writable: dict[str, Any]) -> None:
    with pytest.raises(ToolError) as caught:
        call("propose_action", evidence(call), **writable | {"property": "serialNumbr"})
    assert caught.value.mendable


def proposed(permit_id: str | None, asked: dict[str, Any]) -> Evidence:
    """The run's evidence of a proposal that it made."""
    finding = Finding(
        summary="Proposed.",
        data={"proposal": {"permit_id": permit_id, "state": "EVALUATED"}},
        reproduce="twinwright-gate audit",
        provenance="gate",
    )
    return Evidence.of(2, "propose_action", asked, finding)


@pytest.mark.parametrize(
    ("permit_id", "change", "words"),
    [
        ("P-1", {"withdraw": "P-2"}, "no proposal with the permit 'P-2'; its own: P-1"),
        (None, {"withdraw": "None"}, "its own: none"),
        ("P-1", {"withdraw": "P-1", "value": "8"}, "proposed to set"),
    ],
)
def test_only_the_runs_own_proposal_is_withdrawn(
    call: Call, writable: dict[str, Any], permit_id: str | None, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ToolError, match=words) as caught:
        call("propose_action", [*evidence(call), proposed(permit_id, writable)], **writable | change)
    assert caught.value.mendable


def test_a_gate_that_does_not_take_it_back_is_told_as_that(gate: Path, call: Call, writable: dict[str, Any]) -> None:
    with pytest.raises(ToolError, match="it isn't withdrawn") as caught:
        call("propose_action", [*evidence(call), proposed("P-1", writable)], **writable | {"withdraw": "P-1"})
    assert not caught.value.mendable


def test_rival_modes_of_the_leading_twins_are_held_against_each_other(plant: Plant, call: Call) -> None:
    """The plant's pump cavitates: what else it could have stands beside it, with what speaks for and against that."""
    found = call("rank_causes", symptoms=["line-3.throughput"], top=3)
    first = found.data["hypotheses"][0]
    modes = [row for row in found.data["modes"] if row["twin"] == first["twin"]]
    assert modes[0]["mode"] == first["mode"] == "cavitation"
    assert modes[0]["shows"] and 2 <= len(modes) <= 4
    assert [row["share"] for row in modes] == sorted((row["share"] for row in modes), reverse=True)
    assert sum(row["share"] for row in modes) <= 1.0
    assert all(row["missing"] or row["against"] or row["share"] > 0.1 for row in modes)
    said = {one["id"] for one in found.data["said"]}
    assert {ref for row in found.data["hypotheses"] for ref in row["because"]} <= said


def test_the_modes_that_a_twin_can_have_are_listed_where_they_are_asked_for(plant: Plant, call: Call) -> None:
    assert "failure_modes" not in call("describe_twin", twin="glycol-pump-1").data
    found = call("describe_twin", twin="glycol-pump-1", modes=True).data
    modes = {row["mode"]: row for row in found["failure_modes"]}
    assert {"cavitation", "impeller_wear", "seal_leak", "sensor_drift"} <= set(modes)
    assert "fouling" not in modes
    assert modes["cavitation"]["signs"].startswith("falls: suction pressure, flow, ")
    assert "rises: vibration, " in modes["cavitation"]["signs"]
    assert all(row["tasks"] for row in modes.values())
    assert list(modes).index("cavitation") < list(modes).index("sensor_drift")
    assert all(set(row["of"]) <= set(modes) for row in found["mode_checks"])
