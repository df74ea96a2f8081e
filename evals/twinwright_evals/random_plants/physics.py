"""The process of a random plant: what flows, heats and reacts at one moment, from holdups, valves and surroundings.

Liquids leave by valves whose driving force grows with level; gases by the root of the pressure difference; a unit with
both phases divides what comes in by a share that rises with temperature; utilities follow the effectiveness-NTU method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .design import Design, Floats

_KELVIN = 273.15
_LAMINAR = 0.25  # below this driving force flow is linear in it: a root has no slope at 0 that a step could follow
_EMPTY = 0.15  # below this share of its usual holdup a unit yields less and less
_OVERFLOW = 1.05
_LEAST_EFFICIENCY = 0.05
_ATMOSPHERE = np.ones(1)  # bar


@dataclass
class State:
    """What the plant remembers: liquid and gas (u, c), temperature (u,), valve positions (v,), utility returns (k,)."""

    liquid: Floats
    gas: Floats
    temperature: Floats
    position: Floats
    returned: Floats


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What acts from outside in one step: (f, c), (f,), (f,), (h,), (h,), (v,), (k,), (r,), (u,).

    Attributes:
        capacity: factor on the flow that a valve, pump or compressor yields.
        transfer: factor on the conductance of an exchanger. kinetics: factor on a rate.
        leak: share of the holdup that is lost in a step.
    """

    mix: Floats
    feed_temperature: Floats
    feed_pressure: Floats
    utility_temperature: Floats
    utility_pressure: Floats
    capacity: Floats
    transfer: Floats
    kinetics: Floats
    leak: Floats


@dataclass(frozen=True, slots=True)
class Moment:
    """All that can be measured at one moment, and the rates of change of the state, per step."""

    level: Floats
    pressure: Floats
    mix_liquid: Floats
    mix_gas: Floats
    flow: Floats
    inflow: Floats
    utility_flow: Floats
    reading: Floats
    power: Floats
    liquid_rate: Floats
    gas_rate: Floats
    temperature_rate: Floats
    return_target: Floats


def at_rest(design: Design) -> State:
    """The design point."""
    state = State(
        design.liquid.copy(), design.gas.copy(), design.temperature.copy(), design.opening.copy(), np.empty(0)
    )
    state.returned = undelayed(design, state, calm(design)).return_target
    return state


def undelayed(design: Design, state: State, around: Surroundings) -> Moment:
    """The plant at one moment, if everything arrived at once."""
    mix, heat = sources(design, state, around)
    return moment(design, state, around, mix[design.row], heat[design.row])


def calm(design: Design) -> Surroundings:
    """Surroundings in which nothing is out of the ordinary."""
    sheet = design.sheet
    return Surroundings(
        design.feed_mix,
        design.feed_temperature,
        design.feed_pressure,
        design.utility_temperature,
        np.ones(sheet.utilities),
        np.ones(len(design.opening)),
        np.ones(len(sheet.consumers)),
        np.ones(len(design.rate)),
        np.zeros(len(sheet.units)),
    )


def sources(design: Design, state: State, around: Surroundings) -> tuple[Floats, Floats]:
    """Composition (rows, c) and temperature (rows,) of what streams draw from at this moment, by source row."""
    liquid = state.liquid / state.liquid.sum(1)[:, None]
    gas = state.gas / state.gas.sum(1)[:, None]
    heat = np.concatenate((around.feed_temperature, state.temperature, state.temperature))
    return np.concatenate((around.mix, liquid, gas)), heat


