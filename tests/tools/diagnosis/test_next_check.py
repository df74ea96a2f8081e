"""The next check: its information, what it would mean, and that it tells the hypotheses apart."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.failure_modes import load_library
from twinwright_tools.diagnosis.next_check import (
    Leading,
    entropy,
    information,
    next_check,
    next_checks,
    recorded_roles,
)
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.graph import Twin, TwinGraph

from .modes.scenes import labelled

LIBRARY = load_library()
MODES = sorted(LIBRARY.modes)
shares = st.floats(0.01, 1.0)
hypotheses = st.lists(
    st.tuples(st.sampled_from(["pump-1", "pump-2", "valve"]), st.sampled_from([None, *MODES]), shares),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one[:2],
)


def leading(drawn: list[tuple[str, str | None, float]], total: float = 0.9) -> list[Leading]:
    whole = sum(share for _, _, share in drawn)
    return [Leading(twin, mode, total * share / whole) for twin, mode, share in drawn]


@given(st.lists(st.tuples(shares, st.floats(0.0, 1.0)), min_size=1, max_size=8))
def test_information_lies_between_nothing_and_the_entropy(drawn: list[tuple[float, float]]) -> None:
    total = sum(share for share, _ in drawn)
    probabilities = [share / total for share, _ in drawn]
    bits = information(probabilities, [yes for _, yes in drawn])
    assert 0.0 <= bits <= min(1.0, entropy(probabilities)) + 1e-9


@given(st.lists(shares, min_size=1, max_size=8), st.floats(0.0, 1.0))
def test_what_all_answer_alike_tells_nothing(given_shares: list[float], yes: float) -> None:
    total = sum(given_shares)
    assert information([each / total for each in given_shares], [yes] * len(given_shares)) < 1e-9


def test_a_perfect_check_of_two_equal_hypotheses_is_one_bit() -> None:
    assert information([0.5, 0.5], [1.0, 0.0]) == pytest.approx(1.0)
    # A check that errs one time in ten either way: 1 - H(0.1).
    assert information([0.5, 0.5], [0.9, 0.1]) == pytest.approx(1.0 - 0.468996, abs=1e-5)


@given(hypotheses)
def test_every_check_holds_together(drawn: list[tuple[str, str | None, float]]) -> None:
    asked = leading(drawn)
    checks = next_checks(asked, LIBRARY)
    most = entropy([*(one.probability for one in asked), 0.1])
    worth = [one.bits_per_minute for one in checks]
    assert worth == sorted(worth, reverse=True)
    for one in checks:
        assert 0.0 < one.bits <= most + 1e-9 and one.minutes > 0 and one.skill
        # What is expected after the check is what is believed before it.
        before = {(each.twin, each.mode): each.probability for each in asked}
        after = {(each.twin, each.mode): one.positive * each.probability for each in one.if_positive}
        for each in one.if_negative:
            after[each.twin, each.mode] += (1.0 - one.positive) * each.probability
        assert all(math.isclose(after[key], before[key], abs_tol=1e-9) for key in before)
    assert len({(one.twin, one.text) for one in checks}) == len(checks)


def test_strainer_against_impeller() -> None:
    asked = [Leading("pump-1", "cavitation", 0.45), Leading("pump-1", "impeller_wear", 0.45)]
    best = next_check(asked, LIBRARY)
    assert best is not None and best.twin == "pump-1"
    assert best.if_positive[0].mode != best.if_negative[0].mode
    assert best.if_positive[0].probability > 0.7
    assert best.meaning[0].startswith("If ") and "(now 45%)" in best.meaning[0]


def test_sensor_against_process_is_settled_by_a_comparison() -> None:
    asked = [Leading("tank", "level_low", 0.5), Leading("tank", "level_false_echo", 0.5)]
    best = next_check(asked, LIBRARY)
    assert best is not None
    assert {best.if_positive[0].mode, best.if_negative[0].mode} == {"level_low", "level_false_echo"}


def test_the_same_mode_on_two_twins_is_told_apart_by_going_to_one() -> None:
    asked = [Leading("pump-1", "seal_leak", 0.5), Leading("pump-2", "seal_leak", 0.5)]
    best = next_check(asked, LIBRARY)
    assert best is not None
    assert {best.if_positive[0].twin, best.if_negative[0].twin} == {"pump-1", "pump-2"}
    assert best.if_positive[0].twin == best.twin


def test_nothing_in_question_needs_no_check() -> None:
    assert next_check([], LIBRARY) is None
    assert next_check([Leading("pump-1", "cavitation", 1.0)], LIBRARY) is None


def test_a_twin_without_a_mode_is_looked_at() -> None:
    asked = [Leading("pump-1", None, 0.5), Leading("valve", None, 0.4)]
    texts = [one.text for one in next_checks(asked, LIBRARY)]
    assert texts and all(text.startswith("Look at") for text in texts)


def test_a_twin_is_compared_with_its_sister() -> None:
    twins = {name: Twin(name, f"dtmi:test:{model};1") for name, model in (("a", "P"), ("b", "P"), ("c", "V"))}
    graph = TwinGraph(twins, (), Flows({}))
    texts = [one.text for one in next_checks([Leading("a", None, 0.5), Leading("c", None, 0.4)], LIBRARY, graph)]
    assert any(text.startswith("Compare a with b") for text in texts)
    assert not any(text.startswith("Compare c") for text in texts)


def test_what_no_sensor_records_is_measured_by_hand() -> None:
    models = labelled(P="Pump")
    graph = TwinGraph({"a": Twin("a", "dtmi:test:P;1")}, (), Flows({}))
    asked = [Leading("a", "bearing_wear", 0.5), Leading("a", "imbalance", 0.4)]
    known = recorded_roles([SignalKey("a", "vibration")], graph, models, LIBRARY)
    texts = [one.text for one in next_checks(asked, LIBRARY, graph, known)]
    assert any("Measure the bearing temperature at a" in text for text in texts)
    assert not any("Measure the vibration" in text for text in texts)
    assert not any("Measure" in text and "at a (" in text for text in (one.text for one in next_checks(asked, LIBRARY)))


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf])
def test_a_probability_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="probabilities"):
        next_checks([Leading("a", "cavitation", bad)], LIBRARY)
