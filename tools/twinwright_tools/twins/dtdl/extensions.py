"""What extensions add to DTDL: adjunct types, their members, and where they may stand.

Sources: the documents "QuantitativeTypes", "Annotation", "Overriding", "Historization", "Mqtt", "Requirement" and "IoT
Central extension" beside the specification, each in all of its published versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from .metamodel import MAX_INTEGER, Member
from .types import GEOSPATIAL, NUMERIC
from .units import UNIT_TYPES, semantic_types


@dataclass(frozen=True, slots=True)
class Adjunct:
    """A type that can stand beside an element's own.

    Attributes:
        on: the classes that it may be added to.
        versions: the versions of DTDL in which those elements may be written.
        members: what it adds.
        schemas: names of the schemas that the element's own schema must be one of; None for any.
        needs: another adjunct type that must stand there too.
        unit_type: the unit type of a semantic type.
    """

    on: tuple[str, ...]
    versions: tuple[int, ...]
    members: Mapping[str, Member] = field(default_factory=dict)
    schemas: frozenset[str] | None = None
    needs: str | None = None
    unit_type: str | None = None


Adjuncts = Mapping[str, Adjunct]

_LATER = (3, 4)
_VALUES = ("CommandRequest", "CommandResponse", "Field", "MapValue", "Property", "Telemetry")
_STATE = ("Property", "Telemetry")
_SEMANTIC_SCHEMAS = NUMERIC | {"decimal"}


def _semantic(version: int) -> Adjuncts:
    """The semantic types of DTDL 2, or of the extension for DTDL 3 or 4."""
    on = _STATE if version == 2 else _VALUES
    return {
        name: Adjunct(on, (version,), {"unit": Member("term", required=True)}, _SEMANTIC_SCHEMAS, unit_type=unit_type)
        for name, unit_type in semantic_types(version).items()
    }


def _annotation(versions: tuple[int, ...]) -> Adjuncts:
    return {"ValueAnnotation": Adjunct(_STATE, versions, {"annotates": Member("text", required=True)})}


def _overriding(versions: tuple[int, ...]) -> Adjuncts:
    overrides = {"overrides": Member("term", required=True)}
    return {"Override": Adjunct(("Property",), versions, overrides, needs="ValueAnnotation")}


def _mqtt(version: int) -> Adjuncts:
    versions = (3,) if version == 1 else _LATER
    text, topics = Member("text"), ("commandTopic", "telemetryTopic")
    groups = ("cmdServiceGroupId", "telemServiceGroupId") if version > 1 else ()
    payload = {"payloadFormat": Member("text", required=True)}
    index = {"index": Member("integer", required=True, least=1, most=MAX_INTEGER)}
    found = {
        "Mqtt": Adjunct(("Interface",), versions, payload | dict.fromkeys((*topics, *groups), text)),
        "Idempotent": Adjunct(("Command",), versions),
        "Cacheable": Adjunct(("Command",), versions, {"ttl": Member("text", required=True)}),
        "Indexed": Adjunct(("EnumValue", "Field", "Telemetry"), versions, index),
    }
    if version > 1:
        found["Transparent"] = Adjunct(("CommandRequest", "CommandResponse"), versions, schemas=frozenset({"object"}))
    if version > 2:
        found |= {
            "Result": Adjunct(("Object",), versions),
            "NormalResult": Adjunct(("Field",), versions),
            "ErrorResult": Adjunct(("Field",), versions),
            "Error": Adjunct(("Object",), versions),
            "ErrorMessage": Adjunct(("Field",), versions, schemas=frozenset({"string"})),
        }
    return found


def _iot_central() -> Adjuncts:
    unit = Member("term")
    numbers = frozenset({"double", "float", "integer", "long"})
    vector = frozenset({"vector"})
    return {
        "State": Adjunct(_STATE, (2,), schemas=frozenset({"enum"})),
        "Event": Adjunct(_STATE, (2,), schemas=numbers | {"string"}),
        "Location": Adjunct(_STATE, (2,), schemas=GEOSPATIAL | {"geopoint"}),
        "VelocityVector": Adjunct(_STATE, (2,), {"unit": unit}, vector, unit_type="VelocityUnit"),
        "AccelerationVector": Adjunct(_STATE, (2,), {"unit": unit}, vector, unit_type="AccelerationUnit"),
    }


_EXTENSIONS: dict[str, dict[int, Adjuncts]] = {
    "dtmi:dtdl:extension:quantitativeTypes": {1: _semantic(3), 2: _semantic(4)},
    "dtmi:dtdl:extension:annotation": {1: _annotation((3,)), 2: _annotation(_LATER)},
    "dtmi:dtdl:extension:overriding": {1: _overriding((3,)), 2: _overriding(_LATER)},
    "dtmi:dtdl:extension:historization": {
        1: {"Historized": Adjunct(_STATE, (3,))},
        2: {"Historized": Adjunct(_STATE, _LATER)},
    },
    "dtmi:dtdl:extension:mqtt": {version: _mqtt(version) for version in (1, 2, 3)},
    "dtmi:dtdl:extension:requirement": {1: {"Required": Adjunct(("Field",), _LATER)}},
    "dtmi:iotcentral:context": {2: _iot_central()},
}

QUANTITIES = "dtmi:dtdl:extension:quantitativeTypes"
IOT_CENTRAL = "dtmi:iotcentral:context"


def known_versions(extension: str) -> list[int]:
    """The published versions of an extension, by its context specifier without a version; none if it is unknown."""
    return list(_EXTENSIONS.get(extension, {}))


@lru_cache(maxsize=256)
def adjuncts(version: int, extensions: tuple[tuple[str, int], ...]) -> Adjuncts:
    """The adjunct types of a version of DTDL with some extensions, by their words; those of DTDL 2 take precedence."""
    found: dict[str, Adjunct] = {}
    for name, of in extensions:
        found |= _EXTENSIONS[name][of]
    return found | dict(_semantic(2)) if version == 2 else found


@lru_cache(maxsize=256)
def extension_schemas(version: int, extensions: tuple[tuple[str, int], ...]) -> frozenset[str]:
    """The words that extensions add for schemas: unit types, and those of IoT Central."""
    found: set[str] = set()
    for name, of in extensions:
        if name == IOT_CENTRAL:
            found |= {"geopoint", "vector"}
        if name == QUANTITIES and of <= version - 2:
            found |= set(UNIT_TYPES)
    return frozenset(found)
