"""Names of a random plant, and its models and graph, made through the loaders that real plants go through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from twinwright_tools.plant.problems import Problem
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.twins.dtdl import Findings, ModelSet, read_interfaces
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

from .design import Design
from .flowsheet import OUTSIDE, Rng, chance
from .sensors import Sensor, Twins

_WORDS = (
    "alder amber basalt birch bracken brook cedar chalk clover cobalt coral crag delta dune elm ember "
    "fern fjord flint glade granite heath heron hollow iris ivory jasper juniper kestrel larch linden "
    "lotus maple marsh mica moss nettle ochre onyx opal osprey pebble pine quarry quartz raven reed ridge "
    "rowan saffron sable shale sorrel spruce thistle tundra umber vale willow wren yarrow zephyr"
)

_QUANTITIES: dict[str, tuple[str, ...]] = {
    "flow": ("flow", "flow_rate", "FI", "F"),
    "valve": ("valve", "valve_position", "OP", "valveOutput"),
    "level": ("level", "liquid_level", "LI", "L"),
    "pressure": ("pressure", "press", "PI", "P"),
    "temperature": ("temperature", "temp", "TI", "T"),
    "composition": ("x", "share", "AI", "conc"),
    "power": ("power", "work", "JI", "load"),
}
_PRESSURES = {1.0: "bar", 14.504: "poundPerSquareInch", 100.0: "kilopascal"}
_UNITS = {
    "flow": ("MassFlowRate", "kilogramPerHour"),
    "temperature": ("Temperature", "degreeCelsius"),
    "power": ("Power", "kilowatt"),
}
_CONTEXT = ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"]
_FLOWS = {"feeds": Flow("forward"), "cools": Flow("forward"), "heats": Flow("forward"), "contains": Flow("structure")}


@dataclass(frozen=True)
class Named:
    """Names: of the twins in the order of `Twins.all`, of the sensors in their order, of valves that are recorded."""

    twins: tuple[str, ...]
    sensors: tuple[SignalKey, ...]
    valves: dict[int, SignalKey]
    graph: TwinGraph
    models: ModelSet


def name_plant(design: Design, twins: Twins, sensors: Sequence[Sensor], valves: Sequence[int], rng: Rng) -> Named:
    """Names for all twins and signals; nothing in them depends on what will go wrong.

    Args:
        valves: those whose signal is recorded.
    """
    ids = _twin_ids(len(twins.all) + 2, rng)
    style = [str(rng.choice(words)) for words in _QUANTITIES.values()]
    words = dict(zip(_QUANTITIES, style, strict=True))
    taken: set[SignalKey] = set()
    sensor_keys = tuple(_key(ids[one.twin], words[one.quantity], one.part, taken) for one in sensors)
    valve_keys = {}
    for valve in valves:
        owner = twins.valve_owner[valve]
        valve_keys[valve] = _key(ids[owner], words["valve"], _valve_part(design, twins, valve), taken)
    models, dtmis = _models(sensors, sensor_keys, valve_keys, [*ids], rng)
    graph = _graph(design, twins, ids, dtmis, rng)
    return Named(tuple(ids[: len(twins.all)]), sensor_keys, valve_keys, graph, models)


def _twin_ids(count: int, rng: Rng) -> list[str]:
    form = str(rng.choice(["{}-{}", "{}{}", "{}_{}", "{}-{}"]))
    chosen = rng.choice(_WORDS.split(), size=count, replace=False)
    return [form.format(word, int(rng.integers(1, 900))) for word in chosen]


def _key(twin: str, word: str, part: str, taken: set[SignalKey]) -> SignalKey:
    signal = f"{word}_{part}" if part else word
    number = 2
    key = SignalKey(twin, signal)
    while key in taken:
        key = SignalKey(twin, f"{signal}{number}")
        number += 1
    taken.add(key)
    return key


def _valve_part(design: Design, twins: Twins, valve: int) -> str:
    streams = design.sheet.streams
    if valve >= len(streams):
        return "" if twins.all[twins.valve_owner[valve]][0] == "utility" else "jacket"
    stream = streams[valve]
    return "" if stream.phase == "feed" or stream.own_twin else {"liquid": "liquid", "gas": "vapour"}[stream.phase]


def _models(
    sensors: Sequence[Sensor], keys: Sequence[SignalKey], valves: dict[int, SignalKey], ids: list[str], rng: Rng
) -> tuple[ModelSet, dict[str, str]]:
    """One model for each twin, all of one base that declares the relationships."""
    commented, united = chance(rng, 0.6), chance(rng, 0.5)
    base = "dtmi:site:Equipment;1"
    relations = [{"@type": "Relationship", "name": name} for name in _FLOWS]
    documents: list[dict[str, Any]] = [_interface(base, "equipment", relations)]
    contents: dict[str, list[dict[str, Any]]] = {twin: [] for twin in ids}
    for sensor, key in zip(sensors, keys, strict=True):
        unit = ("Pressure", _PRESSURES[sensor.scale]) if sensor.quantity == "pressure" else _UNITS.get(sensor.quantity)
        contents[key.twin].append(_telemetry(key.signal, "measured", commented, unit if united else None))
    for key in valves.values():
        contents[key.twin].append(_telemetry(key.signal, "manipulated", commented, None))
    dtmis = {}
    for number, (twin, telemetry) in enumerate(contents.items(), 1):
        dtmis[twin] = f"dtmi:site:Item{number};1"
        documents.append(_interface(dtmis[twin], twin, telemetry) | {"extends": base})
    findings = Findings(None)
    problems: list[Problem] = []
    models = ModelSet.checked(read_interfaces(documents, "$", findings), problems)
    return models, dtmis


def _interface(dtmi: str, shown: str, contents: list[dict[str, Any]]) -> dict[str, Any]:
    return {"@context": _CONTEXT, "@id": dtmi, "@type": "Interface", "displayName": shown, "contents": contents}


def _telemetry(name: str, role: str, commented: bool, unit: tuple[str, str] | None) -> dict[str, Any]:
    found: dict[str, Any] = {"@type": "Telemetry", "name": name, "schema": "double"}
    if commented:
        found["comment"] = role
    return found | ({"@type": ["Telemetry", unit[0]], "unit": unit[1]} if unit else {})


def _graph(design: Design, twins: Twins, ids: list[str], dtmis: dict[str, str], rng: Rng) -> TwinGraph:
    edges = _edges(design, twins)
    named = [(name, ids[source], ids[target]) for name, source, target in edges]
    used = list(ids[: len(twins.all)])
    if chance(rng, 0.3):
        areas = ids[len(twins.all) :]
        used += areas
        cut = int(rng.integers(1, len(twins.all)))
        named += [("contains", areas[int(place >= cut)], twin) for place, twin in enumerate(ids[: len(twins.all)])]
    relationships = [Relationship(f"{a}--{name}--{b}", name, a, b) for name, a, b in dict.fromkeys(named)]
    order = np.argsort(rng.random(len(relationships)))
    everyone = {twin: Twin(twin, dtmis[twin]) for twin in sorted(used)}
    return TwinGraph(everyone, tuple(relationships[place] for place in order), Flows(dict(_FLOWS)))


def _edges(design: Design, twins: Twins) -> list[tuple[str, int, int]]:
    """Relationships by the places of their twins."""
    sheet = design.sheet
    found = []
    for index, stream in enumerate(sheet.streams):
        source = twins.place("feed" if stream.phase == "feed" else "unit", stream.source)
        way = [source, *([twins.place("stream", index)] if stream.own_twin else [])]
        if stream.target != OUTSIDE:
            way.append(twins.place("unit", stream.target))
        found += [("feeds", a, b) for a, b in pairwise(way)]
    for consumer in sheet.consumers:
        verb = "cools" if consumer.cools else "heats"
        found.append((verb, twins.place("utility", consumer.utility), twins.place("unit", consumer.unit)))
    return found + [("heats", twins.place("unit", hot), twins.place("unit", cold)) for hot, cold in sheet.links]
