"""Resampling: nothing is invented, nothing is lost, and what is coarse agrees with what is fine."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.analysis.align import Floats, Ints, align, longer_step, resampled
from twinwright_tools.analysis.signals import choose, matching
from twinwright_tools.errors import InputError, NoDataError, TwinwrightError, UnknownNameError
from twinwright_tools.plant import Plant
from twinwright_tools.telemetry.series import Series, SignalKey

from .conftest import START

KEY = SignalKey("T", "x")
SECOND = 1_000_000


@st.composite
def samples(draw: st.DrawFn) -> Series:
    """Up to 60 samples at increasing times of some seconds."""
    gaps = draw(st.lists(st.integers(1, 40), min_size=1, max_size=60))
    values = draw(st.lists(st.floats(-1e6, 1e6), min_size=len(gaps), max_size=len(gaps)))
    return Series(KEY, np.cumsum(gaps).astype(np.int64) * SECOND, np.array(values))


def edges_of(series: Series, step: int) -> Ints:
    last = int(series.times[-1]) + SECOND
    return np.unique(np.append(np.arange(0, last, step * SECOND), last)).astype(np.int64)


@given(series=samples(), step=st.integers(1, 200))
def test_sampled_steps_hold_what_was_sampled_in_them(series: Series, step: int) -> None:
    edges = edges_of(series, step)
    counts = resampled(series, edges, "count", held=False)
    mean, low, high, last = (resampled(series, edges, each, held=False) for each in ("mean", "min", "max", "last"))
    assert counts.sum() == len(series)
    for figures in (mean, low, high, last):
        assert np.array_equal(np.isnan(figures), counts == 0)
    known = counts > 0
    assert np.nansum(mean * counts) == pytest.approx(series.values.sum(), abs=1e-3)
    assert np.nanmin(low) == series.values.min() and np.nanmax(high) == series.values.max()
    assert last[known][-1] == series.values[-1]
    assert (low[known] <= mean[known] + 1e-6).all() and (mean[known] <= high[known] + 1e-6).all()


@given(series=samples(), step=st.integers(1, 200))
def test_the_mean_of_an_event_log_does_not_depend_on_the_step(series: Series, step: int) -> None:
    edges = edges_of(series, step)
    whole = edges[[0, -1]]
    seconds = np.diff(np.maximum(edges, series.times[0])) / SECOND
    fine = resampled(series, edges, "mean", held=True)
    coarse = resampled(series, whole, "mean", held=True)
    assert np.nansum(np.where(seconds > 0, fine * seconds, 0)) / seconds.sum() == pytest.approx(coarse[0], abs=1e-3)
    assert np.nanmax(resampled(series, edges, "max", held=True)) == series.values.max()
    assert np.nanmin(resampled(series, edges, "min", held=True)) == series.values.min()
    assert resampled(series, edges, "last", held=True)[-1] == series.values[-1]


@given(series=samples(), step=st.integers(1, 200), factor=st.sampled_from([1e-3, 2.0, 60.0]), held=st.booleans())
def test_a_unit_changes_nothing_but_the_figures(series: Series, step: int, factor: float, held: bool) -> None:
    edges = edges_of(series, step)
    other = Series(KEY, series.times, series.values * factor)
    for aggregate in ("mean", "min", "max", "last"):
        one, two = (resampled(each, edges, aggregate, held) for each in (series, other))  # type: ignore[arg-type]  # a word of the aggregates
        assert np.allclose(one * factor, two, rtol=1e-9, atol=1e-6, equal_nan=True)


def values(plant: Plant, word: str, step_s: float, start_min: int = 0, minutes: int = 360) -> Floats:
    start = START + timedelta(minutes=start_min)
    found: Floats = align(plant, choose(plant, [word], 5), start, start + timedelta(minutes=minutes), step_s).values[
        :, 0
    ]
    return found


def test_gaps_are_gaps(mixer: Plant) -> None:
    found = values(mixer, "M1.gappy", 3600)
    assert np.isnan(found).tolist() == [False, True, True, False, False, False]
    assert values(mixer, "count(M1.gappy)", 3600).tolist() == [120, 0, 0, 120, 120, 120]


def test_an_event_holds_until_the_next_one(mixer: Plant) -> None:
    assert values(mixer, "M1.setpoint", 3600).tolist() == [5, 6, 7, 7, 6, 6]
    assert values(mixer, "max(M1.setpoint)", 3600).tolist() == [5, 7, 7, 7, 6, 6]
    assert values(mixer, "min(M1.setpoint)", 3600).tolist() == [5, 5, 7, 7, 6, 6]
    assert values(mixer, "last(M1.setpoint)", 3600).tolist() == [5, 7, 7, 7, 6, 6]
    assert values(mixer, "last(M1.setpoint)", 3600, start_min=150, minutes=60).tolist() == [7]
    assert values(mixer, "M1.running", 7200).tolist() == [0.5, 0, 0]


def test_states_hold_too(mixer: Plant) -> None:
    found = align(mixer, choose(mixer, ["M1.mode"], 5), START, START + timedelta(hours=6), 3600)
    assert found.texts[0].tolist() == ["auto", "hand", "auto", "auto", "auto", "hand"]


def test_nothing_later_than_the_moment_of_asking(mixer: Plant) -> None:
    late = START + timedelta(days=2)
    found = align(mixer, choose(mixer, ["max(M1.inflow)"], 5), START, late, 600)
    assert found.end == int(mixer.at.timestamp()) * SECOND
    assert np.nanmax(found.values) < 20
    with pytest.raises(NoDataError, match="nothing is known after"):
        align(mixer, choose(mixer, ["M1.inflow"], 5), START + timedelta(hours=8), late, 600)


def test_too_many_values_are_refused_with_what_would_do(mixer: Plant) -> None:
    columns = choose(mixer, ["M1"], 20)
    with pytest.raises(InputError) as caught:
        align(mixer, columns, START, START + timedelta(days=30), 0.1)
    assert caught.value.suggestions[0] in caught.value.message
    seconds = {"s": 1, "min": 60, "h": 3600}
    number, unit = caught.value.suggestions[0].rstrip("smhin"), caught.value.suggestions[0].lstrip("0123456789.")
    assert align(mixer, columns, START, START + timedelta(days=30), float(number) * seconds[unit]).values.size > 0


@given(least=st.floats(0.01, 1e7))
def test_usual_steps_are_long_enough(least: float) -> None:
    assert longer_step(least) >= least * (1 - 1e-6)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("M1.inflw", "inflow"),
        ("M9.inflow", "M1"),
        ("median(M1.inflow)", "aggregate"),
        ("mean(M1.mode)", "is text"),
        ("M1.inflow AS 1x", "no plain name"),
        ("nope*", "no recorded signal"),
        ("max(M1.inflow", "names no signal"),
        ("inflow", "names no signal"),
    ],
)
def test_words_that_name_nothing(mixer: Plant, word: str, says: str) -> None:
    with pytest.raises(TwinwrightError) as caught:
        choose(mixer, [word], 20)
    assert says in caught.value.message + " ".join(caught.value.suggestions)


def test_a_name_for_several_signals_goes_before_their_own(mixer: Plant) -> None:
    names = [one.name for one in choose(mixer, ["M1 AS x"], 20)]
    assert len(names) > 1 and all(name.startswith("x_") for name in names)


@pytest.mark.parametrize("pattern", ["M1.*flow", "m1.IN*", "M*", "*1", "nope*", "M1.*nope", "M[1]*"])
def test_a_pattern_is_left_out_exactly_where_nothing_could_be_chosen_by_it(pattern: str, mixer: Plant) -> None:
    try:
        names = [str(one.key) for one in choose(mixer, [pattern], 100)]
    except UnknownNameError:
        names = []
    kept, _ = matching(mixer, [pattern, "M1.inflow"])
    assert (pattern in kept) == bool(names)


def test_a_pattern_without_a_match_is_left_out_and_told(mixer: Plant) -> None:
    assert matching(mixer, ["M1.inflow", "nope*"]) == (["M1.inflow"], ["no recorded signal matches 'nope*'"])
    assert matching(mixer, ["nope*"]) == (["nope*"], [])
    assert matching(mixer, ["M1.*flow", "max(M1.in*)"]) == (["M1.*flow", "max(M1.in*)"], [])


def test_words_that_name_signals(mixer: Plant) -> None:
    found = choose(mixer, ["M1.inflow", "max(M1.inflow)", "Last( M1.mode ) as m", "M1.*flow", "M1.inflow as again"], 9)
    assert [(str(one.key), one.aggregate, one.name) for one in found] == [
        ("M1.inflow", "mean", "M1_inflow"),
        ("M1.inflow", "max", "M1_inflow_max"),
        ("M1.mode", "last", "m"),
        ("M1.outflow", "mean", "M1_outflow"),
        ("M1.inflow", "mean", "again"),
    ]
    assert len(choose(mixer, ["H1"], 20)) == 7
    with pytest.raises(InputError, match="at most 3"):
        choose(mixer, ["H1"], 3)
