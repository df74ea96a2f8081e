"""Requests that an adversary, a fault or chance might make: the example's situations with anything in them changed.

All is drawn from a seed. A change goes to any leaf of plan, snapshot or policy (with values at and around every limit
that the policy has), to the context, or to the approvals. Policies are not linted: the rules deny by themselves.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from twinwright_gate.approval import Approval
from twinwright_gate.checks import MissingInput
from twinwright_gate.context import Context, Heartbeat, Load, Lock, PastWrite, Phase, Stamp
from twinwright_gate.errors import PolicyError
from twinwright_gate.plan import Plan
from twinwright_gate.policy import Policy
from twinwright_gate.signing import Use
from twinwright_gate.source import parse_compiled
from twinwright_gate.wire import encode

from .plantsite import (
    BOOT,
    ENOUGH,
    FENCE,
    FILLER,
    NOW_MS,
    PERMIT,
    PUMP_2,
    ROLES,
    Scene,
    approval,
    context,
    plan_for,
    policy,
    proposal_document,
    signed,
    snapshot_document,
    stamp,
)

TARGETS: tuple[tuple[dict[str, str], str], ...] = (
    ({}, "pump-1-speed"),
    (PUMP_2, "pump-2-speed"),
    (FILLER, "filler-1-rate"),
)
CONTEXTS = 4  # so many contexts are drawn for each plan, snapshot and policy
TEXTS = (
    "",
    "P\u0410-101",
    "pump-1\u200b",
    "#",
    "$share",
    "../x",
    "pump-1-flow",
    "device",
    "twin",
    "restore",
    "safe_value",
)
WORDS = (
    *TEXTS,
    "good",
    "M",
    "F",
    "RUNNING",
    "unknown",
    "local",
    "manual",
    "active",
    "shelved",
    "critical",
    "low",
    "L",
    "H",
    "sis",
)
EDGES = (
    0,
    1,
    -1,
    2**53 - 1,
    10**15 - 1,
    1 - 10**15,
    3_600,
    3_800,
    20_500,
    21_000,
    NOW_MS,
    NOW_MS - 2_000,
    NOW_MS + 500,
)


def leaves(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of everything in JSON that is no object (lists are places too)."""
    steps = document.items() if isinstance(document, dict) else enumerate(document)
    for step, inner in steps:
        if isinstance(inner, dict | list) and inner:
            yield from leaves(inner, (*path, step))
        if not isinstance(inner, dict):
            yield (*path, step)


def at(document: Any, path: tuple[Any, ...]) -> Any:
    """What stands at a place."""
    for step in path:
        document = document[step]
    return document


