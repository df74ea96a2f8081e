"""`$metadata` after a change: when each property was last updated, and nothing of properties that are gone."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Set
from typing import Any

from ..dtdl import ModelSet
from ..dtdl.types import Component
from .documents import Document, own
from .patch import PatchOperation

_UPDATED = "lastUpdateTime"


def touched_names(operations: Iterable[PatchOperation]) -> set[tuple[str, ...]]:
    """The first two names of every path that an update writes: a property, or a property of a component."""
    return {operation.names[:2] for operation in operations}


def stamped(
    document: Document, before: Document | None, touched: Set[tuple[str, ...]] | None, at: str, models: ModelSet
) -> Document:
    """The document of a twin with its `$metadata` brought up to date.

    Args:
        before: the twin as it was, or None for a new one.
        touched: what was written, see `touched_names`; None for everything.
        at: the time of the change, ISO 8601.
    """
    result = copy.deepcopy(document)
    model = result["$metadata"]["$model"]
    contents = models.contents(model).values()
    components = {
        each.name for each in contents if isinstance(each, Component) and isinstance(result.get(each.name), dict)
    }
    for name in components:
        everything = touched is None or (name,) in touched
        inside = None if everything else {way[1:] for way in touched or () if way[0] == name}
        if inside is None or inside:
            result[name]["$metadata"] = _metadata(result[name], _object(before, name), inside, at)
    outer = None if touched is None else {way[:1] for way in touched}
    own_part = {name: value for name, value in result.items() if name not in components}
    result["$metadata"] = {"$model": model, **_metadata(own_part, before or {}, outer, at)}
    return result


def _metadata(document: Document, before: Document, touched: Set[tuple[str, ...]] | None, at: str) -> dict[str, Any]:
    given, earlier = _object(document, "$metadata"), _object(before, "$metadata")
    found: dict[str, Any] = {"$lastUpdateTime": at}
    for name in own(document):
        entry = {key: value for key, value in _object(given, name).items() if key != _UPDATED}
        if touched is None or (name,) in touched:
            found[name] = {_UPDATED: at} | entry
        elif _UPDATED in _object(earlier, name):
            found[name] = {_UPDATED: earlier[name][_UPDATED]} | entry
        elif entry:
            found[name] = entry
    return found


def _object(value: Document | None, name: str) -> Document:
    """The object under a name; an empty one where there is none, for graph files hold all sorts of things."""
    found = (value or {}).get(name)
    return found if isinstance(found, dict) else {}
