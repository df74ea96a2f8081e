"""An explicit-state model over the table that runs: two permits on one target, two executors, and a hostile world.

Every transition is a row of `twinwright_gate.machine.table`; only what a guard and an effect *mean* is said here, in
the abstract. The world may, once each: latch the kill switch, load another policy, change the twin, trip an interlock,
withdraw an approval, let the arm window or everything expire, set the clock back, crash and reboot, change the plan's
bytes in the store, move the value by hand, refuse a write, lose an answer, and restore the store from a backup.

An executor's write is a step of its own, so that all of it can happen between the gate's consent and the write; and a
command that was sent may arrive at once, later, or never. The gate is judged alone first, with the executor's own
checks off, and then with them on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from twinwright_gate.machine.states import Effect, Event, Guard, State
from twinwright_gate.machine.table import TABLE, TERMINAL, Transition

OWN_CHECKS = (
    "own memory",
    "own kill switch",
    "own signatures and bytes",
    "own clock",
    "own policy",
    "own plant reading",
)
FRESH, LATE, EXPIRED = range(3)
AT_WORK = (State.EXECUTING, State.EXECUTED, State.VERIFIED, State.HOLDING, State.INDETERMINATE, State.ROLLING_BACK)


@dataclass(frozen=True, slots=True)
class P:
    """A permit. `signs`: "none", "enough", "gone" (withdrawn or revoked), "own" (the proposer among them)."""

    state: State = State.EVALUATED
    signs: str = "none"
    policy: int = 0
    twin: int = 0
    age: int = FRESH
    boot: int = 0
    fence: int = 0
    executor: int = -1
    forged: bool = False
    writes: int = 0


@dataclass(frozen=True, slots=True)
class Flight:
    """A consent that an executor holds and hasn't used yet; or, `sent`, a command that is on its way to the device."""

    permit: int
    fence: int
    executor: int
    wrong: bool
    sent: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """Everything. `value`: whose value is in force in the device (-1 local, 9 somebody at the panel)."""

    permits: tuple[P, P] = (P(), P())
    kill: bool = False
    policy: int = 0
    twin: int = 0
    tripped: bool = False
    boot: int = 0
    lock: int = -1
    fence: int = 0
    value: int = -1
    high: int = 0
    flights: tuple[Flight, ...] = ()
    acked: int = -1
    spent: frozenset[str] = frozenset()


