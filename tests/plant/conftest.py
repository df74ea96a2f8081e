"""Runs of the plant that several tests look at: short ones, so that they cost a fraction of a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from twinwright_plant.make import END, simulate_plant
from twinwright_plant.physics.simulate import Run, simulate
from twinwright_plant.schedule import Schedule, draw
from twinwright_plant.truth import Truth

HOURS = 8.0


@cache
def _run(fault: str | None, seed: int) -> tuple[Run, Truth]:
    return simulate_plant(fault, seed, HOURS, END)


@pytest.fixture(scope="session")
def run_of() -> Callable[[str | None, int], tuple[Run, Truth]]:
    """(fault, seed) to a run of 8 h and the truth about it; computed once."""
    return _run


@pytest.fixture(scope="session")
def calm() -> Schedule:
    """Four hours of one product at full rate with no stop, no changeover and steady weather."""
    drawn = draw(1, 1440, END)
    return replace(
        drawn,
        ambient=np.full(1440, 10.0),
        hall=np.full(1440, 20.0),
        voltage=np.full(1440, 400.0),
        products=[np.zeros_like(each) for each in drawn.products],
        jitter=np.zeros_like(drawn.jitter),
        changeover=[np.zeros_like(each) for each in drawn.changeover],
        rate=[np.full(1440, nominal) for nominal in (5.0, 7.5, 10.0)],
        stops=[np.zeros_like(each) for each in drawn.stops],
    )


@pytest.fixture(scope="session")
def steady(calm: Schedule) -> Run:
    """A sound plant through the calm hours."""
    return simulate(calm)
