"""R19 to R25: one thing at a time, watched, checked, revertible, stoppable and on record."""

from __future__ import annotations

from collections.abc import Iterator

from ..checks import Check, Request
from ..context import Phase
from ..envelope import envelope, inside
from ..numbers import from_micro
from ..plan import Rollback, Verify
from ..points import Group, VerifyPolicy
from ..reasons import Reason


def r19_locks(request: Request) -> Iterator[Check]:
    """No other permit holds the target or one of its groups, and none is in quarantine. At the last moment this permit
    itself holds them all, with its own fence: no lock, no write."""
    context, place = request.context, request.point.binding.binding_id
    groups = [f"group:{one.id}" for one in request.policy.groups_of(place)]
    target, locks = f"binding:{place}", context.locks
    yield Check(Reason.LOCKS_UNKNOWN, locks is not None, "It can't be read what is locked.")
    others = [one for one in locks or () if one.permit_id != context.permit_id]
    held = {one.resource for one in others}
    stuck = {one.resource for one in locks or () if one.quarantined}
    yield Check(
        Reason.QUARANTINED,
        stuck.isdisjoint({target, *groups}),
        f"{place} is in quarantine until a person frees it.",
    )
    yield Check(Reason.TARGET_LOCKED, target not in held, f"Another permit holds {place}.")
    yield Check(Reason.GROUP_LOCKED, held.isdisjoint(groups), f"Another permit holds one of {groups}.")
    if context.phase is Phase.OPERATE:
        bound = request.need(context.bound, "what the permit binds")
        mine = {one.resource for one in locks or () if (one.permit_id, one.fence) == (context.permit_id, bound.fence)}
        yield Check(Reason.NOT_LOCKED, {target, *groups} <= mine, f"The permit doesn't hold {place} and its groups.")


def r20_blast_radius(request: Request) -> Iterator[Check]:
    """Few proposals wait, few permits are armed, few writes are made in a shift, and an agent that asks too often or
    is denied too often is not heard. With the new value, enough of each group runs and its total is within limits."""
    limits, context = request.policy.load, request.context
    load = context.load
    yield Check(Reason.LOAD_UNKNOWN, load is not None, Reason.LOAD_UNKNOWN.sentence)
    if load is None:
        return
    if context.phase is Phase.EVALUATE:
        yield Check(
            Reason.RATE_LIMIT,
            load.per_minute < limits.per_minute,
            f"{load.per_minute} proposals within a minute; {limits.per_minute} is the most.",
        )
        words = f"{load.pending} proposals wait for people; {limits.pending} is the most."
        yield Check(Reason.PENDING, load.pending < limits.pending, words)
        words = f"{load.denials} denials within {limits.probe_window_s} s; {limits.probes} is the most."
        yield Check(Reason.PROBING, load.denials < limits.probes, words)
    words = f"{load.concurrent} permits are armed; {limits.concurrent} is the most."
    yield Check(Reason.CONCURRENT, load.concurrent < limits.concurrent, words)
    words = f"{load.per_shift} writes in this shift; {limits.per_shift} is the most."
    yield Check(Reason.SHIFT, load.per_shift < limits.per_shift, words)
    for group in request.policy.groups_of(request.point.binding.binding_id):
        yield from _group(request, group)


def _group(request: Request, group: Group) -> Iterator[Check]:
    place, limit = request.point.binding.binding_id, f"group/{group.id}"
    values = [
        request.plan.set.value_micro if member.binding_id == place else request.snapshot.micro(member.input)
        for member in group.members
    ]
    known = [value for value in values if value is not None]
    yield Check(Reason.GROUP_UNKNOWN, len(known) == len(values), f"A member of {group.id} has no value.", limit)
    if group.running is not None:
        left = sum(value > group.running.above for value in known)
        words = f"{left} of {group.id} would run; {group.running.least} is the least."
        yield Check(Reason.GROUP_RUNNING, left >= group.running.least, words, limit)
    if group.total is not None:
        lo, hi, total = group.total.lo, group.total.hi, sum(known)
        words = (
            f"The total of {group.id} would be {from_micro(total)}; {from_micro(lo)} to {from_micro(hi)} is allowed."
        )
        yield Check(Reason.GROUP_TOTAL, lo <= total <= hi, words, limit)


