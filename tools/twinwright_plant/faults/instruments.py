"""Faults of instruments: what they show is wrong, and where a controller uses them, it follows what they show."""

from __future__ import annotations

from ..physics.health import Health, Instrument
from .fault import Effect, Fault, Places, at_lines, grows, numbered

LINE_3 = 2
THERMOMETERS = at_lines("product-thermometer", "the product thermometer")
HEADERS = (("glycol-header", "the glycol header"), ("air-header", "the compressed air header"))
COOLERS = at_lines("product-cooler", "the product cooler")
FILLERS = at_lines("filler", "the filler")
PUMPS = numbered("glycol-pump-{}", "glycol pump {}")


def _header_bias(health: Health, asset: int, degree: float, chance: float) -> None:
    if asset == 0:
        health.header_bias = 1.1 * degree
    else:
        health.air_bias = 1.2 * degree


def _stuck(health: Health, line: int, degree: float, chance: float) -> None:
    """The transmitter hangs: it sends its last reading of both elements for ever."""
    health.stuck[line] = degree > 0.0
    for signal in ("temperature", "elementDifference"):
        health.instruments[THERMOMETERS[line][0], signal] = Instrument(stuck=True)


def _shows(places: Places, signal: str, bias: float = 0.0, noise: float = 0.0, lost: float = 0.0) -> Effect:
    """An instrument that no controller uses: its error (in its unit), its noise and its gaps grow with the degree."""

    def effect(health: Health, asset: int, degree: float, chance: float) -> None:
        wrong = Instrument(bias * degree, noise * degree, False, min(1.0, lost * degree))
        health.instruments[places[asset][0], signal] = wrong

    return effect


SENSOR_DRIFT = Fault(
    "sensor-drift",
    THERMOMETERS,
    "elementDifference",
    "sensor_drift",
    grows("drift", -2.1),
    0.9,
    (3.0, 9.0),
    "{} drifts low; its controller lets the product get too warm.",
    LINE_3,
)
HEADER_SENSOR_BIAS = Fault(
    "pressure-sensor-bias",
    HEADERS,
    "pressure",
    "sensor_bias",
    _header_bias,
    0.0,
    (1.5, 8.0),
    "The controlling pressure transmitter of {} reads too high; its controller delivers too little.",
)
THERMOMETER_STUCK = Fault(
    "thermometer-stuck",
    THERMOMETERS,
    "temperature",
    "sensor_stuck",
    _stuck,
    0.0,
    (2.0, 8.0),
    "{} hangs at its last reading; its controller regulates on a number that doesn't move.",
    1,
)
NOISY_INSTRUMENT = Fault(
    "noisy-instrument",
    PUMPS,
    "suctionPressure",
    "sensor_noise",
    _shows(PUMPS, "suctionPressure", noise=30.0),
    0.0,
    (1.5, 8.0),
    "A bad shield makes the suction pressure transmitter of {} noisy.",
    1,
)
INSTRUMENT_DROPOUT = Fault(
    "instrument-dropout",
    FILLERS,
    "bowlPressure",
    "sensor_dropout",
    _shows(FILLERS, "bowlPressure", lost=0.85),
    0.0,
    (1.5, 8.0),
    "A loose connector at the bowl pressure transmitter of {}: most samples never arrive.",
    0,
)
FLOWMETER_BIAS = Fault(
    "flowmeter-bias",
    COOLERS,
    "glycolFlow",
    "sensor_bias",
    _shows(COOLERS, "glycolFlow", bias=-6.5),
    0.0,
    (1.5, 8.0),
    "Deposits in the glycol flowmeter of {} make it read too low.",
    0,
)
MORE_INSTRUMENT_FAULTS = (
    HEADER_SENSOR_BIAS,
    THERMOMETER_STUCK,
    NOISY_INSTRUMENT,
    INSTRUMENT_DROPOUT,
    FLOWMETER_BIAS,
)
