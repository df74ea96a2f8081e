"""Claude through the Messages API: streaming, with the stable prefix cached.

A request is a pure function of prompt, tools, plant text, question and transcript; each is its predecessor plus what
is new. The turn's raw content goes back verbatim.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import anthropic
import httpx2
from pydantic import SecretStr, ValidationError

from twinwright_prompts import VERSION, render
from twinwright_tools.errors import ModelCallError

from ..conclude import CONCLUDE, conclude_spec
from ..conclusion import Conclusion
from .base import ModelRefusedError, Progress, ToolCall, ToolSpec, Transcript, Turn, Usage
from .compaction import COMPACT_AT
from .failing import in_words, wait_before_retry
from .messages import messages_of
from .prices import usd
from .schemas import tool_params
from .streaming import Heard, Reply, listen, usage_of

__all__ = ["DEFAULT_MODEL", "Claude", "Reply"]

DEFAULT_MODEL = "claude-opus-4-7"
MOST_OUTPUT_TOKENS = 16_000
RETRIES = 4
MOST_PAUSES = 4
_CACHED = {"type": "ephemeral"}
_CUT = {"max_tokens", "model_context_window_exceeded"}
# The first version of each family that decides by itself how much to think.
_ADAPTIVE_FROM = {"opus": (4, 6), "sonnet": (4, 6), "haiku": (5, 5), "fable": (5, 0), "mythos": (5, 0)}


@dataclass
class Claude:
    """A Claude model as the driver of an investigation.

    Attributes:
        model: its name at the API.
        api_key: never shown, logged or stored.
        base_url: another address of the Messages API, or None.
        retries: how often a request is sent again that failed for a reason that may pass.
        pause: waits that many seconds before it is.
        compact_at: from how many characters of messages on older results are compacted.
    """

    api_key: SecretStr = field(repr=False)
    model: str = DEFAULT_MODEL
    base_url: str | None = None
    retries: int = RETRIES
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)
    compact_at: int = COMPACT_AT

    def __post_init__(self) -> None:
        # Retries are ours: the SDK's own don't see a stream that breaks off, and wait as long as they are told to.
        self._client = anthropic.Anthropic(
            api_key=self.api_key.get_secret_value(), base_url=self.base_url, max_retries=0
        )
        self._lost = Usage()

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
        first = request = self.request(transcript, tools)
        content: list[dict[str, Any]] = []
        usage = Usage()
        for _ in range(MOST_PAUSES):
            self._lost = Usage(usd=usd(self.model, Usage()))
            message = self.send(request, progress)
            used = usage_of(message)
            usage += used.model_copy(update={"usd": usd(self.model, used)}) + self._lost
            content += [block.model_dump(mode="json", exclude_none=True) for block in message.content]
            if message.stop_reason != "pause_turn":
                return _turn(content, message.stop_reason, usage)
            request = first | {"messages": [*first["messages"], {"role": "assistant", "content": list(content)}]}
        raise ModelCallError(f"{self.model} paused {MOST_PAUSES} times in one turn", code="model.paused")

    def request(self, transcript: Transcript, specs: list[ToolSpec]) -> dict[str, Any]:
        """The request for the next turn, without key or address."""
        tools = tool_params([conclude_spec(transcript.may_ask), *specs])
        tools[-1] = tools[-1] | {"cache_control": _CACHED}
        request: dict[str, Any] = {
            "model": self.model,
            "max_tokens": MOST_OUTPUT_TOKENS,
            "system": [{"type": "text", "text": _system(transcript.may_ask), "cache_control": _CACHED}],
            "tools": tools,
            "messages": messages_of(transcript, self.compact_at),
        }
        if _thinks_adaptively(self.model):
            # A summary of what it thinks is shown to people as it comes.
            request["thinking"] = {"type": "adaptive", "display": "summarized"}
        return request

    def send(self, request: dict[str, Any], progress: Progress) -> Reply:
        """One request, streamed; whole lines of text go to `progress` as they come.

        Raises:
            ModelCallError: the API can't be reached, refused the request, or broke off, after the retries too.
        """
        for attempt in count(1):
            heard = Heard()
            try:
                with self._client.messages.stream(**request) as stream:
                    listen(stream, heard, progress)
                    return stream.get_final_message()
            except (anthropic.APIError, httpx2.TransportError, ValueError) as error:
                self._lost += heard.usage.model_copy(update={"usd": usd(self.model, heard.usage)})
                told = in_words(error, self.model, DEFAULT_MODEL)
                wait = wait_before_retry(error, attempt)
                if wait is None or attempt > self.retries:
                    raise told from error
                progress(
                    f"{told.message.partition(';')[0]}: trying again in {wait:.1f} s ({attempt} of {self.retries})"
                )
                self.pause(wait)
        raise AssertionError("a request is answered, or fails")


def _system(may_ask: bool) -> str:
    return render("system", version=VERSION, may_ask=may_ask)


def _turn(content: list[dict[str, Any]], stop_reason: str | None, usage: Usage) -> Turn:
    text = "".join(block["text"] for block in content if block["type"] == "text")
    if stop_reason == "refusal":
        raise ModelRefusedError("the model declined to answer this question; ask it in other words")
    if stop_reason in _CUT:
        # A call that was cut off is no call, and half a thought has no signature to send back; what was said stays.
        whole = [block for block in content if block["type"] == "text" and block["text"].strip()]
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


def _thinks_adaptively(model: str) -> bool:
    found = re.match(r"claude-(opus|sonnet|haiku|fable|mythos)-(\d+)(?:-(\d{1,2}))?(?:-|$)", model)
    return found is not None and (int(found[2]), int(found[3] or 0)) >= _ADAPTIVE_FROM[found[1]]
