"""The kill switch: latched unless a person's signature, for this very latch, says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from twinwright_gate.kill import ResetRefused
from twinwright_gate.machine.states import State

from . import plantsite as site
from .world import World


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    """A site whose switch is clear."""
    made = World(folder)
    yield made
    made.close()


def state(world: World) -> str:
    return world.kill.read(world.policy).state


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"{", b'{"count": 0, "latched_by": null, "reset": null}', b"\xff" * 99]
)
def test_whatever_is_no_signed_reset_is_latched(world: World, content: bytes) -> None:
    assert state(world) == "clear"
    (world.folder / "kill.json").write_bytes(content)
    assert state(world) in ("latched", "unreadable")


def test_without_its_file_it_is_latched(world: World) -> None:
    (world.folder / "kill.json").unlink()
    assert state(world) == "latched"


def test_an_old_reset_clears_no_later_latch(world: World) -> None:
    old = (world.folder / "kill.json").read_bytes()
    reset = world.signed_reset()
    world.desk.latch("test")
    with pytest.raises(ResetRefused, match="count"):
        world.desk.reset(reset)
    (world.folder / "kill.json").write_bytes(old)
    assert state(world) == "latched"


@pytest.mark.parametrize("person", ["a.mueller", "night-shift"])
def test_only_the_role_that_may_resets(world: World, person: str) -> None:
    world.desk.latch("test")
    with pytest.raises(ResetRefused):
        world.desk.reset(world.signed_reset(person))
    assert state(world) == "latched"


def test_an_old_signature_is_refused(world: World) -> None:
    world.desk.latch("test")
    reset = world.signed_reset()
    world.clock.advance(3600)
    with pytest.raises(ResetRefused, match="long ago"):
        world.desk.reset(reset)


def test_a_latch_survives_a_restart_and_ends_what_is_held(world: World) -> None:
    permit_id = world.holding()
    world.desk.latch("test")
    assert world.state(permit_id) is State.ROLLING_BACK
    world.restart()
    assert state(world) == "latched"
    assert world.executor.relinquish(permit_id).state is State.ROLLED_BACK
    assert world.writes == 1
    world.reset_kill()
    assert state(world) == "clear"


def test_a_revoked_key_resets_nothing(world: World) -> None:
    world.desk.latch("test")
    world.desk.revoke_key("c.okafor", "k1", "test")
    with pytest.raises(ResetRefused, match="revoked"):
        world.desk.reset(world.signed_reset())
    assert state(world) == "latched"


def test_who_has_the_role_no_longer_resets_nothing(world: World) -> None:
    lapsed = {"version": 8, "persons/c.okafor/authorities/0/valid_until_utc": "2026-01-05T08:59:59Z"}
    world.policy = site.changed_policy(lapsed)
    world.desk.put_in_force(world.policy, "test")
    world.desk.latch("test")
    with pytest.raises(ResetRefused, match="no longer"):
        world.desk.reset(world.signed_reset())
    assert state(world) == "latched"
