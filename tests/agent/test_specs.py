"""What a model is told of the tools: written in the prompts, short, and within what strict schemas may hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

import twinwright_prompts
from twinwright_agent.conclude import conclude_spec
from twinwright_agent.models.schemas import tool_params
from twinwright_agent.specs import tool_specs
from twinwright_prompts import render
from twinwright_tools.registry import Registry, Tool
from twinwright_tools.toolbox import standard_registry

NAMES = list(standard_registry().tools)


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_is_described_in_the_prompts(name: str) -> None:
    text = render(f"tools/{name}")
    assert 80 < len(text) < 2_500
    (spec,) = [spec for spec in tool_specs(standard_registry()) if spec.name == name]
    assert spec.description == text


def test_no_description_is_left_of_a_tool_that_is_gone() -> None:
    folder = Path(twinwright_prompts.__file__).parent / "templates" / "tools"
    assert {path.stem for path in folder.glob("*.j2")} == set(NAMES)


def test_twin_queries_say_how_relationships_are_asked_and_what_bounds_them() -> None:
    line = next(line for line in render("tools/query_twins").splitlines() if "MATCH" in line)
    assert "JOIN" in line and "5 JOINs" in line and "10 hops" in line and "$dtId" in line


def test_a_tool_that_the_prompts_do_not_know_describes_itself() -> None:
    class Nothing(BaseModel):
        """No arguments."""

    registry = Registry()
    registry.add(Tool("unknown", "Does nothing.", Nothing, lambda arguments, context: None))  # type: ignore[arg-type, return-value]  # it is never called
    assert tool_specs(registry)[0].description == "Does nothing."


def test_every_tool_is_strict() -> None:
    tools = tool_params([conclude_spec(), *tool_specs(standard_registry())])
    assert [tool["name"] for tool in tools if not tool.get("strict")] == []
