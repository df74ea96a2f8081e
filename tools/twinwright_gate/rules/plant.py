"""R08 to R11: what the plant has to be like, how well that is known, and who else is at it."""

from __future__ import annotations

from collections.abc import Iterator

from ..checks import Check, Request
from ..notation import utc_ms
from ..numbers import from_micro
from ..points import Input, Permissive
from ..reasons import RULE_IDS, Reason
from ..signing import Use, verifies_raw
from ..snapshot import Snapshot, Value

GOOD = 0x00000000
# NAMUR NE 43: below 3.8 and above 20.5 mA a loop is saturated, at 3.6 and 21 mA it has failed; neither is measured.
NE43_LO, NE43_HI = 3_800, 20_500


def r08_permissives(request: Request) -> Iterator[Check]:
    """Every permissive of the point is known, every input of it is there, all fulfil it, and redundant ones agree. The
    policy requires every rule, and none that doesn't exist."""
    point, policy, snapshot = request.point, request.policy, request.snapshot
    rules_met = set(policy.required_rules) == set(RULE_IDS)
    yield Check(Reason.RULE_MISSING, rules_met, "The policy doesn't require R01 to R25, all of them and no other.")
    found = [(name, policy.permissives_by_id.get(name)) for name in point.permissives]
    unknown = [name for name, one in found if one is None]
    yield Check(Reason.INCOMPLETE, not unknown and len(found) > 0, f"There are no such permissives: {unknown}.")
    for one in (one for _, one in found if one is not None):
        yield from _permissive(one, snapshot)


def _permissive(one: Permissive, snapshot: Snapshot) -> Iterator[Check]:
    values = [snapshot.value(name) for name in one.inputs]
    there = [value for value in values if value is not None]
    yield Check(
        Reason.INCOMPLETE,
        len(there) == len(values) > 0,
        f"Permissive {one.id} lacks an input.",
        f"permissive/{one.id}",
    )
    numbers = [value.micro for value in there if value.micro is not None]
    states = {value.state for value in there}
    if one.state is None:
        agreed = len(numbers) == len(there) and max(numbers, default=0) - min(numbers, default=0) <= one.agree
    else:
        agreed = len(states) == 1
    yield Check(
        Reason.DISAGREEMENT, agreed, f"The inputs of permissive {one.id} disagree, or have no value to compare."
    )
    yield Check(
        Reason.PERMISSIVE,
        len(there) > 0 and all(_fulfilled(one, value) for value in there),
        f"Permissive {one.id} is not fulfilled: {_demand(one)}; it is {[_shown(value) for value in there]}.",
        f"permissive/{one.id}",
    )


def _fulfilled(one: Permissive, value: Value) -> bool:
    if one.state is not None:
        return value.state == one.state
    if one.lo is None or one.hi is None or value.micro is None:
        return False
    return one.lo <= value.micro <= one.hi


def _demand(one: Permissive) -> str:
    if one.state is not None:
        return f"it has to be {one.state!r}"
    lo, hi = (None if bound is None else from_micro(bound) for bound in (one.lo, one.hi))
    return f"it has to be from {lo} to {hi}"


def _shown(value: Value) -> str:
    return str(value.state) if value.micro is None else from_micro(value.micro)


def r09_data_quality(request: Request) -> Iterator[Check]:
    """The snapshot is signed by the point's executor, young, and about this point. Every value that a rule reads is
    there once, comes from the device's own path, has status Good exactly, is good by NE 107 and NE 43, young, not from
    the future, not frozen, and was read at the same time as the others."""
    point, policy, snapshot, now = request.point, request.policy, request.snapshot, request.context.now.utc_ms
    executor = policy.executors_by_id.get(point.binding.executor_id)
    signed = request.signed
    yield Check(
        Reason.SNAPSHOT_SIGNATURE,
        executor is not None
        and signed is not None
        and verifies_raw(executor.public_key, Use.SNAPSHOT, snapshot.raw, signed.signature),
        "The snapshot is not signed by the executor that the policy names for the point.",
    )
    yield Check(
        Reason.SNAPSHOT_FOREIGN,
        (snapshot.site, snapshot.executor_id, snapshot.binding_id)
        == (policy.site, point.binding.executor_id, point.binding.binding_id),
        "The snapshot is of another site, executor or point.",
    )
    times = policy.times
    yield Check(
        Reason.STALE, now - snapshot.taken_ms <= times.snapshot_ms, f"The snapshot is {now - snapshot.taken_ms} ms old."
    )
    yield Check(Reason.FUTURE, snapshot.taken_ms - now <= times.skew_ms, "The snapshot is from the future.")
    sources = []
    for name in sorted(policy.inputs_of(point)):
        known, value = policy.inputs_by_id.get(name), snapshot.value(name)
        there = known is not None and value is not None
        yield Check(Reason.VALUE_MISSING, there, f"There is no value of {name}, or two.", f"input/{name}")
        if known is not None and value is not None:
            sources.append(value.source_ms)
            yield from _quality(known, value, now, times.skew_ms)
    span = max(sources, default=0) - min(sources, default=0)
    yield Check(Reason.SPAN, span <= times.span_ms, f"The values were read {span} ms apart; {times.span_ms} is most.")


