"""A crash at every durable step of a permit's life: nothing is written twice, and nothing is claimed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from twinwright_gate.auditor import chain
from twinwright_gate.auditor.replay import replay
from twinwright_gate.errors import GateError
from twinwright_gate.machine.states import State

from .test_machine import CRASHES
from .world import Crash, World

KILLED = ("operate: committed", "permit.executing: in the log", "executor consume: committed", "select: committed")

LIFE = """
import os, signal, sys
from pathlib import Path
from tests.gate.world import World
world = World(Path(sys.argv[1]))
world.fail = lambda point: os.kill(os.getpid(), signal.SIGKILL) if point == sys.argv[2] else None
for part in (world.core, world.core.store, world.executor, world.memory):
    name = "fail" if hasattr(part, "fail") else "_fail"
    setattr(part, name, world.fail)
world.holding()
"""


def live(world: World) -> None:
    """A whole life, with whatever refusals a crash before has left."""
    try:
        permit_id = world.holding()
        world.clock.advance(1)
        world.executor.relinquish(permit_id)
        assert world.state(permit_id) is State.CLOSED
    except (GateError, AssertionError):
        return


@pytest.mark.parametrize("point", CRASHES)
def test_a_crash_is_recovered_from(folder: Path, point: str) -> None:
    world = World(folder)
    world.crash_at = point
    with pytest.raises(Crash):
        live(world)
        pytest.fail(f"{point} was never passed: {world.passed}")
    world.restart()
    world.go_on()
    states = {one.state for one in world.core.store.permits(list(State))}
    assert not states & {State.ARMED, State.EXECUTING, State.EXECUTED, State.INDETERMINATE, State.ROLLING_BACK}
    assert world.writes <= 1
    world.close()
    records = list(chain.records(folder / "audit.jsonl"))
    assert replay(records, lambda: 0).decisions >= 0
    numbers = [one.content["body"]["outbox"] for one in records if "outbox" in one.content["body"]]
    assert len(numbers) == len(set(numbers)), "a record stands in the log twice"


@pytest.mark.parametrize("point", KILLED)
def test_kill_9_at_a_durable_step(folder: Path, point: str) -> None:
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, str(root)])}
    done = subprocess.run(
        [sys.executable, "-c", LIFE, str(folder), point], env=environment, capture_output=True, timeout=300, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    records = list(chain.records(folder / "audit.jsonl"))
    assert records and replay(records, lambda: 0).decisions >= 1
