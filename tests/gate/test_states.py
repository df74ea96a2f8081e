"""Each step of a permit's life and each check that stands in its way, on the real desk, store and executor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twinwright_gate.auditor import chain
from twinwright_gate.auditor.heads import anchors, hold
from twinwright_gate.desk import arming
from twinwright_gate.desk.core import Refusal
from twinwright_gate.machine.states import State
from twinwright_gate.reasons import Reason
from twinwright_gate.signing import public_hex
from twinwright_gate.store.rows import Move

from . import plantsite as site
from .test_takeover import foreign
from .world import World


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    """A fresh site."""
    made = World(folder)
    yield made
    made.close()


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
