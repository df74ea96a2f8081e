"""Models that nobody wrote: those of the corpus with one or two things changed at random.

Where the corpus says how well the rules that we thought of are kept, these say how well the others are.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .corpus import Model

_LONGEST = 4000
_TWICE = 0.3
_ARRAY = {"@type": "Array", "elementSchema": "double"}
_ENUM = {"@type": "Enum", "valueSchema": "integer", "enumValues": [{"name": "a", "enumValue": 1}]}
_OBJECT = {"@type": "Object", "fields": [{"name": "a", "schema": "double"}]}
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2.5, "", "x", "a_", "A" * 65, {}, ["a"], ["a", "b"]),
    *("double", "string", "integer", "point", "scaledDecimal", "uuid", "Telemetry", "Property", "Array", "Interface"),
    *("Temperature", "kelvin", "unit", "dtmi:test:M;1", "dtmi:test:x;1", "dtmi:test:x", "dtmi:dtdl:x;1"),
    *("dtmi:dtdl:context;2", "dtmi:dtdl:context;3", "dtmi:dtdl:context;4"),
    *({"en": "x"}, {"@value": "x"}, {"@value": 1}, {"@id": "dtmi:test:z;1"}, _ARRAY, _ENUM, _OBJECT),
    *({"@type": "Telemetry", "name": "zz", "schema": "double"}, {"name": "q", "schema": "long"}),
)
_NAMES = (
    *("@type", "@id", "@context", "@foo", "name", "schema", "unit", "writable", "comment", "displayName"),
    *("description", "target", "fields", "enumValues", "valueSchema", "mapKey", "mapValue", "elementSchema", "request"),
    *("response", "extends", "contents", "schemas", "properties", "maxMultiplicity", "minMultiplicity", "nullable"),
    *("annotates", "overrides", "index", "enumValue", "commandType", "foo"),
)

_Path = tuple[Any, ...]


def mutants(models: Sequence[Model], count: int, seed: int) -> Iterator[Model]:
    """Changed models; whether they are valid is for the parser to say."""
    rng = random.Random(seed)
    small = [model for model in models if len(json.dumps(model.document)) < _LONGEST]
    for index in range(count):
        model = rng.choice(small)
        document = mutant(model.document, rng)
        if rng.random() < _TWICE:
            document = mutant(document, rng)
        yield Model(f"mutant {index}", model.version, document, True)


def mutant(document: Any, rng: random.Random) -> Any:
    """A copy of a document with one thing changed."""
    changed = copy.deepcopy(document)
    rng.choice(_CHANGES)(changed, rng)
    return changed


def _spots(value: Any, path: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _spots(each, (*path, key))


def _holder(document: Any, path: _Path) -> Any:
    for key in path[:-1]:
        document = document[key]
    return document


def _pick(document: Any, rng: random.Random) -> _Path | None:
    paths = [path for path, _ in _spots(document) if path]
    return rng.choice(paths) if paths else None


def _remove(document: Any, rng: random.Random) -> None:
    path = _pick(document, rng)
    if path:
        del _holder(document, path)[path[-1]]


def _replace(document: Any, rng: random.Random) -> None:
    path = _pick(document, rng)
    if path:
        _holder(document, path)[path[-1]] = copy.deepcopy(rng.choice(_VALUES))


def _move(document: Any, rng: random.Random) -> None:
    path, values = _pick(document, rng), [value for _, value in _spots(document) if isinstance(value, dict | str)]
    if path and values:
        _holder(document, path)[path[-1]] = copy.deepcopy(rng.choice(values))


def _add(document: Any, rng: random.Random) -> None:
    objects = [value for _, value in _spots(document) if isinstance(value, dict)]
    if objects:
        rng.choice(objects)[rng.choice(_NAMES)] = copy.deepcopy(rng.choice(_VALUES))


def _repeat(document: Any, rng: random.Random) -> None:
    lists = [value for _, value in _spots(document) if isinstance(value, list) and value]
    if lists:
        chosen = rng.choice(lists)
        chosen.append(copy.deepcopy(rng.choice(chosen)))


def _rename(document: Any, rng: random.Random) -> None:
    paths = [path for path, _ in _spots(document) if path and isinstance(path[-1], str)]
    if paths:
        path = rng.choice(paths)
        holder = _holder(document, path)
        holder[rng.choice(_NAMES)] = holder.pop(path[-1])


_CHANGES: tuple[Callable[[Any, random.Random], None], ...] = (_remove, _replace, _move, _add, _repeat, _rename)
