"""Each step of a permit's life and each check that stands in its way, on the real desk, store and executor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twinwright_gate.auditor import chain
from twinwright_gate.auditor.heads import anchors, hold
from twinwright_gate.context import PastWrite
from twinwright_gate.desk import arming
from twinwright_gate.desk.core import Refusal, Refused
from twinwright_gate.desk.surroundings import SHIFT_MS
from twinwright_gate.errors import AuditError, StoreError
from twinwright_gate.executor.device import AckCode, Command, DeviceError
from twinwright_gate.kill import ResetRefused
from twinwright_gate.machine.states import Event, State
from twinwright_gate.machine.table import TABLE
from twinwright_gate.reasons import Reason
from twinwright_gate.schema import Proposal
from twinwright_gate.signing import public_hex
from twinwright_gate.store.database import Conflict
from twinwright_gate.store.rows import Move

from . import plantsite as site
from .test_takeover import foreign
from .world import World


def logged(world: World) -> list[dict[str, Any]]:
    return [one.content for one in chain.records(world.folder / "audit.jsonl")]


def test_a_refusal_speaks_in_its_own_words_or_in_the_reasons() -> None:
    assert Refusal.of(Reason.TOKEN).sentence == Reason.TOKEN.sentence
    assert Refusal.of(Reason.TOKEN, "It is another one.").sentence == "It is another one."


def test_a_transition_is_recorded_with_its_states_and_policy(world: World) -> None:
    permit_id = world.approved()
    told = logged(world)[-1]
    assert (told["event"], told["body"]["from"], told["body"]["to"]) == ("permit.approval", "EVALUATED", "APPROVED")
    assert told["body"]["policy_digest"] == world.policy.digest and told["body"]["permit_id"] == permit_id


def test_a_permit_carries_fence_and_executor_from_its_arming_on(world: World) -> None:
    armed = world.armed()
    permit = world.executor.operate(armed)
    assert (permit.fence, permit.executor_id) == (armed.token.fence, "executor-1")
    assert world.desk.permit(permit.permit_id) == permit


def test_what_is_refused_is_recorded(world: World) -> None:
    permit_id = world.propose().permit_id or ""
    reasons = world.refused(lambda: world.executor.select(permit_id))
    told = logged(world)[-1]
    assert (told["event"], told["body"]["reasons"]) == ("permit.refused", reasons)


def test_a_permit_that_is_not_there_is_refused(world: World) -> None:
    assert world.refused(lambda: world.desk.permit("P-0")) == ["R14.NO_PERMIT"]


def test_a_record_stands_behind_all_that_wait(world: World) -> None:
    permit_id = world.propose().permit_id or ""
    world.core.store.note(permit_id, "note", Move("test", "test.waiting", {}))
    world.core.record("test", "test.later", {})
    assert [one["event"] for one in logged(world)[-2:]] == ["test.waiting", "test.later"]


def test_whether_the_log_can_be_written_is_found_out_by_writing_what_waits(world: World) -> None:
    permit_id = world.propose().permit_id or ""
    world.core.store.note(permit_id, "note", Move("test", "test.waiting", {}))
    assert world.core.audit_writable() and logged(world)[-1]["event"] == "test.waiting"
    world.core.store.note(permit_id, "note", Move("test", "test.waiting", {}))
    world.core.log.broken = True
    assert world.core.audit_writable() is False


def test_the_log_is_followed_by_signed_heads(world: World) -> None:
    world.propose()
    kept = list(anchors(world.folder / "heads.jsonl", public_hex(site.key("gate"))))
    assert kept
    hold([one.leaf for one in chain.records(world.folder / "audit.jsonl")], kept)


def test_who_loses_a_lock_to_another_is_denied(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard read the locks before the other one took them: the store itself is what says no."""
    first, second = world.approved(), world.approved(value="65")
    signed = world.executor.snapshot("pump-1-speed")
    world.executor.select(first)
    monkeypatch.setattr(arming._Attempt, "locks_free", lambda self: [])
    monkeypatch.setattr(arming._Attempt, "rules_allow", lambda self, phase: [])
    assert world.refused(lambda: world.desk.select(second, "executor-1", signed)) == ["R19.TARGET_LOCKED"]
    assert world.state(second) is State.DENIED and world.state(first) is State.ARMED


