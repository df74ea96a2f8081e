"""Where the model can't go on, the rules finish with what was gathered, and every output says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from twinwright_agent.budget import Budget
from twinwright_agent.handing_over import sentence
from twinwright_agent.loop import investigate
from twinwright_agent.models.base import ModelRefusedError
from twinwright_agent.models.choose import why_rules
from twinwright_agent.models.rules import RulesModel
from twinwright_agent.report import write_report
from twinwright_agent.result import HandOver, Investigation
from twinwright_tools.errors import ModelCallError
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.settings import Settings
from twinwright_tools.toolbox import standard_registry

WHY = "why is line 3 throughput dropping?"
# Answered without the engine: what is tried here is the handing over.
COUNT = "how many pumps are there?"


@pytest.fixture(scope="module")
def bottling(demo_plant: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    with open_plant(demo_plant, state=tmp_path_factory.mktemp("handing-over")) as plant:
        yield plant


def ask(plant: Plant, turns: list[Any], script: Any, question: str = COUNT, **rest: Any) -> Investigation:
    model = script.Model(turns)
    model.name = "claude-test"
    return investigate(plant, question, model=model, registry=standard_registry(), fallback=RulesModel(), **rest)


def test_the_rules_finish_with_what_is_there_and_draft_nothing_again(
    bottling: Plant, script: Any, tmp_path: Path
) -> None:
    turns = [
        script.says("find_twins", words="line 3", limit=12),
        script.says("describe_twin", twin="line-3"),
        script.says(
            "draft_work_order", asset="line-3-filler", failure_mode=None, title="Look at it", problem="It is slow.",
            evidence=["E1"], likelihood=0.5,
        ),
        ModelCallError("the API can't be reached", code="model.offline"),
    ]  # fmt: skip
    found = ask(bottling, turns, script, WHY)
    assert (found.status, found.verdict, found.model) == ("concluded", "cause", "claude-test+rules")
    assert found.hand_over == HandOver(model="claude-test", kind="api", because="the API can't be reached", turns=3)
    # The first three are the model's; what the rules ask for again isn't looked up again.
    tools = [item.tool for item in found.evidence]
    assert tools[:3] == ["find_twins", "describe_twin", "draft_work_order"]
    assert tools.count("describe_twin") == 1
    assert [item.id for item in found.evidence] == [f"E{number}" for number in range(1, len(tools) + 1)]
    assert [order.title for order in found.work_orders] == ["Look at it"]
    assert found.hypotheses
    assert found.struck == []
    assert found.answer.endswith(sentence(found.hand_over))
    write_report(tmp_path / "r.html", found, bottling)
    page = (tmp_path / "r.html").read_text()
    assert "By the built-in rules</b>, because the API can&#39;t be reached" in page
    assert "Claude (claude-test), finished by the built-in rules" in page


@pytest.mark.parametrize(
    ("turns", "budget", "kind"),
    [
        (["find_twins"], Budget(turns=1), "budget"),
        ([ModelCallError("no", code="model.key")], Budget(), "api"),
        ([ModelCallError("no", code="model.answer")], Budget(), "api"),
    ],
)
def test_other_ends_hand_over_too(bottling: Plant, script: Any, turns: list[Any], budget: Budget, kind: str) -> None:
    said = [script.says(turn, words="line 3", limit=12) if isinstance(turn, str) else turn for turn in turns]
    found = ask(bottling, said, script, budget=budget)
    assert found.hand_over is not None
    assert found.hand_over.kind == kind
    assert found.verdict == "answer"
    assert found.model == ("claude-test+rules" if found.hand_over.turns else "rules")


def test_a_refusal_is_no_reason_to_hand_over(bottling: Plant, script: Any) -> None:
    found = ask(bottling, [ModelRefusedError("the model declined")], script)
    assert (found.status, found.hand_over) == ("refused", None)


def test_a_model_that_does_not_exist_is_the_persons_to_mend(bottling: Plant, script: Any) -> None:
    found = ask(bottling, [ModelCallError("no such model", code="model.unknown")], script)
    assert (found.status, found.hand_over) == ("failed", None)


def test_a_run_that_the_rules_finished_can_be_gone_on_with(bottling: Plant, script: Any) -> None:
    ask(bottling, [ModelCallError("offline", code="model.offline")], script, run="r-on")
    answer = [{"text": "Line 3 was looked at.", "evidence": []}]
    said = script.concludes(verdict="nothing_wrong", answer=answer, hypotheses=[])
    said.conclusion.answer[0].text = "Nothing more can be said."
    found = ask(bottling, [said], script, run="r-on")
    assert (found.verdict, found.hand_over, found.model) == ("nothing_wrong", None, "claude-test")
    assert ask(bottling, [], script, run="r-on") == found


def test_no_key_is_said(bottling: Plant) -> None:
    over = why_rules(Settings())
    assert over is not None
    found = investigate(
        bottling, "how many pumps are there?", model=RulesModel(), registry=standard_registry(), hand_over=over
    )
    assert found.model == "rules"
    assert found.hand_over == over
    assert found.answer.endswith("(Answered by the built-in rules, because there is no key for a language model.)")


def test_who_asks_for_the_rules_gets_no_excuse() -> None:
    assert why_rules(Settings(model="rules")) is None
    assert why_rules(Settings(api_key=SecretStr("k"))) is None
