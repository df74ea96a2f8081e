"""Faults of the packaging machines, the conveyors, and of what they are supplied with."""

from __future__ import annotations

from ..physics.health import CONVEYORS, Health
from ..physics.line import RINSER
from .fault import Fault, at_lines, conveyors, grows

LINE_3 = 2


def _infeed(health: Health, line: int, degree: float, chance: float) -> None:
    health.infeed[line] = (0.75 + 0.5 * chance) * degree


def _label_stock(health: Health, line: int, degree: float, chance: float) -> None:
    health.label_stock[line] = degree
    health.jammed[line] = chance < 0.42 * degree


def _rinser_drive(health: Health, line: int, degree: float, chance: float) -> None:
    health.friction[line][RINSER] = 2.0 * degree


def _chain(health: Health, conveyor: int, degree: float, chance: float) -> None:
    line, index = divmod(conveyor, CONVEYORS)
    health.slip[line][index] = min(0.9, 0.42 * degree)


def _rollers(health: Health, conveyor: int, degree: float, chance: float) -> None:
    line, index = divmod(conveyor, CONVEYORS)
    health.drag[line][index] = degree


def _vacuum(health: Health, line: int, degree: float, chance: float) -> None:
    health.vacuum[line] = min(1.0, degree)
    health.dropped[line] = chance < 0.3 * degree


STARVATION = Fault(
    "starvation",
    at_lines("depalletizer", "the depalletizer"),
    "layerCycleTime",
    "starvation",
    _infeed,
    0.0,
    (1.5, 8.0),
    "{} grips its layers again and again; the filler runs out of bottles.",
    LINE_3,
)
LABEL_JAM = Fault(
    "label-jam",
    at_lines("labeller", "the labeller"),
    "webTension",
    "jam",
    _label_stock,
    0.0,
    (1.5, 6.0),
    "A bad batch of label stock jams {} every few minutes.",
    LINE_3,
)
CLUTCH_WEAR = Fault(
    "clutch-wear",
    at_lines("capper", "the capper"),
    "capTorque",
    "clutch_wear",
    grows("clutch", limit=1.0),
    0.8,
    (2.5, 9.0),
    "The magnetic clutches of {} wear; caps come out loose.",
    LINE_3,
)
MOTOR_OVERLOAD = Fault(
    "motor-overload",
    at_lines("rinser", "the rinser"),
    "motor.current",
    "motor_overload",
    _rinser_drive,
    0.4,
    (2.0, 8.0),
    "The gearbox of {} binds; its drive runs hot and slows down.",
    LINE_3,
)
CHAIN_SLIP = Fault(
    "chain-slip",
    conveyors(),
    "beltSpeed",
    "belt_slip",
    _chain,
    0.3,
    (1.5, 8.0),
    "The chain of {} slips.",
    LINE_3 * CONVEYORS + 3,
)
ROLLER_BEARING = Fault(
    "roller-bearing",
    conveyors(),
    "bearingTemperature",
    "roller_bearing_wear",
    _rollers,
    1.0,
    (3.0, 10.0),
    "The drive roller's bearings of {} wear: it runs hot, draws more current and drags.",
    CONVEYORS + 4,
)
FILLING_VALVES = Fault(
    "filling-valves",
    at_lines("filler", "the filler"),
    "fillVolumeSpread",
    "filling_valve_wear",
    grows("fill"),
    0.5,
    (2.0, 9.0),
    "Worn filling valves of {} close late; the fill volume scatters and bottles are rejected.",
    1,
)
VACUUM_LOSS = Fault(
    "vacuum-loss",
    at_lines("packer", "the packer"),
    "vacuum",
    "vacuum_loss",
    _vacuum,
    0.3,
    (1.5, 8.0),
    "The grippers of {} lose their vacuum; it slows down and drops packs.",
    0,
)
MORE_MACHINE_FAULTS = (ROLLER_BEARING, FILLING_VALVES, VACUUM_LOSS)
