"""The named operations on signals whose truth is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinwright_tools.analysis.answer import Answer
from twinwright_tools.analysis.operations.compare import before_after, cliffs_delta
from twinwright_tools.analysis.operations.follow import command_feedback, correlations, cross_correlation, dead_band
from twinwright_tools.analysis.operations.order import extremes_and_trend, first_to_break
from twinwright_tools.analysis.operations.residual import balance, residual
from twinwright_tools.analysis.run import Request, perform
from twinwright_tools.errors import InputError, NoDataError
from twinwright_tools.plant import Plant

from .conftest import START, Floats, MakeAligned

N, SPLIT = 600, 400
SHARED = [HealthCheck.function_scoped_fixture]


def noise(seed: int, size: float = 1.0, memory: float = 0.0) -> Floats:
    """A first-order autoregression."""
    fresh = np.random.default_rng(seed).normal(0, size, N)
    for step in range(1, N):
        fresh[step] += memory * fresh[step - 1]
    return fresh


def after(size: float, begin: int = SPLIT) -> Floats:
    return np.where(np.arange(N) >= begin, size, 0.0)


def figures(answer: Answer) -> dict[str, Any]:
    return {one.name: one.value for one in answer.facts}


def test_a_shift_is_seen_with_its_size(aligned: MakeAligned) -> None:
    row = before_after(aligned(x=20 + noise(1) + after(5)), SPLIT).data["signals"][0]
    assert row["change"] == pytest.approx(5, abs=0.3)
    assert row["effect"] > 0.98 and row["p_value"] < 1e-6
    assert row["spread_before"] == pytest.approx(1, abs=0.15)


def test_memory_alone_is_no_change(aligned: MakeAligned) -> None:
    """With a test that takes each sample for independent, most of these would be significant."""
    values = [before_after(aligned(x=noise(seed, memory=0.95)), SPLIT).data["signals"][0] for seed in range(40)]
    assert sum(row["p_value"] < 0.05 for row in values) <= 6


@settings(max_examples=25, suppress_health_check=SHARED)
@given(
    seed=st.integers(0, 999), factor=st.sampled_from([1e-6, 0.1, 3600.0, 1e9]), offset=st.sampled_from([0.0, 273.15])
)
def test_units_change_no_verdict(aligned: MakeAligned, seed: int, factor: float, offset: float) -> None:
    x, y = noise(seed, memory=0.5) + after(3), noise(seed + 1)
    one, two = aligned(x=x, y=x * 0.5 + y), aligned(x=(x + offset) * factor, y=(x * 0.5 + y) * factor)
    pairs = [
        (before_after(each, SPLIT).data["signals"], ("effect", "p_value", "change_in_spreads")) for each in (one, two)
    ]
    for name in pairs[0][1]:
        assert pairs[0][0][0][name] == pytest.approx(pairs[1][0][0][name], rel=1e-4, abs=1e-6)
    assert residual(one, SPLIT).data["r2_normal"] == pytest.approx(residual(two, SPLIT).data["r2_normal"], abs=1e-6)
    assert residual(one, SPLIT).data["outside_band_since"] == residual(two, SPLIT).data["outside_band_since"]
    onsets = [[row["onset"] for row in first_to_break(each, SPLIT).data["broke"]] for each in (one, two)]
    assert onsets[0] == onsets[1]


@settings(max_examples=20, suppress_health_check=SHARED)
@given(lost=st.sets(st.integers(0, N - 1), max_size=120))
def test_gaps_move_no_answer_far(aligned: MakeAligned, lost: set[int]) -> None:
    x = 20 + noise(3) + after(6)
    x[list(lost)] = np.nan
    y = 2 * noise(4)
    for answer in (
        before_after(aligned(x=x, y=y), SPLIT), residual(aligned(x=x, y=y), SPLIT), extremes_and_trend(aligned(x=x)),
        balance(aligned(x=x, y=y), SPLIT, [1, -1]), first_to_break(aligned(x=x, y=y), SPLIT),
        command_feedback(aligned(x=y, y=x), SPLIT, 5), cross_correlation(aligned(x=x, y=y), 5),
    ):  # fmt: skip
        assert "nan" not in answer.summary and "inf" not in answer.summary
        assert all(one.value is None or one.value == one.value for one in answer.facts)
    rows = {row["signal"]: row for row in before_after(aligned(x=x, y=y), SPLIT).data["signals"]}
    assert rows["T.x"]["change"] == pytest.approx(6, abs=0.5)


def test_cliffs_delta_is_what_it_says() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.integers(0, 5, 12).astype(float), rng.integers(0, 5, 9).astype(float)
        pairs = np.sign(b[None, :] - a[:, None])
        assert cliffs_delta(a, b) == pytest.approx(pairs.mean())


def test_a_residual_tells_a_fault_from_a_load(aligned: MakeAligned) -> None:
    """Both signals rise with the load after the split; only one of them rises by more than the load explains."""
    load = 10 + noise(5, memory=0.8) + after(1)
    lagged = np.concatenate(([load[0]] * 2, load[:-2]))
    sound, faulty = 3 * lagged + noise(6, 0.2), 3 * lagged + noise(7, 0.2) + after(4, SPLIT + 50)
    quiet = residual(aligned(y=sound, x=load), SPLIT).data
    loud = residual(aligned(y=faulty, x=load), SPLIT).data
    assert quiet["r2_normal"] > 0.95 and quiet["outside_band_since"] is None and quiet["share_outside_band"] < 0.1
    assert loud["median_later"] == pytest.approx(4, abs=1.5)
    minutes = (np.datetime64(loud["outside_band_since"][:19]) - np.datetime64(START.isoformat()[:19])).astype("m8[m]")
    assert SPLIT + 50 <= int(minutes.astype(int)) <= SPLIT + 55


def test_a_fit_that_says_nothing_is_called_weak(aligned: MakeAligned) -> None:
    answer = residual(aligned(y=noise(8), x=noise(9)), SPLIT)
    assert answer.data["r2_normal"] < 0.1 and "weak" in answer.notes[0]


def test_a_residual_beyond_what_was_learned_says_so(aligned: MakeAligned) -> None:
    load = 10 + noise(17, 0.5) + after(20)
    answer = residual(aligned(y=2 * load + noise(18, 0.1), x=load), SPLIT)
    assert "lower bound" in answer.notes[0]
    assert residual(aligned(y=2 * noise(17), x=noise(17)), SPLIT).notes == []


def test_a_balance_closes_until_it_leaks(aligned: MakeAligned) -> None:
    one, two = 5 + noise(10, 0.3, 0.9), 7 + noise(11, 0.3, 0.9)
    total = one + two + noise(12, 0.05) + after(0.8)
    given_weights = balance(aligned(total=total, one=one, two=two), SPLIT, [1, -1, -1]).data
    assert given_weights["median_later"] == pytest.approx(0.8, abs=0.05)
    assert given_weights["outside_band_since"] is not None
    fitted = balance(aligned(total=total, one=one, two=two), SPLIT, [])
    assert fitted.data["weights"] == pytest.approx([1, -1, -1], abs=0.05)
    assert fitted.data["median_later"] == pytest.approx(0.8, abs=0.1)
    whole = balance(aligned(total=one + two, one=one, two=two), None, [1, -1, -1])
    assert figures(whole)["imbalance median"] == pytest.approx(0, abs=1e-9)


def test_a_feedback_is_late_and_then_stands(aligned: MakeAligned) -> None:
    command = 50 + 20 * np.sign(np.sin(np.arange(N) / 9)) + noise(13, 0.5)
    late = np.concatenate((np.full(3, command[0]), command[:-3]))
    position = np.where(np.arange(N) < SPLIT + 20, 0.98 * late + 1, 40.0)
    found = command_feedback(aligned(c=command, p=position), SPLIT, 10)
    assert found.data["normal"]["delay_s"] == 180
    assert found.data["normal"]["gain"] == pytest.approx(0.98, abs=0.01)
    assert figures(found)["mismatch share later"] > 0.8


@pytest.mark.parametrize("split", [3, N - 3])
def test_a_part_that_is_shorter_than_the_lag(aligned: MakeAligned, split: int) -> None:
    command = noise(16, memory=0.9)
    found = command_feedback(aligned(c=command, p=command), split, 60)
    assert {found.data["normal"]["delay_s"], found.data["later"]["delay_s"]} == {0}


def test_a_valve_that_sticks_has_a_dead_band() -> None:
    command = 50 + 10 * np.sin(np.arange(N) / 20)
    stuck = command.copy()
    for step in range(1, N):
        stuck[step] = command[step] if abs(command[step] - stuck[step - 1]) > 4 else stuck[step - 1]
    travel, jump = dead_band(command, stuck)
    free, _ = dead_band(command, command)
    assert travel is not None and jump is not None and 3 < travel < 5 and 3.5 < jump < 6
    assert free is None or free < 1


@pytest.mark.parametrize("lag", [-7, 0, 4, 12])
def test_who_leads_and_by_how_long(aligned: MakeAligned, lag: int) -> None:
    x = noise(14, memory=0.9)
    y = np.roll(x, lag) + noise(15, 0.2)
    (pair,) = cross_correlation(aligned(x=x, y=y), 20).data["pairs"]
    assert pair["lag_s"] == 60 * lag and abs(pair["whitened"]) > pair["bound"]
    assert pair["correlation_at_lag"] > 0.8


def test_unrelated_signals_with_memory_lead_one_another_nowhere() -> None:
    found = 0
    for seed in range(30):
        _, whitened, bound = correlations(noise(2 * seed, memory=0.95), noise(2 * seed + 1, memory=0.95), 30)
        found += bool(np.nanmax(np.abs(whitened)) > bound)
    assert found <= 3


def test_what_broke_first_stands_first(aligned: MakeAligned) -> None:
    signals = {f"s{n}": 10 + noise(20 + n, 0.3) + (after(4, SPLIT + 30 * n) if n else 0) for n in range(5)}
    found = first_to_break(aligned(**signals), SPLIT).data
    assert [row["signal"] for row in found["broke"]] == ["T.s1", "T.s2", "T.s3", "T.s4"]
    assert found["stayed_in_their_past"] == 1
    assert {row["change"] for row in found["broke"]} == {"rose"}


def test_a_drift_has_its_slope_in_its_interval(aligned: MakeAligned) -> None:
    hours = np.arange(N) / 60
    row = extremes_and_trend(aligned(x=5 + 0.7 * hours + noise(30, 0.3, 0.6))).data["signals"][0]
    assert row["slope_low_per_h"] <= 0.7 <= row["slope_high_per_h"] and row["drifts"]
    assert (row["min_at"], row["max_at"]) < (row["max_at"], "9")
    sure = [extremes_and_trend(aligned(x=noise(seed, memory=0.8))).data["signals"][0]["drifts"] for seed in range(40)]
    assert sum(sure) <= 8


def test_text_needs_operations_for_text(aligned: MakeAligned) -> None:
    modes = ["auto"] * SPLIT + ["hand"] * (N - SPLIT)
    shares = before_after(aligned(mode=modes), SPLIT).data["signals"][0]
    assert shares["share_before"] == {"auto": 1.0} and shares["share_after"] == {"hand": 1.0}
    for operation in (lambda x: residual(x, SPLIT), lambda x: balance(x, SPLIT, [1, -1]), extremes_and_trend):
        with pytest.raises(InputError):
            operation(aligned(mode=modes, other=modes))


def test_states_last_as_long_as_they_lasted(mixer: Plant) -> None:
    request = Request("states", ["M1.mode", "M1.running"], START, START + timedelta(hours=6))
    mode, running = perform(mixer, request).answer.data["signals"]
    last_s = (mixer.at - START).total_seconds()
    assert mode["window"]["hand"]["total_s"] == 30 * 60 + last_s - 300 * 60
    assert mode["window"]["auto"]["entered"] == 2 and mode["window"]["hand"]["entered"] == 2
    assert running["window"]["true"]["total_s"] == 3600
    assert mode["longest"][0]["from"] == "2026-01-05T05:00:00+00:00"


@settings(max_examples=20, suppress_health_check=SHARED)
@given(minute=st.integers(1, 350))
def test_a_split_cuts_the_durations_in_two(mixer: Plant, minute: int) -> None:
    whole = Request("states", ["M1.mode"], START, START + timedelta(hours=6))
    cut = Request("states", ["M1.mode"], START, START + timedelta(hours=6), START + timedelta(minutes=minute))
    (one,), (two,) = (perform(mixer, each).answer.data["signals"] for each in (whole, cut))
    for state, told in one["window"].items():
        parts = [two[side].get(state, {"total_s": 0.0, "entered": 0}) for side in ("before", "after")]
        assert sum(part["total_s"] for part in parts) == pytest.approx(told["total_s"])
        assert sum(part["entered"] for part in parts) == told["entered"]


def test_states_of_a_number_need_a_limit_and_know_gaps(mixer: Plant) -> None:
    with pytest.raises(InputError, match="above 80"):
        perform(mixer, Request("states", ["M1.inflow"], START, START + timedelta(hours=6)))
    request = Request("states", ["M1.gappy"], START, START + timedelta(hours=6), limit="above 100")
    (row,) = perform(mixer, request).answer.data["signals"]
    known = sum(state["total_s"] for state in row["window"].values())
    assert known == pytest.approx(4 * 3600, abs=60)


def test_a_limit_is_asked_of_the_prognosis(mixer: Plant) -> None:
    found = perform(mixer, Request("time_to_limit", ["M1.temperature"], limit="above 20 °C"))
    assert found.answer.data["signals"][0]["reason"] == "already_beyond"
    with pytest.raises(InputError, match="give one in `limit`"):
        perform(mixer, Request("time_to_limit", ["M1.inflow"]))
    with pytest.raises(InputError, match="is measured in °C"):
        perform(mixer, Request("time_to_limit", ["M1.temperature"], limit="above 20 bar"))


def test_what_does_not_go_together_is_refused_in_words(mixer: Plant) -> None:
    cases = [
        (Request("before_after", []), "needs signals"),
        (Request("before_after", ["M1.inflow"]), "needs `split`"),
        (Request("before_after", ["M1.inflow"], split=START - timedelta(days=1)), "inside of the window"),
        (Request("residual", ["M1.inflow"], split=START + timedelta(hours=4)), "one or more others"),
        (Request("residual", ["M1.inflow", "M1.outflow"], split=START + timedelta(minutes=5)), "are needed"),
        (Request("balance", ["M1.inflow", "M1.outflow"], weights=[1.0]), "as many weights"),
        (Request("balance", ["M1.inflow", "M1.outflow"]), "give one"),
        (Request("command_feedback", ["M1.inflow", "M1.outflow", "M1.gappy"]), "at most 2"),
        (Request("cross_correlation", ["M1.inflow", "M1.outflow"], most_lag_s=1e6), "max_lag"),
        (Request("states", ["M1.inflow"], limit="80"), "is no limit"),
        (Request("before_after", ["M1.inflow"], START + timedelta(hours=2), START, START), "must lie before"),
    ]
    for request, says in cases:
        with pytest.raises(InputError) as caught:
            perform(mixer, request)
        assert says in caught.value.message


def test_quality_tells_what_is_missing(mixer: Plant) -> None:
    split = START + timedelta(hours=1)
    found = perform(mixer, Request("before_after", ["M1.inflow", "M1.gappy"], START, START + timedelta(hours=6), split))
    assert "M1.gappy holds a value in" in found.quality and "inflow" not in found.quality
    hole = (START + timedelta(minutes=90), START + timedelta(minutes=150))
    with pytest.raises(NoDataError, match="no data of"):
        perform(mixer, Request("extremes_and_trend", ["M1.gappy"], *hole))
