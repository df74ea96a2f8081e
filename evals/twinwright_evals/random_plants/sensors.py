"""What a random plant measures, and which twin each sensor and valve belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .design import COMPONENTS, Design, Floats
from .flowsheet import Rng, chance
from .physics import Moment, State, Surroundings

Quantity = Literal["level", "pressure", "temperature", "composition", "flow", "power", "valve"]
TwinKind = Literal["feed", "unit", "stream", "utility"]
_LETTERS = "ABCD"
_MOST_OPTIONAL = 5  # valves come on top


class Channels:
    """The places of all quantities in the vector that `observe` makes."""

    def __init__(self, design: Design) -> None:
        """For one design."""
        sheet = design.sheet
        units, streams, feeds = len(sheet.units), len(sheet.streams), len(sheet.feed_roles)
        sizes = {
            "level": units,
            "pressure": units,
            "temperature": units,
            "liquid": units * COMPONENTS,
            "gas": units * COMPONENTS,
            "flow": streams,
            "inflow": units,
            "utility_flow": len(sheet.consumers),
            "returned": len(sheet.consumers),
            "power": streams,
            "feed_mix": feeds * COMPONENTS,
            "feed_temperature": feeds,
            "feed_pressure": feeds,
            "utility_temperature": sheet.utilities,
            "utility_pressure": sheet.utilities,
        }
        ends = np.cumsum(list(sizes.values()))
        self._begin = dict(zip(sizes, (ends - list(sizes.values())).tolist(), strict=True))

    def of(self, quantity: str, index: int, component: int | None = None) -> int:
        """The place of a quantity of a unit, stream, feed, consumer or utility."""
        inside = index if component is None else index * COMPONENTS + component
        return int(self._begin[quantity]) + inside


def observe(now: Moment, state: State, around: Surroundings) -> Floats:
    """All quantities at one moment, in the order of `Channels`."""
    return np.concatenate(
        (
            now.level,
            now.pressure,
            now.reading,
            now.mix_liquid.ravel(),
            now.mix_gas.ravel(),
            now.flow,
            now.inflow,
            now.utility_flow,
            state.returned,
            now.power,
            around.mix.ravel(),
            around.feed_temperature,
            around.feed_pressure,
            around.utility_temperature,
            around.utility_pressure,
        )
    )


@dataclass(frozen=True, slots=True)
class Sensor:
    """One measurement.

    Attributes:
        twin: place of its twin in `Twins.all`. part: what tells it from others of its kind on that twin, or "".
        noise: standard deviation, in the channel's unit. hold: steps from one new value to the next.
        scale: channel unit to the unit in which it is recorded. needed: a controller reads it.
    """

    twin: int
    quantity: Quantity
    part: str
    channel: int
    noise: float
    hold: int = 1
    scale: float = 1.0
    needed: bool = False


@dataclass(frozen=True)
class Twins:
    """The twins of a flowsheet, and whose each valve is."""

    all: tuple[tuple[TwinKind, int], ...]
    valve_owner: tuple[int, ...]
    consumer_owner: tuple[int, ...]

    def place(self, kind: TwinKind, index: int) -> int:
        """The place of a twin."""
        return self.all.index((kind, index))


def find_twins(design: Design) -> Twins:
    """Feeds, units, machines and outlets with twins of their own, and utilities."""
    sheet = design.sheet
    found: list[tuple[TwinKind, int]] = [("feed", index) for index in range(len(sheet.feed_roles))]
    found += [("unit", index) for index in range(len(sheet.units))]
    found += [("stream", index) for index, stream in enumerate(sheet.streams) if stream.own_twin]
    found += [("utility", index) for index in range(sheet.utilities)]
    owners = []
    for index, stream in enumerate(sheet.streams):
        source: tuple[TwinKind, int] = ("feed" if stream.phase == "feed" else "unit", stream.source)
        owners.append(found.index(("stream", index) if stream.own_twin else source))
    served = [one.utility for one in sheet.consumers]
    consumers = [
        # A header that serves several units has their valves at the units.
        found.index(("utility", one.utility) if served.count(one.utility) == 1 else ("unit", one.unit))
        for one in sheet.consumers
    ]
    return Twins(tuple(found), tuple(owners + consumers), tuple(consumers))


def candidates(design: Design, twins: Twins, channels: Channels, rng: Rng, dt_analyser: int) -> list[Sensor]:
    """Every sensor that the plant might have; analysers give a new value every `dt_analyser` steps."""
    sheet = design.sheet
    noise = float(np.exp(rng.uniform(np.log(0.15), np.log(1.1))))
    flow_scale = float(10.0 ** rng.uniform(0.5, 3.5))
    pressure_scale = float(rng.choice([1.0, 14.504, 100.0]))
    found: list[Sensor] = []
    for index in range(len(sheet.units)):
        found += _of_unit(design, twins.place("unit", index), index, channels, dt_analyser)
    for index, stream in enumerate(sheet.streams):
        twin, flow = twins.valve_owner[index], design.flow[index]
        part = "" if stream.phase == "feed" or stream.own_twin else ("liquid" if stream.phase == "liquid" else "vapour")
        found.append(Sensor(twin, "flow", part, channels.of("flow", index), flow * rng.uniform(0.003, 0.012)))
        if stream.machine:
            found.append(Sensor(twin, "power", "", channels.of("power", index), flow * 0.005))
        if stream.own_twin and stream.outlet and stream.phase != "feed":
            found += _analyser(design, twin, channels, stream.phase, stream.source, dt_analyser)
    for index in range(len(sheet.feed_roles)):
        twin = twins.place("feed", index)
        found.append(Sensor(twin, "temperature", "", channels.of("feed_temperature", index), 0.1))
        found.append(Sensor(twin, "pressure", "", channels.of("feed_pressure", index), 0.03))
        channel = channels.of("feed_mix", index, min(sheet.feed_roles[index], 2))
        found.append(Sensor(twin, "composition", "A", channel, 0.003, dt_analyser))
    for index, consumer in enumerate(sheet.consumers):
        twin = twins.consumer_owner[index]
        part = "" if twins.all[twin][0] == "utility" else "jacket"
        found.append(Sensor(twin, "flow", part, channels.of("utility_flow", index), 0.006))
        found.append(Sensor(twin, "temperature", part or "outlet", channels.of("returned", index), 0.15))
        if index == [one.utility for one in sheet.consumers].index(consumer.utility):
            supply = channels.of("utility_temperature", consumer.utility)
            found.append(Sensor(twins.place("utility", consumer.utility), "temperature", "supply", supply, 0.1))
    return [_scaled(sensor, noise, flow_scale, pressure_scale) for sensor in found]


def _scaled(sensor: Sensor, noise: float, flow: float, pressure: float) -> Sensor:
    scales = {"flow": flow, "power": flow * 0.4, "pressure": pressure, "level": 100.0, "composition": 100.0}
    return replace(sensor, noise=sensor.noise * noise, scale=scales.get(sensor.quantity, 1.0))


def _of_unit(design: Design, twin: int, index: int, channels: Channels, hold: int) -> list[Sensor]:
    unit = design.sheet.units[index]
    found = [Sensor(twin, "temperature", "", channels.of("temperature", index), 0.15)]
    if unit.liquid:
        found.append(Sensor(twin, "level", "", channels.of("level", index), 0.004))
    if unit.gas:
        found.append(Sensor(twin, "pressure", "", channels.of("pressure", index), 0.0015 * design.pressure[index]))
    found.append(
        Sensor(twin, "flow", "inlet", channels.of("inflow", index), 0.006 * float(design.into[index] @ design.flow))
    )
    found += _analyser(design, twin, channels, "gas" if unit.gas else "liquid", index, hold)
    return found


def _analyser(design: Design, twin: int, channels: Channels, phase: str, unit: int, hold: int) -> list[Sensor]:
    """One analyser for all components that are there in more than traces."""
    held = design.gas if phase == "gas" else design.liquid
    shares = held[unit] / held[unit].sum()
    return [
        Sensor(twin, "composition", _LETTERS[part], channels.of(phase, unit, part), 0.0005 + 0.003 * share, hold)
        for part, share in enumerate(shares.tolist())
        if share > 0.01
    ]


def choose(found: list[Sensor], needed: set[int], twins: Twins, rng: Rng) -> list[Sensor]:
    """The sensors that are there: what controllers read, and more where a twin is well equipped; one at least."""
    equipped = rng.uniform(0.1, 0.95, len(twins.all)) ** 1.3
    analysed = rng.random(len(twins.all)) < 0.45
    chosen, counts = [], np.zeros(len(twins.all), dtype=int)
    for sensor in found:
        kind = twins.all[sensor.twin][0]
        wanted = chance(rng, float(equipped[sensor.twin]))
        if kind == "feed" and sensor.quantity != "flow":
            wanted = chance(rng, 0.08)
        elif kind == "feed":
            wanted = chance(rng, 0.9)
        elif sensor.quantity == "composition":
            wanted = bool(analysed[sensor.twin]) and chance(rng, 0.85)
        elif sensor.part == "supply":
            wanted = chance(rng, 0.25)
        if sensor.channel in needed or (wanted and counts[sensor.twin] < _MOST_OPTIONAL):
            counts[sensor.twin] += 1
            chosen.append(replace(sensor, needed=sensor.channel in needed))
    for sensor in found:
        if not counts[sensor.twin]:
            counts[sensor.twin] += 1
            chosen.append(sensor)
    return chosen
