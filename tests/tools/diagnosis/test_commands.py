"""Commands against their feedback: planted disagreements, coincidences, and thousands of healthy pairs."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.commands import mismatches
from twinwright_tools.diagnosis.relations import Relations
from twinwright_tools.telemetry.series import Series, SignalKey

SECOND = 1_000_000
VALVE, SWITCH = SignalKey("gate", "valve"), SignalKey("gate", "open")


def log_of(key: SignalKey, rows: Sequence[tuple[float, float | str]]) -> Series:
    """A log from (seconds, state) rows."""
    times = np.array([round(second * SECOND) for second, _ in rows], dtype=np.int64)
    if any(isinstance(state, str) for _, state in rows):
        texts = np.array([state for _, state in rows], dtype=object)
        return Series(key, times, np.full(len(rows), np.nan), texts)
    return Series(key, times, np.array([state for _, state in rows], dtype=np.float64))


def cycles(count: int, seed: int = 0, period: float = 60.0) -> tuple[list[float], list[float]]:
    """When a command goes up, and how long its feedback takes each time."""
    rng = np.random.default_rng(seed)
    ups = (period * (np.arange(count) + 1) + rng.uniform(0, 10, count)).tolist()
    return ups, rng.uniform(0.8, 1.6, count).tolist()


def obedient(
    count: int, seed: int = 0, words: tuple[str, str] | None = None, keys: tuple[SignalKey, SignalKey] = (VALVE, SWITCH)
) -> tuple[list[tuple[float, float | str]], list[tuple[float, float | str]]]:
    """Rows of a command that is up for 20 s in each cycle, and of a feedback that follows."""
    low, high = words or (0.0, 1.0)
    command: list[tuple[float, float | str]] = [(0.0, low)]
    feedback: list[tuple[float, float | str]] = [(0.0, low)]
    for up, delay in zip(*cycles(count, seed), strict=True):
        command += [(up, high), (up + 20.0, low)]
        feedback += [(up + delay, high), (up + 20.0 + delay, low)]
    return command, feedback


def test_a_feedback_that_does_not_arrive_is_found_with_its_beginning_and_expectation() -> None:
    command, feedback = obedient(12)
    command.append((900.0, 1.0))
    found = mismatches([log_of(VALVE, command), log_of(SWITCH, feedback)], 930 * SECOND)
    one = found[SWITCH]
    assert (one.command, one.asked, one.expected, one.found) == (VALVE, 1.0, 1.0, 0.0)
    assert one.since == 900 * SECOND
    assert one.held_s == 30.0
    assert 0.8 < one.longest_s <= 1.6
    assert one.support == 12
    assert one.oddness > 0.8


def test_words_are_states_too() -> None:
    command, feedback = obedient(8, words=("shut", "open"))
    command.append((900.0, "open"))
    one = mismatches([log_of(VALVE, command), log_of(SWITCH, feedback)], 930 * SECOND)[SWITCH]
    assert (one.expected, one.found) == ("open", "shut")


def test_a_feedback_that_left_while_its_command_holds_is_found() -> None:
    command, feedback = obedient(12)
    command.append((900.0, 1.0))
    feedback += [(901.0, 1.0), (905.0, 0.0)]
    one = mismatches([log_of(VALVE, command), log_of(SWITCH, feedback)], 930 * SECOND)[SWITCH]
    assert one.since == 905 * SECOND


def test_leaving_later_than_the_command_ever_held_says_nothing() -> None:
    command, feedback = obedient(12)
    command.append((900.0, 1.0))
    feedback += [(901.0, 1.0), (1900.0, 0.0)]  # the command never held longer than 20 s before
    assert SWITCH not in mismatches([log_of(VALVE, command), log_of(SWITCH, feedback)], 2000 * SECOND)


def test_a_feedback_that_is_only_on_its_way_is_no_mismatch() -> None:
    command, feedback = obedient(12)
    command.append((900.0, 1.0))
    assert not mismatches([log_of(VALVE, command), log_of(SWITCH, feedback)], 902 * SECOND)


def test_earlier_misses_in_a_row_belong_to_the_same_fault() -> None:
    command, feedback = obedient(12)
    for up in (900.0, 960.0):
        command += [(up, 1.0), (up + 20.0, 0.0)]
    command.append((1020.0, 1.0))
    one = mismatches([log_of(VALVE, command), log_of(SWITCH, feedback)], 1040 * SECOND)[SWITCH]
    assert one.since == 900 * SECOND
    assert one.support == 12


def test_more_support_and_a_longer_disagreement_are_odder() -> None:
    def oddness(count: int, held: int) -> float:
        command, feedback = obedient(count)
        command.append((2000.0, 1.0))
        one = mismatches([log_of(VALVE, command), log_of(SWITCH, feedback)], (2000 + held) * SECOND).get(SWITCH)
        return one.oddness if one else 0.0

    assert oddness(3, 60) < oddness(6, 60) < oddness(20, 60)
    assert oddness(12, 8) < oddness(12, 30) < oddness(12, 300)


def test_what_was_seen_once_is_no_rule() -> None:
    command, feedback = obedient(1)
    command.append((900.0, 1.0))
    assert not mismatches([log_of(VALVE, command), log_of(SWITCH, feedback)], 990 * SECOND)


def test_changes_in_the_very_moment_of_asking_are_no_trouble() -> None:
    command, feedback = obedient(5)
    command += [(900.0, state) for state in (1.0, 0.0, 1.0)]
    assert not mismatches([log_of(VALVE, command), log_of(SWITCH, feedback)], 900 * SECOND)


def test_a_feedback_that_answers_in_the_same_instant_is_one() -> None:
    command, _ = obedient(12)
    one = mismatches([log_of(VALVE, [*command, (900.0, 1.0)]), log_of(SWITCH, command)], 930 * SECOND)[SWITCH]
    assert (one.support, one.longest_s, one.since) == (12, 0.0, 900 * SECOND)


def test_pairs_reach_from_twin_to_twin_only_along_named_relationships() -> None:
    other = SignalKey("limit-switch", "open")
    command, feedback = obedient(12)
    command.append((900.0, 1.0))
    logs = [log_of(VALVE, command), log_of(other, feedback)]
    assert not mismatches(logs, 930 * SECOND)
    named: nx.DiGraph[SignalKey] = nx.DiGraph([(VALVE, other)])
    assert other in mismatches(logs, 930 * SECOND, Relations(nx.DiGraph(), named))


def test_thousands_of_unrelated_pairs_raise_hardly_an_alarm() -> None:
    # 20 plants, each of 15 logs on one twin that switch at random: 210 pairs a plant.
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        logs = []
        for place in range(15):
            times = np.cumsum(rng.exponential(rng.uniform(5, 100), 60)).tolist()
            rows = [(time, float(step % 2)) for step, time in enumerate(times)]
            logs.append(log_of(SignalKey("rack", f"s{place}"), rows))
        alarms += bool(mismatches(logs, int(max(log.times[-1] for log in logs))))
    assert alarms <= 3  # the chance of more is 1 in 60 at the promised 5 %


def test_healthy_pairs_with_widely_scattered_delays_raise_hardly_an_alarm() -> None:
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        logs = []
        for place in range(20):
            ups = 100.0 * np.arange(1, 31) + rng.uniform(0, 10)
            delays = rng.exponential(2.0, len(ups))
            command = [(0.0, 0.0)] + [row for up in ups for row in ((up, 1.0), (up + 50.0, 0.0))]
            feedback = [(0.0, 0.0)] + [
                row for up, slow in zip(ups, delays, strict=True) for row in ((up + slow, 1.0), (up + 50.0 + slow, 0.0))
            ]
            twin = f"valve-{place}"
            logs += [log_of(SignalKey(twin, "command"), command), log_of(SignalKey(twin, "feedback"), feedback)]
        # A moment at which the last command of all has just been given.
        at = round((3000.0 + rng.uniform(0.0, 20.0)) * SECOND)
        alarms += bool(mismatches([cut(log, at) for log in logs], at))
    assert alarms <= 5


def cut(log: Series, at: int) -> Series:
    upto = log.times <= at
    return Series(log.key, log.times[upto], log.values[upto])


ROWS = st.lists(st.tuples(st.floats(0, 1000), st.sampled_from([0.0, 1.0, 2.0, float("nan")])), max_size=40)


@given(st.lists(ROWS, min_size=1, max_size=5), st.integers(0, 1000), st.randoms(use_true_random=False))
def test_any_logs_in_any_order_give_the_same_answer(
    rows: list[list[tuple[float, float]]], at: int, random: Random
) -> None:
    logs = [log_of(SignalKey("twin", f"s{place}"), one) for place, one in enumerate(rows)]
    found = mismatches(logs, at * SECOND)
    random.shuffle(logs)
    assert mismatches(logs, at * SECOND) == found
    assert all(0.0 <= one.oddness <= 1.0 and one.since <= at * SECOND for one in found.values())


@given(st.integers(0, 200), st.integers(1, 400))
def test_nothing_after_the_moment_of_asking_is_read(seed: int, seconds: int) -> None:
    command, feedback = obedient(6, seed)
    logs = [log_of(VALVE, [*command, (430.0, 1.0)]), log_of(SWITCH, feedback)]
    at = (100 + seconds) * SECOND
    assert mismatches(logs, at) == mismatches([cut(log, at) for log in logs], at)