def test_who_loses_a_permit_to_another_finds_it_consumed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    armed = world.armed()
    stale = world.desk.permit(armed.token.permit_id)
    world.executor.operate(armed)
    monkeypatch.setattr(arming._Attempt, "unconsumed", lambda self: [])
    monkeypatch.setattr(arming._Attempt, "rules_allow", lambda self, phase: [])
    signed = world.executor.snapshot("pump-1-speed")
    lost = world.refused(lambda: arming.operate(world.core, stale, "executor-1", armed.token, signed))
    assert lost == ["R14.CONSUMED"] and world.state(stale.permit_id) is State.EXECUTED and world.writes == 1


def test_only_the_points_own_executor_has_it_armed(world: World) -> None:
    key = public_hex(site.key("executor-2"))
    executors = [*world.policy.document()["executors"]]
    executors.append({"executor_id": "executor-2", "public_key": key, "networks": ["plc-net"]})
    world.policy = world.executor.policy = site.changed_policy({"version": 8, "executors": executors})
    world.desk.put_in_force(world.policy, "test")
    permit = world.desk.permit(world.approved())
    for signed in (foreign(world), world.executor.snapshot("pump-1-speed")):
        wanted = world.refused(lambda signed=signed: arming.select(world.core, permit, "executor-2", signed))  # type: ignore[misc]
        assert wanted == ["R19.OTHER_EXECUTOR"]
    assert world.refused(lambda: arming.select(world.core, permit, "executor-1", foreign(world))) == [
        "R19.OTHER_EXECUTOR"
    ]
    assert world.state(permit.permit_id) is State.APPROVED


def test_what_may_still_arrive_is_not_told_to_be_absent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is late is on its way until its last moment is over by the device's own clock."""
    late: list[Command] = []

    def slow(command: Command) -> int:
        late.append(command)
        raise DeviceError("no answer in time")

    monkeypatch.setattr(world.device, "write", slow)
    permit_id = world.executor.operate(world.armed()).permit_id
    for seconds in (1, 8, 20):
        world.clock.advance(seconds)
        assert world.refused(lambda: world.executor.read_back(permit_id)) == ["R22.STATUS_UNKNOWN"]
        assert world.state(permit_id) is State.INDETERMINATE and world.core.store.locks()
    world.clock.advance(2)
    assert world.executor.read_back(permit_id).state is State.NOT_APPLIED and world.core.store.locks() == {}
    assert world.device.boxes["pump-1-speed"].commit(late[0]) is AckCode.TIMEOUT


def test_what_arrives_late_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    late: list[Command] = []
    monkeypatch.setattr(world.device, "write", lambda command: late.append(command) or 0x80000000)
    permit_id = world.executor.operate(world.armed()).permit_id
    world.clock.advance(1)
    assert world.refused(lambda: world.executor.read_back(permit_id)) == ["R22.STATUS_UNKNOWN"]
    assert world.device.boxes["pump-1-speed"].commit(late[0]) is AckCode.SUCCESS
    assert world.executor.read_back(permit_id).state is State.EXECUTED


def test_what_the_device_refused_is_absent_at_once(world: World) -> None:
    world.device.faults.add("mailbox refuses")
    permit_id = world.executor.operate(world.armed()).permit_id
    assert world.executor.read_back(permit_id).state is State.NOT_APPLIED


@pytest.mark.parametrize("seconds", [86_400, 3600 * 13])
def test_a_clock_that_is_set_ahead_forgets_no_write(world: World, seconds: float) -> None:
    world.executor.relinquish(world.holding())
    world.clock.step_utc(seconds)
    assert world.propose().reason is Reason.COOLDOWN
    assert world.core.store.writes(SHIFT_MS, world.clock.now())


def test_a_cooldown_may_be_longer_than_a_shift(folder: Path) -> None:
    world = World(folder, site.changed_policy({"points/pump-1-speed/dynamics/cooldown_s": 100_000}))
    world.executor.relinquish(world.holding())
    for hours, reason in ((13, Reason.COOLDOWN), (16, None)):
        world.clock.advance(3600 * hours)
        assert world.propose().reason is reason
    world.close()


def test_one_thing_that_fails_keeps_the_executor_from_nothing_else(folder: Path) -> None:
    world = World(folder, site.changed_policy({"points/filler-1-rate/binding/simulated": True}))
    world.device.faults.add("no effect")
    waiting = world.executor.operate(world.armed()).permit_id
    world.device.faults.clear()
    other = world.propose(**site.FILLER).permit_id or ""
    assert world.approve(other, "a.mueller", "b.chen").state is State.APPROVED
    with pytest.raises(Refused):
        world.executor.run_once()
    assert world.state(waiting) is State.EXECUTED and world.state(other) is State.EXECUTED
    world.close()


