"""Balances close, pumps follow their laws, controllers hold what they are there to hold."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_plant.physics import air, cooling
from twinwright_plant.physics.health import Health
from twinwright_plant.physics.line import Line, LineInputs, air_limit, foam_limit, winding_limit
from twinwright_plant.physics.simulate import Run, simulate
from twinwright_plant.schedule import STEP_S, Schedule
from twinwright_plant.truth import Truth

RunOf = Callable[[str | None, int], tuple[Run, Truth]]


@pytest.mark.parametrize("fault", [None, "clutch-wear", "chain-slip", "label-jam"])
def test_bottles_are_conserved(run_of: RunOf, fault: str | None) -> None:
    run, _ = run_of(fault, 1)
    for line in run.lines:
        content = sum(line[f"content_{conveyor}"] for conveyor in range(5))
        stored = content - line["fed"] + line["packed"] + line["rejected"]
        assert np.ptp(stored) < 1e-6 * line["fed"][-1]


def test_conveyors_stay_within_their_capacity(run_of: RunOf) -> None:
    run, _ = run_of("label-jam", 1)
    for line, nominal in zip(run.lines, (5.0, 7.5, 10.0), strict=True):
        for conveyor, seconds in enumerate((120.0, 75.0, 30.0, 150.0, 180.0)):
            content = line[f"content_{conveyor}"]
            assert content.min() > -1e-9
            assert content.max() <= nominal * seconds + 1e-6


@settings(max_examples=60, deadline=None)
@given(
    ua=st.floats(1.0, 40.0),
    product=st.floats(0.3, 8.0),
    glycol=st.floats(0.3, 12.0),
    warm=st.floats(5.0, 30.0),
    cold=st.floats(-8.0, 4.0),
)
def test_a_cooler_never_beats_the_second_law(
    ua: float, product: float, glycol: float, warm: float, cold: float
) -> None:
    duty = cooling.cooler_duty(ua, product, glycol, warm, cold)
    out = warm - duty / (product * cooling.PRODUCT_DENSITY * cooling.PRODUCT_CP)
    back = cold + duty / (glycol * cooling.GLYCOL_DENSITY * cooling.GLYCOL_CP)
    assert duty >= 0.0
    assert cold - 1e-9 <= out <= warm
    assert cold <= back <= warm + 1e-9


def test_a_coolers_two_sides_exchange_the_same_heat() -> None:
    cooler = cooling.Cooler(2, glycol_flow=5.0)
    for _ in range(200):
        cooler.exchange(STEP_S, 5.0, 17.0, -2.0, 0.0)
    product = 5.0 * cooling.PRODUCT_DENSITY * cooling.PRODUCT_CP * (17.0 - cooler.product_out)
    glycol = 5.0 * cooling.GLYCOL_DENSITY * cooling.GLYCOL_CP * (cooler.glycol_out + 2.0)
    assert product == pytest.approx(cooler.duty) == pytest.approx(glycol)
    ua = cooling.cooler_ua(2, 5.0, 5.0, 0.0)
    hot, cold = 17.0 - cooler.glycol_out, cooler.product_out + 2.0
    mean = (hot - cold) / np.log(hot / cold)
    assert cooler.duty == pytest.approx(ua * mean, rel=1e-6), "duty = UA times the log mean temperature difference"


def test_the_chiller_removes_what_coolers_and_pumps_bring_in(steady: Run) -> None:
    last = slice(-180, None)
    brought = sum(line["duty"][last].mean() for line in steady.lines)
    brought += sum(steady.plant[f"shaft_{pump}"][last].mean() for pump in (0, 1))
    assert steady.plant["duty"][last].mean() == pytest.approx(brought, rel=0.005)


def test_glycol_mass_balance_at_the_header(run_of: RunOf) -> None:
    run, _ = run_of("cavitation", 2)
    pumps = run.plant["flow_0"] + run.plant["flow_1"]
    valves = sum(line["glycol_flow"] for line in run.lines)
    assert np.abs(pumps - valves).max() < 0.01


def test_air_mass_balance_of_the_receiver(steady: Run) -> None:
    plant = steady.plant
    surplus = plant["delivered_0"] + plant["delivered_1"] - plant["demand"]
    gained = np.cumsum(surplus[1:]) * STEP_S / 3600.0 / air.RECEIVER_M3
    assert np.allclose(plant["pressure"][1:] - plant["pressure"][0], gained, atol=1e-9)


@given(speed=st.floats(0.3, 1.0), share=st.floats(0.0, 0.9))
def test_the_pump_curve_follows_the_affinity_laws(speed: float, share: float) -> None:
    flow = share * sqrt(cooling.SHUTOFF / cooling.CURVE)
    rated = cooling.pump_head(1.0, flow)
    assert cooling.pump_head(speed, flow * speed) == pytest.approx(rated * speed**2)


def test_pumps_stand_on_their_curve(steady: Run) -> None:
    plant = steady.plant
    for pump in (0, 1):
        expected = cooling.pump_head(plant[f"speed_{pump}"][-1], plant[f"flow_{pump}"][-1])
        assert plant[f"head_{pump}"][-1] == pytest.approx(expected, abs=0.01)


def test_controllers_hold_their_setpoints(steady: Run) -> None:
    assert steady.plant["header"][-1] == pytest.approx(cooling.HEADER_SETPOINT, abs=0.02)
    assert steady.plant["supply"][-1] == pytest.approx(cooling.SUPPLY_SETPOINT, abs=0.05)
    assert steady.plant["pressure"][-1] == pytest.approx(air.SETPOINT, abs=0.02)
    for line in steady.lines:
        assert line["bowl"][-1] == pytest.approx(8.0, abs=0.05)


def test_a_sound_line_runs_at_the_fillers_rate(steady: Run) -> None:
    for line, nominal in zip(steady.lines, (5.0, 7.5, 10.0), strict=True):
        assert line["rate_filler"][-1] == pytest.approx(nominal, rel=1e-3)
        assert line["rate_packer"][-180:].mean() == pytest.approx(nominal, rel=0.01)


def test_a_controller_hides_mild_fouling(calm: Schedule, steady: Run) -> None:
    """The valve opens; product temperature and rate don't show anything."""

    def foul(health: Health, step: int) -> None:
        health.fouling[2] = 0.12

    line, sound = simulate(calm, foul).lines[2], steady.lines[2]
    assert line["bowl"][-1] == pytest.approx(sound["bowl"][-1], abs=0.05)
    assert line["rate_packer"][-1] == pytest.approx(sound["rate_packer"][-1], rel=1e-3)
    assert line["position"][-1] > sound["position"][-1] + 0.05


