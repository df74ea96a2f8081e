"""The condition of every part that can degrade: what a fault changes, and the only thing that a fault may change."""

from __future__ import annotations

from dataclasses import dataclass, field

LINES = 3
MACHINES = ("depalletizer", "rinser", "filler", "capper", "labeller", "packer")
CONVEYORS = len(MACHINES) - 1


def _per_line() -> list[float]:
    return [0.0] * LINES


@dataclass(slots=True)
class Health:
    """Degradation of each part; 0 is as new. Lists go by line (0 to 2), by glycol pump or by compressor (0, 1).

    Attributes:
        strainer: how clogged a glycol pump's suction strainer is, 0 to 1.
        bearing: wear of a glycol pump's drive-end bearing, 0 to 1.
        stiction: stick band of a glycol valve, fraction of its travel.
        fouling: extra thermal resistance of a product cooler, as a multiple of its clean resistance.
        drift: error of a product thermometer, K.
        air_leak: leak conductance behind an air service unit, Nm³/h per bar absolute.
        infeed: share by which a depalletizer's layer cycle is longer than it should be.
        label_stock: how bad the label stock is, 0 to 1; jammed: whether the labeller stands jammed because of it.
        clutch: wear of a capper's magnetic clutch, 0 to 1.
        friction: extra friction torque of a machine's main drive, fraction of its load torque; by line and machine.
        slip: slip of a conveyor's chain on its sprocket, 0 to 1; by line and conveyor.
        compressor_valve: share of an air compressor's delivery that its worn valves let back.
        condenser: share of the chiller's heat rejection that is lost.
    """

    strainer: list[float] = field(default_factory=lambda: [0.0, 0.0])
    bearing: list[float] = field(default_factory=lambda: [0.0, 0.0])
    stiction: list[float] = field(default_factory=_per_line)
    fouling: list[float] = field(default_factory=_per_line)
    drift: list[float] = field(default_factory=_per_line)
    air_leak: list[float] = field(default_factory=_per_line)
    infeed: list[float] = field(default_factory=_per_line)
    label_stock: list[float] = field(default_factory=_per_line)
    jammed: list[bool] = field(default_factory=lambda: [False] * LINES)
    clutch: list[float] = field(default_factory=_per_line)
    friction: list[list[float]] = field(default_factory=lambda: [[0.0] * len(MACHINES) for _ in range(LINES)])
    slip: list[list[float]] = field(default_factory=lambda: [[0.0] * CONVEYORS for _ in range(LINES)])
    compressor_valve: list[float] = field(default_factory=lambda: [0.0, 0.0])
    condenser: float = 0.0
