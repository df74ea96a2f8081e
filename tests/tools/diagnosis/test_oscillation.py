"""Oscillations: planted ones are found with period, amplitude and onset; noise and oscillating loops are left alone."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from twinwright_tools.diagnosis.grid import Floats, Grid
from twinwright_tools.diagnosis.oscillation import oscillations
from twinwright_tools.diagnosis.scan import CLEAR
from twinwright_tools.telemetry.series import SignalKey

STEPS, REFERENCE, ONSET = 1440, 900, 1150
TIME = np.arange(STEPS)


def grid_of(values: Floats) -> Grid:
    steps, count = values.shape
    keys = tuple(SignalKey("loop", f"pv{column}") for column in range(count))
    nothing = np.zeros(values.shape)
    ends = 60_000_000 * np.arange(steps, dtype=np.int64)
    return Grid(keys, ends, 60.0, values, nothing.astype(bool), nothing, nothing)


def noise(count: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(50.0, 1.0, (STEPS, count))


def sine(period: float) -> Floats:
    return np.asarray(np.sin(2.0 * np.pi * TIME / period), dtype=np.float64)[:, None]


@pytest.mark.parametrize("period", [6, 12, 20, 30])
def test_an_oscillation_that_began_is_found_with_period_amplitude_and_onset(period: int) -> None:
    found = oscillations(grid_of(noise(20) + 2.0 * sine(period) * (TIME >= ONSET)[:, None]), REFERENCE)
    assert (found.excess >= CLEAR).all()
    assert found.period_s == pytest.approx(60.0 * period, rel=0.05)
    assert found.amplitude == pytest.approx(2.0, rel=0.25)
    assert (np.abs(found.onset - ONSET) <= 2 * found.width).mean() >= 0.9


def test_a_loop_that_oscillates_as_ever_is_left_alone_until_its_period_changes_or_it_grows() -> None:
    steady = noise(50) + 2.0 * sine(20)
    assert (oscillations(grid_of(steady), REFERENCE).excess < CLEAR).all()
    late = (TIME >= ONSET)[:, None]
    assert (
        oscillations(grid_of(noise(50) + 2.0 * np.where(late, sine(35), sine(20))), REFERENCE).excess >= CLEAR
    ).all()
    assert (
        oscillations(grid_of(noise(50) + 2.0 * np.where(late, 2.5, 1.0) * sine(20)), REFERENCE).excess >= CLEAR
    ).all()


@pytest.mark.parametrize("poles", [[0.0], [-0.5], [-0.9], [-0.99], [-1.0]])
def test_no_alarm_among_a_thousand_columns_of_noise_of_any_colour(poles: list[float]) -> None:
    white = noise(1000) - 50.0
    assert (oscillations(grid_of(lfilter([1.0], [1.0, *poles], white, axis=0)), REFERENCE).excess >= CLEAR).sum() <= 1


@pytest.mark.parametrize("radius", [0.8, 0.9, 0.95])
def test_resonances_that_noise_excites_raise_hardly_an_alarm(radius: float) -> None:
    poles = [1.0, -2.0 * radius * float(np.cos(2.0 * np.pi / 20.0)), radius**2]
    found = oscillations(grid_of(lfilter([1.0], poles, noise(500) - 50.0, axis=0)), REFERENCE)
    assert (found.excess >= CLEAR).sum() <= 3


def test_a_ramp_and_a_step_are_no_oscillation() -> None:
    late = (TIME >= ONSET)[:, None]
    values = np.hstack([noise(20) + 5.0 * late, noise(20) + 0.05 * (TIME - ONSET)[:, None] * late])
    assert (oscillations(grid_of(values), REFERENCE).excess < CLEAR).all()


@given(st.integers(1, 400), st.integers(1, 4), st.randoms(use_true_random=False))
def test_short_constant_and_permuted_grids(steps: int, count: int, random: Random) -> None:
    values = noise(count)[:steps]
    values[:, 0] = 3.0
    order = list(range(count))
    random.shuffle(order)
    one, other = (oscillations(grid_of(each), max(steps // 2, 1)) for each in (values, values[:, order]))
    assert np.isfinite(one.excess).all()
    assert one.excess[0] == 0.0
    np.testing.assert_allclose(one.excess[order], other.excess, rtol=1e-9)
