"""What a signal measures, told from its name, else its semantic type, else its unit, else its comment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from ...telemetry.series import SignalKey
from ...twins.graph import TwinGraph
from .types import Library, Role

if TYPE_CHECKING:
    from ...twins.dtdl import ModelSet

# Words of signals that say what should be, or what the nameplate says: no measurement, whatever else is in the name.
_INTENDED = frozenset({"setpoint", "target", "limit", "nominal", "rated", "design"})
_INTENTS = frozenset({"setpoint", "command"})


def words_of(text: str) -> str:
    """A name as lower-case words: ``suctionPressure`` and ``suction_pressure`` are ``suction pressure``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return " ".join(re.split(r"[^A-Za-z0-9%]+", spaced)).strip().lower()


def equipment_of(twin: str, graph: TwinGraph, models: ModelSet) -> list[str]:
    """The labels of a twin's model and its ancestors as lower-case words, its own model first."""
    model = graph.twins[twin].model
    return [words_of(models.label(ancestor)) for ancestor in models.lineage(model)]


def roles_of(key: SignalKey, graph: TwinGraph, models: ModelSet, library: Library) -> frozenset[str]:
    """Ids of the roles of a signal.

    The name and display name decide; only where they tell nothing are the semantic type, then the unit, then the
    comment asked: a comment such as "from the temperature controller" makes a valve's command no temperature.
    """
    twin = graph.twins.get(key.twin)
    definition = models.signal(twin.model, key.signal) if twin else None
    if definition is None:
        return _told(words_of(key.signal), "", "", "", library)
    names = f"{words_of(key.signal)} {words_of(definition.display_name or '')}"
    semantic, comment = words_of(definition.semantic_type or ""), words_of(definition.comment or "")
    return _told(names, semantic, definition.unit or "", comment, library)


@lru_cache(maxsize=20_000)
def _told(names: str, semantic: str, unit: str, comment: str, library: Library) -> frozenset[str]:
    roles = library.roles.values()
    name_words = frozenset(names.split())
    told = _matching(name_words, name_words, roles)
    if not told:
        told = _matching(frozenset(semantic.split()), name_words, roles)
    if not told and unit:
        told = {role.id for role in roles if unit in role.units and not _any_word(role.without, name_words)}
    if not told:
        told = _matching(frozenset(comment.split()), name_words, roles)
    if not told & _INTENTS and not name_words & _INTENDED:
        told |= {role.id for role in roles if role.anything and not _any_word(role.without, name_words)}
    return frozenset(told)


def _matching(words: frozenset[str], names: frozenset[str], roles: Iterable[Role]) -> set[str]:
    found = set()
    intended = bool(names & _INTENDED)
    for role in roles:
        if intended and role.id not in _INTENTS:
            continue
        if any(all(_any_word((word,), words) for word in pattern) for pattern in role.patterns) and not _any_word(
            role.without, names
        ):
            found.add(role.id)
    return found


def _any_word(patterns: Iterable[str], words: frozenset[str]) -> bool:
    return any(
        pattern in words if "*" not in pattern else any(fnmatchcase(word, pattern) for word in words)
        for pattern in patterns
    )
