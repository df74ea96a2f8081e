"""Bounds in turns, tokens, seconds and money; the price table."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from twinwright_agent.budget import Budget
from twinwright_agent.loop import investigate
from twinwright_agent.models.base import Usage
from twinwright_agent.models.claude import DEFAULT_MODEL
from twinwright_agent.models.prices import is_priced, prices, usd
from twinwright_agent.result import RunUsage
from twinwright_tools.plant import Plant


def test_the_published_prices_of_a_model() -> None:
    used = Usage(input_tokens=1_000_000, output_tokens=100_000, cache_read_tokens=2_000_000, cache_write_tokens=400_000)
    # $5 input, $25 output, $0.50 cache hits, $6.25 five-minute cache writes, each per million tokens
    assert usd("claude-opus-4-7", used) == pytest.approx(5.0 + 2.5 + 1.0 + 2.5)
    assert usd("claude-haiku-4-5-20251001", used) == pytest.approx(1.0 + 0.5 + 0.2 + 0.5)


def test_a_model_with_a_price_for_long_prompts() -> None:
    assert usd("claude-haiku-5-5", Usage(input_tokens=100_000)) == pytest.approx(0.01)
    # over 100,000 tokens of prompt the whole request is charged by the other rates, output too
    long = Usage(input_tokens=50_000, cache_read_tokens=60_000, output_tokens=10_000)
    assert usd("claude-haiku-5-5", long) == pytest.approx(0.025 + 0.003 + 0.025)


def test_the_table_is_dated_and_has_the_default_model() -> None:
    assert isinstance(prices().date, date)
    assert prices().source.startswith("https://")
    assert is_priced(DEFAULT_MODEL)


def test_no_price_makes_the_sum_unknown() -> None:
    assert usd("claude-next-9", Usage(input_tokens=5)) is None
    assert (Usage(usd=1.0) + Usage(usd=None)).usd is None
    assert (Usage(usd=1.0) + Usage(usd=0.5)).usd == 1.5


def test_money_is_a_bound(small_plant: Plant, bench: Any, script: Any) -> None:
    turns = [script.calls(f"look nothing-{number}") for number in range(9)]
    turns = [turn.model_copy(update={"usage": Usage(input_tokens=9, usd=0.4)}) for turn in turns]
    said: list[str] = []
    found = investigate(
        small_plant, "why?", model=script.Model(turns), registry=bench.registry(), budget=Budget(usd=1.0),
        progress=said.append,
    )  # fmt: skip
    assert found.status == "out_of_budget"
    assert "1.00 US dollars" in str(found.reason)
    assert found.usage.usd == pytest.approx(1.2)
    assert any("$0.800 of $1.00" in line and "turn 2 of 24" in line for line in said)


def test_without_a_price_money_is_not_bounded_and_that_is_said() -> None:
    usage = RunUsage(usd=None, input_tokens=10)
    assert Budget(usd=0.01).spent(usage) is None
    assert "money isn't bounded" in Budget().shown(usage)


def test_calls_beyond_the_budget_are_not_made(small_plant: Plant, bench: Any, script: Any) -> None:
    model = script.Model([script.calls("look", "look pump-2", "draft_work_order"), script.concludes()])
    found = investigate(small_plant, "why?", model=model, registry=bench.registry(), budget=Budget(tool_calls=2))
    assert bench.runs == ["look pump-1", "look pump-2"]
    assert found.work_orders == []


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        (RunUsage(turns=22), "2 turns are left"),
        (RunUsage(turns=23), "1 turn is left"),
        (RunUsage(input_tokens=360_000), "90% of the budget of tokens"),
        (RunUsage(usd=1.8), "90% of the budget of money"),
        (RunUsage(tool_calls=79), "99% of the budget of tool calls"),
        (RunUsage(seconds=899.0), None),
        (RunUsage(), None),
    ],
)
def test_what_is_nearly_spent_is_told_but_for_time(usage: RunUsage, said: str | None) -> None:
    told = Budget().nearly_spent(usage)
    assert told is None if said is None else said in str(told)


def test_bounds_that_are_not_given_stay() -> None:
    assert Budget().with_bounds({"turns": 3, "usd": None}) == Budget(turns=3)
