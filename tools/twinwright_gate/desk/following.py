"""After the write: what the executor reports, whether it worked, how long it stands, and the way back."""

from __future__ import annotations

from typing import Any

from ..machine.states import Event, Guard, State
from ..plan import Plan
from ..reasons import Reason
from ..reports import Report, SignedReport
from ..snapshot import SignedSnapshot
from ..store.rows import Move, Permit
from .core import Check, Core, Refusal, Refused, plan_in

GOOD = 0x00000000
OVERDUE = 3  # arm windows: an executor checks within one, and the device takes a command within one more
IN_FORCE = (State.EXECUTED, State.VERIFIED, State.HOLDING)


def reported(core: Core, permit: Permit, signed: SignedReport) -> Permit:
    """Takes an executor's report and moves the permit by what it says.

    Raises:
        Refused: it isn't signed by the permit's executor, is of another arming, or doesn't fit the permit's state.
    """
    report = signed.report
    wrong = _foreign(core, permit, signed)
    if wrong:
        raise core.refuse(permit, Event.SUCCEED, wrong)
    handlers = {"write": _written, "refusal": _not_written, "readback": _read_back, "relinquish": _given_back}
    return handlers[report.kind](core, permit, report)


def _foreign(core: Core, permit: Permit, signed: SignedReport) -> list[Refusal]:
    assert core.policy is not None
    report = signed.report
    executor = core.policy.executors_by_id.get(report.executor_id)
    if executor is None or not signed.signed_by(executor.public_key):
        return [Refusal.of(Reason.OTHER_EXECUTOR, "The report is not signed by an executor that the policy names.")]
    if report.executor_id != permit.executor_id or report.fence != permit.fence:
        return [Refusal.of(Reason.FENCE, "The report is of another executor, or of another arming.")]
    return []


def _written(core: Core, permit: Permit, report: Report) -> Permit:
    """Good is 0x00000000 exactly and an acknowledgement of this very number; all else is not known."""

    def good() -> list[Refusal]:
        acknowledged = report.ack_seq == report.seq and report.ack_code == 0
        return [] if report.status == GOOD and acknowledged else [Refusal.of(Reason.STATUS_UNKNOWN, report.why)]

    stages = {"write": report.document()}
    if good():
        return core.move(permit, Event.LOSE, {}, lambda: _told("permit.indeterminate", report, stages))
    return core.move(permit, Event.SUCCEED, {Guard.STATUS_GOOD: good}, lambda: _told("permit.executed", report, stages))


def _not_written(core: Core, permit: Permit, report: Report) -> Permit:
    """The executor says that it sent nothing. It is believed only after a readback."""
    stages = {"write": report.document()}
    return core.move(permit, Event.LOSE, {}, lambda: _told("permit.indeterminate", report, stages))


def _read_back(core: Core, permit: Permit, report: Report) -> Permit:
    """Decides an INDETERMINATE permit by what the device itself shows, freshly.

    Raises:
        Refused: nothing has arrived, but something still may; the permit stays INDETERMINATE.
    """
    plan, baseline = plan_in(permit), core.store.stage(permit.permit_id, "baseline") or {}
    fresh = report.mailbox_ms is not None and report.mailbox_ms >= baseline.get("at", {}).get("utc_ms", 2**53)
    tolerance = 0 if plan.verify is None else plan.verify.echo_tol_micro
    value = report.active_micro
    in_force = (
        value is not None and abs(value - plan.set.value_micro) <= tolerance and report.owner_seq == report.seq > 0
    )
    # Acknowledged and gone back by itself since: it was applied, and is verified, or rather not, like any other.
    acknowledged = report.ack_seq == report.seq > 0 and report.ack_code == 0
    ours = in_force or (report.local and acknowledged)
    untouched = report.ack_seq == baseline.get("device_seq") and report.owner_seq != report.seq
    absent = not acknowledged and (report.local or untouched)
    stages = {"write": report.document()}
    if fresh and ours:
        checks: dict[Guard, Check] = {Guard.READBACK_IS_OURS: lambda: _unless(fresh and ours, Reason.NOT_OURS)}
        return core.move(permit, Event.FIND_APPLIED, checks, lambda: _told("permit.found", report, stages))
    if fresh and absent and not report.by_hand:
        if not _settled(core, report, baseline):
            words = "It may still arrive: it is read back again when its last moment is over."
            raise core.refuse(permit, Event.FIND_ABSENT, [Refusal.of(Reason.STATUS_UNKNOWN, words)])
        checks = {Guard.READBACK_IS_BASELINE: lambda: _unless(fresh and absent, Reason.NOT_OURS)}
        return core.move(permit, Event.FIND_ABSENT, checks, lambda: _told("permit.not_applied", report, {}))
    reason = Reason.MOVED_BY_HAND if report.by_hand else Reason.NOT_OURS
    return core.move(permit, Event.FIND_UNCLEAR, {}, lambda: _alarm("permit.quarantined", reason, report))


