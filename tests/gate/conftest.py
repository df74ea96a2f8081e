"""The real gate as its own process, and a proposal to give it."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from twinwright_gate import client
from twinwright_gate.errors import GateUnavailable

from .world import World

HERE = Path(__file__).parent


@dataclass
class RunningGate:
    """A gate that serves."""

    process: subprocess.Popen[str]
    socket: Path
    log: Path

    def propose(self, proposal: bytes | dict[str, Any]) -> dict[str, Any]:
        """The gate's answer."""
        return client.propose(self.socket, proposal, timeout=20)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends the gate and returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


Starter = Callable[..., RunningGate]


def gate_command(folder: Path) -> list[str]:
    """The words that start a gate with its socket and log in a folder."""
    words = ["serve", "--socket", str(folder / "gate.sock"), "--log", str(folder / "audit.jsonl")]
    return [sys.executable, "-m", "twinwright_gate.cli", *words]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the owner's alone, with a path short enough for a Unix socket."""
    made = Path(tempfile.mkdtemp(prefix="gate-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    """A fresh site."""
    made = World(folder)
    yield made
    made.close()


@pytest.fixture
def start(folder: Path) -> Iterator[Starter]:
    """Starts gates; ends those that are left."""
    running: list[RunningGate] = []

    def begin(largest_log: int | None = None) -> RunningGate:
        def limit() -> None:
            if largest_log is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_log, largest_log))

        process = subprocess.Popen(gate_command(folder), stderr=subprocess.PIPE, text=True, preexec_fn=limit)
        gate = RunningGate(process, folder / "gate.sock", folder / "audit.jsonl")
        running.append(gate)
        give_up = time.monotonic() + 20
        while True:
            try:
                client.status(gate.socket)
                return gate
            except GateUnavailable:
                assert process.poll() is None and time.monotonic() < give_up, process.communicate()
                time.sleep(0.02)

    yield begin
    for gate in running:
        if gate.process.poll() is None:
            gate.process.kill()
        gate.process.communicate()


@pytest.fixture
def gate(start: Starter) -> RunningGate:
    """A gate that serves."""
    return start()


@pytest.fixture(scope="session")
def proposal() -> str:
    """A well-formed proposal, as JSON text."""
    return (HERE / "proposal.json").read_text()