@dataclass
class Model:
    """The table with some guards or effects knocked out, and the executor's own checks on or off."""

    without: frozenset[Guard | Effect | str] = frozenset()
    own: bool = True
    budget: int = 2
    table: dict[tuple[State | None, Event], Transition] = field(default_factory=lambda: dict(TABLE))
    violations: dict[str, str] = field(default_factory=dict)
    seen: int = 0

    def explore(self, stop_at_first: bool = False, most: int = 2_000_000) -> Model:
        """Every state that can be reached, and every invariant in each."""
        start = World()
        known, queue = {start}, deque([start])
        while queue and not (stop_at_first and self.violations):
            world = queue.popleft()
            for _, after in self.steps(world):
                if after not in known:
                    known.add(after)
                    queue.append(after)
            assert len(known) <= most, "the model has grown beyond what is explored"
        self.seen = len(known)
        return self

    def count(self) -> str:
        """How many states were explored, for a table."""
        return f"{self.seen:,} states"

    def wrong(self, name: str, words: str) -> None:
        self.violations.setdefault(name, words)

    def steps(self, world: World) -> Iterator[tuple[str, World]]:
        """What can happen next, by name."""
        yield from self._world(world)
        for index in (0, 1):
            yield from self._rows(world, index)
        for flight in world.flights:
            yield from self._write(world, flight)
        if world.value in (0, 1):
            # The device gives back by itself (watchdog, validity over), or because an executor told it to.
            yield "given back", replace(world, value=-1)

    # What the world does.

    def _world(self, world: World) -> Iterator[tuple[str, World]]:
        once: dict[str, Callable[[World], World | None]] = {
            "kill": lambda w: replace(w, kill=True),
            "policy": lambda w: replace(w, policy=w.policy + 1),
            "twin": lambda w: replace(w, twin=w.twin + 1),
            "trip": lambda w: replace(w, tripped=True),
            "crash": self._crash,
            "gate crash": self._gate_crash,
            "panel": lambda w: replace(w, value=9),
            "restore": self._restore if self.own else lambda w: None,
        }
        if len(world.spent) < self.budget:
            for name, change in once.items():
                after = change(world) if name not in world.spent else None
                if after is not None:
                    yield name, replace(after, spent=world.spent | {name})
            for name, changed in self._to_first(world):
                yield name, replace(_with(world, 0, changed), spent=world.spent | {name})
        for index in (0, 1):
            permit = world.permits[index]
            if permit.state is State.EVALUATED and permit.signs == "none":
                for signs in ("enough", "own") if index == 0 else ("enough",):
                    yield f"sign {signs}", _with(world, index, replace(permit, signs=signs))

    @staticmethod
    def _to_first(world: World) -> Iterator[tuple[str, P]]:
        """What happens to the first permit; what it was consented to can still be forged, or grow old, on its way."""
        first = world.permits[0]
        waiting = first.state in (State.APPROVED, State.ARMED)
        if waiting:
            yield "withdraw", replace(first, signs="gone")
        if waiting or _flying(world, 0):
            yield "forge", replace(first, forged=True)
        for age, name in ((LATE, "late"), (EXPIRED, "expired")):
            if first.age < age and (waiting or _flying(world, 0)) and (age > LATE or first.fence):
                yield name, replace(first, age=age)

    def _crash(self, world: World) -> World:
        """The machine restarts: gate and executors are gone with all that they held in memory; what was sent is not."""
        return self._gate_crash(replace(world, boot=world.boot + 1, flights=_sent(world)))

    def _gate_crash(self, world: World) -> World:
        """The gate alone restarts, and recovers by the table's own rows; an executor may hold a consent still."""
        after = world
        for index in (0, 1):
            row = self.table.get((after.permits[index].state, Event.RESTART))
            if row is not None:
                after = self._apply(after, index, row, executor=-1, wrong=False) or after
        return after

    @staticmethod
    def _restore(world: World) -> World | None:
        """The gate's store comes from a backup of before the first permit was consumed; executors keep their memory."""
        first = world.permits[0]
        if first.state not in AT_WORK or first.fence == 0:
            return None
        return replace(_with(world, 0, replace(first, state=State.ARMED, age=FRESH)), lock=0, flights=_sent(world))

    # What the gate does: the rows.

    def _rows(self, world: World, index: int) -> Iterator[tuple[str, World]]:
        permit = world.permits[index]
        for event in Event:
            row = self.table.get((permit.state, event))
            double = event is Event.OPERATE and permit.state is State.EXECUTING and Guard.UNCONSUMED in self.without
            if double:
                row = self.table[State.ARMED, Event.OPERATE]
            if row is None or event in (Event.RESTART, Event.EVALUATE):
                continue
            if event is Event.LOSE and _flying(world, index):
                # The report is overdue: by then no consent is used any more. What was sent may be on its way.
                world = replace(world, flights=tuple(one for one in world.flights if one.permit != index or one.sent))
            if row.source in TERMINAL:
                self.wrong("I15", f"{row.source} has an exit")
            asks = [(e, w) for e in (0, 1) for w in (False, True)] if event is Event.OPERATE else [(0, False)]
            if event is Event.SELECT:
                asks = [(0, False), (1, False)]
            for executor, wrong in asks:
                if self._holds(world, index, row, executor, wrong):
                    after = self._apply(world, index, row, executor, wrong)
                    if after is not None:
                        yield event.value, after

    def _holds(self, world: World, index: int, row: Transition, executor: int, wrong: bool) -> bool:
        return all(_GUARDS[guard](world, index, executor, wrong) for guard in row.guards if guard not in self.without)

    def _apply(self, world: World, index: int, row: Transition, executor: int, wrong: bool) -> World | None:
        permit = replace(world.permits[index], state=row.target)
        effects = [one for one in row.effects if one not in self.without]
        if Effect.TAKE_LOCKS in effects:
            if world.lock not in (-1, index):
                return None  # the store's own uniqueness
            world = replace(world, lock=index)
        if Effect.NEXT_FENCE in row.effects:
            world = replace(world, fence=world.fence + 1)
            permit = replace(permit, fence=world.fence, executor=executor, boot=world.boot, age=FRESH)
        if Effect.CONSUME in row.effects:
            if self._in_force(world, index):
                self.wrong("I19", "two permits for one target at once")
            world = replace(world, flights=(*world.flights, Flight(index, permit.fence, executor, wrong)))
        if Effect.FREE_LOCKS in effects and world.lock == index:
            world = replace(world, lock=-1)
        world = _with(world, index, permit)
        self._judge(world, index, row)
        if row.event in (Event.RELEASE, Event.REVERT, Event.FIND_ABSENT) and world.value == index:
            self.wrong("I21", "ended while its value is in force")
        return world

    @staticmethod
    def _in_force(world: World, index: int) -> bool:
        return world.permits[1 - index].state in AT_WORK

    def _judge(self, world: World, index: int, row: Transition) -> None:
        """What a state claims has to be so."""
        if row.event in (Event.SUCCEED, Event.VERIFY, Event.FIND_APPLIED) and world.value not in (index,):
            self.wrong("I20", f"{row.target} is claimed and the value is not in force")

    # What the executor does: one write for one consent.

    def _write(self, world: World, flight: Flight) -> Iterator[tuple[str, World]]:
        left = tuple(one for one in world.flights if one != flight)
        permit = world.permits[flight.permit]
        if flight.sent:
            # A store that comes from a backup knows nothing of what was sent since.
            if permit.state in TERMINAL - {State.QUARANTINED} and "restore" not in world.spent:
                self.wrong("I22", f"a command of a permit that is {permit.state} may still arrive")
            yield "arrives", replace(world, value=flight.permit, flights=left)
            yield "its last moment is over", replace(world, flights=left)
            return
        if self.own and not self._own_checks(world, flight):
            yield "refuse", replace(world, flights=left)
            return
        self._at_write(world, flight, permit)
        written = replace(permit, writes=permit.writes + 1)
        high = max(world.high, flight.fence)
        after = replace(_with(world, flight.permit, written), flights=left, high=high)
        yield "written", replace(after, value=flight.permit, acked=flight.permit)
        yield "answer lost", replace(after, value=flight.permit)
        yield "refused by the device", after
        yield "sent", replace(after, flights=(*left, replace(flight, sent=True)))

    def _own_checks(self, world: World, flight: Flight) -> bool:
        permit = world.permits[flight.permit]
        checks = {
            "own memory": flight.fence > world.high,
            "own kill switch": not world.kill,
            "own signatures and bytes": not (permit.forged or flight.wrong) and permit.signs == "enough",
            "own clock": permit.age == FRESH and permit.boot == world.boot,
            "own policy": permit.policy == world.policy and flight.executor == 0,
            "own plant reading": permit.twin == world.twin and not world.tripped and world.value != 9,
        }
        return all(holds for name, holds in checks.items() if name not in self.without)

    def _at_write(self, world: World, flight: Flight, permit: P) -> None:
        """The invariants of the moment of writing. Between consent and write the executor's own checks alone see the
        world change; judged alone, the gate answers for the moment of its consent, at which the flight began."""
        if permit.writes >= 1:
            self.wrong("I1", "a second write for one permit")
        if not self.own:
            return
        self._conditions(world, flight, permit)

    def _conditions(self, world: World, flight: Flight, permit: P) -> None:
        found = {
            "I2": permit.signs not in ("none", "gone"),
            "I3": permit.signs != "own",
            "I4": permit.twin == world.twin,
            "I5": permit.policy == world.policy,
            "I6": permit.age == FRESH and permit.boot == world.boot,
            "I7": not world.kill,
            "I8": not world.tripped,
            "I9": not (permit.forged or flight.wrong),
            "I18": flight.executor == 0,
        }
        for name, holds in found.items():
            if not holds:
                self.wrong(name, f"does not hold at the write of permit {flight.permit}")


