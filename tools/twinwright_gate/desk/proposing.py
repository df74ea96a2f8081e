"""From a proposal's bytes to EVALUATED, or to a denial that says why."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from ..compose import compose
from ..compose import refusals as impossible
from ..context import Phase
from ..evaluate import Evaluation
from ..machine.states import Event, Guard, State
from ..plan import Plan
from ..reasons import Reason
from ..schema import Answer, Detail, Proposal
from ..store.rows import Move, Permit
from .core import Core, Refusal, Refused
from .surroundings import decided, stamp_document

MOST_DETAILS = 32


def propose(core: Core, proposal: Proposal, caller: int, actor: str) -> Answer:
    """The answer to a well-formed proposal under a policy that is in force.

    Raises:
        StoreError, AuditError: it could not be made durable.
    """
    assert core.policy is not None
    point = core.policy.point(proposal.target.twin_id, proposal.target.property)
    signed = None if point is None else core.snapshots.get(point.binding.binding_id)
    wrong = impossible(proposal, core.policy, None if signed is None else signed.snapshot)
    if wrong or signed is None:
        return _without_plan(core, proposal, [_no_plan(one.reason) for one in wrong], actor)
    plan = compose(proposal, core.policy, signed.snapshot)
    permit = _stored(core, plan, caller, actor)
    found, record = decided(core, permit, Phase.EVALUATE, signed)
    checks = {Guard.RULES_ALLOW: lambda: refusals_of(found)}
    at = stamp_document(core.clock.now())
    stage = {"digest": found.digest, "snapshot_digest": found.snapshot_digest, "at": at}
    stage |= {"policy_digest": found.policy_digest}

    def make() -> Move:
        return Move("gate", "permit.evaluated", {"evaluation": record}, {"evaluation": stage})

    try:
        permit = core.move(permit, Event.EVALUATE, checks, make)
    except Refused as refused:
        permit = _denied(core, permit, refused.refusals, record)
    core.store.tried(permit.agent_id, core.clock.now().utc_ms, permit.state is State.DENIED)
    return answer(permit, [] if permit.state is State.EVALUATED else refusals_of(found), _may_see(found))


def _without_plan(core: Core, proposal: Proposal, wrong: list[Refusal], actor: str) -> Answer:
    """The denial where no plan can be made at all: nothing that could be permitted is stored."""
    codes = [one.reason.value for one in wrong]
    body = {"plan": proposal.plan(), "plan_digest": proposal.digest(), "reasons": codes, "permit_id": None}
    core.record(actor, "proposal.denied", body)
    core.store.tried(proposal.proposer.agent_id, core.clock.now().utc_ms, True)
    return told(State.DENIED, wrong, proposal.digest(), None)


def _no_plan(reason: Reason) -> Refusal:
    missing = "There is no snapshot of the device: its executor has sent none."
    return Refusal.of(reason, missing if reason is Reason.STALE else "")


def _stored(core: Core, plan: Plan, caller: int, actor: str) -> Permit:
    """Appends the record, then stores the plan's bytes: the table's order."""
    raw, digest = plan.canonical(), plan.digest()
    permit = Permit(
        permit_id=f"P-{secrets.token_hex(8)}",
        state=State.PROPOSED,
        plan=raw,
        plan_digest=digest,
        binding_id=plan.target.binding_id,
        agent_id=plan.proposer.agent_id,
        caller=caller,
        created_ms=core.clock.now().utc_ms,
    )
    core.record(
        actor, "permit.proposed", {"permit_id": permit.permit_id, "plan_digest": digest, "plan": plan.document()}
    )
    core.fail("propose: in the log")
    core.store.add(permit)
    return permit


def _denied(core: Core, permit: Permit, refusals: list[Refusal], record: dict[str, object]) -> Permit:
    codes = [one.reason.value for one in refusals]
    stages = {"end": {"reason": codes[0], "reasons": codes, "sentence": refusals[0].sentence}}
    body = {"evaluation": record, "reasons": codes}
    return core.move(permit, Event.REFUSE, {}, lambda: Move("gate", "permit.denied", body, stages))


def withdraw(core: Core, permit: Permit, caller: int) -> Permit:
    """Takes a proposal back: who proposed it may, as long as nothing is written.

    Raises:
        Refused: it is somebody else's, or too late.
    """

    def own() -> list[Refusal]:
        return [] if permit.caller == caller else [Refusal.of(Reason.NOT_YOURS)]

    make = Move(
        f"uid {caller}", "permit.withdrawn", {}, {"end": {"reason": None, "reasons": [], "sentence": "Withdrawn."}}
    )
    return core.move(permit, Event.WITHDRAW, {Guard.OWN_PROPOSAL: own}, lambda: make)


def refusals_of(found: Evaluation) -> list[Refusal]:
    """Everything that an evaluation found wrong; nothing, only where every rule allowed."""
    refusals = [Refusal(one.reason, one.sentence, one.limit) for one in found.findings]
    if not refusals and not found.allowed:
        refusals = [Refusal.of(Reason.RULE_MISSING)]
    return refusals


def _may_see(found: Evaluation) -> bool:
    """Whether the figures of limits may be told: not to who has no right to the point."""
    return not any(one.reason in (Reason.RIGHTS, Reason.CALLER, Reason.NOT_ALLOWLISTED) for one in found.findings)


def answer(permit: Permit, refusals: Sequence[Refusal], figures: bool = True) -> Answer:
    """What an agent is told; without figures, the reasons' own sentences stand in their place."""
    return told(permit.state, refusals, permit.plan_digest, permit.permit_id, figures)


def told(
    state: State, refusals: Sequence[Refusal], plan_digest: str | None, permit_id: str | None, figures: bool = True
) -> Answer:
    """An answer by its parts."""
    first = refusals[0] if refusals else None
    sentence = f"The permit is {state}."
    if state is State.EVALUATED:
        sentence = "Every rule allows it; now people have to approve it."
    if first is not None:
        sentence = first.sentence if figures else first.reason.sentence
    return Answer(
        state=state,
        reason=None if first is None else first.reason,
        rule=None if first is None else first.reason.rule,
        sentence=sentence,
        reasons=list(dict.fromkeys(one.reason for one in refusals)),
        details=[Detail(reason=one.reason, place=None, limit=one.limit) for one in refusals[:MOST_DETAILS]],
        plan_digest=plan_digest,
        permit_id=permit_id,
    )
