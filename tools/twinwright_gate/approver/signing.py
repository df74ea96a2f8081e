"""A person's signed word, made with the person's own key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..approval import Approval, Statement
from ..client import ask
from ..clocks import Clock
from ..kill import Reset, ResetStatement
from ..signing import Use, sign
from .rendering import Shown

APPROVAL_MS = 3_600_000
DIGITS = 8


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: a person in a role, with a key."""

    person_id: str
    key_id: str
    role: str
    key: Ed25519PrivateKey

    def word(
        self, shown: Shown, permit_id: str, policy_digest: str, decision: Literal["approve", "reject"], clock: Clock
    ) -> Approval:
        """The person's word on one plan, one permit, under one policy; it expires by itself."""
        now = clock.now().utc_ms
        statement = Statement(
            v=1,
            plan_digest=shown.digest,
            policy_digest=policy_digest,
            permit_id=permit_id,
            decision=decision,
            person_id=self.person_id,
            key_id=self.key_id,
            role=self.role,
            authority_scope=shown.plan.target.binding_id,
            nonce=secrets.token_hex(16),
            at_ms=now,
            expires_ms=now + APPROVAL_MS,
        )
        return Approval(statement=statement, signature=sign(self.key, Use.APPROVAL, statement.document()))

    def release(self, shown: Shown, permit_id: str, policy_digest: str, clock: Clock) -> Approval:
        """The person's word that an asset in quarantine is theirs again: signed for that use alone."""
        statement = self.word(shown, permit_id, policy_digest, "approve", clock).statement
        return Approval(statement=statement, signature=sign(self.key, Use.RESET, statement.document()))

    def reset(self, site: str, count: int, clock: Clock) -> Reset:
        """The person's word that the kill switch, latched for the count-th time, may be cleared."""
        now = clock.now().utc_ms
        told = ResetStatement(v=1, site=site, count=count, person_id=self.person_id, key_id=self.key_id, at_ms=now)
        return Reset(statement=told, signature=sign(self.key, Use.RESET, told.model_dump(mode="json")))


def pending(socket: Path) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """What waits for people, and how the kill switch is.

    Raises:
        GateError: nobody answers, or not as a gate does.
    """
    found = ask(socket, "pending", {})
    return list(found["pending"]), found["switch"]


def confirmed(shown: Shown, typed: str) -> bool:
    """Whether what a person typed is the beginning of the plan's digest: at least `DIGITS` of it. No "yes" is."""
    word = typed.strip().lower()
    return len(word) >= DIGITS and shown.digest.startswith(word)
