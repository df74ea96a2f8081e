"""The signatures of single records: who wrote each, beside the chain, which says that none is missing."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..errors import AuditError
from .chain import Record

_CONTEXT = b"twinwright/record/v1\0"


def signed(records: Iterable[Record], public_key: str) -> int:
    """How many records carry a signature, each checked against the gate's public key (hex).

    Records of a gate that had no key yet carry none; from the first one that does, all have to.

    Raises:
        AuditError: a signature is not that key's, or one lacks it behind one that has it; `line` names the record.
    """
    count, key = 0, _key(public_key)
    for record in records:
        content = dict(record.content)
        signature = content.pop("sig", None)
        if signature is None and count == 0:
            continue
        raw = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        try:
            key.verify(bytes.fromhex(signature), _CONTEXT + raw)
        except (InvalidSignature, ValueError, TypeError) as error:
            raise AuditError(f"line {record.line}: the record is not signed with that key", line=record.line) from error
        count += 1
    return count


def _key(public_key: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    except ValueError as error:
        raise AuditError(f"{public_key[:80]!r} is no public key: 64 hex digits are") from error
