"""The names of the state machine: states, events, guards and durable effects."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a permit stands. Two are load-bearing: EXECUTING (consumed, not yet known) and INDETERMINATE."""

    PROPOSED = "PROPOSED"
    EVALUATED = "EVALUATED"
    APPROVED = "APPROVED"
    ARMED = "ARMED"
    EXECUTING = "EXECUTING"
    EXECUTED = "EXECUTED"
    VERIFIED = "VERIFIED"
    HOLDING = "HOLDING"
    INDETERMINATE = "INDETERMINATE"
    ROLLING_BACK = "ROLLING_BACK"
    CLOSED = "CLOSED"
    DENIED = "DENIED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    NOT_APPLIED = "NOT_APPLIED"
    ROLLED_BACK = "ROLLED_BACK"
    QUARANTINED = "QUARANTINED"


class Event(StrEnum):
    """What can happen to a permit."""

    PROPOSE = "propose"
    EVALUATE = "evaluate"
    REFUSE = "refuse"
    APPROVE = "approve"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"
    EXPIRE = "expire"
    SELECT = "select"
    OPERATE = "operate"
    RESTART = "restart"
    KILL = "kill"
    SUCCEED = "succeed"
    LOSE = "lose"
    FIND_APPLIED = "find applied"
    FIND_ABSENT = "find absent"
    FIND_UNCLEAR = "find unclear"
    VERIFY = "verify"
    FAIL_VERIFY = "fail verify"
    HOLD = "hold"
    SETTLE = "settle"
    RELEASE = "release"
    END_HOLD = "end hold"
    REVERT = "revert"
    FAIL_REVERT = "fail revert"


class Guard(StrEnum):
    """What has to hold for a transition to happen; each is looked up, never assumed."""

    STRICT_INPUT = "strict input"
    ROOM_FOR_MORE = "room for more"
    RULES_ALLOW = "every required rule allows"
    QUORUM = "enough distinct authorised persons signed"
    OWN_PROPOSAL = "the caller's own proposal"
    UNEXPIRED = "unexpired by both clocks"
    RULES_ALLOW_NOW = "every required rule allows on a new snapshot"
    POLICY_UNCHANGED = "policy unchanged since evaluation"
    TWIN_UNCHANGED = "twin version unchanged since the plan"
    APPROVALS_STAND = "approvals signed, fresh and not revoked"
    KILL_CLEAR = "kill switch clear"
    KNOWN_EXECUTOR = "a known executor"
    LOCKS_FREE = "target and groups unlocked"
    ARM_WINDOW = "within the arm window by CLOCK_BOOTTIME"
    SAME_BOOT = "same boot"
    SAME_EXECUTOR = "same executor"
    SAME_TOKEN = "select token equal in every field"
    UNCONSUMED = "conditional update finds ARMED"
    STATUS_GOOD = "status is 0x00000000 exactly"
    READBACK_IS_OURS = "fresh readback shows our value and sequence"
    READBACK_IS_BASELINE = "fresh readback shows that nothing of ours arrived"
    ECHO_AND_EFFECT = "fresh echo within tolerance, and the effect in range in time"
    HOLD_IS_TIMED = "the plan holds for a time"
    HOLD_IS_OPEN = "the plan holds until superseded"
    RELINQUISHED = "readback confirms that authority went back"


class Effect(StrEnum):
    """What is made durable by a transition, in the order in which the table lists it."""

    STORE_PLAN = "store plan bytes"
    STORE_EVALUATION = "store snapshot, results and evaluation digest"
    STORE_APPROVAL = "store approvals"
    TAKE_LOCKS = "lock target and groups"
    NEXT_FENCE = "next fence"
    STORE_TOKEN = "store permit and select token"
    STORE_BASELINE = "store the measured baseline"
    CONSUME = "consume the permit"
    STORE_WRITE = "store the write for budgets"
    FREE_LOCKS = "unlock target and groups"
    ALARM = "raise an alarm"
    AUDIT = "append to the audit log (fsync)"
