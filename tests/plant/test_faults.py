"""Every fault is nothing before its onset, moves after it what its mode says, and reaches the line that it should."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from twinwright_plant.faults import FAULTS, named, table
from twinwright_plant.make import END, WARM_UP
from twinwright_plant.physics.health import Health
from twinwright_plant.physics.simulate import Run
from twinwright_plant.scenario import Injection, simulate_scenario
from twinwright_plant.schedule import STEP_S, Floats
from twinwright_plant.sensors import Events, Measured, changes, sense
from twinwright_plant.signals import all_signals
from twinwright_plant.truth import Truth

RunOf = Callable[[str | None, int], tuple[Run, Truth]]
EACH = pytest.mark.parametrize("fault", FAULTS)
# Faults that stop or slow a line at severity 1, by how much at least: share of the healthy rate in the last hour.
SLOWER = {
    "cavitation": 0.92,
    "bearing-wear": 0.92,
    "valve-stiction": 0.92,
    "fouling": 0.92,
    "air-leak": 0.92,
    "starvation": 0.92,
    "label-jam": 0.92,
    "sensor-drift": 0.92,
    "compressor-valve-wear": 0.92,
    "clutch-wear": 0.92,
    "motor-overload": 0.92,
    "chain-slip": 0.92,
    "condenser-fouling": 0.92,
    "refrigerant-loss": 0.92,
    "wrong-setpoint": 0.92,
    "warm-product": 0.97,
    "roller-bearing": 0.92,
    "filling-valves": 0.94,
    "vacuum-loss": 0.92,
    "dryer-clogged": 0.92,
    "intake-filter-clogged": 0.96,
    "compressor-trip": 0.92,
    "grid-sag": 0.92,
    "wrong-pressure-setpoint": 0.96,
    "drive-lag": 0.99,
}
# Other signals that each fault moves, and which way, so that an engineer can tell it from its neighbours.
MOVES: dict[str, tuple[tuple[str, str, int], ...]] = {
    "cavitation": (("glycol-pump-1", "vibration", 1), ("glycol-pump-1", "flow", -1)),
    "bearing-wear": (("glycol-pump-2-drive", "frequency", -1),),
    "impeller-wear": (("glycol-pump-1", "flow", -1), ("glycol-pump-2", "flow", 1)),
    "seal-leak": (("glycol-tank", "level", -1), ("glycol-pump-2", "suctionPressure", -1)),
    "pump-imbalance": (("glycol-pump-1", "vibration", 1),),
    "drive-lag": (("glycol-pump-1-drive", "frequency", -1), ("glycol-pump-2-drive", "frequency", 1)),
    "valve-passing": (("line-1-glycol-valve", "position", -1), ("line-1-glycol-valve", "command", -1)),
    "refrigerant-loss": (("chiller", "suctionPressure", -1), ("chiller", "supplyTemperature", 1)),
    "condenser-fouling": (("chiller", "condensingPressure", 1), ("chiller", "supplyTemperature", 1)),
    "wrong-setpoint": (("line-1-filler", "productTemperature", 1), ("line-1-glycol-valve", "command", -1)),
    "wrong-pressure-setpoint": (("glycol-header", "pressure", -1), ("glycol-header", "pressureMonitor", -1)),
    "warm-product": (("line-2-product-cooler", "productInletTemperature", 1), ("line-2-glycol-valve", "command", 1)),
    "roller-bearing": (("line-2-conveyor-5", "motor.current", 1), ("line-2-conveyor-5", "beltSpeed", -1)),
    "filling-valves": (("line-2-filler", "rejectRate", 1),),
    "vacuum-loss": (("line-1-packer", "vacuum", -1),),
    "air-filter-clogged": (("line-2-air-supply", "pressure", -1), ("line-2-air-filter", "differentialPressure", 1)),
    "dryer-clogged": (("air-compressor-1", "dischargePressure", 1), ("air-header", "pressure", -1)),
    "intake-filter-clogged": (("air-compressor-1", "flow", -1), ("air-compressor-2", "load", 1)),
    "compressor-trip": (("air-compressor-2", "flow", -1), ("air-header", "pressure", -1)),
    "grid-sag": (("main-switchgear", "voltage", -1), ("line-2-filler", "speed", -1)),
    "pressure-sensor-bias": (("glycol-header", "pressureMonitor", -1), ("glycol-pump-1", "speed", -1)),
}


def onset_step(run: Run, truth: Truth) -> int:
    """The step at which the fault begins."""
    assert truth.onset is not None
    return len(run.schedule.times) - 1 - round((END - truth.onset).total_seconds() / STEP_S)


_SIGNALS: dict[int, tuple[Run, list[Measured], list[Events]]] = {}


def signals(run: Run) -> tuple[list[Measured], list[Events]]:
    """All signals of a run, made once; the run is kept beside them, so that its id stays its own."""
    if id(run) not in _SIGNALS:
        _SIGNALS[id(run)] = (run, *all_signals(run))
    return _SIGNALS[id(run)][1:]


def measured(run: Run, twin: str, signal: str) -> Measured:
    """One sampled signal of a run."""
    return next(each for each in signals(run)[0] if (each.twin, each.signal) == (twin, signal))


def logged(run: Run, twin: str, signal: str) -> Events | None:
    """One event log of a run."""
    return next((each for each in signals(run)[1] if (each.twin, each.signal) == (twin, signal)), None)


def test_there_are_many_and_their_names_are_words() -> None:
    assert len(FAULTS) >= 25
    assert len({fault.mode for fault in FAULTS.values()}) >= 25
    assert {fault.line for fault in FAULTS.values() if fault.twin.startswith("line-")} == {1, 2, 3}
    for fault in FAULTS.values():
        assert fault.id.replace("-", "").isalpha()
        assert fault.mode.replace("_", "").isalpha()
        assert re.fullmatch(r"[A-Z][^{}]*\.", fault.says)


@EACH
def test_it_is_nothing_before_its_onset_and_does_after_it_what_its_mode_says(run_of: RunOf, fault: str) -> None:
    healthy, _ = run_of(None, 1)
    broken, truth = run_of(fault, 1)
    onset = onset_step(broken, truth)
    assert WARM_UP < onset < len(broken.schedule.times) - 360
    assert_same_before(healthy, broken, onset)
    assert_shows_on_its_signal(healthy, broken, truth, onset)
    assert_moves_what_its_mode_says(healthy, broken, fault)
    line = FAULTS[fault].line - 1
    ratio = [run.lines[line]["rate_packer"][-360:].mean() for run in (broken, healthy)]
    assert ratio[0] / ratio[1] < SLOWER.get(fault, 1.01), "it doesn't reach the line's throughput"


def assert_same_before(healthy: Run, broken: Run, onset: int) -> None:
    """Every recorded quantity is the same, bit for bit, up to and including the step of the onset."""
    before = slice(0, onset + 1)
    for name, values in broken.plant.items():
        assert np.array_equal(values[before], healthy.plant[name][before]), name
    for line, sound in zip(broken.lines, healthy.lines, strict=True):
        for name, values in line.items():
            assert np.array_equal(values[before], sound[name][before]), name
    for found in broken.instruments.values():
        assert found[0][0] > onset


def assert_shows_on_its_signal(healthy: Run, broken: Run, truth: Truth, onset: int) -> None:
    """The signal that the truth names changes by far more than its noise, falls silent, scatters, or stands still."""
    assert truth.twin is not None
    assert truth.signal is not None
    log = logged(broken, truth.twin, truth.signal)
    if log is not None:
        assert changes(log)[-1] == onset + 1
        return
    shown, sound = (sensed(run, truth.twin, truth.signal) for run in (broken, healthy))
    late, before = slice(-360, None), slice(WARM_UP, onset)
    noise = max(1e-3, float(np.nanstd(np.diff(sound[before]))) / 2**0.5)
    away = np.nanmedian(np.abs(shown[late] - sound[late]))
    silent = np.isnan(shown[late]).mean() > 0.5
    scatter = np.nanstd(np.diff(shown[late])) > 4.0 * np.nanstd(np.diff(sound[late]))
    still = len(set(shown[late][np.isfinite(shown[late])])) == 1 < len(set(sound[late][np.isfinite(sound[late])]))
    # A pressure that its controller holds by a wrong reading looks right: the transmitter beside it doesn't.
    held = truth.signal == "pressure" and moved(healthy, broken, truth.twin, "pressureMonitor") < -8.0
    assert away > 6.0 * noise or silent or scatter or still or held
    assert np.array_equal(shown[: onset + 1], sound[: onset + 1], equal_nan=True)


def sensed(run: Run, twin: str, signal: str) -> Floats:
    """A signal's samples over the steps, NaN where none arrived."""
    one = measured(run, twin, signal)
    steps, samples = sense(one, 1)
    values = np.full(len(one.values), np.nan)
    values[steps] = samples
    return values


