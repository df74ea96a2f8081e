"""Which twins untrusted text can't have chosen: those that the person names, and those looked up before any text did.

A twin of the graph that a note names as well isn't the note's choice if the person said it, in its id or in words, or
if the model looked at it before it had read any text that names it. What trusted evidence gives by itself is clean
anyway (see `twinwright_tools.taint`); what only a text brought up is tainted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from twinwright_tools.evidence import Evidence
from twinwright_tools.plant import Plant
from twinwright_tools.registry import Effect, Registry
from twinwright_tools.taint import is_untrusted
from twinwright_tools.toolbox.matching import Names

from .models.base import Entry, ToolCall

# Longer passages in quotation marks are somebody else's words, whoever pasted them.
_QUOTED = re.compile(r"[\"“”„«»][^\"“”„«»]{20,}[\"“”„«»]")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


def said_in(entries: Sequence[Entry]) -> str:
    """What the person said, every question of a conversation."""
    return "\n".join(entry.text for entry in entries if entry.kind == "question")


def asked_for(entries: Sequence[Entry], plant: Plant, told: str, registry: Registry) -> str:
    """The person's words, and the ids of the twins that untrusted text can't have chosen, as one text.

    Args:
        entries: all steps so far, of earlier questions too.
        told: what the model was told of the plant before it asked: names in quotes there are texts of strangers.
    """
    names = Names(plant.graph, plant.models, plant.config.vocabulary)
    questions = (_QUOTED.sub(" ", entry.text) for entry in entries if entry.kind == "question")
    meant = [match.twin for text in questions for match in names.twins(text) if match.unsaid == 0]
    twins = dict.fromkeys([*meant, *_looked_at_first(entries, plant, told, registry)])
    return "\n".join([said_in(entries), *twins])


def _looked_at_first(entries: Sequence[Entry], plant: Plant, told: str, registry: Registry) -> Iterator[str]:
    """Twins that a reading call named before any text that was read named them."""
    read = " ".join(_TEXT.findall(told))
    for entry in entries:
        for call in entry.turn.calls if entry.turn is not None else []:
            if _reads(call, registry):
                yield from _ids(json.dumps(call.arguments), plant) - _ids(read, plant)
        read += " ".join(text for result in entry.results if result.evidence for text in _texts(result.evidence))


def _reads(call: ToolCall, registry: Registry) -> bool:
    tool = registry.tools.get(call.name)
    return tool is not None and tool.effect is Effect.READ


def _ids(text: str, plant: Plant) -> set[str]:
    words = set(re.findall(r"[\w-]+(?:\.[\w-]+)*", text))
    heads = words | {word.rsplit(".", cut)[0] for word in words for cut in range(1, word.count(".") + 1)}
    return heads & plant.graph.twins.keys()


def _texts(evidence: Evidence) -> Iterator[str]:
    """What of a result may be a stranger's words: all of it, or, of what is trusted, the texts of more than a name."""
    untrusted = is_untrusted(evidence)
    for text in _strings(
        [evidence.summary if untrusted else None, evidence.data, *(one.value for one in evidence.facts)]
    ):
        if untrusted or " " in text:
            yield text


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings([*value.keys(), *value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
