"""Signals that rest: a frozen sensor is told from a controller's output that has run into its limit."""

from __future__ import annotations

import numpy as np
import pytest

from twinwright_tools.diagnosis.grid import Floats, Grid
from twinwright_tools.diagnosis.quality import stuck
from twinwright_tools.telemetry.series import SignalKey

STEPS, REFERENCE, ONSET = 600, 400, 500


def grid_of(values: Floats) -> Grid:
    columns = values[:, None]
    nothing = np.zeros(columns.shape)
    ends = 60_000_000 * np.arange(STEPS, dtype=np.int64)
    return Grid((SignalKey("loop", "pv"),), ends, 60.0, columns, nothing.astype(bool), nothing, nothing)


@pytest.mark.parametrize("seed", range(5))
def test_a_frozen_reading_is_stuck_and_no_limit(seed: int) -> None:
    course = np.random.default_rng(seed).normal(50.0, 2.0, STEPS)
    course[ONSET:] = 50.5
    excess, since, limit = stuck(grid_of(course), REFERENCE)
    assert excess[0] > 10.0
    assert since[0] == ONSET
    assert not limit[0]


@pytest.mark.parametrize("end", [0.0, 100.0])
def test_an_output_that_has_run_to_its_end_rests_at_a_limit(end: float) -> None:
    course = np.random.default_rng(0).normal(50.0, 2.0, STEPS)
    course[REFERENCE:ONSET] = np.linspace(50.0, end, ONSET - REFERENCE)
    course[ONSET:] = end
    excess, _, limit = stuck(grid_of(course), REFERENCE)
    assert excess[0] > 10.0
    assert limit[0]


def test_a_switch_that_knows_two_values_is_at_no_limit() -> None:
    course = np.tile([0.0, 1.0], STEPS // 2)
    course[ONSET:] = 1.0
    excess, _, limit = stuck(grid_of(course), REFERENCE)
    assert excess[0] > 10.0
    assert not limit[0]
