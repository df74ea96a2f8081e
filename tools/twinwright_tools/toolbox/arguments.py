"""What the tools' arguments have in common.

Schemas stay plain (closed objects, every field required, null where something may be left out), because that is what
the strict tool schemas of language models take; ranges are checked here and said in the descriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

Number = TypeVar("Number", int, float)
Item = TypeVar("Item")


class ToolArguments(BaseModel):
    """Arguments of a tool: nothing that isn't named is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def between(least: Number, most: Number) -> Callable[[Number], Number]:
    """A check that a number lies in a closed range."""

    def check(value: Number) -> Number:
        if not least <= value <= most:
            raise ValueError(f"must be between {least} and {most}")
        return value

    return check


def sized(least: int, most: int) -> Callable[[Sequence[Item]], Sequence[Item]]:
    """A check that a list has between `least` and `most` items."""

    def check(value: Sequence[Item]) -> Sequence[Item]:
        if not least <= len(value) <= most:
            raise ValueError(f"give {least} to {most} of them, not {len(value)}")
        return value

    return check


def some_text(value: str) -> str:
    """A check that a text isn't blank."""
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()
