"""A plan as people read it: a function of its canonical bytes, and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical import plan_digest
from ..errors import GateProtocolError
from ..numbers import from_micro
from ..plan import Plan
from ..readable import ascii_only, plain
from ..strict import Malformed


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan made readable.

    Attributes:
        digest: computed here from the bytes, in hex; a person types its beginning to approve.
        rows: (what, the plan's own content), in a fixed order.
    """

    digest: str
    plan: Plan
    rows: tuple[tuple[str, str], ...]


def shown(raw: bytes) -> Shown:
    """What a person sees of a plan.

    Raises:
        GateProtocolError: the bytes are no plan, or not its canonical ones: then there is nothing to sign.
    """
    try:
        plan = Plan.parse(raw)
    except Malformed as error:
        raise GateProtocolError(f"what the gate shows is no plan: {error}") from error
    if plan.canonical() != raw:
        raise GateProtocolError("what the gate shows is not a plan's canonical bytes")
    return Shown(plan_digest(plan.document()), plan, tuple(_rows(plan)))


def _rows(plan: Plan) -> list[tuple[str, str]]:
    unit, target, pre = plan.set.unit, plan.target, plan.pre
    before = "not known" if pre is None or pre.expected_micro is None else f"{from_micro(pre.expected_micro)} {unit}"
    rows = [
        ("site", plan.site),
        ("target", f"{target.twin_id}.{target.property}"),
        ("model", target.dtmi),
        ("set to", f"{from_micro(plan.set.value_micro)} {unit}"),
        ("from", before if pre is None else f"{before}, within {from_micro(pre.tol_micro)}"),
        ("bytes", f"{plan.set.wire.hex} ({plan.set.wire.dtype}) at {target.binding_id}"),
        ("hold", plan.hold.mode.replace("_", " ") + (f", {plan.hold.seconds} s" if plan.hold.seconds else "")),
        ("way back", _way_back(plan)),
        ("seen by", _seen_by(plan)),
        ("class", {"L": "L (low)", "M": "M (medium)", "H": "H (high)"}[plan.risk]),
        ("proposed by", f"{plan.proposer.agent_id} for {plan.proposer.on_behalf_of_person or 'nobody'}"),
        ("created", plan.created_utc),
        ("target chosen from", ", ".join(plan.taint.target)),
        ("value chosen from", ", ".join(plan.taint.value)),
    ]
    rows += [("evidence", f"{one.ref}  sha256 {one.sha256}") for one in plan.evidence] or [("evidence", "none")]
    words = ("the proposer's words, checked by nobody", plain(f"“{plan.reason_text}”"))
    return [*((name, ascii_only(text)) for name, text in rows), words]


def _way_back(plan: Plan) -> str:
    if plan.rollback is None:
        return "none"
    value = plan.rollback.value_micro
    told = "" if value is None else f" {from_micro(value)} {plan.set.unit}"
    return f"{plan.rollback.kind.replace('_', ' ')}{told}"


def _seen_by(plan: Plan) -> str:
    if plan.verify is None:
        return "nothing"
    told = plan.verify
    effect = f"{told.effect_point} from {from_micro(told.effect_lo_micro)} to {from_micro(told.effect_hi_micro)}"
    return f"{told.echo_point} within {from_micro(told.echo_tol_micro)}, and {effect}, within {told.within_s} s"