@pytest.mark.parametrize(
    ("state", "event", "stage"),
    [
        (State.PROPOSED, Event.EVALUATE, "evaluation"),
        (State.APPROVED, Event.SELECT, "token"),
        (State.ARMED, Event.OPERATE, "baseline"),
        (State.INDETERMINATE, Event.FIND_UNCLEAR, "alarm"),
        (State.ROLLING_BACK, Event.FAIL_REVERT, "alarm"),
    ],
)
def test_a_transition_without_what_it_has_to_store_does_not_happen(
    world: World, state: State, event: Event, stage: str
) -> None:
    armed = world.armed()
    permit_id, fence = armed.token.permit_id, armed.token.fence
    world.core.store._db.execute("UPDATE permits SET state = ? WHERE permit_id = ?", (state, permit_id))
    write = PastWrite("pump-1-speed", world.clock.now(), 0, 0)
    what = Move("test", "test", {}, {}, locks=("binding:other",), fence=fence, executor_id="executor-1", write=write)
    with pytest.raises(StoreError, match=f"has to store its {stage}"):
        world.core.store.move(permit_id, TABLE[state, event], what)
    assert world.state(permit_id) is state and "binding:other" not in world.core.store.locks()


def test_a_policy_in_force_is_in_the_log_at_once(world: World) -> None:
    world.desk.put_in_force(site.changed_policy({"version": 8}), "somebody")
    told = logged(world)[-1]
    assert (told["event"], told["actor"], told["body"]["version"]) == ("policy.loaded", "somebody", 8)
    world.desk.put_in_force(site.changed_policy({"version": 8}), "somebody")
    assert logged(world)[-1] == told


def test_an_older_snapshot_replaces_no_newer_one(world: World) -> None:
    before = world.executor.snapshot("pump-1-speed")
    world.clock.advance(1)
    world.executor.observe()
    newer = world.core.snapshots["pump-1-speed"]
    assert world.refused(lambda: world.desk.observe(before)) == ["R09.STALE"]
    assert world.core.snapshots["pump-1-speed"] is newer
    world.desk.observe(newer)  # of the same moment


def test_the_log_tells_of_latch_and_reset(world: World) -> None:
    world.desk.latch("somebody")
    told = logged(world)[-1]
    assert (told["event"], told["actor"], told["body"]) == ("kill.latched", "somebody", {"count": 1})
    with pytest.raises(ResetRefused):
        world.desk.reset(world.signed_reset("a.mueller"))
    assert logged(world)[-1] == told
    world.reset_kill()
    assert (logged(world)[-1]["event"], logged(world)[-1]["actor"]) == ("kill.reset", "person c.okafor")


def test_nobody_clears_the_switch_without_a_record(world: World) -> None:
    world.desk.latch("test")
    reset = world.signed_reset()
    world.core.log.broken = True
    with pytest.raises(AuditError):
        world.desk.reset(reset)
    assert world.kill.read(world.policy).state == "latched"


def test_work_is_for_the_executor_that_armed_it(world: World) -> None:
    waiting, armed = world.approved(**site.PUMP_2), world.armed()
    world.executor.operate(armed)
    mine = {one["permit_id"]: (one["do"], one["beat"]) for one in world.desk.work("executor-1")}
    assert mine == {waiting: ("select", 0), armed.token.permit_id: ("verify", 1)}
    assert world.desk.work("executor-2") == []
    key = public_hex(site.key("executor-2"))
    executors = [*world.policy.document()["executors"]]
    executors.append({"executor_id": "executor-2", "public_key": key, "networks": ["plc-net"]})
    moved = {f"points/{name}/binding/executor_id": "executor-2" for name in ("pump-1-speed", "pump-2-speed")}
    world.desk.put_in_force(site.changed_policy({"version": 8, "executors": executors} | moved), "test")
    assert world.desk.work("executor-1") == []
    assert [one["permit_id"] for one in world.desk.work("executor-2")] == [waiting]


def test_what_waits_is_shown_with_what_it_takes(world: World) -> None:
    permit_id = world.propose().permit_id or ""
    told = world.desk.pending()[0]
    assert told == world.desk.shown(permit_id)
    assert (told["permit_id"], told["state"], told["signed"]) == (permit_id, "EVALUATED", [])
    assert told["policy_digest"] == world.policy.digest and told["needed"] == {"n": 1, "m": 3, "supervisors": 0}
    world.approve(permit_id)
    assert world.desk.shown(permit_id)["signed"] == ["a.mueller"]
    world.desk.put_in_force(None, "test")
    told = world.desk.shown(permit_id)
    assert (told["policy_digest"], told["needed"], told["state"]) == (None, None, "APPROVED")


