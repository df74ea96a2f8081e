"""`conclude`: the only way to end an investigation, for models that end by calling a tool."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from twinwright_prompts import render

from .conclusion import Conclusion
from .models.base import ToolSpec

CONCLUDE = "conclude"


def conclude_spec() -> ToolSpec:
    """The tool that ends an investigation, as a model sees it."""
    return ToolSpec(name=CONCLUDE, description=render("conclude_tool"), parameters=Conclusion.model_json_schema())


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
