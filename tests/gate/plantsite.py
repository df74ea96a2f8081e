"""The example site: its policy with keys that tests hold, and a plan, snapshot and context that every rule allows.

Everything here is deterministic; a test changes one thing in it and sees which rule denies.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twinwright_gate.approval import Approval, Statement
from twinwright_gate.compose import compose
from twinwright_gate.context import Bound, Context, Heartbeat, Load, Lock, Phase, Stamp
from twinwright_gate.evaluate import Evaluation, evaluate
from twinwright_gate.plan import Plan
from twinwright_gate.policy import Policy, binding_digest
from twinwright_gate.schema import Proposal
from twinwright_gate.signing import Use, public_hex, sign
from twinwright_gate.snapshot import SignedSnapshot, Snapshot
from twinwright_gate.source import parse_compiled, parse_source

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "policy-example.yaml"
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # a Monday, 10:00 in Berlin
NOW_MS = int(NOW.timestamp() * 1000)
BOOT = "9d3c1f52-0b0c-4e7e-9a51-5f5f0f6f7a10"
PERMIT = "permit-0001"
UID = 4711
FENCE = 5


@functools.cache
def key(name: str) -> Ed25519PrivateKey:
    """The private key that a test has for a name; nobody else uses it."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"test key of {name}".encode()).digest())


@functools.cache
def source() -> str:
    """The example's source, with the tests' keys."""
    return re.sub(r"<([^>]+)>", lambda found: public_hex(key(found[1])), EXAMPLE.read_text())


@functools.cache
def policy() -> Policy:
    """The example, compiled."""
    return parse_source(source().encode(), "example")


def changed_policy(change: dict[str, Any]) -> Policy:
    """The example with some places changed, in the compiled notation (see `put`)."""
    if not change:
        return policy()
    document = policy().document()
    put(document, change)
    return parse_compiled(document, "changed")


def put(document: Any, change: dict[str, Any]) -> None:
    """Sets places in nested JSON, such as ``points/pump-1-speed/tier``; a step into a list is a position or an id."""
    for place, value in change.items():
        *steps, last = place.split("/")
        inner = document
        for step in steps:
            inner = inner[_position(inner, step)]
        inner[_position(inner, last)] = copy.deepcopy(value)


def _position(inner: Any, step: str) -> Any:
    if not isinstance(inner, list):
        return step
    if step.isdigit():
        return int(step)
    for number, one in enumerate(inner):
        named = [value for name, value in one.items() if name in ("id", "name") or name.endswith("_id")]
        if step in (*named, one.get("binding", {}).get("binding_id")):
            return number
    raise KeyError(step)


_READINGS: dict[str, int | str] = {
    "pump-1-speed-limit": 70_000_000,
    "pump-2-speed-limit": 50_000_000,
    "pump-1-flow": 24_000_000,
    "pump-2-flow": 16_000_000,
    "tank-level-a": 62_000_000,
    "tank-level-b": 62_500_000,
    "tank-level-c": 61_800_000,
    "return-temperature": 3_500_000,
    "chiller-state": "RUNNING",
    "filler-rate": 24_000_000_000,
    "filler-output": 23_700_000_000,
    "line-state": "PRODUCING",
    "air-pressure": 7_000_000,
}


def snapshot_document(binding_id: str = "pump-1-speed", now_ms: int = NOW_MS, **readings: int | str) -> dict[str, Any]:
    """A snapshot in which all is well, as JSON; readings (with _ for -) replace the usual ones."""
    found = _READINGS | {name.replace("_", "-"): value for name, value in readings.items()}
    values = [
        {
            "id": one.id,
            "path": one.path,
            "source": "device",
            "source_ms": now_ms - 300,
            "status": 0,
            "ne107": "good",
            "micro": found[one.id] if isinstance(found[one.id], int) else None,
            "state": found[one.id] if isinstance(found[one.id], str) else None,
            "loop_microamps": 12_000 if one.loop else None,
            "unchanged_ms": 1000,
        }
        for one in policy().inputs
    ]
    return {
        "v": 1,
        "site": "demo-plant",
        "executor_id": "executor-1",
        "binding_id": binding_id,
        "nonce": "0" * 32,
        "taken_ms": now_ms - 100,
        "boot_id": BOOT,
        "boot_ms": 5_000_000,
        "device_seq": 41,
        "twin_version": "graph-118",
        "values": values,
        "control": {"auto": "auto", "remote": "remote", "priority": 17},
        "alarms": [],
        "work": {"locked_out": False, "work_permit_open": False, "bypasses": [], "forces": []},
        "fence": 4,
    }