def r21_heartbeat(request: Request) -> Iterator[Check]:
    """The value is held no longer than the policy lets it; the device notices a missing heartbeat in time. At the last
    moment the decision loop beats, for this permit."""
    settings, hold, context = request.policy.heartbeat, request.plan.hold, request.context
    ample = 2 * settings.period_ms <= settings.timeout_ms
    yield Check(Reason.HEARTBEAT_SETTING, ample, "The heartbeat's time-out has to be two periods at least.")
    allowed = request.point.hold
    if hold.mode == "timed":
        fits = 1 <= hold.seconds <= allowed.max_s
    else:
        fits = hold.seconds == 0 and allowed.until_superseded
    words = f"Held {hold.mode} for {hold.seconds} s; the policy allows {allowed.max_s} s at most"
    yield Check(Reason.HOLD, fits, f"{words}, until superseded: {'yes' if allowed.until_superseded else 'no'}.")
    if context.phase is Phase.OPERATE:
        beat = context.heartbeat
        age = None if beat is None else context.now.boot_ms - beat.at.boot_ms
        yield Check(
            Reason.NO_HEARTBEAT,
            beat is not None
            and age is not None
            and beat.permit_id == context.permit_id
            and beat.at.boot_id == context.now.boot_id
            and beat.counter >= 1
            and 0 <= age <= settings.timeout_ms,
            f"The last beat is {age} ms old, or of another permit; {settings.timeout_ms} ms is the most.",
        )


def r22_verify(request: Request) -> Iterator[Check]:
    """The plan says what would show that it worked: the echo and the effect that the policy names, at least as exactly
    and as soon."""
    verify, wanted = request.plan.verify, request.point.verify
    yield Check(Reason.NO_VERIFICATION, verify is not None, "The plan doesn't say what would show that it worked.")
    yield Check(
        Reason.VERIFICATION,
        verify is not None and _as_strict(verify, wanted),
        f"The policy asks for {wanted.echo_point} and {wanted.effect_point} within {wanted.within_s} s.",
    )


def _as_strict(verify: Verify, wanted: VerifyPolicy) -> bool:
    return (
        (verify.echo_point, verify.effect_point) == (wanted.echo_point, wanted.effect_point)
        and verify.echo_tol_micro <= wanted.echo_tol
        and wanted.effect_lo <= verify.effect_lo_micro <= verify.effect_hi_micro <= wanted.effect_hi
        and verify.within_s <= wanted.within_s
    )


def r23_rollback(request: Request) -> Iterator[Check]:
    """The plan names a way back, and the best one that the point has: relinquish before restore (where the value before
    is within the limits) before a safe value; and that value is within the limits."""
    rollback, point = request.plan.rollback, request.point
    yield Check(Reason.NO_ROLLBACK, rollback is not None, "The plan names no way back.")
    if rollback is None:
        return
    limits, pre = envelope(point, request.snapshot), request.plan.pre
    before = None if pre is None else pre.expected_micro
    restorable = before is not None and inside(before, limits)
    kinds = point.rollback.kinds
    ways = {"relinquish": True, "restore": restorable, "safe_value": point.rollback.safe_value is not None}
    best = [kind for kind in ("relinquish", "restore", "safe_value") if kind in kinds and ways[kind]][:1]
    yield Check(Reason.ROLLBACK_KIND, [rollback.kind] == best, f"The way back has to be {best}; it is {rollback.kind}.")
    value = {"relinquish": None, "restore": before, "safe_value": point.rollback.safe_value}[rollback.kind]
    yield Check(
        Reason.ROLLBACK_VALUE, _same(rollback, value), f"The value of {rollback.kind} is not what it has to be."
    )
    yield Check(
        Reason.ROLLBACK_OUT_OF_RANGE,
        rollback.kind == "relinquish" or (value is not None and inside(value, limits)),
        "The way back leads out of the limits.",
    )


def _same(rollback: Rollback, value: int | None) -> bool:
    return rollback.value_micro == value and (value is not None or rollback.kind == "relinquish")


def r24_kill(request: Request) -> Iterator[Check]:
    """The kill switch is clear. Latched, unreadable or anything else denies; only a person resets it."""
    kill = request.context.kill
    yield Check(Reason.KILL_UNREADABLE, kill in ("clear", "latched"), Reason.KILL_UNREADABLE.sentence)
    yield Check(Reason.KILL_LATCHED, kill != "latched", Reason.KILL_LATCHED.sentence)


def r25_audit(request: Request) -> Iterator[Check]:
    """A record can be committed to the audit log. No record, no act."""
    yield Check(Reason.AUDIT_UNAVAILABLE, request.context.audit_writable is True, Reason.AUDIT_UNAVAILABLE.sentence)
