"""Compaction: what is kept word for word, and that a request is its predecessor plus what is new but for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from tests.agent.messages_api import Endpoint, use

from twinwright_agent.ledger import Kept
from twinwright_agent.loop import investigate
from twinwright_agent.models.base import Entry, ToolCall, ToolResult, Transcript, Turn
from twinwright_agent.models.claude import Claude
from twinwright_agent.models.compaction import Compaction, compaction_of
from twinwright_agent.models.messages import messages_of
from twinwright_agent.plain_text import word
from twinwright_agent.rendering import compact, render_result
from twinwright_tools.evidence import Evidence, Fact, Finding
from twinwright_tools.plant import Plant

AT = 20_000


def entries(turns: int, cite: str = "E1") -> list[Entry]:
    """A question and turns that each found something long; the second keeps a hypothesis on `cite`."""
    found = [Entry(kind="question", text="why?")]
    for number in range(1, turns + 1):
        finding = Finding(
            summary=f"Found {number}.",
            facts=[Fact(name=f"figure {number}", value=number + 0.5, unit="bar")],
            data={"rows": ["x" * 50] * 60},
            reproduce="-",
            provenance="telemetry",
        )
        calls = [ToolCall(id=f"c{number}", name="look", arguments={"twin": f"pump-{number}"})]
        results = [ToolResult(call_id=f"c{number}", evidence=Evidence.of(number, "look", {}, finding))]
        if number == 2:
            kept = Kept(id="H1", twin="pump-1", signal=None, mode=None, state="open", evidence_for=[cite],
                        evidence_against=[], note="It fell.")  # fmt: skip
            calls.append(ToolCall(id="k", name="keep_hypotheses", arguments={}))
            note = {"kind": "ledger", "hypotheses": [kept.model_dump()]}
            results.append(ToolResult(call_id="k", note=note))
        found += [Entry(kind="turn", turn=Turn(calls=calls)), Entry(kind="results", results=results)]
    return found


def messages(told: list[Entry]) -> list[dict[str, Any]]:
    made = messages_of(Transcript(plant="# The plant", at="-", entries=told), AT)
    return [bare(message) for message in made]


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: bare(item) for name, item in value.items() if name != "cache_control"}
    return [bare(item) for item in value] if isinstance(value, list) else value


def results(made: list[dict[str, Any]]) -> list[str]:
    return [block["content"] for message in made for block in message["content"] if block["type"] == "tool_result"]


def test_below_the_size_everything_is_whole() -> None:
    assert compaction_of(entries(3), AT) == Compaction()


def test_cited_facts_and_the_ledger_stay_word_for_word() -> None:
    told = entries(9)
    plan = compaction_of(told, AT)
    assert plan.upto > 4
    shown = results(messages(told))
    first, second, ledger = (text.splitlines() for text in shown[:3])
    assert "figure 1: 1.5 bar" in first
    assert first[-1] == "compacted: E1 is kept whole; read_result reads it again"
    assert second[1] == '"Found 2."'
    assert not [line for line in second if line.startswith("figure")]
    (kept,) = told[4].results[1].note["hypotheses"]  # type: ignore[index]
    for value in (kept["id"], kept["twin"], kept["state"], kept["note"], *kept["evidence_for"]):
        assert word(value) in "\n".join(ledger)
    assert shown[-1] == render_result(told[-1].results[0])


def test_it_is_smaller_and_the_newest_results_are_whole() -> None:
    told = entries(12)
    size = len(compact(messages(told)))
    assert size < len(compact(messages_of(Transcript(plant="", at="-", entries=told)))) / 2
    assert size < AT * 1.2


def test_a_request_is_its_predecessor_plus_what_is_new_but_for_compactions() -> None:
    told = entries(30)
    grown = [messages(told[:end]) for end in range(1, len(told) + 1) if told[end - 1].kind != "turn"]
    broken = [number for number, (before, after) in enumerate(pairwise(grown)) if after[: len(before)] != before]
    plans = [compaction_of(told[:end], AT) for end in range(1, len(told) + 1) if told[end - 1].kind != "turn"]
    assert broken == [number for number, (before, after) in enumerate(pairwise(plans)) if before != after]
    assert 1 < len(broken) < len(grown) / 3


@pytest.mark.parametrize("turns", [9, 20])
def test_it_is_the_same_each_time(turns: int) -> None:
    assert compact(messages(entries(turns))) == compact(messages(entries(turns)))


def test_every_tool_use_still_has_its_result() -> None:
    made = messages(entries(15))
    used = [block["id"] for message in made for block in message["content"] if block["type"] == "tool_use"]
    answered = [
        block["tool_use_id"] for message in made for block in message["content"] if block["type"] == "tool_result"
    ]
    assert used == answered


def test_a_run_goes_on_across_a_compaction(small_plant: Plant, bench: Any, claude: Claude, endpoint: Endpoint) -> None:
    claude.compact_at = 800
    names = ["pump-1", "pump-2", "line-3"]
    for number, name in enumerate(names):
        endpoint.play(use("look", number, twin=name))
    endpoint.play(use("read_result", 8, evidence="E1", member="facts", start=0))
    claims = [{"text": "pump-1.pressure fell to 2.5 bar.", "evidence": ["E1"]}]
    endpoint.play(use("conclude", 9, verdict="answer", answer=claims, hypotheses=[], missing=[]))
    registry = bench.registry()
    look = registry.tools["look"]

    def long(arguments: Any, context: Any) -> Finding:
        return look.function(arguments, context).model_copy(update={"data": {"points": [[n, 2.5] for n in range(60)]}})

    registry.tools["look"] = replace(look, function=long)
    found = investigate(small_plant, "why?", model=claude, registry=registry)
    assert (found.status, found.struck) == ("concluded", [])
    first = [results(request["messages"])[0] for request in endpoint.requests[1:]]
    assert "compacted" not in first[0]
    assert "compacted" in first[-1]
    assert "2.5" in results(endpoint.requests[-1]["messages"])[-1]