def signed(document: dict[str, Any], signer: str = "executor-1") -> SignedSnapshot:
    """A snapshot, signed."""
    found = Snapshot.model_validate(document)
    return SignedSnapshot(snapshot=found, signature=sign(key(signer), Use.SNAPSHOT, found.document()))


def proposal_document(**target: str) -> dict[str, Any]:
    """A proposal for the first pump, as JSON; `twin_id`, `property`, `value`, `unit` replace the usual ones."""
    return {
        "v": 1,
        "site": "demo-plant",
        "proposer": {"agent_id": "twinwright", "on_behalf_of_person": "j.smith"},
        "created_utc": "2026-01-05T08:55:00Z",
        "target": {
            "twin_id": target.get("twin_id", "glycol-pump-1-drive"),
            "property": target.get("property", "speedLimit"),
        },
        "set": {"value": target.get("value", "62.5"), "unit": target.get("unit", "%"), "kind": "absolute"},
        "reason_text": "Suction pressure is low; less speed stops the cavitation.",
        "evidence": [{"ref": "E3", "sha256": "0" * 64}],
        "taint": {"target": ["engine"], "value": ["telemetry", "engine"]},
    }


PUMP_2 = {"twin_id": "glycol-pump-2-drive", "value": "60"}
FILLER = {"twin_id": "line-1-filler", "property": "speedSetpoint", "value": "22000", "unit": "{bottle}/h"}


def plan_for(proposal: dict[str, Any], snapshot: SignedSnapshot, rules: Policy | None = None) -> Plan:
    """The plan that the gate makes of a proposal."""
    return compose(Proposal.model_validate(proposal), rules or policy(), snapshot.snapshot)


def changed_plan(plan: Plan, change: dict[str, Any]) -> Plan:
    """The plan with some places changed."""
    document = copy.deepcopy(plan.document())
    put(document, change)
    return Plan.parse(json.dumps(document).encode())


def stamp(ago_ms: int = 0) -> Stamp:
    """A moment some time ago, in this boot."""
    return Stamp(utc_ms=NOW_MS - ago_ms, boot_ms=5_000_100 - ago_ms, boot_id=BOOT)


QUIET = Load(pending=0, concurrent=0, per_shift=0, per_minute=0, denials=0)


@dataclass(frozen=True)
class Scene:
    """One situation: all that an evaluation reads."""

    policy: Policy
    snapshot: SignedSnapshot
    plan: Plan
    context: Context

    def judge(self) -> Evaluation:
        """The real evaluation, with the clock for time-outs stopped: a loaded test machine is no slow rule."""
        return evaluate(self.plan, self.snapshot, self.policy, self.context, clock=lambda: 0)


def approval(plan: Plan, person: str, role: str, rules: Policy, **changes: Any) -> Approval:
    """A person's approval; `signer` (person/key) and `use` are for forgers."""
    signer = changes.pop("signer", f"{person}/{changes.get('key_id', 'k1')}")
    use = changes.pop("use", Use.APPROVAL)
    statement = {
        "v": 1,
        "plan_digest": plan.digest(),
        "policy_digest": rules.digest,
        "permit_id": PERMIT,
        "decision": "approve",
        "person_id": person,
        "key_id": "k1",
        "role": role,
        "authority_scope": plan.target.binding_id,
        "nonce": "1" * 32,
        "at_ms": NOW_MS - 60_000,
        "expires_ms": NOW_MS + 3_600_000,
    }
    said = Statement.model_validate(statement | changes)
    return Approval(statement=said, signature=sign(key(signer), use, said.document()))


ROLES = {"a.mueller": "operator", "b.chen": "engineer", "c.okafor": "supervisor"}
ENOUGH = {"L": ("a.mueller",), "M": ("a.mueller", "b.chen"), "H": ("a.mueller", "b.chen", "c.okafor")}


