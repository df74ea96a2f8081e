"""The command and its client: wrong words and false gates are errors, in JSON where that is asked for."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twinwright_gate import client
from twinwright_gate.cli import main
from twinwright_gate.errors import GateProtocolError

USAGE = [["propose", "--json"], ["audit", "--json", "x", "y"], ["--json"], ["allow", "--json"], ["serve", "--json"]]


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_wrong_words_are_an_error_in_json_too(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["code"] == "gate.usage"
    assert "usage: twinwright-gate" in told.err
    assert main([*(word for word in words if word != "--json"), "--none"]) == 2
    plain = capsys.readouterr()
    assert plain.out == "" and "usage: twinwright-gate" in plain.err


def test_the_command_itself_ends_with_the_code_for_wrong_words() -> None:
    command = [sys.executable, "-m", "twinwright_gate.cli", "propose", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2 and json.loads(done.stdout)["error"]["code"] == "gate.usage"


@contextlib.contextmanager
def impostor(path: Path, said: bytes) -> Iterator[None]:
    """Something that listens where a gate would, and says the same to everybody, once."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            connection.recv(100_000)
            with contextlib.suppress(ConnectionError):
                connection.sendall(said)
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        yield
        thread.join()


FALSE = [
    b"no json",
    b"[]",
    b'{"state":"ALLOWED"}',
    b'{"state":"SERVING"}',
    b"[" * 100_000,
    b"9" * 5000,
    b"\xff",
    b"null",
]
LOG = {"records": 1, "head": "0" * 64, "writable": True}
GOOD = {
    "state": "SERVING",
    "actuation": "off",
    "kill": "no policy",
    "permits": {},
    "pid": 1,
    "since_utc": "2026-01-05T08:00:00Z",
    "proposals": 0,
    "log": LOG,
}
CHANGES: list[dict[str, Any]] = [
    {"log": 1},
    {"log": {}},
    {"log": LOG | {"head": "\x1b[31m"}},
    {"log": LOG | {"records": "1"}},
    {"actuation": "maybe"},
    {"since_utc": "\x1b[2J"},
    {"proposals": -1},
    {"\x1b[2J": 1},
]


@pytest.mark.parametrize("said", FALSE, ids=lambda said: said[:20].decode("ascii", "replace"))
def test_an_answer_that_no_gate_gives_is_not_believed(
    folder: Path, said: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "impostor.sock"
    with impostor(path, said + b"\n"), pytest.raises(GateProtocolError):
        client.propose(path, b"{}")
    path.unlink()
    with impostor(path, said + b"\n"):
        assert main(["status", "--json", "--socket", str(path)]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "gate.protocol"


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_status_is_believed_as_a_whole_or_not_at_all(
    folder: Path, change: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "impostor.sock"
    with impostor(path, json.dumps(GOOD | change).encode() + b"\n"):
        assert main(["status", "--json", "--socket", str(path)]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["code"] == "gate.protocol"
    assert "\x1b" not in told.out + told.err


def test_a_status_that_a_gate_gives_is_believed(folder: Path) -> None:
    with impostor(folder / "gate.sock", json.dumps(GOOD).encode() + b"\n"):
        assert client.status(folder / "gate.sock") == GOOD
