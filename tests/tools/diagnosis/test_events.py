"""What is odd about the state that an event log holds."""

import numpy as np
import pytest

from twinwright_tools.diagnosis.events import find_odd_state
from twinwright_tools.telemetry.series import Series, SignalKey

SECOND = 1_000_000
KEY = SignalKey("hydraulics", "pressure")


def log(*rows: tuple[float, float]) -> Series:
    """A log of (seconds, value)."""
    times = np.array([int(when * SECOND) for when, _ in rows])
    return Series(KEY, times, np.array([value for _, value in rows], dtype=np.float64))


def test_a_number_that_left_where_it_rested_is_in_one_new_state() -> None:
    found = find_odd_state(log((0, 100), (150, 90), (151, 60), (152, 30), (153, 1)), 200 * SECOND)
    assert found is not None
    assert found.oddness == 1.0
    assert (found.before, found.now, found.onset, found.held_s) == (100, 1, 150 * SECOND, 50.0)


def test_it_may_have_moved_and_come_back_before() -> None:
    usual = [(10.0 * step, 100.0 if step % 2 == 0 else 101.0) for step in range(10)]
    found = find_odd_state(log(*usual, (110, 80), (111, 60), (112, 1)), 150 * SECOND)
    assert found is not None
    assert found.oddness == pytest.approx(8 / 9)  # of its nine earlier changes one had brought something new
    assert found.onset == 110 * SECOND


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(0, 4), (150, 5), (160, 6), (170, 7)], "what only rises counts something"),
        ([(0, 9), (10, 7), (20, 8), (150, 5), (160, 6), (170, 4)], "it was always on its way"),
        ([(0, 9), (50, 7), (60, 8), (70, 5), (160, 6), (170, 4)], "it rested for less than half of the time"),
    ],
)
def test_what_always_brings_something_new_is_not_odd(rows: list[tuple[float, float]], why: str) -> None:
    found = find_odd_state(log(*rows), 200 * SECOND)
    assert found is not None
    assert found.oddness == 0.0, why
    assert found.onset == 170 * SECOND
