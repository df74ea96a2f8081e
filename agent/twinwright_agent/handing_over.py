"""Degrading honestly: where a language model can't go on, the rules finish, and the answer says so."""

from __future__ import annotations

from collections.abc import Sequence

from .models.base import Entry, Transcript
from .result import HandOver, HandOverKind

# Codes of `ModelCallError` that no other words of the person would mend. A model that doesn't exist isn't among them.
HANDS_OVER = frozenset(
    {
        "model.offline",
        "model.overloaded",
        "model.rate_limited",
        "model.status",
        "model.key",
        "model.answer",
        "model.paused",
        "model",
    }
)
_DRAFTS = frozenset({"draft_work_order", "propose_action"})
_SHORT: dict[HandOverKind, str] = {
    "no_key": "there is no key for a language model",
    "budget": "the budget was spent",
    "circles": "the language model went round in circles",
    "silent": "the language model gave no answer",
    "api": "the language model can't be reached or didn't answer",
}


def sentence(over: HandOver) -> str:
    """The last sentence of an answer that the rules finished: no figures, as it cites no evidence."""
    verb = "Finished" if over.turns else "Answered"
    return f"({verb} by the built-in rules, because {_SHORT[over.kind]}.)"


def used(model: str, over: HandOver | None) -> str:
    """What a run used: the model's name, `rules`, or both."""
    if over is None or over.kind == "no_key":
        return model
    return f"{over.model}+rules" if over.turns else "rules"


def for_rules(transcript: Transcript, before: int, handed: int) -> Transcript:
    """The transcript as the rules see it: the question, what was drafted already, and their own steps.

    Rules read results by tool and by place; those of calls that they wouldn't have made could mislead them.
    What they ask for again isn't run again: the caller gives them the evidence that is there.

    Args:
        before: how many entries belong to earlier questions.
        handed: how many of its own there were when the rules took over.
    """
    own = transcript.entries[before:]
    return transcript.model_copy(update={"entries": [*_drafts(own[:handed]), *own[handed:]]})


def _drafts(entries: Sequence[Entry]) -> list[Entry]:
    kept: list[Entry] = []
    for entry in entries:
        if entry.kind == "question":
            kept.append(entry)
        if entry.turn is not None and (calls := [call for call in entry.turn.calls if call.name in _DRAFTS]):
            kept.append(Entry(kind="turn", turn=entry.turn.model_copy(update={"calls": calls})))
        if entry.kind == "results" and kept[-1].turn is not None:
            ids = {call.id for call in kept[-1].turn.calls}
            if results := [one for one in entry.results if one.call_id in ids]:
                kept.append(Entry(kind="results", results=results))
    return kept
