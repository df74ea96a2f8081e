"""The condition of every part that can degrade: what a fault changes, and the only thing that a fault may change."""

from __future__ import annotations

from dataclasses import dataclass, field

LINES = 3
MACHINES = ("depalletizer", "rinser", "filler", "capper", "labeller", "packer")
CONVEYORS = len(MACHINES) - 1


def _per_line() -> list[float]:
    return [0.0] * LINES


def _pair() -> list[float]:
    return [0.0, 0.0]


def _flags() -> list[bool]:
    return [False] * LINES


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is wrong with an instrument that only displays: an error in its own unit, its noise as a multiple of its
    usual noise, whether it keeps showing its last value, and the share of its samples that never arrive."""

    bias: float = 0.0
    noise: float = 0.0
    stuck: bool = False
    lost: float = 0.0


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
        impeller: wear of a glycol pump's impeller and wear rings, 0 to 1.
        seal: leak of a glycol pump's shaft seal, litres per hour.
        drive: share by which a pump drive's output falls short of its command.
        imbalance: residual imbalance of a glycol pump's rotor, 0 to 1.
        lead: share by which glycol pump 1 is commanded to run faster and pump 2 slower (which of the two leads).
        header_bias, air_bias: error of the glycol and the air header's pressure transmitter, bar.
        header_setpoint: what somebody added to the glycol header's pressure setpoint, bar.
        setpoint: what somebody added to a filler's product temperature setpoint, K.
        stuck: whether a product thermometer keeps showing its last value; seized: whether a glycol valve can't move.
        passing: share of a glycol valve's closed area that lets glycol pass.
        refrigerant: share of the chiller's refrigerant charge that is gone.
        filter_clog: clogging of a line's air filter; filter_age: dirt that it has gathered in ordinary service, 0 to 1.
        dryer: clogging of the air dryer, 0 to 1; intake: of a compressor's intake filter, 0 to 1.
        off: whether an air compressor doesn't load.
        fill: wear of a filler's filling valves, 0 to 1.
        vacuum: share of the packer's vacuum that is lost; dropped: whether it stands because it dropped a pack.
        drag: wear of a conveyor's roller bearings, 0 to 1; by line and conveyor.
        blend: how much too warm the blender of a line delivers, K.
        sag: share by which the grid's voltage is too low.
        instruments: what is wrong with instruments that no controller uses, by (twin, signal).
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
    impeller: list[float] = field(default_factory=_pair)
    seal: list[float] = field(default_factory=_pair)
    drive: list[float] = field(default_factory=_pair)
    imbalance: list[float] = field(default_factory=_pair)
    lead: float = 0.0
    header_bias: float = 0.0
    air_bias: float = 0.0
    header_setpoint: float = 0.0
    setpoint: list[float] = field(default_factory=_per_line)
    stuck: list[bool] = field(default_factory=_flags)
    seized: list[bool] = field(default_factory=_flags)
    passing: list[float] = field(default_factory=_per_line)
    refrigerant: float = 0.0
    filter_clog: list[float] = field(default_factory=_per_line)
    filter_age: list[float] = field(default_factory=_per_line)
    dryer: float = 0.0
    intake: list[float] = field(default_factory=_pair)
    off: list[bool] = field(default_factory=lambda: [False, False])
    fill: list[float] = field(default_factory=_per_line)
    vacuum: list[float] = field(default_factory=_per_line)
    dropped: list[bool] = field(default_factory=_flags)
    drag: list[list[float]] = field(default_factory=lambda: [[0.0] * CONVEYORS for _ in range(LINES)])
    blend: list[float] = field(default_factory=_per_line)
    sag: float = 0.0
    instruments: dict[tuple[str, str], Instrument] = field(default_factory=dict)
