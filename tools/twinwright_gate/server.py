"""The gate's process: a Unix socket, a log, and the door between them."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import re
import signal
import socket as sockets
import stat
import struct
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from .audit import AuditLog
from .door import decide, denied
from .errors import AuditError, UnsafePathError
from .paths import safe_parent
from .reasons import Denial, Reason
from .schema import Answer, LogStatus, Status
from .strict import MAX_BYTES
from .throttle import Seats, Throttle

HEADER_S = 1.0  # who connects has to say what it wants within this time
REQUEST_S = 2.0  # then a whole request has to arrive, and an answer to leave, within this time each
PER_CONNECTION = 32
_MAX_DRAIN = 1024 * 1024
_EXCERPT = 256
_REQUEST = re.compile(rb"(propose|status) ([0-9]{1,12})\n")
# How a conversation ends other than politely; in each case nothing was decided that was not answered and recorded.
_ENDS = (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError)


class Gate:
    """Answers requests, one after another, and records each proposal before it answers."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._throttle = Throttle()
        self._since = datetime.now(UTC)
        self._proposals = 0

    def propose(self, raw: bytes, size: int, caller: int, pid: int) -> Answer:
        """The answer to a proposal of `size` bytes; `raw` is empty where they were too many to read."""
        if not self._throttle.admits(caller, time.monotonic()):
            return denied([Denial(Reason.RATE_LIMIT)])
        too_large = size > MAX_BYTES
        if too_large:
            answer, plan = denied([Denial(Reason.TOO_LARGE)]), None
        else:
            decision = decide(raw)
            answer, plan = decision.answer, decision.plan
        body: dict[str, Any] = {
            "answer": answer.model_dump(mode="json"),
            "bytes": size,
            "plan": plan,
            "sha256": None if too_large else hashlib.sha256(raw).hexdigest(),
            "throttled_before": self._throttle.take_refused(),
        }
        if plan is None:
            body["excerpt"] = raw[:_EXCERPT].decode("ascii", "backslashreplace")
        try:
            self._log.append(f"uid {caller} pid {pid}", "proposal.denied", body)
        except AuditError:
            return denied([Denial(Reason.AUDIT_UNAVAILABLE)])
        self._proposals += 1
        return answer

    def status(self) -> Status:
        """How the gate is."""
        head = self._log.head
        return Status(
            state="SERVING",
            actuation="off",
            pid=os.getpid(),
            since_utc=self._since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            proposals=self._proposals,
            log=LogStatus(records=head.records, head=head.hash, writable=self._log.intact()),
        )

    def stopped(self) -> None:
        """Records the end, and how many throttled answers no other record has told of yet.

        Raises:
            AuditError: it can't be recorded.
        """
        body = {"pid": os.getpid(), "throttled_before": self._throttle.take_refused()}
        self._log.append("gate", "gate.stopped", body)


