"""The loop with a scripted model, on a real plant folder: exits, repairs, budget, resuming."""

from __future__ import annotations

import json
import sqlite3
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from twinwright_agent.budget import Budget
from twinwright_agent.loop import investigate, new_run_id, question_of
from twinwright_agent.models.base import ModelRefusedError, Turn
from twinwright_agent.result import Investigation
from twinwright_agent.store import RunStore
from twinwright_tools.errors import ModelCallError, RunError
from twinwright_tools.plant import Plant, open_plant

QUESTION = "why is line 3 slow?"


def ask(plant: Plant, bench: Any, model: Any, run: str | None = None, **rest: Any) -> Investigation:
    return investigate(plant, QUESTION, model=model, registry=bench.registry(), run=run, **rest)


def test_a_whole_investigation(small_plant: Plant, bench: Any, script: Any) -> None:
    model = script.Model([script.calls("look", "look pump-2"), script.calls("draft_work_order"), script.concludes()])
    found = ask(small_plant, bench, model, "r1")
    assert (found.status, found.verdict, found.run, found.model) == ("concluded", "cause", "r1", "scripted")
    assert found.answer == "pump-1.pressure fell to 2.5 bar."
    assert [item.id for item in found.evidence] == ["E1", "E2", "E3"]
    assert found.struck == []
    (top,) = found.hypotheses
    assert (top.rank, top.evidence) == (1, ["E1"])
    assert [order.id for order in found.work_orders] == ["WO-1"]
    assert (found.usage.turns, found.usage.tool_calls, found.usage.tool_errors) == (3, 3, 0)
    assert found.usage.input_tokens == 300
    assert found.usage.seconds > 0


def test_evidence_is_rounded_to_six_digits(small_plant: Plant, bench: Any, script: Any) -> None:
    found = ask(small_plant, bench, script.Model([script.calls("look"), script.concludes()]))
    assert found.evidence[0].facts[0].value == 4.0


def test_drafts_run_after_reads_and_see_their_evidence(small_plant: Plant, bench: Any, script: Any) -> None:
    conclusion = script.concludes(evidence=["E2"], hypotheses=[])
    model = script.Model([script.calls("draft_work_order", "look"), conclusion])
    found = ask(small_plant, bench, model)
    assert [run.split()[0] for run in bench.runs] == ["look", "draft"]
    assert [item.tool for item in found.evidence] == ["draft_work_order", "look"]


def test_failures_go_back_with_what_would_be_right(small_plant: Plant, bench: Any, script: Any) -> None:
    turns = [
        script.calls("look", twin="pump-9"),
        script.calls("loook"),
        script.calls("propose_action"),
        script.calls("look"),
        script.concludes(),
    ]
    model = script.Model(turns)
    found = ask(small_plant, bench, model)
    errors = [entry.results[0].error for entry in model.seen[-1].entries if entry.kind == "results"]
    assert errors[0] == {
        "code": "no_data",
        "message": "no data of pump-9",
        "suggestions": ["pump-1"],
        "position": None,
        "mendable": True,
    }
    assert errors[1]["suggestions"] == ["look"]
    assert errors[2]["mendable"] is False
    assert found.usage.tool_errors == 3
    assert [item.id for item in found.evidence] == ["E1"]


def test_what_does_not_stand_goes_back_twice_and_is_struck(small_plant: Plant, bench: Any, script: Any) -> None:
    wrong = script.concludes("pump-1.pressure fell to 1.7 bar.")
    model = script.Model([script.calls("look"), wrong, wrong, wrong])
    found = ask(small_plant, bench, model)
    repairs = [entry.text for entry in model.seen[-1].entries if entry.kind == "repair"]
    assert len(repairs) == 2
    assert "1.7 bar" in repairs[0]
    assert "last repair" not in repairs[0]
    assert "last repair" in repairs[1]
    assert [item.where for item in found.struck] == ["answer[0]"]
    assert "1.7 bar" not in found.answer
    assert (found.status, found.verdict) == ("cannot_tell", "cannot_tell")


def test_a_repaired_conclusion_stands(small_plant: Plant, bench: Any, script: Any) -> None:
    model = script.Model([script.calls("look"), script.concludes("It fell to 1.7 bar."), script.concludes()])
    found = ask(small_plant, bench, model)
    assert (found.status, found.struck) == ("concluded", [])


