"""Random flowsheets: which units there are, which streams join them, where material comes in, and where it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Rng = np.random.Generator
Role = Literal["mixer", "exchanger", "reactor", "separator", "column", "vessel"]
Phase = Literal["feed", "liquid", "gas"]
OUTSIDE = -1
LEAST_TWINS, MOST_TWINS = 6, 16
_MOST_RECYCLES = 2


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that holds material: liquid (it has a level), gas (it has a pressure of its own), or both."""

    role: Role
    liquid: bool
    gas: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """Material on its way.

    Attributes:
        source: index of a feed (phase "feed") or of a unit.
        target: index of a unit, or OUTSIDE.
        share: of what leaves the source in that phase at the design point (feeds: 1).
        valve: whether there is one; else it is a pipe whose flow follows from the pressures.
        machine: whether a pump or compressor moves it; its valve is then the machine's speed or guide vane.
        outlet: what a stream to the OUTSIDE is.
        own_twin: whether the machine or outlet is a twin of its own.
    """

    source: int
    phase: Phase
    target: int
    share: float = 1.0
    valve: bool = True
    machine: bool = False
    outlet: Literal["product", "purge"] | None = None
    own_twin: bool = False


@dataclass(frozen=True, slots=True)
class Consumer:
    """A unit that a utility cools or heats."""

    unit: int
    utility: int
    cools: bool


@dataclass(frozen=True)
class Flowsheet:
    """What is joined with what; feeds and utilities are counted, all else is listed.

    Attributes:
        feed_roles: 0 or 1 for a feed rich in the first or second reagent, 2 for a diluent.
        links: pairs of units that exchange heat, the hotter one first.
    """

    feed_roles: tuple[int, ...]
    units: tuple[Unit, ...]
    streams: tuple[Stream, ...]
    consumers: tuple[Consumer, ...]
    utilities: int
    links: tuple[tuple[int, int], ...]

    @property
    def twins(self) -> int:
        """How many twins it takes, areas left out."""
        own = sum(stream.own_twin for stream in self.streams)
        return len(self.feed_roles) + len(self.units) + own + self.utilities

    @property
    def reactors(self) -> list[int]:
        """The indices of the units in which a reaction runs."""
        return [index for index, unit in enumerate(self.units) if unit.role == "reactor"]


def draw_flowsheet(rng: Rng) -> Flowsheet:
    """A random flowsheet of a fitting size that at least one utility serves."""
    most = int(rng.integers(LEAST_TWINS + 3, MOST_TWINS + 1))  # else most plants would be large
    while True:
        sheet = _Builder(rng).build()
        if LEAST_TWINS <= sheet.twins <= most and sheet.consumers:
            return sheet


def chance(rng: Rng, share: float) -> bool:
    """True with that probability."""
    return bool(rng.random() < share)


