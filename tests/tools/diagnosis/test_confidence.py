"""Probabilities of causes, and the verdict."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.confidence import (
    capped,
    chance_of_fault,
    confidences,
    evidence_of,
    fault_features,
    verdict_of,
)
from twinwright_tools.diagnosis.features import FEATURES
from twinwright_tools.diagnosis.ranking import Candidate
from twinwright_tools.diagnosis.suspicion import Suspicion
from twinwright_tools.diagnosis.weights import load_weights
from twinwright_tools.telemetry.series import SignalKey

WEIGHTS = load_weights()
NUMBER = st.floats(-50.0, 50.0)
QUIET = dict.fromkeys(FEATURES, 0.0)


def candidates(scores: list[float]) -> list[Candidate]:
    keys = [SignalKey(f"t{index // 2}", f"s{index % 2}") for index in range(len(scores))]
    found = [Candidate(key.twin, key, score, QUIET) for key, score in zip(keys, scores, strict=True)]
    return sorted(found, key=lambda one: -one.score)


def row(excess: float) -> dict[str, float]:
    key = SignalKey("t0", "s0")
    return fault_features({key: Suspicion(key, excess=excess, own=excess)}, asked=False)


@given(st.lists(NUMBER, min_size=1, max_size=12), st.floats(0.0, 1e6))
def test_probabilities_stay_probabilities_and_the_first_has_the_largest(scores: list[float], excess: float) -> None:
    found = confidences(candidates(scores), row(excess), WEIGHTS)
    assert all(0.0 <= one <= 1.0 for one in found)
    assert found[0] == max(found)


@given(st.lists(st.floats(0.0, 8.0), min_size=2, max_size=12), st.floats(0.0, 1.2))
def test_no_cause_is_named_where_every_signal_is_about_as_ever(scores: list[float], excess: float) -> None:
    quiet = row(excess)
    found = confidences(candidates(scores), quiet, WEIGHTS)
    assert verdict_of(chance_of_fault(quiet, WEIGHTS), found, asked=False) == "nothing_wrong"


def test_what_makes_a_fault_unlikely_makes_every_cause_less_likely() -> None:
    ranked = candidates([9.0, 0.0, 0.0, 0.0])
    assert confidences(ranked, row(1.0), WEIGHTS)[0] < confidences(ranked, row(50.0), WEIGHTS)[0]


@given(st.floats(0.0, 5.0), st.floats(0.01, 20.0))
def test_the_clearer_the_departure_the_likelier_a_fault(folds: float, more: float) -> None:
    assert chance_of_fault(row(2.0**folds), WEIGHTS) <= chance_of_fault(row(2.0**folds + more), WEIGHTS) + 1e-12


def test_a_larger_share_is_surer() -> None:
    alone = confidences(candidates([9.0, 0.0, 0.0, 0.0]), row(50.0), WEIGHTS)
    tied = confidences(candidates([9.0, 0.0, 9.0, 0.0]), row(50.0), WEIGHTS)
    assert alone[0] > tied[0]
    clear, tie = (evidence_of(scores, [QUIET] * 2, row(5.0), WEIGHTS.fault) for scores in ([5.0, 1.0], [5.0, 5.0]))
    assert clear["share"] > tie["share"] == 0.0


def test_the_further_an_upset_has_spread_the_less_sure_is_its_cause() -> None:
    ranked = candidates([3.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    away = [replace(one, features=QUIET | {"level": 2.0, "own": 2.0}) for one in ranked]
    some = [one if one.twin == "t0" else other for one, other in zip(away, ranked, strict=True)]
    found = [confidences(which, row(3.0), WEIGHTS)[0] for which in (ranked, some, away)]
    assert found[0] > found[1] > found[2]


def test_complaints_and_alarms_make_a_fault_likelier() -> None:
    key = SignalKey("t0", "s0")
    quiet = {key: Suspicion(key, excess=1.5)}
    plain = chance_of_fault(fault_features(quiet, asked=False), WEIGHTS)
    assert chance_of_fault(fault_features(quiet, asked=True), WEIGHTS) > plain


def test_the_verdict_and_the_cap() -> None:
    assert verdict_of(0.9, [0.7, 0.1], asked=False) == "cause"
    assert verdict_of(0.9, [0.4, 0.3], asked=False) == "cannot_tell"
    assert verdict_of(0.39, [0.7, 0.1], asked=False) == "cannot_tell"
    assert verdict_of(0.1, [0.05], asked=False) == "nothing_wrong"
    assert verdict_of(0.3, [0.05], asked=True) == "cannot_tell"
    assert capped([0.7, 0.8, 0.1], "cause") == [0.7, 0.7, 0.1]
    assert max(capped([0.9], "cannot_tell")) < 0.5
