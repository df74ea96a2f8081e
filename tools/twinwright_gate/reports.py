"""What the executor tells the gate after it touched a device, signed by it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field

from .plan import Micro
from .schema import Count, Name, Part
from .signing import Use, sign, verifies
from .snapshot import Milliseconds

Number = Annotated[int, Field(ge=0, lt=2**32)]


class Report(Part):
    """What was done and what the device's mailbox showed afterwards.

    Attributes:
        kind: a ``write``, a ``refusal`` before any write, a ``readback``, or a ``relinquish``.
        status: the transport's status code; None where it failed or nothing was sent.
        seq: the command's number that this permit was, or would be, written with; 0 where none was taken.
        at_ms: when it was sent (UTC), by the executor's clock.
        ack_seq … mailbox_ms: the mailbox as the device showed it; None where it could not be read.
        why: for people, in the executor's words.
    """

    v: Annotated[int, Field(ge=1, le=1)]
    permit_id: Name
    executor_id: Name
    fence: Count
    kind: Literal["write", "refusal", "readback", "relinquish"]
    status: Number | None
    seq: Number
    at_ms: Milliseconds
    ack_seq: Number | None = None
    ack_code: Number | None = None
    active_micro: Micro | None = None
    owner_seq: Number | None = None
    mailbox_ms: Milliseconds | None = None
    why: Annotated[str, Field(max_length=500)] = ""

    def document(self) -> dict[str, Any]:
        """The report as JSON."""
        return self.model_dump(mode="json")

    @property
    def by_hand(self) -> bool:
        """Whether the value in force was set at the panel, by a person."""
        return self.active_micro is not None and self.owner_seq == 0

    @property
    def local(self) -> bool:
        """Whether the mailbox was read and local control is in charge."""
        return self.mailbox_ms is not None and self.active_micro is None and self.owner_seq == 0


class SignedReport(Part):
    """A report and the executor's signature (Ed25519, hex) over it."""

    report: Report
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}\z")]

    @classmethod
    def issue(cls, report: Report, key: Ed25519PrivateKey) -> SignedReport:
        """The report with its signature."""
        return cls(report=report, signature=sign(key, Use.OUTCOME, report.document()))

    def signed_by(self, public_key: str) -> bool:
        """Whether the holder of the key (hex) signed it, as a report."""
        return verifies(public_key, Use.OUTCOME, self.report.document(), self.signature)
