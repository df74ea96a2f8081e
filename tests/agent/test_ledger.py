"""The hypothesis ledger: validated, merged, stored with the run, and told back whole."""

from __future__ import annotations

from typing import Any

import pytest

from twinwright_agent.ledger import MOST_HYPOTHESES, Kept, keep
from twinwright_agent.loop import investigate
from twinwright_tools.errors import ToolError
from twinwright_tools.evidence import Evidence, Finding
from twinwright_tools.plant import Plant

FOUND = [Evidence.of(1, "look", {}, Finding(summary="-", reproduce="-", provenance="telemetry"))]


def entry(name: str = "H1", **changes: Any) -> dict[str, Any]:
    whole = {
        "id": name, "twin": "pump-1", "signal": "pressure", "mode": None, "state": "open", "evidence_for": [],
        "evidence_against": [], "note": "It fell first.",
    }  # fmt: skip
    return whole | changes


def test_the_same_id_changes_a_hypothesis_and_others_stay(small_plant: Plant) -> None:
    first = keep({"hypotheses": [entry("H1"), entry("H2", twin="pump-2", signal=None)]}, [], FOUND, small_plant)
    changed = entry("H1", state="refuted", evidence_against=["E1"])
    second = keep({"hypotheses": [changed]}, first, FOUND, small_plant)
    assert [(one.id, one.state) for one in second] == [("H1", "refuted"), ("H2", "open")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"twin": "pump-7"}, "pump-7"),
        ({"signal": "presure"}, "presure"),
        ({"evidence_for": ["E9"]}, "no evidence E9"),
        ({"state": "supported"}, "supported without evidence"),
        ({"state": "refuted", "evidence_for": ["E1"]}, "refuted without evidence"),
        ({"state": "certain"}, "state"),
        ({"id": " "}, "empty"),
    ],
)
def test_what_is_not_there_or_not_founded_is_refused(small_plant: Plant, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolError, match=said) as error:
        keep({"hypotheses": [entry(**changes)]}, [], FOUND, small_plant)
    assert error.value.mendable


def test_the_nearest_twin_is_suggested(small_plant: Plant) -> None:
    with pytest.raises(ToolError) as error:
        keep({"hypotheses": [entry(twin="pump1")]}, [], FOUND, small_plant)
    assert "pump-1" in error.value.suggestions


def test_it_is_bounded(small_plant: Plant) -> None:
    full = keep({"hypotheses": [entry(f"H{n}") for n in range(MOST_HYPOTHESES)]}, [], FOUND, small_plant)
    with pytest.raises(ToolError, match="at most"):
        keep({"hypotheses": [entry("one more")]}, full, FOUND, small_plant)


def test_it_stands_in_the_run_and_is_no_evidence(small_plant: Plant, bench: Any, script: Any) -> None:
    loud = entry("H1", twin="pump-2", signal=None, note="The loudest.")
    turns = [
        script.calls("look"),
        script.says("keep_hypotheses", hypotheses=[loud, entry("H2")]),
        script.says("keep_hypotheses", hypotheses=[loud | {"state": "refuted", "evidence_against": ["E1"]}]),
        script.concludes(),
    ]
    model = script.Model(turns)
    found = investigate(small_plant, "why?", model=model, registry=bench.registry())
    assert [item.id for item in found.evidence] == ["E1"]
    assert [(one.id, one.state) for one in found.ledger] == [("H1", "refuted"), ("H2", "open")]
    assert model.seen[-1].ledger == found.ledger
    assert found.usage.tool_errors == 0


def test_a_refused_entry_leaves_it_as_it_was(small_plant: Plant, bench: Any, script: Any) -> None:
    turns = [
        script.says("keep_hypotheses", hypotheses=[entry("H1")]),
        script.says("keep_hypotheses", hypotheses=[entry("H2", twin="nothing")]),
        script.calls("look"),
        script.concludes(),
    ]
    found = investigate(small_plant, "why?", model=script.Model(turns), registry=bench.registry())
    assert [one.id for one in found.ledger] == ["H1"]
    assert found.usage.tool_errors == 1


def test_an_entry_may_cite_what_its_own_turn_found_before_it(small_plant: Plant, bench: Any, script: Any) -> None:
    turn = script.calls("look")
    kept = script.says("keep_hypotheses", hypotheses=[entry("H1", state="supported", evidence_for=["E1"])])
    turn = turn.model_copy(update={"calls": [*turn.calls, *kept.calls]})
    model = script.Model([turn, script.concludes()])
    found = investigate(small_plant, "why?", model=model, registry=bench.registry())
    assert found.ledger == [Kept.model_validate(entry("H1", state="supported", evidence_for=["E1"]))]


def test_a_signal_may_be_named_with_its_twin(small_plant: Plant) -> None:
    (one,) = keep({"hypotheses": [entry("H1", signal="pump-1.pressure")]}, [], FOUND, small_plant)
    assert one.signal == "pressure"