def _settled(core: Core, report: Report, baseline: dict[str, Any]) -> bool:
    """Whether no command of this permit can begin any more: none was numbered, the device has seen that number or a
    later one, or by its own clock the last moment at which it would take the command is over."""
    assert core.policy is not None
    last = baseline.get("at", {}).get("utc_ms", 2**53) + OVERDUE * core.policy.times.arm_ms
    return report.seq == 0 or (report.ack_seq or 0) >= report.seq or (report.mailbox_ms or 0) > last


def verify(core: Core, permit: Permit, signed: SignedSnapshot) -> Permit:
    """Judges echo and effect on a snapshot. What isn't there yet is waited for, up to the plan's time; then back.

    Raises:
        Refused: not verified yet; the permit stays EXECUTED.
    """
    plan, write = plan_in(permit), core.store.stage(permit.permit_id, "write") or {}
    if (signed.snapshot.binding_id, signed.snapshot.executor_id) != (permit.binding_id, permit.executor_id):
        raise core.refuse(permit, Event.VERIFY, [Refusal.of(Reason.SNAPSHOT_FOREIGN)])
    missing = _missing(plan, write, signed)
    if not missing:
        body = {"snapshot_digest": signed.snapshot.digest, "permit_id": permit.permit_id}
        checks: dict[Guard, Check] = {Guard.ECHO_AND_EFFECT: lambda: missing}
        verified = core.move(permit, Event.VERIFY, checks, lambda: Move("gate", "permit.verified", body))
        return _kept(core, verified, plan)
    within = 0 if plan.verify is None else 1000 * plan.verify.within_s
    if _elapsed(core, permit) <= within:
        raise core.refuse(permit, Event.VERIFY, missing)
    return roll_back(core, permit, Event.FAIL_VERIFY, missing[0])


def _missing(plan: Plan, write: dict[str, Any], signed: SignedSnapshot) -> list[Refusal]:
    """What is still lacking: a fresh echo with the right number within its tolerance, and the effect in its range."""
    if plan.verify is None:
        return [Refusal.of(Reason.NO_VERIFICATION)]
    snapshot, told, at = signed.snapshot, plan.verify, write.get("at_ms", 2**53)
    echo, effect = snapshot.value(told.echo_point), snapshot.value(told.effect_point)
    echoed = (
        echo is not None
        and echo.micro is not None
        and (echo.source, echo.status) == ("device", GOOD)
        and echo.source_ms > at
        and abs(echo.micro - plan.set.value_micro) <= told.echo_tol_micro
        and snapshot.device_seq == write.get("seq")
    )
    worked = (
        effect is not None
        and effect.micro is not None
        and (effect.source, effect.status) == ("device", GOOD)
        and effect.source_ms > at
        and told.effect_lo_micro <= effect.micro <= told.effect_hi_micro
    )
    return [*_unless(echoed, Reason.NO_ECHO), *_unless(worked, Reason.NO_EFFECT)]


def _kept(core: Core, permit: Permit, plan: Plan) -> Permit:
    timed = plan.hold.mode == "timed"
    checks: dict[Guard, Check] = {
        Guard.HOLD_IS_TIMED: lambda: _unless(timed, Reason.HOLD),
        Guard.HOLD_IS_OPEN: lambda: _unless(not timed, Reason.HOLD),
    }
    event, name = (Event.HOLD, "permit.holding") if timed else (Event.SETTLE, "permit.closed")
    return core.move(permit, event, checks, lambda: Move("gate", name, {}))