def test_the_second_compressor_hides_mild_valve_wear(calm: Schedule, steady: Run) -> None:
    def wear(health: Health, step: int) -> None:
        health.compressor_valve[0] = 0.2

    plant = simulate(calm, wear).plant
    assert plant["pressure"][-1] == pytest.approx(air.SETPOINT, abs=0.02)
    assert plant["load_1"][-1] > steady.plant["load_1"][-1] + 0.15


def test_interlocks_slow_a_line_down_by_degrees() -> None:
    assert foam_limit(8.5, 8.0) == 1.0
    assert 0.3 < foam_limit(10.0, 8.0) < 0.7
    assert air_limit(6.5) == 1.0
    assert air_limit(4.0) == 0.0
    assert winding_limit(60.0) == 1.0
    assert winding_limit(105.0) == pytest.approx(0.5)


def test_blocking_travels_backwards_and_starvation_forwards() -> None:
    line = Line(10.0)
    stops = (False, False, False, False, True, False)
    asked = LineInputs(10.0, False, stops, 6.8, 8.0, 8.0, 20.0)
    for _ in range(60):
        line.step(
            STEP_S, asked, infeed=0.0, jammed=False, label_stock=0.0, clutch=0.0, friction=[0.0] * 6, slip=[0.0] * 5
        )
    states = [("running", "starved", "blocked", "fault", "changeover")[state] for state in line.states]
    assert states == ["blocked", "blocked", "blocked", "blocked", "fault", "starved"]
