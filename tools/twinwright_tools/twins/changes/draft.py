"""The graph while changes are made to it: what the files say, with what has changed laid over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from ..graph import Relationship
from ..load import LoadedTwins
from .documents import Document, Key, relationship_document, twin_document


class Draft:
    """Twins and relationships as documents, by key; nothing of the loaded graph is changed.

    Attributes:
        models: what all of it is checked against.
    """

    def __init__(self, loaded: LoadedTwins, changed: Mapping[Key, Document | None], etags: Mapping[Key, str]) -> None:
        """Over a graph as loaded.

        Args:
            changed: documents that changed since, None for what was deleted.
            etags: the last etag of each of those, deleted ones too.
        """
        self.models = loaded.models
        self._twins = loaded.graph.twins
        self._relationships: dict[Key, Relationship] = {
            (each.source, each.id): each for each in loaded.graph.relationships
        }
        self._changed = dict(changed)
        self._etags = dict(etags)

    def get(self, key: Key) -> Document | None:
        """The document of a twin or relationship, or None where there is none."""
        if key in self._changed:
            return self._changed[key]
        twin, relationship = key
        if relationship is None:
            return twin_document(self._twins[twin]) if twin in self._twins else None
        return relationship_document(self._relationships[key]) if key in self._relationships else None

    def etag(self, key: Key) -> str:
        """The newest etag, that of what was deleted last too; ``""`` where there never was anything."""
        document = self.get(key)
        return str(document["$etag"]) if document else self._etags.get(key, "")

    def put(self, key: Key, document: Document | None) -> None:
        """Set one document, or delete it."""
        if document is None:
            self._etags[key] = self.etag(key)
        self._forget_ends(key)
        self._changed[key] = document
        if key[1] is not None and document is not None:
            self._add_ends(key, document["$sourceId"], document["$targetId"])

    def model(self, twin: str) -> str | None:
        """A twin's model, or None where there is no such twin."""
        if (twin, None) not in self._changed:
            return self._twins[twin].model if twin in self._twins else None
        document = self._changed[twin, None]
        return document["$metadata"]["$model"] if document else None

    def touching(self, twin: str) -> list[Key]:
        """The relationships that begin or end at a twin."""
        return list(self._ends.get(twin, ()))

    def named(self, twin: str, name: str) -> list[Key]:
        """The relationships of a name that begin at a twin."""
        keys = (key for key in self.touching(twin) if key[0] == twin)
        return [key for key in keys if self._name(key) == name]

    def twin_ids(self) -> Iterable[str]:
        """The ids of all twins that are there."""
        added = [twin for (twin, relationship), document in self._changed.items() if relationship is None and document]
        return dict.fromkeys([*(twin for twin in self._twins if self.model(twin) is not None), *added])

    def relationship_ids(self, twin: str) -> list[str]:
        """The ids of the relationships that begin at a twin."""
        return [key[1] for key in self.touching(twin) if key[0] == twin and key[1] is not None]

    def _name(self, key: Key) -> str:
        document = self._changed.get(key)
        return str(document["$relationshipName"]) if document else self._relationships[key].name

    @cached_property
    def _ends(self) -> dict[str, dict[Key, None]]:
        """Each twin to the relationships at it; made once it is asked for, as most changes only set properties."""
        found: dict[str, dict[Key, None]] = {}
        ends = {key: (each.source, each.target) for key, each in self._relationships.items()}
        for key, document in self._changed.items():
            if key[1] is not None:
                ends.pop(key, None)
                if document:
                    ends[key] = (document["$sourceId"], document["$targetId"])
        for key, pair in ends.items():
            for twin in pair:
                found.setdefault(twin, {})[key] = None
        return found

    def _add_ends(self, key: Key, *twins: str) -> None:
        for twin in twins:
            self._ends.setdefault(twin, {})[key] = None

    def _forget_ends(self, key: Key) -> None:
        document = self.get(key) if key[1] is not None else None
        if document:
            for twin in (document["$sourceId"], document["$targetId"]):
                self._ends.get(twin, {}).pop(key, None)
