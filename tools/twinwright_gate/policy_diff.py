"""What a new policy would newly allow, with a request as an example of each.

Every field of the table has a direction here, so that a change either shows that it only narrows, or counts as a
widening. Absolute limits are compared as what they amount to (all layers and the mode's band together), everything else
field by field. It may call a widening what is none in effect; it never calls a widening a narrowing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .envelope_table import Cell, cells
from .notation import utc_ms
from .numbers import from_micro
from .people import Agent, Authority, Executor, Key, Person, Quorum
from .points import Dynamics, Group, HoldPolicy, Input, Member, Permissive, Point, RollbackPolicy, Running, Total
from .points import VerifyPolicy as Verification
from .policy import HeartbeatPolicy, LoadLimits, Never, Policy, Times, Window
from .schema import Part


class Wider(Enum):
    """When a change of a field allows more."""

    UP = "if it grows, or goes away"
    DOWN = "if it shrinks, or goes away"
    CHANGED = "if it changes at all"
    ADDED = "if something is added"
    REMOVED = "if something is removed"
    TRUE = "if it becomes true"
    FALSE = "if it becomes false"
    LATER = "if it becomes later"
    INSIDE = "as told by the parts in it"
    NEVER = "never"


U, D, C, A, R, T, F, L, I, N = Wider  # noqa: E741  (one letter each, so that the table below can be read as one)

DIRECTIONS: dict[type[Part], dict[str, Wider]] = {
    Policy: {
        **dict.fromkeys(("v", "site", "gate_key", "supervisor_role", "reset_role", "issued_utc"), C),
        **dict.fromkeys(("version", "moc"), N),
        **dict.fromkeys(("inputs", "points", "permissives", "groups", "windows", "blackouts", "never"), I),
        **dict.fromkeys(("persons", "agents", "executors", "quorum", "times", "load", "heartbeat", "actuation"), I),
        "expires_utc": L,
        "required_rules": R,
        "trusted_sources": A,
    },
    Input: {"id": C, "unit": C, "path": C, "max_age_ms": U, "frozen_after_ms": U, "loop": F, "accepts_maintenance": T},
    Point: {
        **dict.fromkeys(("twin_id", "dtmi", "property", "unit", "dtdl", "binding", "measured", "tier"), C),
        **dict.fromkeys(("layers", "modes", "dynamics", "hold", "rollback", "verify"), I),
        **{"writable": T, "tags": R, "risk": C, "tol": U, "permissives": R, "windows": A},
    },
    Dynamics: {
        **dict.fromkeys(("max_step", "per_minute", "travel", "starts_per_hour"), U),
        **{"window_s": D, "cooldown_s": D, "running_above": C},
    },
    HoldPolicy: {"max_s": U, "until_superseded": T},
    RollbackPolicy: {"kinds": C, "safe_value": C},
    Verification: {
        **dict.fromkeys(("echo_point", "effect_point"), C),
        **{"echo_tol": U, "effect_lo": D, "effect_hi": U, "within_s": U},
    },
    Permissive: {"id": C, "inputs": R, "lo": D, "hi": U, "agree": U, "state": C},
    Group: {"id": C, "members": I, "running": I, "total": I},
    Member: {"binding_id": C, "input": C},
    Running: {"above": D, "least": D},
    Total: {"lo": D, "hi": U},
    Window: {"id": C, "zone": C, "days": A, "start": C, "end": C},
    Never: {"tags": R, "networks": R, "twins": R},
    Person: {"person_id": C, "kind": C, "keys": I, "authorities": I, "proposes": A},
    Key: {"key_id": C, "public_key": C, "revoked": F},
    Authority: {"role": C, "classes": A, "bindings": A, "valid_until_utc": L},
    Agent: {"agent_id": C, "uid": C, "proposes": A, "unattended": T},
    Executor: {"executor_id": C, "public_key": C, "networks": A},
    Quorum: {"n": D, "m": N, "supervisors": D},
    Times: dict.fromkeys(Times.model_fields, U),
    LoadLimits: dict.fromkeys(LoadLimits.model_fields, U),
    HeartbeatPolicy: {"period_ms": U, "timeout_ms": U},
}
QUANTITIES = frozenset(
    {"max_step", "per_minute", "travel", "running_above", "tol", "lo", "hi", "agree", "above"}
    | {"echo_tol", "effect_lo", "effect_hi", "safe_value"}
)


@dataclass(frozen=True, slots=True)
class Widening:
    """One thing that is newly allowed: where, in words, and a request (JSON) that would be an example."""

    place: str
    words: str
    example: dict[str, Any]


def widenings(old: Policy | None, new: Policy) -> tuple[Widening, ...]:
    """What the new policy allows and the old one (None: nothing at all) does not; empty: the new one only narrows."""
    if new.actuation != "on":
        return ()
    if old is None or old.actuation != "on":
        found = [_limits_widening(one, cell) for one in new.points for cell in cells(one)[:1]]
        return tuple(found) or (Widening("actuation", "off, now on", {}),)
    return tuple(_all(old, new))


def _all(old: Policy, new: Policy) -> Iterator[Widening]:
    anywhere = _example(new.points[0], "a request like this") if new.points else {}
    yield from _told(_part("policy", old, new), anywhere)
    for name in ("never", "times", "load", "heartbeat"):
        yield from _told(_part(name, getattr(old, name), getattr(new, name)), anywhere)
    for name in ("low", "medium", "high"):
        yield from _told(_part(f"quorum.{name}", getattr(old.quorum, name), getattr(new.quorum, name)), anywhere)
    yield from _told(_added("agents", _by(old, "agents", "agent_id"), _by(new, "agents", "agent_id")), anywhere)
    for name in ("inputs", "permissives", "windows"):
        yield from _told(_changed(name, _by(old, name, "id"), _by(new, name, "id")), anywhere)
    executors = (_by(one, "executors", "executor_id") for one in (old, new))
    yield from _told(_changed("executors", *executors), anywhere)
    yield from _told(_removed("blackouts", _by(old, "blackouts", "id"), _by(new, "blackouts", "id")), anywhere)
    yield from _told(_groups(old, new), anywhere)
    yield from _told(_persons(old, new), anywhere)
    before = {one.binding.binding_id: one for one in old.points}
    for point in new.points:
        yield from _point(before.get(point.binding.binding_id), point)


Told = Iterator[tuple[str, str]]


def _told(found: Told, example: dict[str, Any]) -> Iterator[Widening]:
    for place, words in found:
        yield Widening(place, words, example | {"because": words} if example else {})


def _by(policy: Policy, name: str, identity: str) -> dict[str, Part]:
    return {getattr(one, identity): one for one in getattr(policy, name)}


def _part(place: str, old: Part, new: Part) -> Told:
    """The fields in which one part allows more than the one before."""
    for name, wider in DIRECTIONS[type(new)].items():
        before, now = getattr(old, name), getattr(new, name)
        if before != now and _allows_more(wider, before, now):
            quantity = name in QUANTITIES and not isinstance(new, LoadLimits)
            was, found = (from_micro(one) if quantity and one is not None else _shown(one) for one in (before, now))
            yield f"{place}.{name}", f"{place}.{name} was {was} and is {found}"


def _allows_more(wider: Wider, before: Any, now: Any) -> bool:
    match wider:
        case Wider.UP | Wider.DOWN:
            if before is None or now is None:
                return before is not None
            return bool(now > before) if wider is Wider.UP else bool(now < before)
        case Wider.ADDED:
            return not set(now) <= set(before)
        case Wider.REMOVED:
            return not set(before) <= set(now)
        case Wider.TRUE | Wider.FALSE:
            return bool(now) is (wider is Wider.TRUE)
        case Wider.LATER:
            return utc_ms(now) > utc_ms(before)
        case Wider.CHANGED:
            return True
    return False


def _shown(value: Any) -> str:
    return ", ".join(str(one) for one in value) or "nothing" if isinstance(value, tuple) else str(value)


def _added(place: str, old: Mapping[str, Part], new: Mapping[str, Part]) -> Told:
    """What is new, or allows more, in a list in which each entry allows something."""
    for name, one in new.items():
        if name not in old:
            yield f"{place}.{name}", f"{place}.{name} is new"
        else:
            yield from _part(f"{place}.{name}", old[name], one)


def _removed(place: str, old: Mapping[str, Part], new: Mapping[str, Part]) -> Told:
    """What is gone or changed in a list in which each entry forbids something."""
    for name, one in old.items():
        if new.get(name) != one:
            yield f"{place}.{name}", f"{place}.{name} is gone, or another"


def _changed(place: str, old: Mapping[str, Part], new: Mapping[str, Part]) -> Told:
    """What allows more in a list whose entries do nothing until a point names them (which is a change of the point)."""
    for name in sorted(old.keys() & new.keys()):
        yield from _part(f"{place}.{name}", old[name], new[name])


def _groups(old: Policy, new: Policy) -> Told:
    now = {one.id: one for one in new.groups}
    for group in old.groups:
        place, after = f"groups.{group.id}", now.get(group.id)
        if after is None or group.members != after.members:
            yield place, f"{place} is gone, or has other members"
            continue
        for name in ("running", "total"):
            was, found = getattr(group, name), getattr(after, name)
            if was is not None and found is None:
                yield f"{place}.{name}", f"{place}.{name} is gone"
            elif was is not None:
                yield from _part(f"{place}.{name}", was, found)


def _persons(old: Policy, new: Policy) -> Told:
    before = {one.person_id: one for one in old.persons}
    for person in new.persons:
        place, was = f"persons.{person.person_id}", before.get(person.person_id)
        if was is None:
            yield place, f"{place} is new"
            continue
        yield from _part(place, was, person)
        keys: tuple[dict[str, Part], ...] = tuple({key.key_id: key for key in one.keys} for one in (was, person))
        yield from _added(f"{place}.keys", *keys)
        yield from _authorities(place, was.authorities, person.authorities)


def _authorities(place: str, old: Sequence[Authority], new: Sequence[Authority]) -> Told:
    for one in new:
        if not any(one == was or not list(_part(place, was, one)) for was in old):
            yield f"{place}.authorities", f"{place} may newly approve as {one.role}: {_shown(one.bindings)}"


def _point(old: Point | None, new: Point) -> Iterator[Widening]:
    place = f"points.{new.binding.binding_id}"
    if old is None:
        yield from (_limits_widening(new, cell) for cell in cells(new)[:1])
    if old is None or not cells(new):  # what can't be written at all allows nothing, whatever else changed
        return
    example = _example(new, "a request like this")
    yield from _told(_part(place, old, new), example)
    for name in ("dynamics", "hold", "rollback", "verify"):
        yield from _told(_part(f"{place}.{name}", getattr(old, name), getattr(new, name)), example)
    for cell in cells(new):
        yield from (_limits_widening(new, found) for found in cell.beyond(cells(old)))


def _limits_widening(point: Point, cell: Cell) -> Widening:
    """A value in a cell of the envelope that wasn't allowed before."""
    place = f"points.{point.binding.binding_id}"
    lo, hi = from_micro(cell.lo), from_micro(cell.hi)
    words = f"{lo} to {hi} {point.unit} is newly allowed{cell.words}"
    return Widening(f"{place}.limits", words, _request(point, cell.hi) | {"because": words})


def _example(point: Point, because: str) -> dict[str, Any]:
    found = cells(point)
    value = (found[0].lo + found[0].hi) // 2 if found else 0
    return _request(point, value) | {"because": because}


def _request(point: Point, value: int) -> dict[str, Any]:
    return {"twin_id": point.twin_id, "property": point.property, "value": from_micro(value), "unit": point.unit}
