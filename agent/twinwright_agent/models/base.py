"""What thinks: a Protocol with one method, "given the transcript and the tools, what next"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol, Self

from pydantic import BaseModel, Field, PrivateAttr

from twinwright_tools.errors import ModelCallError
from twinwright_tools.evidence import Evidence

from ..conclusion import Conclusion
from ..ledger import Kept


class ToolSpec(BaseModel):
    """A tool as a model sees it: its name, what it is for, and the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: dict[str, Any]


class ToolCall(BaseModel):
    """A call that a model wants made. `id` is the model's own and is repeated with the result."""

    id: str
    name: str
    arguments: dict[str, Any]


class ToolResult(BaseModel):
    """What became of a call: evidence, or a failure with what was wrong and whether other arguments could succeed.

    `note` is an answer that is no evidence: the ledger as it now stands (`ledger`), a kept result read on (`kept`), or
    that the same call was made before (`repeat`); its `kind` says which.
    """

    call_id: str
    evidence: Evidence | None = None
    error: dict[str, Any] | None = None
    note: dict[str, Any] | None = None
    # What a model reads of it, once it was worked out: it is the same in every request.
    _shown: str | None = PrivateAttr(default=None)

    def shown(self, render: Callable[[ToolResult], str]) -> str:
        """What a model reads of it, worked out once."""
        if self._shown is None:
            self._shown = render(self)
        return self._shown


class Usage(BaseModel):
    """What a model used, in tokens; zeros for one that uses none.

    Attributes:
        usd: what that costs by the published prices (`prices.yaml`), in US dollars; None where a price isn't known.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    usd: float | None = 0.0

    def __add__(self, other: Usage) -> Self:
        return type(self)(
            **{name: _added(getattr(self, name), getattr(other, name, 0)) for name in type(self).model_fields}
        )

    @property
    def tokens(self) -> int:
        """Input, cached and output tokens in all."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens + self.output_tokens


def _added(one: Any, other: Any) -> Any:
    """A sum; what isn't known makes the sum unknown."""
    return None if one is None or other is None else one + other


class Turn(BaseModel):
    """What a model said next: text for people, calls to make, or its conclusion (never calls and a conclusion).

    `raw` is the model's own message content, sent back verbatim on its next turn (thinking blocks must not change).
    """

    text: str = ""
    calls: list[ToolCall] = Field(default_factory=list)
    conclusion: Conclusion | None = None
    usage: Usage = Field(default_factory=Usage)
    raw: list[dict[str, Any]] = Field(default_factory=list)


class Entry(BaseModel):
    """One step of a transcript.

    `kind` is "question" (text), "turn" (turn), "results" (results of that turn's calls, and in text a note on the
    budget where it runs out) or "repair" (text: what the grounding check found wrong with the last conclusion, or that
    the last turn held nothing).
    """

    kind: Literal["question", "turn", "results", "repair"]
    text: str = ""
    turn: Turn | None = None
    results: list[ToolResult] = Field(default_factory=list)


class Transcript(BaseModel):
    """All that a model is told, in order. It grows at the end only.

    Attributes:
        plant: a stable, bounded text about the plant (site, zone, vocabulary, counts), the same for the whole run.
        at: the moment of asking, ISO 8601.
        may_ask: whether somebody is there to answer a clarifying question (a conversation).
    """

    plant: str
    at: str
    may_ask: bool = False
    entries: list[Entry] = Field(default_factory=list)

    @property
    def question(self) -> str:
        """The question as it was asked; of a conversation, the last one."""
        return next(entry.text for entry in reversed(self.entries) if entry.kind == "question")

    @property
    def evidence(self) -> list[Evidence]:
        """All evidence so far, each piece once, in order."""
        found = {
            result.evidence.id: result.evidence for entry in self.entries for result in entry.results if result.evidence
        }
        return list(found.values())

    @property
    def ledger(self) -> list[Kept]:
        """The hypotheses as they stand for the last question."""
        kept: list[Kept] = []
        for entry in self.entries:
            if entry.kind == "question":
                kept = []
            for result in entry.results:
                if result.note and result.note["kind"] == "ledger":
                    kept = [Kept.model_validate(one) for one in result.note["hypotheses"]]
        return kept


Progress = Callable[[str], None]


class ModelRefusedError(ModelCallError):
    """The language model declined to go on."""

    code = "model.refused"


class Model(Protocol):
    """Drives an investigation. It receives no Plant: all that it learns comes through the tools."""

    @property
    def name(self) -> str:
        """What the run says it used: `rules`, or a Claude model's name."""

    def next(self, transcript: Transcript, tools: list[ToolSpec], progress: Progress) -> Turn:
        """The next turn.

        Raises:
            ModelCallError: no usable turn could be had.
            ModelRefusedError: the model declined.
        """