def moved(healthy: Run, broken: Run, twin: str, signal: str) -> float:
    """How far a signal's true value has moved in the last half hour (median), in deviations of its noise."""
    shown, sound = (measured(run, twin, signal) for run in (broken, healthy))
    noise = shown.noise + shown.relative * abs(float(np.median(sound.values[WARM_UP:]))) + 0.3 * shown.resolution
    return float(np.median((shown.values - sound.values)[-180:])) / noise


def assert_moves_what_its_mode_says(healthy: Run, broken: Run, fault: str) -> None:
    """Signals beside the fault's own go where an engineer expects them to go."""
    for twin, signal, direction in MOVES.get(fault, ()):
        if signal == "rejectRate":  # a count: mostly nothing, now and then a bottle
            rates = [measured(run, twin, signal).values[-180:].mean() for run in (broken, healthy)]
            assert rates[0] > 3.0 * rates[1]
        else:
            assert direction * moved(healthy, broken, twin, signal) > 3.0, (twin, signal)


@EACH
def test_it_grows_with_severity_and_time(fault: str) -> None:
    broken = FAULTS[fault]
    assert broken.degree(1.0, 0.0) == 0.0
    assert broken.degree(0.5, 2.0) < broken.degree(1.0, 2.0) <= broken.degree(1.0, 6.0) <= 1.0


