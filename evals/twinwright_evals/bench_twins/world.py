"""A synthetic plant of any size: twins of 20 models and twice as many relationships, as a bulk-import file.

Lines of twenty machines, sensors on the machines, controllers and cabinets. Every number in it comes from one seed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PREFIX = "dtmi:twinwright:bench:"
# Machine models, with the property that each adds.
OWN = {"Pump": "head", "Valve": "opening", "Motor": "torque", "Conveyor": "speed"}
OWN |= {"Filler": "rate", "Tank": "level", "HeatExchanger": "duty", "Compressor": "ratio"}
MACHINES = tuple(OWN)
SENSORS = ("TemperatureSensor", "PressureSensor", "FlowSensor", "VibrationSensor")
PLACES = ("Site", "Area", "Line")
LINE = 20  # machines
FLOWS = {"contains": "structure", "feeds": "forward", "monitors": "backward", "controls": "forward"}
_STATES = ("running", "stopped", "failed")
_MEDIA = ("water", "syrup", "air", "glycol", "steam")
_MAKERS = ("KSB", "Grundfos", "Sulzer", "Krones", "Alfa Laval")


def dtmi(name: str) -> str:
    """The id of a model."""
    return f"{PREFIX}{name};1"


def _property(name: str, schema: Any) -> dict[str, Any]:
    return {"@type": "Property", "name": name, "schema": schema}


def _relationship(name: str, target: str, *properties: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"@type": "Relationship", "name": name, "target": dtmi(target)}
    return found | ({"properties": list(properties)} if properties else {})


def _model(name: str, base: str | None, *contents: dict[str, Any]) -> dict[str, Any]:
    head = {"@context": "dtmi:dtdl:context;3", "@id": dtmi(name), "@type": "Interface", "displayName": name}
    return head | ({"extends": dtmi(base)} if base else {}) | {"contents": list(contents)}


def models() -> list[dict[str, Any]]:
    """The twenty models, bases first."""
    values = [{"name": each, "enumValue": each} for each in _STATES]
    state = {"@type": "Enum", "valueSchema": "string", "enumValues": values}
    return [
        _model(
            "Asset",
            None,
            _property("name", "string"),
            _property("serial", "string"),
            _property("commissioned", "dateTime"),
            _property("priority", "integer"),
            _property("active", "boolean"),
            _relationship("contains", "Asset"),
        ),
        *(_model(name, "Asset", _property("country", "string")) for name in PLACES),
        _model(
            "Machine",
            "Asset",
            _property("maker", "string"),
            _property("state", state),
            _property("temperature", "double"),
            _property("power", "double"),
            _property("hours", "long"),
            _relationship("feeds", "Machine", _property("capacity", "double"), _property("medium", "string")),
        ),
        *(_model(name, "Machine", _property(OWN[name], "double")) for name in MACHINES),
        _model(
            "Sensor",
            "Asset",
            _property("unit", "string"),
            _property("limit", "double"),
            _relationship("monitors", "Machine"),
        ),
        *(_model(name, "Sensor") for name in SENSORS),
        _model("Controller", "Asset", _property("firmware", "string"), _relationship("controls", "Machine")),
        _model("Cabinet", "Asset", _property("slots", "integer")),
    ]


@dataclass(frozen=True)
class World:
    """How many twins of a kind there are; ids are the kind and a number, such as ``machine-0000012``."""

    twins: int
    seed: int = 1

    @property
    def machines(self) -> int:
        """Twins of the eight machine models."""
        return self.twins * 2 // 5

    @property
    def lines(self) -> int:
        """Lines of `LINE` machines each, the last one not full."""
        return -(-self.machines // LINE)

    @property
    def areas(self) -> int:
        """Areas of 20 lines each."""
        return -(-self.lines // 20)

    @property
    def sites(self) -> int:
        """Sites of 20 areas each."""
        return -(-self.areas // 20)

    @property
    def sensors(self) -> int:
        """All that is neither machine, place, controller nor cabinet."""
        return self.twins - self.machines - self.lines - self.areas - self.sites - self.controllers - self.cabinets

    @property
    def controllers(self) -> int:
        """One for every ten machines."""
        return self.machines // 10

    @property
    def cabinets(self) -> int:
        """One for every twenty machines."""
        return self.machines // 20

    def records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Twins, then relationships: two for every twin, as ("Twins" or "Relationships", document)."""
        chance = random.Random(self.seed)
        for each in self._twins(chance):
            yield "Twins", each
        for each in self._relationships(chance):
            yield "Relationships", each

    def write_plant(self, folder: Path) -> None:
        """The plant as a plant folder that holds nothing but twins."""
        flows = "".join(f'{name} = "{flow}"\n' for name, flow in FLOWS.items())
        (folder / "twinwright.toml").write_text(f"[relationships]\n{flows}", encoding="utf-8")
        self.write(folder / "plant.ndjson")

    def write(self, file: Path) -> None:
        """The plant as a bulk-import file of one JSON object a line."""
        with file.open("w", encoding="utf-8", buffering=1 << 20) as out:
            _line(out, {"Section": "Header"})
            _line(out, {"fileVersion": "1.0.0", "author": "bench", "organization": "bench"})
            section = "Models"
            _line(out, {"Section": section})
            for model in models():
                _line(out, model)
            for kind, record in self.records():
                if kind != section:
                    section = kind
                    _line(out, {"Section": section})
                _line(out, record)

    def _twins(self, chance: random.Random) -> Iterator[dict[str, Any]]:
        for kind, count in (("site", self.sites), ("area", self.areas), ("line", self.lines)):
            for number in range(count):
                yield _twin(kind, number, kind.capitalize(), chance, {"country": "DE"})
        for number in range(self.machines):
            yield _machine(number, chance)
        for number in range(self.sensors):
            model = SENSORS[number % len(SENSORS)]
            yield _twin("sensor", number, model, chance, {"unit": "SI", "limit": round(chance.uniform(0, 100), 2)})
        for number in range(self.controllers):
            yield _twin("controller", number, "Controller", chance, {"firmware": f"{number % 9}.{number % 7}"})
        for number in range(self.cabinets):
            yield _twin("cabinet", number, "Cabinet", chance, {"slots": 8 + number % 24})

    def _relationships(self, chance: random.Random) -> Iterator[dict[str, Any]]:
        count = 0
        for found in self._structure():
            count += 1
            yield _edge(count, *found)
        for number in range(self.sensors):
            count += 1
            yield _edge(count, "monitors", _id("sensor", number), _id("machine", number % self.machines))
        for number in range(self.controllers):
            count += 1
            yield _edge(count, "controls", _id("controller", number), _id("machine", number * 10))
        # along the lines, and then from the first ones to others, until there are two for every twin
        for number in range(2 * self.twins - count):
            source = number % self.machines
            step = 1 if number < self.machines else chance.randint(2, 2 * LINE)
            target = _id("machine", (source + step) % self.machines)
            carried = {"capacity": round(chance.uniform(1, 50), 2), "medium": _MEDIA[number % len(_MEDIA)]}
            yield _edge(count + number + 1, "feeds", _id("machine", source), target, carried)

    def _structure(self) -> Iterator[tuple[str, str, str]]:
        for child, count, parent, size, parents in (
            ("area", self.areas, "site", 20, self.sites),
            ("line", self.lines, "area", 20, self.areas),
            ("machine", self.machines, "line", LINE, self.lines),
            ("sensor", self.sensors, "machine", 1, self.machines),
            ("controller", self.controllers, "cabinet", 2, self.cabinets),
            ("cabinet", self.cabinets, "line", 1, self.lines),
        ):
            for number in range(count):
                yield "contains", _id(parent, number // size % parents), _id(child, number)


def _line(out: Any, value: dict[str, Any]) -> None:
    out.write(json.dumps(value, separators=(",", ":")) + "\n")


def _id(kind: str, number: int) -> str:
    return f"{kind}-{number:07d}"


def _twin(kind: str, number: int, model: str, chance: random.Random, own: dict[str, Any]) -> dict[str, Any]:
    day = chance.randrange(9000)
    return {
        "$dtId": _id(kind, number),
        "$metadata": {"$model": dtmi(model)},
        "name": f"{model} {number}",
        "serial": f"SN{chance.randrange(10**9):09d}",
        "commissioned": f"{2000 + day // 365:04d}-{1 + day % 12:02d}-{1 + day % 28:02d}T08:00:00Z",
        "priority": 1 + day % 5,
        "active": day % 10 > 0,
        **own,
    }


def _machine(number: int, chance: random.Random) -> dict[str, Any]:
    model = MACHINES[number % len(MACHINES)]
    own = {
        "maker": _MAKERS[chance.randrange(len(_MAKERS))],
        "state": _STATES[chance.randrange(len(_STATES))],
        "temperature": round(chance.uniform(10, 100), 2),
        "power": round(chance.uniform(0.1, 90), 2),
        "hours": chance.randrange(100_000),
        OWN[model]: round(chance.uniform(0, 100), 2),
    }
    return _twin("machine", number, model, chance, own)


def _edge(number: int, name: str, source: str, target: str, properties: dict[str, Any] | None = None) -> dict[str, Any]:
    head = {"$relationshipId": f"r{number:07d}", "$relationshipName": name}
    return {"$sourceId": source, **head, "$targetId": target, **(properties or {})}
