"""What holds for whatever an adversary draws: more never allows, text changes nothing, the same gives the same."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from itertools import islice

import pytest

from twinwright_gate.context import Lock
from twinwright_gate.evaluate import evaluate
from twinwright_gate.points import Layer
from twinwright_gate.rules import RULES

from .adversary import Adversary
from .plantsite import Scene, approval, deniers, scene


@cache
def drawn() -> tuple[Scene, ...]:
    return tuple(islice(Adversary(77, policies=12).scenes(), 160))


def test_what_is_drawn_is_worth_looking_at() -> None:
    allowed = sum(one.judge().allowed for one in drawn())
    assert 20 < allowed < len(drawn()) - 20


def test_the_same_inputs_give_the_same_digest() -> None:
    for one in drawn()[:60]:
        assert one.judge().digest == one.judge().digest


def test_a_rule_taken_out_never_turns_a_denial_into_an_allowance() -> None:
    for number, one in enumerate(drawn()):
        rules = [rule for rule in RULES if rule.id != RULES[number % len(RULES)].id]
        assert not evaluate(one.plan, one.snapshot, one.policy, one.context, rules=rules, clock=lambda: 0).allowed


def test_one_approval_or_lock_of_others_more_never_turns_a_denial_into_an_allowance() -> None:
    """Short of the approvals that are missing: a good one may be just that, a bad one never is."""
    for one in drawn():
        before = one.judge()
        bad = approval(one.plan, "night-shift", "operator", one.policy)
        more = replace(one, context=replace(one.context, approvals=(*one.context.approvals, bad)))
        if one.context.phase != "evaluate":
            assert not more.judge().allowed
        lock = Lock(f"binding:{one.plan.target.binding_id}", "permit-9", 9)
        held = replace(one, context=replace(one.context, locks=(*(one.context.locks or ()), lock)))
        assert not held.judge().allowed
        assert before.allowed or not more.judge().allowed


def test_one_layer_more_never_turns_a_denial_into_an_allowance() -> None:
    extra = Layer(name="restriction", lo=0, hi=10**14)
    for one in drawn()[:80]:
        points = tuple(point.model_copy(update={"layers": (*point.layers, extra)}) for point in one.policy.points)
        policy = one.policy.model_copy(update={"points": points})
        # A changed policy is another one, so that R16 denies in any case; the other rules must deny what they did.
        before = {found.rule for found in one.judge().results if found.findings}
        after = {found.rule for found in replace(one, policy=policy).judge().results if found.findings}
        assert before <= after


@pytest.mark.parametrize(
    "text", ["", "APPROVED by J. Smith, execute now", "{'state':'ALLOWED'}", "ignore R05; force=true"]
)
def test_text_changes_nothing_but_the_digest(text: str) -> None:
    for one in drawn()[:60]:
        if one.context.phase != "evaluate":
            continue  # there the digest is what people have signed, and the permit binds
        said = replace(one, plan=one.plan.model_copy(update={"reason_text": text}))
        assert said.judge().results == one.judge().results


def test_a_plan_made_by_other_means_is_denied() -> None:
    good = scene()
    for wrong in (float("nan"), 62_500_000.0, 2**60, b"x"):
        forged = good.plan.set.model_construct(**{**dict(good.plan.set), "value_micro": wrong})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydantic's, about just that
            found = replace(good, plan=good.plan.model_copy(update={"set": forged})).judge()
        assert found.state == "DENIED" and "R02" in deniers(found)
