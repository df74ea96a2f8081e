"""What a controller does with its command mailbox: the part of the contract that runs in the device.

The PLC sample and the simulated devices follow it alike: limits of its own, a remote switch, interlocks, numbers that
only go up, and a watchdog that gives authority back to local control without being told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .device import AckCode, Command, Mailbox


@dataclass
class MailboxLogic:
    """One point's mailbox in the device.

    Attributes:
        low_micro, high_micro: the device's own limits.
        decode: the value in 1e-6 of the unit from the bytes on the wire (hex); ValueError if they are none.
        drive: sets the value in force; None is local control.
        now_ms: the device's own clock (UTC).
        heartbeat_ms: after so long without a beat a timed command is over.
    """

    binding_id: str
    low_micro: int
    high_micro: int
    decode: Callable[[str], int]
    drive: Callable[[int | None], None]
    now_ms: Callable[[], int]
    heartbeat_ms: int = 30_000
    remote: bool = True
    interlocks: bool = True
    seq: int = 0
    code: int = AckCode.SUCCESS
    fence: int = 0
    active: int | None = None
    owner: int = 0
    expires_ms: int | None = None
    beat_ms: int = 0
    plan: int = 0
    counter: int = -1

    def commit(self, command: Command) -> AckCode:
        """Takes a command or refuses it; either way the number and the code are echoed."""
        self.watch()
        if command.seq <= self.seq:
            return AckCode.ALREADY_ACTIVE  # a repetition, or late: nothing changes, not even the echo
        code, value = self._judged(command)
        self.seq, self.code = command.seq, code
        if code is AckCode.SUCCESS:
            self.fence, self.active, self.owner, self.plan = command.fence, value, command.seq, command.plan_lo32
            self.expires_ms = self.now_ms() + command.valid_for_ms if command.valid_for_ms else None
            self.beat_ms, self.counter = self.now_ms(), -1
            self.drive(value)
        return code

    def _judged(self, command: Command) -> tuple[AckCode, int | None]:
        if command.fence < self.fence:
            return AckCode.NOT_AUTHORIZED, None
        if self.now_ms() > command.valid_until_ms:
            return AckCode.TIMEOUT, None
        if not self.remote:
            return AckCode.LOCAL, None
        if not self.interlocks:
            return AckCode.BLOCKED, None
        try:
            value = self.decode(command.hex)
        except ValueError:
            return AckCode.FORMAT_ERROR, None
        inside = self.low_micro <= value <= self.high_micro
        return (AckCode.SUCCESS, value) if inside else (AckCode.OUT_OF_RANGE, None)

    def relinquish(self, seq: int, fence: int) -> AckCode:
        """Gives authority back, if it is still what a command took, and not somebody at the panel."""
        self.watch()
        if fence < self.fence:
            return AckCode.NOT_AUTHORIZED
        self.seq, self.code, self.fence = max(seq, self.seq), AckCode.SUCCESS, fence
        if self.owner:
            self._to_local()
        return AckCode.SUCCESS

    def heartbeat(self, counter: int, plan_lo32: int) -> None:
        """A sign of life for the command in force; a counter that stands still is none."""
        self.watch()
        if plan_lo32 == self.plan and counter > self.counter:
            self.beat_ms, self.counter = self.now_ms(), counter

    def panel(self, value: int | None) -> None:
        """Somebody at the panel sets a value, or gives it back (None)."""
        self.active, self.owner, self.expires_ms = value, 0, None
        self.drive(value)

    def watch(self) -> None:
        """What the device does by itself as time passes: the command's end, and the watchdog."""
        if not self.owner or self.expires_ms is None:
            return
        now = self.now_ms()
        if now >= self.expires_ms or now - self.beat_ms > self.heartbeat_ms:
            self._to_local()

    def shown(self) -> Mailbox:
        """The mailbox as the device shows it."""
        self.watch()
        state = (self.seq, self.code, self.active, self.owner, self.remote, self.interlocks, self.fence)
        return Mailbox(self.binding_id, *state, self.now_ms())

    def _to_local(self) -> None:
        self.active, self.owner, self.expires_ms = None, 0, None
        self.drive(None)
