"""What the executor sends, remembers and reports, and what it does where something is in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from twinwright_gate.errors import GateUnavailable, StoreError
from twinwright_gate.executor.device import AckCode, Command, DeviceError
from twinwright_gate.executor.mailbox import MailboxLogic
from twinwright_gate.machine.states import State
from twinwright_gate.reports import SignedReport
from twinwright_gate.store.database import Conflict
from twinwright_gate.store.rows import Permit

from . import plantsite as site
from .world import World

FIRST = "pump-1-speed"


@pytest.fixture
def told(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every report that the executor makes."""
    kept: list[Any] = []
    report = world.desk.report

    def keep(signed: SignedReport) -> Permit:
        kept.append(signed.report)
        return report(signed)

    monkeypatch.setattr(world.desk, "report", keep)
    return kept


def test_a_command_is_what_was_approved(world: World) -> None:
    permit, now = world.executor.operate(world.armed()), world.clock.now().utc_ms
    (command,) = world.device.writes
    assert command == Command(
        binding_id=FIRST,
        hex="0271",
        plan_lo32=int(permit.plan_digest[-8:], 16),
        valid_for_ms=1_800_000,
        valid_until_ms=now + 10_000,
        seq=1,
        fence=1,
    )
    assert world.memory.consumed(permit.permit_id) == (1, 1, {"binding_id": FIRST, "back_micro": None})


def test_a_command_begins_before_its_permit_is_over(folder: Path) -> None:
    hold = {"points/pump-1-speed/hold/max_s": 0, "points/pump-1-speed/hold/until_superseded": True}
    world = World(folder, site.changed_policy({"times/permit_s": 4} | hold))
    world.executor.operate(world.armed())
    (command,) = world.device.writes
    assert (command.valid_for_ms, command.valid_until_ms) == (0, world.clock.now().utc_ms + 4000)
    world.close()


def test_what_is_sent_is_reported(world: World, told: list[Any]) -> None:
    permit, now = world.executor.operate(world.armed()), world.clock.now().utc_ms
    (report,) = told
    assert (report.kind, report.status, report.seq, report.fence, report.at_ms) == ("write", 0, 1, 1, now)
    assert (report.ack_seq, report.ack_code, report.owner_seq, report.mailbox_ms) == (1, 0, 1, now)
    assert report.active_micro == 62_500_000 and report.why == "" and report.permit_id == permit.permit_id


def test_without_a_user_of_its_own_it_writes_to_simulated_devices_alone(world: World, told: list[Any]) -> None:
    world.device.simulated = False
    assert world.executor.operate(world.armed()).state is State.INDETERMINATE
    assert world.writes == 0 and "single-user" in told[0].why and told[0].kind == "refusal"
    world.executor.read_back(told[0].permit_id)
    world.executor.real_devices = True
    world.clock.advance(600)
    assert world.executor.operate(world.armed()).state is State.EXECUTED and world.writes == 1


@pytest.mark.parametrize("reads", [1, 2])
def test_a_device_that_goes_away_at_the_last_moment_is_not_written_to(
    world: World, told: list[Any], monkeypatch: pytest.MonkeyPatch, reads: int
) -> None:
    """After the snapshot the mailbox is read twice more; each time it may be gone, and there again a moment later."""
    armed, mailbox, left = world.armed(), world.device.mailbox, [reads]

    def gone(binding_id: str) -> Any:
        left[0] -= 1
        if left[0] == -1:
            raise DeviceError("it is gone")
        return mailbox(binding_id)

    monkeypatch.setattr(world.device, "mailbox", gone)
    assert world.executor.operate(armed).state is State.INDETERMINATE
    assert world.writes == 0 and "it is gone" in told[0].why and told[0].mailbox_ms is not None
    assert world.memory.fence() == 0


def test_a_latched_switch_is_reported_with_the_number_that_was_not_used(world: World, told: list[Any]) -> None:
    armed = world.armed()
    world.executor.fail = lambda point: world.kill.latch("test") if point == "executor: consumed at the gate" else None
    world.executor.operate(armed)
    assert (told[0].kind, told[0].seq, told[0].status) == ("refusal", 1, None) and "kill switch" in told[0].why
    assert world.writes == 0


