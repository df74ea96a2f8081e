"""The transition table. The gate runs it, `docs/safety.md` shows it, and the explicit-state model explores it.

A pair of state and event that has no row changes nothing and is recorded as a refusal. Terminal states have no rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from .states import Effect, Event, Guard, State

ARM_WINDOW_MS = 10_000  # select-before-operate, as opendnp3's default selectTimeout


@dataclass(frozen=True, slots=True)
class Transition:
    """From a state, by an event, to a state.

    Attributes:
        source: None for what is not there yet.
        guards: all have to hold; the first that doesn't is the reason.
        effects: what becomes durable, in this order, before anybody is answered.
    """

    source: State | None
    event: Event
    target: State
    guards: tuple[Guard, ...]
    effects: tuple[Effect, ...]


BEFORE_WRITE = (State.PROPOSED, State.EVALUATED, State.APPROVED, State.ARMED)
TERMINAL = frozenset(
    {
        State.CLOSED,
        State.DENIED,
        State.EXPIRED,
        State.CANCELLED,
        State.NOT_APPLIED,
        State.ROLLED_BACK,
        State.QUARANTINED,
    }
)
# In these a value of ours may stand in the device, so that target and groups stay locked.
LOCKING = frozenset(
    {
        State.ARMED,
        State.EXECUTING,
        State.EXECUTED,
        State.VERIFIED,
        State.HOLDING,
        State.INDETERMINATE,
        State.ROLLING_BACK,
        State.QUARANTINED,
    }
)

_END = (Effect.FREE_LOCKS, Effect.AUDIT)
_AUDIT = (Effect.AUDIT,)


def _before_write() -> list[Transition]:
    """From a proposal to the consumption of its permit."""
    s, e, g, f = State, Event, Guard, Effect
    at_select = (
        g.KNOWN_EXECUTOR,
        g.UNEXPIRED,
        g.POLICY_UNCHANGED,
        g.TWIN_UNCHANGED,
        g.APPROVALS_STAND,
        g.LOCKS_FREE,
        g.RULES_ALLOW_NOW,
        g.KILL_CLEAR,
    )
    at_operate = (
        g.SAME_EXECUTOR,
        g.SAME_TOKEN,
        g.SAME_BOOT,
        g.ARM_WINDOW,
        g.UNEXPIRED,
        g.POLICY_UNCHANGED,
        g.TWIN_UNCHANGED,
        g.APPROVALS_STAND,
        g.RULES_ALLOW_NOW,
        g.KILL_CLEAR,
        g.UNCONSUMED,
    )
    armed = (f.TAKE_LOCKS, f.NEXT_FENCE, f.STORE_TOKEN, f.AUDIT)
    consumed = (f.CONSUME, f.STORE_BASELINE, f.STORE_WRITE, f.AUDIT)
    return [
        Transition(None, e.PROPOSE, s.PROPOSED, (g.STRICT_INPUT, g.ROOM_FOR_MORE), (f.AUDIT, f.STORE_PLAN)),
        Transition(s.PROPOSED, e.EVALUATE, s.EVALUATED, (g.RULES_ALLOW,), (f.STORE_EVALUATION, f.AUDIT)),
        Transition(s.EVALUATED, e.APPROVE, s.APPROVED, (g.UNEXPIRED, g.QUORUM), (f.STORE_APPROVAL, f.AUDIT)),
        Transition(s.APPROVED, e.SELECT, s.ARMED, at_select, armed),
        Transition(s.ARMED, e.OPERATE, s.EXECUTING, at_operate, consumed),
        Transition(s.ARMED, e.RESTART, s.EXPIRED, (), _END),
        Transition(s.ARMED, e.KILL, s.DENIED, (), _END),
        *(Transition(one, e.REFUSE, s.DENIED, (), _END) for one in BEFORE_WRITE),
        *(Transition(one, e.EXPIRE, s.EXPIRED, (), _END) for one in BEFORE_WRITE),
        *(Transition(one, e.WITHDRAW, s.CANCELLED, (g.OWN_PROPOSAL,), _END) for one in BEFORE_WRITE),
        *(Transition(one, e.REVOKE, s.DENIED, (), _END) for one in BEFORE_WRITE[1:]),
    ]


def _after_write() -> list[Transition]:
    """From the consumption of a permit to its end: nothing is ever sent twice, and what is in doubt is read back."""
    s, e, g, f = State, Event, Guard, Effect
    return [
        Transition(s.EXECUTING, e.SUCCEED, s.EXECUTED, (g.STATUS_GOOD,), _AUDIT),
        Transition(s.EXECUTING, e.LOSE, s.INDETERMINATE, (), _AUDIT),
        Transition(s.EXECUTING, e.RESTART, s.INDETERMINATE, (), _AUDIT),
        Transition(s.EXECUTED, e.LOSE, s.INDETERMINATE, (), _AUDIT),
        Transition(s.EXECUTED, e.RESTART, s.INDETERMINATE, (), _AUDIT),
        Transition(s.EXECUTED, e.VERIFY, s.VERIFIED, (g.ECHO_AND_EFFECT,), _AUDIT),
        Transition(s.EXECUTED, e.FAIL_VERIFY, s.ROLLING_BACK, (), _AUDIT),
        Transition(s.EXECUTED, e.KILL, s.ROLLING_BACK, (), _AUDIT),
        Transition(s.INDETERMINATE, e.FIND_APPLIED, s.EXECUTED, (g.READBACK_IS_OURS,), _AUDIT),
        Transition(s.INDETERMINATE, e.FIND_ABSENT, s.NOT_APPLIED, (g.READBACK_IS_BASELINE,), _END),
        Transition(s.INDETERMINATE, e.FIND_UNCLEAR, s.QUARANTINED, (), (f.ALARM, f.AUDIT)),
        Transition(s.VERIFIED, e.HOLD, s.HOLDING, (g.HOLD_IS_TIMED,), _AUDIT),
        Transition(s.VERIFIED, e.SETTLE, s.CLOSED, (g.HOLD_IS_OPEN,), _END),
        Transition(s.VERIFIED, e.KILL, s.ROLLING_BACK, (), _AUDIT),
        Transition(s.VERIFIED, e.RESTART, s.ROLLING_BACK, (), _AUDIT),
        Transition(s.HOLDING, e.RELEASE, s.CLOSED, (g.RELINQUISHED,), _END),
        Transition(s.HOLDING, e.END_HOLD, s.ROLLING_BACK, (), _AUDIT),
        Transition(s.HOLDING, e.KILL, s.ROLLING_BACK, (), _AUDIT),
        Transition(s.HOLDING, e.RESTART, s.ROLLING_BACK, (), _AUDIT),
        Transition(s.ROLLING_BACK, e.REVERT, s.ROLLED_BACK, (g.RELINQUISHED,), _END),
        Transition(s.ROLLING_BACK, e.FAIL_REVERT, s.QUARANTINED, (), (f.ALARM, f.AUDIT)),
    ]


TABLE: dict[tuple[State | None, Event], Transition] = {
    (row.source, row.event): row for row in (*_before_write(), *_after_write())
}


def transition(state: State | None, event: Event) -> Transition | None:
    """The row for a state and an event; None where that pair is invalid."""
    return TABLE.get((state, event))