def _quality(known: Input, value: Value, now: int, skew_ms: int) -> Iterator[Check]:
    name, limit = known.id, f"input/{known.id}"
    device = value.source == "device" and value.path == known.path
    yield Check(Reason.PROVENANCE, device, f"{name} doesn't come from the device's own path.", limit)
    yield Check(Reason.STATUS, value.status == GOOD, f"{name} has status 0x{value.status:08X}, not Good.", limit)
    accepted = ("good", "M") if known.accepts_maintenance else ("good",)
    yield Check(Reason.NE107, value.ne107 in accepted, f"{name}: the device reports {value.ne107} (NE 107).", limit)
    loop = value.loop_microamps
    yield Check(
        Reason.NE43,
        not known.loop or (loop is not None and NE43_LO <= loop <= NE43_HI),
        f"{name}: a loop current of {loop} µA is not a measured value (NE 43).",
        limit,
    )
    has_value = (value.micro is None) != (value.state is None)
    yield Check(Reason.NOT_A_NUMBER, has_value, f"{name} has no value, or two.", limit)
    age = now - value.source_ms
    words = f"{name} is {age} ms old; {known.max_age_ms} ms is the most."
    yield Check(Reason.STALE, age <= known.max_age_ms, words, limit)
    yield Check(Reason.FUTURE, -age <= skew_ms, f"{name} is from the future.", limit)
    frozen, still = known.frozen_after_ms, value.unchanged_ms
    yield Check(
        Reason.FROZEN,
        frozen is None or (still is not None and still <= frozen),
        f"{name} has stood still for {still} ms; a live signal moves within {frozen} ms.",
        limit,
    )


def r10_tier_and_mode(request: Request) -> Iterator[Check]:
    """Actuation is on, the policy in force, the point a digital twin's by the *policy*; the device is in auto and
    remote, and nothing holds a higher priority. It has a command mailbox or is a simulator; in single-user mode it is
    a simulator."""
    policy, now = request.policy, request.context.now.utc_ms
    yield Check(Reason.ACTUATION_OFF, policy.actuation == "on", Reason.ACTUATION_OFF.sentence)
    in_force = utc_ms(policy.issued_utc) <= now < utc_ms(policy.expires_utc)
    words = f"The policy holds from {policy.issued_utc} until {policy.expires_utc}."
    yield Check(Reason.POLICY_EXPIRED, in_force, words)
    point, control = request.point, request.snapshot.control
    yield Check(
        Reason.TIER, point.tier == "twin", f"By the policy this is a digital {point.tier}; only a digital twin may act."
    )
    yield Check(Reason.LOCAL, control.remote == "remote", f"The device's switch says {control.remote}.")
    yield Check(Reason.MANUAL, control.auto == "auto", f"The device is in {control.auto}.")
    slot, held = point.binding.slot, control.priority
    yield Check(
        Reason.PRIORITY,
        slot is None or (held is not None and held >= slot),
        f"Priority {held} holds the point; the policy writes at {slot}.",
    )
    binding = point.binding
    yield Check(
        Reason.REAL_DEVICE,
        binding.simulated or request.context.real_devices,
        "In single-user mode only a simulated device may be acted on.",
    )
    yield Check(
        Reason.DIRECT_WRITE, binding.simulated or binding.mailbox, "The device has no mailbox and is no simulator."
    )


def r11_work_control(request: Request) -> Iterator[Check]:
    """Nobody works at the asset (lock-out, permit to work), nothing is bypassed or forced, no critical or high alarm is
    active on it, none of its alarms and of its permissives' alarms is shelved, and there is no flood of alarms."""
    point, policy, snapshot = request.point, request.policy, request.snapshot
    work, alarms = snapshot.work, snapshot.alarms
    known = None not in (work.locked_out, work.work_permit_open, work.bypasses, work.forces, alarms)
    yield Check(Reason.WORK_UNKNOWN, known, "Work control, bypasses or alarms can't be read.")
    yield Check(Reason.LOCKED_OUT, work.locked_out is False, "The asset is locked out.")
    yield Check(Reason.WORK_PERMIT, work.work_permit_open is False, "A permit to work is open on the asset.")
    yield Check(Reason.BYPASS, work.bypasses == [], f"Bypassed: {work.bypasses}.")
    yield Check(Reason.FORCE, work.forces == [], f"Forced: {work.forces}.")
    active = [one for one in alarms or () if one.state in ("active", "acknowledged")]
    mine = [one.id for one in active if one.twin_id == point.twin_id and one.priority in ("critical", "high")]
    watched = policy.inputs_of(point)
    quiet = [
        one.id
        for one in alarms or ()
        if one.state in ("shelved", "suppressed") and (one.twin_id == point.twin_id or one.input_id in watched)
    ]
    yield Check(Reason.ALARM, alarms is not None and not mine, f"In alarm: {mine}.")
    yield Check(Reason.ALARM, alarms is not None and not quiet, f"Shelved or suppressed: {quiet}.")
    most = policy.load.alarm_flood
    calm = alarms is not None and len(active) < most
    yield Check(Reason.FLOOD, calm, f"{len(active)} alarms are active; from {most} on nothing is moved.")
