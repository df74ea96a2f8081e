"""The gate as its own process: it answers everybody, blocks for nobody, and what it answered is on the disk."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from twinwright_gate import client
from twinwright_gate.audit import read_log, verify_log
from twinwright_gate.errors import GateUnavailable
from twinwright_gate.server import HEADER_S
from twinwright_gate.throttle import CONNECTIONS, PER_CALLER, Seats

if TYPE_CHECKING:
    from .conftest import RunningGate, Starter


def connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))  # waits while the gate's queue is full; with a timeout it would fail at once
    connection.settimeout(20)
    return connection


def run(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "twinwright_gate.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, **more)


def test_a_proposal_is_recorded_before_it_is_denied(gate: RunningGate, proposal: str) -> None:
    answer = gate.propose(json.loads(proposal))
    assert (answer["state"], answer["reason"], answer["permit_id"]) == ("DENIED", "R10.ACTUATION_OFF", None)
    record = list(read_log(gate.log))[-1]
    assert record["event"] == "proposal.denied"
    assert record["actor"] == f"uid {os.getuid()} pid {os.getpid()}"
    assert record["body"]["answer"] == answer
    assert record["body"]["plan"]["set"]["value_micro"] == 1_480_500_000


def test_malformed_input_is_recorded_too(gate: RunningGate) -> None:
    assert gate.propose(b'{"v": NaN}\xff')["reason"] == "R02.ENCODING"
    body = list(read_log(gate.log))[-1]["body"]
    assert (body["plan"], body["bytes"], body["excerpt"]) == (None, 11, '{"v": NaN}\\xff')


def test_sixty_four_clients_at_once(gate: RunningGate, proposal: str) -> None:
    texts = [proposal.replace("PU-101", f"PU-{number}") for number in range(64)]
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda text: gate.propose(text.encode()), texts))
    assert {answer["reason"] for answer in answers} == {"R10.ACTUATION_OFF"}
    digests = {record["body"]["answer"]["plan_digest"] for record in read_log(gate.log) if "answer" in record["body"]}
    assert digests == {answer["plan_digest"] for answer in answers} and len(digests) == 64


@pytest.mark.parametrize("half", [b"", b"prop", b"propose 100\n", b"propose 100\n{", b"status 0"])
def test_a_client_that_hangs_blocks_nobody(gate: RunningGate, proposal: str, half: bytes) -> None:
    hanging = [connected(gate.socket) for _ in range(40)]
    for one in hanging:
        one.sendall(half)
    before = time.monotonic()
    assert gate.propose(proposal.encode())["state"] == "DENIED"
    assert time.monotonic() - before < 2
    for one in hanging:
        one.close()


def test_a_client_that_hangs_is_hung_up_on(gate: RunningGate) -> None:
    with connected(gate.socket) as hanging:
        hanging.sendall(b"propose 100\n{")
        assert hanging.recv(1) == b""


@pytest.mark.parametrize(
    "words", [b"GET / HTTP/1.1\r\n\r\n", b"propose -1\n", b"propose 1e3\n", b"approve 0\n", b"x" * 100_000]
)
def test_what_is_no_request_gets_no_answer(gate: RunningGate, words: bytes) -> None:
    with connected(gate.socket) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(words)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1000) == b""
    assert client.status(gate.socket)["proposals"] == 0


@pytest.mark.parametrize("size", [16 * 1024 + 1, 300_000])
def test_too_much_is_refused_by_its_announced_size(gate: RunningGate, size: int) -> None:
    with connected(gate.socket) as connection:
        connection.sendall(b"propose %d\n" % size + b" " * size)
        assert json.loads(connection.makefile().readline())["reason"] == "R02.TOO_LARGE"
    assert gate.propose(b" " * size)["reason"] == "R02.TOO_LARGE"


def test_one_connection_may_ask_often_but_not_for_ever(gate: RunningGate) -> None:
    with connected(gate.socket) as connection:
        connection.sendall(b"status 0\n" * 50)
        with contextlib.suppress(ConnectionError):
            answers = [json.loads(line)["state"] for line in connection.makefile()]
            assert answers == ["SERVING"] * 32


def test_a_flood_is_throttled_and_counted(gate: RunningGate, proposal: str) -> None:
    reasons = [gate.propose(proposal.encode())["reason"] for _ in range(200)]
    assert reasons[:128] == ["R10.ACTUATION_OFF"] * 128
    refused = reasons.count("R20.RATE_LIMIT")
    assert refused > 20
    time.sleep(0.3)
    assert gate.propose(proposal.encode())["reason"] == "R10.ACTUATION_OFF"
    told = [record["body"].get("throttled_before", 0) for record in read_log(gate.log)]
    assert sum(told) == refused


def test_what_was_throttled_last_is_counted_at_the_end(gate: RunningGate, proposal: str) -> None:
    refused = [gate.propose(proposal.encode())["reason"] for _ in range(250)].count("R20.RATE_LIMIT")
    assert gate.stop() == 0
    records = list(read_log(gate.log))
    assert records[-1]["event"] == "gate.stopped"
    assert sum(record["body"].get("throttled_before", 0) for record in records) == refused > 20


def test_idle_connections_keep_nobody_out_for_long(gate: RunningGate, proposal: str) -> None:
    idle = [connected(gate.socket) for _ in range(300)]
    before = time.monotonic()
    while True:
        try:
            assert gate.propose(proposal.encode())["state"] == "DENIED"
            break
        except GateUnavailable:
            assert time.monotonic() - before < 10
            time.sleep(0.05)
    assert time.monotonic() - before < HEADER_S + 2
    for one in idle:
        assert one.recv(1) == b""
        one.close()


def test_kill_9_loses_nothing_that_was_answered(start: Starter, proposal: str) -> None:
    answered: set[str] = set()
    for turn in range(4):
        gate = start()
        stop = threading.Event()

        def hammer(number: int, gate: RunningGate = gate, turn: int = turn, stop: threading.Event = stop) -> None:
            for count in range(10_000):
                if stop.is_set():
                    return
                text = proposal.replace("PU-101", f"PU-{turn}-{number}-{count}")
                with contextlib.suppress(GateUnavailable):
                    answered.add(str(gate.propose(text.encode())["plan_digest"]))

        with ThreadPoolExecutor(4) as pool:
            for number in range(4):
                pool.submit(hammer, number)
            time.sleep(0.05 + 0.05 * turn)
            gate.stop(signal.SIGKILL)
            stop.set()
        if turn % 2:  # as a crash in the middle of a write leaves it
            with gate.log.open("ab") as log:
                log.write(b'{"actor":"gate","bo')
        verify_log(gate.log)
    start().stop()
    records = list(read_log(gate.log))
    recorded = {record["body"]["answer"]["plan_digest"] for record in records if "answer" in record["body"]}
    answered.discard("None")
    assert len(answered) > 4 and answered <= recorded
    assert sum(record["event"] == "log.torn" for record in records) >= 2


def test_a_torn_line_is_named_at_the_start(start: Starter) -> None:
    gate = start()
    gate.stop()
    with gate.log.open("ab") as log:
        log.write(b'{"torn')
    again = start()
    again.stop()
    assert again.process.stderr is not None
    assert "no end (6 bytes, no whole record); it may have been answered for" in again.process.stderr.read()


def test_without_a_record_there_is_only_a_denial_that_says_so(start: Starter, proposal: str) -> None:
    gate = start(largest_log=4096)
    answers = [gate.propose(proposal.encode()) for _ in range(6)]
    assert answers[-1]["reason"] == "R25.AUDIT_UNAVAILABLE"
    assert {answer["state"] for answer in answers} == {"DENIED"}
    assert client.status(gate.socket)["log"]["writable"] is False
    gate.stop(signal.SIGKILL)
    assert verify_log(gate.log).torn


def test_a_log_that_is_gone_is_noticed(gate: RunningGate, proposal: str) -> None:
    assert gate.propose(proposal.encode())["reason"] == "R10.ACTUATION_OFF"
    gate.log.unlink()
    assert [gate.propose(proposal.encode())["reason"] for _ in range(2)] == ["R25.AUDIT_UNAVAILABLE"] * 2
    assert client.status(gate.socket)["log"]["writable"] is False
    assert not gate.log.exists()


def test_a_log_that_was_changed_stops_the_gate(start: Starter, folder: Path) -> None:
    gate = start()
    assert gate.stop() == 0
    gate.log.write_bytes(gate.log.read_bytes().replace(b'"actor":"gate"', b'"actor":"gaol"', 1))
    done = run("serve", "--socket", str(gate.socket), "--log", str(gate.log))
    assert done.returncode == 1 and "line 2" in done.stderr
    assert run("audit", str(gate.log), "--json").returncode == 1


def test_sigterm_ends_it_cleanly(gate: RunningGate) -> None:
    with connected(gate.socket) as hanging:
        hanging.sendall(b"propose 9\n")
        assert gate.stop() == 0
    assert not gate.socket.exists()
    assert list(read_log(gate.log))[-1]["event"] == "gate.stopped"


def test_the_socket_is_the_owners_alone(gate: RunningGate) -> None:
    assert gate.socket.stat().st_mode & 0o777 == 0o600


def test_a_socket_that_a_dead_gate_left_is_replaced(start: Starter, proposal: str) -> None:
    gate = start()
    gate.stop(signal.SIGKILL)
    assert gate.socket.exists()
    assert start().propose(proposal.encode())["state"] == "DENIED"


def test_two_gates_never_share_a_socket(gate: RunningGate, folder: Path) -> None:
    done = run("serve", "--socket", str(gate.socket), "--log", str(folder / "other.jsonl"))
    assert done.returncode == 2 and "already" in done.stderr
    assert client.status(gate.socket)["state"] == "SERVING"


def test_a_file_in_the_sockets_place_is_left_alone(folder: Path) -> None:
    (folder / "gate.sock").write_text("mine")
    done = run("serve", "--socket", str(folder / "gate.sock"), "--log", str(folder / "audit.jsonl"))
    assert done.returncode == 2 and (folder / "gate.sock").read_text() == "mine"


@pytest.mark.parametrize("which", ["socket", "log"])
def test_a_folder_that_others_write_is_refused(folder: Path, which: str) -> None:
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    places = {"socket": folder / "gate.sock", "log": folder / "audit.jsonl"}
    places[which] = shared / places[which].name
    done = run("serve", "--socket", str(places["socket"]), "--log", str(places["log"]))
    assert done.returncode == 2 and "written by others" in done.stderr


def test_a_folder_below_one_that_others_can_rename_in_is_refused(folder: Path) -> None:
    below = folder / "shared" / "private"
    below.mkdir(parents=True)
    below.chmod(0o700)
    below.parent.chmod(0o777)
    done = run("serve", "--socket", str(below / "gate.sock"), "--log", str(folder / "audit.jsonl"))
    assert done.returncode == 2 and "can be changed by others" in done.stderr


def test_what_a_terminal_would_obey_is_shown_as_text(gate: RunningGate) -> None:
    done = run("propose", "-", "--socket", str(gate.socket), input='{"\\u001b[31mred": 1}')
    assert "\\x1b[31mred" in done.stdout and "\x1b" not in done.stdout


def test_a_path_too_long_for_a_socket_is_an_error_in_words(folder: Path) -> None:
    done = run("serve", "--socket", str(folder / ("x" * 120)), "--log", str(folder / "audit.jsonl"))
    assert done.returncode == 2 and "no socket can be made" in done.stderr


def test_the_command_proposes_and_tells(gate: RunningGate, folder: Path, proposal: str) -> None:
    (folder / "proposal.json").write_text(proposal)
    done = run("propose", str(folder / "proposal.json"), "--socket", str(gate.socket), "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and answer["reason"] == "R10.ACTUATION_OFF"
    keys = {"state", "reason", "rule", "sentence", "reasons", "details", "plan_digest", "permit_id"}
    assert set(answer) == keys
    piped = run("propose", "-", input='{"v": 1}', env=os.environ | {"TWINWRIGHT_GATE_SOCKET": str(gate.socket)})
    assert piped.returncode == 0 and piped.stdout.startswith("DENIED  R02.MISSING_FIELD")
    status = json.loads(run("status", "--json", "--socket", str(gate.socket)).stdout)
    assert (status["state"], status["actuation"], status["proposals"]) == ("SERVING", "off", 2)
    head = json.loads(run("audit", str(gate.log), "--json").stdout)
    assert (head["head"], head["records"]) == (status["log"]["head"], status["log"]["records"])


def test_without_a_gate_the_command_says_so(folder: Path, proposal: str) -> None:
    (folder / "proposal.json").write_text(proposal)
    done = run("propose", str(folder / "proposal.json"), "--socket", str(folder / "none.sock"), "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["error"]["code"] == "gate.unavailable"
    done = run("propose", str(folder / "nothing.json"), "--json")
    assert done.returncode == 2 and json.loads(done.stdout)["error"]["code"] == "gate.file"


def test_one_user_alone_cannot_take_every_connection() -> None:
    seats = Seats()
    assert [seats.take(1) for _ in range(PER_CALLER + 1)] == [True] * PER_CALLER + [False]
    assert seats.take(2) and PER_CALLER < CONNECTIONS
    seats.leave(1)
    assert seats.take(1) and not seats.take(1)
    assert sum(seats.take(caller) for caller in range(3, 2 * CONNECTIONS)) == CONNECTIONS - PER_CALLER - 1
