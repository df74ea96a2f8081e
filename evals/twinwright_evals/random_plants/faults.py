"""Faults of random plants: each changes the script from its onset on, and says at which twins it enters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .design import COMPONENTS, Design, Floats
from .flowsheet import Rng, chance
from .loops import Loop, slack
from .sensors import Sensor, Twins
from .simulate import Script

Places = list[int]
_NOT_FOUND: Places = []


@dataclass(frozen=True)
class Scene:
    """A plant with a script, and the fault's onset (step) and severity (0 to 1)."""

    design: Design
    twins: Twins
    sensors: Sequence[Sensor]
    loops: Sequence[Loop]
    script: Script
    onset: int
    severity: float
    rng: Rng

    def pick(self, options: Sequence[int]) -> int:
        """One of several places."""
        return int(self.rng.choice(list(options)))

    def sign(self) -> float:
        """Up or down."""
        return float(self.rng.choice([-1.0, 1.0]))

    def strength(self, least: float, most: float) -> float:
        """An amplitude between the least and the most, by severity."""
        return least + (most - least) * self.severity

    def profile(self, *, walks: bool = True) -> Floats:
        """From 0 to about 1 after the onset: a step, a ramp, or a random walk."""
        steps = len(self.script.mix)
        since = np.maximum(np.arange(steps) - self.onset, 0).astype(float)
        way = self.rng.random()
        if walks and way < 0.2:
            noise = self.rng.normal(size=steps) * (since > 0)
            walk: Floats = np.cumsum(noise) / np.sqrt(40.0)
            return walk
        if way < 0.5:
            return np.minimum(since / self.rng.uniform(10.0, 60.0), 1.0)
        return np.minimum(since / self.rng.uniform(1.0, 4.0), 1.0)

    def used_valves(self) -> list[int]:
        """Valves that a controller moves."""
        return [loop.valve for loop in self.loops if loop.valve >= 0]

    def loop_twins(self, loop: Loop) -> Places:
        """The twins of a controller: that of its sensor and that of its valve."""
        base = loop if loop.valve >= 0 else self.loops[loop.slave]
        sensed = [sensor.twin for sensor in self.sensors if sensor.channel == loop.channel][:1]
        return list(dict.fromkeys([*sensed, self.twins.valve_owner[base.valve]]))

    def feed_streams(self) -> list[int]:
        """The streams of the feeds, in the order of the feeds."""
        streams = enumerate(self.design.sheet.streams)
        fed = sorted((stream.source, index) for index, stream in streams if stream.phase == "feed")
        return [index for _, index in fed]


def _feed_composition(scene: Scene) -> Places:
    feed = int(scene.rng.integers(len(scene.design.feed_mix)))
    part = int(scene.rng.integers(COMPONENTS))
    target = np.eye(COMPONENTS)[part]
    share = np.clip(scene.strength(0.02, 0.35) * np.abs(scene.profile()), 0.0, 0.7)[:, None]
    scene.script.mix[:, feed] = scene.script.mix[:, feed] * (1.0 - share) + share * target
    return [scene.twins.place("feed", feed)]


def _feed_temperature(scene: Scene) -> Places:
    feed = int(scene.rng.integers(len(scene.design.feed_mix)))
    scene.script.feed_temperature[:, feed] += scene.sign() * scene.strength(2.0, 45.0) * scene.profile()
    return [scene.twins.place("feed", feed)]


def _feed_pressure(scene: Scene) -> Places:
    feed = int(scene.rng.integers(len(scene.design.feed_mix)))
    stream = scene.feed_streams()[feed]
    beyond = scene.design.feed_pressure[feed] - scene.design.drop[stream]
    lost = scene.strength(0.1, 0.95) * np.clip(np.abs(scene.profile()), 0.0, 1.0)
    pressure = scene.script.feed_pressure[:, feed]
    scene.script.feed_pressure[:, feed] = pressure - lost * np.maximum(pressure - beyond, 0.0)
    return [scene.twins.place("feed", feed)]


