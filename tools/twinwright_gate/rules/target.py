"""R01 to R04: which point, said how, in which unit, and never a safety point."""

from __future__ import annotations

from collections.abc import Iterator

from ..checks import Check, Request
from ..plan import Plan
from ..points import Point
from ..reasons import Reason
from ..schema import ID_GRAMMAR
from ..strict import MAX_BYTES, Malformed

# Whatever a policy says, these tags make a point untouchable.
SAFETY_TAGS = frozenset(
    {"sis", "fire-gas", "protection-relay", "e-stop", "interlock", "bypass", "alarm-limit", "safety"}
)


def r01_allowlist(request: Request) -> Iterator[Check]:
    """Every id is plain ASCII and the target stands in the policy letter by letter, writable by the twin's model and by
    the policy; nothing else in the policy is bound to the same target or the same place."""
    plan, policy = request.plan, request.policy
    bad = sorted(place for place, name in _ids(plan).items() if ID_GRAMMAR.fullmatch(name) is None)
    yield Check(Reason.ID_GRAMMAR, not bad, f"An id is not plain ASCII of letters, digits, '.', '_', '-': {bad}.")
    found = policy.candidates(plan.target.twin_id, plan.target.property)
    yield Check(Reason.NOT_ALLOWLISTED, len(found) > 0, "The policy doesn't name this target, letter by letter.")
    if not found:
        return
    point, same = found[0], [one for one in policy.points if _same_place(one, found[0])]
    yield Check(Reason.AMBIGUOUS, len(found) == 1 and len(same) == 1, "The policy binds this target, or place, twice.")
    yield Check(
        Reason.NOT_WRITABLE,
        point.writable and point.dtdl.writable,
        f"Writable by the policy: {_yes(point.writable)}; by the twin's model: {_yes(point.dtdl.writable)}.",
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _ids(plan: Plan) -> dict[str, str]:
    found = {
        "site": plan.site,
        "proposer.agent_id": plan.proposer.agent_id,
        "target.twin_id": plan.target.twin_id,
        "target.property": plan.target.property,
        "target.binding_id": plan.target.binding_id,
    }
    if plan.proposer.on_behalf_of_person is not None:
        found["proposer.on_behalf_of_person"] = plan.proposer.on_behalf_of_person
    if plan.verify is not None:
        found |= {"verify.echo_point": plan.verify.echo_point, "verify.effect_point": plan.verify.effect_point}
    return found | {f"evidence.{number}.ref": one.ref for number, one in enumerate(plan.evidence)}


def _same_place(one: Point, other: Point) -> bool:
    a, b = one.binding, other.binding
    same = (a.executor_id, a.network, a.address) == (b.executor_id, b.network, b.address)
    return a.binding_id == b.binding_id or same


def r02_strict_input(request: Request) -> Iterator[Check]:
    """The plan is one that the strict reader gives: no key twice, no unknown field, no float, absolute values only, at
    most 16 KiB and 8 levels. It is read again from its own canonical bytes."""
    raw = request.raw
    yield Check(Reason.TOO_LARGE, len(raw) <= MAX_BYTES, f"The plan has {len(raw)} bytes; {MAX_BYTES} are the most.")
    try:
        again: Plan | None = Plan.parse(raw)
    except Malformed:
        again = None
    yield Check(Reason.PLAN, again == request.plan, "The plan, read again, is not the same plan.")


def r03_unit(request: Request) -> Iterator[Check]:
    """The unit is the point's UCUM code exactly. The gate converts nothing."""
    point, unit = request.point, request.plan.set.unit
    yield Check(
        Reason.UNIT, unit == point.unit, f"The unit is {unit!r}; this point takes {point.unit!r} and nothing else."
    )


def r04_never_list(request: Request) -> Iterator[Check]:
    """Safety systems, fire and gas, protection relays, e-stops, interlocks, bypasses and alarm limits are never a
    target: neither by tag, nor by network, nor by twin. The executor has to be one that reaches the network."""
    point, policy = request.point, request.policy
    never = SAFETY_TAGS | {tag.lower() for tag in policy.never.tags}
    tags = sorted(tag for tag in point.tags if tag.lower() in never)
    yield Check(Reason.NEVER_TAG, not tags, f"The point is tagged {tags}, and such a point is never written.")
    yield Check(
        Reason.NEVER_TWIN, point.twin_id not in policy.never.twins, "The policy says that this twin is never a target."
    )
    executor = policy.executors_by_id.get(point.binding.executor_id)
    network = point.binding.network
    yield Check(
        Reason.NEVER_NETWORK,
        network not in policy.never.networks and executor is not None and network in executor.networks,
        f"The point is in network {network!r}, which is a safety network, or not one that its executor may reach.",
    )
