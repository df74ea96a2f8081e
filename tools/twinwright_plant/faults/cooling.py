"""Faults of the glycol loop, the chiller and the product coolers."""

from __future__ import annotations

from ..physics.health import Health
from .fault import Fault, at_lines, breaks, grows, grows_alone, numbered

LINE_3 = 2
PUMPS = numbered("glycol-pump-{}", "glycol pump {}")


def _setpoint(health: Health, line: int, degree: float, chance: float) -> None:
    health.setpoint[line] = max(0.3, round(2.6 * degree, 1))


def _header_setpoint(health: Health, asset: int, degree: float, chance: float) -> None:
    health.header_setpoint = -max(0.1, round(1.4 * degree, 1))


CAVITATION = Fault(
    "cavitation",
    PUMPS,
    "suctionPressure",
    "cavitation",
    grows("strainer"),
    1.2,
    (3.0, 8.0),
    "The suction strainer of {} clogs until the pump cavitates.",
)
BEARING_WEAR = Fault(
    "bearing-wear",
    PUMPS,
    "vibration",
    "bearing_wear",
    grows("bearing"),
    0.8,
    (3.0, 10.0),
    "The drive-end bearing of {} wears until the pump trips on temperature.",
    1,
)
STICTION = Fault(
    "valve-stiction",
    at_lines("glycol-valve", "the glycol control valve"),
    "deviation",
    "valve_stiction",
    grows("stiction", 0.68),
    0.3,
    (3.0, 8.0),
    "{} sticks and jumps.",
    LINE_3,
)
FOULING = Fault(
    "fouling",
    at_lines("product-cooler", "the product cooler"),
    "pressureDrop",
    "fouling",
    grows("fouling", 1.6),
    1.6,
    (4.0, 10.0),
    "{} fouls; the valve opens until it can't open further.",
    LINE_3,
)
CONDENSER_FOULING = Fault(
    "condenser-fouling",
    (("chiller", "the chiller"),),
    "condensingPressure",
    "condenser_fouling",
    grows_alone("condenser", 0.45, 0.9),
    0.9,
    (3.0, 10.0),
    "The condenser of {} clogs up; the glycol gets too warm for the line with the least reserve.",
)
IMPELLER_WEAR = Fault(
    "impeller-wear",
    PUMPS,
    "flow",
    "impeller_wear",
    grows("impeller"),
    0.7,
    (2.5, 10.0),
    "Impeller and wear rings of {} wear: it delivers less, and the other pump has to make up for it.",
)
SEAL_LEAK = Fault(
    "seal-leak",
    PUMPS,
    "sealLeakage",
    "seal_leak",
    grows("seal", 420.0),
    0.3,
    (2.5, 10.0),
    "The shaft seal of {} leaks; the level of the glycol tank falls.",
    1,
)
PUMP_IMBALANCE = Fault(
    "pump-imbalance",
    PUMPS,
    "vibration",
    "imbalance",
    grows("imbalance"),
    0.4,
    (2.0, 10.0),
    "Something sticks to the impeller of {}: it vibrates, but its bearing stays cool.",
)
DRIVE_LAG = Fault(
    "drive-lag",
    numbered("glycol-pump-{}-drive", "the drive of glycol pump {}"),
    "frequency",
    "drive_fault",
    grows("drive", 0.4, 0.9),
    0.2,
    (1.5, 8.0),
    "The power module of {} limits itself: its output frequency falls short of the command.",
)
VALVE_PASSING = Fault(
    "valve-passing",
    at_lines("glycol-valve", "the glycol control valve"),
    "position",
    "valve_leak",
    grows("passing", 0.6, 0.9),
    0.5,
    (2.5, 10.0),
    "The seat of {} is eroded: glycol passes what it should hold back.",
    0,
)
VALVE_STUCK = Fault(
    "valve-stuck",
    at_lines("glycol-valve", "the glycol control valve"),
    "deviation",
    "actuator_fault",
    breaks("seized"),
    0.0,
    (2.0, 9.0),
    "The actuator of {} stands still, whatever it is told.",
    1,
)
REFRIGERANT_LOSS = Fault(
    "refrigerant-loss",
    (("chiller", "the chiller"),),
    "superheat",
    "refrigerant_loss",
    grows_alone("refrigerant", 0.7, 0.95),
    1.0,
    (3.0, 10.0),
    "{} loses refrigerant; its evaporator runs half dry and the glycol gets too warm.",
)
WRONG_SETPOINT = Fault(
    "wrong-setpoint",
    at_lines("filler", "the filler"),
    "temperatureSetpoint",
    "wrong_setpoint",
    _setpoint,
    0.0,
    (1.5, 8.0),
    "Somebody enters too high a product temperature for {}; the product foams.",
    0,
)
PRESSURE_SETPOINT = Fault(
    "wrong-pressure-setpoint",
    (("glycol-header", "the glycol header"),),
    "pressureSetpoint",
    "wrong_setpoint",
    _header_setpoint,
    0.0,
    (1.5, 8.0),
    "Somebody lowers the pressure setpoint of {}; the coolers get too little glycol.",
)
WARM_PRODUCT = Fault(
    "warm-product",
    at_lines("blender", "the blender"),
    "outletTemperature",
    "supply_disturbance",
    grows("blend", 7.0),
    0.4,
    (2.0, 9.0),
    "Product comes too warm from {}; the cooler can't bring it down to its setpoint.",
    1,
)
MORE_COOLING_FAULTS = (
    IMPELLER_WEAR,
    SEAL_LEAK,
    PUMP_IMBALANCE,
    DRIVE_LAG,
    VALVE_PASSING,
    VALVE_STUCK,
    REFRIGERANT_LOSS,
    WRONG_SETPOINT,
    PRESSURE_SETPOINT,
    WARM_PRODUCT,
)