def test_what_stands_against_it_is_told_in_plain_words(world: World, told: list[Any]) -> None:
    armed = world.armed()
    world.desk.operate(armed.token, "executor-1", world.executor.snapshot(FIRST))
    world.executor._refuse(world.desk.permit(armed.token.permit_id), "x\u20ac" * 400)
    assert told[0].why == "x?" * 250


def test_a_readback_names_the_number_of_the_command(world: World, told: list[Any]) -> None:
    world.device.faults.add("status uncertain")
    permit_id = world.executor.operate(world.armed()).permit_id
    world.executor.read_back(permit_id)
    assert (told[1].kind, told[1].seq, told[1].status) == ("readback", 1, None)


def test_a_readback_of_what_was_never_consumed_here_names_none(world: World, told: list[Any]) -> None:
    armed = world.armed()
    world.desk.operate(armed.token, "executor-1", world.executor.snapshot(FIRST))
    world.desk.executor_started("executor-1")
    assert world.executor.read_back(armed.token.permit_id).state is State.NOT_APPLIED
    assert told[0].seq == 0


def test_giving_back_takes_a_number_above_the_devices(world: World, told: list[Any]) -> None:
    permit_id = world.holding()
    told.clear()
    world.device.boxes[FIRST].seq = 7
    world.executor.relinquish(permit_id)
    assert world.device.relinquished == [(FIRST, 8)]
    assert (told[0].kind, told[0].seq, told[0].status, told[0].ack_seq) == ("relinquish", 8, 0, 8)


@pytest.mark.parametrize("panel", [66_000_000, None])
def test_nothing_is_given_back_where_somebody_else_is_in_charge(
    world: World, told: list[Any], panel: int | None
) -> None:
    permit_id = world.holding()
    told.clear()
    world.device.boxes[FIRST].panel(panel)
    world.executor.relinquish(permit_id)
    assert world.device.relinquished == [] and (told[0].seq, told[0].status) == (0, None)
    assert world.state(permit_id) is (State.CLOSED if panel is None else State.QUARANTINED)


def test_a_device_that_does_not_answer_is_told_of(world: World, told: list[Any]) -> None:
    permit_id = world.holding()
    told.clear()
    world.device.faults.add("unreachable")
    assert world.executor.relinquish(permit_id).state is State.QUARANTINED
    assert "doesn't answer" in told[0].why and (told[0].seq, told[0].status) == (0, None)


def test_a_value_is_restored_where_the_plan_says_so(world: World) -> None:
    permit_id = world.holding(**site.PUMP_2)
    fence = world.desk.permit(permit_id).fence
    assert world.memory.consumed(permit_id) == (fence, 1, {"binding_id": "pump-2-speed", "back_micro": 50_000_000})
    world.clock.advance(1)
    assert world.executor.relinquish(permit_id).state is State.CLOSED
    back, now = world.device.writes[1], world.clock.now().utc_ms
    assert (back.binding_id, back.hex, back.seq, back.fence) == ("pump-2-speed", "01f4", 2, fence)
    assert (back.valid_for_ms, back.valid_until_ms) == (0, now + 10_000) and world.device.relinquished == []


def test_a_way_back_of_another_point_is_not_written(world: World) -> None:
    permit_id = world.holding(**site.PUMP_2)
    world.memory._db.execute('UPDATE consumed SET body = \'{"binding_id": "filler-1-rate", "back_micro": 50000000}\'')
    world.executor.relinquish(permit_id)
    assert world.writes == 1 and world.device.relinquished == [("pump-2-speed", 2)]


def test_a_binding_that_is_not_its_own_is_not_read(world: World) -> None:
    for name in ("elsewhere", ""):
        with pytest.raises(DeviceError, match="no binding of this executor"):
            world.executor.snapshot(name)
    assert {one.binding.executor_id for one in world.executor.points()} == {"executor-1"}


def test_a_snapshot_says_when_and_where_it_was_taken(world: World) -> None:
    world.holding()
    found, now = world.executor.snapshot(FIRST).snapshot, world.clock.now()
    assert (found.taken_ms, found.boot_ms, found.boot_id) == (now.utc_ms, now.boot_ms, now.boot_id)
    assert (found.device_seq, found.fence, found.binding_id, found.twin_version) == (1, 1, FIRST, "graph-118")
    assert found.nonce != world.executor.snapshot(FIRST).snapshot.nonce and len(found.nonce) == 32
    assert {one.id for one in found.values} == world.policy.inputs_of(world.policy.points[0])


