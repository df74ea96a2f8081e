"""The bytes that are hashed: RFC 8785 canonical JSON, each kind behind a domain of its own."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

PLAN_DOMAIN = b"twinwright/plan/v1\0"
BINDING_DOMAIN = b"twinwright/binding/v1\0"
SNAPSHOT_DOMAIN = b"twinwright/snapshot/v1\0"
EVALUATION_DOMAIN = b"twinwright/evaluation/v1\0"
POLICY_DOMAIN = b"twinwright/policy/v1\0"
APPROVAL_DOMAIN = b"twinwright/approval/v1\0"


def canonical(value: dict[str, Any]) -> bytes:
    """The canonical JSON of an object that holds no floats, as UTF-8.

    Raises:
        rfc8785.CanonicalizationError: an integer of 2**53 or more, or something that JSON doesn't have.
    """
    return rfc8785.dumps(value)


def digest(domain: bytes, value: dict[str, Any]) -> str:
    """SHA-256 in hex over ``domain ‖ JCS(value)``; the domain ends with a zero byte."""
    return hashlib.sha256(domain + canonical(value)).hexdigest()


def plan_digest(plan: dict[str, Any]) -> str:
    """SHA-256 in hex over ``"twinwright/plan/v1\\0" ‖ JCS(plan)``; the plan holds no floats."""
    return digest(PLAN_DOMAIN, plan)