@dataclass
class _Builder:
    rng: Rng
    units: list[Unit] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    recycles: int = 0

    def build(self) -> Flowsheet:
        gaseous = chance(self.rng, 0.5)
        train = self._train(gaseous)
        separator = next(i for i in train if self.units[i].role == "separator")
        for position, unit in enumerate(train):
            following = train[position + 1] if position + 1 < len(train) else None
            if unit < separator:
                self._before_separation(unit, train[position + 1], separator, gaseous)
            else:
                self._after_separation(unit, following, gaseous)
        roles = self._feeds(train, separator)
        consumers, utilities = self._utilities()
        return Flowsheet(roles, tuple(self.units), tuple(self.streams), tuple(consumers), utilities, self._links(train))

    def _add(self, role: Role, *, liquid: bool, gas: bool) -> int:
        self.units.append(Unit(role, liquid, gas))
        return len(self.units) - 1

    def _train(self, gaseous: bool) -> list[int]:
        rng, phase = self.rng, {"liquid": not gaseous, "gas": gaseous}
        train = []
        if chance(rng, 0.45):
            train.append(self._add("exchanger" if gaseous or chance(rng, 0.5) else "mixer", **phase))
        for _ in range(1 + chance(rng, 0.2)):
            both = chance(rng, 0.6 if gaseous else 0.25)
            train.append(self._add("reactor", liquid=both or not gaseous, gas=both or gaseous))
        if chance(rng, 0.5):
            train.append(self._add("exchanger", **phase))
        train.append(self._add("separator", liquid=True, gas=True))
        train += [self._add("column", liquid=True, gas=True) for _ in range(int(rng.choice(3, p=(0.35, 0.45, 0.2))))]
        if chance(rng, 0.3):
            train.append(self._add("vessel", liquid=True, gas=False))
        return train

    def _before_separation(self, unit: int, following: int, separator: int, gaseous: bool) -> None:
        main: Phase = "gas" if gaseous else "liquid"
        self.streams.append(Stream(unit, main, following, valve=not gaseous))
        if not (self.units[unit].liquid and self.units[unit].gas):
            return
        if gaseous:
            self.streams.append(Stream(unit, "liquid", separator))
        elif chance(self.rng, 0.5):
            self.streams.append(Stream(unit, "gas", separator, valve=chance(self.rng, 0.5)))
        else:
            self._leave(unit, "gas", "purge")

    def _after_separation(self, unit: int, following: int | None, gaseous: bool) -> None:
        rng = self.rng
        rest = 1.0
        if not gaseous and self.units[unit].role != "vessel" and self._may_recycle(0.35):
            rest -= self._recycle(unit, "liquid", float(rng.uniform(0.25, 0.55)))
        if following is None:
            self._leave(unit, "liquid", "product", rest)
        else:
            self.streams.append(Stream(unit, "liquid", following, rest))
        if self.units[unit].gas:
            self._overhead(unit, gaseous)

    def _overhead(self, unit: int, gaseous: bool) -> None:
        rng = self.rng
        is_separator = self.units[unit].role == "separator"
        if self._may_recycle(0.85 if gaseous and is_separator else 0.3):
            self._leave(unit, "gas", "purge", 1.0 - self._recycle(unit, "gas", float(rng.uniform(0.6, 0.9))))
        elif len(self.units) < 8 and chance(rng, 0.4):
            condenser = self._add("vessel", liquid=True, gas=False)
            self.streams.append(Stream(unit, "gas", condenser, valve=chance(rng, 0.6)))
            back = self._recycle(condenser, "liquid", float(rng.uniform(0.4, 0.8))) if self._may_recycle(0.5) else 0.0
            self._leave(condenser, "liquid", "product", 1.0 - back)
        else:
            self._leave(unit, "gas", "purge" if chance(rng, 0.6) else "product")

    def _may_recycle(self, share: float) -> bool:
        return self.recycles < _MOST_RECYCLES and chance(self.rng, share)

    def _recycle(self, unit: int, phase: Phase, share: float) -> float:
        """Leads a share of a phase back to the first reactor or to the unit before it."""
        self.recycles += 1
        reactor = next(i for i, one in enumerate(self.units) if one.role == "reactor")
        target = reactor if chance(self.rng, 0.7) else 0
        own = chance(self.rng, 0.7)
        self.streams.append(Stream(unit, phase, target, share, machine=True, own_twin=own))
        return share

    def _leave(self, unit: int, phase: Phase, outlet: Literal["product", "purge"], share: float = 1.0) -> None:
        own = chance(self.rng, 0.55)
        self.streams.append(Stream(unit, phase, OUTSIDE, share, outlet=outlet, own_twin=own))

    def _feeds(self, train: Iterable[int], separator: int) -> tuple[int, ...]:
        """The two reagents go to the first reactor or before it, further feeds anywhere up to a column."""
        rng, units = self.rng, self.units
        reactor = next(i for i, unit in enumerate(units) if unit.role == "reactor")
        open_to = [i for i in train if i <= separator or units[i].role == "column"]
        roles = [0, 1] + [int(role) for role in rng.choice(3, size=int(rng.integers(0, 4)))]
        for feed, role in enumerate(roles):
            # A diluent that strips a column shows up far from where the reaction is.
            anywhere = feed > 1 and (role == 2 or chance(rng, 0.4))
            target = int(rng.choice(open_to)) if anywhere else int(rng.choice([0, reactor]))
            self.streams.append(Stream(feed, "feed", target))
        return tuple(roles)

    def _utilities(self) -> tuple[list[Consumer], int]:
        rng = self.rng
        reactor = next(i for i, unit in enumerate(self.units) if unit.role == "reactor")
        wanted: list[tuple[int, bool]] = []
        for index, unit in enumerate(self.units):
            cooled = {"exchanger": index > reactor, "column": False}.get(unit.role, True)
            likely = {"exchanger": 0.9, "reactor": 0.8, "column": 0.85, "separator": 0.35, "mixer": 0.0, "vessel": 0.3}
            if chance(rng, likely[unit.role]):
                wanted.append((index, cooled))
        consumers: list[Consumer] = []
        headers: list[bool] = []
        for unit_index, cools in wanted:
            shared = [i for i, kind in enumerate(headers) if kind == cools]
            if shared and (len(headers) == 4 or chance(rng, 0.35)):
                utility = int(rng.choice(shared))
            elif len(headers) < 4:
                headers.append(cools)
                utility = len(headers) - 1
            else:
                continue
            consumers.append(Consumer(unit_index, utility, cools))
        return consumers, len(headers)

    def _links(self, train: list[int]) -> tuple[tuple[int, int], ...]:
        """Now and then the effluent of a reactor preheats what stands before it."""
        reactor = next(i for i, unit in enumerate(self.units) if unit.role == "reactor")
        if train[0] < reactor and reactor + 1 in train and chance(self.rng, 0.4):
            return ((reactor + 1, train[0]),)
        return ()
