"""The plant as it runs: what is driven changes it, what is given back doesn't."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from twinwright_plant.live import ACTUATORS, LivePlant
from twinwright_plant.physics.simulate import simulate
from twinwright_plant.scenario import WARM_UP
from twinwright_plant.schedule import draw

END = datetime.fromisoformat("2026-03-12T14:00:00+01:00")


def plant() -> LivePlant:
    made = LivePlant([], 3, 3.0, END)
    made.run_until(END - timedelta(hours=1))
    return made


def test_undriven_it_is_the_plant_that_a_batch_simulates() -> None:
    made = LivePlant([], 3, 1.0, END)
    made.step(500)
    batch = simulate(draw(3, WARM_UP + 360, END)).plant["speed_0"][:500]
    assert np.array_equal(made._simulation.run().plant["speed_0"], batch)


@pytest.mark.parametrize(
    ("twin", "name", "value", "signal", "unit"),
    [
        ("glycol-pump-1-drive", "speedLimit", 70.0, ("glycol-pump-1", "speed"), 29.0),
        ("line-1-filler", "speedSetpoint", 9000.0, ("line-1-filler", "speed"), 1.0),
    ],
)
def test_a_command_moves_the_plant_and_is_given_back(
    twin: str, name: str, value: float, signal: tuple[str, str], unit: float
) -> None:
    made = plant()
    before = made.readings()[signal]
    made.command(twin, name, value)
    assert made.setting(twin, name) == value
    made.step(40)
    assert made.readings()[signal] <= value * unit * 1.01 < before
    made.command(twin, name, None)
    made.step(60)
    assert made.readings()[signal] > value * unit * 1.01


def test_the_header_follows_its_setpoint() -> None:
    made = plant()
    made.command("glycol-header", "pressureSetpoint", 1.5)
    made.step(60)
    assert abs(made.readings()["glycol-header", "pressure"] - 1.5) < 0.15
    made.command("glycol-header", "pressureSetpoint", None)
    made.step(60)
    assert abs(made.readings()["glycol-header", "pressure"] - 2.0) < 0.15


def test_what_cannot_be_driven_is_refused() -> None:
    made = plant()
    with pytest.raises(ValueError, match="can't be driven"):
        made.command("chiller", "load", 1.0)
    for one in ACTUATORS:
        with pytest.raises(ValueError, match="takes"):
            made.command(one.twin, one.name, one.high + 1.0)
