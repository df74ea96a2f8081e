"""Twins and relationships that stay in the store until somebody wants them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from ..plant.problems import Problem
from .dtdl import ModelSet
from .files import Record
from .flow import Flows
from .graph import Relationship, Twin, TwinGraph
from .load import read_models
from .query.cost import GraphStatistics
from .summary import read_summary

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Cursor = Callable[[], "DuckDBPyConnection"]

# So few are read at once when the first of them is wanted: that takes no longer than a few look-ups.
_FEW = 20_000
_TWIN = "SELECT document FROM twins"
_EDGE = "SELECT document FROM edges"


def write_origin(connection: DuckDBPyConnection, model_records: Sequence[Record], problems: Sequence[Problem]) -> None:
    """Write the tables `model_records` and `twin_problems` beside the twins that came with them."""
    connection.execute("CREATE OR REPLACE TABLE model_records (value VARCHAR, file VARCHAR, place VARCHAR)")
    connection.execute("CREATE OR REPLACE TABLE twin_problems (problems VARCHAR)")
    rows = [(json.dumps(each.value), each.file, each.place) for each in model_records]
    columns = [list(each) for each in zip(*rows, strict=True)] or [[], [], []]
    connection.execute(
        "INSERT INTO model_records SELECT unnest($1::VARCHAR[]), unnest($2::VARCHAR[]), unnest($3::VARCHAR[])", columns
    )
    connection.execute("INSERT INTO twin_problems VALUES ($1)", [json.dumps([each.as_dict() for each in problems])])


def stored_models(connection: DuckDBPyConnection) -> ModelSet:
    """The models that the store was made with."""
    rows = connection.execute("SELECT value, file, place FROM model_records").fetchall()
    return read_models([Record(json.loads(value), file, place) for value, file, place in rows], [])


def stored_twin_problems(connection: DuckDBPyConnection) -> list[Problem]:
    """What was wrong with models, twins and relationships when the store was made."""
    ((text,),) = connection.execute("SELECT problems FROM twin_problems").fetchall()
    return [Problem(**each) for each in json.loads(text)]


class StoredGraph(TwinGraph):
    """The graph of a store."""

    def __init__(self, cursor: Cursor, flows: Flows) -> None:
        """Reads nothing yet; `cursor` gives a cursor of its own to every thread."""
        super().__init__(StoredTwins(cursor), StoredRelationships(cursor), flows)
        object.__setattr__(self, "_cursor", cursor)

    @cached_property
    def statistics(self) -> GraphStatistics:
        """What queries are checked against and their cost is estimated by, as it was counted once."""
        cursor: Cursor = self.__dict__["_cursor"]
        return statistics_of(read_summary(cursor()))


def statistics_of(summary: Mapping[str, Any]) -> GraphStatistics:
    """The statistics in a store's summary."""
    properties: dict[str, set[str]] = {model: set() for model, _ in summary["twins"]}
    for model, name in summary["properties"]:
        properties[model].add(name)
    edge_properties: dict[tuple[str, str], set[str]] = {(model, name): set() for model, name, _, _ in summary["links"]}
    for model, relationship, name in summary["edge_properties"]:
        edge_properties[model, relationship].add(name)
    return GraphStatistics(
        dict(summary["twins"]),
        {(source, name, target): count for source, name, target, count in summary["links"]},
        dict(summary["most_out"]),
        dict(summary["most_in"]),
        {model: frozenset(names) for model, names in properties.items()},
        {key: frozenset(names) for key, names in edge_properties.items()},
    )


class StoredTwins(Mapping[str, Twin]):
    """Twins by id, in the order of the files; one is looked up alone, all are read when they are gone through."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._found: dict[str, Twin | None] = {}

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __contains__(self, twin: object) -> bool:
        return isinstance(twin, str) and self._find(twin) is not None

    def __getitem__(self, twin: str) -> Twin:
        found = self._find(twin)
        if found is None:
            raise KeyError(twin)
        return found

    def _find(self, twin: str) -> Twin | None:
        if self._count <= _FEW or "_all" in self.__dict__:
            return self._all.get(twin)
        if twin not in self._found:
            rows = self._cursor().execute(f"{_TWIN} WHERE id = $1", [twin]).fetchall()
            if len(self._found) >= _FEW:
                self._found.clear()
            self._found[twin] = _twin(rows[0][0]) if rows else None
        return self._found[twin]

    @cached_property
    def _count(self) -> int:
        ((count,),) = self._cursor().execute("SELECT count(*) FROM twins").fetchall()
        return int(count)

    @cached_property
    def _all(self) -> dict[str, Twin]:
        rows = self._cursor().execute(f"{_TWIN} ORDER BY place").fetchall()
        twins = [_twin(document) for (document,) in rows]
        return {each.id: each for each in twins}


class StoredRelationships(Sequence[Relationship]):
    """Relationships in the order of the files; all are read when one is wanted."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Relationship: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Relationship]: ...
    def __getitem__(self, at: int | slice) -> Relationship | Sequence[Relationship]:
        return self._all[at]

    def __iter__(self) -> Iterator[Relationship]:
        return iter(self._all)

    @cached_property
    def _count(self) -> int:
        ((count,),) = self._cursor().execute("SELECT count(*) FROM edges").fetchall()
        return int(count)

    @cached_property
    def _all(self) -> tuple[Relationship, ...]:
        rows = self._cursor().execute(f"{_EDGE} ORDER BY place").fetchall()
        return tuple(_relationship(document) for (document,) in rows)


def _twin(text: str) -> Twin:
    document = json.loads(text)
    metadata = document.get("$metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    rest = {name: value for name, value in metadata.items() if name != "$model"}
    model = metadata.get("$model")
    return Twin(document["$dtId"], model if isinstance(model, str) else "", _own(document), _etag(document), rest)


def _relationship(text: str) -> Relationship:
    document = json.loads(text)
    return Relationship(
        document["$relationshipId"],
        document["$relationshipName"],
        document["$sourceId"],
        document["$targetId"],
        _own(document),
        _etag(document),
    )


def _own(document: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in document.items() if not name.startswith("$")}


def _etag(document: dict[str, Any]) -> str | None:
    etag = document.get("$etag")
    return etag if isinstance(etag, str) else None
