"""An approval: one person's signature over one plan, one permit and one policy. Nothing else is one."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from .canonical import APPROVAL_DOMAIN, digest
from .plan import Hex256
from .schema import Name, Part
from .signing import Use, verifies
from .snapshot import Milliseconds


class Statement(Part):
    """What a person signs.

    Attributes:
        authority_scope: the binding that the person claims authority for.
        at_ms, expires_ms: from when until when it holds (UTC, ms since 1970).
    """

    v: Annotated[int, Field(ge=1, le=1)]
    plan_digest: Hex256
    policy_digest: Hex256
    permit_id: Name
    decision: Literal["approve", "reject"]
    person_id: Name
    key_id: Name
    role: Name
    authority_scope: Name
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{32}\z")]
    at_ms: Milliseconds
    expires_ms: Milliseconds

    def document(self) -> dict[str, Any]:
        """The statement as JSON."""
        return self.model_dump(mode="json")


class Approval(Part):
    """A statement and its signature (Ed25519, hex)."""

    statement: Statement
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}\z")]

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hex over the approval's domain, statement and signature; permits name it."""
        return digest(APPROVAL_DOMAIN, self.model_dump(mode="json"))

    def signed_by(self, public_key: str) -> bool:
        """Whether the holder of the key (hex) signed this statement, as an approval."""
        return verifies(public_key, Use.APPROVAL, self.statement.document(), self.signature)
