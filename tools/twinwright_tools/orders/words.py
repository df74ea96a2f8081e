"""The words in names: `suppliesAir` is "supplies air", `dtmi:com:example:GlycolPump;1` is "glycol pump"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..plant import Plant

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SHORTEST_ENDING = 4


def words(name: str) -> list[str]:
    """The words of a camelCase, snake_case or spaced name, in lower case."""
    return [word.lower() for word in _WORD.findall(name)]


def model_words(dtmi: str) -> list[str]:
    """The words of a model's own name: the last segment of its DTMI."""
    return words(dtmi.partition(";")[0].rpartition(":")[2])


def lineage(plant: Plant, twin_id: str) -> list[str]:
    """The DTMIs of a twin's model and of all that it extends, itself first; only its own where the model is unknown."""
    model = plant.graph.twin(twin_id).model
    return plant.models.lineage(model) if model in plant.models.interfaces else [model]


def names_one_of(found: Iterable[str], wanted: frozenset[str]) -> bool:
    """Whether a word is, or ends in, one of the wanted words ("highpressurepump" ends in "pump")."""
    return any(
        word in wanted or any(len(want) >= _SHORTEST_ENDING and word.endswith(want) for want in wanted)
        for word in found
    )
