"""The real gate and executor, driven at random, killed at random durable steps, in a world that changes under them."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from twinwright_gate.auditor import chain
from twinwright_gate.auditor.replay import replay
from twinwright_gate.desk.core import Refused
from twinwright_gate.errors import GateError
from twinwright_gate.executor.fake import FAULTS
from twinwright_gate.machine.states import State
from twinwright_gate.machine.table import TERMINAL
from twinwright_gate.permits import Armed

from .world import Crash, World

TARGETS: list[dict[str, str]] = [
    {"value": "62.5"},
    {"value": "71"},
    {"twin_id": "glycol-pump-2-drive", "value": "60"},
    {"value": "99"},
]
CRASHES = (
    "propose: in the log",
    "evaluate: before commit",
    "evaluate: committed",
    "select: before commit",
    "select: committed",
    "permit.armed: in the log",
    "operate: before commit",
    "operate: committed",
    "permit.executing: in the log",
    "executor: consumed at the gate",
    "executor consume: before commit",
    "executor consume: committed",
    "executor: before the write",
    "executor: written",
    "succeed: before commit",
    "succeed: committed",
    "verify: committed",
    "hold: committed",
    "executor: before the relinquish",
    "executor: relinquished",
    "release: before commit",
    "outbox: before commit",
)


class GateMachine(RuleBasedStateMachine):
    """Two pumps, one executor, people, a clock, faults and crashes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="gate-"))
        self.world = World(self.folder)
        self.permits: list[str] = []
        self.armed: dict[str, Armed] = {}
        self.ended: dict[str, State] = {}
        self.killed_at: int | None = None

    def teardown(self) -> None:
        self.world.close()
        records = list(chain.records(self.folder / "audit.jsonl"))
        replay(records, lambda: 0)
        shutil.rmtree(self.folder)

    def attempt(self, do: Any) -> Any:
        """Does something; a refusal is an answer, a crash is met with a restart."""
        try:
            return do()
        except (Refused, GateError):
            return None
        except Crash:
            self.world.restart()
            return None

    @initialize()
    def begin(self) -> None:
        self.propose(TARGETS[0])

    @rule(wanted=st.sampled_from(TARGETS))
    def propose(self, wanted: dict[str, str]) -> None:
        answer = self.attempt(lambda: self.world.propose(**wanted))
        if answer is not None and answer.permit_id is not None:
            self.permits.append(answer.permit_id)

    @rule(data=st.data(), person=st.sampled_from(["a.mueller", "b.chen", "j.smith", "night-shift", "d.lapsed"]))
    def approve(self, data: st.DataObject, person: str) -> None:
        permit_id = self._any(data)
        if permit_id is not None:
            self.attempt(lambda: self.world.desk.approve(self.world.approval(permit_id, person)))

    @rule(data=st.data())
    def withdraw_approval(self, data: st.DataObject) -> None:
        permit_id = self._any(data)
        if permit_id is not None:
            word = self.attempt(lambda: self.world.approval(permit_id, "a.mueller", decision="reject"))
            self.attempt(lambda: self.world.desk.approve(word))

    @rule(data=st.data())
    def select(self, data: st.DataObject) -> None:
        permit_id = self._any(data)
        if permit_id is not None:
            armed = self.attempt(lambda: self.world.executor.select(permit_id))
            if armed is not None:
                self.armed[permit_id] = armed

    @rule(data=st.data(), again=st.booleans())
    def operate(self, data: st.DataObject, again: bool) -> None:
        if self.armed:
            permit_id = data.draw(st.sampled_from(sorted(self.armed)))
            for _ in range(1 + again):
                self.attempt(lambda: self.world.executor.operate(self.armed[permit_id]))

    @rule()
    def work(self) -> None:
        self.attempt(self.world.desk.tick)
        self.attempt(self.world.executor.run_once)

    @rule(seconds=st.sampled_from([0.1, 1, 4, 11, 61, 400, 1800]))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.attempt(self.world.desk.tick)

    @rule(seconds=st.sampled_from([-3600, -30, 3600, 86_400]))
    def clock_is_set(self, seconds: float) -> None:
        self.world.clock.step_utc(seconds)

    @rule(fault=st.sampled_from(FAULTS), on=st.booleans())
    def fault(self, fault: str, on: bool) -> None:
        (self.world.device.faults.add if on else self.world.device.faults.discard)(fault)

    @rule(point=st.sampled_from(CRASHES))
    def crash_soon(self, point: str) -> None:
        self.world.crash_at = point

    @rule(reboot=st.booleans())
    def restart(self, reboot: bool) -> None:
        if reboot:
            self.world.clock.reboot()
        self.world.restart()

    @rule()
    def kill(self) -> None:
        self.attempt(lambda: self.world.desk.latch("test"))
        self.killed_at = self.world.writes if self.world.kill.read(self.world.policy).state != "clear" else None

    @rule()
    def reset(self) -> None:
        self.attempt(self.world.reset_kill)
        if self.world.kill.read(self.world.policy).state == "clear":
            self.killed_at = None

    @rule(value=st.sampled_from([65_000_000, None]))
    def panel(self, value: int | None) -> None:
        self.world.device.boxes["pump-1-speed"].panel(value)

    def _any(self, data: st.DataObject) -> str | None:
        return data.draw(st.sampled_from(self.permits)) if self.permits else None

    @invariant()
    def one_write_for_one_permit(self) -> None:
        fences = Counter(command.fence for command in self.world.device.writes)
        assert all(count == 1 for count in fences.values())

    @invariant()
    def nothing_is_written_after_the_latch(self) -> None:
        assert self.killed_at is None or self.world.writes == self.killed_at

    @invariant()
    def what_is_written_was_approved(self) -> None:
        allowed = {"0271": 62_500_000, "02c6": 71_000_000, "0258": 60_000_000}
        assert all(command.hex in allowed for command in self.world.device.writes)

    @invariant()
    def ends_stay_ends(self) -> None:
        for permit_id in self.permits:
            found = self.world.core.store.permit(permit_id)
            assert found is not None
            if permit_id in self.ended:
                assert found.state is self.ended[permit_id]
            elif found.state in TERMINAL:
                self.ended[permit_id] = found.state

    @invariant()
    def one_permit_holds_a_lock(self) -> None:
        holders = {permit for permit, _ in self.world.core.store.locks().values()}
        assert len(holders) <= 1  # both pumps are of one group


TestGateMachine = GateMachine.TestCase
TestGateMachine.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
