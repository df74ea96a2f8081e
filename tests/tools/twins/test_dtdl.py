"""DTDL models, valid and not, in data/models.yaml; and what a set of models answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from twinwright_tools.plant.problems import Problem
from twinwright_tools.twins import LoadedTwins, ModelSet
from twinwright_tools.twins.dtdl import Findings, read_interfaces
from twinwright_tools.twins.dtdl.types import Command, EnumSchema, Primitive, Property
from twinwright_tools.twins.dtdl.units import (
    SEMANTIC_TYPES,
    SYMBOLS,
    UNIT_TYPES,
    semantic_types,
    symbol,
    units_of,
)
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
        ("date", ["2026-01-05"], ["5.1.2026", 20260105, "2026-W02-1", "2026-02-30", "20260105"]),
        (
            "dateTime",
            ["2026-01-05T08:00:00Z", "2026-01-05T08:00:00.5+01:00", "2026-01-05T08:00:00.1234567Z"],
            ["2026-01-05T08:00:00", "now", 5, "2026-01-05", "2026-01-05T08:00Z"],
        ),
        ("double", [1, 1.5, -0.0], ["1", True, None, float("inf")]),
        ("duration", ["P1D", "PT1.5H", "P1Y2M3DT4H5M6S", "P2W"], ["P", "PT", "1 day", 60]),
        ("integer", [1, 1.0, -(2**31)], [1.5, 2**31, True]),
        ("long", [2**31, -(2**63)], [2**63, "1"]),
        ("string", ["", "x"], [1, None, ["x"]]),
        ("time", ["08:00:00", "08:00:00.25Z", "08:00:00+02:00"], ["8 o'clock", "08:00", "25:00:00", 8]),
        ("byte", [-128, 127, 0.0], [128, -129, 0.5, "1"]),
        ("short", [-(2**15), 2**15 - 1], [2**15, None]),
        ("unsignedByte", [0, 255], [-1, 256, True]),
        ("unsignedShort", [0, 2**16 - 1], [2**16]),
        ("unsignedInteger", [0, 2**32 - 1], [-1, 2**32]),
        ("unsignedLong", [0, 2**64 - 1], [-1, 2**64]),
        ("float", [1, -3.4e38], [3.5e38, "1"]),
        ("decimal", ["1", "-1.50", "+.5", "12345678901234567890.1"], [1, 1.5, "1e5", "", "1,5"]),
        ("uuid", ["f81d4fae-7dec-11d0-a765-00a0c91e6bf6"], ["f81d4fae7dec11d0a76500a0c91e6bf6", "x", 5]),
        ("bytes", ["", "aGVsbG8="], ["aGVsbG8", "ä", 5]),
        (
            "point",
            [{"type": "Point", "coordinates": [13.4, 52.5]}, {"type": "Point", "coordinates": [13.4, 52.5, 34]}],
            ["x", {"type": "Point"}, {"type": "Point", "coordinates": ["x", 1]}, {"type": "Point", "coordinates": [1]}],
        ),
        (
            "lineString",
            [{"type": "LineString", "coordinates": [[1, 2], [3, 4]]}],
            [{"type": "LineString", "coordinates": [[1, 2]]}, {"type": "Point", "coordinates": [1, 2]}],
        ),
        (
            "polygon",
            [{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}],
            [
                {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [2, 2]]]},
                {"type": "Polygon", "coordinates": [[0, 0], [1, 0]]},
            ],
        ),
        (
            "multiPoint",
            [{"type": "MultiPoint", "coordinates": [[1, 2]]}],
            [{"type": "MultiPoint", "coordinates": [1, 2]}],
        ),
    ],
)
def test_values_fit_their_schema(schema: str, good: list[Any], bad: list[Any]) -> None:
    assert [mismatch(value, Primitive(schema)) for value in good] == [None] * len(good)
    assert all(mismatch(value, Primitive(schema)) for value in bad)


RICH = {
    "@context": ["dtmi:dtdl:context;4", "dtmi:dtdl:extension:quantitativeTypes;2", "dtmi:dtdl:extension:requirement;1"],
    "@id": "dtmi:test:Rich;1",
    "@type": "Interface",
    "displayName": {"en": "Rich", "de": "Reich", "pt-BR": "Rico"},
    "schemas": [
        {
            "@id": "dtmi:test:node;1",
            "@type": "Object",
            "fields": [
                {"@type": ["Field", "Required"], "name": "label", "schema": "string"},
                {"name": "parts", "schema": {"@type": "Array", "elementSchema": "dtmi:test:node;1"}},
                {"name": "below", "schema": "dtmi:test:node;1"},
            ],
        }
    ],
    "contents": [
        {"@type": "Property", "name": "tree", "schema": "dtmi:test:node;1"},
        {"@type": "Property", "name": "price", "schema": "scaledDecimal"},
        {"@type": "Property", "name": "shown", "schema": "TemperatureUnit"},
        {
            "@type": "Property",
            "name": "limits",
            "schema": {
                "@type": "Map",
                "mapKey": {"name": "zone", "schema": "string"},
                "mapValue": {
                    "@type": ["MapValue", "Temperature"],
                    "name": "most",
                    "schema": "double",
                    "unit": "kelvin",
                },
            },
        },
        {"@type": "Command", "name": "stop", "request": {"name": "why", "schema": "string", "nullable": True}},
        {"@type": "Component", "name": "part", "schema": "dtmi:test:Part;1"},
    ],
}


def test_schemas_inside_themselves_are_followed_and_values_of_them_checked() -> None:
    models, problems = read([RICH, PART])
    assert problems == []
    tree = models.field("dtmi:test:Rich;1", ["tree", "below", "below", "label"])
    assert tree is not None
    assert (tree.schema, tree.required) == (Primitive("string"), True)
    schema = models.contents("dtmi:test:Rich;1")["tree"]
    assert isinstance(schema, Property)
    good = {"label": "a", "parts": [{"label": "b", "below": {"label": "c"}}]}
    assert mismatch(good, schema.schema) is None
    assert mismatch({"label": "a", "parts": [{"label": 5}]}, schema.schema) == (
        ".parts[0].label must be string, not number 5"
    )
    assert mismatch({"parts": []}, schema.schema) == "lacks the field 'label', which the model requires"
    assert "RecursiveSchema" in repr(schema.schema)


def test_a_path_leads_into_components_objects_and_maps() -> None:
    models, _ = read([RICH, PART])
    rich = "dtmi:test:Rich;1"
    heat, most = models.field(rich, ["part", "heat"]), models.field(rich, ["limits", "any zone"])
    scale, shown = models.field(rich, ["price", "scale"]), models.field(rich, ["shown"])
    assert heat and most and scale and shown
    assert (heat.schema, most.quantity.unit, scale.schema) == (Primitive("double"), "kelvin", Primitive("short"))
    assert isinstance(shown.schema, EnumSchema)
    assert [value.value for value in shown.schema.values] == ["degreeCelsius", "degreeFahrenheit", "kelvin"]
    assert shown.schema.value("kelvin") == shown.schema.values[2]
    for path in ([], ["gone"], ["stop"], ["part"], ["part", "gone"], ["price", "gone"], ["shown", "kelvin"]):
        assert models.field(rich, path) is None
    command = models.contents(rich)["stop"]
    assert isinstance(command, Command) and command.request and command.request.nullable


def test_texts_are_kept_in_all_their_languages() -> None:
    models, _ = read([RICH, PART])
    texts = models.interfaces["dtmi:test:Rich;1"].texts
    assert (texts.display_name, texts.display_name_in("de"), texts.display_name_in("pt")) == ("Rich", "Reich", "Rico")
    assert (texts.display_name_in("fr"), texts.description_in("de")) == ("Rich", None)
    assert [models.label("dtmi:test:Rich;1", language) for language in ("de", "nl")] == ["Reich", "Rich"]


def test_units_are_those_of_the_specifications_tables() -> None:
    tables = yaml.safe_load((Path(__file__).parent / "data" / "dtdl" / "units.yaml").read_text())
    for version in (2, 3, 4):
        word: Any = "later" if version > 2 else 2
        listed = {name: of.get(word, of.get("all")) for name, of in tables.items() if word in of or "all" in of}
        types = semantic_types(version)
        assert types == {name: tables[name]["type"] for name in listed}
        for name, units in listed.items():
            assert sorted(units_of(types[name], version)) == units, name


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
