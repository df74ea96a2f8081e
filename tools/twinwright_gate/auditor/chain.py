"""Reads a log record by record and names the first one that is bad."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ..errors import AuditError

_TORN_MARK = b"\x1e"
_KEYS = frozenset({"v", "seq", "prev", "ts_utc", "boot_id", "boot_ms", "actor", "event", "body"})


@dataclass(frozen=True, slots=True)
class Record:
    """One record: what it says, the hash of its bytes as a leaf, and its line counted from 1."""

    content: dict[str, Any]
    leaf: bytes
    line: int


def records(path: Path) -> Iterator[Record]:
    """Every record, oldest first.

    A last line without its end is not a record; `torn` tells about it.

    Raises:
        AuditError: the log can't be read, or a record is edited, missing, out of order or not canonical: `line`.
    """
    prev = "0" * 64
    for number, line in enumerate(_lines(path), 1):
        before, mark, raw = line.rpartition(_TORN_MARK)
        content = _parsed(path, number, raw)
        if content["seq"] != number - 1 or content["prev"] != prev:
            raise AuditError(
                f"{path}, line {number}: record {content['seq']} doesn't follow from the one before;"
                " something was edited, deleted, inserted or reordered here",
                line=number,
            )
        if mark and not _declares(content, before):
            raise AuditError(f"{path}, line {number}: what stands before the record is not declared torn", line=number)
        leaf = hashlib.sha256(b"\0" + raw).digest()
        prev = leaf.hex()
        yield Record(content, leaf, number)


def torn(path: Path) -> bytes:
    """What stands behind the last line's end: nothing, or what a crash or a cut left."""
    return _read(path).rpartition(b"\n")[2]


def _lines(path: Path) -> list[bytes]:
    return _read(path).split(b"\n")[:-1]


def _read(path: Path) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(file, "rb") as opened:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise AuditError(f"{path} is no regular file and so no log")
            return opened.read()
    except OSError as error:
        raise AuditError(f"{path} can't be read: {error}") from error


def _parsed(path: Path, number: int, raw: bytes) -> dict[str, Any]:
    """A record whose bytes are the canonical ones.

    Without fractions, RFC 8785 and this form of the standard library agree but for the order of keys outside of the
    basic plane; a record has no such key.
    """
    try:
        content = _READER.decode(raw.decode())
        canonical = _WRITER.encode(content).encode()
    except (ValueError, RecursionError) as error:
        raise AuditError(f"{path}, line {number}: no record: {error}", line=number) from error
    if not isinstance(content, dict) or content.keys() - {"sig"} != _KEYS or canonical != raw:
        raise AuditError(f"{path}, line {number}: not a record in its canonical form", line=number)
    return content


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number that a record holds")


_READER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse)
_WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _declares(content: dict[str, Any], before: bytes) -> bool:
    told = {"torn_bytes": len(before), "torn_sha256": hashlib.sha256(before).hexdigest()}
    return bool(content["event"] == "log.torn" and content["body"] == told)
