"""Applying the transition table: every guard of the row, then every durable effect, then the log, then the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..audit import AuditLog
from ..clocks import Clock
from ..context import Context, Stamp
from ..errors import AuditError, GateError
from ..evaluate import Evaluation, evaluate
from ..heads import HeadKeeper
from ..kill import KillSwitch
from ..machine.states import Event, Guard, State
from ..machine.table import TABLE, Transition
from ..plan import Plan
from ..policy import Policy
from ..reasons import Reason
from ..snapshot import SignedSnapshot
from ..store.database import Conflict, Failpoint, nothing_fails
from ..store.rows import Move, Permit
from ..store.store import Store

Evaluator = Callable[[Plan, SignedSnapshot | None, Policy | None, Context], Evaluation]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a guard doesn't hold: a code, and a sentence for people."""

    reason: Reason
    sentence: str
    limit: str | None = None

    @classmethod
    def of(cls, reason: Reason, sentence: str = "") -> Refusal:
        """A refusal in the reason's own words, or in better ones."""
        return cls(reason, sentence or reason.sentence)


Check = Callable[[], list[Refusal]]


class Refused(GateError):  # noqa: N818  (an answer rather than a fault)
    """A transition that didn't happen, and why; the first reason is the one that is reported."""

    code = "gate.refused"

    def __init__(self, refusals: list[Refusal], state: State | None = None) -> None:
        super().__init__(refusals[0].sentence)
        self.refusals = refusals
        self.state = state


@dataclass
class Core:
    """What every part of the desk works with.

    Attributes:
        policy: the one that is in force, or None: then nothing is.
        beats: the decision loop's last beat for each permit, counter and moment.
        snapshots: the newest snapshot of each binding whose signature was right.
        real_devices: whether this gate runs as a user of its own, apart from agent and executor.
        fail: where tests let it crash.
    """

    store: Store
    log: AuditLog
    kill: KillSwitch
    clock: Clock
    key: Ed25519PrivateKey
    policy: Policy | None = None
    real_devices: bool = False
    evaluator: Evaluator = evaluate
    fail: Failpoint = nothing_fails
    heads: HeadKeeper | None = None
    table: Mapping[tuple[State | None, Event], Transition] = field(default_factory=lambda: TABLE)
    beats: dict[str, tuple[int, Stamp]] = field(default_factory=dict)
    snapshots: dict[str, SignedSnapshot] = field(default_factory=dict)

    def move(self, permit: Permit, event: Event, checks: Mapping[Guard, Check], make: Callable[[], Move]) -> Permit:
        """Moves a permit by an event: all guards of the row, its effects in one transaction, its record in the log.

        A guard of the row without a check is a refusal, not an assumption. What is stored is made once the guards hold.

        Raises:
            Refused: the pair of state and event has no row, or a guard doesn't hold; nothing changed but the log.
            Conflict: somebody else was first. StoreError, AuditError: it could not be made durable.
        """
        row = self.table.get((permit.state, event))
        if row is None:
            words = f"A permit that is {permit.state} can't be changed by '{event}'."
            raise self.refuse(permit, event, [Refusal(_invalid(permit.state, event), words)])
        for guard in row.guards:
            refusals = checks[guard]() if guard in checks else [Refusal.of(Reason.RULE_MISSING, f"{guard}: unchecked")]
            if refusals:
                raise self.refuse(permit, event, refusals)
        what = make()
        body = {"permit_id": permit.permit_id, "from": permit.state.value, "to": row.target.value, **what.body}
        body |= {"plan_digest": permit.plan_digest, "policy_digest": self.policy.digest if self.policy else None}
        self.store.move(permit.permit_id, row, replace(what, body=body))
        self.deliver()
        fence = what.fence if what.fence is not None else permit.fence
        return replace(permit, state=row.target, fence=fence, executor_id=what.executor_id or permit.executor_id)

    def refuse(self, permit: Permit, event: Event, refusals: list[Refusal]) -> Refused:
        """Records a refusal and returns it, to be raised."""
        codes = [one.reason.value for one in refusals]
        body = {"permit_id": permit.permit_id, "state": permit.state.value, "event": event.value, "reasons": codes}
        self.record("gate", "permit.refused", body)
        return Refused(refusals, permit.state)

    def record(self, actor: str, event: str, body: Mapping[str, Any]) -> None:
        """Appends a record that belongs to no transition, behind all that wait.

        Raises:
            AuditError: it can't be appended.
        """
        self.deliver()
        self.log.append(actor, event, dict(body))

    def deliver(self) -> None:
        """Appends to the log what waits in the outbox, each with its number there, and none twice.

        Raises:
            AuditError: it can't be appended; it waits on. StoreError: the outbox can't be read.
        """
        waiting = self.store.outbox()
        for one in waiting:
            self.log.append(one.actor, one.event, one.body | {"outbox": one.number})
            self.fail(f"{one.event}: in the log")
        if waiting:
            self.store.delivered(waiting[-1].number)
        if self.heads is not None:
            self.heads.follow(self.log, self.clock.now().utc_ms)

    def permit(self, permit_id: str) -> Permit:
        """A permit.

        Raises:
            Refused: there is none of that id.
        """
        found = self.store.permit(permit_id)
        if found is None:
            raise Refused([Refusal.of(Reason.NO_PERMIT, f"There is no permit {permit_id[:64]!r}.")])
        return found

    def end(self, permit: Permit, event: Event, refusals: list[Refusal], actor: str = "gate") -> Permit:
        """Ends a permit before any write: it is DENIED, EXPIRED or CANCELLED, and its locks are free.

        Raises:
            Refused: in that state it can't be ended. Conflict: somebody else was first.
        """
        codes = [one.reason.value for one in refusals]
        body = {"reasons": codes, "sentence": refusals[0].sentence}
        stages = {"end": {"reason": codes[0], "reasons": codes, "sentence": refusals[0].sentence}}
        return self.move(permit, event, {}, lambda: Move(actor, f"permit.{event}", body, stages))

    def audit_writable(self) -> bool:
        """Whether a record could be committed now: the log is what was written, and nothing waits that can't be."""
        try:
            self.deliver()
        except (AuditError, GateError):
            return False
        return self.log.intact()


def plan_in(permit: Permit) -> Plan:
    """The plan of a permit, from the bytes that were hashed."""
    return Plan.parse(permit.plan)


def _invalid(state: State, event: Event) -> Reason:
    if state is State.ARMED and event is Event.SELECT:
        return Reason.TARGET_LOCKED
    if state is State.QUARANTINED:
        return Reason.QUARANTINED
    if state is State.EXPIRED:
        return Reason.PERMIT_EXPIRED
    if state in (State.PROPOSED, State.EVALUATED, State.APPROVED):
        return Reason.NOT_ARMED
    return Reason.NO_PERMIT if state in (State.DENIED, State.CANCELLED, State.ARMED) else Reason.CONSUMED


__all__ = ["Check", "Conflict", "Core", "Evaluator", "Refusal", "Refused", "plan_in"]