def _feed_loss(scene: Scene) -> Places:
    feed = int(scene.rng.integers(len(scene.design.feed_mix)))
    left = 1.0 - scene.strength(0.5, 1.0) * np.clip(scene.profile(walks=False), 0.0, 1.0)
    scene.script.capacity[:, scene.feed_streams()[feed]] *= left
    return [scene.twins.place("feed", feed)]


def _valve_stiction(scene: Scene) -> Places:
    valve = scene.pick(scene.used_valves())
    scene.script.band[scene.onset :, valve] = scene.strength(0.8, 14.0)
    return [scene.twins.valve_owner[valve]]


def _valve_stuck(scene: Scene) -> Places:
    """It stays where it is; a severe one jams somewhere else on its way."""
    valve = scene.pick(scene.used_valves())
    scene.script.band[scene.onset :, valve] = np.inf
    if scene.severity > 0.3:
        scene.script.capacity[scene.onset :, valve] *= 1.0 + scene.sign() * 0.6 * scene.severity
    return [scene.twins.valve_owner[valve]]


def _valve_gain(scene: Scene) -> Places:
    valve = scene.pick(scene.used_valves())
    scene.script.capacity[:, valve] *= 1.0 - scene.strength(0.05, 0.85) * np.clip(np.abs(scene.profile()), 0.0, 1.0)
    return [scene.twins.valve_owner[valve]]


def _utility_temperature(scene: Scene) -> Places:
    utility = int(scene.rng.integers(scene.design.sheet.utilities))
    change = scene.sign() * scene.strength(1.0, 16.0) * scene.profile()
    served = [one for one in scene.design.sheet.consumers if one.utility == utility]
    # Hot utilities swing as far relative to what they have to heat as cold ones do.
    wide = 1.0 if served[0].cools else 3.0
    scene.script.utility_temperature[:, utility] += wide * change
    return [scene.twins.place("utility", utility)]


def _utility_pressure(scene: Scene) -> Places:
    utility = int(scene.rng.integers(scene.design.sheet.utilities))
    lost = scene.strength(0.08, 0.9) * np.clip(np.abs(scene.profile()), 0.0, 1.0)
    scene.script.utility_pressure[:, utility] *= 1.0 - lost
    return [scene.twins.place("utility", utility)]


def _fouling(scene: Scene) -> Places:
    place = int(scene.rng.integers(len(scene.design.sheet.consumers)))
    lost = scene.strength(0.1, 0.8) * np.clip(scene.profile(walks=False), 0.0, 1.0)
    scene.script.transfer[:, place] *= 1.0 - lost
    return [scene.twins.place("unit", scene.design.sheet.consumers[place].unit)]


def _kinetics(scene: Scene) -> Places:
    place = int(scene.rng.integers(len(scene.design.rate)))
    change = scene.sign() * scene.strength(0.1, 1.6) * scene.profile()
    scene.script.kinetics[:, place] *= np.exp(change)
    return [scene.twins.place("unit", scene.design.sheet.reactors[place])]


def _leak(scene: Scene) -> Places:
    unit = int(scene.rng.integers(len(scene.design.sheet.units)))
    scene.script.leak[:, unit] = scene.strength(0.001, 0.03) * np.clip(scene.profile(walks=False), 0.0, 1.0)
    return [scene.twins.place("unit", unit)]


def _sensor(scene: Scene) -> int:
    """Rather one that a controller follows."""
    followed = [i for i, sensor in enumerate(scene.sensors) if sensor.needed]
    rest = [i for i, sensor in enumerate(scene.sensors) if not sensor.needed]
    return scene.pick(followed if followed and (not rest or chance(scene.rng, 0.65)) else rest)


def _span_of(scene: Scene, place: int) -> float:
    """A tenth of what the sensor usually reads, or what means as much: the unit in which it goes wrong."""
    sensor = scene.sensors[place]
    if sensor.quantity == "temperature":
        return 10.0
    return {"level": 0.15, "composition": 12.0 * sensor.noise}.get(sensor.quantity, 14.0 * sensor.noise)


