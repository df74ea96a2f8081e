"""The plan: everything that people approve, a permit allows and an executor does, in canonical bytes.

A proposal is what an agent says; a plan is what the gate makes of it, from its signed policy and a signed snapshot.
Quantities are integers of 1e-6 of the point's unit (`…_micro`), so that a plan holds no fraction and no float, and the
same plan has the same digest everywhere.

What a rule is to judge (an empty twin version, a missing way back) is not refused here: the plan parses, and the rule
denies it by name. What no rule could judge (wrong types, unknown fields, numbers out of bounds) is refused.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from .canonical import canonical, plan_digest
from .reasons import Reason
from .schema import EvidenceReference, Name, Part, Proposer, Taint, UtcTime, plain_text
from .strict import Malformed, load

MICRO_BOUND = 10**15  # nine digits before and six after the point; below 2**53

Micro = Annotated[int, Field(gt=-MICRO_BOUND, lt=MICRO_BOUND)]
Width = Annotated[int, Field(ge=0, lt=MICRO_BOUND)]
Hex256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]
Version = Annotated[str, Field(max_length=128)]
RiskClass = Literal["L", "M", "H"]
Dtype = Literal["int16", "uint16", "int32", "uint32", "float32", "float64"]


class PlanTarget(Part):
    """The property of a twin that is set, and the field point that it is bound to, with the binding's digest."""

    twin_id: Name
    dtmi: Annotated[str, Field(max_length=2048)]
    property: Name
    binding_id: Name
    binding_digest: Hex256


class Wire(Part):
    """The bytes that will be written, in hex, and how they are to be read."""

    dtype: Dtype
    hex: Annotated[str, Field(pattern=r"^(?:[0-9a-f]{2}){1,8}\z")]


class PlanSetting(Part):
    """The absolute value, its UCUM unit and its bytes."""

    value_micro: Micro
    unit: Annotated[str, Field(pattern=r"^[!-~]{1,32}\z")]
    kind: Literal["absolute"]
    wire: Wire


class Precondition(Part):
    """What has to be so when it is written (an optimistic lock); rule R16 denies what is None or empty.

    Attributes:
        expected_micro, tol_micro: the measured value, and how far it may be off.
        twin_version: the version of the twin's data; device_seq: the device's last command number.
    """

    expected_micro: Micro | None
    tol_micro: Width
    twin_version: Version | None
    device_seq: Annotated[int, Field(ge=0, lt=2**32)] | None


class Hold(Part):
    """How long the value stays: `seconds` (a day at most) and then back, or until somebody sets another."""

    mode: Literal["timed", "until_superseded"]
    seconds: Annotated[int, Field(ge=0, le=86_400)]


class Rollback(Part):
    """The way back: give authority to local control, restore the value before, or set a value known to be safe."""

    kind: Literal["relinquish", "restore", "safe_value"]
    value_micro: Micro | None = None


class Verify(Part):
    """What shows that it worked: the set value echoed, and the effect in its range, both within `within_s` seconds."""

    echo_point: Name
    echo_tol_micro: Width
    effect_point: Name
    effect_lo_micro: Micro
    effect_hi_micro: Micro
    within_s: Annotated[int, Field(ge=1, le=3600)]


class Plan(Part):
    """A plan, version 1. `risk` stands as ``class`` in JSON."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, serialize_by_alias=True)

    v: Annotated[int, Field(ge=1, le=1)]
    site: Name
    proposer: Proposer
    created_utc: UtcTime
    target: PlanTarget
    set: PlanSetting
    pre: Precondition | None
    hold: Hold
    rollback: Rollback | None
    verify: Verify | None
    risk: RiskClass = Field(alias="class")
    reason_text: Annotated[str, Field(max_length=500), AfterValidator(plain_text)]
    evidence: Annotated[list[EvidenceReference], Field(max_length=32)]
    taint: Taint

    def document(self) -> dict[str, Any]:
        """The plan as JSON."""
        return self.model_dump(mode="json")

    def canonical(self) -> bytes:
        """The bytes that people approve: RFC 8785 canonical JSON."""
        return canonical(self.document())

    def digest(self) -> str:
        """SHA-256 in hex over the plan's domain and its canonical bytes."""
        return plan_digest(self.document())

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The plan in the bytes, which need not be canonical.

        Raises:
            Malformed: they are no plan; carries the reason.
        """
        try:
            return cls.model_validate(load(raw))
        except ValidationError:
            raise Malformed(Reason.PLAN) from None