def test_permits_are_counted_where_people_may_have_to_act(world: World) -> None:
    assert world.desk.counts() == {}
    world.propose()
    permit_id = world.holding()
    assert world.desk.counts() == {"EVALUATED": 1, "HOLDING": 1}
    world.device.boxes["pump-1-speed"].panel(66_000_000)
    world.executor.relinquish(permit_id)
    assert world.desk.counts() == {"EVALUATED": 1, "QUARANTINED": 1}
    world.desk.withdraw(world.desk.pending()[0]["permit_id"], site.UID)
    assert world.desk.counts() == {"QUARANTINED": 1}


def test_without_a_snapshot_there_is_no_plan(world: World) -> None:
    world.core.snapshots.clear()
    for unit, reasons in (("%", ["R09.STALE"]), ("Hz", ["R03.UNIT", "R09.STALE"])):
        wanted = Proposal.model_validate(site.proposal_document(unit=unit))
        answer = world.desk.propose(wanted, site.UID, "test")
        assert (answer.state, answer.reasons, answer.permit_id) == (State.DENIED, reasons, None)
        assert logged(world)[-1]["body"]["reasons"] == reasons
    assert world.core.store.tries("twinwright", 0) == (2, 2)
    assert "has sent none" in world.desk.propose(Proposal.model_validate(site.proposal_document()), 1, "test").sentence


def test_unit_and_limits_are_told_where_the_value_fits_into_no_bytes(world: World) -> None:
    assert world.propose(value="99999", unit="Hz").reasons == ["R03.UNIT", "R05.ABOVE", "R06.ENCODE_OVERFLOW"]
    assert world.propose(value="-99999").reasons == ["R05.BELOW", "R06.ENCODE_OVERFLOW"]


def test_what_fits_into_no_bytes_is_denied_within_the_limits_too(folder: Path) -> None:
    wide = [{"name": name, "lo": 0, "hi": 10**10} for name in ("instrument", "nameplate", "site")]
    world = World(folder, site.changed_policy({"points/pump-1-speed/layers": wide}))
    answer = world.propose(value="3276.8")
    assert (answer.reasons, answer.permit_id) == (["R06.ENCODE_OVERFLOW"], None)
    world.close()


def test_an_agent_that_asks_too_often_is_not_heard(world: World) -> None:
    for _ in range(world.policy.load.per_minute):
        permit_id = world.propose().permit_id or ""
        assert world.desk.withdraw(permit_id, site.UID).state is State.CANCELLED
    assert world.propose().reasons == ["R20.RATE_LIMIT"]
    world.clock.advance(60.001)
    assert world.propose().state is State.EVALUATED


@pytest.mark.parametrize("value", ["89", "99999"])
def test_an_agent_that_is_denied_too_often_is_not_heard(world: World, value: str) -> None:
    for _ in range(world.policy.load.probes):
        assert world.propose(value=value).state is State.DENIED
        world.clock.advance(7)
    assert world.propose().reasons == ["R20.PROBING"]
    world.clock.advance(601)
    assert world.propose().state is State.EVALUATED


def test_a_write_is_remembered_as_it_was_over_a_reboot_too(world: World) -> None:
    at = world.clock.now()
    world.executor.relinquish(world.holding())
    wrote = (PastWrite("pump-1-speed", at, 70_000_000, 62_500_000),)
    assert world.core.store.writes(1000, world.clock.now()) == wrote
    world.clock.advance(1)
    assert world.core.store.writes(1000, world.clock.now()) == ()
    world.clock.reboot()
    assert world.core.store.writes(SHIFT_MS, world.clock.now()) == wrote
    assert world.propose().reason is Reason.COOLDOWN


def test_a_permit_that_is_elsewhere_already_is_not_moved(world: World) -> None:
    permit_id = world.propose().permit_id or ""
    before = logged(world)
    with pytest.raises(Conflict):
        what = Move("test", "test", {}, {"end": {"reason": None}})
        world.core.store.move(permit_id, TABLE[State.APPROVED, Event.REFUSE], what)
    assert world.state(permit_id) is State.EVALUATED and world.core.store.stage(permit_id, "end") is None
    assert world.core.store.outbox() == [] and logged(world) == before


def test_a_store_that_cannot_be_read_is_an_error_of_ours(world: World) -> None:
    permit_id = world.propose().permit_id or ""
    world.core.store._db.execute("ALTER TABLE permits RENAME TO elsewhere")
    with pytest.raises(StoreError):
        world.core.store.permit(permit_id)
    world.core.store._db.execute("ALTER TABLE elsewhere RENAME TO permits")
