"""From a proposal to a plan: what the agent can't say honestly is filled in from the signed policy and snapshot.

Nothing is judged here. Where something is lacking (an unknown target, no snapshot, a value that no bytes hold) the plan
says so in a form that the rules deny by name.
"""

from __future__ import annotations

from typing import Literal

from .plan import Hold, Plan, PlanSetting, PlanTarget, Precondition, RiskClass, Rollback, Verify, Wire
from .points import Point
from .policy import Policy, binding_digest
from .schema import Proposal, Taint
from .snapshot import Snapshot
from .numbers import to_micro
from .wire import encode

_UNBOUND = "0" * 64
_ORDER: tuple[RiskClass, ...] = ("L", "M", "H")


def plan_of(proposal: Proposal, policy: Policy, snapshot: Snapshot | None) -> Plan:
    """The plan for a proposal under a policy, in the state that a snapshot shows."""
    point = policy.point(proposal.target.twin_id, proposal.target.property)
    return Plan.model_validate(
        {
            "v": 1,
            "site": proposal.site,
            "proposer": proposal.proposer,
            "created_utc": proposal.created_utc,
            "target": _target(proposal, point),
            "set": _setting(proposal, point),
            "pre": _pre(point, snapshot),
            "hold": _hold(point),
            "rollback": _rollback(point, snapshot),
            "verify": _verify(point),
            "class": risk_of(point, proposal.taint, policy),
            "reason_text": proposal.reason_text,
            "evidence": proposal.evidence,
            "taint": proposal.taint,
        }
    )


def risk_of(point: Point | None, taint: Taint, policy: Policy) -> RiskClass:
    """The point's class, one higher where the choice of target or value rests on a source that isn't trusted."""
    if point is None:
        return "H"
    sources = {*taint.target, *taint.value}
    tainted = not sources or not sources <= set(policy.trusted_sources)
    return _ORDER[min(len(_ORDER) - 1, _ORDER.index(point.risk) + tainted)]


def _target(proposal: Proposal, point: Point | None) -> PlanTarget:
    return PlanTarget(
        twin_id=proposal.target.twin_id,
        dtmi=proposal.target.dtmi or ("" if point is None else point.dtmi),
        property=proposal.target.property,
        binding_id="unbound" if point is None else point.binding.binding_id,
        binding_digest=_UNBOUND if point is None else binding_digest(point),
    )


def _setting(proposal: Proposal, point: Point | None) -> PlanSetting:
    value = to_micro(proposal.set.value)
    wire = Wire(dtype="int16", hex="0000") if point is None else Wire(dtype=point.binding.dtype, hex=_bytes(point, value))
    return PlanSetting(value_micro=value, unit=proposal.set.unit, kind="absolute", wire=wire)


def _bytes(point: Point, value: int) -> str:
    found = encode(value, point.binding)
    return "00" if found is None else found.hex()  # one byte is of no type's length, so that rule R06 denies it


def _pre(point: Point | None, snapshot: Snapshot | None) -> Precondition:
    if point is None or snapshot is None:
        return Precondition(expected_micro=None, tol_micro=0, twin_version=None, device_seq=None)
    return Precondition(
        expected_micro=snapshot.micro(point.measured),
        tol_micro=point.tol,
        twin_version=snapshot.twin_version,
        device_seq=snapshot.device_seq,
    )


def _hold(point: Point | None) -> Hold:
    if point is None or (point.hold.until_superseded and not point.hold.max_s):
        return Hold(mode="until_superseded", seconds=0)
    return Hold(mode="timed", seconds=point.hold.max_s)


def _rollback(point: Point | None, snapshot: Snapshot | None) -> Rollback | None:
    if point is None:
        return None
    kind: Literal["relinquish", "restore", "safe_value"] = point.rollback.kinds[0]
    if kind == "restore":
        return Rollback(kind=kind, value_micro=None if snapshot is None else snapshot.micro(point.measured))
    return Rollback(kind=kind, value_micro=point.rollback.safe_value if kind == "safe_value" else None)


def _verify(point: Point | None) -> Verify | None:
    if point is None:
        return None
    told = point.verify
    return Verify(
        echo_point=told.echo_point,
        echo_tol_micro=told.echo_tol,
        effect_point=told.effect_point,
        effect_lo_micro=told.effect_lo,
        effect_hi_micro=told.effect_hi,
        within_s=told.within_s,
    )
