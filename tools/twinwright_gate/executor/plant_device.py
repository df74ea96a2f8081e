"""The demo plant's own actuators as a device. This module alone of the gate imports the simulated plant.

A point's binding address is ``TWIN.PROPERTY`` of an actuator, an input's path ``TWIN.SIGNAL`` of a sensor, or
``setting:TWIN.PROPERTY`` for what an actuator's input is now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from twinwright_plant.faults import named
from twinwright_plant.live import LivePlant
from twinwright_plant.scenario import Injection
from twinwright_plant.schedule import STEP_S

from ..points import Input, Point
from ..snapshot import Control, Value, WorkControl
from .decoding import value_micro
from .device import BAD_COMMUNICATION, Command, Condition, DeviceError, Mailbox
from .mailbox import MailboxLogic

AHEAD_H, WARM_H, LONG_H = 24.0, 6.0, 3.0
_SETTING = "setting:"


class PlantClockError(DeviceError):
    """The plant's schedule is over: it doesn't go on."""


class PlantDevice:
    """A running plant behind command mailboxes; its clock is the plant's own."""

    simulated = True

    def __init__(self, plant: LivePlant, points: Sequence[Point]) -> None:
        self.plant = plant
        self._boxes = {one.binding.binding_id: self._box(one) for one in points}
        self._seen: dict[str, tuple[int, int]] = {}

    def _box(self, point: Point) -> MailboxLogic:
        twin, name = _split(point.binding.address)
        instrument = next(one for one in point.layers if one.name == "instrument")
        assert instrument.lo is not None and instrument.hi is not None
        return MailboxLogic(
            binding_id=point.binding.binding_id,
            low_micro=instrument.lo,
            high_micro=instrument.hi,
            decode=lambda text: value_micro(point.binding, text),
            drive=lambda value: self.plant.command(twin, name, None if value is None else value / 1e6),
            now_ms=self.now_ms,
        )

    def now_ms(self) -> int:
        """The plant's time, ms since 1970 (UTC)."""
        return _ms(self.plant.now)

    def step(self, steps: int = 1) -> None:
        """The plant goes on by steps of 10 s, and every mailbox looks at its watchdog."""
        for _ in range(steps):
            self.plant.step()
            for box in self._boxes.values():
                box.watch()

    def read(self, inputs: Sequence[Input]) -> list[Value]:
        """The inputs, from the plant's sensors and settings."""
        readings, now = self.plant.readings(), self.now_ms()
        return [self._value(one, self._shown(one.path, readings), now) for one in inputs]

    def _shown(self, path: str, readings: dict[tuple[str, str], float]) -> float | None:
        if path.startswith(_SETTING):
            return self.plant.setting(*_split(path.removeprefix(_SETTING)))
        return readings.get(_split(path))

    def _value(self, one: Input, shown: float | None, now: int) -> Value:
        micro = None if shown is None else round(1e6 * shown)
        since = now
        if micro is not None:
            before = self._seen.get(one.id)
            since = before[1] if before is not None and before[0] == micro else now
            self._seen[one.id] = (micro, since)
        return Value(
            id=one.id,
            path=one.path,
            source="device",
            source_ms=now,
            status=BAD_COMMUNICATION if micro is None else 0,
            ne107="good",
            micro=micro,
            state=None,
            loop_microamps=None,
            unchanged_ms=now - since,
        )

    def condition(self, binding_id: str) -> Condition:
        """In auto and remote, nobody works at it. The twin's version is that of the actuators that are there."""
        box = self._boxes[binding_id]
        control = Control(auto="auto", remote="remote" if box.remote else "local", priority=None)
        work = WorkControl(locked_out=False, work_permit_open=False, bypasses=[], forces=[])
        version = hashlib.sha256(repr((self.plant.seed, sorted(self._boxes))).encode()).hexdigest()[:16]
        return Condition(control, [], work, version)

    def mailbox(self, binding_id: str) -> Mailbox:
        """A point's mailbox."""
        return self._boxes[binding_id].shown()

    def write(self, command: Command) -> int:
        """Drives the actuator, if its mailbox takes the command."""
        if self.plant.left_s <= 0:
            raise PlantClockError("the plant's schedule is over")
        self._boxes[command.binding_id].commit(command)
        return 0

    def relinquish(self, binding_id: str, seq: int, fence: int) -> int:
        """Gives the actuator back to the plant's own control."""
        self._boxes[binding_id].relinquish(seq, fence)
        return 0

    def heartbeat(self, binding_id: str, counter: int, plan_lo32: int) -> None:
        """A beat."""
        self._boxes[binding_id].heartbeat(counter, plan_lo32)


def running_now(fault: str, seed: int, points: Sequence[Point]) -> WallPlant:
    """A demo plant with a fault in it whose time is the wall clock's, and which has run for six hours.

    Raises:
        DeviceError: there is no such fault.
    """
    end = datetime.now(UTC) + timedelta(hours=AHEAD_H)
    try:
        faults = [Injection(one, 1.0, AHEAD_H + LONG_H) for one in named(fault or None)]
        plant = LivePlant(faults, seed, AHEAD_H + WARM_H, end)
    except ValueError as error:
        raise DeviceError(str(error)) from error
    return WallPlant(plant, points)


class WallPlant(PlantDevice):
    """A demo plant that keeps up with the wall clock by itself, whenever it is looked at."""

    def read(self, inputs: Sequence[Input]) -> list[Value]:
        """The inputs, after the plant has caught up."""
        self._catch_up()
        return super().read(inputs)

    def mailbox(self, binding_id: str) -> Mailbox:
        """A point's mailbox, after the plant has caught up."""
        self._catch_up()
        return super().mailbox(binding_id)

    def now_ms(self) -> int:
        """The wall clock's time: the mailbox answers at once, whenever the plant's next step is due."""
        return _ms(datetime.now(UTC))

    def _catch_up(self) -> None:
        behind = (datetime.now(UTC) - self.plant.now).total_seconds()
        self.step(max(0, int(behind / STEP_S)))


def _split(path: str) -> tuple[str, str]:
    twin, _, name = path.partition(".")
    return twin, name


def _ms(time: datetime) -> int:
    return round(1000 * time.timestamp())
