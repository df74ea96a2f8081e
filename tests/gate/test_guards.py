"""Each guard of select and operate by itself: here every rule allows everything, and the guard alone is in the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from twinwright_gate.auditor import chain
from twinwright_gate.desk import approving, arming
from twinwright_gate.desk.core import Refused
from twinwright_gate.evaluate import Evaluation, Outcome, Result
from twinwright_gate.machine.states import State
from twinwright_gate.reasons import RULE_IDS
from twinwright_gate.store.rows import Move

from . import plantsite as site
from .world import World, unhurried


def blind(world: World) -> None:
    """From now on every rule allows."""

    def allowing(*given: Any) -> Evaluation:
        return replace(unhurried(*given), results=tuple(Result(one, Outcome.ALLOW, ()) for one in RULE_IDS))

    world.core.evaluator = allowing


def set_in_force(world: World, change: dict[str, Any]) -> None:
    world.policy = world.executor.policy = site.changed_policy(change)
    world.desk.put_in_force(world.policy, "test")


def twin_changes(world: World) -> None:
    world.device.condition_now = replace(world.device.condition_now, twin_version="graph-119")


def age(world: World, seconds: float) -> None:
    """Time passes that the decision loop doesn't see."""
    world.clock.advance(seconds)


LATER: dict[str, tuple[Callable[[World], object], str, State]] = {
    "too old": (lambda world: age(world, 28_801), "R13.PLAN_AGE", State.EXPIRED),
    "rebooted": (lambda world: world.clock.reboot(), "R13.REBOOTED", State.EXPIRED),
    "set ahead": (lambda world: world.clock.step_utc(61), "R13.CLOCK", State.DENIED),
    "set back": (lambda world: world.clock.step_utc(-61), "R13.CLOCK", State.DENIED),
    "another policy": (lambda world: set_in_force(world, {"version": 8}), "R16.POLICY_CHANGED", State.DENIED),
    "another twin": (twin_changes, "R16.TWIN_VERSION", State.DENIED),
    "latched": (lambda world: world.kill.latch("test"), "R24.KILL_LATCHED", State.DENIED),
    "unreadable": (lambda world: world.kill.path.write_bytes(b"?"), "R24.KILL_UNREADABLE", State.DENIED),
}


@pytest.mark.parametrize("change", LATER)
def test_a_guard_of_select(world: World, change: str) -> None:
    does, reason, state = LATER[change]
    permit_id = world.approved()
    blind(world)
    does(world)
    assert world.refused(lambda: world.executor.select(permit_id))[0] == reason
    assert world.state(permit_id) is state and world.writes == 0 and not world.core.store.locks()


@pytest.mark.parametrize("change", [one for one in LATER if one not in ("too old", "set ahead", "set back")])
def test_a_guard_of_operate(world: World, change: str) -> None:
    does, reason, state = LATER[change]
    armed = world.armed()
    blind(world)
    does(world)
    assert world.refused(lambda: world.executor.operate(armed))[0] == reason
    assert world.state(armed.token.permit_id) is state and world.writes == 0 and not world.core.store.locks()


@pytest.mark.parametrize(("seconds", "refused"), [(10, None), (10.001, "R13.ARM_EXPIRED"), (-0.001, "R13.ARM_EXPIRED")])
def test_the_arm_window_is_closed_at_both_ends(world: World, seconds: float, refused: str | None) -> None:
    armed = world.armed()
    blind(world)
    world.clock.advance(seconds)
    if refused is None:
        assert world.executor.operate(armed).state is State.EXECUTED
    else:
        assert world.refused(lambda: world.executor.operate(armed)) == [refused]
        assert world.state(armed.token.permit_id) is State.EXPIRED and world.writes == 0


@pytest.mark.parametrize(("seconds", "utc", "state"), [(2, 0, None), (2.001, 0, State.EXPIRED), (0, 2, State.EXPIRED)])
def test_a_permit_is_over_after_its_time_by_either_clock(
    folder: Path, seconds: float, utc: float, state: State | None
) -> None:
    world = World(folder, site.changed_policy({"times/permit_s": 2}))
    armed = world.armed()
    blind(world)
    world.clock.advance(seconds)
    world.clock.step_utc(utc - (0.001 if state is None else 0))
    if state is None:
        assert world.desk.operate(armed.token, "executor-1", world.executor.snapshot("pump-1-speed"))
    else:
        assert world.refused(lambda: world.executor.operate(armed)) == ["R13.PERMIT_EXPIRED"]
        assert world.state(armed.token.permit_id) is state and world.writes == 0
    world.close()


