"""The fleet's DTDL v3 models."""

from __future__ import annotations

from typing import Any

CONTEXT = ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"]
Element = dict[str, Any]


def dtmi(name: str) -> str:
    """The DTMI of a model of the fleet."""
    return f"dtmi:net:nordwald:grid:{name};1"


def _telemetry(
    name: str, label: str, kind: str | None = None, unit: str | None = None, schema: str = "double"
) -> Element:
    element: Element = {"@type": ["Telemetry", kind] if kind else "Telemetry", "name": name, "displayName": label}
    return element | {"schema": schema} | ({"unit": unit} if kind else {})


def _property(
    name: str, label: str, schema: Any = "string", kind: str | None = None, unit: str | None = None
) -> Element:
    element: Element = {"@type": ["Property", kind] if kind else "Property", "name": name, "displayName": label}
    return element | {"schema": schema} | ({"unit": unit} if kind else {})


def _relationship(name: str, label: str) -> Element:
    return {"@type": "Relationship", "name": name, "displayName": label}


def _interface(name: str, label: str, *contents: Element, extends: str = "", about: str = "") -> Element:
    document: Element = {"@context": CONTEXT, "@id": dtmi(name), "@type": "Interface", "displayName": label}
    if about:
        document["description"] = about
    if extends:
        document["extends"] = dtmi(extends)
    return document | {"contents": list(contents)}


def models() -> list[Element]:
    """All models; `Equipment` first."""
    return [
        _interface(
            "Equipment",
            "Equipment",
            _property("name", "Name"),
            _property("manufacturer", "Manufacturer"),
            _property("inService", "In service since", "date"),
            _relationship("houses", "houses"),
            _relationship("supplies", "supplies"),
            _relationship("protects", "protects"),
            _relationship("monitors", "monitors"),
        ),
        _interface("Region", "Region", extends="Equipment"),
        _interface(
            "Substation",
            "Substation",
            _property("highVoltage", "High voltage", "double", "Voltage", "kilovolt"),
            _property("staffed", "Staffed", "boolean"),
            extends="Equipment",
        ),
        _interface(
            "PowerTransformer",
            "Power transformer",
            _telemetry("topOilTemperature", "Top-oil temperature", "Temperature", "degreeCelsius"),
            _telemetry("loadCurrent", "Load current", "Current", "ampere"),
            _telemetry("tapPosition", "Tap position"),
            _telemetry("cooling", "Cooling stage", schema="string"),
            _property("ratedPower", "Rated power (MVA)", "double"),
            _property("coolingClass", "Cooling class"),
            extends="Equipment",
        ),
        _interface("Busbar", "Busbar", _telemetry("voltage", "Voltage", "Voltage", "kilovolt"), extends="Equipment"),
        _interface(
            "Feeder",
            "Feeder",
            _telemetry("activePower", "Active power", "Power", "kilowatt"),
            _telemetry("current", "Current", "Current", "ampere"),
            _property("customers", "Customers", "integer"),
            _property("cable", "Cable share", "double"),
            extends="Equipment",
        ),
        _interface(
            "CircuitBreaker",
            "Circuit breaker",
            _telemetry("gasPressure", "SF6 pressure", "Pressure", "bar"),
            _telemetry("position", "Position", schema="string"),
            _property("medium", "Quenching medium"),
            extends="Equipment",
        ),
        _interface(
            "WeatherStation",
            "Weather station",
            _telemetry("airTemperature", "Air temperature", "Temperature", "degreeCelsius"),
            _telemetry("windSpeed", "Wind speed", "Velocity", "metrePerSecond"),
            extends="Equipment",
        ),
    ]
