"""A recording device with faults to inject: what tests and proofs write to. Nothing in it moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..clocks import Clock
from ..points import Input, Point
from ..snapshot import Control, Value, WorkControl
from .decoding import value_micro
from .device import AckCode, Command, Condition, DeviceError, Mailbox
from .mailbox import MailboxLogic

Fault = str
FAULTS: tuple[Fault, ...] = (
    "unreachable",
    "write lost before it arrives",
    "write arrives, answer lost",
    "status uncertain",
    "write arrives twice",
    "relinquish fails",
    "echo from a cache",
    "no effect",
    "mailbox refuses",
)


@dataclass
class FakeDevice:
    """A device of some points; each has an echo input and an effect input that follow the value in force.

    Attributes:
        writes: every command that arrived, in order; relinquished: every one that gave authority back.
        faults: which of `FAULTS` are on.
        values: what each input shows, by its id; an input that is not here shows nothing.
        effect_of: what the effect input shows for a value in force.
        change_value: a last hand on each value that is read, None taking it away.
    """

    points: Sequence[Point]
    clock: Clock
    local: dict[str, int]
    simulated: bool = True
    writes: list[Command] = field(default_factory=list)
    relinquished: list[tuple[str, int]] = field(default_factory=list)
    faults: set[Fault] = field(default_factory=set)
    values: dict[str, int | str] = field(default_factory=dict)
    effect_of: Callable[[int], int] = field(default=lambda value: value)
    change_value: Callable[[Value], Value | None] = field(default=lambda value: value)
    condition_now: Condition = field(
        default_factory=lambda: Condition(
            Control(auto="auto", remote="remote", priority=17),
            [],
            WorkControl(locked_out=False, work_permit_open=False, bypasses=[], forces=[]),
            "v1",
        )
    )
    boxes: dict[str, MailboxLogic] = field(init=False)
    _cached: dict[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.boxes = {one.binding.binding_id: self._box(one) for one in self.points}
        for name in self.boxes:
            self._drive(name, None)

    def _box(self, point: Point) -> MailboxLogic:
        name = point.binding.binding_id
        lows = [one.lo for one in point.layers if one.lo is not None]
        highs = [one.hi for one in point.layers if one.hi is not None]
        return MailboxLogic(
            binding_id=name,
            low_micro=min(lows, default=-(10**15)),
            high_micro=max(highs, default=10**15),
            decode=lambda text: value_micro(point.binding, text),
            drive=lambda value: self._drive(name, value),
            now_ms=lambda: self.clock.now().utc_ms,
        )

    def _drive(self, name: str, value: int | None) -> None:
        point = next(one for one in self.points if one.binding.binding_id == name)
        shown = self.local[name] if value is None else value
        self.values[point.verify.echo_point] = shown
        if point.verify.effect_point != point.verify.echo_point:
            self.values[point.verify.effect_point] = 0 if "no effect" in self.faults else self.effect_of(shown)

    def read(self, inputs: Sequence[Input]) -> list[Value]:
        """The inputs, fresh; with the fault on, from a cache."""
        self._reachable()
        for box in self.boxes.values():
            box.watch()
        found = []
        for one in inputs:
            value = self._value(one)
            if "echo from a cache" in self.faults:
                value = self._cached.get(one.id, value)
            elif value is not None:
                self._cached[one.id] = value
            changed = None if value is None else self.change_value(value)
            found += [] if changed is None else [changed]
        return found

    def _value(self, one: Input) -> Value | None:
        shown = self.values.get(one.id)
        if shown is None:
            return None
        return Value(
            id=one.id,
            path=one.path,
            source="device",
            source_ms=self.clock.now().utc_ms,
            status=0,
            ne107="good",
            micro=shown if isinstance(shown, int) else None,
            state=shown if isinstance(shown, str) else None,
            loop_microamps=12_000 if one.loop else None,
            unchanged_ms=0,
        )

    def condition(self, binding_id: str) -> Condition:
        """How it is switched, in alarm and worked at."""
        self._reachable()
        return self.condition_now

    def mailbox(self, binding_id: str) -> Mailbox:
        """A point's mailbox."""
        self._reachable()
        return self.boxes[binding_id].shown()

    def write(self, command: Command) -> int:
        """Takes a command, or does what the faults say."""
        self._reachable()
        if "write lost before it arrives" in self.faults:
            raise DeviceError("the connection broke before the command was sent")
        if "mailbox refuses" in self.faults:
            box = self.boxes[command.binding_id]
            box.seq, box.code = command.seq, AckCode.AUTOMATION_INHIBIT
            return 0
        self.writes.append(command)
        box = self.boxes[command.binding_id]
        box.commit(command)
        if "write arrives twice" in self.faults:
            box.commit(replace(command))
        if "write arrives, answer lost" in self.faults:
            raise DeviceError("the connection broke before the answer arrived")
        return 0x40000000 if "status uncertain" in self.faults else 0

    def relinquish(self, binding_id: str, seq: int, fence: int) -> int:
        """Gives authority back."""
        self._reachable()
        if "relinquish fails" in self.faults:
            raise DeviceError("the connection broke")
        self.relinquished.append((binding_id, seq))
        self.boxes[binding_id].relinquish(seq, fence)
        return 0

    def heartbeat(self, binding_id: str, counter: int, plan_lo32: int) -> None:
        """A beat."""
        self._reachable()
        self.boxes[binding_id].heartbeat(counter, plan_lo32)

    def _reachable(self) -> None:
        if "unreachable" in self.faults:
            raise DeviceError("the device doesn't answer")
