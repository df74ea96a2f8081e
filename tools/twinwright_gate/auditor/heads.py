"""Signed tree heads against a log: is it the one that was signed, whole, and no fork of it?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..errors import AuditError
from . import merkle

_CONTEXT = b"twinwright/tree-head/v1\0"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A signed head as it was kept: the log's size and the root of its tree then."""

    size: int
    root: bytes
    where: str


def anchors(path: Path, public_key: str) -> Iterator[Anchor]:
    """The heads in a file, one a line, each signature checked against the gate's public key (hex).

    Raises:
        AuditError: a line is no signed head, or is signed by somebody else.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise AuditError(f"{path} can't be read: {error}") from error
    for number, line in enumerate(lines[:-1] if lines[-1] == b"" else lines, 1):
        yield _anchor(line, public_key, f"{path}, line {number}")


def _anchor(line: bytes, public_key: str, where: str) -> Anchor:
    try:
        document: dict[str, Any] = json.loads(line)
        head, signature = document["head"], bytes.fromhex(document["signature"])
        signed = json.dumps(head, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, _CONTEXT + signed)
        return Anchor(int(head["size"]), bytes.fromhex(head["root"]), where)
    except InvalidSignature as error:
        raise AuditError(f"{where}: the head is not signed with that key") from error
    except (ValueError, KeyError, TypeError) as error:
        raise AuditError(f"{where}: no signed head: {error}") from error


def hold(leaves: Sequence[bytes], kept: Sequence[Anchor]) -> None:
    """Checks a log's leaves against heads that were kept.

    Raises:
        AuditError: the log is shorter than a head says (cut off), or its beginning is another one (a fork).
    """
    for one in kept:
        if one.size > len(leaves):
            raise AuditError(
                f"{one.where}: the log had {one.size} records and has {len(leaves)}: its end was cut off",
                line=len(leaves) + 1,
            )
        if merkle.root(leaves[: one.size]) != one.root:
            raise AuditError(f"{one.where}: the first {one.size} records are not those that were signed: a fork")
