"""Select and operate: the whole decision again at each, on a new snapshot, and the write only after it is durable."""

from __future__ import annotations

import secrets
from typing import Any

from ..context import PastWrite, Phase
from ..machine.states import Event, Guard, State
from ..permits import Armed, PermitDocument, PermitStatement, Token
from ..policy import Policy
from ..reasons import Reason
from ..snapshot import SignedSnapshot
from ..store.database import Conflict
from ..store.rows import Move, Permit
from .approving import standing, unexpired
from .core import Core, Refusal, Refused, plan_in
from .proposing import refusals_of
from .surroundings import decided, kill_of, stamp_document, statement_of, stored_approvals

_EXPIRING = (
    Reason.PERMIT_EXPIRED,
    Reason.APPROVAL_EXPIRED,
    Reason.ARM_EXPIRED,
    Reason.PLAN_AGE,
    Reason.REBOOTED,
)


def select(core: Core, permit: Permit, executor_id: str, signed: SignedSnapshot) -> Armed:
    """Arms a permit for one executor.

    Raises:
        Refused: a guard doesn't hold; then the permit is DENIED or EXPIRED, unless somebody else merely asked for it.
    """
    attempt = _Attempt(core, permit, signed, executor_id)
    checks = {
        Guard.KNOWN_EXECUTOR: attempt.known_executor,
        Guard.UNEXPIRED: lambda: unexpired(core, permit),
        Guard.POLICY_UNCHANGED: attempt.policy_unchanged,
        Guard.TWIN_UNCHANGED: attempt.twin_unchanged,
        Guard.APPROVALS_STAND: lambda: standing(core, permit),
        Guard.LOCKS_FREE: attempt.locks_free,
        Guard.RULES_ALLOW_NOW: lambda: attempt.rules_allow(Phase.ARM),
        Guard.KILL_CLEAR: attempt.kill_clear,
    }
    try:
        core.beats.setdefault(permit.permit_id, (1, core.clock.now()))
        core.move(permit, Event.SELECT, checks, attempt.armed)
    except Refused as refused:
        raise _ended(core, permit, refused, (Reason.OTHER_EXECUTOR,)) from refused
    except Conflict as conflict:
        raise _lost(core, permit, conflict) from conflict
    assert attempt.document is not None and attempt.token is not None
    approvals = tuple(one.model_dump(mode="json") for one in stored_approvals(core, permit))
    return Armed(attempt.document, attempt.token, permit.plan, approvals)


def operate(core: Core, permit: Permit, executor_id: str, token: Token, signed: SignedSnapshot) -> Permit:
    """Consumes an armed permit; when this returns, that is on the disk and in the log, and the executor may write.

    Raises:
        Refused: a guard doesn't hold; then the permit is DENIED or EXPIRED, unless another executor asked.
    """
    attempt = _Attempt(core, permit, signed, executor_id)
    checks = {
        Guard.SAME_EXECUTOR: attempt.same_executor,
        Guard.SAME_TOKEN: lambda: attempt.same_token(token),
        Guard.SAME_BOOT: attempt.same_boot,
        Guard.ARM_WINDOW: attempt.arm_window,
        Guard.UNEXPIRED: lambda: [*unexpired(core, permit), *attempt.permit_unexpired()],
        Guard.POLICY_UNCHANGED: attempt.policy_unchanged,
        Guard.TWIN_UNCHANGED: attempt.twin_unchanged,
        Guard.APPROVALS_STAND: lambda: standing(core, permit),
        Guard.RULES_ALLOW_NOW: lambda: attempt.rules_allow(Phase.OPERATE),
        Guard.KILL_CLEAR: attempt.kill_clear,
        Guard.UNCONSUMED: attempt.unconsumed,
    }
    try:
        return core.move(permit, Event.OPERATE, checks, attempt.consumed)
    except Refused as refused:
        raise _ended(core, permit, refused, (Reason.OTHER_EXECUTOR, Reason.CONSUMED)) from refused
    except Conflict as conflict:
        raise _lost(core, permit, conflict) from conflict


