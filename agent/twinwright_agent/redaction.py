"""Names and texts that may not leave: placeholders on the way out to a model's API, restored on the way in.

A placeholder (``__R1__``) stands for one exact text and is the same for the whole run: texts are numbered as they
first appear in the transcript, which grows at its end only. A text that looks like a placeholder is given one itself,
so that what comes back is always what went out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .conclusion import Conclusion
from .models.base import Entry, Model, Progress, ToolResult, ToolSpec, Transcript, Turn

if TYPE_CHECKING:
    from twinwright_tools.plant.config import RedactConfig

_PLACEHOLDER = r"__R\d+__"
# Members whose values are this program's own words.
_OURS = frozenset({"kind", "id", "call_id", "tool", "provenance", "state", "code", "verdict"})


class Redaction:
    """What stands for what in one transcript."""

    def __init__(self, config: RedactConfig) -> None:
        names = sorted({re.escape(name) for name in config.names}, key=lambda name: (-len(name), name))
        # Names before patterns, longer names before shorter: one pass, so that nothing is replaced twice.
        parts = [_PLACEHOLDER, *(f"(?i:{name})" for name in names), *(f"(?:{pattern})" for pattern in config.patterns)]
        self._wanted = re.compile("|".join(parts))
        self._placeholders: dict[str, str] = {}
        self._texts: dict[str, str] = {}

    def out(self, text: str) -> str:
        """The text with placeholders."""
        return self._wanted.sub(lambda found: self._placeholder(found[0]), text)

    def back(self, text: str) -> str:
        """The text with what its placeholders stand for; one that was never given out stays."""
        return re.sub(_PLACEHOLDER, lambda found: self._texts.get(found[0], found[0]), text)

    def _placeholder(self, text: str) -> str:
        if not text:
            return text
        if text not in self._placeholders:
            made = f"__R{len(self._placeholders) + 1}__"
            self._placeholders[text] = made
            self._texts[made] = text
        return self._placeholders[text]

    @property
    def replaced(self) -> dict[str, str]:
        """What was replaced by what, in order of first appearance."""
        return dict(self._placeholders)


def mapped(value: Any, change: Callable[[str], str], *, keys: bool = False) -> Any:
    """The same JSON with every text in it changed; the names of members only where `keys` says so."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {
            change(name) if keys else name: item if name in _OURS and not keys else mapped(item, change, keys=keys)
            for name, item in value.items()
        }
    return [mapped(item, change, keys=keys) for item in value] if isinstance(value, list) else value


class Redacted:
    """A model behind a redaction: it sees placeholders, and everybody else what they stand for."""

    def __init__(self, model: Model, config: RedactConfig) -> None:
        self.model = model
        self.config = config

    @classmethod
    def around(cls, model: Model, config: RedactConfig) -> Model:
        """The model itself where nothing is to be redacted, or where nothing leaves (the rules)."""
        if model.name == "rules" or not (config.names or config.patterns):
            return model
        return cls(model, config)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    def next(self, transcript: Transcript, tools: list[ToolSpec], progress: Progress) -> Turn:
        """The model's next turn, restored; its raw content stays as the model said it."""
        redaction = Redaction(self.config)
        seen = redacted(transcript, redaction)
        turn = self.model.next(seen, tools, lambda text: progress(redaction.back(text)))
        changed: dict[str, Any] = {
            "text": redaction.back(turn.text),
            "calls": [
                call.model_copy(update={"arguments": mapped(call.arguments, redaction.back)}) for call in turn.calls
            ],
        }
        if turn.conclusion is not None:
            whole = mapped(turn.conclusion.model_dump(mode="json"), redaction.back)
            changed["conclusion"] = Conclusion.model_validate(whole)
        return turn.model_copy(update=changed)


def redacted(transcript: Transcript, redaction: Redaction) -> Transcript:
    """The transcript as it may leave. Images show names that no pattern finds: they don't leave at all."""
    return Transcript(
        plant=redaction.out(transcript.plant),
        at=transcript.at,
        may_ask=transcript.may_ask,
        entries=[_entry(entry, redaction) for entry in transcript.entries],
    )


def _entry(entry: Entry, redaction: Redaction) -> Entry:
    turn = entry.turn
    if turn is not None and not turn.raw:
        # Said by somebody else than the model (rules, a script): it leaves like any other text.
        turn = Turn.model_validate(mapped(turn.model_dump(mode="json"), redaction.out))
    results = [_result(one, redaction) for one in entry.results]
    return Entry(kind=entry.kind, text=redaction.out(entry.text), turn=turn, results=results)


def _result(result: ToolResult, redaction: Redaction) -> ToolResult:
    told = mapped(result.model_dump(mode="json"), redaction.out)
    if result.evidence is not None:
        # What is in the data is the plant's own: names of members may be twin ids.
        told["evidence"]["data"] = mapped(result.evidence.model_dump(mode="json")["data"], redaction.out, keys=True)
        # A plot shows names that no pattern finds.
        told["evidence"]["image"] = None
    return ToolResult.model_validate(told)
