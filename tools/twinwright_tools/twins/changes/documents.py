"""Twins and relationships as the documents that the Azure Digital Twins API gives and takes, and their etags."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..graph import Relationship, Twin

Document = dict[str, Any]
# A twin's id and None, or the id of a relationship's source and the relationship's own id.
Key = tuple[str, str | None]


def twin_document(twin: Twin) -> Document:
    """A twin with `$dtId`, `$etag` and `$metadata`; the etag is made from the content where the graph has none."""
    document = {"$dtId": twin.id, **twin.properties, "$metadata": {"$model": twin.model, **twin.metadata}}
    return _with_etag(document, twin.etag or next_etag("", document))


def relationship_document(relationship: Relationship) -> Document:
    """A relationship with its ids, its name and `$etag`, made from the content where the graph has none."""
    document = {
        "$relationshipId": relationship.id,
        "$sourceId": relationship.source,
        "$targetId": relationship.target,
        "$relationshipName": relationship.name,
        **relationship.properties,
    }
    return _with_etag(document, relationship.etag or next_etag("", document))


def twin_of(document: Document) -> Twin:
    """The twin that a document describes."""
    metadata = {name: value for name, value in document["$metadata"].items() if name != "$model"}
    return Twin(document["$dtId"], document["$metadata"]["$model"], own(document), document["$etag"], metadata)


def relationship_of(document: Document) -> Relationship:
    """The relationship that a document describes."""
    return Relationship(
        id=document["$relationshipId"],
        name=document["$relationshipName"],
        source=document["$sourceId"],
        target=document["$targetId"],
        properties=own(document),
        etag=document["$etag"],
    )


def own(document: Document) -> Document:
    """All of a document that doesn't start with ``$``."""
    return {name: value for name, value in document.items() if not name.startswith("$")}


def next_etag(before: str, document: Document) -> str:
    """The weak etag of a document that follows on one with the etag `before`; no clock and no chance is in it.

    A twin that is changed back to what it was gets a new etag all the same, for the old ones are part of it.
    """
    text = json.dumps([before, _timeless(document)], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def _timeless(value: Any, inside: str = "") -> Any:
    """A document without what the clock or an etag gave it."""
    if not isinstance(value, dict):
        return value
    place = inside or "/"
    return {name: _timeless(each, f"{place}{name}/") for name, each in value.items() if not _is_stamp(name, place)}


def _is_stamp(name: str, place: str) -> bool:
    """Whether a field is set by the service; a property may well be called lastUpdateTime."""
    return name in ("$etag", "$lastUpdateTime") or (name == "lastUpdateTime" and "/$metadata/" in place)


def _with_etag(document: Document, etag: str) -> Document:
    first = next(iter(document))
    return {first: document[first], "$etag": etag, **document}


def difference(before: Any, after: Any, path: str = "") -> list[dict[str, Any]]:
    """The places where two documents differ, as ``{"path", "before", "after"}``; etags and times are left out."""
    if isinstance(before, dict) and isinstance(after, dict):
        found = []
        for name in dict.fromkeys([*before, *after]):
            if not _is_stamp(name, f"{path}/"):
                place = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
                found += difference(before.get(name), after.get(name), place)
        return found
    if before == after and type(before) is type(after):
        return []
    if before in (None, {}) and isinstance(after, dict):
        return difference({}, after, path) if after else []
    if after in (None, {}) and isinstance(before, dict):
        return difference(before, {}, path) if before else []
    return [{"path": path, "before": before, "after": after}]
