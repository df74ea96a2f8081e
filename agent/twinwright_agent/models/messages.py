"""A transcript as the messages of a Messages API request."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from twinwright_prompts import render

from ..conclude import CONCLUDE
from ..rendering import render_result
from .base import Entry, ToolResult, Transcript, Turn

Block = dict[str, Any]
_CACHED = {"type": "ephemeral"}
ACCEPTED = "The conclusion was taken."


def messages_of(transcript: Transcript) -> list[Block]:
    """User and assistant messages in turn; the first and the last user message are marked for the cache."""
    messages: list[Block] = []
    concluded: str | None = None
    for number, entry in enumerate(transcript.entries):
        if entry.kind == "turn" and entry.turn is not None:
            messages.append({"role": "assistant", "content": _spoken(entry.turn, number)})
            concluded = _conclusion_id(entry.turn, number)
            continue
        blocks = _told(entry, transcript.plant, first=number == 0)
        if concluded is not None:
            blocks = _answered(concluded, entry, blocks)
            concluded = None
        if messages and messages[-1]["role"] == "user":
            messages[-1]["content"] += blocks
        else:
            messages.append({"role": "user", "content": blocks})
    told = [message for message in messages if message["role"] == "user"]
    for message in {id(told[0]): told[0], id(told[-1]): told[-1]}.values():
        message["content"][-1] = message["content"][-1] | {"cache_control": _CACHED}
    return messages


def _told(entry: Entry, plant: str, first: bool) -> list[Block]:
    if entry.kind == "question":
        values = {"question": entry.text}
        return [_text(render("question", plant=plant, **values) if first else render("again", **values))]
    if entry.kind == "repair":
        return [_text(entry.text)]
    results: list[Block] = [
        {"type": "tool_result", "tool_use_id": result.call_id, "content": _content(result)}
        | ({"is_error": True} if result.error is not None else {})
        for result in entry.results
    ]
    return [*results, _text(entry.text)] if entry.text else results


def _content(result: ToolResult) -> str | list[Block]:
    """A tool result's text, with the plot behind it where there is one."""
    text = render_result(result)
    image = result.evidence.image if result.evidence is not None else None
    if image is None:
        return text
    try:
        png = Path(image.path).read_bytes()
    except OSError:
        return [_text(text), _text(f"(the plot is no longer there: {image.alt})")]
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(png).decode()}
    return [_text(text), {"type": "image", "source": source}]


def _answered(call: str, entry: Entry, blocks: list[Block]) -> list[Block]:
    """Every tool use needs its result first: the conclusion was taken, or what is wrong with it."""
    if entry.kind == "repair":
        return [{"type": "tool_result", "tool_use_id": call, "content": entry.text, "is_error": True}]
    return [{"type": "tool_result", "tool_use_id": call, "content": ACCEPTED}, *blocks]


def _spoken(turn: Turn, number: int) -> list[Block]:
    if turn.raw:
        return [dict(block) for block in turn.raw]
    # A turn of another model (a run that is resumed with Claude), or one that was cut off before it said anything.
    blocks: list[Block] = [_text(turn.text)] if turn.text.strip() else []
    blocks += [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments} for call in turn.calls]
    if turn.conclusion is not None:
        concluded = {"id": f"conclude_{number}", "name": CONCLUDE, "input": turn.conclusion.model_dump(mode="json")}
        blocks.append({"type": "tool_use", **concluded})
    return blocks or [_text("(nothing was said)")]


def _conclusion_id(turn: Turn, number: int) -> str | None:
    if turn.conclusion is None:
        return None
    uses = [block["id"] for block in turn.raw if block.get("type") == "tool_use"]
    return str(uses[0]) if uses else f"conclude_{number}"


def _text(text: str) -> Block:
    return {"type": "text", "text": text}
