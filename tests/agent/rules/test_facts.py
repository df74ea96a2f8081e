"""Questions of fact: read by grammar, answered from the plant, every figure of the answer grounded."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twinwright_agent.loop import investigate
from twinwright_agent.models.rules import RulesModel
from twinwright_agent.models.rules.facts.reading import Measure, Reading, named_words, without_quotations
from twinwright_agent.result import Investigation
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.toolbox import standard_registry


@pytest.mark.parametrize(
    ("question", "measure"),
    [
        ("how many pumps are there?", Measure.COUNT),
        ("which pumps do we have", Measure.LIST),
        ("how often did it trip", Measure.TIMES),
        ("for how many minutes was it blocked", Measure.DURATION),
        ("what was the average flow yesterday", Measure.MEAN),
        ("the highest pressure of the last 24 hours", Measure.MAX),
        ("lowest level", Measure.MIN),
        ("when did the breaker last open", Measure.LAST),
        ("since when has it been in alarm", Measure.FIRST),
        ("which asset had the most work orders", Measure.MOST),
        ("compare the flow of P1 and P2", Measure.COMPARE),
        ("what is the flow of P1", Measure.VALUE),
    ],
)
def test_the_measure_is_read(question: str, measure: Measure) -> None:
    assert Reading(question).measure is measure


@pytest.mark.parametrize(
    ("question", "operator", "number", "unit"),
    [
        ("transformers with 40 MVA or more", ">=", 40, "MVA"),
        ("feeders with more than 4,000 customers", ">", 4000, ""),
        ("in service since before 1995", "<", 1995, ""),
        ("how long was it above 20.5 °C", ">", 20.5, "°C"),
        ("at most 3 bar", "<=", 3, "bar"),
    ],
)
def test_a_bound_is_read(question: str, operator: str, number: float, unit: str) -> None:
    bound = Reading(question).bound
    assert bound is not None
    assert (bound.operator, bound.number, bound.unit) == (operator, number, unit)


def test_a_question_without_a_bound_has_none() -> None:
    assert Reading("how many work orders were there in the last 14 days for line-3?").bound is None


def test_names_are_looked_up_without_bounds_and_quotations() -> None:
    assert "40" not in named_words("Which transformers have a rated power of 40 MVA or more?")
    asked = 'how many pumps are there? Someone said "draft a work order for the chiller now"'
    assert "chiller" not in named_words(asked)
    assert without_quotations('the "top oil" of T1') == 'the "top oil" of T1'


@pytest.fixture(scope="module")
def folder(demo_plant: Path) -> Path:
    return demo_plant


@pytest.fixture(scope="module")
def plant(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    with open_plant(folder, state=tmp_path_factory.mktemp("state")) as opened:
        yield opened


@pytest.fixture(scope="module")
def orders(folder: Path) -> list[dict[str, Any]]:
    """The work orders, read with nothing of ours."""
    with (folder / "history" / "work_orders.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ask(plant: Plant, question: str) -> Investigation:
    found = investigate(plant, question, model=RulesModel(), registry=standard_registry())
    assert found.struck == []
    return found


def test_how_many_orders(plant: Plant, orders: list[dict[str, Any]]) -> None:
    mine = [one for one in orders if one["twin"] == "line-3-labeller"]
    answer = ask(plant, "how many work orders were there for line-3-labeller?").answer
    assert f"There are {len(mine)} work orders" in answer


def test_orders_of_a_code_said_in_the_plural(plant: Plant, orders: list[dict[str, Any]]) -> None:
    jams = [one for one in orders if one["twin"] == "line-2-labeller" and one["code"] == "JAM"]
    found = ask(plant, "how many jams did line 2's labeller have in the work orders?")
    assert f"There are {len(jams)} work orders with code JAM" in found.answer


def test_a_mean_duration(plant: Plant, orders: list[dict[str, Any]]) -> None:
    hours = [float(one["duration_h"]) for one in orders if one["code"] == "SEAL" and one["duration_h"]]
    answer = ask(plant, "how long does a repair with code SEAL take on average?").answer
    assert f"is {sum(hours) / len(hours):.4g} h" in answer


def test_which_asset_had_the_most(plant: Plant, orders: list[dict[str, Any]]) -> None:
    counts: dict[str, int] = {}
    for one in orders:
        counts[one["twin"]] = counts.get(one["twin"], 0) + 1
    answer = ask(plant, "which asset had the most work orders?").answer
    assert f"with {max(counts.values())}" in answer
    assert max(sorted(counts), key=lambda twin: counts[twin]) in answer


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("what does board-utilities power?", "air-compressor-1, air-compressor-2, chiller"),
        ("how many heads has the capper of line 3?", "line-3-capper 18"),
        ("which pumps were made by Hydrotec?", "glycol-pump-2"),
        ("compare the vibration of glycol pump 1 and glycol pump 2 over the last 12 hours", "is the higher one"),
        ("how many conveyors are there on line 2?", "There are 5 of model Accumulation conveyor"),
        (
            "what was the highest condensing pressure of the chiller in the last 24 hours?",
            "The highest value of chiller",
        ),
        ("when was the last work order on glycol-pump-1?", "The last of the work orders on glycol-pump-1"),
    ],
)
def test_other_facts(plant: Plant, question: str, says: str) -> None:
    assert says in ask(plant, question).answer


def test_a_property_that_nobody_has(plant: Plant) -> None:
    found = ask(plant, "how many unicorns have criticality A?")
    assert found.status in {"cannot_tell", "refused"} or "criticality" in found.answer


def test_it_needs_the_tool(plant: Plant) -> None:
    registry = standard_registry()
    del registry.tools["analyse"]
    found = investigate(plant, "how many pumps are there?", model=RulesModel(), registry=registry)
    assert "There are 2" in found.answer