class _Attempt:
    """One select or operate: its guards, and what it stores if they hold."""

    def __init__(self, core: Core, permit: Permit, signed: SignedSnapshot, executor_id: str) -> None:
        assert core.policy is not None
        self.core, self.permit, self.signed, self.executor_id = core, permit, signed, executor_id
        self.policy: Policy = core.policy
        self.plan = plan_in(permit)
        self.now = core.clock.now()
        self.record: dict[str, Any] = {}
        self.document: PermitDocument | None = None
        self.token: Token | None = None

    def known_executor(self) -> list[Refusal]:
        point = self.policy.point(self.plan.target.twin_id, self.plan.target.property)
        named = point is not None and point.binding.executor_id == self.executor_id
        known = named and self.executor_id in self.policy.executors_by_id
        mine = self.signed.snapshot.executor_id == self.executor_id
        return [] if known and mine else [Refusal.of(Reason.OTHER_EXECUTOR)]

    def policy_unchanged(self) -> list[Refusal]:
        found = self.core.store.stage(self.permit.permit_id, "evaluation")
        same = found is not None and found["policy_digest"] == self.policy.digest
        return [] if same else [Refusal.of(Reason.POLICY_CHANGED)]

    def twin_unchanged(self) -> list[Refusal]:
        pre, version = self.plan.pre, self.signed.snapshot.twin_version
        if pre is None or not pre.twin_version:
            return [Refusal.of(Reason.NO_VERSION)]
        return [] if pre.twin_version == version else [Refusal.of(Reason.TWIN_VERSION)]

    def locks_free(self) -> list[Refusal]:
        held, quarantined = self.core.store.locks(), {State.QUARANTINED}
        for name in self.lock_names():
            if name in held and held[name][0] != self.permit.permit_id:
                holder = self.core.store.permit(held[name][0])
                if holder is not None and holder.state in quarantined:
                    return [Refusal.of(Reason.QUARANTINED)]
                return [Refusal.of(Reason.GROUP_LOCKED if name.startswith("group:") else Reason.TARGET_LOCKED)]
        return []

    def lock_names(self) -> tuple[str, ...]:
        binding = self.permit.binding_id
        return (f"binding:{binding}", *(f"group:{one.id}" for one in self.policy.groups_of(binding)))

    def rules_allow(self, phase: Phase) -> list[Refusal]:
        try:
            self.core.store.use_nonce(self.signed.snapshot.nonce)
        except Conflict:
            return [Refusal.of(Reason.STALE, "This snapshot has decided before; each decision takes a new one.")]
        found, self.record = decided(self.core, self.permit, phase, self.signed)
        return refusals_of(found)

    def kill_clear(self) -> list[Refusal]:
        state = kill_of(self.core, self.policy)
        if state == "clear":
            return []
        return [Refusal.of(Reason.KILL_UNREADABLE if state == "unreadable" else Reason.KILL_LATCHED)]

    def same_executor(self) -> list[Refusal]:
        mine = self.signed.snapshot.executor_id == self.executor_id == self.permit.executor_id
        return [] if mine else [Refusal.of(Reason.OTHER_EXECUTOR)]

    def same_token(self, token: Token) -> list[Refusal]:
        stored = self.core.store.stage(self.permit.permit_id, "token")
        same = stored is not None and stored["token"] == token.model_dump(mode="json")
        return [] if same else [Refusal.of(Reason.TOKEN)]

    def same_boot(self) -> list[Refusal]:
        stored = self.core.store.stage(self.permit.permit_id, "token")
        same = stored is not None and bool(self.now.boot_id) and stored["token"]["boot_id"] == self.now.boot_id
        return [] if same else [Refusal.of(Reason.REBOOTED)]

    def arm_window(self) -> list[Refusal]:
        stored = self.core.store.stage(self.permit.permit_id, "token")
        if stored is None:
            return [Refusal.of(Reason.NOT_ARMED)]
        elapsed = self.now.boot_ms - stored["token"]["armed_at_boottime"]
        return [] if 0 <= elapsed <= self.policy.times.arm_ms else [Refusal.of(Reason.ARM_EXPIRED)]

    def permit_unexpired(self) -> list[Refusal]:
        statement = statement_of(self.core, self.permit)
        if statement is None:
            return [Refusal.of(Reason.NOT_ARMED)]
        aged = self.now.boot_ms - statement.armed_boot_ms <= statement.max_age_boot_ms
        valid = statement.not_before_ms <= self.now.utc_ms < statement.expires_ms
        return [] if aged and valid else [Refusal.of(Reason.PERMIT_EXPIRED)]

    def unconsumed(self) -> list[Refusal]:
        """Read once more; what decides is the conditional update inside of the transaction."""
        found = self.core.store.permit(self.permit.permit_id)
        return [] if found is not None and found.state is State.ARMED else [Refusal.of(Reason.CONSUMED)]

    def armed(self) -> Move:
        fence = self.core.store.next_fence()
        evaluation = self.core.store.stage(self.permit.permit_id, "evaluation")
        assert evaluation is not None and self.plan.pre is not None and self.plan.pre.twin_version is not None
        point = self.policy.point(self.plan.target.twin_id, self.plan.target.property)
        assert point is not None
        life = 1000 * self.policy.times.permit_s
        statement = PermitStatement(
            v=1,
            permit_id=self.permit.permit_id,
            plan_digest=self.permit.plan_digest,
            evaluation_digest=evaluation["digest"],
            policy_digest=self.policy.digest,
            policy_version=self.policy.version,
            twin_version=self.plan.pre.twin_version,
            snapshot_digest=self.signed.snapshot.digest,
            model_tier=point.tier,
            approvals=[one.digest for one in stored_approvals(self.core, self.permit)],
            nonce=secrets.token_hex(16),
            not_before_ms=self.now.utc_ms,
            expires_ms=self.now.utc_ms + life,
            armed_boot_ms=self.now.boot_ms,
            max_age_boot_ms=life,
            boot_id=self.now.boot_id,
            max_uses=1,
            executor_id=self.executor_id,
            fence=fence,
        )
        self.document = PermitDocument.issue(statement, self.core.key)
        self.token = Token(
            permit_id=self.permit.permit_id,
            plan_digest=self.permit.plan_digest,
            snapshot_digest=self.signed.snapshot.digest,
            fence=fence,
            boot_id=self.now.boot_id,
            armed_at_boottime=self.now.boot_ms,
        )
        stage = {
            "at": stamp_document(self.now),
            "permit": self.document.plain,
            "token": self.token.model_dump(mode="json"),
        }
        body = {"evaluation": self.record, "permit": self.document.plain}
        return Move(
            "gate",
            "permit.armed",
            body,
            {"token": stage},
            locks=self.lock_names(),
            fence=fence,
            executor_id=self.executor_id,
        )

    def consumed(self) -> Move:
        point = self.policy.point(self.plan.target.twin_id, self.plan.target.property)
        assert point is not None
        measured = self.signed.snapshot.micro(point.measured)
        assert measured is not None
        baseline = {
            "measured_micro": measured,
            "device_seq": self.signed.snapshot.device_seq,
            "at": stamp_document(self.now),
        }
        write = PastWrite(self.permit.binding_id, self.now, measured, self.plan.set.value_micro)
        return Move(
            "gate",
            "permit.executing",
            {"evaluation": self.record, "baseline": baseline},
            {"baseline": baseline},
            fence=self.permit.fence,
            write=write,
        )


def _ended(core: Core, permit: Permit, refused: Refused, harmless: tuple[Reason, ...]) -> Refused:
    """A refused select or operate ends the permit (unselect), but not where somebody else merely asked for it."""
    if refused.state not in (State.APPROVED, State.ARMED) or refused.refusals[0].reason in harmless:
        return refused
    if permit.state is State.ARMED and refused.refusals[0].reason is Reason.TARGET_LOCKED:
        return refused  # a second select
    event = Event.EXPIRE if refused.refusals[0].reason in _EXPIRING else Event.REFUSE
    ended = core.end(permit, event, refused.refusals)
    return Refused(refused.refusals, ended.state)


def _lost(core: Core, permit: Permit, conflict: Conflict) -> Refused:
    """Another was first, to the permit or to a lock."""
    found = core.store.permit(permit.permit_id)
    if found is not None and found.state is State.APPROVED:
        ended = core.end(found, Event.REFUSE, [Refusal.of(Reason.TARGET_LOCKED)])
        return Refused([Refusal.of(Reason.TARGET_LOCKED)], ended.state)
    return Refused([Refusal.of(Reason.CONSUMED, str(conflict))], None if found is None else found.state)
