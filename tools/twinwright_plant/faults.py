"""What can go wrong: each fault says which asset it sits on and how it degrades that asset's health over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp

from .physics.health import Health
from .physics.line import RINSER

# (health, degree, chance): degree is severity times progress, 0 to about 1; chance is a uniform number, new each 40 s.
Effect = Callable[[Health, float, float], None]
LINE_3 = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one asset.

    Attributes:
        id: what people call it on the command line.
        twin, signal: the asset, and the signal of it that shows the fault most directly.
        mode: id of the failure mode.
        effect: sets the health that the fault has spoilt.
        grows_h: time constant of its growth in hours; 0 for a fault that is there at once.
        lead_h: earliest and latest onset, in hours before the moment of asking.
        says: one sentence for people who play with it.
    """

    id: str
    twin: str
    signal: str
    mode: str
    effect: Effect
    grows_h: float
    lead_h: tuple[float, float]
    says: str

    def degree(self, severity: float, hours: float) -> float:
        """How far the fault has come, `hours` after its onset (0 before)."""
        if hours <= 0.0:
            return 0.0
        return severity * (1.0 - exp(-hours / self.grows_h) if self.grows_h else 1.0)


def _strainer(health: Health, degree: float, chance: float) -> None:
    health.strainer[0] = degree


def _pump_bearing(health: Health, degree: float, chance: float) -> None:
    health.bearing[1] = degree


def _stiction(health: Health, degree: float, chance: float) -> None:
    health.stiction[LINE_3] = 0.68 * degree


def _fouling(health: Health, degree: float, chance: float) -> None:
    health.fouling[LINE_3] = 1.6 * degree


def _air_leak(health: Health, degree: float, chance: float) -> None:
    health.air_leak[LINE_3] = 55.0 * degree


def _infeed(health: Health, degree: float, chance: float) -> None:
    health.infeed[LINE_3] = (0.75 + 0.5 * chance) * degree


def _label_stock(health: Health, degree: float, chance: float) -> None:
    health.label_stock[LINE_3] = degree
    health.jammed[LINE_3] = chance < 0.42 * degree


def _drift(health: Health, degree: float, chance: float) -> None:
    health.drift[LINE_3] = -2.1 * degree


def _compressor_valve(health: Health, degree: float, chance: float) -> None:
    health.compressor_valve[0] = 0.9 * degree


def _clutch(health: Health, degree: float, chance: float) -> None:
    health.clutch[LINE_3] = min(1.0, degree)


def _rinser_drive(health: Health, degree: float, chance: float) -> None:
    health.friction[LINE_3][RINSER] = 2.0 * degree


def _chain(health: Health, degree: float, chance: float) -> None:
    health.slip[LINE_3][3] = min(0.9, 0.42 * degree)


def _condenser(health: Health, degree: float, chance: float) -> None:
    health.condenser = min(0.9, 0.45 * degree)


_ALL = (
    Fault(
        "cavitation",
        "glycol-pump-1",
        "suctionPressure",
        "cavitation",
        _strainer,
        1.2,
        (3.0, 8.0),
        "The suction strainer of glycol pump 1 clogs until the pump cavitates.",
    ),
    Fault(
        "bearing-wear",
        "glycol-pump-2",
        "vibration",
        "bearing_wear",
        _pump_bearing,
        0.8,
        (3.0, 10.0),
        "The drive-end bearing of glycol pump 2 wears until the pump trips on temperature.",
    ),
    Fault(
        "valve-stiction",
        "line-3-glycol-valve",
        "deviation",
        "valve_stiction",
        _stiction,
        0.3,
        (3.0, 8.0),
        "The glycol control valve of line 3 sticks and jumps.",
    ),
    Fault(
        "fouling",
        "line-3-product-cooler",
        "pressureDrop",
        "fouling",
        _fouling,
        1.6,
        (4.0, 10.0),
        "The product cooler of line 3 fouls; the valve opens until it can't open further.",
    ),
    Fault(
        "air-leak",
        "line-3-air-supply",
        "flow",
        "air_leak",
        _air_leak,
        0.0,
        (1.5, 8.0),
        "A hose behind the air service unit of line 3 bursts; its machines lose pressure and slow down.",
    ),
    Fault(
        "starvation",
        "line-3-depalletizer",
        "layerCycleTime",
        "starvation",
        _infeed,
        0.0,
        (1.5, 8.0),
        "The depalletizer of line 3 grips its layers again and again; the filler runs out of bottles.",
    ),
    Fault(
        "label-jam",
        "line-3-labeller",
        "webTension",
        "jam",
        _label_stock,
        0.0,
        (1.5, 6.0),
        "A bad batch of label stock jams the labeller of line 3 every few minutes.",
    ),
    Fault(
        "sensor-drift",
        "line-3-product-thermometer",
        "elementDifference",
        "sensor_drift",
        _drift,
        0.9,
        (3.0, 9.0),
        "The product thermometer of line 3 drifts low; its controller lets the product get too warm.",
    ),
    Fault(
        "compressor-valve-wear",
        "air-compressor-1",
        "flow",
        "valve_wear",
        _compressor_valve,
        0.6,
        (2.5, 8.0),
        "The discharge valves of air compressor 1 let back what it delivers.",
    ),
    Fault(
        "clutch-wear",
        "line-3-capper",
        "capTorque",
        "clutch_wear",
        _clutch,
        0.8,
        (2.5, 9.0),
        "The magnetic clutches of the capper of line 3 wear; caps come out loose.",
    ),
    Fault(
        "motor-overload",
        "line-3-rinser",
        "motor.current",
        "motor_overload",
        _rinser_drive,
        0.4,
        (2.0, 8.0),
        "The gearbox of the rinser of line 3 binds; its drive runs hot and slows down.",
    ),
    Fault(
        "chain-slip",
        "line-3-conveyor-4",
        "beltSpeed",
        "belt_slip",
        _chain,
        0.3,
        (1.5, 8.0),
        "The chain of the conveyor to the labeller of line 3 slips.",
    ),
    Fault(
        "condenser-fouling",
        "chiller",
        "condensingPressure",
        "condenser_fouling",
        _condenser,
        0.9,
        (3.0, 10.0),
        "The chiller's condenser clogs up; the glycol gets too warm for the line with the least reserve.",
    ),
)
FAULTS: dict[str, Fault] = {fault.id: fault for fault in _ALL}
