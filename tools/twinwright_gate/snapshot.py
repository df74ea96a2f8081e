"""A snapshot: what the executor read from the device at one moment, signed by it.

The gate has no field protocol and believes no twin: every value that a rule reads comes from here, with the device's
own timestamp and status. Times are milliseconds, UTC since 1970 or since boot.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError

from .canonical import SNAPSHOT_DOMAIN, canonical, digest_of
from .errors import GateProtocolError
from .plan import Micro
from .schema import Count, Name, Part
from .strict import Malformed, load

MAX_BYTES = 256 * 1024
Milliseconds = Annotated[int, Field(ge=0, lt=2**53)]


class Value(Part):
    """One input's value: `micro` (integer of 1e-6) or `state` (text), the other None.

    Attributes:
        path, source: where it was read: only ``device`` counts as measured.
        source_ms: the device's timestamp (UTC); status: the OPC UA status code, all 32 bits.
        ne107: NAMUR NE 107: good, Failure, function Check, out of Specification, Maintenance required.
        loop_microamps: the loop's current, where it is a 4-20 mA loop.
        unchanged_ms: how long it has stood still, to the last digit.
    """

    id: Name
    path: Name
    source: Literal["device", "twin", "manual"]
    source_ms: Milliseconds
    status: Annotated[int, Field(ge=0, lt=2**32)]
    ne107: Literal["good", "F", "C", "S", "M"]
    micro: Micro | None
    state: Annotated[str, Field(max_length=256)] | None
    loop_microamps: Annotated[int, Field(ge=0, lt=10**6)] | None
    unchanged_ms: Milliseconds | None


class Control(Part):
    """How the device is switched. `priority` is the highest active slot of its priority array, 17 being none."""

    auto: Literal["auto", "manual", "unknown"]
    remote: Literal["remote", "local", "unknown"]
    priority: Annotated[int, Field(ge=1, le=17)] | None


class Alarm(Part):
    """An alarm that is not normal, by ISA-18.2; `input_id` where it watches an input."""

    id: Name
    twin_id: Name
    input_id: Name | None
    priority: Literal["critical", "high", "medium", "low"]
    state: Literal["active", "acknowledged", "shelved", "suppressed", "returned"]


class WorkControl(Part):
    """Work at the asset. None is unknown, and unknown denies."""

    locked_out: bool | None
    work_permit_open: bool | None
    bypasses: list[Name] | None
    forces: list[Name] | None


class Snapshot(Part):
    """A snapshot for one binding.

    Attributes:
        taken_ms, boot_ms, boot_id: when it was taken, by the executor's clocks.
        device_seq: the number of the last command that the device took.
        twin_version: the version of the twin's data.
        alarms: None where they can't be read.
    """

    v: Annotated[int, Field(ge=1, le=1)]
    site: Name
    executor_id: Name
    binding_id: Name
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{32}\z")]
    taken_ms: Milliseconds
    boot_id: Name
    boot_ms: Milliseconds
    device_seq: Annotated[int, Field(ge=0, lt=2**32)] | None
    twin_version: Annotated[str, Field(max_length=128)] | None
    values: Annotated[list[Value], Field(max_length=512)]
    control: Control
    alarms: Annotated[list[Alarm], Field(max_length=512)] | None
    work: WorkControl
    fence: Count

    def document(self) -> dict[str, Any]:
        """The snapshot as JSON."""
        return self.model_dump(mode="json")

    @cached_property
    def raw(self) -> bytes:
        """Its canonical JSON."""
        return canonical(self.document())

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hex over the snapshot's domain and its canonical JSON."""
        return digest_of(SNAPSHOT_DOMAIN, self.raw)

    @cached_property
    def _by_id(self) -> dict[str, list[Value]]:
        found: dict[str, list[Value]] = {}
        for value in self.values:
            found.setdefault(value.id, []).append(value)
        return found

    def value(self, input_id: str) -> Value | None:
        """The value of an input; None where it is absent, or there twice."""
        found = self._by_id.get(input_id, [])
        return found[0] if len(found) == 1 else None

    def micro(self, input_id: str) -> int | None:
        """The number that an input has, as an integer of 1e-6; None where it has none."""
        found = self.value(input_id)
        return None if found is None else found.micro


class SignedSnapshot(Part):
    """A snapshot and the executor's signature (Ed25519, hex) over it."""

    snapshot: Snapshot
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}\z")]

    def encode(self) -> bytes:
        """Canonical JSON, for the wire."""
        return canonical(self.model_dump(mode="json"))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The signed snapshot in the bytes; the signature is not verified here (rule R09 does).

        Raises:
            GateProtocolError: they are no signed snapshot.
        """
        try:
            return cls.model_validate(load(raw, MAX_BYTES))
        except (Malformed, ValidationError) as error:
            raise GateProtocolError(f"the executor's snapshot can't be read: {error}") from error
