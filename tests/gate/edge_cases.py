"""Situations right at an edge: the last value, the last millisecond that is allowed, and the first that isn't."""

from __future__ import annotations

from typing import Any

from twinwright_gate.context import Heartbeat, Lock, PastWrite, Phase, Stamp

from .plantsite import BOOT, FENCE, FILLER, NOW_MS, PERMIT, PUMP_2, policy, stamp
from .rule_cases import ARM, MUELLER, OPERATE, Case, alarm, by, case, point, value, wrote

GOOD = policy().document()["persons"][1]["authorities"][0]
LAPSED = GOOD | {"valid_until_utc": "2025-01-01T00:00:00Z"}
NIGHT_WATCH = {"proposer/agent_id": "night-watch", "proposer/on_behalf_of_person": None}
H = {"target": FILLER, "proposal": {"taint/value": ["history"]}}


def window(start: str, end: str, *days: str) -> dict[str, Any]:
    """A change of the point's window; it is Monday, 09:00 there."""
    return {f"windows/always/{name}": part for name, part in (("start", start), ("end", end), ("days", list(days)))}


def start_from(micro: int, to: str, *past: tuple[float, int, int], **change: Any) -> dict[str, Any]:
    """A change of the second pump from a measured value, after some writes (seconds ago, from, to, in percent)."""
    plan = {"pre/expected_micro": micro, "rollback/value_micro": micro}
    history = tuple(wrote(ago, before, after, "pump-2-speed") for ago, before, after in past)
    wide = {f"points/pump-2-speed/dynamics/{name}": 10**9 for name in ("max_step", "per_minute", "travel")}
    return {
        "target": PUMP_2 | {"value": to},
        "snapshot": value("pump-2-speed-limit/micro", micro),
        "plan": plan,
        "context": {"history": history},
        "policy": wide | {"groups/glycol-pumps/total/lo": 0} | change,
    }


def free(name: str, phase: Phase = Phase.EVALUATE, **change: Any) -> Case:
    """A situation that every rule allows."""
    return Case("", name, phase, change)


