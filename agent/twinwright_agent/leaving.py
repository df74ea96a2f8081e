"""What leaves for a model's API: the first request of a question, as it would be sent, and what is never in one."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from twinwright_tools.plant import Plant
from twinwright_tools.registry import Registry
from twinwright_tools.times import iso

from .conclude import loop_specs
from .models.base import Entry, Transcript
from .plant_text import plant_text
from .redaction import Redaction, redacted
from .specs import tool_specs

LEAVES = (
    "the system prompt and the tools' descriptions (the same for every site)",
    "the question, and in a conversation the earlier ones with their answers",
    "the site's name, zone and words, the models' names and the top of the twin hierarchy",
    "what each tool call that the model makes found: twin ids, names and properties, signals' statistics and some of "
    "their points, rows of history, drafts of work orders",
)
STAYS = (
    "telemetry files, history and the twin graph as such: only what a call found leaves, bounded per result",
    "names and texts that [redact] in twinwright.toml lists: placeholders leave instead of them",
    "keys, paths, run ids, the clock and the names of people at this machine",
    "everything, with --model rules",
)


def first_request(plant: Plant, question: str, model: str, registry: Registry) -> dict[str, Any]:
    """The first request of a question as it would leave, and what was replaced in it; nothing is sent."""
    from .models.claude import Claude

    redaction = Redaction(plant.config.redact)
    told = Transcript(plant=plant_text(plant), at=iso(plant.at), entries=[Entry(kind="question", text=question)])
    seen = redacted(told, redaction) if plant.config.redact.names or plant.config.redact.patterns else told
    request = Claude(api_key=SecretStr("none"), model=model).request(seen, [*loop_specs(), *tool_specs(registry)])
    return {"request": request, "redacted": len(redaction.replaced), "leaves": list(LEAVES), "stays": list(STAYS)}
