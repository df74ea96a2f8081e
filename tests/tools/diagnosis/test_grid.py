"""The common grid: bins as plainly counted, nothing later than the moment asked of, strays in time left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twinwright_tools.diagnosis.grid import Grid, first_real_time, make_grid, quantities, sampled_signals, states_on
from twinwright_tools.diagnosis.looking import look_at
from twinwright_tools.diagnosis.quality import gap_at, onsets_in_gaps
from twinwright_tools.telemetry.infer import infer_sampling
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey
from twinwright_tools.times import from_micros

START = 1_772_323_200_000_000
STEP = 60_000_000


def series_of(name: str, times: np.ndarray, values: np.ndarray) -> Series:
    return Series(SignalKey("pump", name), times.astype(np.int64), values.astype(np.float64))


def steady(name: str, count: int = 100, begin: int = START) -> Series:
    return series_of(name, begin + STEP * np.arange(count), np.random.default_rng(len(name)).normal(5.0, 1.0, count))


def info_of(series: Series) -> SignalInfo:
    ends = from_micros(int(series.times[0])), from_micros(int(series.times[-1]))
    return SignalInfo(series.key, "numeric", "sampled", len(series), *ends, 60.0, None, True)


def plainly_binned(series: Series, grid: Grid, at: int) -> np.ndarray:
    """Means bin by bin, each bin beginning just after the end of the one before; gaps hold the last mean."""
    step = grid.step_s * 1e6
    course = np.full(len(grid.ends), np.nan)
    for place in range(len(course)):
        ages = (at - series.times) // step
        inside = (series.times <= at) & (ages == len(course) - 1 - place)
        if inside.any():
            course[place] = series.values[inside].mean()
    known = np.flatnonzero(~np.isnan(course))
    return np.array(
        [course[known[max(np.searchsorted(known, place, side="right") - 1, 0)]] for place in range(len(course))]
    )


@st.composite
def clocks(draw: st.DrawFn) -> list[Series]:
    """Signals of which some share all their times, some all but one, some none."""
    offsets = st.lists(st.integers(0, 40 * STEP), min_size=1, max_size=30)
    times = [np.sort(np.array(draw(offsets), dtype=np.int64)) + START for _ in range(draw(st.integers(1, 3)))]
    chosen = draw(st.lists(st.sampled_from(times), min_size=1, max_size=6))
    chance = np.random.default_rng(draw(st.integers(0, 99)))
    return [series_of(f"s{n}", one, chance.normal(1e3, 1.0, len(one))) for n, one in enumerate(chosen)]


@settings(max_examples=40, deadline=None)
@given(clocks(), st.integers(0, 50 * STEP), st.sampled_from([7, 1440]))
def test_bins_are_those_that_one_would_count(found: list[Series], after: int, most: int) -> None:
    at = START + after
    grid = make_grid(found, at, most)
    if grid is None:
        assert all(one.times[0] > at for one in found)
        return
    assert grid.keys == tuple(one.key for one in found if one.times[0] <= at)
    known = {one.key: one for one in found}
    ages = np.concatenate([(at - one.times[one.times <= at]) / (grid.step_s * 1e6) for one in found])
    # To which bin a sample on the very border belongs is a matter of rounding.
    assume(bool(np.all((np.abs(ages - np.rint(ages)) > 1e-6) | (ages == 0))))
    for column, key in enumerate(grid.keys):
        plain = plainly_binned(known[key], grid, at)
        np.testing.assert_allclose(grid.values[:, column], plain, rtol=1e-12)
        bins = len(grid.ends) - np.unique((at - known[key].times[known[key].times <= at]) // (grid.step_s * 1e6)) - 1
        assert np.array_equal(np.flatnonzero(~grid.filled[:, column]), np.sort(bins))


def test_later_samples_make_no_signal_a_sampled_one() -> None:
    late, early = steady("late", begin=START + 90 * STEP), steady("early")
    infos, at = [info_of(late), info_of(early)], START + 99 * STEP
    found = sampled_signals({one.key: one for one in (late, early)}, infos, at)
    assert [one.key.signal for one in found] == ["early"]
    assert all(one.times[-1] <= at for one in found)


@given(st.lists(st.integers(0, START // 2), max_size=20), st.booleans())
def test_rows_of_a_wrong_clock_are_left_out(wrong: list[int], alone: bool) -> None:
    good = steady("good")
    times = np.sort(np.array(wrong, dtype=np.int64))
    mixed = series_of(
        "mixed", times if alone else np.append(times, good.times), np.ones(len(times) + 100 * (not alone))
    )
    at = int(good.times[-1])
    assert first_real_time([good, mixed], at) == (START if wrong else None)


def test_a_pause_is_no_wrong_clock() -> None:
    week, now = steady("week", 10_000), steady("now", 5, START + 60 * 10_000 * STEP)
    both = series_of("both", np.append(week.times, now.times), np.append(week.values, now.values))
    assert first_real_time([both], int(now.times[-1])) is None


def test_a_gap_hides_who_was_first() -> None:
    ends = START + STEP * np.arange(60)
    filled = np.zeros((60, 3), dtype=np.bool_)
    filled[20:40, 0] = True
    filled[1::2, 2] = True  # recorded at every other step: that is no gap
    keys = tuple(SignalKey("pump", name) for name in "abc")
    nothing = np.zeros((60, 3))
    grid = Grid(keys, ends, 60.0, nothing, filled, filled.astype(np.float64), nothing)
    assert gap_at(grid, 0, 41, 1) == (20, 40)
    assert gap_at(grid, 0, 45, 1) is None and gap_at(grid, 0, 15, 1) is None
    assert gap_at(grid, 2, 30, 1) is None
    for first, likely in ((30, 30), (10, 20), (50, 40)):
        assert onsets_in_gaps(grid, {0: (40, 1), 1: (first, 1), 2: (55, 1)}) == {0: (20, 40, likely)}
    assert onsets_in_gaps(grid, {0: (40, 1)}) == {0: (20, 40, 30)}


def test_doubled_times_tell_no_interval() -> None:
    times, codes = np.repeat(START + STEP * np.arange(50), 3), np.random.default_rng(1).normal(size=150)
    with np.errstate(all="raise"):
        assert infer_sampling(times, codes, "numeric") == "sampled"
        assert infer_sampling(np.full(9, START), codes[:9], "numeric") == "events"
    grid = make_grid([series_of("doubled", times, codes)], int(times[-1]))
    assert grid is not None and grid.step_s == 60.0


def test_an_empty_log_holds_no_state() -> None:
    empty = series_of("log", np.empty(0), np.empty(0))
    assert states_on(empty, np.array([START, START + STEP])).tolist() == [None, None]


def by_exception(series: Series, deadband: float) -> Series:
    """Only the rows that moved by more than a deadband since the last one that was kept."""
    kept = [0]
    for place, value in enumerate(series.values):
        if abs(value - series.values[kept[-1]]) > deadband:
            kept.append(place)
    return Series(series.key, series.times[kept], series.values[kept])


def logged(series: Series) -> SignalInfo:
    return replace(info_of(series), sampling="events")


def quantities_of(*found: Series) -> list[str]:
    at = max(int(one.times[-1]) for one in found)
    return [one.key.signal for one in quantities({one.key: one for one in found}, map(logged, found), at)]


def test_a_number_recorded_by_exception_is_a_quantity_and_a_set_point_or_counter_is_none() -> None:
    measured = by_exception(steady("measured", 400), 1.0)
    minutes = START + STEP * np.arange(400)
    set_point = series_of("set", minutes[::20], np.array([5.0, 6.0, 7.0, 8.0] * 5))
    counter = series_of("count", minutes, np.arange(400.0))
    # An axis that begins to move late has no past to be judged against.
    late = series_of("late", np.append(minutes[:1], minutes[300:]), np.append(0.0, np.sin(np.arange(100.0))))
    assert quantities_of(measured, set_point, counter, late) == ["measured"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.integers(0, 30), st.sampled_from([7, 50, 1440]))
def test_a_held_value_is_binned_by_its_mean_over_time(seed: int, after: int, most: int) -> None:
    chance = np.random.default_rng(seed)
    times = START + np.sort(chance.choice(3000, 40, replace=False)) * 1_000_000
    one = series_of("held", times, chance.normal(0.0, 1.0, 40))
    at = int(times[-1]) + after * 1_000_000
    grid = make_grid([], at, most, held=[one])
    assert grid is not None
    for place, end in enumerate(grid.ends):
        seconds = np.arange(end - int(grid.step_s * 1e6), end, 1000)  # milliseconds
        index = np.maximum(np.searchsorted(times, seconds, side="right") - 1, 0)
        assert abs(grid.values[place, 0] - one.values[index].mean()) < 0.01
    assert not grid.missing.any() and not grid.filled.any()


def test_a_departure_is_seen_however_it_is_recorded() -> None:
    whole = steady("flow", 1200)
    whole.values[900:] += 5.0
    for one, info in ((whole, info_of(whole)), (by_exception(whole, 1.0), logged(by_exception(whole, 1.0)))):
        found = look_at({one.key: one}, [info], int(whole.times[-1])).found[one.key]
        assert found.deviation is not None and found.deviation.direction == 1
        assert abs((found.onset or 0) - whole.times[900]) <= 3 * STEP
