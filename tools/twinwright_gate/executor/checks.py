"""What the executor checks by itself before it writes, from its own copy of the policy. It believes the gate nothing.

A gate that was taken over can neither forge the people's signatures nor leave the limits that are checked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ..approval import Approval
from ..canonical import plan_digest
from ..context import Stamp
from ..notation import utc_ms
from ..permits import PermitDocument
from ..plan import Plan
from ..points import Point
from ..policy import Policy, binding_digest
from ..snapshot import Snapshot
from ..strict import Malformed
from .decoding import value_micro
from .device import Mailbox

# Never written, whatever a policy says.
NEVER = frozenset({"sis", "fire-gas", "protection-relay", "e-stop", "interlock", "bypass", "alarm-limit", "safety"})
MAX_PERMIT_MS = 900_000
_CLASSES = ("L", "M", "H")


@dataclass(frozen=True, slots=True)
class Order:
    """What the gate handed over, as the executor reads it: nothing in it is believed yet."""

    permit: PermitDocument
    plan: Plan
    raw: bytes
    approvals: tuple[Approval, ...]


def order_of(permit: PermitDocument, raw: bytes, approvals: tuple[dict[str, Any], ...]) -> Order | str:
    """The order, or what is wrong with its form."""
    try:
        plan = Plan.parse(raw)
        read = tuple(Approval.model_validate(one) for one in approvals)
    except (Malformed, ValidationError) as error:
        return f"plan or approvals can't be read: {error}"
    if plan.canonical() != raw:
        return "the plan's bytes are not the canonical ones"
    return Order(permit, plan, raw, read)


def faults(order: Order, policy: Policy, executor_id: str, now: Stamp, fence: int) -> Iterator[str]:
    """Everything that is wrong with an order, in words; `fence` is the highest that this executor wrote with."""
    point = policy.point(order.plan.target.twin_id, order.plan.target.property)
    if point is None:
        yield "the target is not one that this executor's policy names"
        return
    yield from _permit(order, policy, executor_id, now, fence)
    yield from _point(order.plan, point, policy, executor_id)
    yield from _value(order.plan, point)
    yield from _people(order, policy, now)


def _permit(order: Order, policy: Policy, executor_id: str, now: Stamp, fence: int) -> Iterator[str]:
    told = order.permit.statement
    if not order.permit.signed_by(policy.gate_key):
        yield "the permit is not signed by the gate"
    if told.executor_id != executor_id:
        yield f"the permit is for executor {told.executor_id}"
    if told.plan_digest != plan_digest(order.plan.document()):
        yield "the permit is for another plan"
    if (told.policy_digest, told.policy_version) != (policy.digest, policy.version):
        yield "the permit is for another policy than this executor's"
    if order.plan.pre is None or not told.twin_version or told.twin_version != order.plan.pre.twin_version:
        yield "the permit is for another version of the twin"
    if told.boot_id != now.boot_id or not now.boot_id:
        yield "the permit is of another boot"
    aged = 0 <= now.boot_ms - told.armed_boot_ms <= min(told.max_age_boot_ms, policy.times.arm_ms)
    valid = told.not_before_ms <= now.utc_ms < told.expires_ms <= told.not_before_ms + MAX_PERMIT_MS
    if not (aged and valid):
        yield "the permit has expired, or does not hold yet"
    if told.fence <= fence:
        yield f"fence {told.fence} is not above {fence}, which was written with"


def _point(plan: Plan, point: Point, policy: Policy, executor_id: str) -> Iterator[str]:
    binding = point.binding
    if (plan.target.binding_id, plan.target.binding_digest) != (binding.binding_id, binding_digest(point)):
        yield "the plan is for another binding"
    if _CLASSES.index(plan.risk) < _CLASSES.index(point.risk):
        yield "the plan's class is below the point's"
    timed = plan.hold.mode == "timed" and 1 <= plan.hold.seconds <= point.hold.max_s
    if not timed and not (plan.hold.mode == "until_superseded" and point.hold.until_superseded):
        yield "the plan holds for longer than the point may be held"
    if policy.actuation != "on" or point.tier != "twin" or not (point.writable and point.dtdl.writable):
        yield "the point may not be written: actuation is off, it is no digital twin, or not writable"
    if NEVER & {tag.lower() for tag in point.tags} or point.twin_id in policy.never.twins:
        yield "the point is safety equipment, which is never written"
    mine = policy.executors_by_id.get(executor_id)
    reachable = mine is not None and binding.executor_id == executor_id and binding.network in mine.networks
    if not reachable or binding.network in policy.never.networks:
        yield "the point is not in a network that this executor may write to"


def _value(plan: Plan, point: Point) -> Iterator[str]:
    """The bytes themselves, decoded here, lie in every layer: a closed interval, in positive form."""
    try:
        value = value_micro(point.binding, plan.set.wire.hex)
    except ValueError as error:
        yield str(error)
        return
    if plan.set.wire.dtype != point.binding.dtype or abs(value - plan.set.value_micro) > point.binding.resolution:
        yield "the bytes mean another value than the plan says"
    if plan.set.unit != point.unit:
        yield "the plan's unit is not the point's"
    for name in dict.fromkeys((*outside_of(point, value), *outside_of(point, plan.set.value_micro))):
        yield f"the value is not within the {name} limits"


def outside_of(point: Point, value: int) -> tuple[str, ...]:
    """The layers of limits that a value (1e-6) is not within; a point without any has none that it could be within."""
    if not point.layers:
        return ("missing",)
    inside = {one.name: one.lo is not None and one.hi is not None and one.lo <= value <= one.hi for one in point.layers}
    return tuple(name for name, holds in inside.items() if not holds)


def _people(order: Order, policy: Policy, now: Stamp) -> Iterator[str]:
    told, plan = order.permit.statement, order.plan
    if sorted(told.approvals) != sorted(one.digest for one in order.approvals):
        yield "the permit names other approvals"
    wanted = policy.quorum.of(plan.risk)
    good: dict[str, str] = {}
    for one in order.approvals:
        said = one.statement
        fault = _approval_fault(one, order, policy, now)
        if fault:
            yield f"the approval by {said.person_id}: {fault}"
        elif said.person_id in good:
            yield f"{said.person_id} has approved twice"
        else:
            good[said.person_id] = said.role
    supervisors = sum(role == policy.supervisor_role for role in good.values())
    if len(good) < max(1, wanted.n + wanted.supervisors) or supervisors < wanted.supervisors:
        yield f"{len(good)} people approved, {supervisors} of them supervisors: too few for class {plan.risk}"


def _approval_fault(one: Approval, order: Order, policy: Policy, now: Stamp) -> str:
    said, proposer = one.statement, order.plan.proposer
    person = policy.persons_by_id.get(said.person_id)
    if person is None or person.kind != "person":
        return "no person that this executor's policy knows"
    keys = [key for key in person.keys if key.key_id == said.key_id and not key.revoked]
    if not any(one.signed_by(key.public_key) for key in keys):
        return "not signed with that person's key, or the key is revoked"
    named = (said.plan_digest, said.permit_id, said.policy_digest, said.decision)
    told = order.permit.statement
    if named != (told.plan_digest, told.permit_id, policy.digest, "approve"):
        return "for another plan, permit or policy, or no approval"
    if said.person_id in (proposer.on_behalf_of_person, proposer.agent_id):
        return "the proposer's own"
    if not said.at_ms <= now.utc_ms + policy.times.skew_ms or not now.utc_ms < said.expires_ms:
        return "expired, or from the future"
    place = order.plan.target.binding_id
    for held in person.authorities:
        named_right = held.role == said.role and place in held.bindings and order.plan.risk in held.classes
        if named_right and now.utc_ms < utc_ms(held.valid_until_utc):
            return ""
    return "without authority for this"


def plant_faults(order: Order, policy: Policy, snapshot: Snapshot, mailbox: Mailbox) -> Iterator[str]:
    """What in the plant stands against the write now, by inputs that the executor read itself."""
    plan = order.plan
    point = policy.point(plan.target.twin_id, plan.target.property)
    if point is None or plan.pre is None:
        yield "the plan names no point, or no state before"
        return
    measured = snapshot.micro(point.measured)
    near = measured is not None and plan.pre.expected_micro is not None
    if not near or abs((measured or 0) - (plan.pre.expected_micro or 0)) > plan.pre.tol_micro:
        yield "the measured value is not the one that the plan expects"
    if snapshot.twin_version != plan.pre.twin_version or mailbox.ack_seq != plan.pre.device_seq:
        yield "twin or device have changed since the plan was made"
    if not mailbox.remote or not mailbox.interlocks:
        yield "the device is in local, or an interlock doesn't hold"
    if mailbox.active_micro is not None and mailbox.owner_seq == 0:
        yield "somebody at the panel holds the value"
    if mailbox.fence >= order.permit.statement.fence:
        yield "the device has taken a command with this or a later fence"
