"""The whole plant, step by step."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import dataclass

import numpy as np

from ..schedule import NOMINAL, NOMINAL_VOLTAGE, STEP_S, Floats, Schedule
from .air import AirSystem
from .cooling import GlycolLoop
from .health import CONVEYORS, LINES, MACHINES, Health, Instrument
from .line import Line, LineInputs, supply_limit

Degrade = Callable[[Health, int], None]  # (health, step): what is broken at that step
Instruments = dict[tuple[str, str], list[tuple[int, Instrument]]]

LINE_COLUMNS = (
    *(f"rate_{m}" for m in MACHINES),
    *(f"state_{m}" for m in MACHINES),
    *(f"current_{m}" for m in MACHINES),
    *(f"winding_{m}" for m in MACHINES),
    *(f"reject_{m}" for m in MACHINES),
    *(f"content_{c}" for c in range(CONVEYORS)),
    *(f"belt_{c}" for c in range(CONVEYORS)),
    *("fed", "packed", "rejected", "bowl", "product_in", "product_out", "product_flow", "duty", "glycol_flow"),
    *("glycol_out", "command", "position", "branch", "drawn", "fouling", "drift", "infeed", "label_stock", "clutch"),
    *("setpoint_error", "filter_dirt", "fill", "vacuum", *(f"drag_{c}" for c in range(CONVEYORS))),
)
PLANT_COLUMNS = (
    *(f"{name}_{pump}" for name in ("speed", "flow", "suction", "head", "cavitation", "bearing") for pump in (0, 1)),
    *(f"{name}_{pump}" for name in ("shaft", "wear") for pump in (0, 1)),
    *("speed_command", "tank", "supply", "returned", "load", "duty", "capacity", "header", "flow", "condenser"),
    *("pressure", "demand", "load_0", "load_1", "delivered_0", "delivered_1", "valve_0", "valve_1"),
    *(f"{name}_{pump}" for name in ("command", "seal", "imbalance", "intake") for pump in (0, 1)),
    *("level", "header_bias", "header_setpoint", "air_bias", "refrigerant", "dryer_drop", "sag", "limit_0", "limit_1"),
)


@dataclass(frozen=True)
class Run:
    """What really happened: float64 arrays over the steps, by column name, for each line and for the utilities.

    `instruments` holds, by (twin, signal), the steps at which something was wrong with an instrument, and what.
    """

    schedule: Schedule
    lines: list[dict[str, Floats]]
    plant: dict[str, Floats]
    instruments: Instruments


def simulate(schedule: Schedule, degrade: Degrade | None = None) -> Run:
    """Run the plant through the schedule in steps of 10 s; `degrade` sets the health before each step."""
    simulation = Simulation(schedule)
    simulation.advance(len(schedule.times), degrade)
    return simulation.run()


def simulate_both(schedule: Schedule, degrade: Degrade | None, otherwise: Degrade | None, fork: int) -> tuple[Run, Run]:
    """The runs under `degrade` and under `otherwise`, which do the same in the first `fork` steps."""
    simulation = Simulation(schedule)
    simulation.advance(fork, otherwise)
    other = simulation.copy()
    runs = []
    for each, health in ((simulation, degrade), (other, otherwise)):
        each.advance(len(schedule.times), health)
        runs.append(each.run())
    return runs[0], runs[1]


class Simulation:
    """The state of the plant at a step, and what was recorded up to it."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._asked = [_asked(schedule, line) for line in range(LINES)]
        self._hall, self._ambient = schedule.hall.tolist(), schedule.ambient.tolist()
        self._jitter = schedule.jitter.tolist()
        self._voltage = (schedule.voltage / NOMINAL_VOLTAGE).tolist()
        self._state = (Health(), GlycolLoop(), AirSystem(), [Line(nominal) for nominal in NOMINAL])
        self._instruments: Instruments = {}
        self._line_rows: list[list[tuple[float, ...]]] = [[] for _ in range(LINES)]
        self._plant_rows: list[tuple[float, ...]] = []

    @property
    def steps(self) -> int:
        """How many steps are done."""
        return len(self._plant_rows)

    @property
    def speed_limits(self) -> list[float]:
        """Share of rated speed that each glycol pump's drive is limited to; may be written between two steps."""
        return self._state[1].limits

    def ask_rates(self, line: int, rates: Floats) -> None:
        """Asks a line's filler for these rates, bottles per second, in every step that is yet to come."""
        self._schedule.rate[line][self.steps :] = rates
        asked = self._asked[line]
        asked[self.steps :] = [(rate, *one[1:]) for rate, one in zip(rates.tolist(), asked[self.steps :], strict=True)]

    def copy(self) -> Simulation:
        """The same once more, to go another way from here."""
        other = copy(self)
        other._state = deepcopy(self._state)
        other._instruments = {key: list(found) for key, found in self._instruments.items()}
        other._line_rows = [list(rows) for rows in self._line_rows]
        other._plant_rows = list(self._plant_rows)
        return other

    def advance(self, until: int, degrade: Degrade | None) -> None:
        """Go on up to, but without, the step `until`."""
        health, glycol, air, lines = self._state
        for step in range(len(self._plant_rows), until):
            if degrade is not None:
                degrade(health, step)
                for key, instrument in health.instruments.items():
                    self._instruments.setdefault(key, []).append((step, instrument))
            supply = supply_limit(self._voltage[step] * (1.0 - health.sag))
            jitter, hall = self._jitter[step], self._hall[step]
            for number, line in enumerate(lines):
                asking = self._asked[number][step]
                glycol.coolers[number].control(
                    STEP_S,
                    asking[3] + health.setpoint[number],
                    health.drift[number],
                    health.stiction[number],
                    jitter[number],
                    stuck=health.stuck[number],
                    seized=health.seized[number],
                )
                _step_line(line, asking, number, health, glycol, air, hall, supply)
            glycol.step(STEP_S, health, hall, self._ambient[step], (jitter[3], jitter[4]), supply)
            air.step(STEP_S, health, [line.air_demand() for line in lines], jitter[5])
            for number, line in enumerate(lines):
                self._line_rows[number].append(_line_row(number, line, glycol, air, health))
            self._plant_rows.append(_plant_row(glycol, air, health))

    def run(self) -> Run:
        """What was recorded."""
        tables = [_columns(LINE_COLUMNS, rows) for rows in self._line_rows]
        return Run(self._schedule, tables, _columns(PLANT_COLUMNS, self._plant_rows), self._instruments)

    def latest(self, steps: int) -> Run:
        """What was recorded in the last steps, with their part of the schedule, without instruments' faults."""
        first, last = max(0, self.steps - steps), self.steps
        tables = [_columns(LINE_COLUMNS, rows[first:]) for rows in self._line_rows]
        schedule = self._schedule.between(first, last)
        return Run(schedule, tables, _columns(PLANT_COLUMNS, self._plant_rows[first:]), {})


