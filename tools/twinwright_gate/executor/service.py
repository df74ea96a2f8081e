"""The executor's process: it looks at the device, does what the gate has permitted, and keeps what is held alive."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path

from ..bundle import read_anchors
from ..clocks import SystemClock
from ..errors import GateError, GateRefused, GateUnavailable, PolicyError
from ..home import check_private, check_zone, separate
from ..kill import KillSwitch
from ..policy_store import PolicyStore
from ..signing import load_key, public_hex
from .device import Device
from .executor import Executor
from .highwater import HighWater
from .link import SocketLink

PERIOD_S = 1.0


def open_executor(home: Path, gate: Path, kill: Path, device: Device, user: int) -> tuple[Executor, SocketLink]:
    """The executor that lives in a folder, with its own copy of the policy.

    Raises:
        GateError: something in the folder can't be used, or the policy names no executor with this key.
    """
    check_private(home)
    check_zone(gate, home)
    key = load_key(home / "executor.key")
    policy = PolicyStore(home / "policy", read_anchors(home / "anchors.json")).current()
    if policy is None:
        raise PolicyError(f"{home / 'policy'} holds no policy; put one there with: twinwright-gate policy load")
    mine = [one.executor_id for one in policy.executors if one.public_key == public_hex(key)]
    if len(mine) != 1:
        raise PolicyError("the policy names no executor with the key in this home")
    memory = HighWater(home / "executor.db")
    memory.accept_policy(policy.version)
    link = SocketLink(gate)
    executor = Executor(
        executor_id=mine[0],
        key=key,
        policy=policy,
        device=device,
        link=link,
        memory=memory,
        kill=KillSwitch(kill),
        clock=SystemClock(),
        real_devices=separate(policy, user),
    )
    return executor, link


def run(executor: Executor, link: SocketLink, say: Callable[[str], None]) -> None:
    """Works until SIGTERM or SIGINT. A gate that is away is waited for; meanwhile nothing is written."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    known = False
    while not stop.is_set():
        try:
            if not known:
                doubtful = link.started(executor.executor_id)
                known = True
                say(f"executor {executor.executor_id} works; {len(doubtful)} permits were in doubt")
            for permit in executor.run_once():
                say(f"{permit.permit_id}  {permit.state}")
        except GateUnavailable as error:
            known = False
            say(str(error))
        except GateRefused as error:
            say(f"refused: {', '.join(error.reasons)}  {error}")
        except GateError as error:
            say(str(error))
        stop.wait(PERIOD_S)
