"""Random cases for training and calibrating the diagnosis engine: a plant nobody has seen, its telemetry, the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypedDict

import numpy as np

from twinwright_tools.diagnosis import Symptom
from twinwright_tools.errors import InputError, UnknownNameError
from twinwright_tools.telemetry.infer import info_of
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey
from twinwright_tools.times import from_micros, iso, to_micros
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.graph import TwinGraph

from .background import draw_operations, draw_script
from .design import Design, Floats, UnbalancedError, draw_design
from .faults import FAULTS, Scene
from .flowsheet import Rng, chance, draw_flowsheet
from .judging import FAR, excursions
from .loops import Loop, draw_loops
from .naming import Named, name_plant
from .sensors import Channels, Sensor, Twins, candidates, choose, find_twins
from .simulate import Recording, Script, simulate

_SPIN_UP = 120  # steps that are simulated and not recorded
_HEALTHY = 0.15
_COMPLAINTS = 0.9
_COMPLAINED = 2.5  # interquartile ranges out of its past, and people complain
_ATTEMPTS = 40
_SETTING = 50  # samples that say how many decimals are worth keeping
_SATURATED = 0.15
_FEW_SAMPLES, _MANY_SAMPLES = 150, 700


class Truth(TypedDict):
    """Twins at which the fault enters (none when healthy), its kind, its onset (ISO 8601), and whether it shows."""

    twins: list[str]
    kind: str
    onset: str | None
    visible: bool


@dataclass(frozen=True)
class RandomCase:
    """What the engine is given, and beside it the truth that it is measured by."""

    seed: int
    signals: Mapping[SignalKey, Series]
    infos: Sequence[SignalInfo]
    graph: TwinGraph
    models: ModelSet
    at: datetime
    symptoms: list[Symptom]
    truth: Truth


@dataclass(frozen=True)
class _Plant:
    design: Design
    twins: Twins
    sensors: list[Sensor]
    loops: list[Loop]
    substeps: int
    samples: int
    after: int
    interval_min: int

    @property
    def steps(self) -> int:
        return _SPIN_UP + self.samples * self.substeps

    @property
    def onset(self) -> int:
        """The step at which a fault begins."""
        return self.steps - self.after * self.substeps


def draw(seed: int, kind: str | None = None, severity: float | None = None) -> RandomCase:
    """A random plant and what befell it: a pure function of its arguments.

    Args:
        kind: of the fault (see `FAULTS`), or "healthy"; None draws one. Plant, names and noise don't depend on it.
        severity: 0 to 1; None draws one.

    Raises:
        UnknownNameError: there is no such kind of fault.
        InputError: no plant that has the kind of fault was found.
    """
    if kind is not None and kind not in (*FAULTS, "healthy"):
        raise UnknownNameError.of("fault", kind, FAULTS)
    for attempt in range(_ATTEMPTS):
        case = _attempt(seed, attempt, kind, severity)
        if case is not None:
            return case
    text = f"seed {seed}: none of {_ATTEMPTS} plants can have the fault {kind!r}; take another seed"
    raise InputError(text, code="random_plants.none")


def _attempt(seed: int, attempt: int, kind: str | None, severity: float | None) -> RandomCase | None:
    """A case, or None where the draw made no plant that runs, or one without what the fault needs."""
    plant_rng, noise_rng, fault_rng, name_rng = (np.random.default_rng([seed, attempt, use]) for use in range(4))
    plant = _draw_plant(plant_rng)
    if plant is None:
        return None
    script = draw_script(plant.design, plant.loops, plant.sensors, plant.steps, noise_rng)
    span = (_SPIN_UP, plant.onset, plant.steps - 5)
    draw_operations(script, plant.design, plant.loops, span, noise_rng)
    chosen, places = _break(plant, script, kind, severity, fault_rng)
    if chosen is None:
        return None
    recording = simulate(plant.design, plant.loops, plant.sensors, script)
    if not _runs_well(plant, recording):
        return None
    valves = _recorded_valves(plant, name_rng)
    named = name_plant(plant.design, plant.twins, plant.sensors, valves, name_rng)
    return _case(seed, plant, named, recording, (chosen, places), name_rng)


def _draw_plant(rng: Rng) -> _Plant | None:
    sheet = draw_flowsheet(rng)
    try:
        design = draw_design(sheet, rng)
    except UnbalancedError:
        return None
    samples = int(np.exp(rng.uniform(np.log(_FEW_SAMPLES), np.log(_MANY_SAMPLES))))
    interval = int(rng.integers(1, 6))
    substeps = 2 if samples < 350 else 1
    after = int(rng.uniform(60.0, 240.0) / interval) if interval >= 3 else int(rng.integers(15, 61))
    twins, channels = find_twins(design), Channels(design)
    loops = draw_loops(design, channels, rng)
    found = candidates(design, twins, channels, rng, int(rng.integers(3, 6)) * substeps)
    sensors = choose(found, {loop.channel for loop in loops}, twins, rng)
    read = {sensor.channel for sensor in sensors}
    if not all(loop.channel in read for loop in loops):
        return None
    return _Plant(design, twins, sensors, loops, substeps, samples, after, interval)


def _break(
    plant: _Plant, script: Script, kind: str | None, severity: float | None, rng: Rng
) -> tuple[str | None, list[int]]:
    healthy = chance(rng, _HEALTHY)
    drawn, amount = str(rng.choice(list(FAULTS))), float(np.exp(rng.uniform(np.log(0.05), 0.0)))
    chosen = kind or ("healthy" if healthy else drawn)
    if chosen == "healthy":
        return chosen, []
    amount = amount if severity is None else severity
    scene = Scene(plant.design, plant.twins, plant.sensors, plant.loops, script, plant.onset, amount, rng)
    places = FAULTS[chosen](scene)
    return (chosen, places) if places else (None, [])


def _runs_well(plant: _Plant, recording: Recording) -> bool:
    """Whether the plant ran within its limits up to the onset: no controller at its stop for long, nothing wild."""
    past = slice(_SPIN_UP, plant.onset)
    used = [loop.valve for loop in plant.loops if loop.valve >= 0]
    sent = recording.outputs[past, used]
    at_stop = np.mean((sent <= 0.5) | (sent >= 99.5), axis=0)
    return bool(np.isfinite(recording.readings).all()) and float(at_stop.max()) < _SATURATED


def _recorded_valves(plant: _Plant, rng: Rng) -> list[int]:
    """Those that controllers move, nearly all of them; of those set by hand one in eight."""
    used = {loop.valve for loop in plant.loops if loop.valve >= 0}
    streams = plant.design.sheet.streams
    found = []
    for valve in range(len(plant.design.opening)):
        there = valve >= len(streams) or streams[valve].valve
        if there and chance(rng, 0.93 if valve in used else 0.12):
            found.append(valve)
    return found


def _case(
    seed: int, plant: _Plant, named: Named, recording: Recording, fault: tuple[str, list[int]], rng: Rng
) -> RandomCase:
    start = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=int(rng.integers(0, 600_000)))
    times = to_micros(start) + plant.interval_min * 60_000_000 * np.arange(plant.samples, dtype=np.int64)
    rows = _SPIN_UP + plant.substeps * np.arange(plant.samples)
    columns = {key: recording.readings[rows, i] * plant.sensors[i].scale for i, key in enumerate(named.sensors)}
    columns |= {key: recording.outputs[rows, valve] for valve, key in named.valves.items()}
    signals = {key: Series(key, times, _rounded(columns[key])) for key in sorted(columns)}
    left = excursions(signals, plant.samples - plant.after)
    kind, places = fault
    onset = from_micros(int(times[plant.samples - plant.after]))
    truth = Truth(
        twins=[named.twins[place] for place in places],
        kind=kind,
        onset=iso(onset) if places else None,
        visible=bool(places) and max(left.values()) > FAR,
    )
    infos = [_info(series, named) for series in signals.values()]
    at = from_micros(int(times[-1])) + timedelta(seconds=int(rng.integers(0, 60 * plant.interval_min)))
    symptoms = _symptoms(plant, named, left, rng)
    return RandomCase(seed, signals, infos, named.graph, named.models, at, symptoms, truth)


def _rounded(values: Floats) -> Floats:
    """Five significant digits, as archives keep them; how many decimals that is was settled early on."""
    size = float(np.abs(values[:_SETTING]).max())
    digits = 4 - int(np.floor(np.log10(size))) if size > 0 else 4
    return np.asarray(np.round(values, digits), dtype=np.float64)


def _info(series: Series, named: Named) -> SignalInfo:
    """As the store of a loaded plant tells it."""
    definition = named.models.signal(named.graph.twin(series.key.twin).model, series.key.signal)
    return info_of(
        series.key,
        series.times,
        series.values,
        series.texts,
        schema=definition.schema if definition else None,
        unit=definition.unit if definition else None,
        known=definition is not None,
    )


def _symptoms(plant: _Plant, named: Named, left: Mapping[SignalKey, float], rng: Rng) -> list[Symptom]:
    """A complaint about a product, where one of its signals is out of its range; sometimes nobody looks."""
    streams = plant.design.sheet.streams
    products = set()
    for index, stream in enumerate(streams):
        if stream.outlet == "product":
            products |= {plant.twins.valve_owner[index], plant.twins.place("unit", stream.source)}
    shown = [
        key
        for sensor, key in zip(plant.sensors, named.sensors, strict=True)
        if sensor.twin in products and sensor.quantity in ("composition", "flow") and left[key] > _COMPLAINED
    ]
    looked = chance(rng, _COMPLAINTS)
    if not shown or not looked:
        return []
    key = shown[int(rng.integers(len(shown)))]
    return [Symptom(key.twin, key.signal)]