Asked = tuple[float, bool, tuple[bool, ...], float, float, float]


def _asked(schedule: Schedule, line: int) -> list[Asked]:
    """(rate, changeover, stops, setpoint, volume, product temperature from the blender) for each step."""
    blended = schedule.of_product(line, "blended") + 0.12 * (schedule.ambient - 9.0)
    return list(
        zip(
            schedule.rate[line].tolist(),
            schedule.changeover[line].tolist(),
            map(tuple, schedule.stops[line].tolist()),
            schedule.of_product(line, "setpoint").tolist(),
            schedule.of_product(line, "volume").tolist(),
            blended.tolist(),
            strict=True,
        )
    )


def _step_line(
    line: Line,
    asked: Asked,
    number: int,
    health: Health,
    glycol: GlycolLoop,
    air: AirSystem,
    hall: float,
    supply: float,
) -> None:
    """One line and its product cooler."""
    rate, changeover, stops, setpoint, volume, blended = asked
    cooler = glycol.coolers[number]
    line.step(
        STEP_S,
        LineInputs(rate, changeover, stops, air.branch[number], cooler.bowl, setpoint, hall, supply),
        infeed=health.infeed[number],
        jammed=health.jammed[number],
        label_stock=health.label_stock[number],
        clutch=health.clutch[number],
        friction=health.friction[number],
        slip=health.slip[number],
        drag=health.drag[number],
        fill=health.fill[number],
        vacuum=health.vacuum[number],
        dropped=health.dropped[number],
    )
    blended += health.blend[number]
    cooler.exchange(STEP_S, line.rates[2] * volume, blended, glycol.supply, health.fouling[number])


def _line_row(number: int, line: Line, glycol: GlycolLoop, air: AirSystem, health: Health) -> tuple[float, ...]:
    cooler = glycol.coolers[number]
    return (
        *line.rates,
        *line.states,
        *line.current,
        *line.winding,
        *line.rejects,
        *line.content,
        *line.belts,
        *(line.fed, line.packed, line.rejected, cooler.bowl, cooler.product_in, cooler.product_out),
        *(cooler.product_flow, cooler.duty, cooler.glycol_flow, cooler.glycol_out, cooler.command, cooler.position),
        *(air.branch[number], air.drawn[number], health.fouling[number], health.drift[number]),
        *(health.infeed[number], health.label_stock[number], health.clutch[number], health.setpoint[number]),
        2.4 * health.filter_clog[number] + 0.5 * health.filter_age[number],
        *(health.fill[number], health.vacuum[number]),
        *health.drag[number],
    )


def _plant_row(glycol: GlycolLoop, air: AirSystem, health: Health) -> tuple[float, ...]:
    return (
        *glycol.speeds,
        *glycol.flows,
        *glycol.suction,
        *glycol.heads,
        *glycol.cavitation,
        *glycol.bearings,
        *glycol.shaft,
        *health.bearing,
        *(glycol.speed_command, glycol.tank, glycol.supply, glycol.returned(), glycol.load, glycol.duty),
        *(glycol.capacity, glycol.header, glycol.flow, health.condenser),
        *(air.pressure, air.demand, *air.loads, *air.delivered, *health.compressor_valve),
        *(*glycol.commands, *health.seal, *health.imbalance, *health.intake),
        *(glycol.level, health.header_bias, health.header_setpoint, health.air_bias),
        *(health.refrigerant, air.dryer_drop, health.sag, *glycol.limits),
    )


def _columns(names: tuple[str, ...], rows: list[tuple[float, ...]]) -> dict[str, Floats]:
    table = np.array(rows, dtype=np.float64)
    return {name: np.ascontiguousarray(table[:, index]) for index, name in enumerate(names)}
