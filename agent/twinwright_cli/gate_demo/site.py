"""A small site for the demo: fresh keys, a policy signed by two, gate and executor in folders of their own, a plant."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twinwright_gate.approver.signing import Signer
from twinwright_gate.audit import AuditLog
from twinwright_gate.bundle import Anchors, Bundle, sign_policy
from twinwright_gate.context import Stamp
from twinwright_gate.desk.core import Core
from twinwright_gate.desk.desk import Desk
from twinwright_gate.doors import AgentDoor
from twinwright_gate.executor.executor import Executor
from twinwright_gate.executor.highwater import HighWater
from twinwright_gate.executor.plant_device import PlantDevice
from twinwright_gate.heads import HeadKeeper
from twinwright_gate.kill import KillSwitch
from twinwright_gate.policy import Policy
from twinwright_gate.policy_store import PolicyStore
from twinwright_gate.signing import new_key, public_hex
from twinwright_gate.source import parse_source
from twinwright_gate.store.store import Store
from twinwright_plant.dtdl import dtmi
from twinwright_plant.faults import named
from twinwright_plant.live import LivePlant
from twinwright_plant.scenario import Injection

AGENT_UID = 4711
END = datetime.fromisoformat("2026-03-12T15:00:00+01:00")
HOURS, FAULT_BEFORE_H = 49.0, 5.0
ROLES = {"j.smith": "operator", "a.mueller": "operator", "b.chen": "engineer", "c.okafor": "supervisor"}


class PlantClock:
    """The plant's time, by both clocks: what waits in it waits in the plant."""

    def __init__(self, plant: LivePlant) -> None:
        self._plant, self._start = plant, plant.now

    def now(self) -> Stamp:
        """This moment."""
        now = self._plant.now
        since_start = (now - self._start) / timedelta(milliseconds=1)
        return Stamp(round(now.timestamp() * 1000), 1_000_000 + round(since_start), "demo")


@dataclass
class DemoSite:
    """Gate, executor, plant and people."""

    folder: Path
    seed: int = 1
    keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fault = named("cavitation")[0]
        self.plant = LivePlant([Injection(fault, 0.85, FAULT_BEFORE_H)], self.seed, HOURS, END)
        self.plant.run_until(END - timedelta(hours=1))
        self.clock = PlantClock(self.plant)
        gate, mine = self.folder / "gate", self.folder / "executor"
        self.policy = self._signed_policy(gate / "policy")
        self.device = PlantDevice(self.plant, self.policy.points)
        self.kill = KillSwitch(gate / "kill.json")
        self.log = AuditLog(gate / "audit.jsonl")
        key = self.key("gate")
        heads = HeadKeeper(gate / "heads.jsonl", key)
        self.core = Core(Store(gate / "gate.db"), self.log, self.kill, self.clock, key, heads=heads)
        self.desk = Desk(self.core)
        self.desk.start()
        self.desk.put_in_force(self.policy, "demo")
        self.door = AgentDoor(self.log, self.desk)
        self.executor = Executor(
            executor_id="executor-1",
            key=self.key("executor-1"),
            policy=self.policy,
            device=self.device,
            link=self.desk,
            memory=HighWater(mine / "executor.db"),
            kill=self.kill,
            clock=self.clock,
        )

    def key(self, name: str) -> Ed25519PrivateKey:
        """The key of somebody, made when it is first asked for."""
        if name not in self.keys:
            self.keys[name] = new_key()
        return self.keys[name]

    def _signed_policy(self, folder: Path) -> Policy:
        """The demo's policy, signed by two whose keys are nowhere else, and loaded."""
        text = (Path(__file__).parent / "policy.yaml").read_text().replace("<dtmi>", dtmi("VariableSpeedDrive"))
        text = re.sub(r"<([^>]+)>", lambda found: public_hex(self.key(found[1])), text)
        policy = parse_source(text.encode(), "the demo's policy")
        owners = {name: new_key() for name in ("owner-1", "owner-2")}
        signers = [{"signer": name, "public_key": public_hex(key)} for name, key in owners.items()]
        document = {"v": 1, "site": policy.site, "quorum": 2, "signers": signers}
        anchors = Anchors.model_validate_json(json.dumps(document))
        bundle: Bundle | None = None
        for key in owners.values():
            bundle = sign_policy(policy, key, anchors, bundle)
        assert bundle is not None
        store = PolicyStore(folder, anchors)
        store.load(bundle)
        current = store.current()
        assert current is not None
        return current

    def signer(self, person: str) -> Signer:
        """Somebody who signs."""
        return Signer(person, "k1", ROLES[person], self.key(person))

    def propose(self, document: dict[str, Any]) -> dict[str, Any]:
        """The gate's answer at the agents' door, after the executor has looked at the plant."""
        self.executor.observe()
        raw = json.dumps(document).encode()
        return self.door.answer("propose", raw, len(raw), AGENT_UID, 1)

    def wait(self, steps: int) -> None:
        """The plant goes on, the gate beats, the executor does what there is to do."""
        for _ in range(steps):
            self.device.step()
            self.desk.tick()
            self.executor.run_once()

    def close(self) -> None:
        """Lets go of the files."""
        self.core.store.close()
        self.log.close()
        self.executor.memory.close()
