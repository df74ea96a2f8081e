"""The zones as real processes: a gate that serves, an executor with the simulated plant, people with their keys."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from twinwright_gate import client
from twinwright_gate.client import GateRefused, GateUnavailable, ask

ROOT = Path(__file__).resolve().parents[2]
POLICY = ROOT / "agent" / "twinwright_cli" / "gate_demo" / "policy.yaml"
PEOPLE = {"j.smith": "operator", "a.mueller": "operator", "b.chen": "engineer", "c.okafor": "supervisor"}


def run(*words: str) -> dict[str, Any]:
    """What the command prints as JSON; it has to succeed."""
    command = [sys.executable, "-m", "twinwright_gate.cli", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


class Zones:
    """Keys, homes and processes of a site."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.running = folder, list[subprocess.Popen[str]]()
        self.gate, self.executor, self.keys = folder / "gate", folder / "executor", folder / "keys"
        for made in (self.gate, self.executor, self.keys, self.gate / "policy", self.executor / "policy"):
            made.mkdir(mode=0o700)
        names = [*PEOPLE, "owner-1", "owner-2"]
        public = {name: self.new_key(self.keys / f"{name}.pem") for name in names}
        public |= {
            "gate": self.new_key(self.gate / "gate.key"),
            "executor-1": self.new_key(self.executor / "executor.key"),
        }
        owners = [{"signer": name, "public_key": public[name]} for name in ("owner-1", "owner-2")]
        anchors = json.dumps({"v": 1, "site": "demo-plant", "quorum": 2, "signers": owners})
        for home in (self.gate, self.executor):
            (home / "anchors.json").write_text(anchors)
        text = POLICY.read_text().replace("<dtmi>", "dtmi:com:example:bottling:VariableSpeedDrive;1")
        now = datetime.now(UTC)
        text = text.replace("2026-01-01T00:00:00Z", f"{now - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}")
        text = re.sub(
            r"2027-01-01T00:00:00Z|2026-12-31T00:00:00Z", f"{now + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}", text
        )
        text = re.sub(r"<([a-z0-9.-]+)>", lambda found: public[found[1]], text)
        (folder / "policy.yaml").write_text(text.replace("uid: 4711", f"uid: {os.geteuid()}"))
        for owner in ("owner-1", "owner-2"):
            words = ["--key", str(self.keys / f"{owner}.pem"), "--anchors", str(self.gate / "anchors.json")]
            run("policy", "sign", str(folder / "policy.yaml"), *words, "--out", str(folder / "signed.json"))
        for home in (self.gate, self.executor):
            words = ["--anchors", str(home / "anchors.json"), "--folder", str(home / "policy")]
            run("policy", "load", str(folder / "signed.json"), *words)

    @staticmethod
    def new_key(path: Path) -> str:
        return str(run("keys", "new", str(path))["public_key"])

    @property
    def socket(self) -> Path:
        return self.folder / "gate.sock"

    @property
    def people(self) -> Path:
        return self.folder / "people.sock"

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "twinwright_gate.cli", *words]
        self.running.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return self.running[-1]

    def serve(self) -> subprocess.Popen[str]:
        return self.start("serve", "--home", str(self.gate), "--socket", str(self.socket))

    def execute(self) -> subprocess.Popen[str]:
        words = ["--executors", str(self.folder / "executors.sock"), "--kill", str(self.gate / "kill.json")]
        return self.start("execute", "--home", str(self.executor), *words, "--device", "demo-plant")

    def sign(self, verb: str, person: str, *words: str) -> dict[str, Any]:
        who = ["--person", person, "--role", PEOPLE[person], "--key", str(self.keys / f"{person}.pem")]
        return run(verb, *words, *who, "--people", str(self.people))

    def until(self, found: Callable[[], Any], seconds: float = 120) -> Any:
        """What is found, as soon as it is."""
        give_up = time.monotonic() + seconds
        while True:
            try:
                if (value := found()) is not None:
                    return value
            except GateUnavailable:
                pass
            assert time.monotonic() < give_up, [one.poll() for one in self.running]
            time.sleep(0.2)

    def state(self, permit_id: str) -> str:
        return str(ask(self.people, "why", {"permit_id": permit_id})["state"])

    def proposal(self) -> bytes:
        document = json.loads((ROOT / "tests" / "gate" / "proposal.json").read_text())
        document |= {
            "created_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "target": {"twin_id": "glycol-pump-1-drive", "property": "speedLimit"},
            "set": {"value": "80", "unit": "%", "kind": "absolute"},
            "taint": {"target": ["engine"], "value": ["engine"]},
        }
        return json.dumps(document).encode()


@pytest.fixture
def zones(folder: Path) -> Iterator[Zones]:
    """A site with its keys and its policy."""
    made = Zones(folder)
    yield made
    for process in made.running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_the_circle_over_processes_and_sockets(zones: Zones) -> None:
    zones.serve()
    status = zones.until(lambda: client.status(zones.socket))
    assert (status["actuation"], status["kill"]) == ("on", "latched")
    zones.sign("reset", "c.okafor")
    assert client.status(zones.socket)["kill"] == "clear"
    assert "R09" in client.propose(zones.socket, zones.proposal())["reason"]  # nobody has looked at the device yet
    zones.execute()

    def proposed() -> Any:
        answer = client.propose(zones.socket, zones.proposal())
        assert answer["state"] == "EVALUATED" or answer["rule"] == "R09", answer
        return answer if answer["state"] == "EVALUATED" else time.sleep(1)

    answer = zones.until(proposed)
    permit_id, digest = answer["permit_id"], answer["plan_digest"]
    assert zones.sign("approve", "a.mueller", permit_id, "--digest", digest)["state"] == "EVALUATED"
    with pytest.raises(AssertionError, match="digest"):
        zones.sign("approve", "b.chen", permit_id, "--digest", digest[:8])
    assert zones.sign("approve", "b.chen", permit_id, "--digest", digest)["state"] == "APPROVED"
    zones.until(lambda: zones.state(permit_id) == "HOLDING" or None)
    run("kill", "--people", str(zones.people))
    zones.until(lambda: zones.state(permit_id) == "ROLLED_BACK" or None)
    found = run("audit", "replay", str(zones.gate / "audit.jsonl"))
    assert found["decisions"] >= 5 and found["allowed"] >= 3


def test_agents_cannot_ask_what_people_and_executors_can(zones: Zones) -> None:
    gate = zones.serve()
    zones.until(lambda: client.status(zones.socket))
    for verb in ("approve", "reset", "kill", "release", "select", "operate", "report", "pending"):
        with pytest.raises(GateUnavailable):
            ask(zones.socket, verb, {})
    with pytest.raises(GateRefused):
        client.withdraw(zones.socket, "P-0")
    gate.send_signal(signal.SIGTERM)
    assert gate.wait(timeout=30) == 0


def test_a_home_that_others_can_change_is_refused(zones: Zones) -> None:
    (zones.gate / "anchors.json").chmod(0o666)
    gate = zones.serve()
    assert gate.wait(timeout=60) == 2 and "can be changed by others" in gate.stderr.read()  # type: ignore[union-attr]
