"""R17 and R18: who proposes, who approves, and how many."""

from __future__ import annotations

from collections.abc import Iterator

from ..approval import Approval
from ..checks import Check, Request
from ..context import Phase
from ..notation import utc_ms
from ..people import Person
from ..plan import Plan, RiskClass
from ..points import Point
from ..policy import Policy
from ..reasons import Reason

_RAISED: dict[RiskClass, RiskClass] = {"L": "M", "M": "H", "H": "H"}
_ORDER: tuple[RiskClass, ...] = ("L", "M", "H")
QUORUM_FLOOR: dict[RiskClass, int] = {"L": 1, "M": 2, "H": 2}


def raised(risk: RiskClass) -> RiskClass:
    """The next higher class; H is the highest."""
    return _RAISED[risk]


def risk_class(plan: Plan, point: Point, policy: Policy) -> RiskClass:
    """The class that a plan has to have: the point's, one higher where a source of target or value isn't trusted.

    No source at all is not trusted either: "all of none" would be.
    """
    trusted = set(policy.trusted_sources)
    clean = all(sources and set(sources) <= trusted for sources in (plan.taint.target, plan.taint.value))
    return point.risk if clean else raised(point.risk)


def authorised(person: Person, role: str, risk: RiskClass, binding_id: str, now_ms: int) -> bool:
    """Whether a person may approve this class at this point in this role, at this moment."""
    return person.kind == "person" and any(
        one.role == role and risk in one.classes and binding_id in one.bindings and now_ms < utc_ms(one.valid_until_utc)
        for one in person.authorities
    )


def r17_people(request: Request) -> Iterator[Check]:
    """Who proposes has the right to: the agent's *and* the person's for whom it works. Who approves is a person, known,
    another one each time, neither agent nor that person, with authority for class and point and a key that isn't
    revoked; nobody has withdrawn or rejected."""
    plan, policy, point, context = request.plan, request.policy, request.point, request.context
    place = point.binding.binding_id
    agent = policy.agents_by_id.get(plan.proposer.agent_id)
    behalf = plan.proposer.on_behalf_of_person
    person = None if behalf is None else policy.persons_by_id.get(behalf)
    person_may = person is not None and person.kind == "person" and place in person.proposes
    yield Check(
        Reason.RIGHTS,
        agent is not None and place in agent.proposes and (behalf is None or person_may),
        f"Agent {plan.proposer.agent_id!r} for {behalf!r} has no right to propose for {place}; it takes both.",
    )
    yield Check(
        Reason.CALLER,
        agent is not None and context.caller_uid == agent.uid,
        f"The proposal comes from user {context.caller_uid}, which is not the agent's.",
    )
    attended = behalf is not None or (agent is not None and agent.unattended)
    yield Check(Reason.UNATTENDED, attended, "This agent may not propose without a person.")
    if context.phase is Phase.EVALUATE:
        return
    signers = [one.statement.person_id for one in context.approvals]
    yield Check(
        Reason.SAME_PERSON, len(set(signers)) == len(signers), f"Signed by {sorted(signers)}: one of them twice."
    )
    for one in context.approvals:
        yield from _approval(request, one)


def _approval(request: Request, approval: Approval) -> Iterator[Check]:
    said, policy, context = approval.statement, request.policy, request.context
    who = said.person_id
    person = policy.persons_by_id.get(who)
    yield Check(Reason.UNKNOWN_PERSON, person is not None, f"The policy knows no {who!r}.")
    if person is None:
        return
    yield Check(Reason.NOT_A_PERSON, person.kind == "person", f"{who} is a shared account, no person.")
    proposer = request.plan.proposer
    yield Check(
        Reason.SELF_APPROVAL,
        who not in (proposer.agent_id, proposer.on_behalf_of_person),
        f"{who} can't approve what {who} proposes.",
    )
    place = request.point.binding.binding_id
    yield Check(
        Reason.AUTHORITY,
        said.authority_scope == place and authorised(person, said.role, request.plan.risk, place, context.now.utc_ms),
        f"{who} has no authority as {said.role} for class {request.plan.risk} at {place}, or no longer.",
    )
    revoked = {key.key_id for key in person.keys if key.revoked}
    yield Check(
        Reason.REVOKED,
        said.key_id not in revoked and f"{who}/{said.key_id}" not in context.revoked_keys,
        f"Key {said.key_id} of {who} is revoked.",
    )
    yield Check(Reason.WITHDRAWN, approval.digest not in context.withdrawn, f"{who} has withdrawn the approval.")
    yield Check(Reason.REJECTED, said.decision == "approve", f"{who} has rejected it.")


def r18_quorum(request: Request) -> Iterator[Check]:
    """The plan's class is the point's, raised by one where target or value come from sources that aren't trusted.
    Enough people approve for it: one for L, two for M, two and a supervisor for H, or more by policy. The policy asks
    for at least so many, and for no more than there are."""
    plan, policy, point, context = request.plan, request.policy, request.point, request.context
    needed = risk_class(plan, point, policy)
    risk = max(plan.risk, needed, key=_ORDER.index)
    words = f"The plan says class {plan.risk}; point and sources ask for {needed}."
    yield Check(Reason.RISK_CLASS, plan.risk == risk, words)
    quorum = policy.quorum.of(risk)
    floor, supervisors = QUORUM_FLOOR[risk], int(risk == "H")
    yield Check(
        Reason.MATRIX,
        1 <= floor <= quorum.n <= quorum.m and supervisors <= quorum.supervisors,
        f"{quorum.n} of {quorum.m} with {quorum.supervisors} supervisors is no quorum for class {risk}.",
    )
    wanted = quorum.n + quorum.supervisors
    if context.phase is Phase.EVALUATE:
        able = _eligible(request, risk)
        enough = len(able) >= wanted and sum(able.values()) >= quorum.supervisors
        yield Check(Reason.UNREACHABLE, enough, f"{len(able)} people could approve; class {risk} takes {wanted}.")
        return
    given = {one.statement.person_id for one in context.approvals if one.statement.decision == "approve"}
    yield Check(
        Reason.QUORUM,
        len(given) >= wanted,
        f"{len(given)} people have approved; class {risk} takes {wanted}.",
        f"quorum/{risk}",
    )
    above = {one.statement.person_id for one in context.approvals if one.statement.role == policy.supervisor_role}
    yield Check(
        Reason.SUPERVISOR,
        len(given & above) >= quorum.supervisors,
        f"{len(given & above)} supervisors have approved; class {risk} takes {quorum.supervisors}.",
        f"quorum/{risk}",
    )


def _eligible(request: Request, risk: RiskClass) -> dict[str, bool]:
    """Who could approve this: person id, and whether as a supervisor."""
    policy, place, now = request.policy, request.point.binding.binding_id, request.context.now.utc_ms
    found: dict[str, bool] = {}
    for person in policy.persons:
        revoked = request.context.revoked_keys
        keys = [key for key in person.keys if not key.revoked and f"{person.person_id}/{key.key_id}" not in revoked]
        roles = {one.role for one in person.authorities if authorised(person, one.role, risk, place, now)}
        if keys and roles and person.person_id != request.plan.proposer.on_behalf_of_person:
            found[person.person_id] = policy.supervisor_role in roles
    return found
