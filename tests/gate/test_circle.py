"""The whole circle on the real code: from a proposal to a write, verified, held and given back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from twinwright_gate.auditor import chain
from twinwright_gate.machine.states import State

from .world import World


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    """A site."""
    made = World(folder)
    yield made
    made.close()


def test_a_permitted_act_is_written_once_verified_held_and_given_back(world: World) -> None:
    permit_id = world.holding()
    assert world.writes == 1 and world.device.values["pump-1-speed-limit"] == 62_500_000
    world.clock.advance(1800)
    world.desk.tick()
    world.executor.run_once()
    assert world.state(permit_id) is State.CLOSED
    assert world.device.values["pump-1-speed-limit"] == 70_000_000 and world.core.store.locks() == {}
    events = [record.content["event"] for record in chain.records(world.folder / "audit.jsonl")]
    life = ["proposed", "evaluated", "approval", "armed", "executing", "executed", "verified", "holding", "closed"]
    assert [one for one in events if one.startswith("permit.")] == [f"permit.{one}" for one in life]
