"""After the write: what each report and each snapshot comes to, at the edges too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twinwright_gate.auditor import chain
from twinwright_gate.desk import following
from twinwright_gate.machine.states import State
from twinwright_gate.reports import Report, SignedReport
from twinwright_gate.snapshot import Value
from twinwright_gate.store.rows import Permit

from . import plantsite as site
from .world import World

S = State
OURS = {"seq": 1, "ack_seq": 1, "ack_code": 0, "active_micro": 62_500_000, "owner_seq": 1}
LOCAL = {"seq": 1, "ack_seq": 0, "ack_code": 0, "active_micro": None, "owner_seq": 0}
FIRST = "pump-1-speed"


def tell(world: World, permit_id: str, kind: Any, signer: str = "executor-1", **fields: Any) -> Permit:
    """What the gate makes of a report by the executor, now."""
    permit, now = world.desk.permit(permit_id), world.clock.now().utc_ms
    told = {"executor_id": "executor-1", "fence": permit.fence, "status": None, "at_ms": now, "mailbox_ms": now}
    report = Report(v=1, permit_id=permit_id, kind=kind, **(told | fields))
    return world.desk.report(SignedReport.issue(report, site.key(signer)))


def reason(world: World, permit_id: str) -> Any:
    return world.desk.why(permit_id)["reason"]


def executing(world: World, **target: str) -> str:
    armed = world.armed(**target)
    binding = world.desk.permit(armed.token.permit_id).binding_id
    return world.desk.operate(armed.token, "executor-1", world.executor.snapshot(binding)).permit_id


def in_doubt(world: World) -> str:
    permit_id = executing(world)
    assert tell(world, permit_id, "refusal", seq=1).state is S.INDETERMINATE
    return permit_id


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": 0}, S.EXECUTED),
        ({"status": 1}, S.INDETERMINATE),
        ({"status": None}, S.INDETERMINATE),
        ({"status": 0x00A60000}, S.INDETERMINATE),  # GoodClamped
        ({"status": 0, "ack_seq": 2}, S.INDETERMINATE),
        ({"status": 0, "ack_seq": None}, S.INDETERMINATE),
        ({"status": 0, "ack_code": 5}, S.INDETERMINATE),
        ({"status": 0, "ack_code": None}, S.INDETERMINATE),
    ],
)
def test_only_good_exactly_is_executed(world: World, fields: dict[str, Any], state: State) -> None:
    permit_id = executing(world)
    assert tell(world, permit_id, "write", **(OURS | fields)).state is state
    assert world.core.store.stage(permit_id, "write") is not None


@pytest.mark.parametrize(
    ("fields", "signer", "wanted"),
    [
        ({}, "executor-2", "R19.OTHER_EXECUTOR"),
        ({"executor_id": "executor-9"}, "executor-1", "R19.OTHER_EXECUTOR"),
        ({"fence": 2}, "executor-1", "R14.FENCE"),
    ],
)
def test_a_report_of_another_moves_nothing(world: World, fields: dict[str, Any], signer: str, wanted: str) -> None:
    permit_id = executing(world)
    told = world.refused(lambda: tell(world, permit_id, "write", signer, **(OURS | {"status": 0} | fields)))
    assert told == [wanted] and world.state(permit_id) is S.EXECUTING


def test_a_named_executor_that_did_not_arm_it_reports_nothing(world: World) -> None:
    key = site.public_hex(site.key("executor-2"))
    executors = [*world.policy.document()["executors"]]
    executors.append({"executor_id": "executor-2", "public_key": key, "networks": ["plc-net"]})
    permit_id = executing(world)
    world.desk.put_in_force(site.changed_policy({"version": 8, "executors": executors}), "test")
    fields = OURS | {"status": 0, "executor_id": "executor-2"}
    assert world.refused(lambda: tell(world, permit_id, "write", "executor-2", **fields)) == ["R14.FENCE"]


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, S.EXECUTED),
        ({"active_micro": 62_600_000}, S.EXECUTED),
        ({"active_micro": 62_400_000}, S.EXECUTED),
        ({"active_micro": 62_600_001}, S.QUARANTINED),
        ({"active_micro": 62_399_999}, S.QUARANTINED),
        ({"owner_seq": 2}, S.QUARANTINED),
        ({"owner_seq": 0}, S.QUARANTINED),
        ({"owner_seq": 0, "seq": 0}, S.QUARANTINED),
        ({"active_micro": None, "owner_seq": 0}, S.EXECUTED),  # taken, and gone back by itself since
        ({"active_micro": None, "owner_seq": 0, "ack_code": 10}, S.NOT_APPLIED),
        ({"active_micro": None, "owner_seq": 0, "ack_seq": 4}, S.NOT_APPLIED),
        ({"active_micro": None, "owner_seq": 0, "ack_seq": 0, "seq": 0}, S.NOT_APPLIED),
        ({"active_micro": None, "owner_seq": 3}, S.QUARANTINED),
        ({"active_micro": 70_000_000, "owner_seq": 5, "ack_seq": 5}, S.QUARANTINED),
        ({"active_micro": 70_000_000, "owner_seq": 1, "ack_seq": 0}, S.QUARANTINED),
        ({"mailbox_ms": None}, S.QUARANTINED),
        ({"mailbox_ms": site.NOW_MS}, S.EXECUTED),
        ({"mailbox_ms": site.NOW_MS - 1}, S.QUARANTINED),
        (LOCAL | {"mailbox_ms": site.NOW_MS - 1}, S.QUARANTINED),
    ],
)
def test_a_readback_decides(world: World, fields: dict[str, Any], state: State) -> None:
    permit_id = in_doubt(world)
    assert tell(world, permit_id, "readback", **(OURS | fields)).state is state
    by_hand = state is S.QUARANTINED and (OURS | fields)["owner_seq"] == 0 and (OURS | fields)["active_micro"]
    wanted = "R23.MOVED_BY_HAND" if by_hand else "R22.NOT_OURS"
    assert reason(world, permit_id) == (wanted if state is S.QUARANTINED else None)
    assert bool(world.core.store.locks()) is (state is not S.NOT_APPLIED)
    assert (world.core.store.stage(permit_id, "alarm") is not None) is (state is S.QUARANTINED)


@pytest.mark.parametrize("fields", [LOCAL, LOCAL | {"active_micro": 70_000_000, "owner_seq": 7}])
@pytest.mark.parametrize(("seconds", "state"), [(30, S.INDETERMINATE), (30.001, S.NOT_APPLIED)])
def test_nothing_is_absent_before_its_last_moment(
    world: World, fields: dict[str, Any], seconds: float, state: State
) -> None:
    permit_id = in_doubt(world)
    world.clock.advance(seconds)
    if state is S.INDETERMINATE:
        told = world.refused(lambda: tell(world, permit_id, "readback", **fields))
        assert told == ["R22.STATUS_UNKNOWN"]
    else:
        tell(world, permit_id, "readback", **fields)
    assert world.state(permit_id) is state


@pytest.mark.parametrize("rolling", [False, True])
@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (LOCAL, None),
        (LOCAL | {"mailbox_ms": site.NOW_MS}, None),
        (LOCAL | {"mailbox_ms": site.NOW_MS - 1}, "R23.REVERT_FAILED"),
        (LOCAL | {"mailbox_ms": None}, "R23.REVERT_FAILED"),
        (OURS, "R23.REVERT_FAILED"),
        (OURS | {"owner_seq": 0}, "R23.MOVED_BY_HAND"),
        (OURS | {"active_micro": 0}, "R23.REVERT_FAILED"),
    ],
)
def test_what_comes_of_giving_back(world: World, rolling: bool, fields: dict[str, Any], why: str | None) -> None:
    permit_id = world.holding()
    if rolling:
        world.desk.latch("test")
    good = S.ROLLED_BACK if rolling else S.CLOSED
    assert tell(world, permit_id, "relinquish", **fields).state is (good if why is None else S.QUARANTINED)
    assert bool(world.core.store.locks()) is (why is not None)
    if why is not None:
        assert reason(world, permit_id) == why
    if why is not None and not rolling:
        begun = [one.content["body"] for one in chain.records(world.folder / "audit.jsonl")][-2]
        assert begun["to"] == "ROLLING_BACK"
        assert begun["reasons"] == ["R23.MOVED_BY_HAND" if why == "R23.MOVED_BY_HAND" else "R23.HOLD_OVER"]


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, S.CLOSED),
        ({"active_micro": 50_100_000}, S.CLOSED),
        ({"active_micro": 49_900_000}, S.CLOSED),
        ({"active_micro": 50_100_001}, S.QUARANTINED),
        ({"active_micro": 49_899_999}, S.QUARANTINED),
        ({"owner_seq": 0, "ack_seq": 0}, S.QUARANTINED),
        ({"owner_seq": 2, "ack_seq": 3}, S.QUARANTINED),
        ({"active_micro": None, "owner_seq": 0}, S.CLOSED),
    ],
)
def test_a_value_to_go_back_to_is_in_force_by_a_command_of_ours(
    world: World, fields: dict[str, Any], state: State
) -> None:
    permit_id = world.holding(**site.PUMP_2)
    told = {"seq": 2, "ack_seq": 2, "ack_code": 0, "active_micro": 50_000_000, "owner_seq": 2}
    assert tell(world, permit_id, "relinquish", **(told | fields)).state is state


def test_a_value_in_force_is_no_way_back_where_the_plan_relinquishes(world: World) -> None:
    told = {"seq": 2, "ack_seq": 2, "ack_code": 0, "active_micro": 0, "owner_seq": 2}
    assert tell(world, world.holding(), "relinquish", **told).state is S.QUARANTINED


def change(world: World, name: str, **update: Any) -> None:
    """From now on an input shows something else."""

    def changed(value: Value) -> Value | None:
        if value.id != name or update.get("gone"):
            return None if value.id == name else value
        return value.model_copy(update=update)

    world.device.change_value = changed


ECHO, EFFECT, WROTE = "pump-1-speed-limit", "pump-1-flow", site.NOW_MS + 1000


@pytest.mark.parametrize(
    ("name", "update", "wanted"),
    [
        (ECHO, {"micro": 62_600_000}, None),
        (ECHO, {"micro": 62_400_000}, None),
        (ECHO, {"micro": 62_600_001}, "R22.NO_ECHO"),
        (ECHO, {"micro": 62_399_999}, "R22.NO_ECHO"),
        (ECHO, {"micro": None, "state": "62.5"}, "R22.NO_ECHO"),
        (ECHO, {"gone": True}, "R22.NO_ECHO"),
        (ECHO, {"source": "twin"}, "R22.NO_ECHO"),
        (ECHO, {"status": 0x00960000}, "R22.NO_ECHO"),
        (ECHO, {"source_ms": WROTE}, "R22.NO_ECHO"),
        (ECHO, {"source_ms": WROTE + 1}, None),
        (EFFECT, {"micro": 5_000_000}, None),
        (EFFECT, {"micro": 60_000_000}, None),
        (EFFECT, {"micro": 4_999_999}, "R22.NO_EFFECT"),
        (EFFECT, {"micro": 60_000_001}, "R22.NO_EFFECT"),
        (EFFECT, {"micro": None, "state": "20"}, "R22.NO_EFFECT"),
        (EFFECT, {"gone": True}, "R22.NO_EFFECT"),
        (EFFECT, {"source": "manual"}, "R22.NO_EFFECT"),
        (EFFECT, {"status": 0x40900000}, "R22.NO_EFFECT"),
        (EFFECT, {"source_ms": WROTE}, "R22.NO_EFFECT"),
        (EFFECT, {"source_ms": WROTE + 1}, None),
    ],
)
def test_echo_and_effect_have_to_be_there_fresh_and_in_range(
    world: World, name: str, update: dict[str, Any], wanted: str | None
) -> None:
    armed = world.armed()
    world.clock.advance(1)
    permit_id = world.executor.operate(armed).permit_id
    world.clock.advance(1)
    change(world, name, **update)
    if wanted is None:
        assert world.executor.verify(permit_id).state is S.HOLDING
    else:
        assert world.refused(lambda: world.executor.verify(permit_id)) == [wanted]
        assert world.state(permit_id) is S.EXECUTED


def test_another_number_in_the_mailbox_is_no_echo(world: World) -> None:
    permit_id = world.executor.operate(world.armed()).permit_id
    world.clock.advance(1)
    world.device.boxes[FIRST].seq = 2
    assert world.refused(lambda: world.executor.verify(permit_id)) == ["R22.NO_ECHO"]


@pytest.mark.parametrize(("seconds", "state"), [(30, S.EXECUTED), (30.001, S.ROLLING_BACK)])
def test_verification_is_waited_for_until_its_time_is_over(world: World, seconds: float, state: State) -> None:
    world.device.faults.add("no effect")
    permit_id = world.executor.operate(world.armed()).permit_id
    world.clock.advance(seconds)
    if state is S.EXECUTED:
        assert world.refused(lambda: world.executor.verify(permit_id)) == ["R22.NO_EFFECT"]
    else:
        world.executor.verify(permit_id)
        assert reason(world, permit_id) == "R22.NO_ECHO"  # the device, unwatched, has gone back by itself
    assert world.state(permit_id) is state


@pytest.mark.parametrize(("seconds", "state"), [(30, S.EXECUTING), (30.001, S.INDETERMINATE)])
def test_a_report_is_waited_for_until_it_is_overdue(world: World, seconds: float, state: State) -> None:
    permit_id = executing(world)
    world.clock.advance(seconds)
    world.desk.tick()
    assert world.state(permit_id) is state


@pytest.mark.parametrize(
    ("seconds", "utc", "do"),
    [(1799, 0, "hold"), (1800, 0, "relinquish"), (1, 1799, "relinquish"), (1800, -1800, "relinquish")],
)
def test_a_hold_is_over_after_its_time_by_either_clock(world: World, seconds: float, utc: float, do: str) -> None:
    permit_id = executing(world)
    tell(world, permit_id, "write", **(OURS | {"status": 0}))
    world.core.store._db.execute("UPDATE permits SET state = 'HOLDING' WHERE permit_id = ?", (permit_id,))
    world.clock.advance(seconds)
    world.clock.step_utc(utc)
    assert [one["do"] for one in world.desk.work("executor-1")] == [do]


def test_a_hold_is_over_after_a_reboot(world: World) -> None:
    world.holding()
    world.clock.reboot()
    assert [one["do"] for one in world.desk.work("executor-1")] == ["relinquish"]


def test_what_is_held_until_superseded_is_closed_as_soon_as_it_is_verified(folder: Path) -> None:
    hold = {"points/pump-1-speed/hold/max_s": 0, "points/pump-1-speed/hold/until_superseded": True}
    world = World(folder, site.changed_policy(hold))
    permit_id = world.executor.operate(world.armed()).permit_id
    world.clock.advance(1)
    assert world.executor.verify(permit_id).state is S.CLOSED
    assert world.core.store.locks() == {} and world.device.values[ECHO] == 62_500_000
    world.close()


def test_a_bad_word_after_a_good_one_leaves_it_in_doubt(world: World) -> None:
    permit_id = executing(world)
    assert tell(world, permit_id, "write", seq=1, ack_seq=1, ack_code=0, status=0).state is S.EXECUTED
    assert tell(world, permit_id, "write", seq=1, ack_seq=1, ack_code=0, status=1).state is S.INDETERMINATE


def test_the_kill_switch_gives_back_what_is_verified_and_not_yet_held(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    permit = world.executor.operate(world.armed())
    world.clock.advance(1)
    monkeypatch.setattr(following, "_kept", lambda core, verified, plan: verified)
    assert world.executor.verify(permit.permit_id).state is S.VERIFIED
    world.desk.latch("somebody")
    world.desk.tick()
    assert world.state(permit.permit_id) is S.ROLLING_BACK