def hold_over(core: Core, permit: Permit) -> bool:
    """Whether a held value has had its time, by UTC or since it was written, whichever is earlier."""
    return _elapsed(core, permit) >= 1000 * plan_in(permit).hold.seconds


def report_overdue(core: Core, permit: Permit) -> bool:
    """Whether a permit is EXECUTING for longer than any command of it may begin: what came of it is not known."""
    assert core.policy is not None
    return permit.state is State.EXECUTING and _elapsed(core, permit) > OVERDUE * core.policy.times.arm_ms


def _elapsed(core: Core, permit: Permit) -> float:
    """Since the permit was consumed, ms, by UTC or by CLOCK_BOOTTIME, whichever says more; for ever after a reboot."""
    baseline = core.store.stage(permit.permit_id, "baseline")
    now = core.clock.now()
    if baseline is None or baseline["at"]["boot_id"] != now.boot_id:
        return float("inf")
    return float(max(now.boot_ms - baseline["at"]["boot_ms"], now.utc_ms - baseline["at"]["utc_ms"]))


def roll_back(core: Core, permit: Permit, event: Event, why: Refusal) -> Permit:
    """Begins the way back; the executor does it, and reports."""
    body = {"reasons": [why.reason.value], "sentence": why.sentence}
    stages = {"end": {"reason": why.reason.value, "reasons": [why.reason.value], "sentence": why.sentence}}
    return core.move(permit, event, {}, lambda: Move("gate", "permit.rolling_back", body, stages))


def _given_back(core: Core, permit: Permit, report: Report) -> Permit:
    """Authority is back with local control, by readback; or it isn't, and the asset is locked for people."""
    plan, baseline = plan_in(permit), core.store.stage(permit.permit_id, "baseline") or {}
    fresh = report.mailbox_ms is not None and report.mailbox_ms >= baseline.get("at", {}).get("utc_ms", 2**53)
    back = fresh and (report.local or _restored(plan, report))
    checks: dict[Guard, Check] = {Guard.RELINQUISHED: lambda: _unless(back, Reason.REVERT_FAILED)}
    if back and permit.state is State.HOLDING:
        return core.move(permit, Event.RELEASE, checks, lambda: _told("permit.closed", report, {}))
    if permit.state is State.HOLDING:
        reason = Reason.MOVED_BY_HAND if report.by_hand else Reason.HOLD_OVER
        permit = roll_back(core, permit, Event.END_HOLD, Refusal.of(reason))
    if back:
        return core.move(permit, Event.REVERT, checks, lambda: _told("permit.rolled_back", report, {}))
    reason = Reason.MOVED_BY_HAND if report.by_hand else Reason.REVERT_FAILED
    return core.move(permit, Event.FAIL_REVERT, {}, lambda: _alarm("permit.quarantined", reason, report))


def _restored(plan: Plan, report: Report) -> bool:
    """Where the plan's way back is a value: that value is in force, by a command of the executor's own."""
    if plan.rollback is None or plan.rollback.kind == "relinquish" or report.active_micro is None:
        return False
    tolerance = 0 if plan.verify is None else plan.verify.echo_tol_micro
    near = abs(report.active_micro - (plan.rollback.value_micro or 0)) <= tolerance
    return near and bool(report.owner_seq) and report.owner_seq == report.ack_seq


def _unless(holds: bool, reason: Reason) -> list[Refusal]:
    return [] if holds else [Refusal.of(reason)]


def _told(event: str, report: Report, stages: dict[str, dict[str, Any]]) -> Move:
    return Move(f"executor {report.executor_id}", event, {"report": report.document()}, stages)


def _alarm(event: str, reason: Reason, report: Report) -> Move:
    alarm: dict[str, Any] = {"reason": reason.value, "sentence": reason.sentence}
    stages: dict[str, dict[str, Any]] = {"alarm": alarm, "end": {**alarm, "reasons": [reason.value]}}
    return Move(f"executor {report.executor_id}", event, {"report": report.document(), "alarm": alarm}, stages)


__all__ = ["IN_FORCE", "Refused", "hold_over", "report_overdue", "reported", "roll_back", "verify"]
