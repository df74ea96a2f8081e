"""R05 to R07: how far, in which bytes, how fast."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..checks import Check, Request
from ..context import PastWrite, Stamp
from ..envelope import OBLIGATORY, Limits, envelope, inside
from ..numbers import from_micro
from ..reasons import Reason
from ..wire import decode, encode

MINUTE_MS = 60_000
HOUR_MS = 3_600_000


def r05_absolute_limits(request: Request) -> Iterator[Check]:
    """The value lies in every layer's closed interval: instrument range, nameplate, site, operating mode and temporary
    restriction. A missing limit, a missing layer or an empty intersection denies; nothing is clamped."""
    point, value = request.point, request.plan.set.value_micro
    names = {layer.name for layer in point.layers}
    absent = [name for name in OBLIGATORY if name not in names]
    yield Check(Reason.NO_LIMIT, not absent, f"There are no limits by {absent}.")
    limits = envelope(point, request.snapshot)
    yield Check(Reason.NO_MODE, limits is not None, "The operating mode is not one for which the policy has limits.")
    layers = limits or tuple(Limits(layer.name, layer.lo, layer.hi) for layer in point.layers)
    for one in layers:
        yield Check(Reason.NO_LIMIT, one.complete(), f"The {one.name} limits lack a lower or an upper one.")
    whole = [(one.lo, one.hi) for one in layers if one.lo is not None and one.hi is not None]
    lo, hi = max((lo for lo, _ in whole), default=1), min((hi for _, hi in whole), default=0)
    yield Check(Reason.EMPTY_ENVELOPE, lo <= hi, "The limits, taken together, leave no value at all.")
    unit, place = point.unit, point.binding.binding_id
    for one in layers:
        told = _told(one.hi, unit)
        yield Check(
            Reason.ABOVE,
            one.below_hi(value),
            f"{_told(value, unit)} is above the {one.name} limit of {told}.",
            f"{place}/{one.name}.hi",
        )
        told = _told(one.lo, unit)
        yield Check(
            Reason.BELOW,
            one.above_lo(value),
            f"{_told(value, unit)} is below the {one.name} limit of {told}.",
            f"{place}/{one.name}.lo",
        )


def _told(value: int | None, unit: str) -> str:
    return "none" if value is None else f"{from_micro(value)} {unit}"


def r06_wire(request: Request) -> Iterator[Check]:
    """The bytes in the plan are those of the value; read back they are the value, within the declared resolution, and
    that too lies in every limit."""
    point, plan = request.point, request.plan
    binding, value = point.binding, plan.set.value_micro
    data = encode(value, binding)
    yield Check(
        Reason.ENCODE_OVERFLOW, data is not None, f"{_told(value, point.unit)} doesn't fit into {binding.dtype}."
    )
    told = bytes.fromhex(plan.set.wire.hex)
    back = decode(told, binding)
    yield Check(
        Reason.ENCODE_ROUNDTRIP,
        back is not None and abs(back - value) <= binding.resolution,
        f"The bytes mean {_fraction(back)} {point.unit}, more than the resolution away from the value.",
    )
    yield Check(
        Reason.ENCODED_OUT_OF_RANGE,
        back is not None and inside(back, envelope(point, request.snapshot)),
        f"The bytes mean {_fraction(back)} {point.unit}, which is outside of the limits.",
    )
    yield Check(
        Reason.WIRE,
        data == told and plan.set.wire.dtype == binding.dtype,
        "The bytes in the plan are not those that the binding writes for this value.",
    )


def _fraction(value: Fraction | None) -> str:
    return "no number" if value is None else from_micro(round(value))


def elapsed_ms(since: Stamp, now: Stamp) -> int:
    """How long ago something was, the shorter by both clocks (of one boot), so that no jump makes it older."""
    by_utc = now.utc_ms - since.utc_ms
    return min(by_utc, now.boot_ms - since.boot_ms) if since.boot_id == now.boot_id else by_utc


def r07_dynamics(request: Request) -> Iterator[Check]:
    """The step from the *measured* value, the changes within a minute and within the window, the time since the last
    write and the starts within an hour stay within the point's limits. An unknown history counts as just written."""
    point, value, now = request.point, request.plan.set.value_micro, request.context.now
    rules, place, unit = point.dynamics, point.binding.binding_id, point.unit
    history = request.context.history
    yield Check(Reason.HISTORY_UNKNOWN, history is not None, "What was written before can't be read.")
    past = [(elapsed_ms(one.at, now), one) for one in history or () if one.binding_id == place]
    yield Check(Reason.HISTORY_UNKNOWN, all(age >= 0 for age, _ in past), "A past write is from the future.")
    measured = request.snapshot.micro(point.measured)
    yield Check(Reason.NO_BASELINE, measured is not None, "There is no measured value to change from.")
    if measured is None:
        return
    step = abs(value - measured)
    yield Check(
        Reason.STEP,
        step <= rules.max_step,
        f"A step of {_told(step, unit)} is larger than {_told(rules.max_step, unit)}.",
        f"{place}/max_step",
    )
    for reason, most, window_ms, name in (
        (Reason.RATE, rules.per_minute, MINUTE_MS, "per_minute"),
        (Reason.TRAVEL, rules.travel, rules.window_s * 1000, "travel"),
    ):
        total = step + sum(abs(one.to_micro - one.from_micro) for age, one in past if age <= window_ms)
        words = f"{_told(total, unit)} of change within {window_ms // 1000} s are more than {_told(most, unit)}."
        yield Check(reason, total <= most, words, f"{place}/{name}")
    yield Check(
        Reason.COOLDOWN,
        all(age >= rules.cooldown_s * 1000 for age, _ in past),
        f"The last write is less than {rules.cooldown_s} s ago.",
        f"{place}/cooldown",
    )
    starts = _starts(rules.running_above, measured, value, past)
    most_starts = rules.starts_per_hour
    yield Check(
        Reason.STARTS,
        starts == 0 or (most_starts is not None and starts <= most_starts),
        f"It would be start number {starts} within the hour; {most_starts} are the most.",
        f"{place}/starts_per_hour",
    )


def _starts(threshold: int | None, measured: int, value: int, past: list[tuple[int, PastWrite]]) -> int:
    """How many starts there are within the hour with this one; 0 where this is no start."""
    if threshold is None or not measured <= threshold < value:
        return 0
    return 1 + sum(age <= HOUR_MS and one.from_micro <= threshold < one.to_micro for age, one in past)
