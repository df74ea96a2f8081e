"""The gate's process: a Unix socket for each zone, a log, and the doors between them."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket as sockets
import stat
import struct
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .audit import AuditLog
from .desk.desk import Desk
from .doors import AgentDoor, Door, ExecutorDoor, PeopleDoor
from .errors import GateError, UnsafePathError
from .paths import safe_parent
from .throttle import Seats

HEADER_S = 1.0  # who connects has to say what it wants within this time
REQUEST_S = 2.0  # then a whole request has to arrive, and an answer to leave, within this time each
PER_CONNECTION = 32
TICK_S = 0.5
_MAX_DRAIN = 1024 * 1024
_REQUEST = re.compile(rb"([a-z-]{1,32}) ([0-9]{1,12})\n")
# How a conversation ends other than politely; in each case nothing was decided that was not answered and recorded.
_ENDS = (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError)


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where the gate listens: for agents, and, where it may act, for people and for executors.

    `groups` names, by the socket, a group of users beside the owner that may connect to it.
    """

    agents: Path
    people: Path | None = None
    executors: Path | None = None
    groups: Mapping[Path, str] = field(default_factory=dict)


Opener = Callable[[AuditLog], Desk]


async def serve(
    places: Sockets,
    log: Path,
    say: Callable[[str], None],
    opener: Opener | None = None,
    key: Ed25519PrivateKey | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT, then removes the sockets and lets go of the log.

    `opener` makes the acting half over the open log; without it, every proposal is denied. `key` signs the records.

    Raises:
        UnsafePathError: a socket or the log stands where others could replace it, or another gate listens there.
        AuditError: the log doesn't verify or can't be written.
        GateError: the acting half can't start, or can't recover what a crash left.
    """
    audit = AuditLog(log, key)
    try:
        if audit.found.torn:
            # Nothing tells when it lost its end: in a crash, before anybody was answered, or in a cut long after.
            words = f"the last line has no end ({audit.found.torn_words}); it may have been answered for"
            say(f"{log}: {words}. It is kept, and declared in a record")
        desk = None if opener is None else opener(audit)
        agents = AgentDoor(audit, desk)
        doors: list[tuple[Path, Door]] = [(places.agents, agents)]
        if desk is not None:
            found = ((places.people, PeopleDoor(desk)), (places.executors, ExecutorDoor(desk)))
            doors += [(place, door) for place, door in found if place is not None]
        with contextlib.ExitStack() as stack:
            groups = places.groups
            listening = [(stack.enter_context(_listening(place, groups.get(place))), door) for place, door in doors]
            await _serve_on(listening, places.agents, agents, audit, say)
    finally:
        audit.close()


@contextlib.contextmanager
def _listening(place: Path, group: str | None) -> Iterator[sockets.socket]:
    with listen(place, group) as listener:
        ours = place.lstat().st_ino
        try:
            yield listener
        finally:
            _remove(place, ours)


async def _serve_on(
    listening: list[tuple[sockets.socket, Door]],
    place: Path,
    agents: AgentDoor,
    audit: AuditLog,
    say: Callable[[str], None],
) -> None:
    seats, stop, open_now = Seats(), asyncio.Event(), set[asyncio.Task[None]]()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    async def one(door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        pid, uid = _peer(writer)
        open_now.add(task)
        seated = seats.take(uid)
        try:
            if seated:
                await _converse(door, reader, writer, uid, pid)
        finally:
            if seated:
                seats.leave(uid)
            open_now.discard(task)
            writer.close()

    servers = [
        await asyncio.start_unix_server(partial(one, door), sock=listener, limit=2 * door.max_bytes)
        for listener, door in listening
    ]
    audit.append("gate", "gate.started", {"actuation": agents.actuation, "pid": os.getpid()})
    say(f"serving on {place}; actuation is {agents.actuation}; {audit.path} holds {audit.head.records} records")
    await _until(stop, agents.desk, say)
    for server in servers:
        server.close()
    for task in open_now:
        task.cancel()
    await asyncio.gather(*open_now, return_exceptions=True)
    agents.stopped()
    say("stopped")


async def _until(stop: asyncio.Event, desk: Desk | None, say: Callable[[str], None]) -> None:
    """The decision loop's beat, until it is to stop. A beat that fails is told, and missed: devices go back alone."""
    while not stop.is_set():
        if desk is not None:
            try:
                desk.tick()
            except GateError as error:
                say(f"no beat: {error}")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TICK_S):
                await stop.wait()


def _peer(writer: asyncio.StreamWriter) -> tuple[int, int]:
    """The process and user id of who connected, as the kernel tells them."""
    told = writer.get_extra_info("socket").getsockopt(sockets.SOL_SOCKET, sockets.SO_PEERCRED, 12)
    pid, uid, _ = struct.unpack("iII", told)
    return pid, uid


async def _converse(door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, uid: int, pid: int) -> None:
    """Serves one connection until it ends, says something else than a request, or is too slow."""
    with contextlib.suppress(*_ENDS):
        for _turn in range(PER_CONNECTION):
            verb, size = _header(await _within(HEADER_S, lambda: reader.readuntil(b"\n")))
            if verb not in door.verbs:
                return
            wanted = size if size <= door.max_bytes else 0
            raw = await _within(REQUEST_S, partial(reader.readexactly, wanted))
            answer = door.answer(verb, raw, size, uid, pid)
            async with asyncio.timeout(REQUEST_S):
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
                if size > door.max_bytes:
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


def _header(line: bytes) -> tuple[str, int]:
    """The verb and the size that a request announces; ValueError for anything else."""
    found = _REQUEST.fullmatch(line)
    if found is None:
        raise ValueError("not a request")
    return found[1].decode(), int(found[2])


async def _drain(reader: asyncio.StreamReader) -> None:
    left = _MAX_DRAIN
    while left > 0 and (chunk := await reader.read(65536)):
        left -= len(chunk)


def listen(path: Path, group: str | None = None) -> sockets.socket:
    """A listening socket that only its owner, and a group, can connect to; one that a dead gate left is replaced.

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
            if group is not None:
                shutil.chown(path, group=group)
                path.chmod(0o660)
        except (OSError, LookupError) as error:
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
