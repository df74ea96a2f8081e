"""What a model is told of the plant before it asks: stable for the whole run, and bounded."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from twinwright_prompts import render
from twinwright_tools.plant import Plant
from twinwright_tools.times import for_people, iso
from twinwright_tools.twins.graph import TwinGraph

MOST_MODELS = 40
MOST_TWINS = 80
MOST_WORDS = 40
LEVELS = 3
MOST_NAME = 80
# What may stand as it is: one word. Anything longer is written as a JSON string, which no text can close from inside.
_PLAIN = re.compile(r"[\w.:;/+-]+")

_CARRIES = {
    "forward": "an upset travels from source to target",
    "backward": "an upset travels from target to source",
    "structure": "a place in the hierarchy, not a path",
}


def plant_text(plant: Plant) -> str:
    """Site, zone, moment of asking, counts, models, the top of the hierarchy, relationships, and the site's words.

    No path and no clock is in it: the same plant, asked at the same moment, gives the same text on every machine.
    """
    graph, span = plant.graph, plant.telemetry.span()
    models = Counter(twin.model for twin in graph.twins.values())
    hierarchy = _hierarchy(graph)
    ordered = sorted(models, key=lambda model: (-models[model], model))
    return render(
        "plant",
        site=_short(plant.config.name) or "(unnamed)",
        at=iso(plant.at),
        at_local=for_people(plant.at, plant.zone),
        zone=plant.zone.key,
        span=[iso(time) for time in span] if span else None,
        signal_count=len(plant.telemetry.signals()),
        history_rows=plant.history.rows(),
        twin_count=len(graph.twins),
        relationship_count=len(graph.relationships),
        models=[
            {"id": model, "label": _short(plant.models.label(model)), "count": models[model]}
            for model in ordered[:MOST_MODELS]
        ],
        models_left=max(0, len(ordered) - MOST_MODELS),
        hierarchy=hierarchy[:MOST_TWINS],
        hierarchy_left=len(graph.twins) - len(hierarchy[:MOST_TWINS]),
        relationships=_relationships(graph),
        vocabulary=[
            f"{_short(word)}: {', '.join(_short(twin) for twin in twins[:8])}"
            for word, twins in sorted(plant.config.vocabulary.items())[:MOST_WORDS]
        ],
    )


def _hierarchy(graph: TwinGraph) -> list[str]:
    """The top levels, breadth kept in bounds: children under their parents, in the order of the file."""
    tops = [twin for twin in graph.twins if twin not in graph.parents and twin in graph.children]
    lines: list[str] = []

    def add(twin: str, level: int) -> None:
        name = graph.twins[twin].name if twin in graph.twins else twin
        known_as = f" ({_short(name)})" if name != twin else ""
        lines.append(f"{'  ' * level}- {_short(twin)}{known_as}")
        if level + 1 < LEVELS:
            for child in graph.children.get(twin, []):
                add(child, level + 1)

    for twin in tops:
        add(twin, 0)
    return lines


def _relationships(graph: TwinGraph) -> list[dict[str, Any]]:
    counts = Counter(relationship.name for relationship in graph.relationships)
    return [
        {
            "name": _short(name),
            "count": counts[name],
            "carries": _CARRIES[graph.flows.of(name).direction] + ("" if graph.flows.is_stated(name) else " (assumed)"),
        }
        for name in sorted(counts)
    ]


def _short(text: str) -> str:
    """A name on one line of bounded length; quoted unless it is one plain word: names are other people's text."""
    line = " ".join(text.split())
    cut = line if len(line) <= MOST_NAME else line[: MOST_NAME - 1] + "…"
    return cut if _PLAIN.fullmatch(cut) else json.dumps(cut, ensure_ascii=False)
