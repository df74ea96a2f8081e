"""A scenario as the engine sees it: the signals in memory, exactly as an opened plant folder would give them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twinwright_plant.history import recorded
from twinwright_plant.journal import journal
from twinwright_plant.physics.simulate import Run
from twinwright_plant.scenario import WARM_UP, simulate_with_and_without
from twinwright_plant.sensors import Events, changes, sense
from twinwright_plant.signals import all_signals
from twinwright_plant.truth import Truth
from twinwright_plant.writer import write_twins
from twinwright_tools.diagnosis import Symptom
from twinwright_tools.plant.config import PlantConfig, read_config
from twinwright_tools.plant.declared import declared
from twinwright_tools.telemetry.infer import info_of, with_few_told
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.graph import TwinGraph
from twinwright_tools.twins.load import load_twins

from .looking import Sight, dropped_line, look
from .scenario import Scenario


@dataclass(frozen=True)
class Case:
    """What `diagnose_signals` is given, and beside it the truth that it isn't.

    Attributes:
        signals, infos, graph, models, at, symptoms: the engine's arguments.
        journal: the rows of the plant's event journal, as its folder has them.
        truth: what is wrong; its twin is None in a healthy run.
        sight: the signal that left its range by most after the onset, because of the fault.
        plain: the signal that left its range by most, whatever for.
    """

    scenario: Scenario
    signals: Mapping[SignalKey, Series]
    infos: list[SignalInfo]
    graph: TwinGraph
    models: ModelSet
    at: datetime
    symptoms: tuple[Symptom, ...]
    truth: Truth
    sight: Sight
    plain: Sight
    journal: tuple[Mapping[str, Any], ...] = ()

    def history(self) -> list[Mapping[str, Any]]:
        """What people and systems logged: the journal, and the work orders and shift notes of the plant's folder.

        Orders and notes are drawn from seed and end alone, so that they needn't be kept.
        """
        orders, _, notes = recorded(self.scenario.seed, self.scenario.end)
        return [*orders, *notes, *self.journal]


def play(scenario: Scenario) -> Case:
    """Simulates the scenario. The signals are those of the folder that `make_plant` would write, sample by sample."""
    run, otherwise, truth = simulate_with_and_without(
        scenario.injections, scenario.seed, scenario.hours, scenario.end, scenario.conditions
    )
    twins, signals = demo_twins(), signals_of(run, scenario.seed)
    infos = signal_infos(signals, twins)
    at = max(info.last for info in infos)
    line = dropped_line(signals, at) if scenario.asks_throughput else None
    plain = sight = look(signals, infos, scenario.onset, at)
    if plain.visible:
        sound = signals_of(otherwise, scenario.seed)
        sight = look(signals, infos, scenario.onset, at, otherwise=sound)
    return Case(
        scenario=scenario,
        signals=signals,
        infos=infos,
        graph=twins.graph,
        models=twins.models,
        at=at,
        symptoms=(Symptom(line, "throughput"),) if line else (),
        truth=truth,
        sight=sight,
        plain=plain,
        journal=tuple(journal(run, scenario.conditions, scenario.seed, WARM_UP)),
    )


def signals_of(run: Run, seed: int) -> dict[SignalKey, Series]:
    """What the instruments and event logs of a plant recorded of a run after the warm-up, by key."""
    sampled, events = all_signals(run)
    times = run.schedule.times
    found: dict[SignalKey, Series] = {}
    for measured in sampled:
        steps, values = sense(measured, seed)
        late = steps >= WARM_UP
        if late.any():
            key = SignalKey(measured.twin, measured.signal)
            found[key] = Series(key, times[steps[late]], values[late])
    for event in events:
        found[SignalKey(event.twin, event.signal)] = _logged(event, times)
    return {key: found[key] for key in sorted(found)}


@dataclass(frozen=True)
class Twins:
    """The demo plant's graph, models and configuration, read as from any plant folder."""

    graph: TwinGraph
    models: ModelSet
    config: PlantConfig


@cache
def demo_twins() -> Twins:
    """The twins, which are the same in every run."""
    with tempfile.TemporaryDirectory(prefix="twinwright-campaign-") as name:
        folder = Path(name)
        write_twins(folder)
        config = read_config(folder)
        loaded = load_twins(folder, config.flows)
    return Twins(loaded.graph, loaded.models, config)


def signal_infos(signals: Mapping[SignalKey, Series], twins: Twins) -> list[SignalInfo]:
    """What an open plant says of these signals, by key."""
    return list(with_few_told({key: _info(series, twins) for key, series in signals.items()}).values())


def _info(series: Series, twins: Twins) -> SignalInfo:
    key = series.key
    twin = twins.graph.twins.get(key.twin)
    definition = twins.models.signal(twin.model, key.signal) if twin else None
    return info_of(
        key,
        series.times,
        series.values,
        series.texts,
        schema=definition.schema if definition else None,
        unit=(definition.unit if definition else None) or declared(key, twins.config.units, twins.models, twins.graph),
        known=definition is not None,
    )


def _logged(event: Events, times: npt.NDArray[np.int64]) -> Series:
    """The rows that an event log has after the warm-up."""
    key = SignalKey(event.twin, event.signal)
    cut = Events(event.twin, event.signal, event.values[WARM_UP:])
    steps = changes(cut)
    values = cut.values[steps]
    when = times[WARM_UP:][steps]
    if values.dtype == object:
        return Series(key, when, np.full(len(steps), np.nan), values.astype(np.object_))
    return Series(key, when, np.asarray(values, dtype=np.float64))
