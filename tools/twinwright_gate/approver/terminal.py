"""Approving in the terminal: one plan at a time, and never by a mere yes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..client import ask
from ..clocks import Clock
from ..readable import plain, wrapped
from .rendering import Shown, shown
from .signing import DIGITS, Signer, confirmed, pending

WIDTH = 78


def listed(socket: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """What waits for people, as data and as lines to read.

    Raises:
        GateError: nobody answers, or what it shows is no plan.
    """
    found, switch = pending(socket)
    lines = [] if switch is None else [plain(f"kill switch: {switch['state']} ({switch['why']})")]
    for one in found:
        seen = shown(one["plan"].encode())
        plan = dict(seen.rows)
        signed = plain(", ".join(one["signed"]) or "nobody")
        head = plain(f"{one['permit_id']}  {one['state']}")
        lines.append(f"{head}  {plan['target']} -> {plan['set to']}  class {plan['class']}")
        lines.append(f"    taint: {plan['target chosen from']} / {plan['value chosen from']}; signed by {signed}")
    return found, lines or ["nothing waits"]


def text(seen: Shown) -> str:
    """A plan as lines; what is longer than one goes on below itself, so that it never stands where a name stands."""
    wide = max(len(name) for name, _ in seen.rows)
    rows = [*seen.rows, ("digest", seen.digest)]
    pieces = [(name if first else "", piece) for name, value in rows for first, piece in _pieces(value)]
    return "\n".join(f"{name:>{wide}}  {piece}" for name, piece in pieces)


def _pieces(value: str) -> list[tuple[bool, str]]:
    return [(number == 0, piece) for number, piece in enumerate(wrapped(value, WIDTH))]


def decide(
    socket: Path, permit_id: str, signer: Signer, clock: Clock, say: Callable[[str], None], read: Callable[[str], str]
) -> dict[str, Any] | None:
    """Shows a plan and takes a person's word on it; None where the person gave none.

    Raises:
        GateRefused: the gate doesn't take it. GateError: nobody answers, or there is no such plan.
    """
    found = next((one for one in pending(socket)[0] if one["permit_id"] == permit_id), None)
    if found is None:
        say(f"no plan waits under {permit_id!r}")
        return None
    seen = shown(found["plan"].encode())
    say(text(seen))
    typed = read(
        f"approve: type the digest's first {DIGITS} digits; reject: type 'reject'; anything else does nothing: "
    )
    if typed.strip() != "reject" and not confirmed(seen, typed):
        say("nothing was signed")
        return None
    decision: Any = "reject" if typed.strip() == "reject" else "approve"
    word = signer.word(seen, permit_id, found["policy_digest"], decision, clock)
    answer: dict[str, Any] = ask(socket, "approve", word.model_dump(mode="json"))
    return answer
