"""What a device is to the executor: points that are read, and a command mailbox for each that may be written.

The mailbox contract: the value, how long it is valid and the low half of the plan's digest are written first, the
command's number last, which commits them together. The device takes a command only if its number is above the last one,
its fence is not below the highest one, the value is inside the device's own limits, its remote switch is on and its
interlocks hold; it echoes the number, a code and the active value. When the heartbeat stays away or the validity is
over, it goes back to local control by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from ..errors import GateError

GOOD = 0x00000000


class AckCode(IntEnum):
    """What a device says to a command; the numbers are those of DNP3's CommandStatus where it has one."""

    SUCCESS = 0
    TIMEOUT = 1
    FORMAT_ERROR = 3
    NOT_SUPPORTED = 4
    ALREADY_ACTIVE = 5
    HARDWARE_ERROR = 6
    LOCAL = 7
    NOT_AUTHORIZED = 9
    AUTOMATION_INHIBIT = 10
    OUT_OF_RANGE = 12
    BLOCKED = 16
    UNDEFINED = 127


@dataclass(frozen=True, slots=True)
class Command:
    """One commit to a mailbox.

    Attributes:
        point: the binding's id.
        hex: the value's bytes on the wire, as the plan holds them.
        plan_lo32: the low 32 bits of the plan's digest.
        valid_for_ms: how long it stands, 0 for until it is superseded; valid_until: after this it may not begin.
        seq: the command's number; fence: of the permit's arming.
    """

    point: str
    hex: str
    plan_lo32: int
    valid_for_ms: int
    valid_until: datetime
    seq: int
    fence: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A point as the device reads it.

    Attributes:
        value_micro: in 1e-6 of the point's unit; None where there is none.
        status: an OPC UA status code; only 0 is good.
        source_utc: when the device measured it.
    """

    point: str
    value_micro: int | None
    status: int
    source_utc: datetime


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox as the device shows it.

    Attributes:
        ack_seq, ack_code: the last command's number, and what came of it.
        active_micro: the commanded value that is in force; None while local control is in charge.
        owner_seq: the number of the command that is in force; 0 where somebody at the panel set the value.
        remote, interlocks: whether the remote switch is on, and every interlock of the device's own holds.
        source_utc: when the device wrote this.
    """

    point: str
    ack_seq: int
    ack_code: int
    active_micro: int | None
    owner_seq: int
    remote: bool
    interlocks: bool
    fence: int
    source_utc: datetime


class DeviceError(GateError):
    """The device can't be reached, or answers what it must not."""

    code = "gate.device"


class Device(Protocol):
    """A device behind a credential that only the executor holds."""

    @property
    def simulated(self) -> bool:
        """Whether nothing real moves when it is written: alone such a device may be armed in single-user mode."""
        ...

    def read(self, points: Sequence[str]) -> list[Reading]:
        """The points, in the order asked for; a point that isn't there is left out.

        Raises:
            DeviceError: nothing can be read.
        """
        ...

    def mailbox(self, point: str) -> Mailbox:
        """A point's mailbox, as the device itself shows it: no cache stands between.

        Raises:
            DeviceError: it can't be read, or there is none.
        """
        ...

    def write(self, command: Command) -> int:
        """Commits a command and returns the transport's status code; only 0 is good.

        Raises:
            DeviceError: the transport failed: whether it arrived is not known.
        """
        ...

    def relinquish(self, point: str, seq: int, fence: int) -> int:
        """Gives authority back to local control; the status code as `write`.

        Raises:
            DeviceError: the transport failed.
        """
        ...

    def heartbeat(self, point: str, counter: int, plan_lo32: int) -> None:
        """Tells the device that the decision loop is alive.

        Raises:
            DeviceError: the transport failed.
        """
        ...
