"""The kill switch: latched by anybody, at any time; cleared by a person's signature alone.

It is a file of its own, read anew each time and by gate and executor alike. It counts: a reset is signed for one count,
latching raises it, so an old reset never clears a later latch. Where there is no file, it can't be read, or anything in
it is not as it must be, the switch is latched.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from . import durable
from .errors import GateError
from .notation import utc_ms
from .policy import Policy
from .schema import Count, Name, Part
from .signing import Use, verifies
from .snapshot import Milliseconds
from .strict import Malformed, load

MAX_BYTES = 4096
RESET_AGE_MS = 15 * 60 * 1000  # a signed reset that nobody used within this time is worth nothing


class ResetStatement(Part):
    """What a person signs to clear the switch: for one count, at one time."""

    v: Annotated[int, Field(ge=1, le=1)]
    site: Name
    count: Count
    person_id: Name
    key_id: Name
    at_ms: Milliseconds


class Reset(Part):
    """A statement and its signature (Ed25519, hex)."""

    statement: ResetStatement
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}\z")]


class _Content(Part):
    count: Count
    latched_by: Annotated[str, Field(max_length=256)] | None
    reset: Reset | None


class ResetRefused(GateError):  # noqa: N818  (an answer rather than a fault)
    """The switch stays latched; says why."""

    code = "gate.reset_refused"


@dataclass(frozen=True, slots=True)
class Switch:
    """How the switch is.

    Attributes:
        count: how often it was latched; None where that can't be told.
        why: in words.
    """

    state: Literal["clear", "latched", "unreadable"]
    count: int | None
    why: str


class KillSwitch:
    """The switch in its file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._highest = 0

    def read(self, policy: Policy) -> Switch:
        """How it is now. Clear only with a reset for this count by somebody who, by this policy, may reset."""
        try:
            raw = self.path.read_bytes()
            content = _Content.model_validate(load(raw, MAX_BYTES))
        except FileNotFoundError:
            return Switch("latched", None, f"{self.path} is not there: the switch was never reset")
        except (OSError, Malformed, ValidationError):
            return Switch("unreadable", None, f"{self.path} can't be read, which counts as latched")
        self._highest = max(self._highest, content.count)
        if content.count < self._highest:
            return Switch("latched", content.count, "an older state of the switch was put in its place")
        if content.reset is None:
            return Switch("latched", content.count, f"latched by {content.latched_by}")
        fault = _fault(content.reset, content.count, policy)
        return Switch("latched", content.count, fault) if fault else Switch("clear", content.count, "reset by a person")

    def latch(self, by: str) -> int:
        """Latches it, or latches it again, and returns the new count; it is on the disk when this returns.

        Raises:
            StoreError: it can't be written. Where the old state can't be read either, it is latched all the same.
        """
        count = max(self._highest, self._count()) + 1
        self._write({"count": count, "latched_by": by[:256], "reset": None})
        self._highest = count
        return count

    def check(self, reset: Reset, policy: Policy, now_ms: int) -> int:
        """The count that a reset would clear.

        Raises:
            ResetRefused: the signature, the person, the count or the time is not right.
        """
        count = max(self._highest, self._count())
        fault = _fault(reset, count, policy)
        if not fault and abs(now_ms - reset.statement.at_ms) > RESET_AGE_MS:
            fault = "the reset was signed too long ago, or is from the future"
        if fault:
            raise ResetRefused(f"the kill switch stays latched: {fault}")
        return count

    def reset(self, reset: Reset, policy: Policy, now_ms: int) -> None:
        """Clears it with a person's signature for the present count.

        Raises:
            ResetRefused: as `check`. StoreError: it can't be written.
        """
        count = self.check(reset, policy, now_ms)
        self._write({"count": count, "latched_by": None, "reset": reset.model_dump(mode="json")})

    def _count(self) -> int:
        try:
            return _Content.model_validate(load(self.path.read_bytes(), MAX_BYTES)).count
        except (OSError, Malformed, ValidationError):
            return 0

    def _write(self, content: dict[str, Any]) -> None:
        durable.replace(self.path, json.dumps(content).encode(), mode=0o644)  # the executor reads it, and cannot write


def _fault(reset: Reset, count: int, policy: Policy) -> str:
    """What is wrong with a reset, in words; empty where nothing is."""
    told = reset.statement
    if told.site != policy.site or told.count != count:
        return f"the reset is for count {told.count} of {told.site}, not for count {count} of {policy.site}"
    person = policy.persons_by_id.get(told.person_id)
    if person is None or person.kind != "person":
        return f"{told.person_id} is no person that the policy knows"
    held = [one for one in person.authorities if one.role == policy.reset_role]
    if not any(told.at_ms < utc_ms(one.valid_until_utc) for one in held):
        return f"{told.person_id} doesn't have the role {policy.reset_role}, or no longer"
    keys = [one for one in person.keys if one.key_id == told.key_id and not one.revoked]
    if not any(verifies(one.public_key, Use.RESET, told.model_dump(mode="json"), reset.signature) for one in keys):
        return f"no key of {told.person_id} signed this reset"
    return ""
