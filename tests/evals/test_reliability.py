"""Calibration figures against values worked out by hand and by other libraries, and what must hold for any answers."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from twinwright_evals.reliability import (
    Pair,
    as_table,
    brier,
    calibration_error,
    equal_mass_bins,
    equal_width_bins,
    plot_reliability,
    reliability,
    wilson,
)
from twinwright_tools.errors import InputError, NoDataError, UsageError

PAIRS = st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=60)
# Bins of width 0.5: (0.2, 0.4 | one of two right), (0.9, 0.9, 0.6 | two of three right).
WORKED: list[Pair] = [(0.2, False), (0.4, True), (0.9, True), (0.9, True), (0.6, False)]


def test_a_case_worked_by_hand() -> None:
    found = equal_width_bins(WORKED, 2)
    assert [one.count for one in found] == [2, 3]
    assert [one.confidence for one in found] == pytest.approx([0.3, 0.8])
    assert [one.correct for one in found] == pytest.approx([1 / 2, 2 / 3])
    assert calibration_error(found) == pytest.approx(2 / 5 * 0.2 + 3 / 5 * (0.8 - 2 / 3))
    assert brier(WORKED) == pytest.approx((0.04 + 0.36 + 0.01 + 0.01 + 0.36) / 5)


def test_a_confidence_on_an_edge_belongs_to_the_bin_below_and_zero_to_the_first() -> None:
    found = equal_width_bins([(0.0, False), (0.5, True), (0.500001, True), (1.0, True)], 2)
    assert [(one.low, one.high, one.count) for one in found] == [(0.0, 0.5, 2), (0.5, 1.0, 2)]
    edges = equal_width_bins([(place / 10, True) for place in range(1, 11)], 10)
    assert [one.count for one in edges] == [1] * 10


def test_bins_of_equal_mass_hold_about_as_many_and_never_part_a_tie() -> None:
    spread: list[Pair] = [(place / 100, place % 3 == 0) for place in range(100)]
    assert [one.count for one in equal_mass_bins(spread, 10)] == [10] * 10
    tied: list[Pair] = [(0.3, True)] * 37 + [(0.7, False)] * 3
    assert [(one.low, one.high, one.count) for one in equal_mass_bins(tied, 10)] == [(0.3, 0.3, 37), (0.7, 0.7, 3)]


def test_answers_drawn_from_their_own_confidence_are_calibrated_and_overconfident_ones_are_not() -> None:
    generator = np.random.default_rng(7)
    stated = generator.uniform(size=20_000)
    honest = reliability([(float(p), bool(generator.uniform() < p)) for p in stated])
    boastful = reliability([(float(p), bool(generator.uniform() < p / 2)) for p in stated])
    assert honest.ece_width < 0.02 and honest.ece_mass < 0.02
    assert boastful.ece_width == pytest.approx(0.25, abs=0.02)
    inside = [one for one in honest.bins if one.correct_low <= one.confidence <= one.correct_high]
    assert len(inside) >= 8


@pytest.mark.parametrize(("successes", "total"), [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (81, 263), (5, 1000)])
def test_the_wilson_interval_is_that_of_scipy(successes: int, total: int) -> None:
    known = binomtest(successes, total).proportion_ci(0.95, method="wilson")
    assert wilson(successes, total) == pytest.approx((known.low, known.high), abs=1e-9)


def test_without_trials_anything_is_possible() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(InputError, match="3 of 2"):
        wilson(3, 2)


@given(st.integers(0, 200), st.integers(0, 200))
def test_an_interval_holds_its_share_and_mirrors(successes: int, failures: int) -> None:
    total = successes + failures
    low, high = wilson(successes, total)
    assert 0.0 <= low <= high <= 1.0
    if total:
        assert low <= successes / total <= high
    mirrored = wilson(failures, total)
    assert (1 - high, 1 - low) == pytest.approx(mirrored)


@given(PAIRS, st.integers(1, 20), st.randoms(use_true_random=False))
def test_what_holds_for_any_answers(pairs: list[Pair], count: int, chance: random.Random) -> None:
    found = reliability(pairs, count)
    for bins in (found.bins, found.mass_bins):
        assert 1 <= len(bins) <= count
        assert sum(one.count for one in bins) == len(pairs)
        assert all(one.low <= one.confidence <= one.high for one in bins)
        assert all(0.0 <= one.correct_low <= one.correct <= one.correct_high <= 1.0 for one in bins)
        assert all(one.high <= other.low for one, other in pairwise(bins))
    overall = abs(found.correct - found.confidence)
    assert overall - 1e-9 <= min(found.ece_width, found.ece_mass)  # binning can only show more of an error
    assert max(found.ece_width, found.ece_mass) <= 1.0 and 0.0 <= found.brier <= 1.0
    # (E|c - y|)² ≤ E(c - y)², and the calibration error is at most E|c - y|.
    assert max(found.ece_width, found.ece_mass) ** 2 <= found.brier + 1e-9
    shuffled = list(pairs)
    chance.shuffle(shuffled)
    again = reliability(shuffled, count)
    assert again.bins == found.bins and again.mass_bins == found.mass_bins
    assert math.isclose(again.brier, found.brier, abs_tol=1e-12)


@given(PAIRS)
def test_one_bin_shows_the_overall_error_alone(pairs: list[Pair]) -> None:
    found = reliability(pairs, 1)
    assert found.ece_width == pytest.approx(abs(found.correct - found.confidence), abs=1e-9)
    assert found.ece_mass == pytest.approx(found.ece_width, abs=1e-9)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_certain_and_right_is_perfect(outcomes: list[bool]) -> None:
    found = reliability([(float(outcome), outcome) for outcome in outcomes])
    assert found.ece_width == found.ece_mass == found.brier == 0.0


@pytest.mark.parametrize("confidence", [-0.01, 1.01, math.nan, math.inf])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    with pytest.raises(InputError, match="answer 1"):
        reliability([(0.5, True), (confidence, True)])


def test_no_answers_and_no_bins_are_refused() -> None:
    with pytest.raises(NoDataError):
        reliability([])
    with pytest.raises(NoDataError):
        brier([])
    with pytest.raises(InputError, match="0 bins"):
        equal_mass_bins(WORKED, 0)


def test_the_table_names_every_figure() -> None:
    text = as_table(reliability(WORKED, 2))
    lines = text.splitlines()
    assert len(lines) == 4 and len({line.rindex(" ") for line in lines[1:3]}) == 1
    assert lines[2].split()[:6] == ["0.50", "to", "1.00", "3", "0.80", "0.67"]
    assert "5 answers, 60% right (23% to 88%)" in lines[3]
    assert "calibration error 0.160 (equal width)" in lines[3] and "Brier score 0.156" in lines[3]
    assert text.isascii()


def test_the_diagram_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "reliability.png"
    plot_reliability(reliability(WORKED), file, "demo")
    assert file.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="can't be written"):
        plot_reliability(reliability(WORKED), tmp_path / "nowhere" / "reliability.png")
    with pytest.raises(UsageError, match=r"\.png"):
        plot_reliability(reliability(WORKED), tmp_path / "reliability.svg")
