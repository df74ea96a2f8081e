"""Permits and select tokens: what the gate hands to one executor, for one plan, once, for a short time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field

from .context import Bound
from .plan import Hex256, Plan, Version
from .points import Tier
from .schema import Count, Name, Part
from .signing import Use, sign, verifies
from .snapshot import Milliseconds

Nonce = Annotated[str, Field(pattern=r"^[0-9a-f]{32}\z")]


class PermitStatement(Part):
    """What the gate signs.

    Attributes:
        snapshot_digest: of the snapshot that the arming was decided on.
        approvals: the digests of the approvals that it rests on.
        max_age_boot_ms: how old it may get by CLOCK_BOOTTIME since `armed_boot_ms` of the boot `boot_id`.
    """

    v: Annotated[int, Field(ge=1, le=1)]
    permit_id: Name
    plan_digest: Hex256
    evaluation_digest: Hex256
    policy_digest: Hex256
    policy_version: Count
    twin_version: Version
    snapshot_digest: Hex256
    model_tier: Tier
    approvals: Annotated[list[Hex256], Field(min_length=1, max_length=16)]
    nonce: Nonce
    not_before_ms: Milliseconds
    expires_ms: Milliseconds
    armed_boot_ms: Milliseconds
    max_age_boot_ms: Annotated[int, Field(ge=1, le=900_000)]
    boot_id: Name
    max_uses: Annotated[int, Field(ge=1, le=1)]
    executor_id: Name
    fence: Annotated[int, Field(ge=1)]

    def document(self) -> dict[str, Any]:
        """The statement as JSON."""
        return self.model_dump(mode="json")

    def bound(self, plan: Plan, uses: int) -> Bound:
        """What it binds, as rules compare it; the binding and the bytes stand in the plan that it names."""
        return Bound(
            permit_id=self.permit_id,
            plan_digest=self.plan_digest,
            evaluation_digest=self.evaluation_digest,
            policy_digest=self.policy_digest,
            policy_version=self.policy_version,
            twin_version=self.twin_version,
            binding_digest=plan.target.binding_digest,
            wire_hex=plan.set.wire.hex,
            approvals=tuple(self.approvals),
            executor_id=self.executor_id,
            not_before_ms=self.not_before_ms,
            expires_ms=self.expires_ms,
            uses=uses,
            max_uses=self.max_uses,
            fence=self.fence,
        )


class PermitDocument(Part):
    """A statement and the gate's signature (Ed25519, hex)."""

    statement: PermitStatement
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}\z")]

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The permit as JSON."""
        return self.model_dump(mode="json")

    def signed_by(self, public_key: str) -> bool:
        """Whether the holder of the key (hex) signed it, as a permit."""
        return verifies(public_key, Use.PERMIT, self.statement.document(), self.signature)

    @classmethod
    def issue(cls, statement: PermitStatement, key: Ed25519PrivateKey) -> PermitDocument:
        """The permit with its signature."""
        return cls(statement=statement, signature=sign(key, Use.PERMIT, statement.document()))


class Token(Part):
    """What select hands out and operate has to bring back, equal in every field."""

    permit_id: Name
    plan_digest: Hex256
    snapshot_digest: Hex256
    fence: Annotated[int, Field(ge=1)]
    boot_id: Name
    armed_at_boottime: Milliseconds


@dataclass(frozen=True, slots=True)
class Armed:
    """What an executor gets when a permit is armed: all that it needs to check everything itself."""

    permit: PermitDocument
    token: Token
    plan: bytes
    approvals: tuple[dict[str, Any], ...]