def moment(design: Design, state: State, around: Surroundings, mix: Floats, heat: Floats) -> Moment:
    """The plant at one moment, where `mix` (s, c) and `heat` (s,) are composition and temperature of what arrives."""
    liquid, gas = state.liquid.sum(1), state.gas.sum(1)
    warmth = (state.temperature + _KELVIN) / (design.temperature + _KELVIN)
    pressure = np.where(design.has_gas, design.pressure * gas / design.gas_total * warmth, design.pressure)
    level = liquid / design.full
    opened = _opened(design, state.position) * around.capacity
    flow, source_pressure, target_pressure = _flows(design, around, pressure, level, gas, opened[: len(design.row)])
    carried = flow[:, None] * mix
    inflow = design.into @ flow
    net = design.into @ carried
    mix_liquid, mix_gas = state.liquid / liquid[:, None], state.gas / gas[:, None]
    reactors = design.reactors
    reacted = _reaction(design, state, around, mix_liquid, mix_gas)
    net[reactors] += reacted[:, None] * design.stoichiometry
    slope = design.split_slope * (state.temperature - design.temperature)
    split = 1.0 / (1.0 + np.exp(-design.split_logit - slope[:, None]))
    loss = around.leak[:, None]
    gas_rate = net * split - (design.out_gas @ flow)[:, None] * mix_gas - loss * state.gas
    liquid_rate = net * (1.0 - split) - (design.out_liquid @ flow)[:, None] * mix_liquid - loss * state.liquid
    warming = design.into @ (flow * heat) - inflow * state.temperature
    warming[reactors] += design.reaction_heat * reacted
    utility_flow, returned, duty = _utilities(design, state, around, opened[len(design.row) :])
    warming[design.served] += duty
    for (hot, cold), conductance in zip(design.sheet.links, design.link_conductance, strict=True):
        exchanged = conductance * (state.temperature[hot] - state.temperature[cold])
        warming[hot] -= exchanged
        warming[cold] += exchanged
    light = mix_liquid[:, 0] + mix_liquid[:, 1] - design.reagent_share
    rise = target_pressure - source_pressure + design.drop
    power = (
        flow
        * (1.0 + 0.6 * rise / design.highest_pressure)
        / np.maximum(around.capacity[: len(flow)], _LEAST_EFFICIENCY)
    )
    return Moment(
        level,
        pressure,
        mix_liquid,
        mix_gas,
        flow,
        inflow,
        utility_flow,
        state.temperature - design.boiling * light,
        power,
        liquid_rate,
        gas_rate,
        warming / design.heat_capacity,
        returned,
    )


def _opened(design: Design, position: Floats) -> Floats:
    """How much of its design flow a valve lets through at the design driving force."""
    bent = design.rangeability ** ((position - design.opening) / 100.0)
    return np.where(
        design.rangeability > 1.0, np.where(position < 2.0, bent * position / 2.0, bent), position / design.opening
    )


def _flows(
    design: Design, around: Surroundings, pressure: Floats, level: Floats, gas: Floats, opened: Floats
) -> tuple[Floats, Floats, Floats]:
    """Flow of each stream, and the pressures at its source and at its target."""
    at_target = np.concatenate((pressure, _ATMOSPHERE))[design.target]
    at_source = np.concatenate((around.feed_pressure, pressure, pressure))[design.row]
    excess = np.concatenate((np.zeros(len(around.feed_pressure)), level - design.level, np.zeros(len(level))))
    force = 1.0 + design.head_pressure * (at_source - at_target - design.drop)
    force += design.head_level * excess[design.row]
    drive = np.maximum(np.sqrt(np.maximum(force, _LAMINAR)) + np.minimum(force - _LAMINAR, 0.0), 0.0)
    left = np.concatenate((level / design.level, gas / design.gas_total))
    yields = np.concatenate((np.ones(len(around.feed_pressure)), np.minimum(left / _EMPTY, 1.0)))
    return design.flow * opened * drive * yields[design.row], at_source, at_target


def _reaction(design: Design, state: State, around: Surroundings, mix_liquid: Floats, mix_gas: Floats) -> Floats:
    reactors = design.reactors
    in_gas = design.has_gas[reactors]
    hold = np.where(in_gas[:, None], state.gas[reactors], state.liquid[reactors])
    mix = np.where(in_gas[:, None], mix_gas[reactors], mix_liquid[reactors])
    warmer = np.minimum(state.temperature[reactors] - design.temperature[reactors], 80.0)
    rate = design.rate * around.kinetics * np.exp(design.activation * warmer)
    reacted: Floats = rate * hold[:, 0] * mix[:, 1]
    return reacted


def _utilities(design: Design, state: State, around: Surroundings, opened: Floats) -> tuple[Floats, Floats, Floats]:
    """Flow of each consumer's utility (1 at the design point), the temperature it returns with, and its duty."""
    flow = opened * np.sqrt(np.maximum(around.utility_pressure[design.serving], 0.0))
    capacity = np.maximum(design.capacity_flow * flow, 1e-9)
    effect = 1.0 - np.exp(-design.conductance * around.transfer / capacity)
    supply = around.utility_temperature[design.serving]
    difference = supply - state.temperature[design.served]
    return flow, supply - effect * difference, capacity * effect * difference


def advance(state: State, now: Moment, design: Design, quickness: Floats, lag: float) -> None:
    """One step of the explicit Euler method, in place; `quickness` and `lag` are shares of the way to go per step."""
    state.liquid = np.maximum(state.liquid + now.liquid_rate, 1e-6)
    state.gas = np.maximum(state.gas + now.gas_rate, 1e-6)
    state.liquid *= np.minimum(_OVERFLOW * design.full / state.liquid.sum(1), 1.0)[:, None]
    state.temperature = np.clip(state.temperature + now.temperature_rate, -50.0, 600.0)
    state.returned = state.returned + lag * (now.return_target - state.returned)
    state.position = state.position + quickness