def test_a_permit_does_not_hold_before_its_time(world: World) -> None:
    armed = world.armed()
    blind(world)
    world.clock.step_utc(-0.001)
    assert world.refused(lambda: world.executor.operate(armed)) == ["R13.PERMIT_EXPIRED"]


@pytest.mark.parametrize("armed_first", [False, True])
def test_an_approval_whose_key_is_revoked_stands_no_more(
    world: World, armed_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Revoked in the store alone, so that nothing but the guard notices."""
    permit_id = world.approved()
    armed = world.executor.select(permit_id) if armed_first else None
    world.core.store.revoke_key("a.mueller/k1", Move("test", "key.revoked", {}))
    monkeypatch.setattr(arming._Attempt, "rules_allow", lambda self, phase: [])
    do = (lambda: world.executor.operate(armed)) if armed is not None else (lambda: world.executor.select(permit_id))
    assert world.refused(do) == ["R17.REVOKED"]
    assert world.state(permit_id) is State.DENIED and world.writes == 0


@pytest.mark.parametrize(
    ("other", "reason"),
    [({"value": "65"}, "R19.TARGET_LOCKED"), (site.PUMP_2, "R19.GROUP_LOCKED")],
)
def test_what_is_locked_is_not_armed(world: World, other: dict[str, str], reason: str) -> None:
    second = world.propose(**other).permit_id or ""
    world.approve(second)
    first = world.armed()
    blind(world)
    assert world.refused(lambda: world.executor.select(second)) == [reason]
    assert world.state(second) is State.DENIED and world.state(first.token.permit_id) is State.ARMED


def test_what_is_in_quarantine_is_not_armed(world: World) -> None:
    first, second = world.approved(), world.approved(value="65")
    world.executor.operate(world.executor.select(first))
    world.clock.advance(1)
    world.executor.verify(first)
    world.device.boxes["pump-1-speed"].panel(66_000_000)
    assert world.executor.relinquish(first).state is State.QUARANTINED
    blind(world)
    assert world.refused(lambda: world.executor.select(second)) == ["R19.QUARANTINED"]


TOKEN = {"plan_digest": "0" * 64, "snapshot_digest": "0" * 64, "fence": 99, "boot_id": "other", "armed_at_boottime": 1}


@pytest.mark.parametrize("field", TOKEN)
def test_the_token_has_to_be_equal_in_every_field(world: World, field: str) -> None:
    armed = world.armed()
    blind(world)
    other = replace(armed, token=armed.token.model_copy(update={field: TOKEN[field]}))
    assert world.refused(lambda: world.executor.operate(other)) == ["R15.TOKEN"]
    assert world.state(armed.token.permit_id) is State.DENIED and world.writes == 0


def test_another_executor_operates_nothing_and_ends_nothing(world: World) -> None:
    armed, signed = world.armed(), world.executor.snapshot("pump-1-speed")
    blind(world)
    wanted = world.refused(lambda: world.desk.operate(armed.token, "executor-2", signed))
    assert wanted == ["R19.OTHER_EXECUTOR"] and world.state(armed.token.permit_id) is State.ARMED
    assert world.executor.operate(armed).state is State.EXECUTED


def test_a_snapshot_decides_once(world: World) -> None:
    permit_id, signed = world.approved(), world.executor.snapshot("pump-1-speed")
    armed = world.desk.select(permit_id, "executor-1", signed)
    assert world.refused(lambda: world.desk.operate(armed.token, "executor-1", signed)) == ["R09.STALE"]
    assert world.state(permit_id) is State.DENIED and world.writes == 0


def test_who_finds_it_consumed_is_recorded(world: World) -> None:
    armed = world.armed()
    stale = world.desk.permit(armed.token.permit_id)
    world.executor.operate(armed)
    blind(world)
    signed = world.executor.snapshot("pump-1-speed")
    with pytest.raises(Refused):
        arming.operate(world.core, stale, "executor-1", armed.token, signed)
    told = [one.content for one in chain.records(world.folder / "audit.jsonl")][-1]
    assert (told["event"], told["body"]["reasons"]) == ("permit.refused", ["R14.CONSUMED"])
    assert world.state(stale.permit_id) is State.EXECUTED and world.writes == 1


def test_a_permit_says_what_it_was_decided_on(world: World) -> None:
    permit_id, signed = world.approved(), world.executor.snapshot("pump-1-speed")
    armed, now = world.desk.select(permit_id, "executor-1", signed), world.clock.now()
    told, life = armed.permit.statement, 1000 * world.policy.times.permit_s
    assert (told.not_before_ms, told.expires_ms, told.max_age_boot_ms) == (now.utc_ms, now.utc_ms + life, life)
    assert (told.policy_digest, told.snapshot_digest) == (world.policy.digest, signed.snapshot.digest)
    assert told.fence == armed.token.fence == 1 and told.max_uses == 1 and told.executor_id == "executor-1"
    assert set(world.core.store.locks()) == {"binding:pump-1-speed", "group:glycol-pumps"}
    assert len(armed.approvals) == 1 and json.loads(armed.plan)["set"]["value_micro"] == 62_500_000


@pytest.mark.parametrize(
    ("seconds", "utc", "reasons"),
    [
        (28_800, 0, []),
        (28_800.001, 0, ["R13.PLAN_AGE"]),
        (28_799.7, 0.5, ["R13.PLAN_AGE"]),
        (28_800.2, -0.5, ["R13.PLAN_AGE"]),
        (0, 0.5, []),
        (1, -1, []),
        (-0.001, 0, ["R13.CLOCK"]),
    ],
)
def test_how_old_an_evaluation_may_be(folder: Path, seconds: float, utc: float, reasons: list[str]) -> None:
    world = World(folder, site.changed_policy({"times/plan_s": 28_800, "times/disagreement_ms": 1_000}))
    permit = world.desk.permit(world.propose().permit_id or "")
    world.clock.advance(seconds)
    world.clock.step_utc(utc)
    assert [one.reason.value for one in approving.unexpired(world.core, permit)] == reasons
    world.close()


def test_who_loses_an_arming_to_another_ends_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = world.desk.permit(world.approved())
    world.executor.select(stale.permit_id)
    monkeypatch.setattr(arming._Attempt, "locks_free", lambda self: [])
    blind(world)
    signed = world.executor.snapshot("pump-1-speed")
    with pytest.raises(Refused) as refused:
        arming.select(world.core, stale, "executor-1", signed)
    assert refused.value.refusals[0].reason.value == "R14.CONSUMED" and refused.value.state is State.ARMED
    assert world.state(stale.permit_id) is State.ARMED and world.core.store.locks()


def test_an_empty_version_equals_none_not_even_another_empty_one(world: World) -> None:
    permit = world.desk.permit(world.approved())
    plan = json.loads(permit.plan)
    plan["pre"]["twin_version"] = ""
    world.device.condition_now = replace(world.device.condition_now, twin_version="")
    signed = world.executor.snapshot("pump-1-speed")
    for pre in (plan["pre"], None):
        other = replace(permit, plan=json.dumps(plan | {"pre": pre}).encode())
        attempt = arming._Attempt(world.core, other, signed, "executor-1")
        assert [one.reason.value for one in attempt.twin_unchanged()] == ["R16.NO_VERSION"]


@pytest.mark.parametrize("change", ["DELETE FROM locks", "UPDATE locks SET fence = 99"])
def test_nothing_is_consumed_without_the_lock_of_its_arming(world: World, change: str) -> None:
    """The rules don't see it here: the store itself is what says no."""
    armed = world.armed()
    blind(world)
    world.core.store._db.execute(change)
    assert world.refused(lambda: world.executor.operate(armed)) == ["R14.CONSUMED"]
    assert world.state(armed.token.permit_id) is State.ARMED and world.writes == 0
    assert world.core.store.writes(1000, world.clock.now()) == ()