class GateAlone(Model):
    """The gate without the executor's checks: the invariants have to hold where it gives its consent."""

    def _apply(self, world: World, index: int, row: Transition, executor: int, wrong: bool) -> World | None:
        if Effect.CONSUME in row.effects:
            flight = Flight(index, world.permits[index].fence, executor, wrong)
            self._conditions(world, flight, world.permits[index])
        return super()._apply(world, index, row, executor, wrong)


def _with(world: World, index: int, permit: P) -> World:
    first, second = world.permits
    return replace(world, permits=(permit, second) if index == 0 else (first, permit))


Meaning = Callable[[World, int, int, bool], bool]


def _p(test: Callable[[World, P], bool]) -> Meaning:
    return lambda world, index, executor, wrong: test(world, world.permits[index])


_GUARDS: dict[Guard, Meaning] = {
    Guard.STRICT_INPUT: _p(lambda w, p: True),
    Guard.ROOM_FOR_MORE: _p(lambda w, p: True),
    Guard.RULES_ALLOW: _p(lambda w, p: not w.tripped),
    Guard.QUORUM: _p(lambda w, p: p.signs == "enough"),
    Guard.OWN_PROPOSAL: _p(lambda w, p: True),
    Guard.UNEXPIRED: _p(lambda w, p: p.age < EXPIRED),
    Guard.RULES_ALLOW_NOW: _p(lambda w, p: not w.tripped),
    Guard.POLICY_UNCHANGED: _p(lambda w, p: p.policy == w.policy),
    Guard.TWIN_UNCHANGED: _p(lambda w, p: p.twin == w.twin),
    Guard.APPROVALS_STAND: _p(lambda w, p: p.signs == "enough" and not p.forged),
    Guard.KILL_CLEAR: _p(lambda w, p: not w.kill),
    Guard.KNOWN_EXECUTOR: lambda w, index, executor, wrong: executor == 0,
    Guard.LOCKS_FREE: lambda w, index, executor, wrong: w.lock in (-1, index),
    # By the boot-time clock: a clock that is set back changes nothing, but after a reboot the age can't be told.
    Guard.ARM_WINDOW: _p(lambda w, p: p.age == FRESH or p.boot != w.boot),
    Guard.SAME_BOOT: _p(lambda w, p: p.boot == w.boot),
    Guard.SAME_EXECUTOR: lambda w, index, executor, wrong: w.permits[index].executor == executor,
    Guard.SAME_TOKEN: lambda w, index, executor, wrong: not wrong,
    Guard.UNCONSUMED: _p(lambda w, p: p.state is State.ARMED),
    Guard.STATUS_GOOD: lambda w, index, executor, wrong: w.acked == index and w.value == index,
    Guard.READBACK_IS_OURS: lambda w, index, executor, wrong: w.value == index,
    Guard.READBACK_IS_BASELINE: lambda w, index, executor, wrong: w.value == -1 and not _flying(w, index),
    Guard.ECHO_AND_EFFECT: lambda w, index, executor, wrong: w.value == index,
    Guard.HOLD_IS_TIMED: _p(lambda w, p: True),
    Guard.HOLD_IS_OPEN: _p(lambda w, p: False),
    Guard.RELINQUISHED: lambda w, index, executor, wrong: w.value != index,
}


def _sent(world: World) -> tuple[Flight, ...]:
    return tuple(one for one in world.flights if one.sent)


def _flying(world: World, index: int) -> bool:
    return any(one.permit == index for one in world.flights)


# Whose absence can't break a safety invariant, and why.
REDUNDANT: dict[Guard | Effect | str, str] = {
    Guard.STRICT_INPUT: "the door reads strictly before there is a permit; held by tests of the door",
    Guard.ROOM_FOR_MORE: "keeps people's attention, not the plant: a flood can't approve itself",
    Guard.RULES_ALLOW: "every rule is run again at select and at operate",
    Guard.OWN_PROPOSAL: "withdrawing only narrows",
    Guard.UNEXPIRED: "the arm window is shorter than every other age, and approvals are judged at operate again",
    Guard.SAME_BOOT: "a restart ends every armed permit by its own row",
    Guard.LOCKS_FREE: "the store's locks are unique: a second one is refused where it is taken",
    Guard.QUORUM: "approvals are judged again at select and at operate",
    Guard.HOLD_IS_TIMED: "tells which of two rows applies",
    Guard.HOLD_IS_OPEN: "tells which of two rows applies",
}