async def serve(socket: Path, log: Path, say: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT, then removes the socket and lets go of the log.

    Raises:
        UnsafePathError: the socket or the log stands where others could replace it, or another gate listens there.
        AuditError: the log doesn't verify or can't be written.
    """
    audit = AuditLog(log)
    try:
        if audit.found.torn:
            # Nothing tells when it lost its end: in a crash, before anybody was answered, or in a cut long after.
            words = f"the last line has no end ({audit.found.torn_words}); it may have been answered for"
            say(f"{log}: {words}. It is kept, and declared in a record")
        with listen(socket) as listener:
            ours = socket.lstat().st_ino
            try:
                await _serve_on(listener, socket, audit, say)
            finally:
                _remove(socket, ours)
    finally:
        audit.close()


async def _serve_on(listener: sockets.socket, socket: Path, audit: AuditLog, say: Callable[[str], None]) -> None:
    gate, seats, stop, open_now = Gate(audit), Seats(), asyncio.Event(), set[asyncio.Task[None]]()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        pid, uid = _peer(writer)
        open_now.add(task)
        seated = seats.take(uid)
        try:
            if seated:
                await _converse(gate, reader, writer, uid, pid)
        finally:
            if seated:
                seats.leave(uid)
            open_now.discard(task)
            writer.close()

    server = await asyncio.start_unix_server(one, sock=listener, limit=2 * MAX_BYTES)
    audit.append("gate", "gate.started", {"actuation": "off", "pid": os.getpid()})
    say(f"serving on {socket}; actuation is off; {audit.path} holds {audit.head.records} records")
    await stop.wait()
    server.close()
    for task in open_now:
        task.cancel()
    await asyncio.gather(*open_now, return_exceptions=True)
    gate.stopped()
    say("stopped")


def _peer(writer: asyncio.StreamWriter) -> tuple[int, int]:
    """The process and user id of who connected, as the kernel tells them."""
    told = writer.get_extra_info("socket").getsockopt(sockets.SOL_SOCKET, sockets.SO_PEERCRED, 12)
    pid, uid, _ = struct.unpack("iII", told)
    return pid, uid


async def _converse(gate: Gate, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, uid: int, pid: int) -> None:
    """Serves one connection until it ends, says something else than a request, or is too slow."""
    with contextlib.suppress(*_ENDS):
        for _turn in range(PER_CONNECTION):
            verb, size = _header(await _within(HEADER_S, lambda: reader.readuntil(b"\n")))
            wanted = size if size <= MAX_BYTES else 0
            raw = await _within(REQUEST_S, partial(reader.readexactly, wanted))
            answer = gate.status() if verb == b"status" else gate.propose(raw, size, uid, pid)
            async with asyncio.timeout(REQUEST_S):
                writer.write(json.dumps(answer.model_dump(mode="json")).encode() + b"\n")
                await writer.drain()
                if size > MAX_BYTES:
                    # Closing over unread bytes would reset the connection before the answer is read.
                    writer.write_eof()
                    await _drain(reader)
                    return


async def _within(seconds: float, read: Callable[[], Awaitable[bytes]]) -> bytes:
    """What is read within a time; what has arrived while the gate itself was busy (a slow disk) counts too."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await read()
    async with asyncio.timeout(0):
        return await read()


def _header(line: bytes) -> tuple[bytes, int]:
    """The verb and the size that a request announces; ValueError for anything else."""
    found = _REQUEST.fullmatch(line)
    if found is None:
        raise ValueError("not a request")
    return found[1], int(found[2])


async def _drain(reader: asyncio.StreamReader) -> None:
    left = _MAX_DRAIN
    while left > 0 and (chunk := await reader.read(65536)):
        left -= len(chunk)


def listen(path: Path) -> sockets.socket:
    """A listening socket that only its owner can connect to; one that a dead gate left behind is replaced.

    Raises:
        UnsafePathError: others could replace it, something else stands there, or a gate listens there already.
    """
    parent = safe_parent(path)
    folder = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # two gates that start at once look at the old socket one after the other
        _clear_stale(path)
        listener = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        except OSError as error:
            listener.close()
            raise UnsafePathError(f"{path}: no socket can be made there: {error}") from error
        finally:
            os.umask(mask)
        listener.listen(128)
        return listener
    finally:
        os.close(folder)


def _clear_stale(path: Path) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise UnsafePathError(f"{path} is there and is no socket; it is left alone")
    if found.st_uid != os.geteuid():
        raise UnsafePathError(f"{path} is a socket of user {found.st_uid}; it is left alone")
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError as error:
            raise UnsafePathError(f"{path}: can't tell whether a gate listens there: {error}") from error
    raise UnsafePathError(f"a gate listens on {path} already")


def _remove(path: Path, ours: int) -> None:
    """Removes our socket, if it is still ours that stands there."""
    with contextlib.suppress(FileNotFoundError):
        if path.lstat().st_ino == ours:
            path.unlink()
