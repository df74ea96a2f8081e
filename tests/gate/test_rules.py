"""Every rule alone: the example is allowed, and one thing changed is denied by one rule, in words."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from twinwright_gate import timing
from twinwright_gate.checks import Check, Request, Rule
from twinwright_gate.context import Phase
from twinwright_gate.evaluate import RULE_NS, Outcome, evaluate
from twinwright_gate.reasons import ACTING, FAULTS, RULE_IDS, Reason
from twinwright_gate.rules import RULES

from .edge_cases import ALLOWED, DENIED
from .plantsite import FILLER, PUMP_2, Scene, deniers, scene
from .rule_cases import CASES, Case

PARSED = {reason for reason in Reason if reason.rule == "R02"}
FAULTY = {reason for reason in Reason if reason.value.partition(".")[2] in FAULTS}


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("target", [{}, PUMP_2, FILLER], ids=["pump 1", "pump 2", "filler"])
def test_the_example_is_allowed(phase: Phase, target: dict[str, str]) -> None:
    found = scene(phase, target=target).judge()
    assert found.allowed, found.findings
    assert (found.state, found.reason, len(found.results)) == ("ALLOWED", None, 25)


def played(case: Case) -> Scene:
    made = scene(case.phase, **case.change)
    if case.reason == "R17.WITHDRAWN":
        signed = made.context.approvals[0]
        return replace(made, context=replace(made.context, withdrawn=frozenset({signed.digest})))
    return made


@pytest.mark.parametrize("case", ALLOWED, ids=lambda case: case.name)
def test_up_to_the_edge_it_is_allowed(case: Case) -> None:
    found = scene(case.phase, **case.change).judge()
    assert found.allowed, found.findings


@pytest.mark.parametrize("case", [*CASES, *DENIED], ids=lambda case: f"{case.reason} {case.name}")
def test_one_thing_wrong_is_denied_by_its_rule_alone(case: Case) -> None:
    found = played(case).judge()
    rule = case.reason.partition(".")[0]
    assert not found.allowed and found.state == "DENIED"
    assert deniers(found) - case.others == {rule}
    codes = [one.reason.value for one in found.findings if one.reason.rule == rule]
    assert case.reason in codes
    assert all(one.sentence.endswith(".") for one in found.findings)


def test_every_rule_is_the_only_one_to_deny_somewhere() -> None:
    alone = {case.reason[:3] for case in CASES if not case.others}
    assert alone == set(RULE_IDS) - {"R02"}  # which is below


def test_every_reason_has_a_case() -> None:
    told = {case.reason for case in CASES}
    assert {reason.value for reason in set(Reason) - PARSED - FAULTY - ACTING} - told == set()


def not_strict() -> tuple[Scene, Scene]:
    """Plans that no reader gives: one too large, one that isn't absolute."""
    good = scene()
    huge = good.plan.model_copy(update={"reason_text": "\u20ac" * 16_000})
    relative = good.plan.model_copy(update={"set": good.plan.set.model_copy(update={"kind": "increment"})})
    return replace(good, plan=huge), replace(good, plan=relative)


def test_a_plan_that_the_strict_reader_would_not_give_is_denied_by_r02_alone() -> None:
    huge, relative = (one.judge() for one in not_strict())
    assert deniers(huge) == deniers(relative) == {"R02"}
    assert (huge.reason, relative.reason) == (Reason.TOO_LARGE, Reason.PLAN)


def test_a_limit_is_told_with_its_figure() -> None:
    found = scene(target={"value": "90.5"}, policy={"points/pump-1-speed/dynamics/max_step": 10**8}).judge()
    told = [(one.sentence, one.limit) for one in found.findings if one.reason is Reason.ABOVE]
    assert ("90.5 % is above the site limit of 90 %.", "pump-1-speed/site.hi") in told


