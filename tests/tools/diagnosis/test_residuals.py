"""Relations learned from the past, and what is left when they break."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.residuals import related, residuals, standardised
from twinwright_tools.diagnosis.scan import scan

STEPS, PAST = 400, 320
PAIR = [np.array([1]), np.array([0])]


def wandering(seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed).normal(size=STEPS)
    course = np.zeros(STEPS)
    for step in range(1, STEPS):
        course[step] = 0.9 * course[step - 1] + draw[step]
    return course


def excess(columns: list[np.ndarray], predictors: list[np.ndarray], **options: bool) -> np.ndarray:
    standard = standardised(np.column_stack(columns), PAST)
    return scan(residuals(standard, predictors, PAST, own_past=options.get("own_past", False)), PAST).excess


def test_a_valve_that_no_longer_moves_the_flow_breaks_their_relation() -> None:
    valve = wandering(1)
    flow = 2.0 * valve + np.random.default_rng(2).normal(0.0, 0.2, STEPS)
    assert (excess([valve, flow], PAIR) < 1.6).all()
    broken = flow.copy()
    broken[PAST + 20 :] -= 3.0
    assert (excess([valve, broken], PAIR) > 2.5).all()


def test_signals_that_never_went_together_are_no_better_than_alone() -> None:
    one, other = wandering(3), wandering(4)
    standard = standardised(np.column_stack([one, other]), PAST)
    left = residuals(standard, PAIR, PAST, own_past=False)
    assert left[:PAST].std(axis=0).min() > 0.9


def test_a_likeness_by_chance_that_does_not_last_is_no_relation_and_cannot_break() -> None:
    steps = np.arange(STEPS) / PAST
    one, other = steps**2, np.cos(6.0 * steps)
    other[PAST:] += 50.0
    standard = standardised(np.column_stack([one, other]), PAST)
    left = residuals(standard, PAIR, PAST, own_past=False)
    np.testing.assert_array_equal(left[:, 0], standard[:, 0])


@given(st.integers(0, 2**32 - 1))
def test_noise_costs_a_relation_what_its_coefficients_do_and_no_more(seed: int) -> None:
    one, other = np.random.default_rng(seed).normal(size=(2, 4000))
    course = 0.2 * one + other  # it explains a twenty-fifth: little, but it is there
    standard = standardised(np.column_stack([course, one]), 3000)
    left = residuals(standard, PAIR, 3000, own_past=False)
    assert left[:3000, 0].var() < standard[:3000, 0].var()


def test_beyond_the_range_that_it_was_learned_in_a_relation_is_only_about_right() -> None:
    valve = 0.2 * wandering(5)
    valve[PAST:] += 12.0
    flow = valve + 0.01 * valve**2 + np.random.default_rng(6).normal(0.0, 0.05, STEPS)
    bent = excess([valve, flow], PAIR)
    lost = flow.copy()
    lost[PAST:] = flow[:PAST].mean()
    assert bent.max() < 0.2 * excess([valve, lost], PAIR).max()


def test_with_its_own_past_only_what_is_new_is_left() -> None:
    course = wandering(7)
    standard = standardised(course[:, None], PAST)
    new = residuals(standard, [np.array([], dtype=np.int64)], PAST, own_past=True)
    assert new[:PAST].std() < 0.7 * standard[:PAST].std()


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_targets_are_the_same_columns_as_without(seed: int, count: int) -> None:
    columns = np.random.default_rng(seed).normal(size=(120, 5))
    predictors = [np.array([j for j in range(5) if j != i]) for i in range(5)]
    standard = standardised(columns, 100)
    chosen = np.arange(count)
    whole = residuals(standard, predictors, 100, own_past=True)
    part = residuals(standard, [predictors[i] for i in chosen], 100, own_past=True, targets=chosen)
    np.testing.assert_allclose(part, whole[:, chosen], rtol=1e-9, atol=1e-9)


def test_the_most_alike_predictors_are_kept() -> None:
    base = wandering(8)
    noise = np.random.default_rng(9).normal(size=(STEPS, 30))
    standard = standardised(np.column_stack([base, base + 0.1 * noise[:, 0], noise]), PAST)
    [kept] = related(standard, PAST, [np.arange(1, 32)], np.array([0]), most=3)
    assert 1 in kept and len(kept) == 3
