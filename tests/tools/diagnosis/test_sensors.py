"""Whether an instrument or the plant has failed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_tools.diagnosis.failure_modes import load_library
from twinwright_tools.diagnosis.instrument_words import instrument_words
from twinwright_tools.diagnosis.instruments import Instruments
from twinwright_tools.diagnosis.looking import look_at
from twinwright_tools.diagnosis.relations import relations_of
from twinwright_tools.diagnosis.sensors import ORIGIN_FEATURES, SHARE, Verdict, sensor_or_process, signs_of
from twinwright_tools.diagnosis.suspicion import Look
from twinwright_tools.diagnosis.weights import load_weights
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey
from twinwright_tools.times import from_micros, to_micros
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.dtdl.types import Interface, Texts
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

STEPS, ONSET = 500, 430
MINUTE = 60_000_000
TWINS = ("pump", "cooler", "probe")
GRAPH = TwinGraph(
    {name: Twin(name, f"dtmi:test:{name};1") for name in TWINS},
    (Relationship("r", "feeds", "pump", "cooler"), Relationship("m", "feeds", "cooler", "probe")),
    Flows({"feeds": Flow("forward")}),
)
LABELS = {"pump": "Centrifugal pump", "cooler": "Heat exchanger", "probe": "Thermometer"}
MODELS = ModelSet(
    {f"dtmi:test:{name};1": Interface(f"dtmi:test:{name};1", (), (), texts=Texts(LABELS[name])) for name in TWINS}
)
PLANT = Instruments(GRAPH, MODELS, load_library())
RELATIONS = relations_of(GRAPH)
NAMES = [("pump", "speed"), ("pump", "flow"), ("cooler", "flow"), ("cooler", "level")]
KEYS = [SignalKey(*name) for name in NAMES]


def plant(seed: int) -> np.ndarray:
    """Four signals that follow one load, each with a little noise of its own."""
    rng = np.random.default_rng(seed)
    load = np.zeros(STEPS)
    for step in range(1, STEPS):
        load[step] = 0.95 * load[step - 1] + rng.normal()
    return np.column_stack([load * gain for gain in (1.0, 2.0, 1.5, 0.7)]) + rng.normal(0.0, 0.2, (STEPS, 4))


def looked_at(columns: np.ndarray, keys: list[SignalKey]) -> Look:
    times = MINUTE * np.arange(1, STEPS + 1, dtype=np.int64)
    series = {key: Series(key, times, columns[:, place]) for place, key in enumerate(keys)}
    ends = from_micros(int(times[0])), from_micros(int(times[-1]))
    infos = [SignalInfo(key, "numeric", "sampled", STEPS, *ends, 60.0, None, True) for key in keys]
    return look_at(series, infos, to_micros(ends[1]), GRAPH, RELATIONS)


def verdict(columns: np.ndarray, suspect: int, keys: list[SignalKey] = KEYS) -> tuple[Verdict, str]:
    """The verdict on one column and the words for it."""
    look = looked_at(columns, keys)
    found = sensor_or_process(keys[suspect], look, RELATIONS, PLANT)
    return found, instrument_words(keys[suspect], found, look, PLANT)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("suspect", range(4))
def test_a_reading_that_all_others_contradict_is_the_sensor(seed: int, suspect: int) -> None:
    columns = plant(seed)
    columns[ONSET:, suspect] += 4.0 * columns[:, suspect].std()
    found, words = verdict(columns, suspect)
    assert found.origin == "sensor" and found.logit > 0.0
    assert f"off what the {len(KEYS) - 1} signals that go with it imply" in words


def test_how_far_a_reading_is_off_is_told_in_its_own_unit() -> None:
    columns = plant(0)
    columns[ONSET:, 1] += 40.0
    look = looked_at(columns, KEYS)
    signs = signs_of(KEYS[1], look, RELATIONS, PLANT)
    assert signs.neighbours.moved == pytest.approx(40.0, rel=0.1)
    assert signs.neighbours.usual < 4.0


@pytest.mark.parametrize("seed", range(4))
def test_when_the_others_disagree_among_themselves_the_plant_has_changed(seed: int) -> None:
    columns = plant(seed)
    columns[ONSET:, 2] -= 4.0 * columns[:, 2].std()  # what leaks before the cooler is missed in its flow …
    columns[ONSET:, 3] -= 6.0 * columns[:, 3].std()  # … and, by another law, in its level
    found, words = verdict(columns, 2)
    assert found.origin == "process" and found.logit < 0.0
    assert "the plant has changed" in words


def test_a_signal_that_rests_is_the_sensor_and_a_quiet_one_keeps_the_odds_of_its_kind() -> None:
    columns = plant(9)
    assert verdict(columns, 0)[0].p_sensor == pytest.approx(SHARE, abs=0.1)
    columns[ONSET:, 1] = columns[ONSET, 1]
    found, words = verdict(columns, 1)
    assert found.origin == "sensor"
    assert "pump.flow rests or is missing" in words


def test_scatter_without_memory_is_the_sensor_and_a_smooth_swing_is_not() -> None:
    rng = np.random.default_rng(5)
    columns = plant(5)
    columns[ONSET:, 3] += rng.normal(0.0, 8.0, STEPS - ONSET)
    found, words = verdict(columns, 3)
    assert found.origin == "sensor" and "scatter" in words
    swinging = plant(5)
    swinging[ONSET:, 2:] += 12.0 * np.sin(np.arange(STEPS - ONSET) / 4.0)[:, None]
    assert verdict(swinging, 3)[0].origin == "process"


def test_two_readings_of_one_quantity_that_part_are_an_instrument_whichever_is_wrong() -> None:
    keys = [*KEYS, SignalKey("cooler", "flowMonitor")]
    columns = plant(3)
    both = np.column_stack([columns, columns[:, 2] + np.random.default_rng(3).normal(0.0, 0.1, STEPS)])
    look = looked_at(both, keys)
    assert signs_of(keys[2], look, RELATIONS, PLANT).features["pair"] == 0.0
    both[ONSET:, 4] += 3.0
    for suspect in (2, 4):
        found, words = verdict(both, suspect, keys)
        assert found.origin == "sensor"
        assert "cooler.flow and cooler.flowMonitor measure the same and differ by" in words
        assert found.signs is not None and found.signs.pair is not None
        assert abs(found.signs.pair.now) == pytest.approx(3.0, abs=0.2) and found.signs.pair.before < 0.5


def test_what_a_signal_is_decides_where_nothing_else_tells() -> None:
    keys = [SignalKey("probe", "temperature"), SignalKey("pump", "vibration"), SignalKey("pump", "speedSetpoint")]
    columns = np.random.default_rng(1).normal(size=(STEPS, 3))
    columns[ONSET:] += 8.0
    origins = [verdict(columns, suspect, keys) for suspect in range(3)]
    assert [found.origin for found, _ in origins] == ["sensor", "process", "process"]
    assert "probe is nothing but an instrument" in origins[0][1]
    assert "the machine's own state" in origins[1][1]
    assert "a command or the answer to one" in origins[2][1]


def test_a_signal_that_nobody_looked_at_is_undecided() -> None:
    look = looked_at(plant(0), KEYS)
    key = SignalKey("pump", "nowhere")
    found = sensor_or_process(key, look, RELATIONS, PLANT)
    assert found == Verdict() and found.p_sensor == SHARE
    assert instrument_words(key, found, look, PLANT) == ""


def test_the_weights_have_every_sign() -> None:
    assert set(load_weights().origin) == set(ORIGIN_FEATURES)


@given(st.lists(st.sampled_from([0.0, 1.0, -1e9, 1e12, 7.25]), min_size=STEPS, max_size=STEPS), st.integers(0, 3))
def test_whatever_the_samples_the_signs_are_finite_and_the_chance_is_one(values: list[float], suspect: int) -> None:
    columns = plant(2)
    columns[:, suspect] = values
    look = looked_at(columns, KEYS)
    for key in KEYS:
        found = sensor_or_process(key, look, RELATIONS, PLANT)
        assert found.signs is not None and set(found.signs.features) == set(ORIGIN_FEATURES)
        assert all(np.isfinite(value) for value in found.signs.features.values())
        assert 0.0 < found.p_sensor < 1.0
