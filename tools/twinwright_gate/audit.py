"""The append-only log: one canonical JSON record a line, each holding the hash of the one before.

``leaf = SHA-256(0x00 ‖ record)``, as the leaves of RFC 6962 are hashed: the Merkle tree over them grows along, and its
signed heads (`heads`) are what others keep. A record is on the disk (fsync) before anybody is answered. Against an
adversary who can rewrite the whole file, and against a cut-off end, a chain alone proves nothing: that takes a head
that is kept elsewhere (`status` and `audit` print it).

A crash while writing leaves a last line without an end. Nothing is cut off: the next start appends, on the same line,
the byte 0x1E (which JSON never holds raw) and a record that declares what stands before it torn. That is not a record
any more, even where all but its line's end is there.

Before each record the log is compared with what was written: removed, replaced or resized, it is not written any more.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .errors import AuditError, GateError, UnsafePathError
from .merkle import Frontier
from .paths import safe_parent
from .signing import Use, sign

GENESIS = "0" * 64
TORN = "log.torn"
_SEPARATOR = b"\x1e"
_OPEN = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def leaf(record: bytes) -> str:
    """The hash of a record's bytes (without the line's end), in hex."""
    return hashlib.sha256(b"\0" + record).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log ends.

    Attributes:
        records: how many records there are.
        hash: the hash of the last record, or 64 zeros.
        torn: bytes of a last line without an end. A crash while writing leaves it, before anybody is answered; but
            so does who cuts the file later, so that it can't be told whether it was answered for.
        torn_whole: whether they are a whole record that only lacks its line's end.
    """

    records: int
    hash: str
    torn: bytes = b""
    torn_whole: bool = False

    @property
    def torn_words(self) -> str:
        """What the last line without an end is, in words."""
        return f"{len(self.torn)} bytes, {'a whole record' if self.torn_whole else 'no whole record'}"


def verify_log(path: Path) -> Head:
    """Reads a whole log and checks every record against the chain.

    Raises:
        AuditError: it can't be read, or a record was edited, deleted, inserted or reordered; names the first bad line.
    """
    return _verify(path, _content(path))


def _content(path: Path) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(file, "rb") as opened:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise AuditError(f"{path} is no regular file and so no log")
            return opened.read()
    except OSError as error:
        raise AuditError(f"{path} can't be read: {error}") from error


def _verify(path: Path, content: bytes, seen: Callable[[dict[str, Any], str], None] | None = None) -> Head:
    *lines, torn = content.split(b"\n")
    records, head = 0, GENESIS
    for number, line in enumerate(lines, 1):
        record = _chained(line, records, head)
        if record is None:
            raise AuditError(f"{path}, line {number}: this record does not follow from the one before", line=number)
        records, head = records + 1, leaf(_record_bytes(line))
        if seen is not None:
            seen(record, head)
    return Head(records, head, torn, torn_whole=_chained(torn, records, head) is not None)


