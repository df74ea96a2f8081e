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
from enum import IntEnum
from typing import Protocol

from ..errors import GateError
from ..points import Input
from ..snapshot import Alarm, Control, Value, WorkControl

GOOD = 0x00000000
BAD_COMMUNICATION = 0x80050000  # OPC UA: BadCommunicationError


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
        binding_id: whose mailbox; hex: the value's bytes on the wire, as the plan holds them.
        plan_lo32: the low 32 bits of the plan's digest.
        valid_for_ms: how long it stands, 0 for until it is superseded.
        valid_until_ms: after this moment (UTC) it may not begin.
        seq: the command's number; fence: of the permit's arming.
    """

    binding_id: str
    hex: str
    plan_lo32: int
    valid_for_ms: int
    valid_until_ms: int
    seq: int
    fence: int


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox as the device shows it.

    Attributes:
        ack_seq, ack_code: the last command's number, and what came of it.
        active_micro: the commanded value that is in force; None while local control is in charge.
        owner_seq: the number of the command that is in force; 0 where somebody at the panel set the value.
        remote, interlocks: whether the remote switch is on, and every interlock of the device's own holds.
        fence: the highest fence of a command that it took; at_ms: when the device wrote this (UTC).
    """

    binding_id: str
    ack_seq: int
    ack_code: int
    active_micro: int | None
    owner_seq: int
    remote: bool
    interlocks: bool
    fence: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Condition:
    """How a device is switched, what is in alarm, who works at it, and the version of its twin's data."""

    control: Control
    alarms: list[Alarm] | None
    work: WorkControl
    twin_version: str | None


class DeviceError(GateError):
    """The device can't be reached, or answers what it must not."""

    code = "gate.device"


class Device(Protocol):
    """A device behind a credential that only the executor holds. Every method may raise `DeviceError`."""

    @property
    def simulated(self) -> bool:
        """Whether nothing real moves when it is written: alone such a device may be armed in single-user mode."""
        ...

    def read(self, inputs: Sequence[Input]) -> list[Value]:
        """The inputs by their paths, with the device's own status and timestamps; what isn't there is left out."""
        ...

    def condition(self, binding_id: str) -> Condition:
        """How the device behind a binding is, beside its values."""
        ...

    def mailbox(self, binding_id: str) -> Mailbox:
        """A mailbox as the device itself shows it: no cache stands between."""
        ...

    def write(self, command: Command) -> int:
        """Commits a command and returns the transport's status code; only 0 is good.

        Raises:
            DeviceError: the transport failed: whether it arrived is not known.
        """
        ...

    def relinquish(self, binding_id: str, seq: int, fence: int) -> int:
        """Gives authority back to local control; the status code as `write`."""
        ...

    def heartbeat(self, binding_id: str, counter: int, plan_lo32: int) -> None:
        """Tells the device that the decision loop is alive."""
        ...
