"""R12 and R13: at which times, and how old everything may be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ..checks import Check, Request
from ..context import Phase, Stamp
from ..notation import utc_ms
from ..policy import Day, Window
from ..reasons import Reason

_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def within(window: Window, now_ms: int) -> bool:
    """Whether a moment (UTC, ms) is in a window, on the clock of the window's zone, summer time included.

    A window that ends when or before it starts ends on the next day; its day is that of its start.
    """
    local = datetime.fromtimestamp(now_ms // 1000, UTC).astimezone(ZoneInfo(window.zone))
    clock = local.strftime("%H:%M")
    today, yesterday = (_DAYS[(local - timedelta(days=back)).weekday()] for back in (0, 1))
    if window.start < window.end:
        return today in window.days and window.start <= clock < window.end
    return (today in window.days and window.start <= clock) or (yesterday in window.days and clock < window.end)


def r12_window(request: Request) -> Iterator[Check]:
    """The moment is in one of the point's windows and in no blackout (a shift's handover), each in its own zone."""
    point, policy, now = request.point, request.policy, request.context.now.utc_ms
    windows = [policy.windows_by_id.get(name) for name in point.windows]
    open_now = any(one is not None and within(one, now) for one in windows)
    names = ", ".join(point.windows)
    yield Check(Reason.OUTSIDE_WINDOW, open_now, f"It is outside of: {names}.", f"window/{names}")
    dark = [one.id for one in policy.blackouts if within(one, now)]
    yield Check(Reason.BLACKOUT, not dark, f"Nothing is moved during {dark}.")


def r13_freshness(request: Request) -> Iterator[Check]:
    """Plan, approvals, permit and select are young enough by the boot-time clock *and* by UTC, in the same boot; the
    two clocks agree, and none went back."""
    plan, times, context = request.plan, request.policy.times, request.context
    now, age = context.now, context.now.utc_ms - utc_ms(plan.created_utc)
    yield Check(
        Reason.PLAN_AGE,
        -times.skew_ms <= age <= times.plan_s * 1000,
        f"The plan is {age} ms old; {times.plan_s} s is the most.",
    )
    if context.phase is Phase.EVALUATE:
        return
    evaluated = request.need(context.evaluated, "the time of the evaluation")
    yield from _clock(evaluated, now, times.disagreement_ms)
    for one in context.approvals:
        said = one.statement
        yield Check(
            Reason.APPROVAL_EXPIRED,
            said.at_ms - times.skew_ms <= now.utc_ms < said.expires_ms
            and 0 < said.expires_ms - said.at_ms <= times.approval_s * 1000,
            f"The approval by {said.person_id} doesn't hold now, or for longer than {times.approval_s} s.",
        )
    if context.phase is Phase.OPERATE:
        yield from _select(request)


def _clock(since: Stamp, now: Stamp, most: int) -> Iterator[Check]:
    yield Check(Reason.REBOOTED, since.boot_id == now.boot_id, "The machine was restarted meanwhile.")
    by_utc, by_boot = now.utc_ms - since.utc_ms, now.boot_ms - since.boot_ms
    yield Check(
        Reason.CLOCK,
        by_boot >= 0 and by_utc >= 0 and abs(by_utc - by_boot) <= most,
        f"UTC says that {by_utc} ms have passed, the boot-time clock {by_boot} ms; {most} ms apart is the most.",
    )


def _select(request: Request) -> Iterator[Check]:
    context, times = request.context, request.policy.times
    armed, bound, now = context.armed, context.bound, context.now
    yield Check(Reason.NOT_ARMED, armed is not None and bound is not None, "The permit was never armed.")
    if armed is None or bound is None:
        return
    yield from _clock(armed, now, times.disagreement_ms)
    waited = now.boot_ms - armed.boot_ms
    yield Check(
        Reason.ARM_EXPIRED,
        0 <= waited <= times.arm_ms and now.utc_ms - armed.utc_ms <= times.arm_ms,
        f"{waited} ms have passed since select; {times.arm_ms} ms is the most.",
    )
    yield Check(
        Reason.PERMIT_EXPIRED,
        bound.not_before_ms <= now.utc_ms < bound.expires_ms
        and 0 < bound.expires_ms - bound.not_before_ms <= times.permit_s * 1000
        and waited <= times.permit_s * 1000,
        f"The permit doesn't hold now, or for longer than {times.permit_s} s.",
    )