def test_an_agent_is_told_figures_of_its_own_assets_only() -> None:
    own = scene(target={"value": "90.5"}).judge()
    assert own.for_agent() == own.findings and "90 %" in own.sentence
    other = scene(target={"value": "90.5"}, proposal={"proposer/on_behalf_of_person": "b.chen"}).judge()
    assert [one.reason for one in other.for_agent()] == [one.reason for one in other.findings]
    assert not any(character.isdigit() for one in other.for_agent() for character in one.sentence)


def test_the_closed_interval_includes_its_ends() -> None:
    wide = {"points/pump-1-speed/dynamics/max_step": 10**8, "points/pump-1-speed/dynamics/per_minute": 10**8}
    wide |= {"groups/glycol-pumps/total/hi": 10**9, "points/pump-1-speed/dynamics/travel": 10**8}
    assert scene(target={"value": "90"}, policy=wide).judge().allowed
    assert scene(target={"value": "40"}, policy=wide).judge().allowed
    for value in ("90.000001", "39.999999"):
        assert "R05" in deniers(scene(target={"value": value}, policy=wide).judge())


def test_approvals_never_widen() -> None:
    for phase in (Phase.ARM, Phase.OPERATE):
        found = scene(phase, target={"value": "95"}).judge()
        assert found.reason is Reason.ABOVE
        assert {"R17", "R18"}.isdisjoint(deniers(found))


def test_the_lowest_numbered_rule_is_reported_and_all_are_listed() -> None:
    found = scene(
        snapshot={"work/locked_out": True}, context={"kill": "latched"}, plan={"set/unit": "1", "verify": None}
    ).judge()
    assert [one.reason.rule for one in found.findings] == ["R03", "R11", "R22", "R22", "R24"]
    assert found.reason is Reason.UNIT and len(found.results) == 25


def test_actuation_off_is_reported_ahead_of_all() -> None:
    found = scene(policy={"actuation": "off"}, plan={"set/unit": "1"}).judge()
    assert [one.reason for one in found.findings[:2]] == [Reason.ACTUATION_OFF, Reason.UNIT]
    good = scene()
    found = evaluate(good.plan, good.snapshot, None, good.context)
    assert (found.state, found.reason) == ("DENIED", Reason.ACTUATION_OFF)


def raising(_: Request) -> Any:
    raise ZeroDivisionError


def exotic(_: Request) -> Any:
    class StrangeError(Exception):
        """Nothing that anybody expects."""

    raise StrangeError


BAD_RULES = {
    "ERROR": (raising, exotic, lambda request: 7, lambda request: None),
    "NO_RESULT": (
        lambda request: [],
        lambda request: ["allow"],
        lambda request: [Check(Reason.UNIT, "yes", "")],  # type: ignore[arg-type]
        lambda request: [Check(Reason.ABOVE, True, "")],
    ),
}


@pytest.mark.parametrize(("fault", "checks"), [(name, one) for name, rules in BAD_RULES.items() for one in rules])
def test_a_rule_that_misbehaves_denies(fault: str, checks: Any) -> None:
    rules = [Rule("R03", "bad", checks) if rule.id == "R03" else rule for rule in RULES]
    good = scene()
    found = evaluate(good.plan, good.snapshot, good.policy, good.context, rules=rules, clock=lambda: 0)
    assert (found.state, found.reason) == ("DENIED", f"R03.{fault}")
    assert found.results[2].outcome is Outcome.INDETERMINATE


def test_a_rule_that_is_late_denies_at_once_even_if_it_would_allow() -> None:
    good = scene()
    for spent, allowed in ((RULE_NS, True), (RULE_NS + 1, False)):
        ticks = iter([0, 0] * 4 + [0, spent] + [0, 0] * 20)
        found = evaluate(good.plan, good.snapshot, good.policy, good.context, clock=ticks.__next__)
        assert found.allowed is allowed
        assert allowed or (found.reason == "R05.TIMEOUT" and len(found.findings) == 1)


