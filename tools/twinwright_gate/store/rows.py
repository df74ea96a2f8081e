"""What stands in the store, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..context import PastWrite
from ..machine.states import State


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit and where it stands.

    Attributes:
        plan: the canonical bytes that were hashed.
        caller: the user id that proposed it, as the socket told.
        fence: of its arming; None before.
    """

    permit_id: str
    state: State
    plan: bytes
    plan_digest: str
    binding_id: str
    agent_id: str
    caller: int
    created_ms: int
    fence: int | None = None
    executor_id: str | None = None


@dataclass(frozen=True, slots=True)
class Approved:
    """A person's signed word on a permit."""

    person_id: str
    nonce: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Move:
    """What a transition stores, beside the new state.

    Attributes:
        actor, event, body: the audit record.
        stages: documents to keep, by name (`evaluation`, `token`, `baseline` …).
        locks: names to lock; fence: the fence that the locks and the permit carry.
    """

    actor: str
    event: str
    body: Mapping[str, Any]
    stages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    approvals: tuple[Approved, ...] = ()
    locks: tuple[str, ...] = ()
    fence: int | None = None
    executor_id: str | None = None
    write: PastWrite | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """An audit record that is stored and has yet to be appended to the log."""

    number: int
    actor: str
    event: str
    body: dict[str, Any]
