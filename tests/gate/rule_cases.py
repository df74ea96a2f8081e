"""One situation for each thing that a rule denies: the example with one thing changed, so that it alone denies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twinwright_gate.approval import Approval
from twinwright_gate.context import Heartbeat, Load, Lock, PastWrite, Phase, Stamp
from twinwright_gate.plan import Plan
from twinwright_gate.policy import Policy
from twinwright_gate.signing import Use

from .plantsite import BOOT, FENCE, FILLER, NOW_MS, PERMIT, PUMP_2, approval, stamp

Signers = Callable[[Plan, Policy], tuple[Approval, ...]]
ARM, OPERATE = Phase.ARM, Phase.OPERATE
FILLER_LOCKS = (Lock("binding:filler-1-rate", PERMIT, FENCE),)


@dataclass(frozen=True)
class Case:
    """What is changed, in which phase, and the reason that it has to give; `others` are rules that it breaks too."""

    reason: str
    name: str
    phase: Phase = Phase.EVALUATE
    change: dict[str, Any] = field(default_factory=dict)
    others: frozenset[str] = frozenset()


def case(reason: str, name: str, phase: Phase = Phase.EVALUATE, others: str = "", **change: Any) -> Case:
    """A case; `others` are rule ids in a string."""
    return Case(reason, name, phase, change, frozenset(others.split()))


def by(*signers: tuple[str, str], **changes: Any) -> Signers:
    """Approvals by these people in these roles; changes hold for the last one."""

    def signed(plan: Plan, rules: Policy) -> tuple[Approval, ...]:
        *first, (person, role) = signers
        good = tuple(approval(plan, name, as_role, rules) for name, as_role in first)
        return (*good, approval(plan, person, role, rules, **changes))

    return signed


MUELLER, CHEN = ("a.mueller", "operator"), ("b.chen", "engineer")


def wrote(ago_s: float, from_pct: int, to_pct: int, binding: str = "pump-1-speed") -> PastWrite:
    """A write some seconds ago, from and to percent."""
    return PastWrite(binding, stamp(int(ago_s * 1000)), from_pct * 1_000_000, to_pct * 1_000_000)


def point(place: str, value: Any) -> dict[str, Any]:
    """A change of the first pump's point."""
    return {f"points/pump-1-speed/{place}": value}


def value(place: str, changed: Any) -> dict[str, Any]:
    """A change of one value of the snapshot."""
    return {f"values/{place}": changed}


def alarm(**changes: Any) -> dict[str, Any]:
    """A snapshot with one alarm."""
    plain = {"id": "A1", "twin_id": "glycol-pump-1-drive", "input_id": None, "priority": "high", "state": "active"}
    return {"alarms": [plain | changes]}


LOW_ALARMS = [
    {"id": f"A{n}", "twin_id": "x", "input_id": None, "priority": "low", "state": "active"} for n in range(10)
]
OTHER_BOOT = Stamp(NOW_MS - 120_000, 1_000, "another-boot")
LIMITED = {"points/pump-1-speed/layers/site/hi": None}

