"""Drafted orders follow the conclusion that they were drafted for, in the answer and in the book."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from twinwright_agent.conclusion import Claim, Conclusion, Hypothesis
from twinwright_agent.loop import investigate
from twinwright_agent.models.base import ToolCall, Turn
from twinwright_agent.models.rules import RulesModel
from twinwright_agent.result import Investigation
from twinwright_tools.evidence import Finding
from twinwright_tools.orders.book import OrderBook
from twinwright_tools.plant import Plant
from twinwright_tools.registry import Registry
from twinwright_tools.toolbox import standard_registry

ENGINE = "2026-01-05T08:20:00+00:00"
OWN = "2026-01-05T08:30:00+00:00"
WINDOW = {"signals": ["pump-1.pressure"], "from": OWN, "to": "2026-01-05T08:59:00+00:00"}


def registry() -> Registry:
    """The real tools, with an engine that has its opinion."""
    tools = standard_registry()
    rows = [
        {"twin": twin, "signal": None, "mode": "cavitation", "mode_name": "Cavitation", "confidence": confidence}
        | {"onset": ENGINE, "path": [twin], "evidence": [], "checks": [f"Look at {twin}"], "rank": rank}
        for rank, (twin, confidence) in enumerate((("pump-1", 0.6), ("pump-2", 0.3)), 1)
    ]

    def ranked(arguments: Any, context: Any) -> Finding:
        return Finding(
            summary="2 causes",
            data={"hypotheses": rows, "verdict": "cause", "missing": []},
            reproduce="-",
            provenance="engine",
        )

    tools.tools["rank_causes"] = replace(tools.tools["rank_causes"], function=ranked)
    return tools


def hypothesis(twin: str, confidence: float, onset: str | None, mode: str | None = "cavitation") -> Hypothesis:
    return Hypothesis(
        twin=twin,
        signal=None,
        mode=mode,
        confidence=confidence,
        onset=onset,
        chain=[],
        why_no_path="It is the symptom itself.",
        supports=[Claim(text=f"{twin} was looked at.", evidence=["E1", "E2"])],
        contradicts=[],
        next_check=None,
    )


def draft(asset: str, likelihood: float = 0.6, mode: str | None = "cavitation") -> ToolCall:
    told = {"failure_mode": mode, "title": f"Look at {asset}", "problem": "Low.", "evidence": ["E1"]}
    return ToolCall(
        id=f"d-{asset}", name="draft_work_order", arguments={"asset": asset, "likelihood": likelihood, **told}
    )


def run(plant: Plant, script: Any, drafts: list[ToolCall], *found: Hypothesis, question: str = "why?") -> Investigation:
    looks = [
        ToolCall(id="l1", name="rank_causes", arguments={"symptoms": ["pump-1"], "top": 5}),
        ToolCall(id="l2", name="telemetry_window", arguments=WINDOW),
    ]
    answer = [Claim(text="pump-1 is the cause.", evidence=["E1"])]
    verdict = "cause" if found else "cannot_tell"
    end = Conclusion.model_validate({"verdict": verdict, "answer": answer, "hypotheses": list(found), "missing": []})
    model = script.Model([Turn(calls=looks), Turn(calls=drafts), Turn(conclusion=end)])
    return investigate(plant, question, model=model, registry=registry(), run="r1")


def test_onset_and_likelihood_are_the_conclusions(small_plant: Plant, script: Any) -> None:
    found = run(small_plant, script, [draft("pump-1")], hypothesis("pump-1", 0.9, OWN))
    assert found.struck == []
    (order,) = found.work_orders
    assert (order.likelihood, order.onset) == (0.9, datetime.fromisoformat(OWN))
    assert "90%" in order.priority_reason
    assert any("the engine says cavitation 0.6 since" in note and "09:20" in note for note in order.notes)
    book = OrderBook(small_plant.state)
    assert book.get(order.id) == order
    assert (book.original(order.id).likelihood, book.log(order.id)[-1].by) == (0.6, "run r1")


def test_what_the_engine_said_as_well_changes_nothing(small_plant: Plant, script: Any) -> None:
    found = run(small_plant, script, [draft("pump-1")], hypothesis("pump-1", 0.6, ENGINE))
    (order,) = found.work_orders
    assert [one.event for one in OrderBook(small_plant.state).log(order.id)] == ["drafted"]
    assert not any("engine" in note for note in order.notes)


def test_another_mode_brings_its_own_work(small_plant: Plant, script: Any) -> None:
    found = run(small_plant, script, [draft("pump-1")], hypothesis("pump-1", 0.6, ENGINE, "bearing_wear"))
    (order,) = found.work_orders
    assert order.failure_mode == "bearing_wear"
    assert order.tasks != OrderBook(small_plant.state).original(order.id).tasks
    assert any("the engine says cavitation" in note for note in order.notes)


@pytest.mark.parametrize(
    ("hypotheses", "said"),
    [
        ([hypothesis("pump-2", 0.4, None)], "concluded on pump-2, not on pump-1"),
        ([], "did not settle on a cause (its verdict: cannot_tell)"),
    ],
)
def test_a_draft_for_something_else_says_so(
    hypotheses: list[Hypothesis], said: str, small_plant: Plant, script: Any
) -> None:
    (order,) = run(small_plant, script, [draft("pump-1")], *hypotheses).work_orders
    assert any(said in note for note in order.notes)


def test_a_draft_that_a_person_touched_is_left_alone(small_plant: Plant, script: Any) -> None:
    book = OrderBook(small_plant.state)
    marked = OrderBook.list

    def touched(self: OrderBook, status: Any = None) -> Any:
        if book.log("WO-0001")[-1].event == "drafted":
            book.mark("WO-0001", struck=["not that"], at=small_plant.at)
        return marked(self, status)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OrderBook, "list", touched)
        run(small_plant, script, [draft("pump-1")], hypothesis("pump-1", 0.9, OWN))
    assert book.get("WO-0001").likelihood == 0.6


def test_several_orders_come_of_one_question_each_with_its_own_figures(small_plant: Plant, script: Any) -> None:
    found = run(
        small_plant,
        script,
        [draft("pump-1"), draft("pump-2", 0.3)],
        hypothesis("pump-1", 0.9, OWN),
        hypothesis("pump-2", 0.4, ENGINE),
        question="Draft a work order for each pump that may be the cause.",
    )
    told = [(one.asset, one.likelihood, one.onset and one.onset.minute) for one in found.work_orders]
    assert told == [("pump-1", 0.9, 30), ("pump-2", 0.4, 20)]
    assert len({one.id for one in found.work_orders}) == len({one.idempotency_key for one in found.work_orders}) == 2
    assert len(OrderBook(small_plant.state).list("draft")) == 2


@pytest.mark.parametrize(
    ("question", "assets"),
    [
        ("why is the pressure of pump-1 dropping?", ["pump-1"]),
        ("why is the pressure of pump-1 dropping? Draft a work order.", ["pump-1"]),
        ("why is the pressure of pump-1 dropping? Draft work orders for each cause.", ["pump-1", "pump-2"]),
    ],
)
def test_the_rules_draft_several_orders_only_where_that_is_asked_for(
    question: str, assets: list[str], small_plant: Plant
) -> None:
    found = investigate(small_plant, question, model=RulesModel(), registry=registry(), run="r2")
    assert [order.asset for order in found.work_orders] == assets
    assert len(OrderBook(small_plant.state).list()) == len(assets)
    assert found.struck == [] and all(order.id in found.answer for order in found.work_orders)
