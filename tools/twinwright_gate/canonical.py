"""The bytes that are hashed: RFC 8785 canonical JSON, each kind behind a domain of its own."""

from __future__ import annotations

import hashlib
import json
from typing import Any

PLAN_DOMAIN = b"twinwright/plan/v1\0"
BINDING_DOMAIN = b"twinwright/binding/v1\0"
SNAPSHOT_DOMAIN = b"twinwright/snapshot/v1\0"
EVALUATION_DOMAIN = b"twinwright/evaluation/v1\0"
POLICY_DOMAIN = b"twinwright/policy/v1\0"
APPROVAL_DOMAIN = b"twinwright/approval/v1\0"

_SAFE = 2**53
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def canonical(value: dict[str, Any]) -> bytes:
    """The canonical JSON (RFC 8785) of an object that holds no floats and whose keys are ASCII, as UTF-8.

    Without floats and with such keys, canonical JSON is what `json` writes with sorted keys and no spaces, in a tenth
    of the time that a general implementation takes; the tests hold it against rfc8785.

    Raises:
        ValueError: a float, an integer of 2**53 or more, a key that isn't ASCII, or something that JSON doesn't have.
    """
    _check(value)
    return _ENCODER.encode(value).encode("utf-8")


def _check(value: Any) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -_SAFE < value < _SAFE:
            raise ValueError("an integer of 2**53 or more has no canonical form")
    elif kind is dict:
        for key, inner in value.items():
            if type(key) is not str or not key.isascii():
                raise ValueError(f"the key {key!r} is not ASCII text")
            _check(inner)
    elif kind is list or kind is tuple:
        for inner in value:
            _check(inner)
    else:
        raise ValueError(f"{kind.__name__} has no canonical form here")


def digest(domain: bytes, value: dict[str, Any]) -> str:
    """SHA-256 in hex over ``domain ‖ JCS(value)``; the domain ends with a zero byte."""
    return digest_of(domain, canonical(value))


def digest_of(domain: bytes, raw: bytes) -> str:
    """SHA-256 in hex over a domain and bytes that are canonical already."""
    return hashlib.sha256(domain + raw).hexdigest()


def plan_digest(plan: dict[str, Any]) -> str:
    """SHA-256 in hex over ``"twinwright/plan/v1\\0" ‖ JCS(plan)``; the plan holds no floats."""
    return digest(PLAN_DOMAIN, plan)
