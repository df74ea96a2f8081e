"""A conversation keeps what was said."""

from __future__ import annotations

from typing import Any

from twinwright_agent.conversation import Conversation
from twinwright_agent.loop import investigate
from twinwright_tools.plant import Plant


def test_a_later_question_may_cite_earlier_evidence(small_plant: Plant, bench: Any, script: Any) -> None:
    model = script.Model([script.calls("look"), script.concludes(), script.concludes("It was 4.0 bar before.")])
    conversation = Conversation(small_plant, model, bench.registry())
    first = conversation.ask("why is line 3 slow?")
    second = conversation.ask("and how was it before?")
    assert second.answer == "It was 4.0 bar before."
    assert second.struck == []
    assert second.question == "and how was it before?"
    assert model.seen[-1].question == "and how was it before?"
    assert [entry.kind for entry in model.seen[-1].entries] == ["question", "turn", "results", "turn", "question"]
    assert first.run != second.run


def test_drafts_belong_to_the_question_that_made_them(small_plant: Plant, bench: Any, script: Any) -> None:
    turns = [script.calls("look"), script.calls("draft_work_order"), script.concludes(), script.concludes()]
    conversation = Conversation(small_plant, script.Model(turns), bench.registry())
    assert len(conversation.ask("why?").work_orders) == 1
    assert conversation.ask("and now?").work_orders == []


def test_the_rules_hear_each_question_afresh(small_plant: Plant, bench: Any, script: Any) -> None:
    model = script.Model([script.calls("look"), script.concludes(), script.calls("look"), script.concludes()])
    model.name = "rules"
    conversation = Conversation(small_plant, model, bench.registry())
    conversation.ask("why?")
    conversation.ask("and now?")
    assert [entry.kind for entry in model.seen[2].entries] == ["question"]


def test_it_may_ask_back_and_the_answer_is_heard(small_plant: Plant, bench: Any, script: Any) -> None:
    asks = script.concludes("Do you mean pump-1 or pump-2?", verdict="clarify", hypotheses=[])
    # The names have to stand in evidence, as everywhere.
    turns = [script.calls("look", "look pump-2"), asks, script.concludes(evidence=["E1"])]
    asks.conclusion.answer[0].evidence = ["E1", "E2"]
    conversation = Conversation(small_plant, script.Model(turns), bench.registry())
    first = conversation.ask("why is the pump slow?")
    assert (first.status, first.verdict, first.answer) == ("concluded", "clarify", "Do you mean pump-1 or pump-2?")
    second = conversation.ask("the first one")
    assert second.verdict == "cause"


def test_outside_of_a_conversation_nobody_is_asked_back(small_plant: Plant, bench: Any, script: Any) -> None:
    asks = script.concludes("Which of them?", verdict="clarify", hypotheses=[], evidence=[])
    said = script.concludes(assumptions=["I took the pump to be pump-1."])
    model = script.Model([script.calls("look"), asks, said])
    found = investigate(small_plant, "why is the pump slow?", model=model, registry=bench.registry())
    assert (found.verdict, found.assumptions) == ("cause", ["I took the pump to be pump-1."])
    repair = model.seen[-1].entries[-1].text
    assert "Nobody is there to answer" in repair


def test_who_asks_back_all_the_same_has_no_answer(small_plant: Plant, bench: Any, script: Any) -> None:
    asks = script.concludes("Which of them?", verdict="clarify", hypotheses=[], evidence=[])
    model = script.Model([asks, asks, asks])
    found = investigate(small_plant, "why is the pump slow?", model=model, registry=bench.registry())
    assert (found.status, found.verdict) == ("cannot_tell", "cannot_tell")


def test_each_question_has_a_ledger_of_its_own(small_plant: Plant, bench: Any, script: Any) -> None:
    kept = {
        "id": "H1", "twin": "pump-1", "signal": None, "mode": None, "state": "open", "evidence_for": [],
        "evidence_against": [], "note": "-",
    }  # fmt: skip
    keeps = script.says("keep_hypotheses", hypotheses=[kept])
    turns = [script.calls("look"), keeps, script.concludes(), script.concludes()]
    conversation = Conversation(small_plant, script.Model(turns), bench.registry())
    assert len(conversation.ask("why?").ledger) == 1
    assert conversation.ask("and now?").ledger == []
