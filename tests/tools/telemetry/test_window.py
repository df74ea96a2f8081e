"""Windows: statistics against numpy, event logs by time, quality, bounds, plots."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.errors import InputError, NoDataError, TimeFormatError, UnknownNameError, UsageError
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.telemetry.downsample import kept_samples, kept_states
from twinwright_tools.telemetry.infer import infer_sampling
from twinwright_tools.telemetry.plot import plot_windows
from twinwright_tools.telemetry.quality import sampled_gaps, stuck
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.telemetry.statistics import robust_slope, weighted_quantiles
from twinwright_tools.telemetry.window import window

START = datetime(2026, 1, 5, tzinfo=UTC)
FLOW, RUNNING, MODE = (SignalKey("P1", name) for name in ("flow", "running", "mode"))
SECOND = 1_000_000


def _after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_sampled_signal(open_pumps: Callable[..., Plant]) -> None:
    found = window(open_pumps(), FLOW, START, _after(40)).as_dict()
    assert json.loads(json.dumps(found)) == found
    figures, quality = found["statistics"], found["quality"]
    values = [1.0, 2.0, 4.0, 8.0, 16.0]
    assert figures["mean"] == pytest.approx(np.mean(values))
    assert figures["std"] == pytest.approx(np.std(values))
    assert (figures["median"], figures["iqr"]) == (4.0, 6.0)
    assert (figures["max"], figures["max_time"]) == (16.0, "2026-01-05T00:00:40+00:00")
    assert (quality["coverage"], quality["gaps"], quality["grade"]) == (1.0, [], "good")
    assert [value for _, value in found["points"]] == values


def test_states_hold_until_they_change(open_pumps: Callable[..., Plant]) -> None:
    plant = open_pumps()
    figures = window(plant, MODE, _after(10), _after(40)).as_dict()["statistics"]
    assert (figures["count"], figures["first"], figures["last"], figures["changes"]) == (2, "auto", "hand", 1)
    assert [(each["state"], each["duration_s"]) for each in figures["states"]] == [("auto", 15.0), ("hand", 15.0)]
    log = "timestamp,twin,signal,value\n" + "".join(
        f"{_after(second).isoformat()},P2,running,{number % 2}\n" for number, second in enumerate((0, 1, 7, 9, 30))
    )
    (plant.folder / "telemetry" / "b.csv").write_text(log)
    with open_plant(plant.folder) as other:
        found = window(other, SignalKey("P2", "running"), _after(10), _after(20))
        assert found.sampling == "events"
        assert found.statistics["states"][0] == {"state": "true", "share": 1.0, "duration_s": 10.0, "entered": 1}
        assert found.points == [["2026-01-05T00:00:10+00:00", 1.0]]


def test_windows_end_at_the_moment_of_asking(open_pumps: Callable[..., Plant]) -> None:
    found = window(open_pumps(at=_after(20)), FLOW, START, _after(900))
    assert (found.end, found.statistics["max"]) == (_after(20), 4.0)


def test_what_is_refused(open_pumps: Callable[..., Plant]) -> None:
    plant = open_pumps()
    with pytest.raises(NoDataError, match=r"no data between .* and .* for P1.flow; it has data from .* to "):
        window(plant, FLOW, _after(-900), _after(-800))
    with pytest.raises(NoDataError):
        window(plant, SignalKey("P2", "flow"), START, _after(10))
    with pytest.raises(UnknownNameError) as caught:
        window(plant, SignalKey("P1", "flw"), START, _after(10))
    assert caught.value.suggestions == ["flow"]
    with pytest.raises(InputError):
        window(plant, FLOW, _after(10), START)
    with pytest.raises(TimeFormatError):
        window(plant, FLOW, datetime(2026, 1, 5), _after(10))  # noqa: DTZ001  # naive on purpose


def test_out_of_range(pump_plant: Path) -> None:
    (pump_plant / "twinwright.toml").write_text('[ranges]\n"Pump.flow" = { low = 2, high = 10 }\n')
    with open_plant(pump_plant) as plant:
        found = window(plant, FLOW, START, _after(40)).quality["out_of_range"]
    assert found == {"count": 2, "share": 0.4, "furthest": 6.0, "low": 2.0, "high": 10.0}


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=400),
    st.integers(2, 100),
)
def test_downsampling_is_bounded_and_keeps_extremes(values: list[float], most: int) -> None:
    array = np.asarray(values)
    kept = kept_samples(np.arange(len(array), dtype=np.int64) * SECOND, array, most)
    assert len(kept) <= most
    assert (np.diff(kept) > 0).all()
    assert array[kept].min() == array.min()
    assert array[kept].max() == array.max()


@given(st.lists(st.sampled_from("ab"), max_size=60), st.integers(1, 40))
def test_states_are_bounded(states: list[str], most: int) -> None:
    kept = kept_states(states, most)
    assert len(kept) <= most
    assert not states or kept[0] == 0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.integers(1, 5))
def test_weights_are_repetitions(values: list[float], times: int) -> None:
    """A value that holds for n seconds counts as often as n samples, at the median within their spacing."""
    weights = np.full(len(values), float(times))
    assert weighted_quantiles(np.asarray(values), weights, (0.5,)) == pytest.approx([float(np.median(values))])


def test_the_slope_ignores_outliers() -> None:
    times = np.arange(100, dtype=np.int64) * 36 * SECOND
    values = 2.0 * times / 3.6e9 + 5
    values[::5] += 1000
    slope, _ = robust_slope(times, values)
    assert slope == pytest.approx(2.0, rel=0.02)
    slope, fit = robust_slope(times, 3.0 * times / 3.6e9)
    assert (slope, fit) == (pytest.approx(3.0), pytest.approx(1.0))


def test_gaps_and_stuck_values() -> None:
    times = np.asarray([0, 10, 20, 90, 100], dtype=np.int64) * SECOND
    gaps = sampled_gaps(times, 0, 100 * SECOND, 10.0)
    assert gaps.found == [(20 * SECOND, 90 * SECOND)]
    assert gaps.coverage == pytest.approx(0.4)
    wave = np.sin(np.arange(200.0))
    wave[100:150] = wave[100]
    assert stuck(np.arange(200, dtype=np.int64) * SECOND, wave) == (49.0, True)
    assert stuck(np.arange(200, dtype=np.int64) * SECOND, np.full(200, 7.0)) == (199.0, False)


def test_sampling() -> None:
    random = np.random.default_rng(1)
    steady = np.arange(300, dtype=np.int64) * 10 * SECOND
    noise = random.normal(size=300)
    assert infer_sampling(steady, noise, "numeric") == "sampled"
    kept = np.sort(random.choice(300, 200, replace=False))
    assert infer_sampling(steady[kept], noise[kept], "numeric") == "sampled"
    events = np.cumsum(random.exponential(5e6, 300)).astype(np.int64)
    assert infer_sampling(events, noise, "numeric") == "events"
    assert infer_sampling(steady, np.arange(300.0) % 2, "boolean") == "events"
    fell = np.array([0, 155, 156, 157, 158, 159, 160], dtype=np.int64) * 1_000_000
    assert infer_sampling(fell, np.array([100.0, 91, 67, 48, 34, 11, 1]), "numeric") == "events"
    assert infer_sampling(np.append(fell, fell[-1] + steady[1:] // 10), np.arange(306.0), "numeric") == "sampled"


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_plots(open_pumps: Callable[..., Plant], tmp_path: Path, suffix: str) -> None:
    plant = open_pumps()
    path = tmp_path / f"plot{suffix}"
    plot_windows(
        [window(plant, key, START, _after(40)) for key in (FLOW, RUNNING, MODE)], path, ZoneInfo("Europe/Rome")
    )
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")
    assert len(content) > 5_000


def test_a_range_is_no_limit_in_a_plot(pump_plant: Path, tmp_path: Path) -> None:
    (pump_plant / "twinwright.toml").write_text('[ranges]\n"Pump.flow" = { low = 2, high = 10 }\n')
    path = tmp_path / "plot.svg"

    def drawn(*limits: tuple[str, float]) -> str:
        with open_plant(pump_plant) as plant:
            plot_windows([window(plant, FLOW, START, _after(40))], path, plant.zone, {FLOW: limits})
        return path.read_text()

    # matplotlib's texts are outlines; what they say stands beside them as comments.
    ranged = drawn()
    assert "<!-- range from 2" in ranged and "<!-- range up to 10" in ranged and "limit" not in ranged
    limited = drawn(("high", 8.0), ("low", 3.0))
    assert "<!-- range up to 10" in limited and "<!-- high limit 8" in limited and "<!-- low limit 3" in limited
    # Dash patterns tell them apart without their colours.
    dashes = re.compile(r"stroke-dasharray: ([^;\"]+)")
    assert set(dashes.findall(ranged)) < set(dashes.findall(limited))


def test_plots_that_cannot_be(open_pumps: Callable[..., Plant], tmp_path: Path) -> None:
    one = window(open_pumps(), FLOW, START, _after(40))
    with pytest.raises(UsageError):
        plot_windows([one], tmp_path / "plot.pdf", ZoneInfo("UTC"))
    with pytest.raises(InputError):
        plot_windows([one], tmp_path / "nowhere" / "plot.png", ZoneInfo("UTC"))
    with pytest.raises(InputError):
        plot_windows([], tmp_path / "plot.png", ZoneInfo("UTC"))
