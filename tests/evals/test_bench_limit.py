"""The benchmark of time to limit: its truth is the truth, and the ways see no more than the samples."""

from __future__ import annotations

import numpy as np
import pytest

from twinwright_evals.bench_limit import (
    SCENARIOS,
    WAYS,
    Case,
    as_markdown,
    least_squares,
    mean_slope,
    ours,
    run,
    simulate,
)

DAYS = np.linspace(-10, 0, 500)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: str(one.name))
def test_a_case_is_the_same_each_time_and_its_limit_lies_ahead(scenario: object) -> None:
    (found,) = (one for one in SCENARIOS if one is scenario)
    case, again = simulate(found, 3), simulate(found, 3)
    assert np.array_equal(case.values, again.values) and case.limit == again.limit
    assert case.days[-1] == 0 and (case.crossing is None or 0 < case.crossing <= 20)
    assert found.never <= (case.crossing is None)


@pytest.mark.parametrize("name", WAYS)
def test_every_way_finds_the_crossing_of_a_clean_line(name: str) -> None:
    noise = 1e-4 * np.random.default_rng(0).standard_normal(len(DAYS))
    told = WAYS[name](Case(DAYS, DAYS / 10 + noise, 0.5, 5.0))
    assert told is not None and told.crossing == pytest.approx(5.0, abs=0.05)


def test_the_textbooks_interval_holds_its_share_under_its_own_assumptions() -> None:
    held = []
    for seed in range(200):
        noise = 0.05 * np.random.default_rng(seed).standard_normal(len(DAYS))
        told = least_squares(Case(DAYS, DAYS / 10 + noise, 0.5, 5.0))
        assert told is not None and told.low is not None and told.high is not None
        held.append(told.low <= 5.0 <= told.high)
    assert 0.7 < np.mean(held) < 0.9


def test_nothing_that_drifts_is_no_answer() -> None:
    noise = 0.05 * np.random.default_rng(1).standard_normal(len(DAYS))
    flat = Case(DAYS, noise, 0.5, None)
    assert ours(flat) is None and least_squares(flat) is None
    assert mean_slope(Case(DAYS, -DAYS / 10, 0.5, None)) is None


def test_the_table_has_a_row_for_each_way_and_the_totals() -> None:
    rows = run(range(2), SCENARIOS[:1] + SCENARIOS[-1:])
    assert len(rows) == 4 * len(WAYS)
    assert as_markdown(rows).count("\n") == len(rows) + 1
