"""What an evaluation knows beside plan, snapshot and policy: clocks, past writes, locks, people, switches.

It is all data, read by the caller before and handed in whole, so that an evaluation is a pure function. What could not
be read is None, and None denies.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal

from .approval import Approval


class Phase(StrEnum):
    """Which step is decided: the proposal's, the permit's arming, or the last moment before the write."""

    EVALUATE = "evaluate"
    ARM = "arm"
    OPERATE = "operate"


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment by both clocks: UTC (ms since 1970) and CLOCK_BOOTTIME (ms) of the boot with this id."""

    utc_ms: int
    boot_ms: int
    boot_id: str


@dataclass(frozen=True, slots=True)
class PastWrite:
    """One write that was made, or may have been made, to a binding: from which measured value to which."""

    binding_id: str
    at: Stamp
    from_micro: int
    to_micro: int


@dataclass(frozen=True, slots=True)
class Lock:
    """A target (``binding:ID``) or group (``group:ID``) that a permit holds; `quarantined` needs a human to free it."""

    resource: str
    permit_id: str
    fence: int
    quarantined: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """How much goes on, this proposal not counted: undecided, armed or executing, writes in the last 12 hours; and of
    this agent: proposals in the last minute, denials in the policy's window."""

    pending: int
    concurrent: int
    per_shift: int
    per_minute: int
    denials: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The decision loop's last beat for this permit."""

    permit_id: str
    counter: int
    at: Stamp


@dataclass(frozen=True, slots=True)
class Bound:
    """What a permit binds, as signed: compared with what is there now.

    Attributes:
        evaluation_digest: that of the evaluation that was stored at EVALUATED.
        approvals: the digests of the approvals; empty before ARMED is decided.
        wire_hex: the bytes that were allowed.
        not_before_ms, expires_ms: UTC.
        uses, max_uses: how often it was consumed, and how often it may be.
    """

    permit_id: str
    plan_digest: str
    evaluation_digest: str
    policy_digest: str
    policy_version: int
    twin_version: str
    binding_digest: str
    wire_hex: str
    approvals: tuple[str, ...]
    executor_id: str
    not_before_ms: int
    expires_ms: int
    uses: int
    max_uses: int
    fence: int


@dataclass(frozen=True, slots=True)
class Context:
    """Everything else that rules read.

    Attributes:
        now: the moment of deciding; caller_uid: the user who proposed, as the kernel told.
        policy_digest, policy_version: the highest policy that was ever loaded here.
        kill: the kill switch; audit_writable: whether a record can be committed now.
        history: past writes of all bindings of the site, as long back as any window; None is unknown.
        locks: all locks that are held; None is unknown.
        evaluated, armed: when this plan was evaluated, and its permit armed; None before.
        bound: what the permit binds; None before ARMED is decided.
        evaluation_digest: of the stored evaluation, as the store has it.
        approvals, withdrawn (approval digests), revoked_keys (``person/key``): who signed, and what no longer counts.
        fence_high_water: the highest fence that the executor ever wrote with; None is unknown.
        real_devices: False in single-user mode, in which only a simulated device may be acted on.
    """

    phase: Phase
    permit_id: str
    now: Stamp
    caller_uid: int | None
    policy_digest: str
    policy_version: int
    kill: Literal["clear", "latched", "unreadable"]
    audit_writable: bool
    history: tuple[PastWrite, ...] | None
    locks: tuple[Lock, ...] | None
    load: Load | None
    evaluated: Stamp | None = None
    armed: Stamp | None = None
    bound: Bound | None = None
    evaluation_digest: str | None = None
    approvals: tuple[Approval, ...] = ()
    withdrawn: frozenset[str] = frozenset()
    revoked_keys: frozenset[str] = frozenset()
    heartbeat: Heartbeat | None = None
    fence_high_water: int | None = None
    real_devices: bool = False

    def document(self) -> dict[str, Any]:
        """The context as JSON, for the evaluation's digest; approvals by their digests, sets in order."""
        plain: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("permit_id", "caller_uid", "policy_digest", "policy_version", "kill", "audit_writable")
        }
        plain |= {name: getattr(self, name) for name in ("evaluation_digest", "fence_high_water", "real_devices")}
        for name in ("now", "load", "evaluated", "armed", "bound", "heartbeat"):
            found = getattr(self, name)
            plain[name] = None if found is None else asdict(found)
        for name in ("history", "locks"):
            rows = getattr(self, name)
            plain[name] = None if rows is None else [asdict(row) for row in rows]
        if self.bound is not None:
            plain["bound"]["approvals"] = list(self.bound.approvals)
        return plain | {
            "phase": self.phase.value,
            "approvals": [one.digest for one in self.approvals],
            "withdrawn": sorted(self.withdrawn),
            "revoked_keys": sorted(self.revoked_keys),
        }
