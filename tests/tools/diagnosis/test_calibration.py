"""Confidence held against outcomes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.calibration import Calibration, fit, keep, kept
from twinwright_tools.errors import PlantError


def drawn(count: int, seed: int, true: Calibration) -> tuple[list[float], list[bool]]:
    """Confidences, and outcomes that come true as the calibration says."""
    generator = np.random.default_rng(seed)
    confidences = generator.uniform(0.05, 0.95, count)
    right = [bool(generator.random() < true.of(one)) for one in confidences]
    return [float(one) for one in confidences], right


def test_too_few_say_how_many_are_enough() -> None:
    verdict = fit([0.9] * 15, [True] * 9 + [False] * 6)
    assert verdict.calibration is None
    assert verdict.why == "9 right and 6 wrong so far; from 10 of each on, confidence is recalibrated"


def test_overconfidence_is_put_right() -> None:
    true = Calibration(-1.0, 0.5, 0)
    verdict = fit(*drawn(400, 1, true))
    assert verdict.calibration is not None
    assert verdict.calibration.of(0.9) == pytest.approx(true.of(0.9), abs=0.1)
    assert "intercept and slope fitted on 400 outcomes" in verdict.why


def test_with_few_outcomes_the_intercept_alone_is_fitted() -> None:
    confidences, right = drawn(40, 2, Calibration(-1.2, 1.0, 0))
    verdict = fit(confidences, right)
    assert 10 <= min(sum(right), 40 - sum(right)) < 20
    assert verdict.calibration is not None
    assert verdict.calibration.slope == 1.0
    assert verdict.calibration.intercept < -0.5


def test_good_confidence_is_left_alone() -> None:
    # Outcomes that are just as likely as was said: in most samples nothing that is fitted predicts them better.
    left = [fit(*drawn(100, seed, Calibration(0.0, 1.0, 0))).calibration is None for seed in range(20)]
    assert sum(left) > 10


@given(st.floats(-3, 3), st.floats(0.2, 3), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_it_keeps_the_order_and_can_be_undone(intercept: float, slope: float, one: float, other: float) -> None:
    calibration = Calibration(intercept, slope, 100)
    if one < other:
        assert calibration.of(one) <= calibration.of(other)
    shown = calibration.of(one)
    if 0.001 < shown < 0.999:
        assert calibration.raw(shown) == pytest.approx(one, rel=1e-6)


def test_it_is_kept_with_the_plant(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    assert kept(tmp_path) is None
    keep(tmp_path, Calibration(-1.0, 0.5, 40))
    assert kept(tmp_path) == Calibration(-1.0, 0.5, 40)
    keep(tmp_path, None)
    assert kept(tmp_path) is None


def test_a_broken_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "calibration.json").write_text('{"intercept": 1}')
    with pytest.raises(PlantError, match=r"calibration\.json.*delete it"):
        kept(tmp_path)