def slow(how: Callable[[], object]) -> list[Rule]:
    """The rules, of which R03 does something first, and then allows."""

    def checks(request: Request) -> Iterator[Check]:
        how()
        yield Check(Reason.UNIT, True, "")

    return [Rule("R03", "slow", checks) if rule.id == "R03" else rule for rule in RULES]


def busy() -> None:
    until = time.thread_time_ns() + RULE_NS
    while time.thread_time_ns() <= until:
        pass


@pytest.mark.parametrize("how", [busy, lambda: time.sleep(RULE_NS / 1e9)], ids=["computes", "sleeps"])
def test_a_rule_that_computes_or_sleeps_too_long_denies_by_the_real_clock(how: Callable[[], object]) -> None:
    good = scene()
    found = evaluate(good.plan, good.snapshot, good.policy, good.context, rules=slow(how))
    assert not found.allowed and found.results[2].findings[0].reason == "R03.TIMEOUT"


def test_a_rule_that_never_ends_denies_and_those_after_it_have_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinwright_gate.evaluate.HANG_S", 0.2)
    good, forever = scene(), threading.Event()
    found = evaluate(good.plan, good.snapshot, good.policy, good.context, rules=slow(forever.wait), clock=lambda: 0)
    forever.set()
    told = [one.reason.value for one in found.findings]
    assert told == ["R03.TIMEOUT"] + [f"{rule}.NO_RESULT" for rule in RULE_IDS[3:]]
    assert [one.outcome for one in found.results[:2]] == [Outcome.ALLOW] * 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_rule_that_ends_the_thread_has_no_result() -> None:
    good = scene()
    found = evaluate(good.plan, good.snapshot, good.policy, good.context, rules=slow(sys.exit), clock=lambda: 0)
    assert [one.reason.value for one in found.findings] == [f"{rule}.NO_RESULT" for rule in RULE_IDS[2:]]


def test_waiting_for_a_core_is_no_time_of_a_rules_own(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = [0]
    monkeypatch.setattr("time.monotonic_ns", lambda: passed[0])
    monkeypatch.setattr("os.pread", lambda *_: b"5000 %d 17\n" % (passed[0] * 3 // 4))
    with timing.own_time() as clock:
        started = clock()
        passed[0] = 4 * RULE_NS
        assert clock() - started == RULE_NS
        monkeypatch.setattr("os.pread", lambda *_: b"")  # no such account: then waiting counts too
        assert clock() - started == 4 * RULE_NS
    monkeypatch.setattr("twinwright_gate.timing._ACCOUNT", "/nowhere")
    with timing.own_time() as clock:
        assert clock() == 4 * RULE_NS


@pytest.mark.parametrize("gone", RULE_IDS)
def test_without_a_rule_nothing_is_allowed(gone: str) -> None:
    good = scene(Phase.OPERATE)
    rules = [rule for rule in RULES if rule.id != gone]
    found = evaluate(good.plan, good.snapshot, good.policy, good.context, rules=rules, clock=lambda: 0)
    assert (found.state, found.reason) == ("DENIED", f"{gone}.NO_RESULT")
    nothing = evaluate(good.plan, good.snapshot, good.policy, good.context, rules=(), clock=lambda: 0)
    assert not nothing.allowed and len(nothing.findings) == 25


def test_without_a_snapshot_nothing_is_allowed() -> None:
    good = scene()
    found = evaluate(good.plan, None, good.policy, good.context, clock=lambda: 0)
    assert found.reason == "R05.NO_INPUT" and {"R09", "R10", "R11", "R16"} <= deniers(found)


def test_the_same_inputs_give_the_same_digest_and_another_snapshot_does_not_change_it() -> None:
    one, two = scene().judge(), scene().judge()
    assert one.digest == two.digest
    moved = scene(snapshot={"values/return-temperature/micro": 3_600_000}).judge()
    assert moved.digest == one.digest and moved.snapshot_digest != one.snapshot_digest
    assert scene(context={"caller_uid": 1}).judge().digest != one.digest
