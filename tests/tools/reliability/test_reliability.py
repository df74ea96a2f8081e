"""What past work orders tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from twinwright_tools.errors import InputError, UnknownNameError, UsageError
from twinwright_tools.plant import Plant
from twinwright_tools.reliability import (
    Repair,
    failure_rates,
    pareto,
    repairs_of,
    repeats,
    similar_incidents,
)
from twinwright_tools.reliability.pareto import by_month, plot_pareto
from twinwright_tools.reliability.rates import trend

BEGIN = datetime(2025, 2, 1, tzinfo=UTC)
END = datetime(2026, 2, 1, tzinfo=UTC)


def repair(number: int, twin: str = "a", code: str | None = "X", opened: float = 0.0, hours: float = 1.0) -> Repair:
    start = BEGIN + timedelta(hours=opened)
    return Repair(f"R{number}", twin, start, start + timedelta(hours=hours), code, hours, "text")


def test_corrective_orders_alone_are_repairs(plant: Plant) -> None:
    # W5 is planned by its code's catalogue entry, W6 by its type, W7 was cancelled, W9 comes later.
    assert [one.id for one in repairs_of(plant)] == ["W1", "W2", "W3", "W4", "W8"]
    assert [one.id for one in repairs_of(plant, datetime(2025, 6, 1, tzinfo=UTC))] == ["W3", "W4", "W8"]
    assert repairs_of(plant)[0].remedy == "New seal"


def test_mtbf_is_time_by_failures_less_repairs(plant: Plant) -> None:
    rates = {
        one.name: one
        for one in failure_rates(
            repairs_of(plant), {"pump-1": 1, "fan-2": 1}, lambda one: one.twin, BEGIN, END, level=0.9
        )
    }
    year = 365 * 24
    assert rates["pump-1"].failures == 3
    assert rates["pump-1"].mtbf_h == pytest.approx((year - 12) / 3)
    assert rates["pump-1"].mttr_h == pytest.approx(4)
    assert rates["fan-2"].mtbf_h is None
    assert rates["fan-2"].high_h is None
    # Without a failure the lower bound is where as few happen in 5 of 100 years: T / -ln(0.05).
    assert rates["fan-2"].low_h == pytest.approx(year / 2.995732, rel=1e-5)


@given(st.integers(1, 60), st.floats(100, 1e6))
def test_the_interval_is_poissons(failures: int, hours: float) -> None:
    spread = [repair(number, opened=hours * number / (failures + 1), hours=0.0) for number in range(failures)]
    (rate,) = failure_rates(spread, {"a": 1}, lambda one: one.twin, BEGIN, BEGIN + timedelta(hours=hours), level=0.8)
    assert rate.high_h is not None
    assert rate.low_h < rate.mtbf_h < rate.high_h  # type: ignore[operator]
    # At either end, what was seen is as unlikely as the level says.
    assert poisson.sf(failures - 1, rate.hours / rate.high_h) == pytest.approx(0.1, rel=1e-6)
    assert poisson.cdf(failures, rate.hours / rate.low_h) == pytest.approx(0.1, rel=1e-6)


def test_a_rate_needs_time() -> None:
    with pytest.raises(ValueError, match="ends after"):
        failure_rates([], {"a": 1}, lambda one: one.twin, END, BEGIN)


def test_trend_tells_more_from_fewer() -> None:
    assert trend([80, 85, 90, 95, 99], 100) == "rising"
    assert trend([1, 5, 10, 15, 20], 100) == "falling"
    assert trend([10, 30, 50, 70, 90], 100) == "steady"
    assert trend([90, 95], 100) == "too few"


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.floats(0, 50)), max_size=30), st.booleans())
def test_pareto_adds_up(drawn: list[tuple[str, float]], by_hours: bool) -> None:
    repairs = [repair(number, code=code, hours=hours) for number, (code, hours) in enumerate(drawn)]
    bars = pareto(repairs, lambda one: one.code, by_hours)
    sizes = [bar.hours if by_hours else bar.repairs for bar in bars]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(bar.repairs for bar in bars) == len(repairs)
    if sum(sizes) > 1e-3:
        assert bars[-1].cumulative == pytest.approx(1.0)


def test_months_stand_in_order(plant: Plant) -> None:
    bars = by_month(pareto(repairs_of(plant), lambda one: one.opened.strftime("%Y-%m")))
    assert [bar.name for bar in bars] == ["2025-02", "2025-03", "2025-06", "2025-07", "2025-12"]


def test_a_pareto_is_drawn(plant: Plant, tmp_path: Path) -> None:
    bars = pareto(repairs_of(plant), lambda one: one.code)
    plot_pareto(bars, tmp_path / "p.svg", "codes", by_hours=False)
    assert "<svg" in (tmp_path / "p.svg").read_text()
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        plot_pareto(bars, tmp_path / "p.gif", "codes", by_hours=False)
    with pytest.raises(InputError, match="no repair"):
        plot_pareto([], tmp_path / "p.png", "codes", by_hours=False)
    with pytest.raises(InputError, match="can't be written"):
        plot_pareto(bars, tmp_path / "none" / "p.png", "codes", by_hours=False)


def test_repeats_are_the_same_again_soon_after(plant: Plant) -> None:
    (found,) = repeats(repairs_of(plant), timedelta(days=90))
    assert (found.first.id, found.again.id) == ("W1", "W2")
    assert found.after_h == pytest.approx(27 * 24)
    assert repeats(repairs_of(plant), timedelta(days=20)) == []


def test_similar_incidents_say_why_and_what_fixed_them(plant: Plant) -> None:
    found = similar_incidents(plant, "seal leaks", twin="pump-1", code="SEAL")
    assert [one.repair.id for one in found][:2] == ["W1", "W2"]
    assert found[0].why == ("the same asset", "the same failure code", "words")
    assert found[0].came_back_h == pytest.approx(27 * 24)
    assert found[0].as_dict()["remedy"] == "New seal"
    other = next(one for one in found if one.repair.id == "W4")
    assert "an asset of the same model" in other.why
    assert similar_incidents(plant, "quantum", code="NONE") == []
    says = ["words" in one.why for one in similar_incidents(plant, "seal leaks", twin="pump-1")]
    assert says == sorted(says, reverse=True), "the same asset alone comes after what says the same"
    with pytest.raises(UnknownNameError, match="pump-1"):
        similar_incidents(plant, "seal", twin="pump-11")
