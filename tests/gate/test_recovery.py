"""What a start finds, and what the decision loop ends: nothing is resumed, and nothing stays for ever."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twinwright_gate.auditor import chain
from twinwright_gate.errors import StoreError
from twinwright_gate.machine.states import State
from twinwright_gate.store.rows import Move

from . import plantsite as site
from .world import Crash, World

S = State


def events(world: World) -> list[str]:
    return [str(one.content["event"]) for one in chain.records(world.folder / "audit.jsonl")]


def executed(world: World) -> str:
    return world.executor.operate(world.armed()).permit_id


def executing(world: World) -> str:
    armed = world.armed()
    return world.desk.operate(armed.token, "executor-1", world.executor.snapshot("pump-1-speed")).permit_id


LIVES: dict[str, tuple[Callable[[World], str], State, str | None]] = {
    "evaluated": (lambda world: world.propose().permit_id or "", S.EVALUATED, None),
    "approved": (lambda world: world.approved(), S.APPROVED, None),
    "armed": (lambda world: world.armed().token.permit_id, S.EXPIRED, "R13.REBOOTED"),
    "executing": (executing, S.INDETERMINATE, "R22.STATUS_UNKNOWN"),
    "executed": (executed, S.INDETERMINATE, "R22.STATUS_UNKNOWN"),
    "holding": (lambda world: world.holding(), S.ROLLING_BACK, "R21.HEARTBEAT_LOST"),
}


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("whole", [True, False])
def test_what_was_at_work_is_over_or_in_doubt_after_a_start(world: World, life: str, whole: bool) -> None:
    begin, state, reason = LIVES[life]
    permit_id = begin(world)
    if whole:
        world.restart()
    else:
        assert world.desk.executor_started("executor-2") == []
        moved = world.desk.executor_started("executor-1")
        assert [one.permit_id for one in moved] == ([] if reason is None else [permit_id])
    assert world.state(permit_id) is state and world.desk.why(permit_id)["reason"] == reason


def test_what_was_not_decided_is_denied_at_the_next_start(world: World) -> None:
    world.crash_at = "evaluate: before commit"
    with pytest.raises(Crash):
        world.propose()
    world.restart()
    (permit,) = world.core.store.permits(list(State))
    assert permit.state is S.DENIED and world.desk.why(permit.permit_id)["reason"] == "R22.STATUS_UNKNOWN"


def test_what_waits_is_in_the_log_when_the_gate_has_started(world: World) -> None:
    permit_id = world.propose().permit_id or ""
    world.core.store.note(permit_id, "note", Move("test", "test.waiting", {"permit_id": permit_id}))
    world.restart()
    assert events(world)[-1] == "test.waiting" and world.core.store.outbox() == []


def test_what_stands_in_the_log_is_not_written_twice(world: World) -> None:
    permit_id = world.propose().permit_id or ""
    for event in ("test.waiting", "test.waiting too"):
        world.core.store.note(permit_id, "note", Move("test", event, {"permit_id": permit_id}))
    world.crash_at = "outbox: before commit"
    with pytest.raises(Crash):
        world.core.deliver()
    world.restart()
    assert events(world).count("test.waiting") == events(world).count("test.waiting too") == 1
    assert world.core.store.outbox() == []


@pytest.mark.parametrize(
    ("seconds", "utc", "state"),
    [(10, 0, S.ARMED), (10.001, 0, S.EXPIRED), (-0.001, 0, S.EXPIRED), (0, 2, S.ARMED), (0, 3, S.EXPIRED)],
)
def test_the_loop_ends_what_is_armed_for_too_long(world: World, seconds: float, utc: float, state: State) -> None:
    permit_id = world.armed().token.permit_id
    world.clock.advance(seconds)
    world.clock.step_utc(utc)
    world.desk.tick()
    assert world.state(permit_id) is state
    assert bool(world.core.store.locks()) is (state is S.ARMED)


def test_the_loop_ends_what_was_armed_in_another_boot(world: World) -> None:
    permit_id = world.armed().token.permit_id
    world.clock.reboot()
    world.desk.tick()
    assert world.state(permit_id) is S.EXPIRED and world.desk.why(permit_id)["reasons"] == ["R13.REBOOTED"]


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize(
    ("life", "state"),
    [
        ("evaluated", S.EVALUATED),
        ("approved", S.APPROVED),
        ("armed", S.DENIED),
        ("executing", S.EXECUTING),
        ("executed", S.ROLLING_BACK),
        ("holding", S.ROLLING_BACK),
    ],
)
def test_the_loop_stops_what_the_switch_stops(world: World, life: str, state: State, readable: bool) -> None:
    permit_id = LIVES[life][0](world)
    world.kill.latch("test") if readable else world.kill.path.write_bytes(b"?")
    world.desk.tick()
    assert world.state(permit_id) is state
    if state in (S.DENIED, S.ROLLING_BACK):
        assert events(world)[-1] == ("permit.kill" if state is S.DENIED else "permit.rolling_back")
        assert world.desk.why(permit_id)["reasons"] == [f"R24.KILL_{'LATCHED' if readable else 'UNREADABLE'}"]


def test_the_loop_beats_for_what_is_at_work_alone(world: World) -> None:
    world.propose(**site.PUMP_2)
    permit_id = world.holding()
    before = world.core.beats[permit_id][0]
    world.clock.advance(1)
    world.desk.tick()
    world.desk.tick()
    assert world.core.beats == {permit_id: (before + 2, world.clock.now())}


def test_what_ends_for_one_reason_keeps_the_loop_from_no_other(world: World) -> None:
    first = world.propose().permit_id or ""
    world.clock.advance(1800)
    second = world.propose(**site.PUMP_2).permit_id or ""
    world.clock.advance(1801)
    assert [one.permit_id for one in world.desk.tick()] == [first]
    assert (world.state(first), world.state(second)) == (S.EXPIRED, S.EVALUATED)


def test_what_could_not_be_decided_does_not_wait_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(world.core.store, "move", full)
        with pytest.raises(StoreError):
            world.propose()
    (permit,) = world.core.store.permits(list(State))
    assert permit.state is S.PROPOSED
    world.desk.tick()
    assert world.state(permit.permit_id) is S.EXPIRED and world.desk.why(permit.permit_id)["reason"] == "R13.PLAN_AGE"
