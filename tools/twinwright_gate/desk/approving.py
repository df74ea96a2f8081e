"""Approvals: a person's signature over one plan, permit and policy. No text, no emoji and no "yes" is ever one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..approval import Approval
from ..context import Phase
from ..machine.states import Event, Guard, State
from ..machine.table import BEFORE_WRITE
from ..reasons import Reason
from ..store.rows import Approved, Move, Permit
from .core import Core, Refusal, Refused, plan_in
from .proposing import refusals_of
from .surroundings import context_of, recorded, stored_approvals

# What these rules say about an approval counts when it arrives; R18, whether they are enough yet, only then.
_ABOUT_ONE = (
    Reason.APPROVAL_EXPIRED,
    Reason.APPROVAL_SIGNATURE,
    Reason.OTHER_PLAN,
    Reason.POLICY_CHANGED,
    Reason.PLAN_AGE,
    Reason.REBOOTED,
    Reason.CLOCK,
)
_NOT_ENOUGH = (Reason.QUORUM, Reason.SUPERVISOR)


def approve(core: Core, approval: Approval) -> Permit:
    """Takes a person's word. The permit becomes APPROVED when there are enough; a rejection denies it.

    Raises:
        Refused: the approval is not a right one; it is not stored, and nothing changes.
        Conflict: its nonce was used, or the person has spoken already.
    """
    permit = core.permit(approval.statement.permit_id)
    if approval.statement.decision == "reject":
        return reject(core, permit, approval)
    if permit.state is not State.EVALUATED:
        raise core.refuse(permit, Event.APPROVE, [Refusal.of(Reason.NO_PERMIT, f"It is {permit.state} already.")])
    before = stored_approvals(core, permit)
    refusals, record = _judged(core, permit, (*before, approval))
    wrong = [one for one in refusals if one.reason.rule == "R17" or one.reason in _ABOUT_ONE]
    lacking = [one for one in refusals if one.reason.rule == "R18"]
    others = [one for one in lacking if one.reason not in _NOT_ENOUGH]
    if wrong or others:
        raise core.refuse(permit, Event.APPROVE, wrong or others)
    told = Approved(approval.statement.person_id, approval.statement.nonce, approval.model_dump(mode="json"))
    body = {"approval": approval.model_dump(mode="json"), "digest": approval.digest, "evaluation": record}
    what = Move(f"person {told.person_id}", "permit.approval", body | _names(permit), approvals=(told,))
    if lacking:
        core.store.note(permit.permit_id, "approval", what)
        core.deliver()
        return permit
    checks = {Guard.UNEXPIRED: lambda: unexpired(core, permit), Guard.QUORUM: lambda: lacking}
    return core.move(permit, Event.APPROVE, checks, lambda: what)


def reject(core: Core, permit: Permit, approval: Approval) -> Permit:
    """A person says no, or takes an approval back: before the write that ends the permit.

    Raises:
        Refused: it isn't signed by a person that the policy knows, or is for something else, or comes too late.
    """
    assert core.policy is not None
    told = approval.statement
    person = core.policy.persons_by_id.get(told.person_id)
    keys = [] if person is None or person.kind != "person" else [k for k in person.keys if k.key_id == told.key_id]
    if not any(approval.signed_by(key.public_key) for key in keys):
        raise core.refuse(permit, Event.REVOKE, [Refusal.of(Reason.APPROVAL_SIGNATURE)])
    if told.plan_digest != permit.plan_digest:
        raise core.refuse(permit, Event.REVOKE, [Refusal.of(Reason.OTHER_PLAN)])
    before = [one for one in stored_approvals(core, permit) if one.statement.person_id == told.person_id]
    reason = Reason.WITHDRAWN if before else Reason.REJECTED
    body = {"approval": approval.model_dump(mode="json"), "reasons": [reason.value], **_names(permit)}
    stages: dict[str, dict[str, Any]] = {
        "withdrawn": {"approvals": [one.digest for one in before]},
        "end": {"reason": reason.value, "reasons": [reason.value], "sentence": reason.sentence},
    }
    return core.move(permit, Event.REVOKE, {}, lambda: Move(f"person {told.person_id}", "permit.revoked", body, stages))


def revoke_key(core: Core, person_id: str, key_id: str, actor: str) -> list[Permit]:
    """Never believes a key again, and denies every permit that rests on it and is not written yet."""
    name = f"{person_id}/{key_id}"
    core.store.revoke_key(name, Move(actor, "key.revoked", {"key": name}))
    core.deliver()
    ended = []
    for permit in core.store.permits(BEFORE_WRITE):
        signed = {(one.statement.person_id, one.statement.key_id) for one in stored_approvals(core, permit)}
        if (person_id, key_id) in signed:
            ended.append(core.end(permit, Event.REFUSE, [Refusal.of(Reason.REVOKED)], actor))
    return ended


def standing(core: Core, permit: Permit) -> list[Refusal]:
    """What is wrong with the approvals now: expired, withdrawn, revoked, too few."""
    refusals, _ = _judged(core, permit, stored_approvals(core, permit))
    return [one for one in refusals if one.reason.rule in ("R17", "R18") or one.reason is Reason.APPROVAL_EXPIRED]


def unexpired(core: Core, permit: Permit) -> list[Refusal]:
    """What is wrong with the permit's age: by UTC and by CLOCK_BOOTTIME, whichever is stricter (rule R13)."""
    assert core.policy is not None
    now, evaluated = core.clock.now(), core.store.stage(permit.permit_id, "evaluation")
    if evaluated is None:
        return [Refusal.of(Reason.PLAN_AGE)]
    at, most = evaluated["at"], 1000 * core.policy.times.plan_s
    if at["boot_id"] != now.boot_id:
        return [Refusal.of(Reason.REBOOTED)]
    by_boot, by_utc = now.boot_ms - at["boot_ms"], now.utc_ms - at["utc_ms"]
    if abs(by_boot - by_utc) > core.policy.times.disagreement_ms or by_boot < 0:
        return [Refusal.of(Reason.CLOCK)]
    return [] if max(by_boot, by_utc) <= most else [Refusal.of(Reason.PLAN_AGE)]


def _judged(core: Core, permit: Permit, approvals: Sequence[Approval]) -> tuple[list[Refusal], dict[str, object]]:
    plan = plan_in(permit)
    signed = core.snapshots.get(permit.binding_id)
    context = context_of(core, permit, Phase.ARM, signed, tuple(approvals))
    found = core.evaluator(plan, signed, core.policy, context)
    return refusals_of(found), recorded(found, context, signed)


def _names(permit: Permit) -> dict[str, object]:
    return {"permit_id": permit.permit_id, "plan_digest": permit.plan_digest}


__all__ = ["Refused", "approve", "reject", "revoke_key", "standing", "unexpired"]
