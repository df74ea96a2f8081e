"""The controllers of a random plant: which there are, and how they are tuned.

Rules: S. Skogestad, "Simple analytic rules for model reduction and PID controller tuning", J. Process Control 13
(2003), 291-309: a process whose output rises by k′ per step and per % of valve gets gain 1/(k′·(λ+θ)) and reset time
4·(λ+θ).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .design import Design
from .flowsheet import Rng, chance
from .physics import Moment, at_rest, calm, undelayed
from .sensors import Channels, observe

LoopKind = Literal["flow", "level", "pressure", "temperature", "composition"]
_DEAD = 2.0  # steps that sensor, controller and valve take together
_NUDGE = 1.0  # % of valve
_KELVIN = 273.15


@dataclass(frozen=True, slots=True)
class Loop:
    """One PI controller.

    Attributes:
        channel: what it reads. valve: what it moves (%), or -1 for a master, which moves the set-point of `slave` by up
            to ± `span` (in that one's unit). setpoint: at the design point. gain: output per unit read. reset: 1/steps.
        unit: index of the unit, stream or consumer that it is about.
    """

    kind: LoopKind
    channel: int
    valve: int
    setpoint: float
    gain: float
    reset: float
    slave: int = -1
    span: float = 0.0


class Tuner:
    """What a nudge of a valve does at the design point."""

    def __init__(self, design: Design, channels: Channels) -> None:
        """For one design."""
        self.design, self.channels = design, channels
        self.rest, self.around = at_rest(design), calm(design)
        self.now = undelayed(design, self.rest, self.around)
        self.values = observe(self.now, self.rest, self.around)

    def nudged(self, valve: int) -> Moment:
        """The plant with a valve a little further open."""
        position = self.rest.position
        self.rest.position = position.copy()
        self.rest.position[valve] += _NUDGE
        moment = undelayed(self.design, self.rest, self.around)
        self.rest.position = position
        return moment

    def static(self, valve: int, channel: int) -> float:
        """Change of something that follows at once, per % of valve."""
        moved = observe(self.nudged(valve), self.rest, self.around)
        return float(moved[channel] - self.values[channel]) / _NUDGE

    def slope(self, kind: LoopKind, unit: int, valve: int) -> float:
        """Change of a level, pressure or temperature per step and per % of valve."""
        change = self._rate(kind, unit, self.nudged(valve)) - self._rate(kind, unit, self.now)
        return change / _NUDGE

    def _rate(self, kind: LoopKind, unit: int, now: Moment) -> float:
        design = self.design
        if kind == "level":
            return float(now.liquid_rate[unit].sum() / design.full[unit])
        if kind == "pressure":
            warming = now.temperature_rate[unit] / (design.temperature[unit] + _KELVIN)
            return float(design.pressure[unit] * (now.gas_rate[unit].sum() / design.gas[unit].sum() + warming))
        return float(now.temperature_rate[unit])


@dataclass
class _Controls:
    design: Design
    channels: Channels
    rng: Rng
    tuner: Tuner
    loops: list[Loop]

    def flow(self, channel: int, valve: int) -> int | None:
        """A flow controller; its place, or None where the valve hardly moves the flow."""
        gain = self.tuner.static(valve, channel)
        setpoint = float(self.tuner.values[channel])
        if gain < 1e-3 * setpoint:
            return None
        pace = self.rng.uniform(0.25, 0.45)
        self.loops.append(Loop("flow", channel, valve, setpoint, 0.5 * pace / gain, 2.0))
        return len(self.loops) - 1

    def inventory(self, kind: LoopKind, unit: int, valve: int, pace: tuple[float, float], cascade: int | None) -> bool:
        """A controller of level, pressure or temperature, by a valve or by the set-point of a flow controller."""
        slope = self.tuner.slope(kind, unit, valve)
        channel = self.channels.of(kind, unit)
        least = {"level": 2e-5, "pressure": 2e-5 * self.design.pressure[unit], "temperature": 2e-3}[kind]
        if abs(slope) < least:
            return False
        closed = self.rng.uniform(*pace) + _DEAD
        gain, setpoint = 1.0 / (slope * closed), float(self.tuner.values[channel])
        if cascade is None:
            self.loops.append(Loop(kind, channel, valve, setpoint, gain, 1.0 / (4.0 * closed)))
            return True
        inner = self.loops[cascade]
        span = 0.6 * inner.setpoint
        per_valve = self.tuner.static(inner.valve, inner.channel)
        closed_gain = gain * per_valve / span * closed / (closed + 3.0)
        reset = 1.0 / (4.0 * (closed + 3.0))
        self.loops.append(Loop(kind, channel, -1, setpoint, closed_gain, reset, cascade, span))
        return True

    def composition(self, channel: int, slave: int, effect: float, span: float) -> None:
        """A slow master; `effect` is the expected change of the share per unit of the slave's set-point."""
        gain = self.rng.uniform(0.15, 0.4) / (effect * span)
        setpoint = float(self.tuner.values[channel])
        reset = 1.0 / self.rng.uniform(50.0, 120.0)
        self.loops.append(Loop("composition", channel, -1, setpoint, gain, reset, slave, span))


def draw_loops(design: Design, channels: Channels, rng: Rng) -> list[Loop]:
    """Controllers for a design: every level has one, so have most feeds, pressures and temperatures."""
    controls = _Controls(design, channels, rng, Tuner(design, channels), [])
    _on_streams(controls)
    _on_utilities(controls)
    _on_quality(controls)
    return [_detuned(loop, rng) for loop in controls.loops]


def _on_streams(controls: _Controls) -> None:
    rng, sheet = controls.rng, controls.design.sheet
    levelled: set[int] = set()
    held: set[int] = set()
    by_share = sorted(enumerate(sheet.streams), key=lambda one: (one[1].machine, -one[1].share))
    for index, stream in by_share:
        channel = controls.channels.of("flow", index)
        if not stream.valve:
            continue
        if stream.phase == "liquid" and stream.source not in levelled:
            inner = controls.flow(channel, index) if chance(rng, 0.25) else None
            controls.inventory("level", stream.source, index, (5.0, 16.0), inner)
            levelled.add(stream.source)
        elif stream.phase == "gas" and not stream.machine and stream.source not in held:
            if chance(rng, 0.75):
                controls.inventory("pressure", stream.source, index, (3.0, 9.0), None)
            held.add(stream.source)
        elif chance(rng, 0.85 if stream.phase == "feed" else 0.65):
            controls.flow(channel, index)


def _on_utilities(controls: _Controls) -> None:
    rng, sheet = controls.rng, controls.design.sheet
    for index, consumer in enumerate(sheet.consumers):
        valve = len(sheet.streams) + index
        channel = controls.channels.of("utility_flow", index)
        way = rng.random()
        inner = controls.flow(channel, valve) if way < 0.3 else None
        if way < 0.9:
            controls.inventory("temperature", consumer.unit, valve, (4.0, 11.0), inner)


def _on_quality(controls: _Controls) -> None:
    """A reagent's share in a reactor by the flow of its feed; a column's purity by its temperature."""
    rng, design, sheet = controls.rng, controls.design, controls.design.sheet
    slaves = {loop.slave for loop in controls.loops}
    reactor = sheet.reactors[0]
    phase = "gas" if sheet.units[reactor].gas else "liquid"
    if chance(rng, 0.4):
        feed = int(rng.integers(2))
        for place, loop in enumerate(controls.loops):
            stream = next(i for i, one in enumerate(sheet.streams) if one.phase == "feed" and one.source == feed)
            if loop.kind == "flow" and loop.valve == stream:
                channel = controls.channels.of(phase, reactor, feed)
                effect = 0.6 / float(design.into[reactor] @ design.flow)
                controls.composition(channel, place, effect, 0.35 * loop.setpoint)
                break
    for place, loop in enumerate(list(controls.loops)):
        unit = loop.channel - controls.channels.of("temperature", 0)
        if loop.kind != "temperature" or sheet.units[unit].role != "column" or place in slaves or loop.valve < 0:
            continue
        if chance(rng, 0.4):
            impurity = float(design.liquid[unit, 0] + design.liquid[unit, 1]) / float(design.liquid[unit].sum())
            effect = max(impurity * float(design.split_slope[unit]), 2e-4)
            controls.composition(controls.channels.of("liquid", unit, 2), place, effect, 12.0)


def _detuned(loop: Loop, rng: Rng) -> Loop:
    """Nobody tunes exactly; and one loop in twelve swings by itself for want of damping."""
    factor = float(np.exp(rng.normal(0.0, 0.3)))
    tuned = replace(loop, gain=loop.gain * min(max(factor, 0.5), 1.6))
    if loop.kind not in ("flow", "composition") and loop.valve >= 0 and chance(rng, 0.12):
        return slack(tuned, float(rng.uniform(0.12, 0.22)))
    return tuned


def slack(loop: Loop, damping: float) -> Loop:
    """The loop with hardly any damping: an integrating process under PI has ζ = ½·√(K·k′·Ti)."""
    closed = 1.0 / (4.0 * loop.reset)  # so gain is 1/(k′·closed)
    weaker = 0.5
    reset_time = 4.0 * damping**2 * closed / weaker
    return replace(loop, gain=loop.gain * weaker, reset=1.0 / max(reset_time, 1.5))
