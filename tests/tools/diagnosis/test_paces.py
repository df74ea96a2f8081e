"""Rates and durations of event logs: planted changes, healthy logs of several kinds, odd input."""

from __future__ import annotations

from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.paces import changed_paces
from twinwright_tools.telemetry.series import Series, SignalKey

SECOND = 1_000_000
KEY = SignalKey("press", "closed")
Floats = npt.NDArray[np.float64]


def cycling(closed: Floats, opened: Floats, key: SignalKey = KEY) -> tuple[Series, int]:
    """A log that is 1 for each of `closed` and 0 for each of `opened` seconds in turn; and where it ends."""
    lengths = np.column_stack([opened, closed]).ravel()
    begins = np.round(np.cumsum(np.append(0.0, lengths)) * SECOND).astype(np.int64)
    return Series(key, begins[:-1], (np.arange(len(lengths)) % 2).astype(np.float64)), int(begins[-1])


def drawn(rng: np.random.Generator, middle: float, count: int) -> Floats:
    return np.asarray(rng.lognormal(np.log(middle), 0.1, count))


def test_a_state_that_lasts_longer_is_found_with_its_onset() -> None:
    rng = np.random.default_rng(0)
    closed = np.concatenate([drawn(rng, 10.0, 60), drawn(rng, 16.0, 15)])
    log, at = cycling(closed, drawn(rng, 50.0, 75))
    one = changed_paces([log], at)[KEY]
    assert (one.kind, one.state, one.direction) == ("duration", 1.0, 1)
    assert one.before == pytest.approx(10.0, rel=0.1)
    assert one.after == pytest.approx(16.0, rel=0.1)
    true = int(log.times[2 * 60 + 1])
    assert abs(one.onset - true) / 1e6 <= 2 * one.onset_uncertainty_s


def test_extra_events_are_found() -> None:
    rng = np.random.default_rng(1)
    pace = np.concatenate([np.full(60, 1.0), np.full(20, 0.4)])
    log, at = cycling(drawn(rng, 10.0, 80) * pace, drawn(rng, 50.0, 80) * pace)
    one = changed_paces([log], at)[KEY]
    assert one.direction == (1 if one.kind == "events" else -1)


def test_missing_events_are_found() -> None:
    rng = np.random.default_rng(2)
    # A reject gate: short strokes, once a minute, then once in five.
    opened = np.concatenate([drawn(rng, 60.0, 60), drawn(rng, 300.0, 10)])
    log, at = cycling(drawn(rng, 0.5, 70), opened)
    one = changed_paces([log], at)[KEY]
    assert one.direction == (-1 if one.kind == "events" else 1)
    assert one.after == pytest.approx(12.0 if one.kind == "events" else 300.0, rel=0.2)


def test_a_thousand_healthy_logs_raise_hardly_an_alarm() -> None:
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        logs, ends = [], []
        for place in range(50):
            count, spread = int(rng.integers(12, 200)), float(rng.uniform(0.05, 1.5))
            closed = rng.lognormal(2.0, spread, count)
            log, end = cycling(closed, rng.exponential(50.0, count), SignalKey("rack", f"s{place}"))
            logs.append(log)
            ends.append(end)
        alarms += bool(changed_paces(logs, min(ends)))
    assert alarms <= 3


def test_slow_waves_of_production_raise_hardly_an_alarm() -> None:
    # Not independent: the pace drifts up and down with the load, as it always did.
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        wave = np.exp(0.4 * np.sin(np.arange(240) / 12.0 + rng.uniform(0, 6)))
        log, at = cycling(drawn(rng, 10.0, 240) * wave, drawn(rng, 50.0, 240) * wave)
        alarms += bool(changed_paces([log], at))
    assert alarms <= 4


ROWS = st.lists(st.tuples(st.floats(0, 1000), st.sampled_from([0.0, 1.0, float("nan")])), max_size=60)


def log_of(place: int, rows: list[tuple[float, float]]) -> Series:
    times = np.array([round(second * SECOND) for second, _ in rows], dtype=np.int64)
    return Series(SignalKey("twin", f"s{place}"), times, np.array([state for _, state in rows], dtype=np.float64))


@given(st.lists(ROWS, min_size=1, max_size=4), st.integers(0, 1000), st.randoms(use_true_random=False))
def test_any_logs_in_any_order_give_the_same_answer(
    rows: list[list[tuple[float, float]]], at: int, random: Random
) -> None:
    logs = [log_of(place, one) for place, one in enumerate(rows)]
    found = changed_paces(logs, at * SECOND)
    random.shuffle(logs)
    assert changed_paces(logs, at * SECOND) == found


@given(st.integers(0, 1000), st.floats(0.2, 1.0))
def test_nothing_after_the_moment_of_asking_is_read(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    closed = np.concatenate([drawn(rng, 10.0, 40), drawn(rng, 25.0, 20)])
    log, end = cycling(closed, drawn(rng, 50.0, 60))
    at = int(end * share)
    upto = log.times <= at
    assert changed_paces([log], at) == changed_paces([Series(KEY, log.times[upto], log.values[upto])], at)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_logs_with_next_to_nothing_in_them_say_nothing(count: int) -> None:
    assert changed_paces([log_of(0, [(1.0, 1.0)] * count)], 10 * SECOND) == {}
