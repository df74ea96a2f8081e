"""What agents and people are answered at the desk, and what of it stands in the log."""

from __future__ import annotations

from typing import Any

import pytest

from twinwright_gate.auditor import chain
from twinwright_gate.desk import arming
from twinwright_gate.errors import GateError
from twinwright_gate.machine.states import State
from twinwright_gate.reasons import Reason

from . import plantsite as site
from .world import World


def last(world: World) -> dict[str, Any]:
    return list(chain.records(world.folder / "audit.jsonl"))[-1].content


def tainted(world: World) -> str:
    """A proposal that two people have to approve."""
    document = site.proposal_document() | {"taint": {"target": ["unknown"], "value": ["engine"]}}
    return world.propose(document).permit_id or ""


def test_who_has_no_right_to_a_point_is_told_no_figures_of_it(world: World) -> None:
    document = site.proposal_document(value="95")
    document["proposer"]["on_behalf_of_person"] = "b.chen"
    answer = world.propose(document)
    assert {"R05.ABOVE", "R17.RIGHTS"} <= set(answer.reasons) and answer.sentence == Reason.ABOVE.sentence
    answer = world.propose(value="95", caller=site.UID + 1)
    assert {"R05.ABOVE", "R17.CALLER"} <= set(answer.reasons) and answer.sentence == Reason.ABOVE.sentence
    answer = world.propose(value="95")
    assert "90 %" in answer.sentence and answer.details[0].limit == "pump-1-speed/site.hi"


def test_an_answer_says_what_comes_next(world: World) -> None:
    answer = world.propose()
    assert answer.sentence == "Every rule allows it; now people have to approve it."
    assert (answer.reason, answer.rule, answer.reasons, answer.details) == (None, None, [], [])
    withdrawn = world.desk.withdraw(answer.permit_id or "", site.UID)
    assert (withdrawn.state, withdrawn.sentence) == (State.CANCELLED, "The permit is CANCELLED.")


@pytest.mark.parametrize("state", [State.EVALUATED, State.APPROVED, State.ARMED])
def test_only_its_own_caller_withdraws_it(world: World, state: State) -> None:
    permit_id = world.propose().permit_id or "" if state is State.EVALUATED else world.approved()
    if state is State.ARMED:
        world.executor.select(permit_id)
    assert world.state(permit_id) is state
    assert world.refused(lambda: world.desk.withdraw(permit_id, site.UID + 1)) == ["R17.NOT_YOURS"]
    assert world.state(permit_id) is state
    assert world.desk.withdraw(permit_id, site.UID).state is State.CANCELLED
    assert world.core.store.locks() == {} and world.desk.why(permit_id)["sentence"] == "Withdrawn."


def test_what_is_approved_already_takes_no_more_approvals(world: World) -> None:
    permit_id = world.approved()
    word = world.approval(permit_id, "b.chen")
    assert world.refused(lambda: world.desk.approve(word)) == ["R14.NO_PERMIT"]
    assert world.desk.shown(permit_id)["signed"] == ["a.mueller"]


def test_an_approval_is_in_the_log_at_once(world: World) -> None:
    permit_id = tainted(world)
    assert world.approve(permit_id, "a.mueller").state is State.EVALUATED
    told = last(world)
    assert (told["event"], told["actor"], told["body"]["permit_id"]) == (
        "permit.approval",
        "person a.mueller",
        permit_id,
    )
    assert world.approve(permit_id, "b.chen").state is State.APPROVED


@pytest.mark.parametrize(
    ("person", "changes", "reason"),
    [
        ("a.mueller", {"signer": "agent"}, "R15.SIGNATURE"),
        ("a.mueller", {"signer": "a.mueller/k2"}, "R15.SIGNATURE"),
        ("nobody", {}, "R15.SIGNATURE"),
        ("night-shift", {}, "R15.SIGNATURE"),
        ("a.mueller", {"plan_digest": "0" * 64}, "R15.OTHER_PLAN"),
    ],
)
def test_a_rejection_has_to_be_signed_by_a_person_for_this_plan(
    world: World, person: str, changes: dict[str, Any], reason: str
) -> None:
    permit_id = world.approved()
    word = world.approval(permit_id, person, decision="reject", **changes)
    assert world.refused(lambda: world.desk.approve(word)) == [reason]
    assert world.state(permit_id) is State.APPROVED


