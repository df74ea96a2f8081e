"""A valve, and the flow that is measured at what it feeds."""

from __future__ import annotations

import numpy as np
import pytest

from twinwright_tools.diagnosis import Diagnosis
from twinwright_tools.diagnosis.actuators import Passage, passages_of
from twinwright_tools.diagnosis.engine import diagnose_signals
from twinwright_tools.diagnosis.failure_modes import load_library
from twinwright_tools.diagnosis.relations import relations_of
from twinwright_tools.diagnosis.suspicion import Suspicion
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey
from twinwright_tools.times import from_micros
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.flow import Flow, Flows
from twinwright_tools.twins.graph import Relationship, Twin, TwinGraph

STEPS, ONSET = 500, 430
MINUTE = 60_000_000
GRAPH = TwinGraph(
    {name: Twin(name, "dtmi:test:Unit;1") for name in ("header", "valve", "cooler")},
    (Relationship("h", "feeds", "header", "valve"), Relationship("v", "feeds", "valve", "cooler")),
    Flows({"feeds": Flow("forward")}),
)
POSITION, FLOW = SignalKey("valve", "position"), SignalKey("cooler", "glycolFlow")
DROP, OUTLET = SignalKey("cooler", "pressureDrop"), SignalKey("cooler", "glycolOutletTemperature")
INLET, PRESSURE = SignalKey("cooler", "productInletTemperature"), SignalKey("header", "pressure")


def diagnosed(leak: float, clogged: float, seed: int) -> Diagnosis:
    """A cooler behind a valve that follows warmth and demand; it leaks, or the cooler is clogged, from the onset on."""
    rng = np.random.default_rng(seed)
    warmth, demand = (np.convolve(rng.normal(size=STEPS + 40), np.ones(41) / 41**0.5, mode="valid") for _ in range(2))
    since = np.arange(STEPS) >= ONSET
    position = 50.0 + 6.0 * warmth + 5.0 * demand
    flow = 0.2 * position * (1.0 - 0.3 * clogged * since) + 3.0 * leak * since
    columns = {
        POSITION: position,
        FLOW: flow,
        DROP: 0.05 * flow * (1.0 + clogged * since),
        INLET: 25.0 + warmth,
        OUTLET: 12.0 - 0.3 * flow + 0.5 * warmth,
        PRESSURE: 4.0 - 0.02 * flow,
    }
    times = MINUTE * np.arange(1, STEPS + 1, dtype=np.int64)
    series = {
        key: Series(key, times, values + rng.normal(0.0, 0.05 * values.std(), STEPS)) for key, values in columns.items()
    }
    ends = from_micros(int(times[0])), from_micros(int(times[-1]))
    infos = [SignalInfo(key, "numeric", "sampled", STEPS, *ends, 60.0, None, True) for key in series]
    return diagnose_signals(series, infos, GRAPH, ModelSet({}), ends[1])


@pytest.mark.parametrize("seed", range(4))
def test_a_valve_that_leaks_is_told_from_a_cooler_that_is_clogged(seed: int) -> None:
    leaking, clogged = diagnosed(1.0, 0.0, seed), diagnosed(0.0, 0.6, seed)
    assert leaking.hypotheses[0].twin == "valve"
    assert clogged.hypotheses[0].twin == "cooler"


def test_passages_lead_from_positions_to_the_flows_next_door() -> None:
    keys = [
        POSITION,
        FLOW,
        DROP,
        OUTLET,
        INLET,
        PRESSURE,
        SignalKey("valve", "positionSetpoint"),
        SignalKey("valve", "closed"),
    ]
    found = {key: Suspicion(key, around=5.0, upstream=5.0) for key in keys}
    relations = relations_of(GRAPH)
    assert passages_of(found, GRAPH, ModelSet({}), relations, load_library()) == [Passage("valve", (POSITION,), FLOW)]
    quiet = {key: Suspicion(key, around=0.9, upstream=1.0) for key in keys}
    assert passages_of(quiet, GRAPH, ModelSet({}), relations, load_library()) == []
