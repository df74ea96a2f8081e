"""A position that no longer follows its command is found; one that lags, hunts or keeps an offset is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from twinwright_tools.diagnosis.following import standing
from twinwright_tools.diagnosis.grid import Floats, Grid
from twinwright_tools.telemetry.series import SignalKey

STEPS, REFERENCE, ONSET = 1440, 900, 1150
COMMAND, POSITION = SignalKey("valve", "command"), SignalKey("valve", "position")
UNITS: dict[SignalKey, str | None] = {COMMAND: "%", POSITION: "%"}


def grid_of(command: Floats, position: Floats) -> Grid:
    values = np.column_stack([command, position])
    nothing = np.zeros(values.shape)
    ends = 60_000_000 * np.arange(STEPS, dtype=np.int64)
    return Grid((COMMAND, POSITION), ends, 60.0, values, nothing.astype(bool), nothing, nothing)


def course(seed: int) -> tuple[Floats, Floats, np.random.Generator]:
    """A command that wanders between 30 and 70 %, and a position that follows it but for noise."""
    random = np.random.default_rng(seed)
    command = 50.0 + 15.0 * np.sin(np.arange(STEPS) / 60.0) + random.normal(0.0, 0.5, STEPS)
    return command, command + random.normal(0.0, 0.3, STEPS), random


@pytest.mark.parametrize("target", [5.0, 95.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_valve_that_stands_while_its_command_moves_is_found_with_its_values(target: float, seed: int) -> None:
    command, position, random = course(seed)
    stands = float(position[ONSET])
    position[ONSET:] = stands + random.normal(0.0, 0.3, STEPS - ONSET)
    command[ONSET:] = np.linspace(stands, target, STEPS - ONSET)
    (one,) = standing(grid_of(command, position), REFERENCE, UNITS)
    assert (one.key, one.followed) == (POSITION, COMMAND)
    assert one.stands_at == pytest.approx(stands, abs=0.5)
    assert one.went_to == pytest.approx(target, abs=1.0)
    assert ONSET <= one.since <= ONSET + 60
    assert one.excess > 3.0


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_found_in_a_loop_that_works(seed: int) -> None:
    command, position, _ = course(seed)
    assert standing(grid_of(command, position), REFERENCE, UNITS) == []


def test_an_offset_a_lag_and_jumps_still_follow() -> None:
    command, position, _ = course(0)
    late = np.arange(STEPS) >= ONSET
    sticks = np.where(late, np.round(position / 4.0) * 4.0, position)
    for told in (np.where(late, position + 8.0, position), np.where(late, np.roll(position, 12), position), sticks):
        assert standing(grid_of(command, told), REFERENCE, UNITS) == []


def test_signals_in_other_units_or_without_one_are_not_compared() -> None:
    command, position, _ = course(0)
    position[ONSET:] = position[ONSET]
    command[ONSET:] = 95.0
    grid = grid_of(command, position)
    assert len(standing(grid, REFERENCE, UNITS)) == 1
    assert standing(grid, REFERENCE, UNITS | {POSITION: "mm"}) == []
    assert standing(grid, REFERENCE, {}) == []


def test_constants_are_no_commands() -> None:
    flat = np.full(STEPS, 50.0)
    assert standing(grid_of(flat, flat.copy()), REFERENCE, UNITS) == []
