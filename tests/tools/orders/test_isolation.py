"""Isolation points come from the graph, each with the relationship that says so."""

from __future__ import annotations

from typing import Any

import pytest

from twinwright_tools.orders.isolation import isolation_points
from twinwright_tools.orders.words import words


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
