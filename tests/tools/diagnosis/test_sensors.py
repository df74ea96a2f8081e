"""Whether an instrument or the plant has failed."""

from __future__ import annotations

import numpy as np
import pytest

from twinwright_tools.diagnosis.looking import look_at
from twinwright_tools.diagnosis.relations import relations_of
from twinwright_tools.diagnosis.sensors import sensor_or_process
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey
from twinwright_tools.times import from_micros, to_micros
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

STEPS, ONSET = 500, 430
MINUTE = 60_000_000
GRAPH = TwinGraph(
    {name: Twin(name, "dtmi:test:Unit;1") for name in ("pump", "cooler")},
    (Relationship("r", "feeds", "pump", "cooler"),),
    Flows({"feeds": Flow("forward")}),
)
NAMES = [("pump", "speed"), ("pump", "flow"), ("cooler", "flow"), ("cooler", "drop")]


def plant(seed: int) -> np.ndarray:
    """Four signals that follow one load, each with a little noise of its own."""
    rng = np.random.default_rng(seed)
    load = np.zeros(STEPS)
    for step in range(1, STEPS):
        load[step] = 0.95 * load[step - 1] + rng.normal()
    return np.column_stack([load * gain for gain in (1.0, 2.0, 1.5, 0.7)]) + rng.normal(0.0, 0.2, (STEPS, 4))


def verdict(columns: np.ndarray, suspect: int) -> str:
    times = MINUTE * np.arange(1, STEPS + 1, dtype=np.int64)
    keys = [SignalKey(*name) for name in NAMES]
    series = {key: Series(key, times, columns[:, place]) for place, key in enumerate(keys)}
    ends = from_micros(int(times[0])), from_micros(int(times[-1]))
    infos = [SignalInfo(key, "numeric", "sampled", STEPS, *ends, 60.0, None, True) for key in keys]
    relations = relations_of(GRAPH)
    look = look_at(series, infos, to_micros(ends[1]), GRAPH, relations)
    return sensor_or_process(keys[suspect], look, relations).origin


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("suspect", range(4))
def test_a_reading_that_all_others_contradict_is_the_sensor(seed: int, suspect: int) -> None:
    columns = plant(seed)
    columns[ONSET:, suspect] += 4.0 * columns[:, suspect].std()
    assert verdict(columns, suspect) == "sensor"


@pytest.mark.parametrize("seed", range(4))
def test_when_the_others_disagree_among_themselves_the_plant_has_changed(seed: int) -> None:
    columns = plant(seed)
    columns[ONSET:, 2] -= 4.0 * columns[:, 2].std()  # what leaks before the cooler is missed in its flow …
    columns[ONSET:, 3] -= 6.0 * columns[:, 3].std()  # … and, by another law, in its pressure drop
    assert verdict(columns, 2) == "process"


def test_a_signal_that_rests_is_the_sensor_and_a_quiet_one_is_undecided() -> None:
    columns = plant(9)
    assert verdict(columns, 0) == "undecided"
    columns[ONSET:, 1] = columns[ONSET, 1]
    assert verdict(columns, 1) == "sensor"
