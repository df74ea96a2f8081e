"""R14 to R16: a permit is used once, for exactly this, and nothing has changed since."""

from __future__ import annotations

from collections.abc import Iterator

from ..approval import Approval
from ..checks import Check, Request
from ..context import Bound, Phase
from ..policy import Policy, binding_digest
from ..reasons import Reason


def r14_single_use(request: Request) -> Iterator[Check]:
    """A permit was never used, may be used once, and its fence is higher than any that the executor wrote with."""
    context, bound = request.context, request.context.bound
    yield Check(Reason.CONSUMED, bound is None or bound.uses == 0, "The permit was used already.")
    if context.phase is Phase.OPERATE:
        yield Check(Reason.NO_PERMIT, bound is not None and bound.max_uses == 1, "There is no permit for one use.")
        high = context.fence_high_water
        yield Check(
            Reason.FENCE,
            bound is not None and high is not None and bound.fence > high,
            f"The fence is not above {high}, the highest that the executor wrote with.",
        )


def r15_binding(request: Request) -> Iterator[Check]:
    """Site, model, binding, plan, evaluation, bytes and approvals are the very ones that were named, by their digests;
    an approval's signature is one over this plan and permit, made for an approval."""
    plan, policy, point, context = request.plan, request.policy, request.point, request.context
    yield Check(Reason.SITE, plan.site == policy.site, f"The plan is for {plan.site!r}, the policy for another site.")
    yield Check(Reason.DTMI, plan.target.dtmi == point.dtmi, "The target's model is not the one in the policy.")
    yield Check(
        Reason.BINDING,
        (plan.target.binding_id, plan.target.binding_digest) == (point.binding.binding_id, binding_digest(point)),
        "The binding is not the one that the plan names: the point was bound anew.",
    )
    if context.phase is Phase.EVALUATE:
        return
    digest = request.digest
    for one in context.approvals:
        said = one.statement
        words = f"The approval by {said.person_id} is not signed with that person's key, as an approval."
        yield Check(Reason.APPROVAL_SIGNATURE, _signed(one, policy), words)
        yield Check(
            Reason.OTHER_PLAN,
            (said.plan_digest, said.permit_id) == (digest, context.permit_id),
            f"The approval by {said.person_id} is for another plan or permit.",
        )
    if context.phase is Phase.OPERATE:
        yield from _permit(request, request.need(context.bound, "what the permit binds"), digest)


def _signed(approval: Approval, policy: Policy) -> bool:
    person = policy.persons_by_id.get(approval.statement.person_id)
    keys = [key for key in person.keys if key.key_id == approval.statement.key_id] if person is not None else []
    return len(keys) == 1 and approval.signed_by(keys[0].public_key)


def _permit(request: Request, bound: Bound, digest: str) -> Iterator[Check]:
    context, point = request.context, request.point
    yield Check(Reason.BOUND_PLAN, bound.plan_digest == digest, "The permit is for another plan.")
    yield Check(
        Reason.BOUND_EVALUATION,
        bound.evaluation_digest == context.evaluation_digest,
        "The permit is for another evaluation than the stored one.",
    )
    yield Check(
        Reason.BOUND_APPROVALS,
        sorted(bound.approvals) == sorted(one.digest for one in context.approvals),
        "The permit names other approvals than there are.",
    )
    yield Check(
        Reason.BOUND_WIRE,
        bound.wire_hex == request.plan.set.wire.hex and bound.binding_digest == binding_digest(point),
        "The permit is for other bytes, or for another binding.",
    )
    yield Check(
        Reason.BOUND_PERMIT,
        (bound.permit_id, bound.executor_id) == (context.permit_id, point.binding.executor_id),
        "The permit is another one, or for another executor.",
    )


def r16_versions(request: Request) -> Iterator[Check]:
    """The plan names a version of the twin, a device sequence and an expected value, and they are what is there now;
    the policy is the one that plan, approvals and permit are for, and no older one than was ever in force."""
    point, policy, context = request.point, request.policy, request.context
    snapshot, pre = request.snapshot, request.plan.pre
    named = pre is not None and bool(pre.twin_version) and None not in (pre.device_seq, pre.expected_micro)
    yield Check(Reason.NO_VERSION, named, "The plan names no twin version, device sequence or expected value.")
    if pre is not None:
        yield Check(
            Reason.TWIN_VERSION,
            bool(snapshot.twin_version) and snapshot.twin_version == pre.twin_version,
            "The twin has changed since the plan was made.",
        )
        same = pre.device_seq is not None and snapshot.device_seq == pre.device_seq
        yield Check(Reason.DEVICE_SEQ, same, "The device has taken another command since the plan was made.")
        measured, expected = snapshot.micro(point.measured), pre.expected_micro
        near = measured is not None and expected is not None and abs(measured - expected) <= pre.tol_micro
        yield Check(
            Reason.PRE_VALUE, near and pre.tol_micro <= point.tol, "The measured value is not the expected one."
        )
    yield Check(
        Reason.POLICY_OLDER,
        policy.version >= context.policy_version,
        f"Policy {policy.version} is older than {context.policy_version}, which was in force here.",
    )
    named_by = [context.policy_digest, *(one.statement.policy_digest for one in context.approvals)]
    if context.bound is not None:
        named_by.append(context.bound.policy_digest)
    yield Check(
        Reason.POLICY_CHANGED, all(one == policy.digest for one in named_by), "The policy has changed meanwhile."
    )
    if context.phase is Phase.OPERATE:
        bound = request.need(context.bound, "what the permit binds")
        current = bound.policy_version == policy.version
        yield Check(Reason.POLICY_CHANGED, current, "The permit is for another version of the policy.")
        there = bool(bound.twin_version) and bound.twin_version == snapshot.twin_version
        yield Check(Reason.TWIN_VERSION, there, "The twin has changed since the permit was given.")
