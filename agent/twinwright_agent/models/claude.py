"""Claude through the Messages API: streaming, with the stable prefix cached.

A request is a pure function of prompt, tools, plant text, question and transcript; each is its predecessor plus what
is new. The turn's raw content goes back verbatim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import anthropic
from anthropic.types import ParsedMessage
from pydantic import SecretStr, ValidationError

from twinwright_prompts import VERSION, render
from twinwright_tools.errors import ModelCallError

from ..conclude import CONCLUDE, conclude_spec
from ..conclusion import Conclusion
from .base import ModelRefusedError, Progress, ToolCall, ToolSpec, Transcript, Turn, Usage
from .messages import messages_of
from .schemas import tool_params

DEFAULT_MODEL = "claude-opus-4-7"
MOST_OUTPUT_TOKENS = 16_000
RETRIES = 4
MOST_PAUSES = 4
Reply = ParsedMessage[None]
_CACHED = {"type": "ephemeral"}
_CUT = {"max_tokens", "model_context_window_exceeded"}


@dataclass
class Claude:
    """A Claude model as the driver of an investigation.

    Attributes:
        model: its name at the API.
        api_key: never shown, logged or stored.
        base_url: another address of the Messages API, or None.
    """

    api_key: SecretStr = field(repr=False)
    model: str = DEFAULT_MODEL
    base_url: str | None = None
    retries: int = RETRIES

    def __post_init__(self) -> None:
        self._client = anthropic.Anthropic(
            api_key=self.api_key.get_secret_value(), base_url=self.base_url, max_retries=self.retries
        )

    @property
    def name(self) -> str:
        """The model's name at the API."""
        return self.model

    def next(self, transcript: Transcript, tools: list[ToolSpec], progress: Progress) -> Turn:
        """The next turn, streamed.

        Raises:
            ModelCallError: the API can't be reached, or refused the request.
            ModelRefusedError: the model declined.
        """
        request = self.request(transcript, tools)
        content: list[dict[str, Any]] = []
        usage = Usage()
        for _ in range(MOST_PAUSES):
            message = self.send(request, progress)
            usage += _usage(message)
            content += [block.model_dump(mode="json", exclude_none=True) for block in message.content]
            if message.stop_reason != "pause_turn":
                return _turn(content, message.stop_reason, usage)
            request = request | {"messages": [*request["messages"], {"role": "assistant", "content": content}]}
        raise ModelCallError(f"{self.model} paused {MOST_PAUSES} times in one turn", code="model.paused")

    def request(self, transcript: Transcript, tools: list[ToolSpec]) -> dict[str, Any]:
        """The request for the next turn, without key or address."""
        request: dict[str, Any] = {
            "model": self.model,
            "max_tokens": MOST_OUTPUT_TOKENS,
            "system": [{"type": "text", "text": render("system", version=VERSION), "cache_control": _CACHED}],
            "tools": tool_params([conclude_spec(), *tools]),
            "messages": messages_of(transcript),
        }
        if _thinks_adaptively(self.model):
            request["thinking"] = {"type": "adaptive"}
        return request

    def send(self, request: dict[str, Any], progress: Progress) -> Reply:
        """One request, streamed; whole lines of text go to `progress` as they come.

        Raises:
            ModelCallError: the API can't be reached, or refused the request.
        """
        try:
            with self._client.messages.stream(**request) as stream:
                for line in _lines(stream.text_stream):
                    progress(line)
                return stream.get_final_message()
        except anthropic.APIError as error:
            raise _in_words(error, self.model) from error


def _lines(pieces: Iterator[str]) -> Iterator[str]:
    """Streamed text in whole lines."""
    waiting = ""
    for piece in pieces:
        *done, waiting = (waiting + piece).split("\n")
        yield from (line for line in done if line.strip())
    if waiting.strip():
        yield waiting


def _turn(content: list[dict[str, Any]], stop_reason: str | None, usage: Usage) -> Turn:
    text = "".join(block["text"] for block in content if block["type"] == "text")
    if stop_reason == "refusal":
        raise ModelRefusedError("the model declined to answer this question; ask it in other words")
    if stop_reason in _CUT:
        # A call that was cut off is no call; what was thought and said before it stays.
        whole = [block for block in content if block["type"] != "tool_use"]
        return Turn(text=text, usage=usage, raw=whole)
    calls = [
        ToolCall(
            id=block["id"], name=block["name"], arguments=block["input"] if isinstance(block["input"], dict) else {}
        )
        for block in content
        if block["type"] == "tool_use"
    ]
    if len(calls) == 1 and calls[0].name == CONCLUDE:
        try:
            conclusion = Conclusion.model_validate(calls[0].arguments)
        except ValidationError:
            # It stays a call: the loop answers it with what is wrong.
            return Turn(text=text, calls=calls, usage=usage, raw=content)
        return Turn(text=text, conclusion=conclusion, usage=usage, raw=content)
    return Turn(text=text, calls=calls, usage=usage, raw=content)


def _usage(message: Reply) -> Usage:
    return Usage(
        input_tokens=message.usage.input_tokens,
        output_tokens=message.usage.output_tokens,
        cache_read_tokens=message.usage.cache_read_input_tokens or 0,
        cache_write_tokens=message.usage.cache_creation_input_tokens or 0,
    )


def _thinks_adaptively(model: str) -> bool:
    found = re.match(r"claude-(?:opus|sonnet)-(\d+)(?:-(\d{1,2}))?(?:-|$)", model)
    return found is not None and (int(found[1]), int(found[2] or 0)) >= (4, 6)


def _in_words(error: anthropic.APIError, model: str) -> ModelCallError:
    if isinstance(error, anthropic.AuthenticationError | anthropic.PermissionDeniedError):
        return ModelCallError("the API refused the key; check it, or use --model rules", code="model.key")
    if isinstance(error, anthropic.NotFoundError):
        return ModelCallError(f"the API knows no model {model!r}", code="model.unknown", suggestions=[DEFAULT_MODEL])
    if isinstance(error, anthropic.APIConnectionError):
        return ModelCallError(
            "the API can't be reached; resume the run later, or use --model rules", code="model.offline"
        )
    if isinstance(error, anthropic.APIStatusError):
        said = error.api_message or error.message
        return ModelCallError(f"the API answered {error.status_code}: {said}; resume later", code="model.status")
    return ModelCallError(f"the API's answer can't be used: {error.message}", code="model.answer")
