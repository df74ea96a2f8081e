"""Keeping results small: a model reads every one of them again on each turn."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

from ..evidence import rounded

# About 1,500 tokens of JSON.
BUDGET_CHARS = 6000
# What is kept of rows: a model is shown the head of them, and how to narrow the call or read on.
WHOLE_CHARS = 120_000
TEXT_CHARS = 280


def size(value: Any) -> int:
    """Characters that a value takes as compact JSON."""
    return len(json.dumps(rounded(value), default=str, ensure_ascii=False, separators=(",", ":")))


def fitting(items: Sequence[Any], budget: int = BUDGET_CHARS) -> list[Any]:
    """As many of the first items as fit into a budget of characters of JSON (the first one always)."""
    kept: list[Any] = []
    used = 0
    for item in items:
        used += size(item) + 1
        if kept and used > budget:
            break
        kept.append(item)
    return kept


def shortened(value: Any, most: int = TEXT_CHARS) -> Any:
    """Long texts cut, with an ellipsis; everything else as it is."""
    if isinstance(value, str) and len(value) > most:
        return value[: most - 1].rstrip() + "…"
    if isinstance(value, dict):
        return {key: shortened(item, most) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shortened(item, most) for item in value]
    return value


def command(*words: str) -> str:
    """A command line that can be pasted into a shell."""
    return shlex.join(["twinwright", *words])
