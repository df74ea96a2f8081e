"""Faults of compressed air and of the electricity supply."""

from __future__ import annotations

from ..physics.health import Health
from .fault import Fault, at_lines, breaks, grows, grows_alone, numbered

LINE_3 = 2
COMPRESSORS = numbered("air-compressor-{}", "air compressor {}")


def _grid(health: Health, asset: int, degree: float, chance: float) -> None:
    """The voltage sags a little all the time, and deeply whenever somebody else on the cable starts a large motor."""
    health.sag = min(0.45, degree * (0.07 + (0.2 if chance < 0.35 else 0.0)))


AIR_LEAK = Fault(
    "air-leak",
    at_lines("air-supply", "the air service unit"),
    "flow",
    "air_leak",
    grows("air_leak", 55.0),
    0.0,
    (1.5, 8.0),
    "A hose behind {} bursts; its machines lose pressure and slow down.",
    LINE_3,
)
COMPRESSOR_VALVE = Fault(
    "compressor-valve-wear",
    COMPRESSORS,
    "flow",
    "valve_wear",
    grows("compressor_valve", 0.9),
    0.6,
    (2.5, 8.0),
    "The discharge valves of {} let back what it delivers.",
)
FILTER_CLOGGED = Fault(
    "air-filter-clogged",
    at_lines("air-filter", "the air filter"),
    "differentialPressure",
    "filter_clogged",
    grows("filter_clog", 3.2),
    0.8,
    (2.5, 10.0),
    "{} clogs; the machines behind it get too little pressure.",
    1,
)
DRYER_CLOGGED = Fault(
    "dryer-clogged",
    (("air-dryer", "the air dryer"),),
    "differentialPressure",
    "filter_clogged",
    grows_alone("dryer", 2.6),
    0.9,
    (2.5, 10.0),
    "The pre-filter of {} clogs; the compressors blow off and the header's pressure falls.",
)
INTAKE_CLOGGED = Fault(
    "intake-filter-clogged",
    COMPRESSORS,
    "intakeDifferentialPressure",
    "inlet_filter_clogged",
    grows("intake", 2.3, 3.0),
    0.9,
    (2.5, 10.0),
    "The intake filter of {} clogs; it delivers less air.",
)
COMPRESSOR_TRIP = Fault(
    "compressor-trip",
    COMPRESSORS,
    "load",
    "compressor_trip",
    breaks("off"),
    0.0,
    (1.5, 6.0),
    "{} runs but doesn't load any more; the other one can't carry all lines.",
    1,
)
GRID_SAG = Fault(
    "grid-sag",
    (("grid-connection", "the grid"),),
    "voltage",
    "voltage_dip",
    _grid,
    0.2,
    (1.5, 7.0),
    "The voltage of {} is low and dips again and again; all drives limit themselves.",
)
MORE_UTILITY_FAULTS = (FILTER_CLOGGED, DRYER_CLOGGED, INTAKE_CLOGGED, COMPRESSOR_TRIP, GRID_SAG)
