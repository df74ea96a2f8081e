"""A random plant in motion: process, sensors, controllers and valves under a script of what happens around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .design import Bools, Design, Floats
from .loops import Loop
from .physics import Surroundings, advance, at_rest, moment, sources
from .sensors import Sensor, observe

_STROKE = 0.75  # share of the way to its set position that a valve goes in a step
_RETURN_LAG = 0.35


@dataclass
class Script:
    """What happens in n steps: surroundings, valves (v), controllers (l) and sensors (m).

    Attributes:
        mix (n, f, c) … leak (n, u): see `Surroundings`.
        band (n, v): by how much a valve's signal has to change before its stem moves, %.
        setpoint, gain, reset (n, l): of the controllers. shift (n, m): added to the readings, noise included.
        fresh (n, m): whether a sensor gives a new value.
    """

    mix: Floats
    feed_temperature: Floats
    feed_pressure: Floats
    utility_temperature: Floats
    utility_pressure: Floats
    capacity: Floats
    transfer: Floats
    kinetics: Floats
    leak: Floats
    band: Floats
    setpoint: Floats
    gain: Floats
    reset: Floats
    shift: Floats
    fresh: Bools

    def around(self, step: int) -> Surroundings:
        """The surroundings in one step."""
        return Surroundings(
            self.mix[step],
            self.feed_temperature[step],
            self.feed_pressure[step],
            self.utility_temperature[step],
            self.utility_pressure[step],
            self.capacity[step],
            self.transfer[step],
            self.kinetics[step],
            self.leak[step],
        )


@dataclass(frozen=True)
class Recording:
    """Readings (n, m) in the channels' units, and what the controllers sent to the valves (n, v), %."""

    readings: Floats
    outputs: Floats


class _Controllers:
    """Velocity PI with limits; masters first, so that their slaves follow within the step."""

    def __init__(self, loops: Sequence[Loop], sensors: Sequence[Sensor], opening: Floats) -> None:
        channels = [sensor.channel for sensor in sensors]
        self.reads = np.array([channels.index(loop.channel) for loop in loops], dtype=np.int64)
        self.masters = np.array([i for i, loop in enumerate(loops) if loop.valve < 0], dtype=np.int64)
        self.bases = np.array([i for i, loop in enumerate(loops) if loop.valve >= 0], dtype=np.int64)
        self.slaves = np.array([loops[i].slave for i in self.masters], dtype=np.int64)
        self.spans = np.array([loops[i].span for i in self.masters])
        self.valves = np.array([loops[i].valve for i in self.bases], dtype=np.int64)
        self.moved = np.zeros(len(self.masters))
        self.sent = opening.copy()
        self.before = np.zeros(len(loops))

    def act(self, readings: Floats, setpoint: Floats, gain: Floats, reset: Floats) -> None:
        error = setpoint - readings[self.reads]
        masters, bases = self.masters, self.bases
        if len(masters):
            change = gain[masters] * (error[masters] - self.before[masters] + reset[masters] * error[masters])
            self.moved = np.clip(self.moved + change, -1.0, 1.0)
            error[self.slaves] += self.spans * self.moved
        change = gain[bases] * (error[bases] - self.before[bases] + reset[bases] * error[bases])
        self.sent[self.valves] = np.clip(self.sent[self.valves] + change, 0.0, 100.0)
        self.before = error


def simulate(design: Design, loops: Sequence[Loop], sensors: Sequence[Sensor], script: Script) -> Recording:
    """Runs the script from the design point on."""
    steps = len(script.mix)
    state = at_rest(design)
    controllers = _Controllers(loops, sensors, design.opening)
    chosen = np.array([sensor.channel for sensor in sensors])
    readings, outputs = np.empty((steps, len(sensors))), np.empty((steps, len(design.opening)))
    first = sources(design, state, script.around(0))
    mixes, heats = (np.repeat(one[None], steps + 1, axis=0) for one in first)
    held, stem = np.zeros(len(sensors)), design.opening.copy()
    for step in range(steps):
        around = script.around(step)
        mixes[step], heats[step] = sources(design, state, around)
        past = np.maximum(step - design.delay, 0)
        now = moment(design, state, around, mixes[past, design.row], heats[past, design.row])
        values = observe(now, state, around)[chosen] + script.shift[step]
        held = np.where(script.fresh[step], values, held) if step else values
        if not step:
            controllers.before = np.zeros(len(loops))
        controllers.act(held, script.setpoint[step], script.gain[step], script.reset[step])
        readings[step], outputs[step] = held, controllers.sent
        stem = np.where(np.abs(controllers.sent - stem) > script.band[step], controllers.sent, stem)
        advance(state, now, design, _STROKE * (stem - state.position), _RETURN_LAG)
    return Recording(readings, outputs)
