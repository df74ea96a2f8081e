"""Gathers what the rules read beside plan, snapshot and policy. What can't be read is handed on as unknown."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from pydantic import ValidationError

from ..approval import Approval
from ..context import Bound, Context, Heartbeat, Load, Lock, PastWrite, Phase, Stamp
from ..errors import StoreError
from ..evaluate import Evaluation
from ..machine.states import State
from ..permits import PermitStatement
from ..policy import Policy
from ..snapshot import SignedSnapshot
from ..store.rows import Permit
from .core import Core, plan_in

SHIFT_MS = 12 * 3600 * 1000
UNDECIDED = (State.PROPOSED, State.EVALUATED, State.APPROVED)
AT_WORK = (
    State.ARMED,
    State.EXECUTING,
    State.EXECUTED,
    State.VERIFIED,
    State.HOLDING,
    State.INDETERMINATE,
    State.ROLLING_BACK,
)


def context_of(
    core: Core,
    permit: Permit,
    phase: Phase,
    signed: SignedSnapshot | None,
    approvals: tuple[Approval, ...] | None = None,
) -> Context:
    """The context of a permit, now; `approvals` are those that are stored unless others are given."""
    now, policy = core.clock.now(), core.policy
    assert policy is not None
    highest = core.store.policy() or (0, "", b"")
    evaluated, token = core.store.stage(permit.permit_id, "evaluation"), core.store.stage(permit.permit_id, "token")
    return Context(
        phase=phase,
        permit_id=permit.permit_id,
        now=now,
        caller_uid=permit.caller,
        policy_digest=highest[1],
        policy_version=highest[0],
        kill=kill_of(core, policy),
        audit_writable=core.audit_writable(),
        history=_history(core, policy, now),
        locks=_locks(core),
        load=_load(core, permit, policy, now),
        evaluated=None if evaluated is None else Stamp(**evaluated["at"]),
        armed=None if token is None else Stamp(**token["at"]),
        bound=_bound(core, permit),
        evaluation_digest=None if evaluated is None else evaluated["digest"],
        approvals=stored_approvals(core, permit) if approvals is None else approvals,
        withdrawn=_withdrawn(core, permit),
        revoked_keys=core.store.revoked_keys(),
        heartbeat=_heartbeat(core, permit),
        fence_high_water=None if signed is None else signed.snapshot.fence,
        real_devices=core.real_devices,
    )


def decided(
    core: Core, permit: Permit, phase: Phase, signed: SignedSnapshot | None
) -> tuple[Evaluation, dict[str, Any]]:
    """The evaluation now, and the record that lets it be decided once more from the log alone."""
    context = context_of(core, permit, phase, signed)
    found = core.evaluator(plan_in(permit), signed, core.policy, context)
    return found, recorded(found, context, signed)


def recorded(found: Evaluation, context: Context, signed: SignedSnapshot | None) -> dict[str, Any]:
    """What the log keeps of an evaluation: all inputs, the results, and the digest over both."""
    return {
        "allowed": found.allowed,
        "digest": found.digest,
        "reasons": [one.reason.value for one in found.findings],
        "policy_digest": found.policy_digest,
        "plan_digest": found.plan_digest,
        "snapshot_digest": found.snapshot_digest,
        "snapshot": None if signed is None else signed.model_dump(mode="json"),
        "context": context.document(),
        "approvals": [one.model_dump(mode="json") for one in context.approvals],
    }


def kill_of(core: Core, policy: Policy) -> Literal["clear", "latched", "unreadable"]:
    """How the kill switch is, read now."""
    return core.kill.read(policy).state


def stored_approvals(core: Core, permit: Permit) -> tuple[Approval, ...]:
    """What persons signed, as it was stored; what can't be read back is left out, and so lacks."""
    found = []
    for one in core.store.approvals(permit.permit_id):
        try:
            found.append(Approval.model_validate(dict(one.body)))
        except ValidationError:
            continue
    return tuple(found)


def statement_of(core: Core, permit: Permit) -> PermitStatement | None:
    """What the gate signed for a permit, or None before it is armed."""
    found = core.store.stage(permit.permit_id, "token")
    return None if found is None else PermitStatement.model_validate(found["permit"]["statement"])


def _history(core: Core, policy: Policy, now: Stamp) -> tuple[PastWrite, ...] | None:
    dynamics = [point.dynamics for point in policy.points]
    longest = max((max(2 * one.window_s, one.cooldown_s) for one in dynamics), default=0)
    try:
        return core.store.writes(max(SHIFT_MS, 1000 * longest), now)
    except StoreError:
        return None


def _locks(core: Core) -> tuple[Lock, ...] | None:
    try:
        quarantined = {one.permit_id for one in core.store.permits([State.QUARANTINED])}
        found = core.store.locks().items()
    except StoreError:
        return None
    return tuple(Lock(name, permit, fence, permit in quarantined) for name, (permit, fence) in sorted(found))


def _load(core: Core, permit: Permit, policy: Policy, now: Stamp) -> Load | None:
    try:
        pending = sum(one.permit_id != permit.permit_id for one in core.store.permits(UNDECIDED))
        concurrent = sum(one.permit_id != permit.permit_id for one in core.store.permits(AT_WORK))
        shift = len(core.store.writes(SHIFT_MS, now))
        minute = core.store.tries(permit.agent_id, now.utc_ms - 60_000)[0]
        denials = core.store.tries(permit.agent_id, now.utc_ms - 1000 * policy.load.probe_window_s)[1]
    except StoreError:
        return None
    return Load(pending, concurrent, shift, minute, denials)


def _bound(core: Core, permit: Permit) -> Bound | None:
    statement = statement_of(core, permit)
    if statement is None:
        return None
    return statement.bound(plan_in(permit), uses=int(permit.state is not State.ARMED))


def _withdrawn(core: Core, permit: Permit) -> frozenset[str]:
    found = core.store.stage(permit.permit_id, "withdrawn")
    return frozenset() if found is None else frozenset(found["approvals"])


def _heartbeat(core: Core, permit: Permit) -> Heartbeat | None:
    found = core.beats.get(permit.permit_id)
    return None if found is None else Heartbeat(permit.permit_id, found[0], found[1])


def stamp_document(stamp: Stamp) -> dict[str, Any]:
    """A moment as JSON."""
    return asdict(stamp)