@EACH
def test_it_can_sit_on_each_of_its_places(fault: str) -> None:
    """The same fault elsewhere spoils another part, and leaves the part here as new."""
    one = FAULTS[fault]
    spoilt = []
    for place in range(len(one.places)):
        health = Health()
        one.on(place).spoil(health, 0.8, 0.1)
        spoilt.append(repr(health))
    assert len(set(spoilt)) == len(one.places)
    assert repr(Health()) not in spoilt
    with pytest.raises(IndexError, match="places"):
        one.on(len(one.places))


def test_a_leak_on_line_3_leaves_the_other_lines_alone(run_of: RunOf) -> None:
    healthy, _ = run_of(None, 1)
    broken, _ = run_of("air-leak", 1)
    for line in (0, 1):
        packed = broken.lines[line]["packed"][-1] / healthy.lines[line]["packed"][-1]
        assert packed == pytest.approx(1.0, abs=0.01)


def test_imbalance_leaves_the_bearing_cool_and_wear_does_not(run_of: RunOf) -> None:
    healthy, _ = run_of(None, 1)
    loose, _ = run_of("pump-imbalance", 1)
    assert moved(healthy, loose, "glycol-pump-1", "bearingTemperature") == pytest.approx(0.0, abs=1.0)


def test_a_display_instrument_misleads_nobody_but_its_reader(run_of: RunOf) -> None:
    healthy, _ = run_of(None, 1)
    for fault in ("noisy-instrument", "instrument-dropout", "flowmeter-bias"):
        broken, _ = run_of(fault, 1)
        for line, sound in zip(broken.lines, healthy.lines, strict=True):
            assert np.array_equal(line["packed"], sound["packed"])


def test_the_controller_follows_its_stuck_thermometer(run_of: RunOf) -> None:
    broken, truth = run_of("thermometer-stuck", 1)
    assert truth.twin is not None
    onset = onset_step(broken, truth)
    shown = sensed(broken, truth.twin, "temperature")[onset + 1 :]
    assert np.nanmax(shown) == np.nanmin(shown)
    product = broken.lines[1]["product_out"][onset + 1 :]
    assert np.ptp(product) > 0.5, "nobody holds the product any more"


def test_two_at_once() -> None:
    first, second = Injection(FAULTS["seal-leak"], 1.0, 2.0), Injection(FAULTS["clutch-wear"], 1.0, 1.0)
    both, truth = simulate_scenario((first, second), 2, 4.0, END)
    alone, _ = simulate_scenario((first,), 2, 4.0, END)
    assert (truth.twin, truth.mode, truth.onset) == ("glycol-pump-2", "seal_leak", END - timedelta(hours=2))
    assert [(one.twin, one.mode) for one in truth.also] == [("line-3-capper", "clutch_wear")]
    assert np.array_equal(both.plant["level"], alone.plant["level"])
    assert both.lines[2]["clutch"][-1] > 0.0
    assert alone.lines[2]["clutch"][-1] == 0.0


def test_names_join_by_plus_and_are_checked() -> None:
    assert [one.id for one in named("fouling+seal-leak")] == ["fouling", "seal-leak"]
    assert named(None) == ()
    with pytest.raises(ValueError, match="unknown fault 'gremlins'"):
        named("fouling+gremlins")
    with pytest.raises(ValueError, match="different assets"):
        named("cavitation+impeller-wear")


def test_the_table_in_the_docs_is_current() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "demo-plant.md").read_text(encoding="utf-8")
    begin, end = "<!-- faults: python -m twinwright_plant.faults -->\n", "\n<!-- end of faults -->"
    assert text.split(begin)[1].split(end)[0] == table(), "put the output of the named command there"