class AuditLog:
    """The log of one running gate, which holds it alone.

    Attributes:
        head: where it ends now.
        found: where it ended at the start.
        tree: the Merkle tree over it.
        delivered: the newest records that came from the store's outbox: their permit, by their number there.
        broken: whether a write failed, or the log is not what was written; then nothing is written any more.
    """

    def __init__(self, path: Path, key: Ed25519PrivateKey | None = None) -> None:
        """Opens and verifies the log; an unfinished last line is kept and declared torn in a record of its own.

        With a key, each record that is appended carries its signature (`sig`), over all else that is in it.

        Raises:
            AuditError: it doesn't verify, can't be written, or another gate holds it.
            UnsafePathError: others could replace or write it, or it is no regular file.
        """
        safe_parent(path)
        self.path = path
        self._key = key
        self.broken = False
        self.tree = Frontier()
        self.delivered: dict[int, Any] = {}
        try:
            self._file = os.open(path, _OPEN, 0o600)  # never blocks, so that a FIFO is refused too
        except OSError as error:
            raise AuditError(f"{path} can't be written: {error}") from error
        try:
            _check_private(path, os.fstat(self._file))
            self._take()
        except GateError:
            os.close(self._file)
            raise

    def _take(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AuditError(f"{self.path} is held by another gate") from error
        content = _content(self.path)
        self._size = len(content)
        self.head = self.found = _verify(self.path, content, self._grow)
        if torn := self.found.torn:
            digest = hashlib.sha256(torn).hexdigest()
            self.append("gate", TORN, {"torn_bytes": len(torn), "torn_sha256": digest}, before=_SEPARATOR)
        _sync_folder(self.path.absolute().parent)

    def _grow(self, record: dict[str, Any], head: str) -> None:
        self.tree.add(bytes.fromhex(head))
        body = record["body"]
        if isinstance(body, dict) and isinstance(number := body.get("outbox"), int):
            self.delivered[number] = body.get("permit_id")

    def hash_at(self, seq: int) -> str | None:
        """The hash of the record of that number, or None where there is none: the next one's `prev`, or the head's."""
        if seq == self.head.records - 1:
            return self.head.hash
        lines = _content(self.path).split(b"\n")
        return None if seq >= self.head.records else leaf(_record_bytes(lines[seq]))

    def intact(self) -> bool:
        """Whether the log can be written and still is the file that was written, by its name, inode and size."""
        opened = os.fstat(self._file)
        try:
            named = self.path.lstat()
        except OSError:
            self.broken = True
        else:
            same = os.path.samestat(opened, named) and opened.st_nlink > 0 and opened.st_size == self._size
            self.broken = self.broken or not same
        return not self.broken

    def append(self, actor: str, event: str, body: dict[str, Any], *, before: bytes = b"") -> None:
        """Appends one record and waits until it is on the disk.

        Raises:
            AuditError: it can't be written, or was removed, replaced, cut or added to by somebody else. The log then
                stays shut: what the disk holds is no longer known.
        """
        if not self.intact():
            raise AuditError(
                f"{self.path} could not be written, or was removed, replaced or changed while the gate ran;"
                " find out which, keep what is left of it, and start the gate again"
            )
        content: dict[str, Any] = {
            "v": 1,
            "seq": self.head.records,
            "prev": self.head.hash,
            "ts_utc": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "boot_id": boot_id(),
            "boot_ms": time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
            "actor": actor,
            "event": event,
            "body": body,
        }
        if self._key is not None:
            content["sig"] = sign(self._key, Use.RECORD, content)
        record = rfc8785.dumps(content)
        try:
            _write_all(self._file, before + record + b"\n")
            os.fsync(self._file)
        except OSError as error:
            self.broken = True
            raise AuditError(f"{self.path} can't be written: {error}") from error
        self._size += len(before) + len(record) + 1
        self.head = Head(self.head.records + 1, leaf(record))
        self._grow(content, self.head.hash)

    def close(self) -> None:
        """Lets go of the log."""
        os.close(self._file)


def _check_private(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnsafePathError(f"{path} is no regular file; name a file that is a log, or one that is not there yet")
    if found.st_uid not in (0, os.geteuid()):
        raise UnsafePathError(f"{path} belongs to user {found.st_uid}; use a log of the user that runs the gate")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnsafePathError(
            f"{path} can be written by others, who may have done so: compare it with a head that was kept"
            f" (twinwright-gate audit {path}), then chmod 600 {path}; or name a new log"
        )


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a log that verifies, oldest first.

    Raises:
        AuditError: it doesn't verify.
    """
    verify_log(path)
    records, head = 0, GENESIS
    for line in path.read_bytes().split(b"\n"):
        record = _chained(line, records, head)
        if record is not None:
            records, head = records + 1, leaf(_record_bytes(line))
            yield record


def boot_id() -> str | None:
    """The kernel's id of this boot, or None where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


def _record_bytes(line: bytes) -> bytes:
    return line.rpartition(_SEPARATOR)[2]


def _chained(line: bytes, seq: int, prev: str) -> dict[str, Any] | None:
    """The record in a line, if it is canonical, follows from the one before, and declares what stands before it."""
    torn, separator, raw = line.rpartition(_SEPARATOR)
    try:
        record = json.loads(raw)
        # Without fractions both forms agree, and the standard library's is fifty times faster.
        plain = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        canonical = isinstance(record, dict) and (plain.encode() == raw or rfc8785.dumps(record) == raw)
    except (ValueError, RecursionError):
        return None
    if not canonical or record.get("seq") != seq or record.get("prev") != prev:
        return None
    declared = {"torn_bytes": len(torn), "torn_sha256": hashlib.sha256(torn).hexdigest()}
    return record if not separator or (record.get("event"), record.get("body")) == (TORN, declared) else None


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _sync_folder(folder: Path) -> None:
    """Makes the log's name in its folder durable too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
