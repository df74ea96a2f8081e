"""Going round in circles: identical calls and ping-pong (A, B, A, B) are answered without running, then stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .models.base import Entry, ToolCall, ToolResult

# Turns in a row that hold nothing but calls that were made before; and such calls in all.
MOST_IN_A_ROW = 3
MOST_IN_ALL = 10


def signature(call: ToolCall) -> str:
    """What makes two calls the same: the tool and its arguments, whatever their order."""
    return f"{call.name} {json.dumps(call.arguments, sort_keys=True, ensure_ascii=False, default=str)}"


def made(entries: Sequence[Entry]) -> dict[str, ToolResult]:
    """The first result of each call that was made, by its signature; answers that nothing was run for are left out.

    A failure that other arguments wouldn't mend may pass by itself, and isn't remembered.
    """
    found: dict[str, ToolResult] = {}
    calls: dict[str, ToolCall] = {}
    for entry in entries:
        if entry.turn is not None:
            calls = {call.id: call for call in entry.turn.calls}
        for result in entry.results:
            if result.call_id in calls and _is_an_answer(result):
                found.setdefault(signature(calls[result.call_id]), result)
    return found


def _is_an_answer(result: ToolResult) -> bool:
    if result.note is not None:
        return bool(result.note["kind"] == "ledger")
    return result.evidence is not None or bool(result.error and result.error.get("mendable"))


def repeated(call: ToolCall, first: ToolResult, entries: Sequence[Entry]) -> dict[str, Any]:
    """What a model is told instead of a result, when it makes the same call again."""
    if first.evidence is not None:
        said = f"this very call was made before: its result is {first.evidence.id}, and it can't have changed"
    elif first.error is not None:
        said = f"this very call was made before and failed: {first.error['message']}"
    else:
        said = "this very call was made before; the ledger stands as it says"
    if _back_and_forth(call, entries):
        said += ". You are going back and forth between the same calls"
    return {
        "kind": "repeat",
        "evidence": first.evidence.id if first.evidence else None,
        "said": f"{said}. It was not run again: ask something else, read on with read_result, or conclude.",
    }


def _back_and_forth(call: ToolCall, entries: Sequence[Entry]) -> bool:
    """Whether the turns before were A, B, A, with this call in a B."""
    turns = [{signature(one) for one in entry.turn.calls} for entry in entries if entry.turn and entry.turn.calls]
    # The turn that the call stands in is the last one.
    return len(turns) >= 4 and turns[-1] == turns[-3] != turns[-2] == turns[-4] and signature(call) in turns[-1]


def stopped(entries: Sequence[Entry]) -> str | None:
    """Why a run that goes round in circles has to stop, or None."""
    answered = [entry.results for entry in entries if entry.kind == "results"]
    if sum(_is_repeat(result) for results in answered for result in results) >= MOST_IN_ALL:
        return "the model made the same calls over and over"
    last = answered[-MOST_IN_A_ROW:]
    if len(last) == MOST_IN_A_ROW and all(_is_repeat(result) for results in last for result in results):
        return "the model went round in circles: nothing but calls that it had made before"
    return None


def _is_repeat(result: ToolResult) -> bool:
    return result.note is not None and result.note["kind"] == "repeat"