def context(phase: Phase, plan: Plan, rules: Policy, approvals: tuple[Approval, ...]) -> Context:
    """The context of a step in which nothing else goes on."""
    found = Context(
        phase=Phase.EVALUATE,
        permit_id=PERMIT,
        now=stamp(),
        caller_uid=UID,
        policy_digest=rules.digest,
        policy_version=rules.version,
        kill="clear",
        audit_writable=True,
        history=(),
        locks=(),
        load=QUIET,
        real_devices=True,
    )
    if phase is Phase.EVALUATE:
        return found
    found = replace(found, phase=Phase.ARM, evaluated=stamp(120_000), evaluation_digest="e" * 64, approvals=approvals)
    if phase is Phase.ARM:
        return found
    place = plan.target.binding_id
    held = [f"binding:{place}", *(f"group:{one.id}" for one in rules.groups_of(place))]
    return replace(
        found,
        phase=Phase.OPERATE,
        armed=stamp(4_000),
        bound=bound_to(plan, rules, approvals),
        locks=tuple(Lock(resource, PERMIT, FENCE) for resource in held),
        heartbeat=Heartbeat(PERMIT, 9, stamp(200)),
        fence_high_water=FENCE - 1,
    )


def bound_to(plan: Plan, rules: Policy, approvals: tuple[Approval, ...]) -> Bound:
    """What a permit for the plan binds."""
    point = rules.point(plan.target.twin_id, plan.target.property)
    return Bound(
        permit_id=PERMIT,
        plan_digest=plan.digest(),
        evaluation_digest="e" * 64,
        policy_digest=rules.digest,
        policy_version=rules.version,
        twin_version="" if plan.pre is None else str(plan.pre.twin_version),
        binding_digest="" if point is None else binding_digest(point),
        wire_hex=plan.set.wire.hex,
        approvals=tuple(one.digest for one in approvals),
        executor_id="executor-1",
        not_before_ms=NOW_MS - 5_000,
        expires_ms=NOW_MS + 290_000,
        uses=0,
        max_uses=1,
        fence=FENCE,
    )


BINDINGS = {
    "glycol-pump-2-drive": "pump-2-speed",
    "line-1-filler": "filler-1-rate",
    "air-compressor-1": "compressor-1-pressure",
    "glycol-pump-1": "pump-1-flow",
}


def scene(
    phase: Phase = Phase.EVALUATE,
    *,
    target: dict[str, str] | None = None,
    policy: dict[str, Any] | None = None,
    snapshot: dict[str, Any] | None = None,
    proposal: dict[str, Any] | None = None,
    plan: dict[str, Any] | None = None,
    context: dict[str, Any] | None = None,
    bound: dict[str, Any] | None = None,
    approvals: Callable[[Plan, Policy], tuple[Approval, ...]] | None = None,
    signer: str = "executor-1",
) -> Scene:
    """The example's situation with some things changed; what nobody changes, every rule allows.

    Changes of policy, snapshot, proposal and plan are by place (see `put`), those of context and bound by field.
    The plan is made from the changed policy and snapshot, and changed after that; people sign it as it then is.
    """
    rules = changed_policy(policy or {})
    wanted = proposal_document(**(target or {}))
    put(wanted, proposal or {})
    document = snapshot_document(BINDINGS.get(wanted["target"]["twin_id"], "pump-1-speed"))
    before = signed(document)
    made = changed_plan(plan_for(wanted, before, rules), plan or {})
    put(document, snapshot or {})
    given = approvals(made, rules) if approvals is not None else enough(made, rules)
    about = _context(phase, made, rules, given)
    if about.bound is not None:
        about = replace(about, bound=replace(about.bound, **(bound or {})))
    return Scene(rules, signed(document, signer), made, replace(about, **(context or {})))


_context = context


def enough(plan: Plan, rules: Policy) -> tuple[Approval, ...]:
    """As many approvals as the plan's class takes."""
    return tuple(approval(plan, person, ROLES[person], rules) for person in ENOUGH[plan.risk])


def deniers(found: Evaluation) -> set[str]:
    """The rules that did not allow."""
    return {one.rule for one in found.results if one.findings}
