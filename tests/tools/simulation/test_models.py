"""The cooling loop three times over: Modelica, FMI 2 and FMI 3 say the same, and what the plant's physics says."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twinwright_plant.cooling_model import build_fmu as builder
from twinwright_plant.physics.cooling import PRODUCT_CP, PRODUCT_DENSITY, VALVE_FLOW, cooler_duty, cooler_ua
from twinwright_tools.simulation.process import ModelProcess

from .conftest import COMPILER, MODELICA

OUTPUTS = (
    "valvePosition",
    "glycolFlow",
    "productTemperature",
    "glycolOutletTemperature",
    "bowlTemperature",
    "pressureDrop",
)
START = {
    "productFlow": 5.0,
    "productInletTemperature": 17.0,
    "supplyTemperature": -2.0,
    "headerPressure": 2.0,
    "valveCommand": 0.6,
}
STEP_S = 20.0


def wandering(samples: int, seed: int) -> dict[str, Any]:
    """Inputs that wander as a plant's do."""
    rng = np.random.default_rng(seed)
    swing = {
        "productFlow": 0.8,
        "productInletTemperature": 0.5,
        "supplyTemperature": 0.3,
        "headerPressure": 0.1,
        "valveCommand": 0.1,
    }
    times = np.arange(samples) * STEP_S
    return {
        name: START[name] + width * np.sin(times / rng.uniform(150, 900) + rng.uniform(0, 6))
        for name, width in swing.items()
    }


def ran(file: Path, inputs: dict[str, Any], **parameters: float) -> dict[str, Any]:
    samples = len(next(iter(inputs.values())))
    with ModelProcess(file, limit_s=60) as model:
        return model.run(np.arange(samples) * STEP_S, inputs, parameters, OUTPUTS)


@COMPILER
@pytest.mark.parametrize("version", [2, 3])
def test_fmu_and_modelica_agree(version: int, fmus: Callable[[int], Path], rumoca: Any) -> None:
    inputs = wandering(200, version)
    changes = {"fouling": 0.7, "thermometerError": -0.4, "stickBand": 0.02}
    one, other = ran(fmus(version), inputs, **changes), ran(MODELICA, inputs, **changes)
    for name in OUTPUTS:
        # From a minute on, when the start values are forgotten. The FMU holds its inputs for a fifth of a step.
        error = np.sqrt(np.mean((one[name] - other[name])[3:] ** 2))
        assert error < 0.02 * np.std(other[name]), name


@COMPILER
def test_the_two_fmi_versions_compute_the_same_numbers(fmus: Callable[[int], Path]) -> None:
    inputs = wandering(120, 5)
    two, three = ran(fmus(2), inputs, fouling=1.3), ran(fmus(3), inputs, fouling=1.3)
    for name in OUTPUTS:
        np.testing.assert_array_equal(two[name], three[name])


@pytest.mark.parametrize("fouling", [0.0, 0.9])
@pytest.mark.parametrize(("product", "command"), [(5.0, 0.6), (3.1, 0.3), (5.6, 1.0)])
def test_it_settles_where_the_plants_physics_does(product: float, command: float, fouling: float, rumoca: Any) -> None:
    held = {**START, "productFlow": product, "valveCommand": command}
    found = ran(MODELICA, {name: np.full(90, value) for name, value in held.items()}, fouling=fouling)
    line = 2
    glycol = VALVE_FLOW[line] * command * held["headerPressure"] ** 0.5
    ua = cooler_ua(line, product, glycol, fouling)
    duty = cooler_duty(ua, product, glycol, held["productInletTemperature"], held["supplyTemperature"])
    cooled = held["productInletTemperature"] - duty / (product * PRODUCT_DENSITY * PRODUCT_CP)
    assert found["glycolFlow"][-1] == pytest.approx(glycol, rel=1e-4)
    assert found["productTemperature"][-1] == pytest.approx(cooled, abs=2e-3)
    assert found["bowlTemperature"][-1] == pytest.approx(cooled, abs=2e-3)


def test_the_fmus_variables_are_the_sources(rumoca: Any) -> None:
    model = rumoca.Session().load(str(MODELICA))
    declared = builder.variables(MODELICA.read_text())
    by_kind = {
        kind: [one.name for one in declared if one.causality == kind] for kind in ("parameter", "input", "output")
    }
    assert by_kind == {
        "parameter": list(model.parameters.names),
        "input": list(model.inputs.names),
        "output": list(model.outputs.names),
    }
    for one in declared:
        if one.causality == "parameter":
            told = model.parameters[one.name]
            assert (float(one.start or "nan"), one.unit) == (told.value, told.unit)
            assert (float(one.low or "nan"), float(one.high or "nan")) == (told.min, told.max)


@COMPILER
@pytest.mark.parametrize("version", [2, 3])
def test_the_fmu_passes_fmpys_validation_and_is_reproducible(
    version: int, fmus: Callable[[int], Path], fmpy: Any, tmp_path: Path
) -> None:
    from fmpy.validation import validate_fmu

    file = fmus(version)
    assert validate_fmu(str(file)) == []
    again = builder.build_fmu(tmp_path / "again.fmu", 3 if version == 3 else 2)
    assert again.read_bytes() == file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        assert sum(entry.file_size for entry in archive.infolist()) < 100_000
