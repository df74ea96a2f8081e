"""Small random graphs of twins: of models that inherit, with components, objects, maps and arrays, and with all that
files get wrong: values of another type, properties that no model declares, relationships that none does."""

from __future__ import annotations

from random import Random
from typing import Any

from twinwright_tools.plant.problems import Problem
from twinwright_tools.twins import LoadedTwins, ModelSet, Relationship, Twin, TwinGraph
from twinwright_tools.twins.dtdl import Findings, read_interfaces
from twinwright_tools.twins.flow import Flows

from .reference import Document, Documents

TEXTS = ("", "a", "b", "ab", "Ab", "it's", "50% _\\", "ü", "1", "true", "2024-05-01")
TIMES = ("2024-05-01T00:00:00Z", "2024-05-01T02:00:00+02:00", "2025-01-01T12:30:00.250Z", "2024-05-01T00:00:01Z")
DAYS = ("2024-05-01", "2025-12-31", "1999-01-01")
NUMBERS = (0, 1, -1, 2, 2.5, -0.5, 1e3, 100)
BIG = (2**53, 2**53 + 1, 2**63 - 1, -(2**62) - 1, 5)
STATES = ("on", "off", "ab")
TWIN_IDS = ("a", "b", "B", "c-1", "c-2", "d", "ü", "z'1")
NAMES = ("feeds", "contains", "near")
# A property of the test models, or of their relationship `feeds`, to the values that fit it.
VALUES: dict[str, tuple[Any, ...]] = {
    "name": TEXTS,
    "power": NUMBERS,
    "count": (0, 1, 2, -3),
    "big": BIG,
    "ok": (True, False),
    "day": DAYS,
    "at": TIMES,
    "span": ("PT1H", "P1D"),
    "state": STATES,
    "grade": (1, 2),
    "mixed": (1, 2.5, "a", "1"),
}
EDGE_VALUES: dict[str, tuple[Any, ...]] = {"flow": NUMBERS, "since": DAYS, "medium": TEXTS}
_ANY: tuple[Any, ...] = (None, True, 1, 2.5, "a", "1", "2024-05-01T00:00:00Z", {"a": 1}, [], [1, "a", None, [2]])


def dtmi(name: str) -> str:
    """The id of a test model."""
    return f"dtmi:agree:{name};1"


def _property(name: str, schema: Any) -> dict[str, Any]:
    return {"@type": "Property", "name": name, "schema": schema}


def _enum(kind: str, values: tuple[Any, ...]) -> dict[str, Any]:
    named = [{"name": f"v{at}", "enumValue": each} for at, each in enumerate(values)]
    return {"@type": "Enum", "valueSchema": kind, "enumValues": named}


def _model(name: str, base: str | None, *contents: dict[str, Any]) -> dict[str, Any]:
    head = {"@context": "dtmi:dtdl:context;3", "@id": dtmi(name), "@type": "Interface"}
    return head | ({"extends": dtmi(base)} if base else {}) | {"contents": list(contents)}


_PLATE = {
    "@type": "Object",
    "fields": [{"name": "maker", "schema": "string"}, {"name": "year", "schema": "integer"}],
}
_TAGS = {
    "@type": "Map",
    "mapKey": {"name": "key", "schema": "string"},
    "mapValue": {"name": "value", "schema": "string"},
}
_FEEDS = {
    "@type": "Relationship",
    "name": "feeds",
    "properties": [_property("flow", "double"), _property("since", "date"), _property("medium", "string")],
}
MODELS = [
    _model("Part", None, _property("poles", "integer"), _property("maker", "string")),
    _model(
        "Thing",
        None,
        _property("name", "string"),
        _property("ok", "boolean"),
        _property("at", "dateTime"),
        {"@type": "Relationship", "name": "contains"},
        {"@type": "Relationship", "name": "near", "target": dtmi("Thing")},
    ),
    _model("Place", "Thing", _property("tags", _TAGS), _property("mixed", "string"), _property("day", "date")),
    _model(
        "Asset",
        "Thing",
        _property("power", "double"),
        _property("count", "integer"),
        _property("big", "long"),
        _property("state", _enum("string", STATES)),
        _property("mixed", "double"),
        {"@type": "Component", "name": "motor", "schema": dtmi("Part")},
        _FEEDS,
    ),
    _model(
        "Pump",
        "Asset",
        _property("grade", _enum("integer", (1, 2))),
        _property("plate", _PLATE),
        _property("span", "duration"),
        _property("levels", {"@type": "Array", "elementSchema": "double"}),
        _property("labels", {"@type": "Array", "elementSchema": "string"}),
    ),
]
CONCRETE = ("Place", "Asset", "Pump", "Thing")


