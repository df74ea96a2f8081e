"""Results over their bound are kept whole and read on by id."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_agent.kept import read_on
from twinwright_agent.loop import investigate
from twinwright_agent.rendering import MOST_CHARACTERS, compact
from twinwright_tools.errors import ToolError
from twinwright_tools.evidence import Evidence, Fact, Finding
from twinwright_tools.plant import Plant
from twinwright_tools.registry import Registry, Tool, ToolContext


def evidence(data: Any) -> Evidence:
    found = Finding(summary="-", facts=[Fact(name="a", value=1)], data=data, reproduce="-", provenance="history")
    return Evidence.of(1, "look", {}, found)


def read(found: Evidence, member: str, start: int = 0) -> dict[str, Any]:
    return read_on({"evidence": "E1", "member": member, "start": start}, [found])


@given(st.lists(st.text(max_size=200) | st.integers() | st.lists(st.integers(), max_size=5), min_size=1, max_size=80))
def test_reading_on_gives_every_item_once(rows: list[Any]) -> None:
    found = evidence({"rows": [*rows, "x" * 900, *["row"] * 900]})
    got: list[Any] = []
    start: int | None = 0
    while start is not None:
        part = read(found, "data.rows", start)
        assert len(compact(part)) <= MOST_CHARACTERS
        got += part["shown"]
        start = part["next_start"]
    assert got == found.data["rows"]


def test_members_are_named_by_their_path() -> None:
    found = evidence({"signals": [{"points": [[0, 1.5]]}], "pump-1.flow": {"median": 2}})
    assert read(found, "data.signals.0.points")["shown"] == [[0, 1.5]]
    assert read(found, "signals.0.points")["shown"] == [[0, 1.5]]
    assert read(found, "data.pump-1.flow")["shown"] == '{"median":2}'
    assert read(found, "facts")["shown"] == [{"name": "a", "value": 1, "unit": None}]
    assert read(found, "facts")["source"] == "history"


@pytest.mark.parametrize(
    ("member", "start", "said"), [("data.rows", 9, "has 2"), ("data.row", 0, "no member"), ("data.rows.7", 0, "no mem")]
)
def test_what_is_not_there_is_told(member: str, start: int, said: str) -> None:
    with pytest.raises(ToolError, match=said) as error:
        read(evidence({"rows": [1, 2]}), member, start)
    assert error.value.mendable


def test_the_model_sees_the_head_and_reads_the_rest(small_plant: Plant, bench: Any, script: Any) -> None:
    rows = [f"row {number}" for number in range(2000)]

    def find(arguments: Any, context: ToolContext) -> Finding:
        return Finding(summary="Found.", data={"rows": rows}, reproduce="-", provenance="telemetry")

    registry: Registry = bench.registry()
    look = registry.tools["look"]
    registry.add(Tool("find", "Finds.", look.arguments, find))
    turns = [
        script.calls("find"),
        script.says("read_result", evidence="E1", member="data.rows", start=1990),
        script.concludes("Row 1999 is there.", evidence=["E1"], hypotheses=[], verdict="answer"),
    ]
    model = script.Model(turns)
    found = investigate(small_plant, "what is in row 1999?", model=model, registry=registry)
    (note,) = [one.note for entry in model.seen[-1].entries for one in entry.results if one.note]
    assert note["shown"] == rows[1990:]
    assert found.evidence[0].data == {"rows": rows}
    assert found.struck == []
