"""What a restart finds, and what time does to permits: nothing is ever resumed, everything in doubt is read back."""

from __future__ import annotations

from functools import partial

from ..machine.states import Event, State
from ..machine.table import BEFORE_WRITE, TABLE
from ..reasons import Reason
from ..store.rows import Move, Permit
from .approving import unexpired
from .core import Core, Refusal
from .following import report_overdue, roll_back
from .surroundings import AT_WORK, kill_of, statement_of

_RESTART = {
    State.ARMED: "permit.expired",
    State.EXECUTING: "permit.indeterminate",
    State.EXECUTED: "permit.indeterminate",
    State.VERIFIED: "permit.rolling_back",
    State.HOLDING: "permit.rolling_back",
}


def recover(core: Core) -> list[Permit]:
    """Brings every permit that was at work into a state that claims nothing; first the log catches up.

    Raises:
        AuditError, StoreError: it can't be made durable; then the gate doesn't start.
    """
    drop_logged(core)
    core.deliver()
    moved = restarted(core, None)
    for permit in core.store.permits([State.PROPOSED]):
        moved.append(core.end(permit, Event.REFUSE, [Refusal.of(Reason.STATUS_UNKNOWN, "The gate stopped meanwhile.")]))
    return moved


def restarted(core: Core, executor_id: str | None) -> list[Permit]:
    """The gate, or one executor, started anew: what was armed is over, what was written is in doubt."""
    moved = []
    for permit in core.store.permits(_RESTART):
        if executor_id not in (None, permit.executor_id):
            continue
        reason = Reason.REBOOTED if permit.state is State.ARMED else Reason.STATUS_UNKNOWN
        if permit.state in (State.VERIFIED, State.HOLDING):
            reason = Reason.HEARTBEAT_LOST
        told = {"reason": reason.value, "reasons": [reason.value], "sentence": reason.sentence}
        what = Move("gate", _RESTART[permit.state], {"reasons": [reason.value]}, {"end": told})
        moved.append(core.move(permit, Event.RESTART, {}, partial(_same, what)))
    return moved


def _same(what: Move) -> Move:
    return what


def drop_logged(core: Core) -> None:
    """Forgets what stands in the log already: a crash between the log's sync and the outbox would write it twice."""
    waiting = core.store.outbox()
    if not waiting:
        return
    logged = core.log.delivered
    done = [one.number for one in waiting if logged.get(one.number, "") == one.body.get("permit_id")]
    if done:
        core.store.delivered(max(done))


def tick(core: Core) -> list[Permit]:
    """The decision loop: beats for every permit at work, and ends what is over its time or was stopped."""
    moved = []
    for permit in core.store.permits([*BEFORE_WRITE, *AT_WORK]):
        found = _aged(core, permit)
        if found is not None:
            moved.append(found)
    for permit in core.store.permits(AT_WORK):
        counter = core.beats.get(permit.permit_id, (0, core.clock.now()))[0]
        core.beats[permit.permit_id] = (counter + 1, core.clock.now())
    return moved


def _aged(core: Core, permit: Permit) -> Permit | None:
    assert core.policy is not None
    kill = kill_of(core, core.policy)
    if kill != "clear" and (permit.state, Event.KILL) in TABLE:
        reason = Reason.KILL_LATCHED if kill == "latched" else Reason.KILL_UNREADABLE
        if permit.state is State.ARMED:
            return core.end(permit, Event.KILL, [Refusal.of(reason)])
        return roll_back(core, permit, Event.KILL, Refusal.of(reason))
    if report_overdue(core, permit):
        why = {"reasons": [Reason.STATUS_UNKNOWN.value]}
        return core.move(permit, Event.LOSE, {}, lambda: Move("gate", "permit.indeterminate", why))
    over = _over(core, permit) if permit.state in BEFORE_WRITE else []
    return core.end(permit, Event.EXPIRE, over) if over else None


def _over(core: Core, permit: Permit) -> list[Refusal]:
    over = unexpired(core, permit)  # a proposal whose evaluation could not be stored has no age, and is over
    if permit.state is not State.ARMED or over:
        return over
    statement, now = statement_of(core, permit), core.clock.now()
    assert core.policy is not None
    if statement is None or statement.boot_id != now.boot_id:
        return [Refusal.of(Reason.REBOOTED)]
    elapsed = now.boot_ms - statement.armed_boot_ms
    return [] if 0 <= elapsed <= core.policy.times.arm_ms else [Refusal.of(Reason.ARM_EXPIRED)]
