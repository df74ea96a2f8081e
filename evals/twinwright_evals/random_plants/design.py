"""The design point of a random flowsheet: flows, holdups, temperatures and pressures at which everything balances.

The sizes of valves, exchangers and reactors follow from it, so the plant begins at rest. Time is counted in steps of
the simulation, temperatures are °C, pressures bar, holdups and flows in mass units of no special name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .flowsheet import OUTSIDE, Flowsheet, Rng, Stream, chance

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
COMPONENTS = 4  # two reagents, the product, and a diluent that takes no part
_ROUNDS, _SETTLED = 150, 1e-6
_THIN_FLOW = 0.02


class UnbalancedError(ValueError):
    """A draw that balances nowhere sensible (a phase runs dry, a cooler would have to heat)."""


@dataclass(frozen=True)
class Design:
    """Sizes: f feeds, u units, s streams, k consumers, h utilities, r reactors, c components; v = s + k valves.

    Source rows number the places that a stream can draw from: feeds, then the units' liquid, then the units' gas.

    Attributes:
        row: source row of each stream. into, out_liquid, out_gas: 0/1 matrices (u, s). target: unit, or u for outside.
        delay: steps of transport of each stream. flow: at the design point. head_pressure (1/bar) and head_level (1 per
            full level): how the driving force of a stream, 1 at the design point, depends on pressures and level.
        opening: of each valve at the design point, %. rangeability: of equal-percentage valves; 1 for linear ones.
        split_logit (u, c), split_slope (u, per °C): share of a component that goes to the gas, for units with both.
        stoichiometry (c,), rate (r,), activation (r, per °C), reaction_heat (r, °C per unit of mass that reacts).
        conductance: of consumers, as duty per °C. capacity_flow: heat capacity flow of each utility stream at design.
        boiling (u,): °C by which a temperature reads higher per share of the lighter reagent that is missing.
    """

    sheet: Flowsheet
    row: Ints
    into: Floats
    out_liquid: Floats
    out_gas: Floats
    target: Ints
    delay: Ints
    flow: Floats
    drop: Floats
    head_pressure: Floats
    head_level: Floats
    opening: Floats
    rangeability: Floats
    feed_mix: Floats
    feed_temperature: Floats
    feed_pressure: Floats
    liquid: Floats
    gas: Floats
    has_liquid: Bools
    has_gas: Bools
    temperature: Floats
    pressure: Floats
    full: Floats
    heat_capacity: Floats
    split_logit: Floats
    split_slope: Floats
    stoichiometry: Floats
    rate: Floats
    activation: Floats
    reaction_heat: Floats
    conductance: Floats
    capacity_flow: Floats
    utility_temperature: Floats
    link_conductance: Floats
    boiling: Floats

    @cached_property
    def level(self) -> Floats:
        """Level of each unit at the design point, 0 to 1."""
        return np.asarray(self.liquid.sum(1) / self.full)

    @cached_property
    def gas_total(self) -> Floats:
        """Gas in each unit at the design point."""
        return np.asarray(self.gas.sum(1))

    @cached_property
    def reagent_share(self) -> Floats:
        """Share of both reagents in the liquid of each unit at the design point."""
        return np.asarray(self.liquid[:, :2].sum(1) / self.liquid.sum(1))

    @cached_property
    def highest_pressure(self) -> float:
        """Of all units at the design point, bar."""
        return float(self.pressure.max())

    @cached_property
    def served(self) -> Ints:
        """Unit of each consumer."""
        return np.array([one.unit for one in self.sheet.consumers])

    @cached_property
    def serving(self) -> Ints:
        """Utility of each consumer."""
        return np.array([one.utility for one in self.sheet.consumers])

    @cached_property
    def reactors(self) -> Ints:
        """Units in which a reaction runs."""
        return np.array(self.sheet.reactors)


@dataclass
class _Balance:
    """The fixed point: shares and flows of all streams, what reacts, temperatures, and what utilities have to add."""

    split: Floats
    mix: Floats
    flow: Floats
    reacted: Floats
    temperature: Floats
    duty: Floats


def draw_design(sheet: Flowsheet, rng: Rng) -> Design:
    """Sizes for a flowsheet.

    Raises:
        UnbalancedError: the draw makes no sensible plant; draw again.
    """
    return _Sizer(sheet, rng).design()


class _Sizer:
    def __init__(self, sheet: Flowsheet, rng: Rng) -> None:
        self.sheet, self.rng = sheet, rng
        feeds, units, streams = len(sheet.feed_roles), len(sheet.units), sheet.streams
        self.feeds, self.units = feeds, units
        offset = {"feed": 0, "liquid": feeds, "gas": feeds + units}
        self.row = np.array([offset[one.phase] + one.source for one in streams])
        self.target = np.array([units if one.target == OUTSIDE else one.target for one in streams])
        self.into = (self.target == np.arange(units)[:, None]).astype(float)
        self.out_liquid = (self.row == feeds + np.arange(units)[:, None]).astype(float)
        self.out_gas = (self.row == feeds + units + np.arange(units)[:, None]).astype(float)
        self.has_liquid = np.array([unit.liquid for unit in sheet.units])
        self.has_gas = np.array([unit.gas for unit in sheet.units])
        self.reactors = np.array(sheet.reactors)
        self.part = float(rng.uniform(0.3, 0.7))  # of the first reagent in a unit of mass that reacts
        self.nu = np.array([-self.part, self.part - 1.0, 1.0, 0.0])

    def design(self) -> Design:
        rng, sheet = self.rng, self.sheet
        self._draw_feeds()
        self._draw_units()
        balance = self._balance()
        self._check(balance)
        pressure = self._pressures()
        supply, drop = self._drops(pressure)
        residence = rng.uniform(10.0, 40.0, self.units)
        gas_residence = rng.uniform(15.0, 30.0, self.units)
        small = np.array([unit.role == "exchanger" for unit in sheet.units])
        liquid_flow = np.maximum(self.out_liquid @ balance.flow, 1e-9)
        gas_flow = np.maximum(self.out_gas @ balance.flow, 1e-9)
        liquid_hold = np.where(self.has_liquid, liquid_flow * np.where(small, 5.0, residence), 1.0)
        gas_hold = np.where(self.has_gas, gas_flow * gas_residence, 1.0)
        mix_liquid, mix_gas = balance.mix[self.feeds : self.feeds + self.units], balance.mix[self.feeds + self.units :]
        level = rng.uniform(0.4, 0.65, self.units)
        hold = liquid_hold * self.has_liquid + gas_hold * self.has_gas
        conductance, capacity_flow, utility_temperature = self._exchangers(balance)
        rate = self._rates(balance, mix_liquid * liquid_hold[:, None], mix_gas * gas_hold[:, None])
        gas_like = np.array([one.phase == "feed" or (one.phase == "gas" and not one.machine) for one in sheet.streams])
        return Design(
            sheet=sheet,
            row=self.row,
            into=self.into,
            out_liquid=self.out_liquid,
            out_gas=self.out_gas,
            target=self.target,
            delay=rng.integers(0, 7, len(sheet.streams)),
            flow=balance.flow,
            drop=drop,
            head_pressure=np.where(gas_like, 1.0 / drop, 0.5 / pressure.max()),
            head_level=np.where([one.phase == "liquid" for one in sheet.streams], 0.4, 0.0),
            opening=self._openings(),
            rangeability=self._rangeabilities(),
            feed_mix=self.feed_mix,
            feed_temperature=self.feed_temperature,
            feed_pressure=supply,
            liquid=mix_liquid * liquid_hold[:, None],
            gas=mix_gas * gas_hold[:, None],
            has_liquid=self.has_liquid,
            has_gas=self.has_gas,
            temperature=balance.temperature,
            pressure=pressure,
            full=liquid_hold / level,
            heat_capacity=hold * rng.uniform(1.0, 1.6, self.units),
            split_logit=np.log(balance.split / (1.0 - balance.split)),
            split_slope=rng.uniform(0.01, 0.04, self.units) * (self.has_gas & self.has_liquid),
            stoichiometry=self.nu,
            rate=rate,
            activation=rng.uniform(0.008, 0.02, len(self.reactors)),
            reaction_heat=self.reaction_heat,
            conductance=conductance,
            capacity_flow=capacity_flow,
            utility_temperature=utility_temperature,
            link_conductance=self.link_conductance,
            boiling=np.where(self.has_gas & self.has_liquid, rng.uniform(0.0, 30.0, self.units), 0.0),
        )

    def _draw_feeds(self) -> None:
        rng = self.rng
        rows, flows = [], []
        for number, role in enumerate(self.sheet.feed_roles):
            main = float(rng.uniform(0.8, 0.97))
            others = rng.dirichlet(np.ones(3)) * (1.0 - main)
            rows.append(np.insert(others, {0: 0, 1: 1, 2: 3}[role], main))
            whole = (self.part, 1.0 - self.part)[number] if number < 2 else float(rng.uniform(0.06, 0.35))
            flows.append(whole * float(rng.uniform(0.85, 1.15)))
        self.feed_mix, self.feed_flow = np.array(rows), np.array(flows)
        self.feed_temperature = rng.uniform(15.0, 70.0, self.feeds)

    def _draw_units(self) -> None:
        rng = self.rng
        self.conversion = rng.uniform(0.3, 0.8, len(self.reactors))
        self.reaction_heat = rng.uniform(10.0, 60.0, len(self.reactors)) * np.where(rng.random() < 0.8, 1.0, -0.5)
        self.split = np.where(self.has_gas & ~self.has_liquid, 1.0 - 1e-9, 1e-9)[:, None] * np.ones(COMPONENTS)
        light = chance(rng, 0.7)  # whether the diluent goes with the gas
        for unit in np.flatnonzero(self.has_gas & self.has_liquid):
            strong = 0.15 if self.sheet.units[unit].role == "column" else 0.0
            reagents = rng.uniform(0.55 + strong, 0.93, 2)
            product = rng.uniform(0.04, 0.25)
            diluent = rng.uniform(0.85, 0.98) if light else rng.uniform(0.05, 0.2)
            self.split[unit] = (*reagents, product, diluent)
        self.coolest, self.hottest = rng.uniform(26.0, 50.0, self.units), rng.uniform(120.0, 260.0, self.units)
        self.offset = np.zeros(self.units)
        for consumer in self.sheet.consumers:
            self.offset[consumer.unit] = rng.uniform(12.0, 45.0) * (-1.0 if consumer.cools else 1.0)
        self.link_share = rng.uniform(0.1, 0.3, len(self.sheet.links))
        self.link_conductance = np.zeros(len(self.sheet.links))

    def _balance(self) -> _Balance:
        """Successive substitution through the recycles."""
        sheet = self.sheet
        fed = self.row < self.feeds
        share = np.array([stream.share for stream in sheet.streams])
        flow = np.where(fed, self.feed_flow[np.minimum(self.row, self.feeds - 1)], 0.05 * share)
        mix = np.full((self.feeds + 2 * self.units, COMPONENTS), 1.0 / COMPONENTS)
        mix[: self.feeds] = self.feed_mix
        heat = np.concatenate((self.feed_temperature, np.full(2 * self.units, 40.0)))
        before = np.zeros((self.units, COMPONENTS))
        link, temperature, adiabatic = (np.full(self.units, value) for value in (0.0, 40.0, 40.0))
        for _ in range(_ROUNDS):
            inflow = self.into @ (flow[:, None] * mix[self.row])
            scarce = np.minimum(inflow[self.reactors, 0] / self.part, inflow[self.reactors, 1] / (1.0 - self.part))
            reacted = self.conversion * scarce
            net = inflow.copy()
            net[self.reactors] += reacted[:, None] * self.nu
            gas, liquid = net * self.split, net * (1.0 - self.split)
            totals = np.concatenate((np.zeros(self.feeds), liquid.sum(1), gas.sum(1)))
            flow = np.where(fed, flow, share * totals[self.row])
            mix[self.feeds :] = np.vstack((liquid, gas)) / np.maximum(totals[self.feeds :, None], 1e-12)
            through = np.maximum(inflow.sum(1), 1e-9)
            warm = self.into @ (flow * heat[self.row])
            warm[self.reactors] += self.reaction_heat * reacted
            link = 0.7 * link + 0.3 * self._linked(temperature, through)
            adiabatic = (warm + link) / through
            wanted = np.clip(adiabatic + self.offset, self.coolest, self.hottest)
            temperature = np.where(self.offset == 0.0, adiabatic, wanted)
            change = np.append(heat[self.feeds : self.feeds + self.units] - temperature, inflow - before)
            before = inflow
            heat = np.concatenate((self.feed_temperature, temperature, temperature))
            if np.abs(change).max() < _SETTLED:
                break
        else:
            raise UnbalancedError("the recycles do not settle")
        return _Balance(self.split, mix, flow, reacted, temperature, (temperature - adiabatic) * through)

    def _linked(self, temperature: Floats, through: Floats) -> Floats:
        link = np.zeros(self.units)
        for number, (hot, cold) in enumerate(self.sheet.links):
            self.link_conductance[number] = self.link_share[number] * min(through[hot], through[cold])
            duty = self.link_conductance[number] * (temperature[hot] - temperature[cold])
            link[hot] -= duty
            link[cold] += duty
        return link

    def _check(self, balance: _Balance) -> None:
        if balance.flow.min() < _THIN_FLOW or balance.flow.max() > 12.0:
            raise UnbalancedError("a stream runs dry, or a recycle swells")
        if not balance.temperature.min() > -10.0 or balance.temperature.max() > 400.0:
            raise UnbalancedError("a temperature is out of reach")
        for consumer in self.sheet.consumers:
            least = 3.0 * self.into[consumer.unit] @ balance.flow
            if balance.duty[consumer.unit] * (-1.0 if consumer.cools else 1.0) < least:
                raise UnbalancedError("a cooler would have to heat, or hardly cool")
        for hot, cold in self.sheet.links:
            if balance.temperature[hot] < balance.temperature[cold] + 10.0:
                raise UnbalancedError("a link would carry no heat")

    def _pressures(self) -> Floats:
        """Falling along pipes that carry gas, steep enough for flows that don't hinge on a trifle."""
        rng = self.rng
        base = float(rng.uniform(4.0, 30.0))
        pressure = base * rng.uniform(0.6, 1.0, self.units)
        for stream in sorted(self.sheet.streams, key=_by_source):
            if stream.phase == "gas" and stream.target != OUTSIDE and not stream.machine:
                pressure[stream.target] = pressure[stream.source] * (1.0 - rng.uniform(0.08, 0.16))
        return pressure

    def _drops(self, pressure: Floats) -> tuple[Floats, Floats]:
        """Supply pressure of each feed, and the pressure drop of each stream (bar, outside is 1 bar)."""
        rng, beyond = self.rng, np.append(pressure, 1.0)
        supply = np.zeros(self.feeds)
        for row, target in zip(self.row, self.target, strict=True):
            if row < self.feeds:
                supply[row] = beyond[target] * rng.uniform(1.15, 1.7)
        source = np.concatenate((supply, pressure, pressure))[self.row]
        return supply, source - beyond[self.target]

    def _exchangers(self, balance: _Balance) -> tuple[Floats, Floats, Floats]:
        """Conductance and utility flow that bring about the design temperature, by the effectiveness-NTU method."""
        rng, sheet = self.rng, self.sheet
        supply = rng.uniform(5.0, 20.0, sheet.utilities)
        for consumer in sheet.consumers:
            if not consumer.cools:
                hottest = max(
                    balance.temperature[one.unit] for one in sheet.consumers if one.utility == consumer.utility
                )
                supply[consumer.utility] = hottest + rng.uniform(30.0, 90.0)
        conductance, capacity = [], []
        for consumer in sheet.consumers:
            unit = consumer.unit
            difference = supply[consumer.utility] - balance.temperature[unit]
            if abs(difference) < 8.0 or (difference < 0) != consumer.cools:
                raise UnbalancedError("a utility is not cold enough")
            units_of_transfer = float(rng.uniform(0.7, 1.8))
            flow = balance.duty[unit] / (difference * (1.0 - np.exp(-units_of_transfer)))
            capacity.append(flow)
            conductance.append(units_of_transfer * flow)
        return np.array(conductance), np.array(capacity), supply

    def _rates(self, balance: _Balance, liquid: Floats, gas: Floats) -> Floats:
        """Rate constants: a reactor with gas reacts in its gas, second order in the shares of the reagents."""
        hold = np.where(self.has_gas[:, None], gas, liquid)[self.reactors]
        total = hold.sum(1)
        rate: Floats = balance.reacted / np.maximum(hold[:, 0] * hold[:, 1] / total, 1e-9)
        return rate

    def _openings(self) -> Floats:
        streams, consumers = self.sheet.streams, self.sheet.consumers
        opening = self.rng.uniform(28.0, 68.0, len(streams) + len(consumers))
        opening[: len(streams)][[not stream.valve for stream in streams]] = 100.0
        return opening

    def _rangeabilities(self) -> Floats:
        count = len(self.sheet.streams) + len(self.sheet.consumers)
        return np.where(self.rng.random(count) < 0.35, self.rng.uniform(15.0, 50.0, count), 1.0)


def _by_source(stream: Stream) -> int:
    return stream.source
