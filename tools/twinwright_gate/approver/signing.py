"""A person's signed word, made with the person's own key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from ..approval import Approval, Statement
from ..client import ask
from ..clocks import Clock
from ..errors import GateProtocolError
from ..kill import Reset, ResetStatement
from ..plan import Hex256
from ..readable import plain
from ..schema import Count, Name, Part
from ..signing import Use, sign
from .rendering import Shown

APPROVAL_MS = 3_600_000
DIGITS = 8


class _Waiting(Part):
    permit_id: Name
    state: Name
    plan: str
    plan_digest: Hex256
    policy_digest: Hex256 | None
    signed: list[Name]
    needed: dict[str, int] | None


class _Switch(Part):
    state: Name
    count: Count | None
    why: str
    site: Name


class _Pending(Part):
    pending: list[_Waiting]
    switch: _Switch | None


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: a person in a role, with a key."""

    person_id: str
    key_id: str
    role: str
    key: Ed25519PrivateKey

    def word(
        self,
        shown: Shown,
        permit_id: str,
        policy_digest: str | None,
        decision: Literal["approve", "reject"],
        clock: Clock,
    ) -> Approval:
        """The person's word on one plan, one permit, under one policy; it expires by itself.

        Raises:
            GateProtocolError: there is no policy to sign under, or a name is none.
        """
        if policy_digest is None:
            raise GateProtocolError("the gate has no policy in force; nothing was signed")
        now = clock.now().utc_ms
        try:
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
        except ValidationError as error:
            raise GateProtocolError(f"nothing was signed: {_first(error)}") from error
        return Approval(statement=statement, signature=sign(self.key, Use.APPROVAL, statement.document()))

    def release(self, shown: Shown, permit_id: str, policy_digest: str | None, clock: Clock) -> Approval:
        """The person's word that an asset in quarantine is theirs again: signed for that use alone."""
        statement = self.word(shown, permit_id, policy_digest, "approve", clock).statement
        return Approval(statement=statement, signature=sign(self.key, Use.RESET, statement.document()))

    def reset(self, site: str, count: int, clock: Clock) -> Reset:
        """The person's word that the kill switch, latched for the count-th time, may be cleared.

        Raises:
            GateProtocolError: a name is none.
        """
        now = clock.now().utc_ms
        try:
            told = ResetStatement(v=1, site=site, count=count, person_id=self.person_id, key_id=self.key_id, at_ms=now)
        except ValidationError as error:
            raise GateProtocolError(f"nothing was signed: {_first(error)}") from error
        return Reset(statement=told, signature=sign(self.key, Use.RESET, told.model_dump(mode="json")))


def pending(socket: Path) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """What waits for people, and how the kill switch is.

    Raises:
        GateError: nobody answers, or not as a gate does.
    """
    try:
        found = _Pending.model_validate(ask(socket, "pending", {})).model_dump(mode="json")
    except ValidationError as error:
        raise GateProtocolError(f"what waits can't be read: {_first(error)}") from error
    return list(found["pending"]), found["switch"]


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False)[0]
    return plain(f"{'.'.join(str(step) for step in found['loc'])}: {found['msg']}")[:300]


def confirmed(shown: Shown, typed: str) -> bool:
    """Whether what a person typed is the beginning of the plan's digest: at least `DIGITS` of it. No "yes" is."""
    word = typed.strip().lower()
    return len(word) >= DIGITS and shown.digest.startswith(word)
