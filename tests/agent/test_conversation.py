"""A conversation keeps what was said."""

from __future__ import annotations

from typing import Any

from twinwright_agent.conversation import Conversation
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
