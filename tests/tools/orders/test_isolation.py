"""Isolation points come from the graph, each with the relationship that says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from twinwright_tools.orders.isolation import isolation_points
from twinwright_tools.orders.words import words
from twinwright_tools.plant import Plant, open_plant


def energies(workshop: Any, asset: str) -> set[tuple[str, str]]:
    return {(point.energy, point.twin) for point in isolation_points(workshop, asset)[0]}


def test_a_driven_pump_is_isolated_at_its_drive_its_supply_and_both_sides(workshop: Any) -> None:
    assert energies(workshop, "pump") == {
        ("mechanical drive", "drive"),
        ("electrical power", "board"),
        ("liquid", "tank"),
        ("liquid, flowing back", "washer"),
        ("liquid, flowing back", "press"),
        ("stored: rotating mass", "pump"),
        ("stored: liquid inside", "pump"),
    }


def test_power_comes_first_and_what_is_stored_last(workshop: Any) -> None:
    order = [point.energy for point in isolation_points(workshop, "pump")[0]]
    assert order[:2] == ["electrical power", "mechanical drive"]
    assert [energy.startswith("stored") for energy in order] == [False] * (len(order) - 2) + [True] * 2


def test_a_backward_relationship_brings_energy_from_its_target(workshop: Any) -> None:
    points = {point.twin: point for point in isolation_points(workshop, "washer")[0]}
    assert points["boiler"].energy == "steam or heat"
    assert points["boiler"].relationship == "washer--heatedBy--boiler"
    assert points["pump"].energy == "liquid"


def test_what_stands_inside_takes_the_isolation_points_of_what_contains_it(workshop: Any) -> None:
    points, notes = isolation_points(workshop, "gripper")
    assert {(point.energy, point.twin) for point in points} == {
        ("electrical power", "board"),
        ("compressed air", "air"),
    }
    assert any("robot" in note for note in notes)


def test_a_controller_is_no_energy_but_is_named(workshop: Any) -> None:
    points, notes = isolation_points(workshop, "washer")
    assert "gauge" not in {point.twin for point in points}
    assert any("gauge can start or move washer" in note for note in notes)


def test_material_that_arrives_is_stopped(workshop: Any) -> None:
    assert ("incoming material", "robot") in energies(workshop, "press")


def test_what_the_graph_does_not_say_is_said(workshop: Any) -> None:
    points, notes = isolation_points(workshop, "gauge")
    assert points == [] and "find its isolation points on site" in notes[0]


def cell(folder: Path, relationships: list[tuple[str, str, str]], recorded: str = "") -> Plant:
    """A press with a motor in a cell, a saw of which the models say nothing, a fan, and a board."""
    models = {
        "Asset": [{"@type": "Relationship", "name": name} for name in ("contains", "powers", "suppliesAir", "drives")],
        "Press": [{"@type": ["Telemetry", "Current"], "name": "load", "schema": "double", "unit": "ampere"}],
        **{name: [] for name in ("Switchboard", "AirHeader", "Motor", "Fan", "Saw")},
    }
    twins = {"cell": "Asset", "press": "Press", "saw": "Saw", "fan": "Fan", "motor": "Motor"}
    twins |= {"board": "Switchboard", "air": "AirHeader"}
    dtmi = "dtmi:com:example:cell:{};1".format
    document = {
        "digitalTwinsFileInfo": {"fileVersion": "1.0.0"},
        "digitalTwinsGraph": {
            "digitalTwins": [{"$dtId": twin, "$metadata": {"$model": dtmi(model)}} for twin, model in twins.items()],
            "relationships": [
                {"$relationshipId": f"{begin}-{end}", "$sourceId": begin, "$relationshipName": name, "$targetId": end}
                for begin, name, end in [("cell", "contains", "press"), *relationships]
            ],
        },
        "digitalTwinsModels": [
            {"@context": "dtmi:dtdl:context;2", "@id": dtmi(name), "@type": "Interface", "contents": contents}
            | ({} if name == "Asset" else {"extends": dtmi("Asset")})
            for name, contents in models.items()
        ],
    }
    (folder / "graph.json").write_text(json.dumps(document))
    (folder / "telemetry").mkdir()
    rows = [f"2026-01-05T08:00:00Z,saw,{name},1.0," for name in recorded.split()]
    (folder / "telemetry" / "all.csv").write_text("\n".join(["timestamp,twin,signal,value,text", *rows]) + "\n")
    return open_plant(folder)


@pytest.mark.parametrize(
    ("asset", "relationships", "recorded", "energy", "sign"),
    [
        ("press", [("air", "suppliesAir", "press")], "", "electrical power", "press.load shows"),
        ("fan", [("motor", "drives", "fan")], "", "electrical power", "motor is a Motor"),
        ("saw", [], "state spindle_current", "electrical power", "saw.spindle_current shows"),
        ("saw", [("board", "powers", "saw")], "steam_flow", "steam or heat", "saw.steam_flow shows"),
        ("fan", [], "", "mechanical drive", "fan is a Fan"),
    ],
)
def test_a_supply_that_the_graph_lacks_is_a_point_to_be_found_on_site(
    asset: str,
    relationships: list[tuple[str, str, str]],
    recorded: str,
    energy: str,
    sign: str,
    tmp_path: Path,
) -> None:
    with cell(tmp_path, relationships, recorded) as plant:
        points, _ = isolation_points(plant, asset)
    (found,) = [point for point in points if "not in the twin graph" in point.action]
    assert (found.twin, found.energy) == (asset, energy)
    assert sign in found.action and "find it on site" in found.action
    assert found.relationship in plant.models.interfaces


@pytest.mark.parametrize(
    ("asset", "relationships", "recorded"),
    [
        ("press", [("board", "powers", "press")], ""),
        ("fan", [("motor", "drives", "fan"), ("board", "powers", "motor")], ""),
        ("saw", [("board", "powers", "saw")], "currentStep temperature"),
        ("saw", [], "currentStep temperature"),
    ],
)
def test_a_supply_that_the_graph_names_or_nothing_shows_is_no_such_point(
    asset: str, relationships: list[tuple[str, str, str]], recorded: str, tmp_path: Path
) -> None:
    with cell(tmp_path, relationships, recorded) as plant:
        points, _ = isolation_points(plant, asset)
    assert not any("not in the twin graph" in point.action for point in points)


def test_a_supply_that_reaches_only_what_contains_it_is_locked_out_there(tmp_path: Path) -> None:
    with cell(tmp_path, [("air", "suppliesAir", "press"), ("board", "powers", "cell")]) as plant:
        points, notes = isolation_points(plant, "press")
    assert {(point.energy, point.twin) for point in points} == {
        ("electrical power", "board"),
        ("compressed air", "air"),
    }
    assert "its electrical power is locked out where it reaches cell, which contains press" in notes


@pytest.mark.parametrize(
    "asset", ["pump", "washer", "robot", "gripper", "press", "drive", "air", "boiler", "line-1", "site"]
)
def test_every_point_cites_a_relationship_or_a_model_that_exists(workshop: Any, asset: str) -> None:
    points, _ = isolation_points(workshop, asset)
    known = {relationship.id for relationship in workshop.graph.relationships} | set(workshop.models.interfaces)
    assert {point.relationship for point in points} <= known
    assert {point.twin for point in points} <= set(workshop.graph.twins)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("suppliesAir", ["supplies", "air"]),
        ("is_fed_by", ["is", "fed", "by"]),
        ("HVACUnit2", ["hvac", "unit", "2"]),
        ("glycol return", ["glycol", "return"]),
        ("", []),
    ],
)
def test_words_of_a_name(name: str, found: list[str]) -> None:
    assert words(name) == found
