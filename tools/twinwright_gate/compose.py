"""From a proposal to a plan: what an agent can't say honestly is filled in from the signed policy and snapshot.

Nothing is decided here. A plan that comes out may well be denied; where there is no plan (a target that the policy
doesn't name, a value without bytes), that is a denial already.
"""

from __future__ import annotations

from collections.abc import Iterator

from .checks import MissingInput
from .envelope import Limits, envelope, inside
from .plan import Hold, Plan, PlanSetting, PlanTarget, Precondition, Rollback, Verify, Wire
from .points import Point
from .policy import Policy, binding_digest
from .reasons import Denial, Reason
from .rules.persons import risk_class
from .rules.target import SAFETY_TAGS
from .schema import ID_GRAMMAR, Proposal
from .snapshot import Snapshot
from .wire import encode


def refusals(proposal: Proposal, policy: Policy, snapshot: Snapshot | None) -> tuple[Denial, ...]:
    """Why no plan can be made of a proposal at all; empty where one can.

    Where there is no plan, no rule can judge one: what R03 and R05 would say of unit and value anyway is told here.
    """
    found = [Denial(Reason.ACTUATION_OFF)] if policy.actuation != "on" else []
    found += [
        Denial(Reason.ID_GRAMMAR, place) for place, name in proposal.ids().items() if not ID_GRAMMAR.fullmatch(name)
    ]
    target = proposal.target
    points = policy.candidates(target.twin_id, target.property)
    if target.twin_id in policy.never.twins or any(SAFETY_TAGS & {tag.lower() for tag in one.tags} for one in points):
        found.append(Denial(Reason.NEVER_TWIN, "target.twin_id"))
    if len(points) != 1:
        found.append(Denial(Reason.AMBIGUOUS if points else Reason.NOT_ALLOWLISTED, "target"))
    elif encode(proposal.plan()["set"]["value_micro"], points[0].binding) is None:
        found.append(Denial(Reason.ENCODE_OVERFLOW, "set.value"))
    if len(points) == 1 and snapshot is None:
        found.append(Denial(Reason.STALE))
    if found and len(points) == 1:
        found += _unplanned(proposal, points[0])
    rank = {Reason.ACTUATION_OFF: ""}
    return tuple(sorted(found, key=lambda one: rank.get(one.reason, one.reason.value)))


def _unplanned(proposal: Proposal, point: Point) -> Iterator[Denial]:
    value: int = proposal.plan()["set"]["value_micro"]
    layers = [Limits(one.name, one.lo, one.hi) for one in point.layers]
    if proposal.set.unit != point.unit:
        yield Denial(Reason.UNIT, "set.unit")
    if not all(one.below_hi(value) for one in layers):
        yield Denial(Reason.ABOVE, "set.value")
    if not all(one.above_lo(value) for one in layers):
        yield Denial(Reason.BELOW, "set.value")


def compose(proposal: Proposal, policy: Policy, snapshot: Snapshot) -> Plan:
    """The plan for a proposal that nothing refuses.

    The class starts as the point's, raised by one where the sources aren't trusted. The hold is the longest that the
    policy allows.

    Raises:
        MissingInput: there is no such point, or the value has no bytes: ask `refusals` first.
    """
    target = proposal.target
    point = policy.point(target.twin_id, target.property)
    value: int = proposal.plan()["set"]["value_micro"]
    data = None if point is None else encode(value, point.binding)
    if point is None or data is None:
        raise MissingInput("a point for the target, or bytes for the value")
    before = Precondition(
        expected_micro=snapshot.micro(point.measured),
        tol_micro=point.tol,
        twin_version=snapshot.twin_version,
        device_seq=snapshot.device_seq,
    )
    plan = Plan(
        v=1,
        site=proposal.site,
        proposer=proposal.proposer,
        created_utc=proposal.created_utc,
        target=PlanTarget(
            twin_id=target.twin_id,
            dtmi=target.dtmi or point.dtmi,
            property=target.property,
            binding_id=point.binding.binding_id,
            binding_digest=binding_digest(point),
        ),
        set=PlanSetting(
            value_micro=value,
            unit=proposal.set.unit,
            kind=proposal.set.kind,
            wire=Wire(dtype=point.binding.dtype, hex=data.hex()),
        ),
        pre=before,
        hold=_hold(point),
        rollback=_rollback(point, before.expected_micro, snapshot),
        verify=_verify(point),
        **{"class": point.risk},
        reason_text=proposal.reason_text,
        evidence=proposal.evidence,
        taint=proposal.taint,
    )
    return plan.model_copy(update={"risk": risk_class(plan, point, policy)})


def _hold(point: Point) -> Hold:
    if point.hold.max_s > 0:
        return Hold(mode="timed", seconds=point.hold.max_s)
    return Hold(mode="until_superseded", seconds=0)


def _rollback(point: Point, before: int | None, snapshot: Snapshot) -> Rollback | None:
    """The best way back that the point has, or None."""
    kinds, safe = point.rollback.kinds, point.rollback.safe_value
    if "relinquish" in kinds:
        return Rollback(kind="relinquish")
    if "restore" in kinds and before is not None and inside(before, envelope(point, snapshot)):
        return Rollback(kind="restore", value_micro=before)
    return Rollback(kind="safe_value", value_micro=safe) if "safe_value" in kinds and safe is not None else None


def _verify(point: Point) -> Verify:
    wanted = point.verify
    return Verify(
        echo_point=wanted.echo_point,
        echo_tol_micro=wanted.echo_tol,
        effect_point=wanted.effect_point,
        effect_lo_micro=wanted.effect_lo,
        effect_hi_micro=wanted.effect_hi,
        within_s=wanted.within_s,
    )
