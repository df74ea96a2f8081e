"""DTDL models, valid and not, in data/models.yaml; and what a set of models answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from twinwright_tools.plant.problems import Problem
from twinwright_tools.twins import LoadedTwins, ModelSet
from twinwright_tools.twins.dtdl import Findings, read_interfaces
from twinwright_tools.twins.dtdl.types import EnumSchema, Primitive, Property
from twinwright_tools.twins.dtdl.units import SEMANTIC_TYPES, SYMBOLS, UNIT_TYPES, symbol
from twinwright_tools.twins.dtdl.values import mismatch

CASES = yaml.safe_load((Path(__file__).parent / "data" / "models.yaml").read_text())
CONTEXT = "dtmi:dtdl:context;3"
BASE = {
    "@context": CONTEXT,
    "@id": "dtmi:test:Base;1",
    "@type": "Interface",
    "contents": [{"@type": "Property", "name": "name", "schema": "string"}, {"@type": "Relationship", "name": "near"}],
}
PART = {
    "@context": CONTEXT,
    "@id": "dtmi:test:Part;1",
    "@type": "Interface",
    "contents": [{"@type": "Telemetry", "name": "heat", "schema": "double"}],
}


def document(case: dict[str, Any]) -> Any:
    if "models" in case:
        return case["models"]
    interface = {"@context": case.get("context", CONTEXT), "@id": "dtmi:test:M;1", "@type": "Interface"}
    return [BASE, PART, interface | {key: case[key] for key in ("contents", "extends", "schemas") if key in case}]


def read(value: Any) -> tuple[ModelSet, list[Problem]]:
    findings = Findings("models.json")
    interfaces = read_interfaces(value, "$", findings)
    return ModelSet.checked(interfaces, findings.problems), findings.problems


@pytest.mark.parametrize("case", CASES["valid"], ids=lambda case: case["name"])
def test_valid(case: dict[str, Any]) -> None:
    models, problems = read(document(case))
    assert problems == []
    for each in document(case):
        assert each["@id"] in models
        contents = each.get("contents", [])
        for content in contents if isinstance(contents, list) else [contents]:
            assert content["name"] in models.contents(each["@id"])


@pytest.mark.parametrize("case", CASES["invalid"], ids=lambda case: case["name"])
def test_invalid(case: dict[str, Any]) -> None:
    models, problems = read(document(case))
    assert len(problems) == len(case["problems"]), problems
    for problem, (severity, code, place) in zip(problems, case["problems"], strict=True):
        assert (problem.severity, problem.code) == (severity, code), problem
        assert (problem.place or "").endswith(place), problem
        assert problem.file == "models.json"
    assert not [model for model in case.get("left_out", []) if model in models]
    own = models.contents("dtmi:test:M;1")
    assert [name for name in own if name not in ("name", "near")] == case.get("kept", []) or "models" in case


def test_ten_levels_of_extends_are_the_limit() -> None:
    chain = [{"@context": CONTEXT, "@id": "dtmi:test:L0;1", "@type": "Interface"}]
    for level in range(1, 12):
        base = {"extends": f"dtmi:test:L{level - 1};1"}
        chain.append({"@context": CONTEXT, "@id": f"dtmi:test:L{level};1", "@type": "Interface"} | base)
    models, problems = read(chain)
    assert [problem.code for problem in problems] == ["dtdl.depth"]
    assert "dtmi:test:L10;1" in models
    assert "dtmi:test:L11;1" not in models


def test_a_lineage_begins_with_the_model_itself(small_plant: LoadedTwins) -> None:
    models = small_plant.models
    assert models.lineage("dtmi:test:CentrifugalPump;1") == [
        "dtmi:test:CentrifugalPump;1",
        "dtmi:test:Pump;1",
        "dtmi:test:Asset;1",
        "dtmi:test:Thing;1",
    ]
    assert models.is_a("dtmi:test:CentrifugalPump;1", "dtmi:test:Asset;1")
    assert not models.is_a("dtmi:test:Asset;1", "dtmi:test:Pump;1")
    assert models.lineage("dtmi:test:Unheard;1") == ["dtmi:test:Unheard;1"]
    assert models.signals("dtmi:test:Unheard;1") == []


def test_signals_are_found_by_name_and_display_name(small_plant: LoadedTwins) -> None:
    models, pump = small_plant.models, "dtmi:test:CentrifugalPump;1"
    pressure = models.signal(pump, "outletPressure")
    assert pressure is not None
    assert (pressure.unit, pressure.unit_id, pressure.semantic_type) == ("bar", "bar", "Pressure")
    assert (pressure.kind, pressure.schema, pressure.comment) == ("telemetry", "double", "at the flange")
    assert models.signal(pump, "Outlet pressure") == pressure
    heat = models.signal(pump, "motor.temperature")
    assert heat is not None
    assert (heat.unit, heat.component, heat.display_name) == ("°C", "motor", "motor.Winding temperature")
    power = models.signal(pump, "power")
    assert power is not None
    assert (power.kind, power.unit, power.writable) == ("property", "kW", False)
    assert models.signal(pump, "start") is None
    assert models.signal(pump, "temperature") is None
    assert {each.name for each in models.signals(pump)} >= {"name", "stages", "motor.poles", "motor.temperature"}


def test_labels_are_display_names_or_the_last_segment(small_plant: LoadedTwins) -> None:
    labels = [small_plant.models.label(each) for each in ("dtmi:test:Asset;1", "dtmi:test:Motor;1", "dtmi:a:Gone;3")]
    assert labels == ["Asset", "Motor", "Gone"]


def test_every_semantic_type_has_units_with_symbols() -> None:
    assert len(SEMANTIC_TYPES) == 52
    assert set(SEMANTIC_TYPES.values()) == set(UNIT_TYPES)
    assert all(SYMBOLS.values())
    assert [symbol(each) for each in ("degreeCelsius", "litrePerMinute", "percent", "smoot", None)] == [
        "°C",
        "L/min",
        "%",
        "smoot",
        None,
    ]


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ("boolean", [True, False], [0, 1, "true", None]),
        ("date", ["2026-01-05"], ["5.1.2026", 20260105]),
        ("dateTime", ["2026-01-05T08:00:00Z", "2026-01-05T08:00:00.5+01:00"], ["2026-01-05T08:00:00", "now", 5]),
        ("double", [1, 1.5, -0.0], ["1", True, None, float("inf")]),
        ("duration", ["P1D", "PT1.5H", "P1Y2M3DT4H5M6S", "P2W"], ["P", "PT", "1 day", 60]),
        ("integer", [1, 1.0, -(2**31)], [1.5, 2**31, True]),
        ("long", [2**31, -(2**63)], [2**63, "1"]),
        ("string", ["", "x"], [1, None, ["x"]]),
        ("time", ["08:00:00"], ["8 o'clock"]),
        (
            "point",
            [{"type": "Point", "coordinates": [13.4, 52.5]}],
            ["x", {"type": "Point"}, {"type": "Point", "coordinates": ["x", 1]}],
        ),
    ],
)
def test_values_fit_their_schema(schema: str, good: list[Any], bad: list[Any]) -> None:
    assert [mismatch(value, Primitive(schema)) for value in good] == [None] * len(good)
    assert all(mismatch(value, Primitive(schema)) for value in bad)


def test_complex_values_are_refused_with_their_place(small_plant: LoadedTwins) -> None:
    models = small_plant.models
    plate = models.contents("dtmi:test:CentrifugalPump;1")["nameplate"]
    assert isinstance(plate, Property)
    assert mismatch({"maker": "a", "year": 1}, plate.schema) is None
    assert mismatch({"year": "old"}, plate.schema) == ".year must be integer, not string 'old'"
    assert mismatch({"yaer": 1}, plate.schema) == "has no field 'yaer'"
    tags = models.contents("dtmi:test:Place;1")["tags"]
    assert isinstance(tags, Property)
    assert mismatch({"a": 1}, tags.schema) == ".a must be string, not number 1"
    levels = models.contents("dtmi:test:Tank;1")["levels"]
    assert isinstance(levels, Property)
    assert mismatch([1, "x"], levels.schema) == "[1] must be double, not string 'x'"
    grade = models.contents("dtmi:test:CentrifugalPump;1")["grade"]
    assert isinstance(grade, Property)
    assert isinstance(grade.schema, EnumSchema)
    assert mismatch(True, grade.schema) == "must be one of 1, 2, not boolean True"
