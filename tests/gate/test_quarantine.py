"""Quarantine: the asset stays locked until a person signs for that, and an old approval doesn't serve."""

from __future__ import annotations

from typing import Any

import pytest

from twinwright_gate.approval import Approval
from twinwright_gate.auditor import chain
from twinwright_gate.desk.core import Refused
from twinwright_gate.machine.states import State
from twinwright_gate.signing import Use
from twinwright_gate.store.database import Conflict

from . import plantsite as site
from .world import World


@pytest.fixture
def stuck(world: World) -> tuple[World, str]:
    """A site with a permit in quarantine."""
    permit_id = world.holding()
    world.device.boxes["pump-1-speed"].panel(66_000_000)
    assert world.executor.relinquish(permit_id).state is State.QUARANTINED
    return world, permit_id


def test_it_stays_locked_over_a_restart(stuck: tuple[World, str]) -> None:
    world, permit_id = stuck
    world.restart()
    assert {permit for permit, _ in world.core.store.locks().values()} == {permit_id}
    assert "R19.QUARANTINED" in world.propose(value="64").reasons


def test_a_person_frees_it_once(stuck: tuple[World, str]) -> None:
    world, permit_id = stuck
    word = world.approval(permit_id, "a.mueller", use=Use.RESET)
    assert world.desk.release_quarantine(permit_id, word).state is State.QUARANTINED
    assert world.core.store.locks() == {}
    with pytest.raises(Conflict):
        world.desk.release_quarantine(permit_id, word)


def test_an_approval_of_the_permit_does_not_free_it(stuck: tuple[World, str]) -> None:
    world, permit_id = stuck
    for old in world.core.store.approvals(permit_id):
        with pytest.raises(Refused):
            world.desk.release_quarantine(permit_id, Approval.model_validate(dict(old.body)))
    with pytest.raises(Refused):
        world.desk.release_quarantine(permit_id, world.approval(permit_id, "a.mueller"))
    assert world.core.store.locks()


@pytest.mark.parametrize(
    ("person", "changes"),
    [
        ("d.lapsed", {"role": "operator"}),
        ("a.mueller", {"role": "engineer"}),
        ("a.mueller", {"authority_scope": "filler-1-rate"}),
        ("a.mueller", {"decision": "reject"}),
        ("a.mueller", {"signer": "b.chen/k1"}),
        ("a.mueller", {"key_id": "k9", "signer": "a.mueller/k1"}),
        ("a.mueller", {"plan_digest": "0" * 64}),
        ("a.mueller", {"at_ms": site.NOW_MS - 15 * 60_000}),
        ("night-shift", {}),
        ("nobody", {"role": "operator"}),
    ],
)
def test_only_who_has_authority_for_the_point_now_frees_it(
    stuck: tuple[World, str], person: str, changes: dict[str, Any]
) -> None:
    world, permit_id = stuck
    with pytest.raises(Refused):
        world.desk.release_quarantine(permit_id, world.approval(permit_id, person, use=Use.RESET, **changes))
    assert world.core.store.locks()


def test_a_revoked_key_frees_nothing(stuck: tuple[World, str]) -> None:
    world, permit_id = stuck
    world.desk.revoke_key("a.mueller", "k1", "test")
    with pytest.raises(Refused):
        world.desk.release_quarantine(permit_id, world.approval(permit_id, "a.mueller", use=Use.RESET))
    assert world.core.store.locks()


@pytest.mark.parametrize(("age", "freed"), [(15 * 60_000, True), (15 * 60_000 + 1, False), (-15 * 60_000 - 1, False)])
def test_a_release_is_worth_something_for_a_quarter_of_an_hour(stuck: tuple[World, str], age: int, freed: bool) -> None:
    world, permit_id = stuck
    word = world.approval(permit_id, "a.mueller", use=Use.RESET, at_ms=world.clock.now().utc_ms - age)
    if freed:
        world.desk.release_quarantine(permit_id, word)
        told = list(chain.records(world.folder / "audit.jsonl"))[-1].content
        assert (told["event"], told["actor"]) == ("quarantine.released", "person a.mueller")
    else:
        with pytest.raises(Refused):
            world.desk.release_quarantine(permit_id, word)
    assert bool(world.core.store.locks()) is not freed


def test_a_release_of_what_is_not_stuck_is_none(world: World) -> None:
    permit_id = world.armed().token.permit_id
    with pytest.raises(Refused):
        world.desk.release_quarantine(permit_id, world.approval(permit_id, "a.mueller", use=Use.RESET))
    assert world.core.store.locks() and world.state(permit_id) is State.ARMED
