"""The plant as it runs: step by step, with actuators that can be driven while it does.

What can be driven is what the plant's models call writable and its physics obeys. A command stands until it is given
back (None), and then the plant's own controllers and settings are in charge again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from .conditions import Conditions
from .history import write_history
from .journal import write_journal
from .physics.cooling import HEADER_SETPOINT
from .physics.health import LINES, Health
from .physics.simulate import Simulation
from .scenario import WARM_UP, Injection, degradation, schedule_of
from .schedule import STEP_S, Schedule
from .sensors import Events
from .signals import all_signals
from .writer import write_telemetry, write_twins

_RECENT = 90  # steps that the newest readings are made from: more than the slowest average or lag that matters


@dataclass(frozen=True, slots=True)
class Actuator:
    """Something that can be driven.

    Attributes:
        twin, name: the twin and its writable property.
        low, high: the range of its input, in `unit` (UCUM).
        own: what it is while nobody drives it; None where that changes with the plan (a filler's rate).
    """

    twin: str
    name: str
    unit: str
    low: float
    high: float
    own: float | None


ACTUATORS: tuple[Actuator, ...] = (
    *(Actuator(f"glycol-pump-{n}-drive", "speedLimit", "%", 0.0, 100.0, 100.0) for n in (1, 2)),
    Actuator("glycol-header", "pressureSetpoint", "bar", 0.0, 6.0, HEADER_SETPOINT),
    *(Actuator(f"line-{n + 1}-filler", "speedSetpoint", "/h", 0.0, 60_000.0, None) for n in range(LINES)),
)


class LivePlant:
    """A plant that goes on for as long as it is stepped, up to the end of its schedule.

    Attributes:
        seed: of everything that happens by chance.
    """

    def __init__(self, faults: Sequence[Injection], seed: int, hours: float, end: datetime) -> None:
        """A plant whose schedule spans `hours` and ends at `end` (with a zone); nothing has happened yet.

        Raises:
            ValueError: two faults on one asset, or an onset before the telemetry begins.
        """
        conditions = Conditions()
        self.seed = seed
        self._schedule = schedule_of(faults, seed, hours, end, conditions)
        self._degrade = degradation(faults, conditions, self._schedule, seed)
        self._simulation = Simulation(self._schedule)
        self._planned = [rate.copy() for rate in self._schedule.rate]
        self._commands: dict[tuple[str, str], float] = {}
        self._end = end

    @property
    def now(self) -> datetime:
        """The time of the last step that is done, in UTC."""
        done = max(0, self._simulation.steps - 1)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(self._schedule.times[done]))

    @property
    def left_s(self) -> float:
        """Seconds until the schedule ends."""
        return STEP_S * (len(self._schedule.times) - self._simulation.steps)

    def run_until(self, time: datetime) -> None:
        """Goes on, step by step, until a time (with a zone), or until the schedule ends."""
        steps = round((time - self.now).total_seconds() / STEP_S)
        self._simulation.advance(min(len(self._schedule.times), self._simulation.steps + steps), self._spoil)

    def step(self, steps: int = 1) -> None:
        """Goes on by some steps of 10 s."""
        last = min(len(self._schedule.times), self._simulation.steps + steps)
        self._simulation.advance(last, self._spoil)

    def command(self, twin: str, name: str, value: float | None) -> None:
        """Drives an actuator from the next step on; None gives it back.

        Raises:
            ValueError: there is no such actuator, or the value is outside of its input's range.
        """
        actuator = actuator_of(twin, name)
        if value is not None and not actuator.low <= value <= actuator.high:
            raise ValueError(f"{twin}.{name} takes {actuator.low} to {actuator.high} {actuator.unit}, not {value}")
        if value is None:
            self._commands.pop((twin, name), None)
        else:
            self._commands[twin, name] = value
        self._apply(actuator, value)

    def setting(self, twin: str, name: str) -> float:
        """What an actuator's input is now, driven or not, in its unit."""
        actuator = actuator_of(twin, name)
        if (twin, name) in self._commands:
            return self._commands[twin, name]
        if actuator.own is not None:
            return actuator.own
        step = min(self._simulation.steps, len(self._schedule.times) - 1)
        return round(3600.0 * float(self._schedule.rate[_number(twin) - 1][step]))

    def readings(self) -> dict[tuple[str, str], float]:
        """The newest value of every sampled signal, to its instrument's resolution, by (twin, signal)."""
        sampled, _ = all_signals(self._simulation.latest(_RECENT))
        return {
            (one.twin, one.signal): round(round(float(one.values[-1]) / one.resolution) * one.resolution, 6)
            for one in sampled
        }

    def write(self, folder: Path) -> None:
        """Writes what happened until now as a plant folder."""
        run = self._simulation.run()
        done = self._schedule.between(0, self._simulation.steps)
        run = type(run)(done, run.lines, run.plant, run.instruments)
        sampled, events = all_signals(run)
        folder.mkdir(parents=True, exist_ok=True)
        write_twins(folder)
        write_telemetry(folder, sampled, [*events, *self._limits(done)], done.times, self.seed, WARM_UP)
        write_history(folder, self.seed, self._end)
        write_journal(folder, run, Conditions(), self.seed, WARM_UP)

    def _limits(self, done: Schedule) -> list[Events]:
        run = self._simulation.run()
        return [Events(f"glycol-pump-{n + 1}-drive", "speedLimit", 100.0 * run.plant[f"limit_{n}"]) for n in (0, 1)]

    def _apply(self, actuator: Actuator, value: float | None) -> None:
        number = _number(actuator.twin)
        if actuator.name == "speedLimit":
            self._simulation.speed_limits[number - 1] = 1.0 if value is None else value / 100.0
        elif actuator.name == "speedSetpoint":
            line = number - 1
            planned = self._planned[line][self._simulation.steps :]
            self._simulation.ask_rates(line, planned if value is None else np.full(len(planned), value / 3600.0))

    def _spoil(self, health: Health, step: int) -> None:
        health.header_setpoint = 0.0  # what was commanded once doesn't stay when it is given back
        if self._degrade is not None:
            self._degrade(health, step)
        pressure = self._commands.get(("glycol-header", "pressureSetpoint"))
        if pressure is not None:
            health.header_setpoint = pressure - HEADER_SETPOINT


def actuator_of(twin: str, name: str) -> Actuator:
    """The actuator behind a twin's property.

    Raises:
        ValueError: there is none.
    """
    for one in ACTUATORS:
        if (one.twin, one.name) == (twin, name):
            return one
    known = ", ".join(f"{one.twin}.{one.name}" for one in ACTUATORS)
    raise ValueError(f"{twin}.{name} can't be driven; what can be: {known}")


def _number(twin: str) -> int:
    return next((int(part) for part in twin.split("-") if part.isdigit()), 0)