def _sensor_bias(scene: Scene) -> Places:
    place = _sensor(scene)
    scene.script.shift[scene.onset :, place] += scene.sign() * scene.strength(0.05, 2.0) * _span_of(scene, place)
    return [scene.sensors[place].twin]


def _sensor_drift(scene: Scene) -> Places:
    place = _sensor(scene)
    since = np.maximum(np.arange(len(scene.script.mix)) - scene.onset, 0) / scene.rng.uniform(30.0, 80.0)
    scene.script.shift[:, place] += scene.sign() * scene.strength(0.1, 2.5) * _span_of(scene, place) * since
    return [scene.sensors[place].twin]


def _sensor_stuck(scene: Scene) -> Places:
    place = _sensor(scene)
    scene.script.fresh[scene.onset :, place] = False
    return [scene.sensors[place].twin]


def _sensor_noise(scene: Scene) -> Places:
    place = _sensor(scene)
    noise = scene.rng.normal(size=len(scene.script.mix) - scene.onset)
    scene.script.shift[scene.onset :, place] += noise * scene.strength(0.05, 0.8) * _span_of(scene, place)
    return [scene.sensors[place].twin]


def _tuning(scene: Scene) -> Places:
    """Somebody retunes a controller: too little damping, or far too much gain."""
    place = scene.pick(range(len(scene.loops)))
    loop = scene.loops[place]
    if loop.kind in ("flow", "composition") or chance(scene.rng, 0.4):
        wrong = replace(loop, gain=loop.gain * scene.strength(2.0, 12.0))
    else:
        wrong = slack(loop, 0.25 * (1.0 - scene.severity))
    scene.script.gain[scene.onset :, place] = wrong.gain
    scene.script.reset[scene.onset :, place] = wrong.reset
    return scene.loop_twins(loop)


def _setpoint(scene: Scene) -> Places:
    place = scene.pick(range(len(scene.loops)))
    loop = scene.loops[place]
    wide = {"flow": 0.5 * loop.setpoint, "level": 0.3, "pressure": 0.2 * loop.setpoint, "temperature": 20.0}
    amount = scene.strength(0.06, 1.0) * wide.get(loop.kind, 0.4 * min(loop.setpoint, 1.0 - loop.setpoint))
    scene.script.setpoint[scene.onset :, place] += scene.sign() * amount
    return scene.loop_twins(loop)


def _machine(scene: Scene) -> Places:
    machines = [index for index, stream in enumerate(scene.design.sheet.streams) if stream.machine]
    if not machines:
        return _NOT_FOUND
    stream = scene.pick(machines)
    lost = scene.strength(0.05, 0.7) * np.clip(scene.profile(walks=False), 0.0, 1.0)
    scene.script.capacity[:, stream] *= 1.0 - lost
    return [scene.twins.valve_owner[stream]]


FAULTS: dict[str, Callable[[Scene], Places]] = {
    "feed_composition": _feed_composition,
    "feed_temperature": _feed_temperature,
    "feed_pressure": _feed_pressure,
    "feed_loss": _feed_loss,
    "valve_stiction": _valve_stiction,
    "valve_stuck": _valve_stuck,
    "valve_gain": _valve_gain,
    "utility_temperature": _utility_temperature,
    "utility_pressure": _utility_pressure,
    "fouling": _fouling,
    "kinetics": _kinetics,
    "leak": _leak,
    "sensor_bias": _sensor_bias,
    "sensor_drift": _sensor_drift,
    "sensor_stuck": _sensor_stuck,
    "sensor_noise": _sensor_noise,
    "tuning": _tuning,
    "setpoint": _setpoint,
    "machine": _machine,
}
"""By kind; each returns the places (in `Twins.all`) of the twins at which it enters, none where the plant lacks it."""
