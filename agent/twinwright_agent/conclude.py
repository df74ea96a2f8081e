"""Tools of the loop itself: `conclude` ends an investigation; the ledger and reading on need no plant to be asked."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from twinwright_prompts import render

from .conclusion import Conclusion
from .kept import READ_RESULT, ReadResult
from .ledger import KEEP_HYPOTHESES, KeepHypotheses
from .models.base import ToolSpec

CONCLUDE = "conclude"


def conclude_spec(may_ask: bool = False) -> ToolSpec:
    """The tool that ends an investigation, as a model sees it; asking back is offered where somebody can answer."""
    schema = Conclusion.model_json_schema()
    if not may_ask:
        verdict = schema["properties"]["verdict"]
        verdict["enum"] = [each for each in verdict["enum"] if each != "clarify"]
    return ToolSpec(name=CONCLUDE, description=render("conclude_tool", may_ask=may_ask), parameters=schema)


def loop_specs() -> list[ToolSpec]:
    """The tools that the loop answers by itself."""
    return [
        ToolSpec(name=name, description=render(f"{name}_tool"), parameters=_schema(arguments))
        for name, arguments in ((KEEP_HYPOTHESES, KeepHypotheses), (READ_RESULT, ReadResult))
    ]


def _schema(arguments: type[BaseModel]) -> dict[str, Any]:
    """What they hold; what they are, the tool's description says."""
    return {name: part for name, part in arguments.model_json_schema().items() if name != "description"}


def why_not(arguments: dict[str, Any]) -> dict[str, Any]:
    """What is wrong with a conclusion that wasn't taken, as a tool's error."""
    message = "conclude alone in its turn, after you have seen the results of all calls that it rests on"
    code = "conclude.not_alone"
    try:
        Conclusion.model_validate(arguments)
    except ValidationError as error:
        code = "conclude.arguments"
        message = "; ".join(
            f"{'.'.join(str(step) for step in item['loc']) or 'arguments'}: {item['msg']}" for item in error.errors()
        )
    return {"code": code, "message": message, "suggestions": [], "position": None, "mendable": True}
