"""Talking to the gate: one request per connection, one JSON line back.

On the wire: a verb, the number of bytes and a line's end (``propose 512``), then that many bytes of JSON; the answer is
one line of JSON.
"""

from __future__ import annotations

import json
import os
import socket as sockets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from .errors import GateError, GateProtocolError, GateRefused, GateUnavailable
from .schema import Answer, Status
from .strict import MAX_BYTES

__all__ = [
    "GateError",
    "GateProtocolError",
    "GateRefused",
    "GateUnavailable",
    "ask",
    "default_socket",
    "propose",
    "status",
    "withdraw",
]

_MAX_ANSWER = 256 * 1024


def default_socket() -> Path:
    """Where a gate listens unless told otherwise: ``$TWINWRIGHT_GATE_SOCKET``, or in the user's runtime folder."""
    if named := os.environ.get("TWINWRIGHT_GATE_SOCKET"):
        return Path(named)
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return (Path(runtime) if runtime else Path.home() / ".local/state") / "twinwright-gate/gate.sock"


def propose(socket: Path, proposal: bytes | Mapping[str, Any], timeout: float = 5.0) -> dict[str, Any]:
    """Proposes an action and returns the gate's answer, as JSON (see `schema.Answer`).

    Bytes go out as they are; a mapping as JSON. Nothing is checked here: judging is the gate's work.

    Raises:
        GateUnavailable: nobody answers within `timeout` seconds.
        GateProtocolError: the answer is not a gate's.
    """
    raw = proposal if isinstance(proposal, bytes) else json.dumps(proposal).encode()
    # The gate refuses by the announced size alone, so a body that is too large need not travel.
    body = raw if len(raw) <= MAX_BYTES else b""
    found = _ask(socket, b"propose %d\n" % len(raw) + body, timeout)
    return _believed(socket, Answer, found)


def status(socket: Path, timeout: float = 5.0) -> dict[str, Any]:
    """How the gate is: state, whether actuation is on, since when it serves, and its log's head.

    Raises:
        GateUnavailable: nobody answers within `timeout` seconds.
        GateProtocolError: the answer is not a gate's.
    """
    return _believed(socket, Status, _ask(socket, b"status 0\n", timeout))


def withdraw(socket: Path, permit_id: str, timeout: float = 5.0) -> dict[str, Any]:
    """Takes back a proposal of the caller's own, and returns the gate's answer.

    Raises:
        GateRefused: it is somebody else's, or too late. GateUnavailable, GateProtocolError: as `propose`.
    """
    raw = json.dumps({"permit_id": permit_id}).encode()
    return _believed(socket, Answer, _refusable(_ask(socket, b"withdraw %d\n" % len(raw) + raw, timeout)))


def ask(socket: Path, verb: str, asked: Mapping[str, Any], timeout: float = 5.0) -> Any:
    """One request at the people's or the executors' socket, and the answer.

    Raises:
        GateRefused: the gate says no; carries its reasons. GateUnavailable, GateProtocolError: as `propose`.
    """
    raw = json.dumps(asked).encode()
    found = _refusable(_ask(socket, f"{verb} {len(raw)}\n".encode() + raw, timeout))
    if "answer" not in found:
        raise GateProtocolError(f"{socket}: the answer to {verb} holds none")
    return found["answer"]


def _refusable(found: dict[str, Any]) -> dict[str, Any]:
    error = found.get("error")
    if error is None:
        return found
    if not isinstance(error, dict):
        raise GateProtocolError("the gate's error is not one that it gives")
    raise GateRefused(str(error.get("message")), [str(one) for one in error.get("reasons") or []], error.get("state"))


def _believed(socket: Path, model: type[BaseModel], found: dict[str, Any]) -> dict[str, Any]:
    try:
        return model.model_validate(found).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        words = f"at {place[:80]!r}: {first['msg']}"
        raise GateProtocolError(f"{socket}: the answer is not one that this gate gives, {words}") from error


def _ask(path: Path, request: bytes, timeout: float) -> dict[str, Any]:
    try:
        with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            connection.sendall(request)
            line = _line(connection)
    except OSError as error:
        raise GateUnavailable(
            f"no gate answers on {path} ({error}); start one with: twinwright-gate serve --socket {path}"
        ) from error
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise GateProtocolError(f"{path}: the answer is not JSON") from error
    if not isinstance(found, dict):
        raise GateProtocolError(f"{path}: the answer is not a JSON object")
    return found


def _line(connection: sockets.socket) -> bytes:
    found = b""
    while not found.endswith(b"\n"):
        chunk = connection.recv(65536)
        if not chunk or len(found) > _MAX_ANSWER:
            raise GateUnavailable("the gate hung up before it answered")
        found += chunk
    return found
