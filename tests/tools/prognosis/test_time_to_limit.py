"""One signal, one limit: answers that are right, refusals that name the reason, and nothing that crashes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twinwright_tools.errors import InputError
from twinwright_tools.prognosis.engine import time_to_limit
from twinwright_tools.prognosis.prepare import held
from twinwright_tools.prognosis.result import TimeToLimit

DAY_US = 86_400_000_000
DAY_S = 86_400.0
TIMES = np.arange(0, 20 * DAY_US, DAY_US // 24)
AT = int(TIMES[-1])
DAYS = TIMES / DAY_US
Values = npt.NDArray[np.float64]


def noise(seed: int = 7, size: float = 0.1) -> Values:
    return size * np.random.default_rng(seed).standard_normal(len(TIMES))


def in_days(found: TimeToLimit) -> float:
    assert found.crossing is not None, found
    return (found.crossing - AT) / DAY_US


def test_a_straight_drift_is_foretold() -> None:
    found = time_to_limit(TIMES, 2 + 0.1 * DAYS + noise(), AT, 5.0)
    assert found.reason is None and found.direction == "rising"
    assert in_days(found) == pytest.approx(30 - DAYS[-1], abs=1.0)
    assert found.low is not None and found.high is not None and found.crossing is not None
    assert found.low <= found.crossing <= found.high
    assert found.trend is not None and found.trend.shape == "linear"
    assert found.trend.robust_slope * DAY_S == pytest.approx(0.1, rel=0.05)
    assert found.trend.curve[-1] == pytest.approx(5.0, abs=1e-6)


def test_a_lower_limit_is_the_mirror_image_of_an_upper_one() -> None:
    values = 2 + 0.1 * DAYS + noise()
    up, down = time_to_limit(TIMES, values, AT, 5.0), time_to_limit(TIMES, -values, AT, -5.0)
    assert down.direction == "falling"
    assert in_days(down) == pytest.approx(in_days(up), rel=0.01)


def test_only_the_present_trend_counts() -> None:
    values = np.where(DAYS < 8, 3.0, 3 + 0.2 * (DAYS - 8)) + noise(size=0.05)
    found = time_to_limit(TIMES, values, AT, 7.0)
    assert in_days(found) == pytest.approx(28 - DAYS[-1], abs=0.6)
    assert found.trend is not None and found.trend.begin / DAY_US == pytest.approx(8, abs=1.0)
    assert any("changed" in note for note in found.notes)


def test_a_renewal_starts_the_trend_anew() -> None:
    values = np.where(DAYS < 9, 4 + 0.3 * DAYS, 2 + 0.3 * (DAYS - 9)) + noise(size=0.05)
    assert in_days(time_to_limit(TIMES, values, AT, 8.0)) == pytest.approx(29 - DAYS[-1], abs=0.6)


def test_an_accelerating_drift_comes_sooner_than_its_line() -> None:
    values = 2 + 0.5 * np.exp(DAYS / 8) / np.e + noise(size=0.03)
    truth = 8 * np.log((6 - 2) * np.e / 0.5)
    found = time_to_limit(TIMES, values, AT, 6.0)
    assert found.trend is not None and found.trend.shape == "accelerating"
    assert in_days(found) == pytest.approx(truth - DAYS[-1], rel=0.2)


def test_the_daily_peak_is_what_crosses() -> None:
    values = 2 + 0.1 * DAYS + 0.8 * np.sin(2 * np.pi * DAYS) + noise(size=0.05)
    ahead = np.linspace(DAYS[-1], 50, 100_000)
    truth = ahead[np.argmax(2 + 0.1 * ahead + 0.8 * np.sin(2 * np.pi * ahead) >= 5.5)]
    found = time_to_limit(TIMES, values, AT, 5.5)
    assert any("cycle of 24 h" in note for note in found.notes)
    assert in_days(found) == pytest.approx(truth - DAYS[-1], abs=0.2)


def test_standstill_is_left_out() -> None:
    runs = (DAYS * 3).astype(int) % 2 == 0
    values = np.where(runs, 2 + 0.1 * DAYS, 0.02) + noise(size=0.01)
    told = time_to_limit(TIMES, values, AT, 5.0, running=runs)
    assert in_days(told) == pytest.approx(30 - DAYS[-1], abs=0.5)
    guessed = time_to_limit(TIMES, values, AT, 5.0, "rising")
    assert in_days(guessed) == pytest.approx(in_days(told), abs=0.5)
    assert any("alternate" in note for note in guessed.notes)


def test_a_pump_that_stands_still_isnt_below_its_suction_limit() -> None:
    runs = (DAYS * 3).astype(int) % 2 == 0
    values = np.where(runs, 5 - 0.1 * DAYS, 0.0) + np.where(runs, noise(size=0.05), noise(size=0.001))
    assert in_days(time_to_limit(TIMES, values, AT, 2.0, "falling")) == pytest.approx(30 - DAYS[-1], abs=0.6)


REFUSED = {
    "not_drifting": 2 + noise(),
    "wrong_way": 4 - 0.1 * DAYS + noise(),
    "already_beyond": 2 + 0.25 * DAYS + noise(),
    "saturating": 4 - 2 * np.exp(-DAYS / 5) + noise(size=0.02),
    "beyond_horizon": 2 + 0.02 * DAYS + noise(size=0.02),
    "regime_changes": np.where(DAYS < 19.2, 2 + noise(size=0.02), 3.5 + 0.5 * (DAYS - 19.2) + noise(size=0.02)),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refusal_names_its_reason(reason: str) -> None:
    found = time_to_limit(TIMES, REFUSED[reason], AT, 5.0, "rising")
    assert found.reason == reason and found.text
    assert found.crossing is None and found.low is None and found.high is None


def test_already_beyond_says_since_when() -> None:
    found = time_to_limit(TIMES, REFUSED["already_beyond"], AT, 5.0)
    since = time_to_limit(TIMES, REFUSED["already_beyond"], AT, 5.0, "rising").since
    assert found.direction == "rising"
    assert since is not None and since / DAY_US == pytest.approx(12, abs=0.5)


def test_what_is_noisy_and_long_is_refused() -> None:
    rng = np.random.default_rng(3)
    slow = np.repeat(rng.standard_normal(20), 24)
    found = time_to_limit(TIMES, 2 + 0.06 * DAYS + 0.3 * slow, AT, 6.0, horizon_s=400 * DAY_S)
    assert found.reason in ("too_noisy", "not_drifting")


def test_silence_is_stale_and_a_few_samples_are_too_short() -> None:
    values = 2 + 0.1 * DAYS + noise()
    assert time_to_limit(TIMES, values, AT + 5 * DAY_US, 5.0).reason == "stale"
    assert time_to_limit(TIMES[:5], values[:5], int(TIMES[4]), 5.0).reason == "too_short"
    assert time_to_limit(TIMES[:1], values[:1], AT, 5.0).reason == "too_short"
    assert time_to_limit(TIMES[:0], values[:0], AT, 5.0).reason == "too_short"


def test_a_trend_that_never_lasts_isnt_carried_on() -> None:
    sawtooth = 2 + (DAYS % 4.7) * 0.4 + noise(size=0.03)
    found = time_to_limit(TIMES, sawtooth, AT, 8.0, "rising")
    assert found.reason is not None


def test_nothing_after_the_moment_of_asking_is_read() -> None:
    values = 2 + 0.1 * DAYS + noise()
    at = int(TIMES[300])
    later = values.copy()
    later[301:] = 1e6
    known = time_to_limit(TIMES[:301], values[:301], at, 5.0)
    assert known == time_to_limit(TIMES, later, at, 5.0, "rising")


def test_order_duplicates_gaps_and_outliers_change_little() -> None:
    values = 2 + 0.1 * DAYS + noise()
    plain = in_days(time_to_limit(TIMES, values, AT, 5.0))
    order = np.random.default_rng(1).permutation(len(TIMES))
    assert in_days(time_to_limit(TIMES[order], values[order], AT, 5.0)) == plain
    twice = np.repeat(TIMES, 2), np.repeat(values, 2)
    assert in_days(time_to_limit(*twice, AT, 5.0)) == plain
    gap = (DAYS < 5) | (DAYS > 8)
    assert in_days(time_to_limit(TIMES[gap], values[gap], AT, 5.0)) == pytest.approx(plain, rel=0.1)
    broken = values.copy()
    broken[[10, 200, 477]] = 1e9, -1e9, np.nan
    broken[300] = np.inf
    assert in_days(time_to_limit(TIMES, broken, AT, 5.0)) == pytest.approx(plain, rel=0.05)


@pytest.mark.parametrize("stray", [-56 * 365 * DAY_US, -(2**62)])
def test_a_clock_that_was_at_1970_once_changes_nothing(stray: int) -> None:
    values = 2 + 0.1 * DAYS + noise()
    found = time_to_limit(np.append(TIMES, stray), np.append(values, 0.0), AT, 5.0)
    assert in_days(found) == in_days(time_to_limit(TIMES, values, AT, 5.0))


@pytest.mark.parametrize("value", [0.0, 3.25, -1e300, 1e-300])
def test_a_constant_doesnt_drift(value: float) -> None:
    constant = np.full(len(TIMES), value)
    assert time_to_limit(TIMES, constant, AT, value + max(abs(value), 1.0)).reason == "not_drifting"
    assert time_to_limit(TIMES, constant, AT, value - max(abs(value), 1.0), "rising").reason == "already_beyond"


def test_a_noiseless_line_is_hit_exactly() -> None:
    assert in_days(time_to_limit(TIMES, 2 + 0.1 * DAYS, AT, 5.0)) == pytest.approx(30 - DAYS[-1], abs=1e-2)


@pytest.mark.parametrize(
    ("limit", "level", "horizon_s"),
    [(np.nan, 0.8, 1.0), (np.inf, 0.8, 1.0), (5.0, 0.0, 1.0), (5.0, 1.0, 1.0), (5.0, 0.8, 0.0), (5.0, 0.8, 1e12)],
)
def test_nonsense_is_refused(limit: float, level: float, horizon_s: float) -> None:
    with pytest.raises(InputError):
        time_to_limit(TIMES, DAYS, AT, limit, level=level, horizon_s=horizon_s)


def test_arrays_of_two_lengths_are_refused() -> None:
    with pytest.raises(InputError):
        time_to_limit(TIMES, DAYS[1:], AT, 5.0)


def test_an_event_log_holds_its_values() -> None:
    changes = np.asarray([0, 2, 5, 11]) * DAY_US
    times, values = held(changes, np.asarray([1.0, 2.0, 3.0, 4.0]), 20 * DAY_US)
    assert times[0] == 0 and times[-1] == 20 * DAY_US
    assert values[times < 2 * DAY_US].max() == 1.0 and values[-1] == 4.0
    assert values[np.searchsorted(times, 5 * DAY_US)] == 3.0


def test_a_wider_level_gives_a_wider_interval() -> None:
    values = 2 + 0.1 * DAYS + noise()
    narrow, wide = (time_to_limit(TIMES, values, AT, 5.0, level=level) for level in (0.5, 0.95))
    assert narrow.low is not None and narrow.high is not None and wide.low is not None and wide.high is not None
    assert wide.low < narrow.low <= narrow.high < wide.high


@settings(max_examples=15)
@given(
    factor=st.sampled_from([1e-6, 0.3, 7.0, 1e9]),
    shift=st.sampled_from([-1e4, 0.0, 12.5, 1e5]),
    later=st.integers(-(10**15), 10**15),
    seed=st.integers(0, 5),
)
def test_shifting_and_scaling_change_nothing_else(factor: float, shift: float, later: int, seed: int) -> None:
    values = 2 + 0.1 * DAYS + noise(seed)
    plain = time_to_limit(TIMES, values, AT, 5.0, "rising")
    moved = time_to_limit(TIMES + later, factor * (values + shift), AT + later, factor * (5.0 + shift), "rising")
    assert moved.reason == plain.reason
    assert moved.crossing is not None and plain.crossing is not None
    assert moved.crossing - later - AT == pytest.approx(plain.crossing - AT, rel=1e-3)


@settings(max_examples=40)
@example(values=np.asarray([1.0, 2e162] + [0.0] * 13), spread=1, limit=0.0, seed=0)
@given(
    values=hnp.arrays(np.float64, st.integers(0, 60), elements=st.floats(allow_nan=True, allow_infinity=True)),
    spread=st.sampled_from([0, 1, 1000, DAY_US]),
    limit=st.floats(allow_nan=False, allow_infinity=False),
    seed=st.integers(0, 1000),
)
def test_whatever_comes_gets_a_clear_result(values: Values, spread: int, limit: float, seed: int) -> None:
    times = np.random.default_rng(seed).integers(0, 60 * max(spread, 1), len(values)) * min(spread, 1)
    found = time_to_limit(times, values, 60 * DAY_US if spread == DAY_US else 60 * spread, limit)
    assert found.text
    if found.reason is None:
        assert found.low is not None and found.crossing is not None and found.high is not None
        assert found.at <= found.low <= found.crossing <= found.high
        assert found.probability is not None and found.probability >= 0.5
    else:
        assert found.crossing is None


@settings(max_examples=40)
@given(
    slope=st.floats(-0.3, 0.3),
    size=st.floats(0.0, 1.0),
    memory=st.floats(0.0, 0.98),
    limit=st.floats(-10, 15),
    level=st.floats(0.05, 0.99),
    seed=st.integers(0, 10_000),
)
def test_the_interval_holds_the_point(
    slope: float, size: float, memory: float, limit: float, level: float, seed: int
) -> None:
    steps = np.random.default_rng(seed).standard_normal(len(TIMES))
    walk = np.asarray([0.0] * len(TIMES))
    for index in range(1, len(TIMES)):
        walk[index] = memory * walk[index - 1] + size * steps[index]
    found = time_to_limit(TIMES, 2 + slope * DAYS + walk, AT, limit, level=level)
    if found.reason is None:
        assert found.low is not None and found.crossing is not None and found.high is not None
        assert AT <= found.low <= found.crossing <= found.high
    elif found.reason == "already_beyond":
        assert found.since is not None and TIMES[0] <= found.since <= AT
