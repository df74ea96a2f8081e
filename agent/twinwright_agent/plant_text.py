"""What a model is told of the plant before it asks: stable for the whole run, and bounded."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from twinwright_prompts import render
from twinwright_tools.plant import Plant
from twinwright_tools.times import for_people, iso
from twinwright_tools.toolbox.words import meaningful, pieces
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
    hierarchy, named = _hierarchy(graph)
    ordered = sorted(models, key=lambda model: (-models[model], model))
    prefix = _prefix(ordered)
    versions = {f";{model.rpartition(';')[2]}" for model in ordered}
    suffix = versions.pop() if prefix and len(versions) == 1 else ""
    return render(
        "plant",
        site=_short(plant.config.name) or "(unnamed)",
        at=iso(plant.at),
        at_local=for_people(plant.at, plant.zone),
        zone=plant.zone.key,
        span=[iso(time) for time in span] if span else None,
        signal_count=plant.telemetry.count(),
        history_rows=plant.history.rows(),
        twin_count=len(graph.twins),
        relationship_count=len(graph.relationships),
        prefix=prefix,
        suffix=suffix,
        models=[_model(model, prefix, suffix, plant, models[model]) for model in ordered[:MOST_MODELS]],
        models_left=max(0, len(ordered) - MOST_MODELS),
        hierarchy=hierarchy,
        hierarchy_left=len(graph.twins) - named,
        relationships=_relationships(graph),
        vocabulary=[
            f"{_short(word)}: {', '.join(_short(twin) for twin in twins[:8])}"
            for word, twins in sorted(plant.config.vocabulary.items())[:MOST_WORDS]
        ],
    )


def _prefix(models: Sequence[str]) -> str:
    """What the models' ids have in common up to a colon, where that is worth saying once."""
    steps = zip(*(model.split(":")[:-1] for model in models), strict=False)
    common = [step[0] for step in takewhile(lambda step: len(set(step)) == 1, steps)]
    return "".join(f"{step}:" for step in common) if len(models) > 1 else ""


def _model(model: str, prefix: str, suffix: str, plant: Plant, count: int) -> str:
    """``M120 "Capper" (15)``; a label that says what the id says, or the same with more words, is left out."""
    label, short = plant.models.label(model), model.removeprefix(prefix).removesuffix(suffix)
    known_as = "" if _says(short, label) or _says(label, short) else f" {_short(label)}"
    return f"{short}{known_as} ({count})"


def _says(name: str, label: str) -> bool:
    return set(meaningful(pieces(label))) <= set(pieces(name))


def _hierarchy(graph: TwinGraph) -> tuple[list[str], int]:
    """The top levels in the order of the file, twins without parts on one line; and how many twins are named in all."""
    tops = [twin for twin in graph.twins if twin not in graph.parents and twin in graph.children]
    lines: list[str] = []
    named = 0

    def add(twin: str, level: int) -> None:
        nonlocal named
        if named >= MOST_TWINS:
            return
        named += 1
        children = graph.children.get(twin, []) if level + 1 < LEVELS else []
        groups = [child for child in children if child in graph.children and level + 2 < LEVELS]
        leaves = [child for child in children if child not in groups][: MOST_TWINS - named]
        named += len(leaves)
        listed = f": {', '.join(_named(child, graph) for child in leaves)}" if leaves else ""
        lines.append(f"{'  ' * level}- {_named(twin, graph)}{listed}")
        for alike in _alike(groups, graph):
            add(alike[0], level + 1)
            # What has the same parts as its neighbour, by names that follow from its own, needs no list of its own.
            if len(alike) > 1:
                named += sum(len(graph.within(each)) for each in alike[1:])
                others = ", ".join(map(_short, alike[1:]))
                lines.append(f"{'  ' * (level + 1)}- {others}: as {_short(alike[0])}, with its own id in place of that")

    for twin in tops:
        add(twin, 0)
    return lines, named


def _alike(groups: Sequence[str], graph: TwinGraph) -> list[list[str]]:
    """The groups, those together whose parts have the same ids but for the group's own at their head."""
    found: dict[Any, list[str]] = {}
    for twin in groups:
        parts = [each for each in graph.within(twin) if each != twin]
        shape = tuple(each.removeprefix(twin) for each in parts)
        own = bool(parts) and all(each.startswith(f"{twin}-") for each in parts)
        found.setdefault(shape if own else twin, []).append(twin)
    return list(found.values())


def _named(twin: str, graph: TwinGraph) -> str:
    """The id, and the name where it says more."""
    name = graph.twins[twin].name if twin in graph.twins else twin
    return _short(twin) if _says(twin, name) else f"{_short(twin)} ({_short(name)})"


def _relationships(graph: TwinGraph) -> list[dict[str, Any]]:
    """Names with their counts, by what they carry."""
    counts = Counter(relationship.name for relationship in graph.relationships)
    carrying: dict[str, list[str]] = {}
    for name in sorted(counts):
        carries = _CARRIES[graph.flows.of(name).direction] + ("" if graph.flows.is_stated(name) else " (assumed)")
        carrying.setdefault(carries, []).append(f"{_short(name)} ({counts[name]})")
    return [{"carries": carries, "names": ", ".join(names)} for carries, names in carrying.items()]


def _short(text: str) -> str:
    """A name on one line of bounded length; quoted unless it is one plain word: names are other people's text."""
    line = " ".join(text.split())
    cut = line if len(line) <= MOST_NAME else line[: MOST_NAME - 1] + "…"
    return cut if _PLAIN.fullmatch(cut) else json.dumps(cut, ensure_ascii=False)
