"""The registry: schemas that strict tool use takes, and arguments that are told what is wrong with them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from twinwright_tools.errors import ToolError
from twinwright_tools.registry import Effect, ToolContext
from twinwright_tools.toolbox import standard_registry

NAMES = [
    "find_twins",
    "describe_twin",
    "query_twins",
    "telemetry_window",
    "find_deviations",
    "analyse",
    "rank_causes",
    "search_history",
    "count_history",
    "draft_work_order",
    "propose_action",
]
# What strict tool schemas leave out.
UNSUPPORTED = {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "title"}


def _parts(schema: Any) -> list[dict[str, Any]]:
    found = [schema] if isinstance(schema, dict) else []
    children = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    return found + [part for child in children for part in _parts(child)]


def test_the_tools_are_there_in_order() -> None:
    assert list(standard_registry().tools) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_strict(name: str) -> None:
    tool = standard_registry().get(name)
    schema = tool.schema()
    assert schema["additionalProperties"] is False
    fields = tool.arguments.model_fields.items()
    assert set(schema["required"]) == {field.alias or name for name, field in fields if field.is_required()}
    # Defaults are taken out of what is sent (see tests/agent/models).
    wrong = [part for part in _parts(schema) if UNSUPPORTED & set(part) and "type" in part]
    assert not [part for part in wrong if part not in schema["properties"].values()]
    assert 30 < len(tool.description) < 120


def test_only_two_tools_do_more_than_read() -> None:
    effects = {tool.name: tool.effect for tool in standard_registry().tools.values() if tool.effect is not Effect.READ}
    assert effects == {"draft_work_order": Effect.DRAFT, "propose_action": Effect.PROPOSE}


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("find_twins", {"words": "  ", "limit": 3}, "must not be empty"),
        ("find_twins", {"words": "pump", "limit": 99}, "between 1 and 30"),
        ("find_twins", {"words": "pump", "limit": 3, "colour": "red"}, "Extra inputs"),
        ("telemetry_window", {"signals": [], "from": "x", "to": "y"}, "1 to 6"),
        ("describe_twin", {}, "Field required"),
        ("rank_causes", {"symptoms": ["a"] * 7, "top": 3}, "0 to 6"),
    ],
)
def test_wrong_arguments_can_be_mended(name: str, arguments: dict[str, Any], words: str) -> None:
    context = ToolContext(plant=None, run="r", call="c")  # type: ignore[arg-type]  # arguments are checked before it is used
    with pytest.raises(ToolError, match=words) as caught:
        standard_registry().get(name).call(arguments, context)
    assert caught.value.mendable


def test_an_unknown_tool_gets_the_nearest_names() -> None:
    with pytest.raises(ToolError) as caught:
        standard_registry().get("find_twin")
    assert caught.value.suggestions[0] == "find_twins"


def test_listing_the_tools_imports_nothing_heavy() -> None:
    code = (
        "import sys; from twinwright_tools.toolbox import standard_registry; standard_registry();"
        "print([name for name in ('duckdb', 'scipy', 'pandas', 'langgraph') if name in sys.modules])"
    )
    path = [one for one in sys.path if one]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