def model_set() -> ModelSet:
    """The test models."""
    problems: list[Problem] = []
    findings = Findings("models")
    interfaces = [found for each in MODELS for found in read_interfaces(each, "$", findings)]
    models = ModelSet.checked(interfaces, problems)
    if problems or findings.problems:
        raise ValueError(f"the test models don't hold together: {[*problems, *findings.problems]}")
    return models


def random_graph(chance: Random, models: ModelSet, most: int = 8) -> tuple[LoadedTwins, Documents]:
    """A graph as the store takes it, and the same as documents."""
    ids = list(TWIN_IDS)
    chance.shuffle(ids)
    twins = [_twin(chance, each) for each in ids[: most if chance.random() < 0.7 else chance.randint(0, most)]]
    count = chance.randint(0, 2 * len(twins))
    edges = [_edge(chance, f"r{at % 3}" if chance.random() < 0.5 else f"e{at}", twins) for at in range(count)]
    unique = {(each.source, each.id): each for each in edges}
    graph = TwinGraph({each.id: each for each in twins}, tuple(unique.values()), Flows())
    documents = Documents([_twin_document(each) for each in twins], [_edge_document(each) for each in unique.values()])
    return LoadedTwins(models, graph, []), documents


def _twin(chance: Random, name: str) -> Twin:
    kind = chance.choice(CONCRETE)
    metadata: dict[str, Any] = {}
    if chance.random() < 0.3:
        metadata = {"$lastUpdateTime": chance.choice(TIMES), "power": {"lastUpdateTime": chance.choice(TIMES)}}
    etag = f'W/"{name}"' if chance.random() < 0.3 else None
    return Twin(name, dtmi(kind), _properties(chance, kind), etag, metadata)


def _properties(chance: Random, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, values in VALUES.items():
        if chance.random() < (0.6 if _declares(kind, name) else 0.05):
            found[name] = chance.choice(values) if chance.random() < 0.9 else chance.choice(_ANY)
    if kind == "Pump":
        _some(chance, found, "plate", {"maker": chance.choice(TEXTS), "year": chance.choice((1999, 2024))})
        _some(chance, found, "levels", [chance.choice(NUMBERS) for _ in range(chance.randint(0, 3))])
        _some(chance, found, "labels", [chance.choice((*TEXTS, 1)) for _ in range(chance.randint(0, 3))])
    if kind in ("Asset", "Pump"):
        _some(
            chance,
            found,
            "motor",
            {"$metadata": {}, "poles": chance.choice((2, 4, "4")), "maker": chance.choice(TEXTS)},
        )
    if kind == "Place":
        _some(
            chance,
            found,
            "tags",
            {name: chance.choice(TEXTS) for name in ("red", "2nd floor") if chance.random() < 0.6},
        )
    if chance.random() < 0.1:
        found["extra"] = chance.choice(_ANY)
    return found


def _some(chance: Random, found: dict[str, Any], name: str, value: Any) -> None:
    if chance.random() < 0.6:
        found[name] = value if chance.random() < 0.9 else chance.choice(_ANY)


def _declares(kind: str, name: str) -> bool:
    found = {"Thing": {"name", "ok", "at"}}
    found["Place"] = found["Thing"] | {"mixed", "day"}
    found["Asset"] = found["Thing"] | {"power", "count", "big", "state", "mixed"}
    found["Pump"] = found["Asset"] | {"grade", "span"}
    return name in found[kind]


def _edge(chance: Random, name: str, twins: list[Twin]) -> Relationship:
    source, target = chance.choice(twins), chance.choice(twins)
    kind = chance.choice(NAMES)
    found: dict[str, Any] = {}
    for each, values in EDGE_VALUES.items():
        if chance.random() < (0.6 if kind == "feeds" else 0.05):
            found[each] = chance.choice(values) if chance.random() < 0.9 else chance.choice(_ANY)
    return Relationship(name, kind, source.id, target.id, found)


def _twin_document(twin: Twin) -> Document:
    head: Document = {"$dtId": twin.id, "$metadata": {"$model": twin.model, **twin.metadata}}
    return head | ({"$etag": twin.etag} if twin.etag else {}) | twin.properties


def _edge_document(edge: Relationship) -> Document:
    head: Document = {"$relationshipId": edge.id, "$relationshipName": edge.name}
    return head | {"$sourceId": edge.source, "$targetId": edge.target} | edge.properties