TARGET = [
    case("R01.ID_GRAMMAR", "an evidence id with a zero-width space", plan={"evidence/0/ref": "E\u200b3"}),
    case(
        "R01.NOT_ALLOWLISTED",
        "lower case alias",
        others="R03 R04 R05 R06 R07 R08 R09 R10 R11 R12 R15 R16 R17 R18 R19 R20 R21 R22 R23",
        plan={"target/twin_id": "GLYCOL-PUMP-1-DRIVE"},
    ),
    case("R01.NOT_WRITABLE", "by the policy", policy=point("writable", False)),
    case("R01.NOT_WRITABLE", "by the model", policy=point("dtdl/writable", False)),
    case("R01.AMBIGUOUS", "two points at one place", policy={"points/pump-2-speed/binding/address": "plc1/mailbox/0"}),
    case("R03.UNIT", "per mille where percent", plan={"set/unit": "[ppth]"}),
    case("R04.NEVER_TAG", "tagged SIS", policy=point("tags", ["SIS"])),
    case("R04.NEVER_TAG", "tagged by the site", policy=point("tags", ["burner-management"])),
    case("R04.NEVER_TWIN", "named by the site", policy={"never/twins": ["glycol-pump-1-drive"]}),
    case("R04.NEVER_NETWORK", "in the SIS conduit", policy={"never/networks": ["plc-net"]}),
    case("R04.NEVER_NETWORK", "where the executor doesn't reach", policy={"executors/executor-1/networks": ["other"]}),
]
VALUE = [
    case(
        "R05.ABOVE",
        "just above the site's limit",
        target={"value": "75"},
        policy=point("layers/site/hi", 74_999_999) | point("binding/resolution", 0),
        others="R06",
    ),
    case(
        "R05.BELOW",
        "just below the site's limit",
        target={"value": "62"},
        policy=point("layers/site/lo", 62_000_001),
        others="R06",
    ),
    case("R05.NO_LIMIT", "a limit that is null", policy=LIMITED, others="R06"),
    case(
        "R05.NO_LIMIT",
        "no nameplate layer",
        policy=point("layers", [{"name": "instrument", "lo": 0, "hi": 10**8}, {"name": "site", "lo": 0, "hi": 10**8}]),
    ),
    case(
        "R05.EMPTY_ENVELOPE",
        "a restriction above the site's",
        policy=point("layers/nameplate/lo", 95_000_000),
        others="R06",
    ),
    case(
        "R05.NO_MODE",
        "a mode outside of all bands",
        snapshot=value("return-temperature/micro", 40_000_000),
        others="R06",
    ),
    case(
        "R06.ENCODE_OVERFLOW",
        "a value whose bytes don't fit",
        policy=point("binding/scale_num", 1000),
        plan={"set/value_micro": 62_500_000},
        target={"value": "32"},
        others="",
    ),
    case("R06.ENCODE_ROUNDTRIP", "bytes in another order", plan={"set/wire/hex": "7102"}),
    case(
        "R06.ENCODED_OUT_OF_RANGE",
        "rounded out of the limits",
        policy=point("layers/site/hi", 62_540_000) | point("binding/resolution", 100_000),
        target={"value": "62.54"},
        plan={"set/wire/hex": "0272"},
    ),
    case(
        "R06.WIRE",
        "neighbouring bytes within the resolution",
        policy=point("binding/resolution", 100_000),
        plan={"set/wire/hex": "0272"},
    ),
    case("R06.WIRE", "another format", plan={"set/wire/dtype": "uint16"}),
    case("R07.STEP", "too large a step from the measured value", policy=point("dynamics/max_step", 7_000_000)),
    case("R07.RATE", "too much within a minute", policy=point("dynamics/per_minute", 7_000_000)),
    case(
        "R07.RATE",
        "two steps within a minute",
        context={"history": (wrote(50, 78, 70),)},
        policy=point("dynamics/cooldown_s", 0),
    ),
    case("R07.TRAVEL", "the ratchet", context={"history": tuple(wrote(600 * n, 60, 70) for n in (1, 2, 3, 4))}),
    case("R07.COOLDOWN", "too soon", context={"history": (wrote(59, 70, 70),)}),
    case(
        "R07.COOLDOWN",
        "not soon by a clock that jumped",
        context={
            "history": (PastWrite("pump-1-speed", Stamp(NOW_MS - 86_400_000, 5_000_000, BOOT), 70_000_000, 70_000_000),)
        },
    ),
    case(
        "R07.STARTS",
        "too many starts",
        target=PUMP_2,
        snapshot=value("pump-2-speed-limit/micro", 20_000_000),
        plan={"pre/expected_micro": 20_000_000, "rollback/value_micro": 20_000_000},
        context={"history": (wrote(1200, 20, 40, "pump-2-speed"), wrote(2400, 20, 40, "pump-2-speed"))},
    ),
    case("R07.HISTORY_UNKNOWN", "a history that can't be read", context={"history": None}),
    case("R07.HISTORY_UNKNOWN", "a write from the future", context={"history": (wrote(-5, 70, 70),)}),
    case(
        "R07.NO_BASELINE",
        "a measured value that is text",
        snapshot=value("pump-1-speed-limit/micro", None) | value("pump-1-speed-limit/state", "70"),
        others="R16",
    ),
]
PLANT = [
    case(
        "R08.RULE_MISSING",
        "a rule that the policy leaves out",
        policy={"required_rules": [f"R{n:02}" for n in range(1, 25)]},
    ),
    case("R08.INCOMPLETE", "no permissive at all", policy=point("permissives", [])),
    case("R08.INCOMPLETE", "an unknown permissive", policy=point("permissives", ["tank-level-ok", "none"])),
    case(
        "R08.INCOMPLETE", "an input that is absent", others="R09", snapshot={"values/tank-level-b/id": "tank-level-x"}
    ),
    case("R08.DISAGREEMENT", "one of three far off", snapshot=value("tank-level-b/micro", 66_000_000)),
    case(
        "R08.DISAGREEMENT",
        "states that differ",
        policy={"permissives/chiller-runs/inputs": ["chiller-state", "line-state"]},
    ),
    case("R08.PERMISSIVE", "the chiller has tripped", snapshot=value("chiller-state/state", "TRIPPED")),
    case("R08.PERMISSIVE", "a level too low", snapshot={f"values/tank-level-{one}/micro": 29_999_999 for one in "abc"}),
    case("R08.PERMISSIVE", "a permissive without limits", policy={"permissives/tank-level-ok/hi": None}),
    case("R09.SIGNATURE", "signed by somebody else", signer="somebody"),
    case("R09.FOREIGN", "of another point", snapshot={"binding_id": "pump-2-speed"}),
    case("R09.MISSING", "an effect that can't be read", snapshot={"values/pump-1-flow/id": "pump-1-x"}),
    case("R09.PROVENANCE", "a twin's property", snapshot=value("tank-level-a/source", "twin")),
    case("R09.PROVENANCE", "another path", snapshot=value("tank-level-a/path", "plc1/DB12.D4")),
    case("R09.STATUS", "uncertain", snapshot=value("tank-level-a/status", 0x40900000)),
    case("R09.STATUS", "good, but clamped", snapshot=value("tank-level-a/status", 0x00300000)),
    case("R09.STATUS", "good, but a local override", snapshot=value("tank-level-a/status", 0x00960000)),
    *(case("R09.NE107", f"NE 107 {letter}", snapshot=value("tank-level-a/ne107", letter)) for letter in "FCSM"),
    *(
        case("R09.NE43", f"{loop} microamps", snapshot=value("tank-level-a/loop_microamps", loop))
        for loop in (None, 3600, 3799, 20501, 21000)
    ),
    case("R09.STALE", "an old value", snapshot=value("tank-level-a/source_ms", NOW_MS - 2001)),
    case("R09.STALE", "an old snapshot", snapshot={"taken_ms": NOW_MS - 3001}),
    case("R09.FUTURE", "a value from the future", snapshot=value("tank-level-a/source_ms", NOW_MS + 501)),
    case("R09.FUTURE", "a snapshot from the future", snapshot={"taken_ms": NOW_MS + 501}),
    case("R09.FROZEN", "a level that stands still", snapshot=value("tank-level-a/unchanged_ms", 60_001)),
    case("R09.FROZEN", "not known whether it moves", snapshot=value("tank-level-a/unchanged_ms", None)),
    case(
        "R09.SPAN",
        "read at different times",
        snapshot=value("return-temperature/source_ms", NOW_MS - 4900),
        policy={"times/span_ms": 4000},
    ),
    case("R09.NOT_A_NUMBER", "two values in one", snapshot=value("tank-level-a/state", "62")),
    case("R10.ACTUATION_OFF", "switched off by the policy", policy={"actuation": "off"}),
    case("R10.TIER", "a digital shadow", policy=point("tier", "shadow")),
    case("R10.TIER", "a digital model", policy=point("tier", "model")),
    case("R10.LOCAL", "switched to local", snapshot={"control/remote": "local"}),
    case("R10.LOCAL", "not known", snapshot={"control/remote": "unknown"}),
    case("R10.MANUAL", "in manual", snapshot={"control/auto": "manual"}),
    case("R10.PRIORITY", "priority 8 is active", target=PUMP_2, snapshot={"control/priority": 8}),
    case("R10.PRIORITY", "not known", target=PUMP_2, snapshot={"control/priority": None}),
    case("R10.REAL_DEVICE", "a real device in single-user mode", target=FILLER, context={"real_devices": False}),
    case("R10.DIRECT_WRITE", "no mailbox", target=FILLER, policy={"points/filler-1-rate/binding/mailbox": False}),
    case("R10.POLICY_EXPIRED", "the policy is over", policy={"expires_utc": "2026-01-05T09:00:00Z"}),
    case("R10.POLICY_EXPIRED", "the policy isn't there yet", policy={"issued_utc": "2026-01-05T09:00:01Z"}),
    case("R11.LOCKED_OUT", "locked out", snapshot={"work/locked_out": True}),
    case("R11.WORK_PERMIT", "a permit to work", snapshot={"work/work_permit_open": True}),
    case("R11.BYPASS", "a bypass", snapshot={"work/bypasses": ["LSLL-12"]}),
    case("R11.FORCE", "a forced output", snapshot={"work/forces": ["Q4.2"]}),
    case("R11.UNKNOWN", "alarms that can't be read", snapshot={"alarms": None}),
    case("R11.UNKNOWN", "lock-out not known", snapshot={"work/locked_out": None}),
    case("R11.ALARM", "a high alarm", snapshot=alarm()),
    case("R11.ALARM", "a critical one, acknowledged", snapshot=alarm(priority="critical", state="acknowledged")),
    case(
        "R11.ALARM",
        "a permissive's alarm shelved",
        snapshot=alarm(twin_id="tank", input_id="tank-level-a", priority="low", state="shelved"),
    ),
    case("R11.ALARM", "suppressed", snapshot=alarm(priority="low", state="suppressed")),
    case("R11.FLOOD", "a flood", snapshot={"alarms": LOW_ALARMS}),
    case("R12.OUTSIDE_WINDOW", "not on Mondays", policy={"windows/always/days": ["tue"]}),
    case("R12.OUTSIDE_WINDOW", "no window", policy=point("windows", [])),
    case(
        "R12.BLACKOUT",
        "a handover",
        policy={"blackouts/handover-early/start": "09:30", "blackouts/handover-early/end": "10:30"},
    ),
]
MOMENT = [
    case("R13.PLAN_AGE", "an old plan", proposal={"created_utc": "2026-01-05T07:59:59Z"}),
    case("R13.PLAN_AGE", "a plan from the future", proposal={"created_utc": "2026-01-05T09:00:01Z"}),
    case("R13.REBOOTED", "a reboot", ARM, context={"evaluated": OTHER_BOOT}, others=""),
    case("R13.CLOCK", "UTC an hour back", ARM, context={"evaluated": Stamp(NOW_MS + 3_600_000, 4_880_100, BOOT)}),
    case("R13.CLOCK", "UTC a day forward", ARM, context={"evaluated": Stamp(NOW_MS - 86_400_000, 4_880_100, BOOT)}),
    case("R13.CLOCK", "boot-time back", ARM, context={"evaluated": Stamp(NOW_MS, 5_000_101, BOOT)}),
    case("R13.APPROVAL_EXPIRED", "over", ARM, approvals=by(MUELLER, expires_ms=NOW_MS)),
    case("R13.APPROVAL_EXPIRED", "not yet", ARM, approvals=by(MUELLER, at_ms=NOW_MS + 501)),
    case("R13.APPROVAL_EXPIRED", "for too long", ARM, approvals=by(MUELLER, expires_ms=NOW_MS + 14_400_000)),
    case("R13.ARM_EXPIRED", "eleven seconds", OPERATE, context={"armed": stamp(10_001)}),
    case("R13.PERMIT_EXPIRED", "over", OPERATE, bound={"expires_ms": NOW_MS}),
    case("R13.PERMIT_EXPIRED", "not yet", OPERATE, bound={"not_before_ms": NOW_MS + 1}),
    case("R13.PERMIT_EXPIRED", "for too long", OPERATE, bound={"expires_ms": NOW_MS + 295_001}),
    case("R13.NOT_ARMED", "never armed", OPERATE, context={"armed": None}),
]
BINDING = [
    case("R14.CONSUMED", "used", OPERATE, bound={"uses": 1}),
    case("R14.NO_PERMIT", "for two uses", OPERATE, bound={"max_uses": 2}),
    case("R14.FENCE", "a fence that was written with", OPERATE, context={"fence_high_water": FENCE}),
    case("R14.FENCE", "high water unknown", OPERATE, context={"fence_high_water": None}),
    case("R15.SITE", "another site", plan={"site": "other-plant"}),
    case("R15.DTMI", "another model", plan={"target/dtmi": "dtmi:com:twinwright:plant:Pump;1"}),
    case("R15.BINDING", "bound anew", plan={"target/binding_digest": "1" * 64}),
    case("R15.SIGNATURE", "signed with another's key", ARM, approvals=by(MUELLER, signer="b.chen/k1")),
    case("R15.SIGNATURE", "signed for something else", ARM, approvals=by(MUELLER, use=Use.PERMIT)),
    case("R15.OTHER_PLAN", "approved another plan", ARM, approvals=by(MUELLER, plan_digest="2" * 64)),
    case("R15.OTHER_PLAN", "approved another permit", ARM, approvals=by(MUELLER, permit_id="permit-0002")),
    case("R15.PLAN", "the permit of another plan", OPERATE, bound={"plan_digest": "3" * 64}),
    case("R15.EVALUATION", "of another evaluation", OPERATE, bound={"evaluation_digest": "4" * 64}),
    case("R15.APPROVALS", "with other approvals", OPERATE, bound={"approvals": ("5" * 64,)}),
    case("R15.WIRE", "for other bytes", OPERATE, bound={"wire_hex": "0000"}),
    case("R15.WIRE", "for another binding", OPERATE, bound={"binding_digest": "6" * 64}),
    case("R15.PERMIT", "for another executor", OPERATE, bound={"executor_id": "executor-2"}),
    case("R16.NO_VERSION", "no precondition", plan={"pre": None}),
    case("R16.NO_VERSION", "an empty version", plan={"pre/twin_version": ""}, snapshot={"twin_version": ""}),
    case("R16.TWIN_VERSION", "the twin has changed", snapshot={"twin_version": "graph-119"}),
    case("R16.TWIN_VERSION", "since the permit", OPERATE, bound={"twin_version": "graph-117"}),
    case("R16.DEVICE_SEQ", "the device took a command", snapshot={"device_seq": 42}),
    case("R16.PRE_VALUE", "somebody moved it", snapshot=value("pump-1-speed-limit/micro", 70_500_001)),
    case("R16.PRE_VALUE", "a tolerance wider than the policy's", plan={"pre/tol_micro": 500_001}),
    case("R16.POLICY_OLDER", "an older policy", context={"policy_version": 8}),
    case("R16.POLICY_CHANGED", "another policy is in force", context={"policy_digest": "7" * 64}),
    case("R16.POLICY_CHANGED", "approved under another", ARM, approvals=by(MUELLER, policy_digest="8" * 64)),
    case("R16.POLICY_CHANGED", "permitted under another version", OPERATE, bound={"policy_version": 6}),
]
PEOPLE = [
    case("R17.RIGHTS", "a person without the right", proposal={"proposer/on_behalf_of_person": "b.chen"}),
    case("R17.RIGHTS", "an agent without the right", policy={"agents/twinwright/proposes": []}),
    case("R17.CALLER", "another user", context={"caller_uid": 0}),
    case("R17.UNATTENDED", "nobody behind it", proposal={"proposer/on_behalf_of_person": None}),
    case("R17.SELF_APPROVAL", "by who proposed", ARM, approvals=by(("j.smith", "operator"))),
    case(
        "R17.SAME_PERSON",
        "one person, two keys",
        ARM,
        approvals=lambda plan, rules: (approval(plan, *MUELLER, rules), approval(plan, *MUELLER, rules, key_id="k2")),
    ),
    case("R17.NOT_A_PERSON", "a team's key", ARM, approvals=by(("night-shift", "operator"))),
    case("R17.UNKNOWN_PERSON", "somebody unknown", ARM, approvals=by(("nobody", "operator")), others="R15"),
    case("R17.AUTHORITY", "lapsed", ARM, approvals=by(("d.lapsed", "operator"))),
    case("R17.AUTHORITY", "in a role that isn't theirs", ARM, approvals=by(("a.mueller", "engineer"))),
    case("R17.AUTHORITY", "for another point", ARM, approvals=by(MUELLER, authority_scope="pump-2-speed")),
    case("R17.REVOKED", "revoked by the policy", ARM, approvals=by(("e.rossi", "operator"))),
    case("R17.REVOKED", "revoked since", ARM, context={"revoked_keys": frozenset({"a.mueller/k1"})}),
    case("R17.WITHDRAWN", "withdrawn", ARM),
    case("R17.REJECTED", "rejected", ARM, approvals=by(MUELLER, CHEN, decision="reject")),
    case("R18.MATRIX", "a quorum of none", policy={"quorum/low/n": 0}),
    case("R18.MATRIX", "more than there are", policy={"quorum/low/n": 4}, others=""),
    case("R18.CLASS", "class too low for the point", target=FILLER, plan={"class": "L"}),
    case("R18.CLASS", "tainted, and not raised", proposal={"taint/value": ["history"]}, plan={"class": "L"}),
    case("R18.QUORUM", "nobody", ARM, approvals=lambda plan, rules: ()),
    case("R18.QUORUM", "one of two", ARM, proposal={"taint/value": ["history"]}, approvals=by(MUELLER)),
    case(
        "R18.SUPERVISOR",
        "no supervisor",
        ARM,
        target=FILLER,
        proposal={"taint/value": ["history"]},
        approvals=by(MUELLER, CHEN, ("c.okafor", "operator")),
        policy={"persons/c.okafor/authorities/0/role": "operator"},
    ),
    case(
        "R18.UNREACHABLE",
        "too few people",
        context={"revoked_keys": frozenset({"a.mueller/k1", "a.mueller/k2", "b.chen/k1", "c.okafor/k1"})},
    ),
]
CONDUCT = [
    case("R19.TARGET_LOCKED", "another permit", context={"locks": (Lock("binding:pump-1-speed", "permit-9", 3),)}),
    case("R19.GROUP_LOCKED", "a neighbour's permit", context={"locks": (Lock("group:glycol-pumps", "permit-9", 3),)}),
    case("R19.QUARANTINED", "in quarantine", context={"locks": (Lock("binding:pump-1-speed", PERMIT, 3, True),)}),
    case("R19.LOCKS_UNKNOWN", "not known", context={"locks": None}),
    case("R19.NOT_LOCKED", "no lock", OPERATE, context={"locks": ()}),
    case(
        "R19.NOT_LOCKED",
        "an old lease",
        OPERATE,
        target=FILLER,
        context={"locks": (Lock("binding:filler-1-rate", PERMIT, FENCE - 1),)},
    ),
    *(
        case(
            f"R20.{code}",
            code.lower(),
            context={
                "load": Load(
                    **({"pending": 0, "concurrent": 0, "per_shift": 0, "per_minute": 0, "denials": 0} | {name: most})
                )
            },
        )
        for code, name, most in (
            ("PENDING", "pending", 20),
            ("CONCURRENT", "concurrent", 2),
            ("SHIFT", "per_shift", 12),
            ("RATE_LIMIT", "per_minute", 10),
            ("PROBING", "denials", 8),
        )
    ),
    case("R20.LOAD_UNKNOWN", "not known", context={"load": None}),
    case(
        "R20.GROUP_UNKNOWN",
        "a neighbour's value is text",
        snapshot=value("pump-2-speed-limit/micro", None) | value("pump-2-speed-limit/state", "50"),
    ),
    case(
        "R20.GROUP_RUNNING",
        "the last one would stop",
        target=PUMP_2 | {"value": "25"},
        snapshot=value("pump-1-speed-limit/micro", 30_000_000),
        policy={"groups/glycol-pumps/total/lo": 0},
    ),
    case("R20.GROUP_TOTAL", "both fast", snapshot=value("pump-2-speed-limit/micro", 88_000_000)),
    case("R21.HEARTBEAT_SETTING", "a time-out below two periods", policy={"heartbeat/period_ms": 1501}),
    case("R21.HOLD", "too long", plan={"hold/seconds": 1801}),
    case("R21.HOLD", "no time", plan={"hold/seconds": 0}),
    case("R21.HOLD", "for ever", plan={"hold/mode": "until_superseded", "hold/seconds": 0}),
    case("R21.NO_HEARTBEAT", "no heartbeat", OPERATE, context={"heartbeat": None}),
    case("R21.NO_HEARTBEAT", "late", OPERATE, context={"heartbeat": Heartbeat(PERMIT, 9, stamp(3001))}),
    case("R21.NO_HEARTBEAT", "another permit's", OPERATE, context={"heartbeat": Heartbeat("permit-9", 9, stamp(100))}),
    case("R22.NO_VERIFICATION", "none", plan={"verify": None}),
    case("R22.VERIFICATION", "another effect", plan={"verify/effect_point": "pump-2-flow"}),
    case("R22.VERIFICATION", "a wider range", plan={"verify/effect_hi_micro": 60_000_001}),
    case("R22.VERIFICATION", "later", plan={"verify/within_s": 31}),
    case("R23.NO_ROLLBACK", "none", plan={"rollback": None}),
    case(
        "R23.ROLLBACK_KIND",
        "restore where relinquish is",
        plan={"rollback/kind": "restore", "rollback/value_micro": 70_000_000},
    ),
    case("R23.ROLLBACK_VALUE", "another value", target=PUMP_2, plan={"rollback/value_micro": 51_000_000}),
    case(
        "R23.ROLLBACK_OUT_OF_RANGE",
        "a safe value outside",
        target=FILLER,
        policy={
            "points/filler-1-rate/rollback/safe_value": 60_000_000_000,
            "points/filler-1-rate/rollback/kinds": ["safe_value"],
        },
    ),
    case("R24.KILL_LATCHED", "latched", context={"kill": "latched"}),
    case("R24.KILL_UNREADABLE", "unreadable", context={"kill": "unreadable"}),
    case("R25.AUDIT_UNAVAILABLE", "no record", context={"audit_writable": False}),
]
CASES = [*TARGET, *VALUE, *PLANT, *MOMENT, *BINDING, *PEOPLE, *CONDUCT]