@pytest.mark.parametrize(("person", "reason"), [("a.mueller", "R17.WITHDRAWN"), ("b.chen", "R17.REJECTED")])
def test_a_rejection_ends_it_with_its_own_reason(world: World, person: str, reason: str) -> None:
    permit_id = world.approved()
    assert world.desk.approve(world.approval(permit_id, person, decision="reject")).state is State.DENIED
    assert world.desk.why(permit_id)["reasons"] == [reason] and last(world)["actor"] == f"person {person}"


def test_a_revoked_key_ends_what_rests_on_it_and_nothing_else(world: World) -> None:
    other = world.approved(**site.PUMP_2)
    permit_id = tainted(world)
    world.approve(permit_id, "b.chen")
    assert [one.permit_id for one in world.desk.revoke_key("b.chen", "k1", "somebody")] == [permit_id]
    assert world.desk.why(permit_id)["reasons"] == ["R17.REVOKED"] and world.state(other) is State.APPROVED
    assert world.desk.revoke_key("c.okafor", "k1", "somebody") == []
    assert (last(world)["event"], last(world)["body"]["key"]) == ("key.revoked", "c.okafor/k1")


def test_an_approval_that_is_over_stands_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    permit_id, now = world.propose().permit_id or "", world.clock.now().utc_ms
    world.desk.approve(world.approval(permit_id, "a.mueller", expires_ms=now + 1000))
    world.clock.advance(1)
    monkeypatch.setattr(arming._Attempt, "rules_allow", lambda self, phase: [])
    assert world.refused(lambda: world.executor.select(permit_id)) == ["R13.APPROVAL_EXPIRED"]
    assert world.state(permit_id) is State.EXPIRED


def test_a_plan_that_is_too_old_takes_no_approval(world: World) -> None:
    permit_id = world.propose().permit_id or ""
    world.clock.advance(3600.001)
    assert world.refused(lambda: world.approve(permit_id)) == ["R13.PLAN_AGE"]
    assert world.state(permit_id) is State.EVALUATED
    world.desk.tick()
    assert world.state(permit_id) is State.EXPIRED


def test_a_nonce_serves_once(world: World) -> None:
    first, second = tainted(world), tainted(world)
    word = world.approval(first, "a.mueller")
    world.desk.approve(word)
    again = world.approval(second, "b.chen", nonce=word.statement.nonce)
    with pytest.raises(GateError):
        world.desk.approve(again)
    assert world.desk.shown(second)["signed"] == []


@pytest.mark.parametrize(("person", "key"), [("a.muller", "k1"), ("a.mueller", "k9"), ("", "")])
def test_a_key_that_is_not_there_is_not_told_to_be_revoked(world: World, person: str, key: str) -> None:
    assert world.refused(lambda: world.desk.revoke_key(person, key, "test")) == ["R17.UNKNOWN_PERSON"]
    assert world.core.store.revoked_keys() == frozenset()
    world.desk.put_in_force(None, "test")
    world.desk.revoke_key("a.mueller", "k1", "test")  # without a policy nobody can tell, and it is believed no more
    assert world.core.store.revoked_keys() == {"a.mueller/k1"}


def test_a_no_before_any_yes_ends_it_too(world: World) -> None:
    permit_id = world.propose().permit_id or ""
    assert world.desk.approve(world.approval(permit_id, "a.mueller", decision="reject")).state is State.DENIED
    assert world.desk.why(permit_id)["reasons"] == ["R17.REJECTED"] and world.writes == 0
