"""What the rules don't take for granted: things that aren't here, data that aren't there, orders that are no repair."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from twinwright_agent.loop import investigate
from twinwright_agent.models.rules import RulesModel
from twinwright_agent.models.rules.facts.onsets import asks_for_onset
from twinwright_agent.models.rules.facts.reading import Reading
from twinwright_agent.models.rules.question import absent_noun
from twinwright_agent.result import Investigation
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.toolbox import standard_registry

NOTHING = {"unicorn", "broken", "weird", "noise", "sad", "hot", "big", "flux", "capacitor", "today", "slow", "einhorn"}


@pytest.fixture(scope="module")
def plant(demo_plant: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """The demo plant with a cavitating pump."""
    with open_plant(demo_plant, state=tmp_path_factory.mktemp("state")) as opened:
        yield opened


def ask(plant: Plant, question: str) -> Investigation:
    found = investigate(plant, question, model=RulesModel(), registry=standard_registry())
    assert found.struck == []
    return found


@pytest.mark.parametrize(
    ("question", "noun"),
    [
        ("why is the unicorn broken?", "unicorn"),
        ("why is my big unicorn so hot?", "big unicorn"),
        ("why has the unicorn stopped?", "unicorn"),
        ("is anything wrong with the unicorn?", "unicorn"),
        ("what's up with our flux capacitor today", "flux capacitor"),
        ("is the unicorn ok?", "unicorn"),
        ("why is the unicorn's pressure low?", "unicorn"),
        ("why is the weird noise so loud?", None),
        ("why is the whole plant so slow today?", None),
        ("why is the broken machine hot?", None),
        ("why is the weird temperature so high?", None),
        ("why is it so weird today?", None),
        ("is anything wrong today?", None),
        ("why is the pump weird?", None),
    ],
)
def test_only_the_noun_of_a_question_may_be_absent(question: str, noun: str | None) -> None:
    assert absent_noun(question, NOTHING) == noun


@pytest.mark.parametrize(
    "question",
    ["why is the unicorn broken?", "is anything wrong with the unicorn?", "why is the unicorn so hot?"],
)
def test_what_is_not_here_gets_no_cause(plant: Plant, question: str) -> None:
    found = ask(plant, question)
    assert found.verdict == "cannot_tell"
    assert "Nothing in this plant is called unicorn" in found.answer
    assert (found.hypotheses, found.work_orders) == ([], [])


@pytest.mark.parametrize("question", ["why is the production so weird today?", "is anything wrong with the machines?"])
def test_a_complaint_in_any_words_is_looked_into(plant: Plant, question: str) -> None:
    found = ask(plant, question)
    assert "rank_causes" in {one.tool for one in found.evidence}


def test_without_telemetry_nothing_is_told(demo_plant: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plant"
    shutil.copytree(demo_plant, folder, ignore=shutil.ignore_patterns("telemetry", ".twinwright"))
    with open_plant(folder, state=tmp_path / "state") as bare:
        for question in ("why is line 3 dropping?", "since when is line 3 slow?"):
            found = ask(bare, question)
            assert (found.status, found.verdict) == ("cannot_tell", "cannot_tell")
            assert "There is no telemetry of this plant up to" in found.answer
            assert (found.hypotheses, found.work_orders) == ([], [])


def test_before_any_sample_nothing_is_told(demo_plant: Path, tmp_path: Path) -> None:
    early = datetime.fromisoformat("2020-01-01T00:00+00:00")
    with open_plant(demo_plant, state=tmp_path, at=early) as opened:
        found = ask(opened, "why is line 3 dropping?")
    assert found.status == "cannot_tell" and found.work_orders == []
    assert "no telemetry of this plant up to 2020-01-01T01:00:00+01:00" in found.answer


def test_old_data_say_nothing_of_now(demo_plant: Path, tmp_path: Path) -> None:
    late = datetime.fromisoformat("2036-03-13T14:00+01:00")
    with open_plant(demo_plant, state=tmp_path, at=late) as opened:
        found = ask(opened, "why is line 3 dropping?")
    assert found.verdict == "cannot_tell" and found.work_orders == []
    assert "now can't be told: the newest sample of all is of 2026-03-12T14:00:00+01:00" in found.answer
    assert "Nothing is wrong" not in found.answer


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("since when is the throughput of line 3 dropping?", True),
        ("when did the throughput of line 3 start to fall?", True),
        ("when did P1 begin cavitating?", True),
        ("when did the level drop?", True),
        ("when did the breaker last open?", False),
        ("when was the pump repaired?", False),
        ("since when is the transformer in service?", False),
        ("what is the flow since yesterday?", False),
    ],
)
def test_onsets_are_asked_for(question: str, asks: bool) -> None:
    assert asks_for_onset(Reading(question)) is asks


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("since when is the suction pressure of glycol-pump-1 falling?", "glycol-pump-1.suctionPressure fell from"),
        ("when did the vibration of glycol-pump-1 start to rise?", "glycol-pump-1.vibration rose from"),
        ("since when is glycol-pump-1 cavitating?", "glycol-pump-1: cavitation, suction starved since 2026-"),
    ],
)
def test_an_onset_is_told(plant: Plant, question: str, says: str) -> None:
    found = ask(plant, question)
    assert (found.verdict, found.work_orders) == ("answer", [])
    assert says in found.answer


@pytest.mark.parametrize("asset", ["line-1-rinser", "the throughput of line 1"])
def test_what_did_not_change_has_no_onset(plant: Plant, asset: str) -> None:
    found = ask(plant, f"since when is {asset} dropping?")
    assert found.answer.startswith("No onset can be told for line-1")
    assert "left its own past" in found.answer and found.work_orders == []


def test_planned_work_is_no_repair(plant: Plant, demo_plant: Path) -> None:
    with (demo_plant / "history" / "work_orders.csv").open(encoding="utf-8") as file:
        mine = [one for one in csv.DictReader(file) if one["twin"] == "line-3-packer"]
    repairs = [one for one in mine if one["code"] != "PM"]
    assert 0 < len(repairs) < len(mine)
    answer = ask(plant, "how often was line-3-packer repaired?").answer
    assert f"There are {len(repairs)} repairs (work orders, without planned work and cancelled ones)" in answer
    assert "PM" not in answer
    assert f"There are {len(mine)} work orders" in ask(plant, "how many work orders does line-3-packer have?").answer
