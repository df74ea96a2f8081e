"""Tools: what a model can see and draft. One registry feeds the models, the documentation and the tests.

A tool's effect is `read`, `draft` or `propose`. Nothing else exists, so no tool can act.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from .errors import InputError, ToolError, nearest
from .evidence import Evidence, Finding

if TYPE_CHECKING:
    from .plant import Plant

Arguments = TypeVar("Arguments", bound=BaseModel)


class Effect(StrEnum):
    """All that a tool may do."""

    READ = "read"
    DRAFT = "draft"
    PROPOSE = "propose"


@dataclass(frozen=True)
class ToolContext:
    """What a tool is given beside its arguments.

    Attributes:
        run: id of the run; with `call` it keys drafts and proposals, so that a resumed run repeats nothing.
        call: id of the call within the run.
        evidence: the run's evidence so far (a draft must cite ids that exist).
    """

    plant: Plant
    run: str
    call: str
    evidence: Sequence[Evidence] = ()


@dataclass(frozen=True)
class Tool(Generic[Arguments]):
    """One tool: a function of validated arguments and a context to a finding."""

    name: str
    description: str
    arguments: type[Arguments]
    function: Callable[[Arguments, ToolContext], Finding]
    effect: Effect = Effect.READ

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments, without the titles that pydantic makes up from the names."""
        found = self.arguments.model_json_schema()
        return _untitled({name: part for name, part in found.items() if name != "description"})

    def call(self, arguments: dict[str, Any], context: ToolContext) -> Finding:
        """Validates the arguments and runs the tool.

        Raises:
            ToolError: with `mendable` set when other arguments could succeed.
        """
        try:
            checked = self.arguments.model_validate(arguments)
        except ValidationError as error:
            raise ToolError(in_words(error), mendable=True, code="tool.arguments") from error
        try:
            return self.function(checked, context)
        except InputError as error:
            raise ToolError(
                error.message,
                mendable=True,
                code=error.code,
                suggestions=error.suggestions,
                position=error.position,
            ) from error


@dataclass
class Registry:
    """Tools by name."""

    tools: dict[str, Tool[Any]] = field(default_factory=dict)

    def add(self, tool: Tool[Any]) -> None:
        """Adds a tool; two of one name are a programming error."""
        if tool.name in self.tools:
            raise ValueError(f"two tools are called {tool.name}")
        self.tools[tool.name] = tool

    def get(self, name: str) -> Tool[Any]:
        """The tool of that name.

        Raises:
            ToolError: there is none; the nearest names are suggested.
        """
        if name not in self.tools:
            raise ToolError(
                f"there is no tool {name!r}", mendable=True, code="tool.unknown", suggestions=nearest(name, self.tools)
            )
        return self.tools[name]


def in_words(error: ValidationError) -> str:
    """What is wrong with arguments, each with its place."""
    parts = [f"{'.'.join(str(step) for step in item['loc']) or 'arguments'}: {item['msg']}" for item in error.errors()]
    return "; ".join(parts)


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    plain = {name: {key: value for key, value in part.items() if key != "title"} for name, part in properties.items()}
    return {key: value for key, value in schema.items() if key != "title"} | {"properties": plain}
