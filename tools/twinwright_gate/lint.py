"""What a policy must not be, found before anybody signs it and again before it is loaded.

The schema has refused unknown keys, numbers that are none, and times without a zone already; this looks at what the
parts say together. Each fault is a sentence with its place. A policy with a fault is refused as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .envelope import OBLIGATORY
from .lint_people import people_faults
from .notation import utc_ms
from .numbers import from_micro
from .points import Band, Group, ModeTable, Permissive, Point
from .policy import Policy, Window
from .reasons import RULE_IDS
from .rules.target import SAFETY_TAGS
from .units import UCUM
from .wire import decode, encode

_RAMP = ("relinquish", "restore", "safe_value")
# Names of the machine's own zone, or of none: not what a policy can mean.
_NO_ZONES = ("localtime", "Factory", "posixrules")


def lint(policy: Policy) -> tuple[str, ...]:
    """Everything that is wrong with a policy; empty where nothing is."""
    return (
        *_head(policy),
        *_unique(policy),
        *(fault for window in (*policy.windows, *policy.blackouts) for fault in _window(window)),
        *(fault for one in policy.permissives for fault in _permissive(policy, one)),
        *(fault for point in policy.points for fault in _point(policy, point)),
        *(fault for group in policy.groups for fault in _group(policy, group)),
        *people_faults(policy),
    )


def _head(policy: Policy) -> Iterator[str]:
    missing = [name for name in RULE_IDS if name not in policy.required_rules]
    if missing or set(policy.required_rules) != set(RULE_IDS):
        yield f"required_rules: has to name every rule and no other; missing: {missing}"
    if not utc_ms(policy.issued_utc) < utc_ms(policy.expires_utc):
        yield "expires_utc: has to be later than issued_utc"
    if policy.heartbeat.timeout_ms < 2 * policy.heartbeat.period_ms:
        yield "heartbeat.timeout_ms: has to be two periods at least"


def twice(names: Iterable[object]) -> list[object]:
    """What stands there more than once."""
    return [name for name, count in Counter(names).items() if count > 1]


def _unique(policy: Policy) -> Iterator[str]:
    places = [(one.binding.executor_id, one.binding.network, one.binding.address) for one in policy.points]
    for what, names in (
        ("inputs", [one.id for one in policy.inputs]),
        ("permissives", [one.id for one in policy.permissives]),
        ("groups", [one.id for one in policy.groups]),
        ("windows", [one.id for one in (*policy.windows, *policy.blackouts)]),
        ("points, by target", [(one.twin_id, one.property) for one in policy.points]),
        ("points, by binding_id", [one.binding.binding_id for one in policy.points]),
        ("points, by place", places),
    ):
        if again := twice(names):
            yield f"{what}: {again} stands twice; the binding map has to be injective and every id unique"


def _window(window: Window) -> Iterator[str]:
    try:
        ZoneInfo(window.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"windows.{window.id}: there is no zone {window.zone!r}; name one such as Europe/Berlin"
        return
    if window.zone in _NO_ZONES:
        yield f"windows.{window.id}: {window.zone!r} is the machine's zone or none; name one such as Europe/Berlin"


def _permissive(policy: Policy, one: Permissive) -> Iterator[str]:
    place = f"permissives.{one.id}"
    yield from _known(place, one.inputs, policy.inputs_by_id)
    numeric = one.lo is not None and one.hi is not None
    if numeric == (one.state is not None) or (one.lo is None) != (one.hi is None):
        yield f"{place}: has either lo and hi, or state"
    if one.lo is not None and one.hi is not None and one.lo > one.hi:
        yield f"{place}: lo is above hi"
    if twice(one.inputs):
        yield f"{place}: an input stands twice, and would agree with itself"


def _known(place: str, names: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    missing = sorted(set(names) - set(known))
    if missing:
        yield f"{place}: {missing} stands nowhere in the policy"


def _point(policy: Policy, point: Point) -> Iterator[str]:
    place = f"points.{point.binding.binding_id}"
    yield from _known(place, policy.inputs_of(point), policy.inputs_by_id)
    yield from _known(f"{place}.permissives", point.permissives, policy.permissives_by_id)
    yield from _known(f"{place}.windows", point.windows, policy.windows_by_id)
    if not point.permissives or not point.windows:
        yield f"{place}: needs at least one permissive and one window"
    if point.writable and not point.dtdl.writable:
        yield f"{place}: the twin's model doesn't let {point.property} be written"
    if point.writable and SAFETY_TAGS & {tag.lower() for tag in point.tags}:
        yield f"{place}: is tagged as safety equipment and can't be writable"
    executor = policy.executors_by_id.get(point.binding.executor_id)
    if executor is None or point.binding.network not in executor.networks:
        yield f"{place}.binding: executor {point.binding.executor_id!r} isn't known, or doesn't reach the network"
    if not point.binding.simulated and not point.binding.mailbox:
        yield f"{place}.binding: a device that is no simulator needs a command mailbox"
    yield from _units(policy, point, place)
    yield from _limits(point, place)
    yield from _way_back(point, place)
    if (point.dynamics.running_above is None) != (point.dynamics.starts_per_hour is None):
        yield f"{place}.dynamics: running_above and starts_per_hour belong together"
    if point.verify.effect_lo > point.verify.effect_hi:
        yield f"{place}.verify: effect_lo is above effect_hi"
    if point.hold.max_s == 0 and not point.hold.until_superseded:
        yield f"{place}.hold: allows no way of holding a value"


def _units(policy: Policy, point: Point, place: str) -> Iterator[str]:
    named = point.dtdl.unit
    if named is not None and point.unit not in UCUM.get(named, frozenset()):
        yield f"{place}.unit: {point.unit!r} is no UCUM code for the model's {named!r}"
    for name in (point.measured, point.verify.echo_point):
        known = policy.inputs_by_id.get(name)
        if known is not None and known.unit != point.unit:
            yield f"{place}: {name} is in {known.unit!r}, the point in {point.unit!r}; nothing is converted"


def _interval(place: str, lo: int | None, hi: int | None) -> Iterator[str]:
    if lo is None or hi is None:
        yield f"{place}: a limit is missing"
    elif lo > hi:
        yield f"{place}: lo {from_micro(lo)} is above hi {from_micro(hi)}"


def _limits(point: Point, place: str) -> Iterator[str]:
    names = [layer.name for layer in point.layers]
    absent = [name for name in OBLIGATORY if name not in names]
    if absent or twice(names):
        yield f"{place}.layers: {absent} is missing, or a layer stands twice"
    for layer in point.layers:
        yield from _interval(f"{place}.layers.{layer.name}", layer.lo, layer.hi)
    if point.modes is not None:
        yield from _modes(point.modes, f"{place}.modes")
    bands: tuple[Band | None, ...] = point.modes.bands if point.modes is not None else (None,)
    for band in bands:
        yield from _envelope(point, band, place)


def _modes(table: ModeTable, place: str) -> Iterator[str]:
    for number, band in enumerate(table.bands):
        yield from _interval(f"{place}.{number}", band.lo, band.hi)
        if band.start >= band.end:
            yield f"{place}.{number}: start is not below end"
    for one, following in pairwise(table.bands):
        if one.end != following.start:
            yield f"{place}: between {from_micro(one.end)} and {from_micro(following.start)} is a gap or an overlap"


def _envelope(point: Point, band: Band | None, place: str) -> Iterator[str]:
    pairs = [(layer.lo, layer.hi) for layer in point.layers]
    if band is not None:
        pairs.append((band.lo, band.hi))
    whole = [(lo, hi) for lo, hi in pairs if lo is not None and hi is not None]
    if len(whole) != len(pairs) or not whole:
        return
    lo, hi = max(one for one, _ in whole), min(one for _, one in whole)
    if lo > hi:
        yield f"{place}: the limits, taken together, leave no value at all"
        return
    for value in (lo, hi):
        data = encode(value, point.binding)
        back = None if data is None else decode(data, point.binding)
        if back is None or abs(back - value) > point.binding.resolution:
            yield f"{place}.binding: {from_micro(value)} has no {point.binding.dtype} within the resolution"


def _way_back(point: Point, place: str) -> Iterator[str]:
    kinds, safe = point.rollback.kinds, point.rollback.safe_value
    if list(kinds) != [kind for kind in _RAMP if kind in kinds]:
        yield f"{place}.rollback.kinds: stand in the order {_RAMP}, each at most once"
    if ("safe_value" in kinds) != (safe is not None):
        yield f"{place}.rollback: safe_value is a kind and a value, or neither"
    if safe is not None and not all(
        layer.lo is not None and layer.hi is not None and layer.lo <= safe <= layer.hi for layer in point.layers
    ):
        yield f"{place}.rollback.safe_value: is outside of the limits"


def _group(policy: Policy, group: Group) -> Iterator[str]:
    place = f"groups.{group.id}"
    yield from _known(place, (one.input for one in group.members), policy.inputs_by_id)
    bindings = {one.binding.binding_id: one for one in policy.points}
    bound = [one.binding_id for one in group.members if one.binding_id is not None]
    yield from _known(place, bound, bindings)
    if twice(one.input for one in group.members) or twice(bound):
        yield f"{place}: a member stands twice"
    if group.running is None and group.total is None:
        yield f"{place}: says nothing about its members; give running, total or both"
    if group.total is not None and group.total.lo > group.total.hi:
        yield f"{place}.total: lo is above hi"
    if group.running is not None and group.running.least > len(group.members):
        yield f"{place}.running: asks for more than there are members"
    units = {policy.inputs_by_id[one.input].unit for one in group.members if one.input in policy.inputs_by_id}
    units |= {bindings[name].unit for name in bound if name in bindings}
    if len(units) > 1:
        yield f"{place}: its members are in {sorted(units)}; nothing is converted"
