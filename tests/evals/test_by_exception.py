"""Thinning as a historian does: within the deadband nothing, beyond it every move."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twinwright_evals.by_exception import thinned
from twinwright_tools.telemetry.series import Series, SignalKey


@given(st.integers(0, 999), st.floats(0.0, 4.0))
def test_what_is_held_is_never_further_away_than_the_deadband(seed: int, deadband: float) -> None:
    values = np.cumsum(np.random.default_rng(seed).normal(size=200))
    values[50] = np.nan
    whole = Series(SignalKey("pump", "flow"), np.arange(200, dtype=np.int64), values)
    thin = thinned(whole, deadband)
    held = thin.values[np.searchsorted(thin.times, whole.times, side="right") - 1]
    steps = np.diff(values[np.isfinite(values)])
    noise = np.median(np.abs(steps - np.median(steps))) * 1.4826 / np.sqrt(2.0)
    known = np.isfinite(values)
    assert np.all(np.abs(held - values)[known] <= deadband * noise + 1e-9)
    assert np.isfinite(thin.values).all() and set(thin.times) <= set(whole.times)


def test_a_short_signal_stays_as_it_is() -> None:
    short = Series(SignalKey("pump", "flow"), np.arange(5, dtype=np.int64), np.ones(5))
    assert thinned(short, 1.0) is short
