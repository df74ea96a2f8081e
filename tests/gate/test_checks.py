"""The executor's own checks, each alone and at its edges, on orders that are right but for one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from twinwright_gate.approval import Approval
from twinwright_gate.context import Stamp
from twinwright_gate.executor.checks import Order, faults, order_of, outside_of, plant_faults
from twinwright_gate.executor.device import Mailbox
from twinwright_gate.permits import PermitDocument, PermitStatement
from twinwright_gate.plan import Plan
from twinwright_gate.policy import Policy

from . import plantsite as site

NOW = Stamp(site.NOW_MS, 5_000_100, site.BOOT)
PEOPLE = (("a.mueller", "operator"),)
THREE = (("a.mueller", "operator"), ("b.chen", "engineer"), ("c.okafor", "supervisor"))
SPAN = 300_000


def order(
    policy: dict[str, Any] | None = None,
    plan: dict[str, Any] | None = None,
    permit: dict[str, Any] | None = None,
    people: tuple[tuple[str, str], ...] = PEOPLE,
    said: dict[str, Any] | None = None,
    signer: str = "gate",
) -> tuple[Order, Policy]:
    """An order that is right but for what is changed; everything else is made to fit."""
    rules = site.changed_policy(policy or {})
    wanted = site.changed_plan(_plan(rules), plan or {})
    words = tuple(site.approval(wanted, who, role, rules, **(said or {})) for who, role in people)
    statement = PermitStatement.model_validate(_statement(wanted, rules, words) | (permit or {}))
    return Order(PermitDocument.issue(statement, site.key(signer)), wanted, wanted.canonical(), words), rules


@cache
def _snapshot() -> Any:
    return site.signed(site.snapshot_document())


def _plan(rules: Policy) -> Plan:
    return site.plan_for(site.proposal_document(), _snapshot(), rules)


def _statement(plan: Plan, rules: Policy, words: tuple[Approval, ...]) -> dict[str, Any]:
    return {
        "v": 1,
        "permit_id": site.PERMIT,
        "plan_digest": plan.digest(),
        "evaluation_digest": "e" * 64,
        "policy_digest": rules.digest,
        "policy_version": rules.version,
        "twin_version": "graph-118",
        "snapshot_digest": "5" * 64,
        "model_tier": "twin",
        "approvals": [one.digest for one in words] or ["0" * 64],
        "nonce": "0" * 32,
        "not_before_ms": NOW.utc_ms,
        "expires_ms": NOW.utc_ms + SPAN,
        "armed_boot_ms": NOW.boot_ms,
        "max_age_boot_ms": SPAN,
        "boot_id": NOW.boot_id,
        "max_uses": 1,
        "executor_id": "executor-1",
        "fence": 5,
    }


def found(made: tuple[Order, Policy], now: Stamp = NOW, fence: int = 4, executor: str = "executor-1") -> list[str]:
    return list(faults(made[0], made[1], executor, now, fence))


POINT = "points/pump-1-speed/"
WIDE = {f"{POINT}dynamics/max_step": 10**9}
FINE: dict[str, Callable[[], list[str]]] = {
    "as it is": lambda: found(order()),
    "at the end of the arm window": lambda: found(order(), replace(NOW, boot_ms=NOW.boot_ms + 10_000)),
    "at the end of its own age": lambda: found(
        order(permit={"max_age_boot_ms": 5}), replace(NOW, boot_ms=NOW.boot_ms + 5)
    ),
    "just before it expires": lambda: found(order(), replace(NOW, utc_ms=NOW.utc_ms + SPAN - 1)),
    "as long as a permit may be": lambda: found(order(permit={"expires_ms": NOW.utc_ms + 900_000})),
    "from the edge of the skew": lambda: found(order(said={"at_ms": NOW.utc_ms + 500})),
    "just before the approval expires": lambda: found(order(said={"expires_ms": NOW.utc_ms + 1})),
    "class above the point's": lambda: found(order(plan={"class": "M"}, people=THREE[:2])),
    "class H": lambda: found(order(plan={"class": "H"}, people=THREE)),
    "held for the longest": lambda: found(order(plan={"hold/seconds": 1800})),
    "held for the shortest": lambda: found(order(plan={"hold/seconds": 1})),
    "until superseded, where that may be": lambda: found(
        order(policy={f"{POINT}hold/until_superseded": True}, plan={"hold": {"mode": "until_superseded", "seconds": 0}})
    ),
    "at the lower limit": lambda: found(order(plan={"set/value_micro": 40_000_000, "set/wire/hex": "0190"})),
    "at the upper limit": lambda: found(order(plan={"set/value_micro": 90_000_000, "set/wire/hex": "0384"})),
    "within the resolution": lambda: found(
        order(policy={f"{POINT}binding/resolution": 50_000}, plan={"set/value_micro": 62_550_000})
    ),
}


@pytest.mark.parametrize("case", FINE)
def test_what_is_right_has_no_fault(case: str) -> None:
    assert FINE[case]() == []


def other(**document: Any) -> dict[str, Any]:
    return {"permit": document}


WRONG: dict[str, tuple[Callable[[], list[str]], str]] = {
    "no such point": (lambda: found(order(plan={"target/twin_id": "elsewhere"})), "not one that this executor's"),
    "signed by another": (lambda: found(order(signer="somebody")), "not signed by the gate"),
    "for another executor": (lambda: found(order(permit={"executor_id": "executor-2"})), "is for executor"),
    "another plan": (lambda: found(order(permit={"plan_digest": "0" * 64})), "the permit is for another plan"),
    "another policy": (lambda: found(order(permit={"policy_digest": "0" * 64})), "for another policy"),
    "another version of the policy": (lambda: found(order(permit={"policy_version": 99})), "for another policy"),
    "another twin": (lambda: found(order(permit={"twin_version": "graph-117"})), "version of the twin"),
    "no twin version": (
        lambda: found(order(plan={"pre/twin_version": ""}, permit={"twin_version": ""})),
        "version of the twin",
    ),
    "no state before": (lambda: found(order(plan={"pre": None})), "version of the twin"),
    "another boot": (lambda: found(order(), replace(NOW, boot_id="other")), "of another boot"),
    "no boot": (lambda: found(order(), replace(NOW, boot_id="")), "of another boot"),
    "after the arm window": (lambda: found(order(), replace(NOW, boot_ms=NOW.boot_ms + 10_001)), "has expired"),
    "after its own age": (
        lambda: found(order(permit={"max_age_boot_ms": 5}), replace(NOW, boot_ms=NOW.boot_ms + 6)),
        "has expired",
    ),
    "boot time went back": (lambda: found(order(), replace(NOW, boot_ms=NOW.boot_ms - 1)), "has expired"),
    "not yet": (lambda: found(order(), replace(NOW, utc_ms=NOW.utc_ms - 1)), "does not hold yet"),
    "expired": (lambda: found(order(), replace(NOW, utc_ms=NOW.utc_ms + SPAN)), "has expired"),
    "for too long": (lambda: found(order(permit={"expires_ms": NOW.utc_ms + 900_001})), "has expired"),
    "a used fence": (lambda: found(order(), fence=5), "is not above 5"),
    "another binding": (lambda: found(order(plan={"target/binding_id": "pump-2-speed"})), "another binding"),
    "a binding that changed": (lambda: found(order(plan={"target/binding_digest": "0" * 64})), "another binding"),
    "class below": (lambda: found(order(policy={f"{POINT}risk": "M"}, plan={"class": "L"})), "class is below"),
    "held too long": (lambda: found(order(plan={"hold/seconds": 1801})), "holds for longer"),
    "held for no time": (lambda: found(order(plan={"hold/seconds": 0})), "holds for longer"),
    "held until superseded": (
        lambda: found(order(plan={"hold": {"mode": "until_superseded", "seconds": 0}})),
        "holds for longer",
    ),
    "actuation off": (lambda: found(order(policy={"actuation": "off"})), "may not be written"),
    "a shadow": (lambda: found(order(policy={f"{POINT}tier": "shadow"})), "may not be written"),
    "not writable": (lambda: found(order(policy={f"{POINT}writable": False})), "may not be written"),
    "not writable by its model": (lambda: found(order(policy={f"{POINT}dtdl/writable": False})), "may not be written"),
    "tagged": (lambda: found(order(policy={f"{POINT}tags": ["SIS"]})), "safety equipment"),
    "never a target": (lambda: found(order(policy={"never/twins": ["glycol-pump-1-drive"]})), "safety equipment"),
    "in a network never to be written": (lambda: found(order(policy={"never/networks": ["plc-net"]})), "network"),
    "in a network out of reach": (lambda: found(order(policy={"executors/executor-1/networks": []})), "network"),
    "another executor's point": (lambda: found(order(policy={f"{POINT}binding/executor_id": "other"})), "network"),
    "an executor that is not named": (lambda: found(order(permit={"executor_id": "x"}), executor="x"), "network"),
    "too few bytes": (lambda: found(order(plan={"set/wire/hex": "02"})), "has 1 bytes"),
    "other bytes": (lambda: found(order(plan={"set/wire/hex": "0272"})), "mean another value"),
    "beyond the resolution": (
        lambda: found(order(policy={f"{POINT}binding/resolution": 50_000}, plan={"set/value_micro": 62_550_001})),
        "mean another value",
    ),
    "another kind of number": (lambda: found(order(plan={"set/wire/dtype": "uint16"})), "mean another value"),
    "another unit": (lambda: found(order(plan={"set/unit": "Hz"})), "unit is not"),
    "above a limit": (
        lambda: found(order(plan={"set/value_micro": 90_100_000, "set/wire/hex": "0385"})),
        "within the site limits",
    ),
    "below a limit": (
        lambda: found(order(plan={"set/value_micro": 39_900_000, "set/wire/hex": "018f"})),
        "within the site limits",
    ),
    "no limits": (lambda: found(order(policy={f"{POINT}layers": []})), "within the missing limits"),
    "a limit missing": (lambda: found(order(policy={f"{POINT}layers/site/hi": None})), "within the site limits"),
    "the other limit missing": (lambda: found(order(policy={f"{POINT}layers/site/lo": None})), "within the site"),
    "other approvals": (lambda: found(order(permit={"approvals": ["1" * 64]})), "names other approvals"),
    "nobody": (lambda: found(order(people=())), "0 people approved"),
    "too few": (lambda: found(order(plan={"class": "M"})), "1 people approved"),
    "no supervisor": (
        lambda: found(order(plan={"class": "H"}, people=(*THREE[:2], ("e.rossi", "operator")))),
        "0 of them supervisors",
    ),
    "two where three are needed": (lambda: found(order(plan={"class": "H"}, people=THREE[1:])), "2 people approved"),
    "twice": (lambda: found(order(plan={"class": "M"}, people=PEOPLE * 2)), "has approved twice"),
    "a quorum of none": (lambda: found(order(policy={"quorum/low/n": 0}, people=())), "0 people approved"),
    "unknown": (lambda: found(order(people=(("nobody", "operator"),))), "no person that"),
    "shared": (lambda: found(order(people=(("night-shift", "operator"),))), "no person that"),
    "signed by somebody": (lambda: found(order(said={"signer": "b.chen/k1"})), "not signed with"),
    "under another key's name": (lambda: found(order(said={"key_id": "k9", "signer": "a.mueller/k1"})), "not signed"),
    "revoked": (lambda: found(order(policy={"persons/a.mueller/keys/0/revoked": True})), "or the key is revoked"),
    "approves another plan": (lambda: found(order(said={"plan_digest": "0" * 64})), "for another plan, permit"),
    "approves another permit": (lambda: found(order(said={"permit_id": "other"})), "for another plan, permit"),
    "approves under another policy": (lambda: found(order(said={"policy_digest": "0" * 64})), "for another plan"),
    "rejects": (lambda: found(order(said={"decision": "reject"})), "or no approval"),
    "the proposer's": (lambda: found(order(plan={"proposer/on_behalf_of_person": "a.mueller"})), "the proposer's own"),
    "the agent's": (lambda: found(order(plan={"proposer/agent_id": "a.mueller"})), "the proposer's own"),
    "from the future": (lambda: found(order(said={"at_ms": NOW.utc_ms + 501})), "from the future"),
    "approval expired": (lambda: found(order(said={"expires_ms": NOW.utc_ms})), "expired"),
    "in another role": (lambda: found(order(people=(("a.mueller", "engineer"),))), "without authority"),
    "lapsed": (lambda: found(order(people=(("d.lapsed", "operator"),))), "without authority"),
    "lapsed at this moment": (
        lambda: found(order(policy={"persons/a.mueller/authorities/0/valid_until_utc": "2026-01-05T09:00:00Z"})),
        "without authority",
    ),
    "for other points": (
        lambda: found(order(policy={"persons/a.mueller/authorities/0/bindings": ["pump-2-speed"]})),
        "without authority",
    ),
    "for other classes": (
        lambda: found(order(policy={"persons/a.mueller/authorities/0/classes": ["M"]})),
        "without authority",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told(case: str) -> None:
    made, words = WRONG[case]
    assert any(words in one for one in made()), made()


def test_of_several_approvals_every_one_has_to_be_right() -> None:
    good, rules = order(people=THREE[:2], plan={"class": "M"})
    assert found((good, rules)) == []
    bad = site.approval(good.plan, "c.okafor", "supervisor", rules, signer="somebody")
    words = (*good.approvals, bad)
    statement = good.permit.statement.model_copy(update={"approvals": [one.digest for one in words]})
    more = replace(good, permit=PermitDocument.issue(statement, site.key("gate")), approvals=words)
    assert len(found((more, rules))) == 1 and "c.okafor" in found((more, rules))[0]


def test_only_canonical_bytes_are_an_order() -> None:
    made, _ = order()
    words = tuple(one.model_dump(mode="json") for one in made.approvals)
    assert order_of(made.permit, made.raw, words) == made
    assert "canonical" in str(order_of(made.permit, made.raw.replace(b":", b": ", 1), words))
    assert "can't be read" in str(order_of(made.permit, b"{}", words))
    assert "can't be read" in str(order_of(made.permit, made.raw, ({},)))


BOX = Mailbox("pump-1-speed", 41, 0, None, 0, True, True, 4, NOW.utc_ms)
MEASURED = "values/pump-1-speed-limit/"
PLANT: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = {
    "as it is": ({}, {}, {}, ""),
    "a command of ours in force": ({}, {}, {"active_micro": 1, "owner_seq": 9}, ""),
    "at the tolerance": ({}, {f"{MEASURED}micro": 70_500_000}, {}, ""),
    "at the lower tolerance": ({}, {f"{MEASURED}micro": 69_500_000}, {}, ""),
    "above it": ({}, {f"{MEASURED}micro": 70_500_001}, {}, "measured value"),
    "below it": ({}, {f"{MEASURED}micro": 69_499_999}, {}, "measured value"),
    "not measured": ({}, {f"{MEASURED}micro": None}, {}, "measured value"),
    "nothing expected": ({"pre/expected_micro": None}, {}, {}, "measured value"),
    "zero where nothing is expected": ({"pre/expected_micro": None}, {f"{MEASURED}micro": 0}, {}, "measured value"),
    "zero expected, nothing measured": ({"pre/expected_micro": 0}, {f"{MEASURED}micro": None}, {}, "measured value"),
    "another twin": ({}, {"twin_version": "graph-119"}, {}, "have changed"),
    "another command": ({}, {}, {"ack_seq": 42}, "have changed"),
    "in local": ({}, {}, {"remote": False}, "in local"),
    "an interlock": ({}, {}, {"interlocks": False}, "interlock"),
    "by hand": ({}, {}, {"active_micro": 0}, "at the panel"),
    "the same fence": ({}, {}, {"fence": 5}, "a later fence"),
    "no state before": ({"pre": None}, {}, {}, "no point, or no state"),
    "no such point": ({"target/twin_id": "elsewhere"}, {}, {}, "no point, or no state"),
}


@pytest.mark.parametrize("case", PLANT)
def test_what_stands_against_it_in_the_plant(case: str) -> None:
    plan, snapshot, box, words = PLANT[case]
    made, rules = order(plan=plan)
    document = site.snapshot_document()
    site.put(document, snapshot)
    told = list(plant_faults(made, rules, site.signed(document).snapshot, replace(BOX, **box)))
    assert (not told) if not words else any(words in one for one in told), told


def test_a_value_is_outside_of_the_layers_that_do_not_hold_it() -> None:
    point = site.policy().points[0]
    assert outside_of(point, 62_500_000) == () and outside_of(point, 39_999_999) == ("site",)
    assert outside_of(point, -1) == ("instrument", "nameplate", "site")