@pytest.mark.parametrize(
    ("verdict", "status"),
    [("cannot_tell", "cannot_tell"), ("nothing_wrong", "concluded"), ("not_about_plant", "refused")],
)
def test_verdicts_become_statuses(small_plant: Plant, bench: Any, script: Any, verdict: str, status: str) -> None:
    turn = script.concludes("I can only speak about this plant.", evidence=[], verdict=verdict, hypotheses=[])
    found = ask(small_plant, bench, script.Model([turn]))
    assert (found.verdict, found.status) == (verdict, status)


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        (Budget(turns=2), "2 turns"),
        (Budget(tool_calls=3), "3 tool calls"),
        (Budget(tokens=250), "250 tokens"),
        (Budget(seconds=0.0), "0 seconds"),
    ],
)
def test_a_spent_budget_ends_the_run(small_plant: Plant, bench: Any, script: Any, budget: Budget, reason: str) -> None:
    model = script.Model([script.calls("look") for _ in range(10)])
    found = ask(small_plant, bench, model, budget=budget)
    assert found.status == "out_of_budget"
    assert reason in str(found.reason)


def test_more_budget_lets_a_run_go_on(small_plant: Plant, bench: Any, script: Any) -> None:
    ask(small_plant, bench, script.Model([script.calls("look")]), "r1", budget=Budget(turns=1))
    found = ask(small_plant, bench, script.Model([script.concludes()]), "r1", budget=Budget(turns=3))
    assert found.status == "concluded"
    assert found.usage.turns == 2


def test_the_model_is_told_when_the_budget_runs_out(small_plant: Plant, bench: Any, script: Any) -> None:
    model = script.Model([script.calls("look"), script.calls("look"), script.concludes()])
    ask(small_plant, bench, model, budget=Budget(turns=3))
    notes = [entry.text for entry in model.seen[-1].entries if entry.kind == "results"]
    assert "2 turns are left" in notes[0]
    assert "1 turn is left" in notes[1]


def test_a_model_with_nothing_to_say_is_nudged_and_then_fails(small_plant: Plant, bench: Any, script: Any) -> None:
    found = ask(small_plant, bench, script.Model([Turn(text="hm"), Turn(), Turn()]))
    assert found.status == "failed"
    assert "several times" in str(found.reason)


@pytest.mark.parametrize(
    ("error", "status"),
    [(ModelCallError("the API can't be reached"), "failed"), (ModelRefusedError("declined"), "refused")],
)
def test_a_model_that_fails(small_plant: Plant, bench: Any, script: Any, error: Exception, status: str) -> None:
    found = ask(small_plant, bench, script.Model([script.calls("look"), error]), "r1")
    assert (found.status, found.reason) == (status, str(error))
    assert len(found.evidence) == 1


def test_after_a_failed_call_the_run_goes_on(small_plant: Plant, bench: Any, script: Any) -> None:
    ask(small_plant, bench, script.Model([script.calls("look"), ModelCallError("offline")]), "r1")
    found = ask(small_plant, bench, script.Model([script.concludes()]), "r1")
    assert found.status == "concluded"
    assert bench.runs == ["look pump-1"]