def test_it_remembers_each_time_how_often_the_switch_was_latched(world: World) -> None:
    clear = world.kill.path.read_bytes()
    world.kill.latch("test")
    world.executor.run_once()
    world.kill.path.write_bytes(clear)
    world.kill._highest = 0
    assert world.executor._switch().state == "latched"


def test_a_gate_that_is_away_ends_the_round(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.holding()
    asked: list[str] = []

    def away(permit_id: str) -> Any:
        asked.append(permit_id)
        raise GateUnavailable("away")

    jobs = [{"permit_id": name, "do": "hold", "beat": 1} for name in ("P-1", "P-2")]
    monkeypatch.setattr(world.desk, "work", lambda executor_id: jobs)
    monkeypatch.setattr(world.desk, "permit", away)
    with pytest.raises(GateUnavailable):
        world.executor.run_once()
    assert asked == ["P-1"]


def test_a_round_does_what_there_is_to_do(world: World) -> None:
    permit_id = world.approved()
    world.core.snapshots.clear()
    assert [one.state for one in world.executor.run_once()] == [State.EXECUTED]
    assert set(world.core.snapshots) == {one.binding.binding_id for one in world.policy.points}
    world.clock.advance(1)
    world.desk.tick()
    assert [one.state for one in world.executor.run_once()] == [State.HOLDING]
    for _ in range(3):
        world.clock.advance(20)
        world.desk.tick()
        assert world.executor.run_once() == []
        assert world.device.boxes[FIRST].active == 62_500_000
    world.desk.latch("test")
    assert [one.state for one in world.executor.run_once()] == [State.ROLLED_BACK]
    assert world.state(permit_id) is State.ROLLED_BACK


def consume(world: World, permit: str = "P-1", nonce: str = "n1", fence: int = 3, floor: int = 0) -> int:
    return world.memory.consume(permit, nonce, fence, FIRST, floor, {"a": 1})


def test_its_memory_takes_each_permit_nonce_and_fence_once(world: World) -> None:
    assert consume(world, floor=4) == 5 and world.memory.fence() == 3
    for again in (
        {"fence": 3},
        {"fence": 2},
        {"permit": "P-1", "fence": 9, "nonce": "n2"},
        {"nonce": "n1", "fence": 9},
    ):
        with pytest.raises(Conflict):
            consume(world, **({"permit": "P-2", "nonce": "n9"} | again))
        assert world.memory.fence() == 3 and world.memory.seq(FIRST) == 5
    assert consume(world, "P-2", "n2", 4) == 6
    assert world.memory.next_seq(FIRST, 0) == 7 and world.memory.next_seq(FIRST, 9) == 10
    assert world.memory.seq(FIRST) == 10 and world.memory.seq("elsewhere") == 0
    assert world.memory.consumed("P-1") == (3, 5, {"a": 1}) and world.memory.consumed("P-9") is None


def test_its_memory_of_versions_and_latches_only_rises(world: World) -> None:
    for version in (7, 9, 9):
        world.memory.accept_policy(version)
    with pytest.raises(Conflict):
        world.memory.accept_policy(8)
    assert [world.memory.accept_latch(count) for count in (2, 4, 4, 3, 5)] == [True, True, True, False, True]
    world.restart()
    assert not world.memory.accept_latch(4)


def test_a_memory_that_cannot_be_used_is_an_error_of_ours(world: World) -> None:
    memory = world.memory
    memory._db.execute("PRAGMA query_only = ON")
    for write in (lambda: memory.next_seq(FIRST, 0), lambda: consume(world), lambda: memory.accept_latch(9)):
        with pytest.raises(StoreError):
            write()
    memory.close()
    for use in (memory.fence, lambda: memory.next_seq(FIRST, 0), lambda: memory.accept_latch(1)):
        with pytest.raises(StoreError):
            use()


class Box:
    """A mailbox with a clock of its own."""

    def __init__(self) -> None:
        self.now, self.driven = 1_000_000, list[int | None]()
        self.logic = MailboxLogic(
            binding_id=FIRST,
            low_micro=10,
            high_micro=20,
            decode=lambda text: int(text, 16),
            drive=self.driven.append,
            now_ms=lambda: self.now,
        )

    def send(self, **change: Any) -> AckCode:
        command = Command(FIRST, "0f", 77, 60_000, self.now, seq=1, fence=1)
        return self.logic.commit(replace(command, **change))


@pytest.mark.parametrize(
    ("change", "state", "code"),
    [
        ({}, {}, AckCode.SUCCESS),
        ({"hex": "0a"}, {}, AckCode.SUCCESS),
        ({"hex": "14"}, {}, AckCode.SUCCESS),
        ({"hex": "09"}, {}, AckCode.OUT_OF_RANGE),
        ({"hex": "15"}, {}, AckCode.OUT_OF_RANGE),
        ({"hex": "zz"}, {}, AckCode.FORMAT_ERROR),
        ({"valid_until_ms": 999_999}, {}, AckCode.TIMEOUT),
        ({}, {"remote": False}, AckCode.LOCAL),
        ({}, {"interlocks": False}, AckCode.BLOCKED),
        ({}, {"fence": 2}, AckCode.NOT_AUTHORIZED),
        ({}, {"fence": 1}, AckCode.SUCCESS),
        ({}, {"seq": 1}, AckCode.ALREADY_ACTIVE),
        ({}, {"seq": 0, "code": 5}, AckCode.SUCCESS),
    ],
)
def test_a_mailbox_takes_what_is_right_and_echoes_the_rest(
    change: dict[str, Any], state: dict[str, Any], code: AckCode
) -> None:
    box = Box()
    for name, value in state.items():
        setattr(box.logic, name, value)
    assert box.send(**change) is code
    shown = box.logic.shown()
    taken = code is AckCode.SUCCESS
    assert (shown.active_micro is not None, shown.owner_seq, len(box.driven)) == (taken, int(taken), int(taken))
    if code is not AckCode.ALREADY_ACTIVE:
        assert (shown.ack_seq, shown.ack_code, shown.at_ms) == (1, code, 1_000_000)
    assert shown.fence == (1 if taken else state.get("fence", 0))


@pytest.mark.parametrize(
    ("valid_for_ms", "beats", "after", "local"),
    [
        (60_000, [], 30_000, False),
        (60_000, [], 30_001, True),
        (20_000, [], 19_999, False),
        (20_000, [], 20_000, True),
        (60_000, [(10_000, 5, 77)], 40_000, False),
        (60_000, [(10_000, 5, 77)], 40_001, True),
        (60_000, [(10_000, 0, 77)], 40_000, False),
        (60_000, [(5_000, 5, 77), (10_000, 5, 77)], 36_000, True),
        (60_000, [(10_000, 5, 78)], 31_000, True),
        (0, [], 10**9, False),
    ],
)
def test_a_mailbox_goes_back_by_itself(
    valid_for_ms: int, beats: list[tuple[int, int, int]], after: int, local: bool
) -> None:
    box = Box()
    box.send(valid_for_ms=valid_for_ms)
    for at, counter, plan in beats:
        box.now = 1_000_000 + at
        box.logic.heartbeat(counter, plan)
    box.now = 1_000_000 + after
    assert (box.logic.shown().active_micro is None, box.driven) == (local, [15, None] if local else [15])
    assert box.logic.owner == (0 if local else 1)


def test_a_mailbox_gives_back_what_a_command_took_and_nothing_else() -> None:
    box = Box()
    box.send()
    assert box.logic.relinquish(2, 0) is AckCode.NOT_AUTHORIZED and box.logic.active == 15
    assert box.logic.relinquish(2, 1) is AckCode.SUCCESS and box.driven == [15, None]
    assert (box.logic.seq, box.logic.code, box.logic.fence) == (2, 0, 1)
    box.logic.panel(18)
    assert box.logic.relinquish(3, 4) is AckCode.SUCCESS and box.logic.active == 18
    assert box.driven == [15, None, 18] and box.logic.shown().owner_seq == 0
    assert box.logic.relinquish(1, 4) is AckCode.SUCCESS and (box.logic.seq, box.logic.fence) == (3, 4)
    box.now += 10**9
    assert box.logic.shown().active_micro == 18


@pytest.mark.parametrize(
    "late",
    [
        lambda box: box.logic.heartbeat(9, 77),
        lambda box: box.send(seq=2, hex="zz"),
        lambda box: box.logic.relinquish(2, 0),
    ],
)
def test_whatever_comes_too_late_finds_the_mailbox_gone_back(late: Callable[[Box], object]) -> None:
    box = Box()
    box.send()
    box.now += 30_001
    late(box)
    assert box.driven == [15, None] and box.logic.active is None and box.logic.owner == 0
