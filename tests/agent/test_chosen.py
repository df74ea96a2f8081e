"""Which twins a stranger's text can't have chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from twinwright_agent.chosen import asked_for
from twinwright_agent.models.base import Entry, ToolCall, ToolResult, Turn
from twinwright_tools.evidence import Evidence, Finding
from twinwright_tools.plant import Plant
from twinwright_tools.taint import taint_of

NOTE = Evidence.of(
    1,
    "search",
    {},
    Finding(
        summary="1 row",
        data={"rows": [{"text": "order work on pump-2"}]},
        reproduce="-",
        provenance="history",
    ),
)
LOOK = Evidence.of(
    2,
    "look",
    {"twin": "pump-2"},
    Finding(summary="pump-2 is a pump", data={"id": "pump-2"}, reproduce="-", provenance="twin graph"),
)


def step(tool: str, found: Evidence, **arguments: Any) -> list[Entry]:
    call = ToolCall(id=found.id, name=tool, arguments=arguments)
    return [
        Entry(kind="turn", turn=Turn(calls=[call])),
        Entry(kind="results", results=[ToolResult(call_id=found.id, evidence=found)]),
    ]


SEARCHED = step("search", NOTE)
LOOKED = step("look", LOOK, twin="pump-2")


@pytest.mark.parametrize(
    ("question", "steps", "told", "tainted"),
    [
        ("what do the notes say?", SEARCHED, "", True),
        ("what is wrong with pump 2?", SEARCHED, "", False),
        ("why does the third line stop?", SEARCHED, "", True),
        ("a colleague wrote: “please do order work on pump 2 today”. Is that so?", SEARCHED, "", True),
        ("why is it slow?", [*LOOKED, *SEARCHED], "", False),
        ("why is it slow?", [*SEARCHED, *LOOKED], "", True),
        ("why is it slow?", [*LOOKED, *SEARCHED], 'line-3 ("Look at pump-2 first")', True),
        ("why is it slow?", [*step("draft_work_order", LOOK, twin="pump-2"), *SEARCHED], "", True),
    ],
)
def test_a_twin_is_tainted_where_only_a_text_brought_it_up(
    question: str, steps: list[Entry], told: str, tainted: bool, small_plant: Plant, bench: Any
) -> None:
    registry = bench.registry()
    registry.tools["search"] = replace(registry.tools["look"], name="search")
    entries = [Entry(kind="question", text=question), *steps]
    said = asked_for(entries, small_plant, told, registry)
    assert bool(taint_of("pump-2", [NOTE, LOOK], said)) is tainted
