"""Against the demo plant's telemetry: the sound model fits what is healthy, and a mode is told from another."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from twinwright_tools.errors import ConfigError, InputError, UnknownNameError
from twinwright_tools.plant import Plant
from twinwright_tools.simulation.attachment import attachment_of
from twinwright_tools.simulation.simulate import open_model
from twinwright_tools.simulation.whatif import WhatIf, compare_hypothesis

from .conftest import COMPILER

MODES = {
    "fouling": "line-3-product-cooler",
    "sensor_drift": "line-3-product-thermometer",
    "valve_stiction": "line-3-glycol-valve",
}
Demo = Callable[..., Plant]
# How far the sound model's mean may lie from the plant's over eight hours, in the signals' units.
BIAS = {
    "valvePosition": 0.3,
    "glycolFlow": 0.1,
    "productTemperature": 0.1,
    "glycolOutletTemperature": 0.1,
    "bowlTemperature": 0.15,
    "pressureDrop": 0.01,
}


@COMPILER
@pytest.mark.parametrize("version", [2, 3])
def test_the_fmu_fits_a_healthy_plant(version: int, attached: Demo, fmus: Callable[[int], Path]) -> None:
    plant = attached(None, 5, fmus(version))
    for line in (1, 2, 3) if version == 2 else (3,):
        fits(plant, line, 8.0, "fmu")


def test_the_modelica_source_fits_a_healthy_plant(attached: Demo, rumoca: Any) -> None:
    fits(attached(None, 5), 3, 3.0, "mo")


def fits(plant: Plant, line: int, hours: float, only: str) -> None:
    attachment = attachment_of(plant, f"line-{line}-product-cooler")
    with open_model(plant, attachment, only=only) as runner:
        run = runner.simulate(plant.at - timedelta(hours=hours), plant.at)
    assert {one.name for one in run.comparisons} == set(BIAS)
    for one in run.comparisons:
        tolerance = attachment.document.outputs[one.name].tolerance
        assert tolerance is not None and one.rmse < tolerance, (one.name, one.rmse)
        assert abs(one.bias) < BIAS[one.name], (one.name, one.bias)
        assert one.compared.mean() > 0.9


@COMPILER
@pytest.mark.parametrize(
    ("fault", "seed", "right", "wrong"),
    [
        ("fouling", 5, "fouling", "sensor_drift"),
        ("fouling", 7, "fouling", "valve_stiction"),
        ("sensor-drift", 5, "sensor_drift", "fouling"),
        ("valve-stiction", 7, "valve_stiction", "fouling"),
    ],
)
def test_the_mode_that_is_there_is_for_and_another_is_not(
    fault: str, seed: int, right: str, wrong: str, attached: Demo, fmus: Callable[[int], Path]
) -> None:
    plant = attached(fault, seed, fmus(2))
    found = compare_hypothesis(plant, MODES[right], right)
    assert found.verdict == "for", found.text
    check_row(found)
    other = compare_hypothesis(plant, MODES[wrong], wrong, onset=found.onset)
    assert other.verdict in ("against", "undecided"), other.text


def check_row(found: WhatIf) -> None:
    row = found.evidence()
    assert (row["id"], row["kind"], row["twin"], row["mode"]) == (None, "what_if", found.twin, found.mode)
    assert row["verdict"] in row["text"] or row["mode"] in row["text"]
    assert 0.0 <= row["severity"] <= 1.0
    assert row["explained"] > 0.75 and row["mode_error"] < row["healthy_error"]
    for one in row["outputs"]:
        assert {"signal", "unit", "rmse_healthy_before", "rmse_healthy_since", "rmse_mode_since"} <= set(one)
    assert any(one["rmse_mode_since"] < one["rmse_healthy_since"] for one in row["outputs"])


@COMPILER
def test_a_healthy_plant_leaves_nothing_to_explain(attached: Demo, fmus: Callable[[int], Path]) -> None:
    plant = attached(None, 5, fmus(3))
    found = compare_hypothesis(plant, "line-3-product-cooler", "fouling", onset=plant.at - timedelta(hours=2))
    assert found.verdict == "against"
    assert found.explained is None and found.healthy_error is not None and found.healthy_error < 1.5


def test_modelica_alone_tells_it_too(attached: Demo, make_demo_plant: Any, rumoca: Any) -> None:
    plant = attached("fouling", 5, None, ("step_s = 20.0", "step_s = 60.0"))
    onset = make_demo_plant("fouling", 5, 18)[1].onset
    found = compare_hypothesis(plant, "line-3-product-cooler", "fouling", onset=onset, end=onset + timedelta(hours=2))
    assert found.verdict == "for", found.text
    assert found.mode_run is not None and found.mode_run.kind == "Modelica"


@COMPILER
def test_a_model_that_does_not_fit_the_healthy_past_decides_nothing(
    attached: Demo, fmus: Callable[[int], Path]
) -> None:
    plant = attached("fouling", 5, fmus(2), ("transferCoefficient = 0.5", "transferCoefficient = 0.25"))
    found = compare_hypothesis(plant, "line-3-product-cooler", "fouling")
    assert found.verdict == "undecided"
    assert "decides nothing" in found.text and "tolerance" in found.text
    assert found.explained is None and found.severity is None


@COMPILER
def test_without_enough_past_or_present_it_is_undecided(attached: Demo, fmus: Callable[[int], Path]) -> None:
    plant = attached("fouling", 5, fmus(2))
    span = plant.telemetry.span()
    assert span is not None
    for onset in (span[0] + timedelta(minutes=30), plant.at - timedelta(minutes=5)):
        found = compare_hypothesis(plant, "line-3-product-cooler", "fouling", onset=onset)
        assert (found.verdict, "There " in found.text and " less than " in found.text) == ("undecided", True)


@COMPILER
def test_nothing_after_the_moment_of_asking_is_compared(attached: Demo, fmus: Callable[[int], Path]) -> None:
    plant = attached(None, 5, fmus(2))
    with open_model(plant, attachment_of(plant, "line-3-product-cooler")) as runner:
        run = runner.simulate(plant.at - timedelta(hours=1), plant.at + timedelta(days=1))
    assert run.end <= plant.at


@COMPILER
def test_parameters_are_checked_against_what_the_model_declares(attached: Demo, fmus: Callable[[int], Path]) -> None:
    plant = attached(None, 5, fmus(2))
    with open_model(plant, attachment_of(plant, "line-3-product-cooler")) as runner:
        window = (plant.at - timedelta(hours=1), plant.at)
        with pytest.raises(UnknownNameError) as unknown:
            runner.simulate(*window, {"fuoling": 1.0})
        assert unknown.value.suggestions == ["fouling"]
        with pytest.raises(InputError, match=r"fouling is 21; it must lie in 0\.0 to 20\.0"):
            runner.simulate(*window, {"fouling": 21.0})
        with pytest.raises(InputError, match="more than 20000"):
            runner.simulate(plant.at - timedelta(days=30), plant.at)


@COMPILER
@pytest.mark.parametrize(
    ("old", "new", "place", "near"),
    [
        ("productFlow = {", "productFlw = {", "inputs.productFlw", "productFlow"),
        ("bowlTemperature = {", "bowlTemp = {", "outputs.bowlTemp", "bowlTemperature"),
        ("parameters = { fouling =", "parameters = { foulin =", "modes.fouling.foulin", "fouling"),
    ],
)
def test_a_variable_that_the_model_lacks_is_named(
    old: str, new: str, place: str, near: str, attached: Demo, fmus: Callable[[int], Path]
) -> None:
    plant = attached(None, 5, fmus(2), (old, new))
    attachment = attachment_of(plant, "line-3-product-cooler")
    with pytest.raises(ConfigError) as caught, open_model(plant, attachment):
        pass
    assert caught.value.place == place and caught.value.suggestions[0] == near


@COMPILER
def test_an_fmu_for_another_machine_gives_way_to_the_source(
    attached: Demo, fmus: Callable[[int], Path], rumoca: Any
) -> None:
    plant = attached(None, 5, fmus(2))
    with zipfile.ZipFile(fmus(2)) as given, zipfile.ZipFile(plant.folder / "simulation/CoolingLoop.fmu", "w") as made:
        made.writestr("modelDescription.xml", given.read("modelDescription.xml"))
        made.writestr("binaries/win64/CoolingLoop.dll", b"MZ")
    with open_model(plant, attachment_of(plant, "line-3-product-cooler")) as runner:
        run = runner.simulate(plant.at - timedelta(minutes=30), plant.at)
    assert run.kind == "Modelica"
    assert any("win64" in note for note in run.notes)
