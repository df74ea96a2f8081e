"""One answer of the Messages API, streamed: people see whole lines as they come; nothing half is taken for whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from anthropic.types import ParsedMessage

from .base import Progress, Usage

Reply = ParsedMessage[None]


class BrokenAnswerError(ValueError):
    """The stream ended before the answer did, or the arguments of a call in it are no JSON."""


@dataclass
class Lines:
    """Pieces of streamed text, told as whole lines."""

    progress: Progress
    waiting: str = ""

    def add(self, piece: str) -> None:
        """Takes a piece."""
        *done, self.waiting = (self.waiting + piece).split("\n")
        for line in done:
            self._tell(line)

    def end(self) -> None:
        """Tells what is left."""
        self._tell(self.waiting)
        self.waiting = ""

    def _tell(self, line: str) -> None:
        if line.strip():
            self.progress(line)


@dataclass
class Heard:
    """What has come of an answer so far.

    Attributes:
        usage: tokens that are charged whatever becomes of the answer.
        arguments: the JSON of each call's arguments as it came, by the number of its block.
        whole: whether the answer was said to be over.
    """

    usage: Usage = field(default_factory=Usage)
    arguments: dict[int, str] = field(default_factory=dict)
    whole: bool = False


def listen(events: Iterable[Any], heard: Heard, progress: Progress) -> None:
    """Takes in all events of a stream.

    Raises:
        BrokenAnswerError: it isn't whole, or a call's arguments are no JSON object.
    """
    text, thinking = Lines(progress), Lines(lambda line: progress(f"· {line}"))
    for event in events:
        match event.type:
            case "text":
                text.add(event.text)
            case "thinking":
                thinking.add(event.thinking)
            case "message_start":
                heard.usage = usage_of(event.message)
            case "message_delta":
                heard.usage = heard.usage.model_copy(update={"output_tokens": event.usage.output_tokens})
            case "content_block_delta" if event.delta.type == "input_json_delta":
                heard.arguments[event.index] = heard.arguments.get(event.index, "") + event.delta.partial_json
            case "content_block_stop":
                text.end()
                thinking.end()
            case "message_stop":
                heard.whole = True
    if not heard.whole:
        raise BrokenAnswerError("the answer broke off")
    for arguments in heard.arguments.values():
        _check(arguments)


def _check(text: str) -> None:
    # The SDK reads what it can of broken JSON: half of the arguments must not pass for all of them.
    try:
        whole = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise BrokenAnswerError(f"the arguments of a call are no JSON: {error}") from error
    if not isinstance(whole, dict):
        raise BrokenAnswerError("the arguments of a call are no JSON object")


def usage_of(message: Any) -> Usage:
    """The tokens that a message was charged with."""
    return Usage(
        input_tokens=message.usage.input_tokens,
        output_tokens=message.usage.output_tokens,
        cache_read_tokens=message.usage.cache_read_input_tokens or 0,
        cache_write_tokens=message.usage.cache_creation_input_tokens or 0,
    )