ALLOWED = [
    free("the oldest beat", OPERATE, context={"heartbeat": Heartbeat(PERMIT, 1, stamp(3_000))}),
    free("a beat just now", OPERATE, context={"heartbeat": Heartbeat(PERMIT, 1, stamp(0))}),
    free("an effect of one value", plan={"verify/effect_lo_micro": 30_000_000, "verify/effect_hi_micro": 30_000_000}),
    free("a window that starts now", policy=window("09:00", "10:00", "mon")),
    free("a night's window that starts now", policy=window("09:00", "08:00", "mon")),
    free("yesterday's night", policy=window("22:00", "09:01", "sun")),
    free("the oldest plan", proposal={"created_utc": "2026-01-05T08:00:00Z"}),
    free("the youngest plan", proposal={"created_utc": "2026-01-05T09:00:00.5Z"}),
    free("an approval from half a second ahead", ARM, approvals=by(MUELLER, at_ms=NOW_MS + 500)),
    free("the longest approval", ARM, approvals=by(MUELLER, expires_ms=NOW_MS - 60_000 + 14_400_000)),
    free("the shortest", ARM, approvals=by(MUELLER, at_ms=NOW_MS + 100, expires_ms=NOW_MS + 101)),
    free("evaluated just now", ARM, context={"evaluated": stamp(0)}),
    free("clocks as far apart as may be", ARM, context={"evaluated": Stamp(NOW_MS - 122_000, 4_880_100, BOOT)}),
    free("armed just now", OPERATE, context={"armed": stamp(0)}),
    free("armed ten seconds ago", OPERATE, context={"armed": stamp(10_000)}),
    free("a permit from now", OPERATE, bound={"not_before_ms": NOW_MS, "expires_ms": NOW_MS + 1}),
    free("the longest permit", OPERATE, bound={"expires_ms": NOW_MS + 295_000}),
    free(
        "as long ago as a permit lasts",
        OPERATE,
        policy={"times/permit_s": 4},
        bound={"not_before_ms": NOW_MS - 1_000, "expires_ms": NOW_MS + 2_000},
    ),
    free("one of two authorities has lapsed", ARM, policy={"persons/a.mueller/authorities": [GOOD, LAPSED]}),
    free("an agent on its own", proposal=NIGHT_WATCH, context={"caller_uid": 4712}),
    free("all who could have to", policy={"quorum/low/n": 3, "quorum/low/m": 3}),
    free("inputs as far apart as may be", snapshot=value("tank-level-b/micro", 64_800_000)),
    free("the lowest level", snapshot={f"values/tank-level-{one}/micro": 30_000_000 for one in "abc"}),
    free("the highest level", snapshot={f"values/tank-level-{one}/micro": 95_000_000 for one in "abc"}),
    free("the oldest snapshot", snapshot={"taken_ms": NOW_MS - 3_000}),
    free("the youngest snapshot", snapshot={"taken_ms": NOW_MS + 500}),
    free(
        "values as far apart as may be",
        policy={"times/span_ms": 1_000},
        snapshot=value("return-temperature/source_ms", NOW_MS - 1_300),
    ),
    free("the least current", snapshot=value("tank-level-a/loop_microamps", 3_800)),
    free("the most current", snapshot=value("tank-level-a/loop_microamps", 20_500)),
    free("the oldest value", snapshot=value("tank-level-a/source_ms", NOW_MS - 2_000)),
    free("the youngest value", snapshot=value("tank-level-a/source_ms", NOW_MS + 500)),
    free("as still as may be", snapshot=value("tank-level-a/unchanged_ms", 60_000)),
    free("maintenance where it is accepted", snapshot=value("pump-1-flow/ne107", "M")),
    free("a policy from now", policy={"issued_utc": "2026-01-05T09:00:00Z"}),
    free("our own slot holds it", target=PUMP_2, snapshot={"control/priority": 12}),
    free("another asset's alarm", snapshot=alarm(twin_id="x", priority="critical")),
    free("a low alarm", snapshot=alarm(priority="low")),
    free("an alarm that has returned", snapshot=alarm(state="returned")),
    free("one value is left", policy=point("layers/site/lo", 62_500_000) | point("layers/site/hi", 62_500_000)),
    free(
        "a write just now without a cooldown",
        policy=point("dynamics/cooldown_s", 0),
        context={"history": (wrote(0, 70, 70),)},
    ),
    free("a write when it has cooled", context={"history": (wrote(60, 70, 70),)}),
    free("another point's write", context={"history": (wrote(1, 0, 40, "filler-1-rate"),)}),
    free("a write before the window", context={"history": (wrote(3600.001, 0, 40),)}),
    free("the largest step", policy=point("dynamics/max_step", 7_500_000)),
    free("all that is left", policy=point("dynamics/per_minute", 7_500_000) | point("dynamics/travel", 7_500_000)),
    free("the last start", **start_from(20_000_000, "60", (1800, 20, 40))),
    free("no start", **start_from(20_000_000, "30", (900, 20, 40), (1800, 20, 40))),
    free("a start an hour before", **start_from(20_000_000, "60", (3600.001, 20, 40), (1800, 20, 40))),
    free(
        "other writes are no starts",
        **start_from(20_000_000, "60", (900, 40, 50), (1800, 31, 40), (2700, 20, 30), (3000, 20, 30)),
    ),
    free("the group's least", target=PUMP_2 | {"value": "70"}, policy={"groups/glycol-pumps/total/lo": 140_000_000}),
    free("the group's most", policy={"groups/glycol-pumps/total/hi": 112_500_000}),
    free("the longest hold", plan={"hold/seconds": 1800}),
    free("the shortest hold", plan={"hold/seconds": 1}),
    free("until superseded", target=PUMP_2, plan={"hold/mode": "until_superseded", "hold/seconds": 0}),
    free("the longest period", policy={"heartbeat/period_ms": 1500}),
    free("as far off as may be", snapshot=value("pump-1-speed-limit/micro", 70_500_000)),
    free("another's lock elsewhere", context={"locks": (Lock("binding:filler-1-rate", "permit-9", 3),)}),
    free("nine of ten alarms", snapshot={"alarms": [alarm(id=f"A{n}", twin_id="x")["alarms"][0] for n in range(9)]}),
    free("a newer policy than ever", context={"policy_version": 1}),
]
DENIED = [
    case("R12.OUTSIDE_WINDOW", "a window that ends now", policy=window("08:00", "09:00", "mon")),
    case("R12.OUTSIDE_WINDOW", "a night that ends now", policy=window("22:00", "09:00", "sun")),
    case("R12.OUTSIDE_WINDOW", "tomorrow's night", policy=window("22:00", "09:01", "tue")),
    case("R12.OUTSIDE_WINDOW", "tonight", policy=window("22:00", "09:01", "mon")),
    case(
        "R13.APPROVAL_EXPIRED", "of no length", ARM, approvals=by(MUELLER, at_ms=NOW_MS + 100, expires_ms=NOW_MS + 100)
    ),
    case(
        "R13.APPROVAL_EXPIRED",
        "a millisecond too long",
        ARM,
        approvals=by(MUELLER, expires_ms=NOW_MS - 60_000 + 14_400_001),
    ),
    case(
        "R13.PERMIT_EXPIRED",
        "armed longer ago than a permit lasts",
        OPERATE,
        policy={"times/permit_s": 3},
        context={"armed": stamp(3_001)},
        bound={"not_before_ms": NOW_MS - 1_000, "expires_ms": NOW_MS + 1_000},
    ),
    case(
        "R17.AUTHORITY",
        "lapses now",
        ARM,
        policy={"persons/a.mueller/authorities/0/valid_until_utc": "2026-01-05T09:00:00Z"},
    ),
    case("R18.UNREACHABLE", "two where three are needed", **H, context={"revoked_keys": frozenset({"b.chen/k1"})}),
    case("R18.UNREACHABLE", "no supervisor", **H, policy={"persons/c.okafor/authorities/0/role": "operator"}),
    case(
        "R07.COOLDOWN",
        "half a minute ago, before a restart",
        context={"history": (PastWrite("pump-1-speed", Stamp(NOW_MS - 30_000, 1, "earlier"), 0, 0),)},
    ),
    case("R07.TRAVEL", "just in the window", context={"history": (wrote(3600, 0, 40),)}),
    case(
        "R07.RATE",
        "just in the minute",
        policy=point("dynamics/per_minute", 10_000_000),
        context={"history": (wrote(60, 70, 73),)},
    ),
    case("R07.STARTS", "from the very threshold", **start_from(30_000_000, "60", (900, 20, 40), (1800, 20, 40))),
    case(
        "R07.STARTS", "an hour ago, from the threshold", **start_from(20_000_000, "60", (900, 30, 40), (3600, 20, 40))
    ),
    case("R05.NO_LIMIT", "no layer at all", policy=point("layers", []) | point("modes", None), others="R06"),
    case("R14.FENCE", "lower than before", OPERATE, context={"fence_high_water": FENCE + 1}),
]
