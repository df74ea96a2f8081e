"""The rules investigator in the real loop, with the real tools, on a real (simulated) plant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from twinwright_agent.loop import investigate
from twinwright_agent.models.base import Entry, Transcript
from twinwright_agent.models.rules import RulesModel
from twinwright_agent.result import Investigation
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.toolbox import standard_registry


@pytest.fixture(scope="module")
def plant(demo_plant: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """The demo plant with a cavitating pump."""
    with open_plant(demo_plant, state=tmp_path_factory.mktemp("state")) as opened:
        yield opened


def ask(plant: Plant, question: str) -> Investigation:
    return investigate(plant, question, model=RulesModel(), registry=standard_registry())


@pytest.fixture(scope="module")
def flagship(plant: Plant) -> Investigation:
    return ask(plant, "why is line 3 throughput dropping?")


def test_a_why_question_ends_in_a_grounded_conclusion(flagship: Investigation) -> None:
    assert flagship.status in {"concluded", "cannot_tell"}
    assert flagship.struck == []
    assert flagship.hypotheses
    assert flagship.usage.tool_errors == 0
    assert flagship.usage.turns <= 6
    tools = {one.tool for one in flagship.evidence}
    assert {"find_twins", "rank_causes", "find_deviations", "describe_twin", "telemetry_window"} <= tools


def test_a_cause_gets_one_draft_that_cites_evidence(flagship: Investigation) -> None:
    assert len(flagship.work_orders) == (1 if flagship.verdict == "cause" else 0)
    for order in flagship.work_orders:
        assert order.asset == flagship.hypotheses[0].twin
        assert set(order.evidence) <= {one.id for one in flagship.evidence}


def test_the_answer_and_its_leading_hypothesis_name_the_same_next_check(flagship: Investigation) -> None:
    check = flagship.hypotheses[0].next_check
    assert check is not None and "(at glycol-pump-1, 5 min, operator)" in check
    assert f"Next: {check}; work order" in flagship.answer


def test_hypotheses_have_a_way_to_the_symptom_or_say_why_not(flagship: Investigation) -> None:
    for one in flagship.hypotheses:
        assert bool(one.chain) != bool(one.why_no_path)
        assert one.supports


def test_a_value_comes_from_the_telemetry_window(plant: Plant) -> None:
    found = ask(plant, "what was the product temperature of line-2-filler between 08:00 and 10:00 yesterday?")
    assert (found.verdict, found.struck) == ("answer", [])
    assert "line-2-filler.productTemperature" in found.answer
    assert "T08:00:00+01:00" in found.answer and "T10:00:00+01:00" in found.answer


def test_a_time_without_data_is_said_to_have_none(plant: Plant) -> None:
    found = ask(plant, "what was the product temperature of line-2-filler on 2025-01-01?")
    assert found.verdict == "cannot_tell"
    assert "no data between 2025-01-01T00:00:00+01:00 and 2025-01-02T00:00:00+01:00" in found.answer
    assert found.struck == []


def test_an_unknown_asset_gets_the_nearest_names(plant: Plant) -> None:
    found = ask(plant, "why is line 9 slow?")
    assert found.verdict == "cannot_tell"
    assert "no line 9" in found.answer and "line-3" in found.answer
    assert found.struck == [] and found.missing


def test_a_question_about_something_else_is_refused_shortly(plant: Plant) -> None:
    found = ask(plant, "what is the capital of France?")
    assert (found.verdict, found.status) == ("not_about_plant", "refused")
    assert len(found.answer) < 160
    assert found.hypotheses == []


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("how many pumps are there?", "There are 2 of model"),
        ("how many conveyors are on line 2?", "There are 5 of model"),
    ],
)
def test_counting_asks_the_twin_graph(plant: Plant, question: str, words: str) -> None:
    found = ask(plant, question)
    assert (found.verdict, found.struck) == ("answer", [])
    assert words in found.answer


@pytest.mark.parametrize(
    ("question", "asset"),
    [
        ("how often did the labeller of line 3 fail?", "line-3-labeller"),
        ("when was glycol pump 1 last repaired?", "glycol-pump-1"),
    ],
)
def test_the_past_is_counted_and_read(plant: Plant, question: str, asset: str) -> None:
    found = ask(plant, question)
    assert (found.verdict, found.struck) == ("answer", [])
    assert asset in found.answer and "work order" in found.answer
    assert {one.tool for one in found.evidence} <= {"find_twins", "describe_twin", "query_twins", "analyse"}


def test_a_twin_is_described(plant: Plant) -> None:
    found = ask(plant, "describe the chiller")
    assert (found.verdict, found.struck) == ("answer", [])
    assert found.answer.startswith("chiller")


def test_nothing_is_ever_switched(plant: Plant) -> None:
    found = ask(plant, "stop glycol pump 1")
    assert found.answer.startswith("Nothing was changed")
    assert found.evidence == [] and found.proposals == []


def test_a_turn_follows_from_the_transcript_alone(plant: Plant) -> None:
    told = Transcript(plant="", at="2026-03-12T13:00:00+00:00", entries=[Entry(kind="question", text="why?")])
    first, again = (RulesModel().next(told, [], print) for _ in range(2))
    assert first == again
