"""The tools as a model is told of them: their schemas from the registry, what is said of them from the prompts."""

from __future__ import annotations

from twinwright_prompts import render, written
from twinwright_tools.registry import Registry

from .models.base import ToolSpec


def tool_specs(registry: Registry) -> list[ToolSpec]:
    """Every tool in the registry's order; one that the prompts know nothing of is told by its own description."""
    return [
        ToolSpec(
            name=tool.name,
            description=render(f"tools/{tool.name}") if written(f"tools/{tool.name}") else tool.description,
            parameters=tool.schema(),
        )
        for tool in registry.tools.values()
    ]
