"""What the reference gate reads and verifies with: canonical JSON, digests, signatures, windows, register bytes.

Shares no code with the real gate.
"""

import hashlib
import json
import re
import struct
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

J = dict[str, Any]
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SAFETY = {"sis", "fire-gas", "protection-relay", "e-stop", "interlock", "bypass", "alarm-limit", "safety"}
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f", "float64": ">d"}
READ: dict[int, tuple[J, Any]] = {}
SEEN: dict[int, tuple[J, str]] = {}  # policies are many requests' own, and long


def jcs(domain: str, value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"twinwright/{domain}/v1\0{text}".encode()


def sha(domain: str, value: Any) -> str:
    return hashlib.sha256(jcs(domain, value)).hexdigest()


def oversized(plan: J) -> bool:
    return len(jcs("plan", plan)) - len(b"twinwright/plan/v1\0") > 16384


def policy_sha(policy: J) -> str:
    if id(policy) not in SEEN:
        SEEN[id(policy)] = (policy, sha("policy", policy))
    return SEEN[id(policy)][1]


def signed(public: str, domain: str, value: Any, signature: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), jcs(domain, value))
    except (InvalidSignature, ValueError):
        return False
    return True


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def in_window(window: J, now: int) -> bool:
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(window["zone"])).replace(tzinfo=None)
    (h1, m1), (h2, m2) = ((int(x) for x in window[name].split(":")) for name in ("start", "end"))
    for midnight in (datetime(local.year, local.month, local.day, tzinfo=None) - timedelta(days=n) for n in (0, 1)):  # noqa: DTZ001
        start, end = midnight + timedelta(hours=h1, minutes=m1), midnight + timedelta(hours=h2, minutes=m2)
        end += timedelta(days=int(end <= start))
        if DAYS[midnight.weekday()] in window["days"] and start <= local < end:
            return True
    return False


def timely(policy: Any, names: list[str], now: int) -> bool:
    """Whether it is in one of the windows and in no blackout; a zone that isn't there is neither."""
    windows = {one.id: one for one in policy.windows}
    try:
        inside = any(in_window(windows[name], now) for name in names if name in windows)
        return inside and not any(in_window(one, now) for one in policy.blackouts)
    except (ZoneInfoNotFoundError, ValueError):
        return False


def or_huge(value: int | None) -> int:
    return 10**18 if value is None else value


def meant(value: int, data: bytes, b: J) -> Decimal | None:
    """What the bytes mean (micro-units), if they are the ones that the value is written as."""
    raw, form = Decimal(value - b["offset"]) * b["scale_num"] / b["scale_den"] / 1_000_000, FORMATS[b["dtype"]]
    words = [data[i : i + 2] for i in range(0, len(data), 2)][:: -1 if b["order"] in ("CDAB", "DCBA") else 1]
    data = b"".join(w[::-1] if b["order"] in ("BADC", "DCBA") else w for w in words)
    if len(data) != struct.calcsize(form):
        return None
    try:
        wanted = float(raw) if form in (">f", ">d") else int(raw.quantize(Decimal(1), ROUND_HALF_EVEN))
        same = struct.pack(form, wanted) == data
    except (OverflowError, struct.error):
        return None
    found = Decimal(struct.unpack(form, data)[0]) * 1_000_000 * b["scale_den"] / b["scale_num"] + b["offset"]
    return found if same and abs(found - value) <= b["resolution"] else None


class D(dict[str, Any]):
    """A JSON object whose fields are attributes too."""

    __getattr__ = dict.__getitem__


def fields(value: Any) -> Any:
    """JSON with its objects as `D`."""
    if isinstance(value, dict):
        return D({name: fields(inner) for name, inner in value.items()})
    return [fields(inner) for inner in value] if isinstance(value, list) else value


def policy_fields(policy: J) -> Any:
    """A policy as `D`; policies are many requests' own, and long."""
    if id(policy) not in READ:
        READ[id(policy)] = (policy, fields(policy))
    return READ[id(policy)][1]