class Adversary:
    """A stream of requests from a seed."""

    def __init__(self, seed: int, policies: int = 60) -> None:
        self._random = random.Random(seed)
        self._policies = [policy(), *(self._policy() for _ in range(policies))]
        self._edges = sorted({*EDGES, *(number for number in self._numbers(policy().document()))})

    def _numbers(self, document: Any) -> Iterator[int]:
        for path in leaves(document):
            found = at(document, path)
            if type(found) is int:
                yield from (found - 1, found, found + 1)

    def _policy(self) -> Policy:
        """The example with a leaf or a few changed, if it is still a policy by the schema."""
        while True:
            document = copy.deepcopy(policy().document())
            for _ in range(self._random.choice((1, 1, 2, 4))):
                self._change(document, list(EDGES))
            try:
                return parse_compiled(document, "drawn")
            except PolicyError:
                continue

    def _change(self, document: Any, edges: list[int]) -> None:
        """Changes one place to something of its own kind, to nothing, or to another list."""
        draw = self._random
        *steps, last = draw.choice(list(leaves(document)))
        inner = at(document, tuple(steps))
        old = inner[last]
        if isinstance(old, bool):
            inner[last] = draw.choice((not old, None))
        elif isinstance(old, int):
            near = (old + draw.choice((-1, 1)), old + draw.randrange(-(10**7), 10**7), draw.choice(edges))
            inner[last] = draw.choice(near)
        elif isinstance(old, list):
            inner[last] = draw.choice(([], old[:-1], [*old, *copy.deepcopy(old[:1])], None))
        elif isinstance(old, str):
            inner[last] = draw.choice((draw.choice(WORDS), old.upper(), old[::-1], None))
        else:
            inner[last] = draw.choice((draw.choice(edges), draw.choice(WORDS), False))

    def scenes(self) -> Iterator[Scene]:
        """Requests without end; what the strict readers refuse is no request and is drawn anew."""
        while True:
            try:
                made = self._scene()
                for _ in range(CONTEXTS):
                    yield replace(made, context=self._context(made.context))
            except (ValueError, MissingInput):
                continue

    def _scene(self) -> Scene:
        draw = self._random
        rules = draw.choice(self._policies) if draw.random() < 0.4 else self._policies[0]
        target, binding = draw.choice(TARGETS)
        wanted = proposal_document(**target)
        wanted["taint"] = {"target": ["engine"], "value": [draw.choice(("engine", "telemetry", "history", "unknown"))]}
        document = snapshot_document(binding)
        plan = self._plan(wanted, document, rules)
        if draw.random() < 0.35:
            for _ in range(draw.choice((1, 1, 2))):
                self._change(document, self._edges)
        phase = draw.choice(tuple(Phase))
        given = self._approvals(plan, rules)
        about = context(phase, plan, rules, given)
        return Scene(rules, signed(document, "executor-1" if draw.random() < 0.98 else "other"), plan, about)

    def _plan(self, wanted: dict[str, Any], document: dict[str, Any], rules: Policy) -> Plan:
        draw = self._random
        plan = plan_for(wanted, signed(document), rules)
        point = rules.point(plan.target.twin_id, plan.target.property)
        changed = plan.document()
        if draw.random() < 0.3 and point is not None:
            value = draw.choice((*self._edges, plan.set.value_micro + draw.randrange(-(10**7), 10**7)))
            data = encode(value, point.binding)
            changed["set"]["value_micro"] = value
            changed["set"]["wire"]["hex"] = changed["set"]["wire"]["hex"] if data is None else data.hex()
        if draw.random() < 0.25:
            self._change(changed, self._edges)
        return Plan.model_validate(changed)

    def _approvals(self, plan: Plan, rules: Policy) -> tuple[Approval, ...]:
        draw = self._random
        people = list(ENOUGH[plan.risk])
        if draw.random() < 0.15:
            people = draw.sample(
                ["a.mueller", "b.chen", "c.okafor", "j.smith", "d.lapsed", "e.rossi", "night-shift"], 2
            )
        found = []
        for person in people:
            changes: dict[str, Any] = {}
            if draw.random() < 0.1:
                changes = draw.choice(APPROVAL_CHANGES)
            role = changes.get("role", ROLES.get(person, "operator"))
            others = {name: value for name, value in changes.items() if name != "role"}
            found.append(approval(plan, person, role, rules, **others))
        return tuple(found)

    def _context(self, about: Context) -> Context:
        draw = self._random
        for _ in range(draw.choice((0, 0, 0, 1, 1, 2))):
            name = draw.choice(
                ("now", "switch", "history", "locks", "load", "people", "bound", "beat", "armed", "fence")
            )
            about = getattr(self, f"_{name}")(about)
        return about

    def _now(self, about: Context) -> Context:
        draw = self._random
        shift = draw.choice((-3_600_000, -1, 1, 400, 3_000, 60_000, 86_400_000))
        now = replace(about.now, utc_ms=about.now.utc_ms + shift)
        return replace(
            about, now=draw.choice((now, replace(now, boot_ms=now.boot_ms + shift), replace(now, boot_id="b")))
        )

    def _switch(self, about: Context) -> Context:
        choices: tuple[dict[str, Any], ...] = (
            {"kill": "latched"},
            {"kill": "unreadable"},
            {"audit_writable": False},
            {"real_devices": False},
            {"policy_version": self._random.choice((6, 8))},
            {"policy_digest": "0" * 64},
            {"permit_id": "permit-0002"},
            {"evaluation_digest": "f" * 64},
        )
        return replace(about, **self._random.choice(choices))

    def _history(self, about: Context) -> Context:
        draw = self._random
        if draw.random() < 0.1:
            return replace(about, history=None)
        rows = []
        for _ in range(draw.randrange(6)):
            at_ms = draw.choice(
                (0, 29_999, 30_000, 60_000, 60_001, 300_000, 3_600_000, 3_600_001, draw.randrange(7_300_000))
            )
            moved = draw.randrange(0, 16) * 1_000_000
            when = replace(stamp(at_ms), boot_id=draw.choice((BOOT, BOOT, "earlier")))
            place = draw.choice(("pump-1-speed", "pump-2-speed", "filler-1-rate"))
            rows.append(PastWrite(place, when, 25_000_000, 25_000_000 + moved))
        return replace(about, history=tuple(rows))

    def _locks(self, about: Context) -> Context:
        draw = self._random
        names = (
            "binding:pump-1-speed",
            "binding:pump-2-speed",
            "binding:filler-1-rate",
            "group:glycol-pumps",
            "group:x",
        )
        extra = Lock(
            draw.choice(names), draw.choice((PERMIT, "permit-9")), draw.choice((FENCE, 4)), draw.random() < 0.2
        )
        held = about.locks or ()
        return replace(about, locks=draw.choice((None, (), (*held, extra), held[:1], (extra,))))

    def _load(self, about: Context) -> Context:
        draw = self._random
        limits = (("pending", 20), ("concurrent", 2), ("per_shift", 12), ("per_minute", 10), ("denials", 8))
        found = {name: draw.choice((0, 0, most - 1, most - 1, most)) for name, most in limits}
        return replace(about, load=None if draw.random() < 0.1 else Load(**found))

    def _people(self, about: Context) -> Context:
        draw = self._random
        revoked = frozenset(draw.sample(("a.mueller/k1", "b.chen/k1", "c.okafor/k1", "x/k1"), draw.randrange(3)))
        withdrawn = frozenset(one.digest for one in about.approvals if draw.random() < 0.3)
        caller = draw.choice((4711, 4711, 4712, 0, None))
        return replace(about, revoked_keys=revoked, withdrawn=withdrawn, caller_uid=caller)

    def _bound(self, about: Context) -> Context:
        draw = self._random
        if about.bound is None:
            return about
        choices: tuple[dict[str, Any], ...] = (
            *({name: "0" * 64} for name in ("plan_digest", "evaluation_digest", "policy_digest", "binding_digest")),
            *({name: draw.choice((NOW_MS - 1, NOW_MS, NOW_MS + 1, 0))} for name in ("not_before_ms", "expires_ms")),
            *({name: draw.choice((0, 1, 2))} for name in ("uses", "max_uses")),
            *({name: "other"} for name in ("permit_id", "executor_id", "twin_version", "wire_hex")),
            {"fence": draw.choice((4, 6))},
            {"policy_version": 6},
            {"approvals": about.bound.approvals[:-1]},
        )
        return replace(about, bound=replace(about.bound, **draw.choice(choices)))

    def _beat(self, about: Context) -> Context:
        draw = self._random
        beat = Heartbeat(
            draw.choice((PERMIT, "permit-9")), draw.choice((0, 1)), stamp(draw.choice((0, 3_000, 3_001, -1)))
        )
        return replace(about, heartbeat=draw.choice((None, beat, beat)))

    def _armed(self, about: Context) -> Context:
        when = stamp(self._random.choice((-1, 0, 9_999, 10_000, 10_001)))
        when = self._random.choice((when, Stamp(when.utc_ms - 2_500, when.boot_ms, BOOT)))
        if about.phase is Phase.OPERATE:
            return replace(about, armed=when)
        return replace(about, evaluated=when) if about.phase is Phase.ARM else about

    def _fence(self, about: Context) -> Context:
        return replace(about, fence_high_water=self._random.choice((None, 4, 5, 6)))


APPROVAL_CHANGES: tuple[dict[str, Any], ...] = (
    {"decision": "reject"},
    {"expires_ms": NOW_MS},
    {"expires_ms": NOW_MS + 20_000_000},
    {"at_ms": NOW_MS + 501},
    {"plan_digest": "0" * 64},
    {"policy_digest": "0" * 64},
    {"permit_id": "permit-0002"},
    {"role": "supervisor"},
    {"key_id": "k2"},
    {"authority_scope": "filler-1-rate"},
    {"person_id": "j.smith"},
    {"signer": "somebody/k1"},
    {"use": Use.PERMIT},
)
