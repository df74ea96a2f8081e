"""Calls that were made before: answered without running, and in the end stopped."""

from __future__ import annotations

from typing import Any

from twinwright_agent.circles import MOST_IN_A_ROW, signature
from twinwright_agent.loop import investigate
from twinwright_agent.models.base import ToolCall
from twinwright_agent.result import Investigation
from twinwright_tools.plant import Plant


def ask(plant: Plant, bench: Any, model: Any, **rest: Any) -> Investigation:
    return investigate(plant, "why?", model=model, registry=bench.registry(), **rest)


def notes(model: Any) -> list[dict[str, Any]]:
    """What the model was told instead of results."""
    return [one.note for entry in model.seen[-1].entries for one in entry.results if one.note]


def test_the_order_of_arguments_does_not_matter() -> None:
    one, other = ({"a": 1, "b": [2]}, {"b": [2], "a": 1})
    assert signature(ToolCall(id="1", name="look", arguments=one)) == signature(
        ToolCall(id="2", name="look", arguments=other)
    )


def test_the_same_call_is_answered_with_where_its_result_stands(small_plant: Plant, bench: Any, script: Any) -> None:
    model = script.Model([script.calls("look"), script.calls("look", "look pump-2"), script.concludes()])
    found = ask(small_plant, bench, model)
    assert bench.runs == ["look pump-1", "look pump-2"]
    (note,) = notes(model)
    assert (note["kind"], note["evidence"]) == ("repeat", "E1")
    assert "can't have changed" in note["said"]
    assert [item.id for item in found.evidence] == ["E1", "E2"]


def test_the_same_call_twice_in_a_turn_runs_once(small_plant: Plant, bench: Any, script: Any) -> None:
    model = script.Model([script.calls("look", "look"), script.concludes()])
    ask(small_plant, bench, model)
    assert bench.runs == ["look pump-1"]
    assert "stands in this turn" in notes(model)[0]["said"]


def test_a_draft_is_never_made_twice(small_plant: Plant, bench: Any, script: Any) -> None:
    said = script.concludes("Nothing more was found.", evidence=[], hypotheses=[])
    model = script.Model([script.calls("draft_work_order"), script.calls("draft_work_order"), said])
    found = ask(small_plant, bench, model)
    assert len(bench.runs) == 1
    assert len(found.work_orders) == 1


def test_a_call_that_failed_is_not_tried_again_unchanged(small_plant: Plant, bench: Any, script: Any) -> None:
    turns = [script.calls("look pump-9"), script.calls("look pump-9"), script.calls("look"), script.concludes()]
    model = script.Model(turns)
    ask(small_plant, bench, model)
    assert bench.runs == ["look pump-9", "look pump-1"]
    assert "failed: no data of pump-9" in notes(model)[0]["said"]


def test_what_may_pass_by_itself_is_tried_again(small_plant: Plant, bench: Any, script: Any) -> None:
    model = script.Model([script.calls("propose_action"), script.calls("propose_action"), script.calls("look"),
                          script.concludes()])  # fmt: skip
    assert ask(small_plant, bench, model).usage.tool_errors == 2
    assert notes(model) == []


def test_back_and_forth_is_named_and_stopped(small_plant: Plant, bench: Any, script: Any) -> None:
    a, b = ("look pump-1",), ("look pump-2",)
    model = script.Model([script.calls(*each) for each in (a, b, a, b, a, b)])
    found = ask(small_plant, bench, model)
    assert bench.runs == ["look pump-1", "look pump-2"]
    assert "back and forth" in notes(model)[1]["said"]
    assert found.status == "failed"
    assert "circles" in str(found.reason)
    assert found.usage.turns == 2 + MOST_IN_A_ROW


def test_repeats_among_new_calls_are_stopped_in_the_end(small_plant: Plant, bench: Any, script: Any) -> None:
    turns = [script.calls("look", "look pump-2")]
    turns += [script.calls("look", "look pump-2", f"look nothing-{number}") for number in range(9)]
    found = ask(small_plant, bench, script.Model(turns))
    assert "over and over" in str(found.reason)
    assert found.usage.turns == 6
