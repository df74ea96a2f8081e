"""Signed tree heads: what the gate says its log is, so that others can keep it and hold the gate to it.

A head that stands only beside the log proves little. Anchor it elsewhere: attached to a work order, on a second host.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, ValidationError

from .audit import AuditLog
from .errors import AuditError
from .paths import safe_parent
from .plan import Hex256
from .schema import Count, Part
from .signing import Use, public_hex, sign, verifies
from .snapshot import Milliseconds

EVERY_RECORDS = 64
EVERY_MS = 60_000


class TreeHead(Part):
    """The log's size, the root of its Merkle tree (RFC 6962), the hash of its last record, and when (UTC)."""

    v: Annotated[int, Field(ge=1, le=1)]
    size: Count
    root: Hex256
    last: Hex256
    at_ms: Milliseconds

    def document(self) -> dict[str, Any]:
        """The head as JSON."""
        return self.model_dump(mode="json")


class SignedHead(Part):
    """A head and the gate's signature (Ed25519, hex)."""

    head: TreeHead
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}\z")]


class HeadKeeper:
    """Signs a head every `EVERY_RECORDS` records or `EVERY_MS`, and appends it to a file beside the log."""

    def __init__(self, path: Path, key: Ed25519PrivateKey) -> None:
        safe_parent(path)
        self.path, self._key = path, key
        self._size, self._at_ms = 0, 0

    def check(self, log: AuditLog) -> None:
        """Checks a log that is opened again against the last head that was signed here.

        It notices an end that was cut off while the gate was down by whoever forgot this file; who cuts both is noticed
        against a head that is kept elsewhere alone.

        Raises:
            AuditError: the log has not the records that were signed, or the head isn't one of this gate's.
        """
        last = self.path.read_bytes().rstrip(b"\n").rpartition(b"\n")[2] if self.path.exists() else b""
        if not last:
            return
        try:
            kept = SignedHead.model_validate_json(last)
        except ValidationError as error:
            raise AuditError(f"{self.path}: its last line is no signed head") from error
        head = kept.head
        if not verifies(public_hex(self._key), Use.TREE_HEAD, head.document(), kept.signature):
            raise AuditError(f"{self.path}: its last head is not signed with this gate's key")
        if head.size and log.hash_at(head.size - 1) != head.last:
            raise AuditError(
                f"{log.path} has not the {head.size} records that were signed in {self.path}: its end was cut off, or"
                " it is another log; find out which, keep both files, and start with the right one",
                line=min(head.size, log.tree.size + 1),
            )

    def follow(self, log: AuditLog, now_ms: int) -> None:
        """Signs a head where one is due.

        Raises:
            AuditError: it can't be written.
        """
        grown = log.tree.size - self._size
        if grown >= EVERY_RECORDS or (grown > 0 and now_ms - self._at_ms >= EVERY_MS):
            self.sign(log, now_ms)

    def sign(self, log: AuditLog, now_ms: int) -> SignedHead:
        """Signs the head as it is now.

        Raises:
            AuditError: it can't be written.
        """
        head = TreeHead(v=1, size=log.tree.size, root=log.tree.root().hex(), last=log.head.hash, at_ms=now_ms)
        signed = SignedHead(head=head, signature=sign(self._key, Use.TREE_HEAD, head.document()))
        line = json.dumps(signed.model_dump(mode="json"), sort_keys=True, separators=(",", ":")) + "\n"
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise AuditError(f"{self.path}: no signed head can be written: {error}") from error
        self._size, self._at_ms = log.tree.size, now_ms
        return signed
