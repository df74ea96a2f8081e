"""The bytes that are hashed: RFC 8785 canonical JSON behind a domain of its own."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

PLAN_DOMAIN = b"twinwright/plan/v1\0"


def plan_digest(plan: dict[str, Any]) -> str:
    """SHA-256 in hex over ``"twinwright/plan/v1\\0" ‖ JCS(plan)``; the plan holds no floats."""
    return hashlib.sha256(PLAN_DOMAIN + rfc8785.dumps(plan)).hexdigest()