def test_ctrl_c_in_a_model_turn_leaves_a_resumable_run(small_plant: Plant, bench: Any, script: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        ask(small_plant, bench, script.Model([script.calls("look"), KeyboardInterrupt()]), "r1")
    assert question_of(small_plant, "r1") == QUESTION
    model = script.Model([script.concludes()])
    found = ask(small_plant, bench, model, "r1")
    assert found.status == "concluded"
    assert [entry.kind for entry in model.seen[0].entries] == ["question", "turn", "results"]
    assert bench.runs == ["look pump-1"]


def test_ctrl_c_in_a_call_repeats_no_call_that_was_made(small_plant: Plant, bench: Any, script: Any) -> None:
    def interrupt(name: str) -> None:
        if name == "draft":
            raise KeyboardInterrupt

    bench.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        ask(small_plant, bench, script.Model([script.calls("look", "draft_work_order")]), "r1")
    bench.before = lambda name: None
    found = ask(small_plant, bench, script.Model([script.concludes()]), "r1")
    assert [run.split()[0] for run in bench.runs] == ["look", "draft"]
    assert [item.id for item in found.evidence] == ["E1", "E2"]


def test_a_crash_after_a_draft_drafts_nothing_twice(small_plant: Plant, bench: Any, script: Any) -> None:
    """The call is stored before the checkpoint: an interruption between the two is the narrow place."""

    class Stumbling(RunStore):
        def keep_evidence(self, *arguments: Any) -> None:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("twinwright_agent.loop.RunStore", Stumbling)
        ask(small_plant, bench, script.Model([script.calls("draft_work_order")]), "r1")
    conclusion = script.concludes(evidence=["E2"], hypotheses=[])
    found = ask(small_plant, bench, script.Model([script.calls("look"), conclusion]), "r1")
    assert [run.split()[0] for run in bench.runs] == ["draft", "look"]
    assert [order.id for order in found.work_orders] == ["WO-1"]


def test_a_finished_run_is_returned_as_it_was(small_plant: Plant, bench: Any, script: Any) -> None:
    first = ask(small_plant, bench, script.Model([script.calls("look"), script.concludes()]), "r1")
    assert ask(small_plant, bench, script.Model([]), "r1") == first


def test_a_run_is_resumed_with_the_same_question_only(
    small_plant: Plant, plant_folder: Path, tmp_path: Path, bench: Any, script: Any
) -> None:
    ask(small_plant, bench, script.Model([ModelCallError("offline")]), "r1")
    registry = bench.registry()
    with pytest.raises(RunError, match="another question") as other:
        investigate(small_plant, "what else?", model=script.Model([]), registry=registry, run="r1")
    assert other.value.suggestions == [QUESTION]
    with (
        open_plant(plant_folder, state=tmp_path / "state") as elsewhere,
        pytest.raises(RunError, match="another plant"),
    ):
        investigate(elsewhere, QUESTION, model=script.Model([]), registry=registry, run="r1")


def test_an_unknown_run_gets_the_nearest(small_plant: Plant, bench: Any, script: Any) -> None:
    with pytest.raises(RunError, match="nothing was ever asked"):
        question_of(small_plant, "r1")
    ask(small_plant, bench, script.Model([ModelCallError("offline")]), "0105-abcdef")
    with pytest.raises(RunError) as unknown:
        question_of(small_plant, "0105-abcdee")
    assert unknown.value.suggestions == ["0105-abcdef"]


def test_evidence_is_stored_with_the_run(small_plant: Plant, bench: Any, script: Any) -> None:
    found = ask(small_plant, bench, script.Model([script.calls("look", "look"), script.concludes()]), "r1")
    with RunStore(small_plant) as store:
        assert store.evidence("r1") == found.evidence
        assert store.ids() == ["r1"]


def test_the_state_is_sqlite_in_wal_mode(small_plant: Plant, bench: Any, script: Any) -> None:
    ask(small_plant, bench, script.Model([script.calls("look"), script.concludes()]), "r1")
    connection = sqlite3.connect(small_plant.state / "state" / "runs.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


def test_a_transcript_only_grows(small_plant: Plant, bench: Any, script: Any) -> None:
    model = script.Model([script.calls("look"), script.concludes("It fell to 1.7 bar."), script.concludes()])
    ask(small_plant, bench, model)
    told = [[entry.model_dump() for entry in transcript.entries] for transcript in model.seen]
    for before, after in pairwise(told):
        assert after[: len(before)] == before


def test_the_result_is_the_json_contract(small_plant: Plant, bench: Any, script: Any) -> None:
    found = ask(small_plant, bench, script.Model([script.calls("look"), script.concludes()]))
    document = json.loads(found.model_dump_json())
    assert {
        "run", "model", "status", "question", "at", "answer", "verdict", "hypotheses", "evidence", "struck",
        "work_orders", "proposals", "report", "usage",
    } <= set(document)  # fmt: skip
    assert {"rank", "twin", "signal", "mode", "confidence", "onset", "evidence", "chain", "supports"} <= set(
        document["hypotheses"][0]
    )


def test_run_ids_are_short_and_differ() -> None:
    ids = {new_run_id() for _ in range(50)}
    assert len(ids) == 50
    assert all(len(one) == 11 for one in ids)
