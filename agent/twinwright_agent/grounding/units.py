"""Units as people and models write them, each as a dimension, a factor and an offset to that dimension's base unit."""

from __future__ import annotations

from dataclasses import dataclass

# Seconds in the units that durations are written in.
SECOND, MINUTE, HOUR, DAY = 1.0, 60.0, 3600.0, 86400.0


@dataclass(frozen=True, slots=True)
class Unit:
    """value_in_base = value * factor + offset; the offset counts for temperatures that stand alone, not differences."""

    dimension: str
    factor: float
    offset: float = 0.0


_TABLE: dict[str, tuple[str, float, str]] = {
    # name: (dimension, factor, the ways it is written)
    "celsius": ("temperature", 1.0, "°C|℃|degC|deg C|degrees C|degrees Celsius|degreeCelsius|Celsius"),
    "kelvin": ("temperature", 1.0, "K|kelvin"),
    "fahrenheit": ("temperature", 5 / 9, "°F|degF|degreeFahrenheit|Fahrenheit"),
    "pascal": ("pressure", 1.0, "Pa|pascal"),
    "hectopascal": ("pressure", 1e2, "hPa|mbar|millibar"),
    "kilopascal": ("pressure", 1e3, "kPa|kilopascal|kPa gauge"),
    "megapascal": ("pressure", 1e6, "MPa|megapascal"),
    "bar": ("pressure", 1e5, "bar|bara|barg|bar(g)|bar(a)|bar gauge"),
    "psi": ("pressure", 6894.757, "psi|psig|psia|poundPerSquareInch"),
    "one": ("ratio", 1.0, "1|ratio|share of time|share|fraction"),
    "percent": ("ratio", 1e-2, "%|percent|per cent|pct|percentage points|percentage point|%RH"),
    "permille": ("ratio", 1e-3, "‰"),
    "ppm": ("ratio", 1e-6, "ppm"),
    "microsecond": ("time", 1e-6, "µs|us|microsecond|microseconds"),
    "millisecond": ("time", 1e-3, "ms|millisecond|milliseconds"),
    "second": ("time", SECOND, "s|sec|secs|second|seconds"),
    "minute": ("time", MINUTE, "min|mins|minute|minutes"),
    "hour": ("time", HOUR, "h|hr|hrs|hour|hours"),
    "day": ("time", DAY, "d|day|days"),
    "week": ("time", 7 * DAY, "week|weeks"),
    "litre_s": ("volume flow", 1e-3, "L/s|l/s|litrePerSecond"),
    "litre_min": ("volume flow", 1e-3 / 60, "L/min|l/min|lpm|litrePerMinute"),
    "litre_h": ("volume flow", 1e-3 / 3600, "L/h|l/h|litrePerHour"),
    "cubic_h": ("volume flow", 1 / 3600, "m³/h|m3/h|Nm³/h|Nm3/h|cubicMetrePerHour|kscmh"),
    "cubic_min": ("volume flow", 1 / 60, "m³/min|m3/min|Nm³/min|cubicMetrePerMinute"),
    "cubic_s": ("volume flow", 1.0, "m³/s|m3/s"),
    "kg_s": ("mass flow", 1.0, "kg/s|kilogramPerSecond"),
    "kg_min": ("mass flow", 1 / 60, "kg/min"),
    "kg_h": ("mass flow", 1 / 3600, "kg/h|kg/hr|kilogramPerHour"),
    "watt": ("power", 1.0, "W|watt|watts"),
    "kilowatt": ("power", 1e3, "kW|kilowatt"),
    "megawatt": ("power", 1e6, "MW|megawatt"),
    "joule": ("energy", 1.0, "J|joule"),
    "kilojoule": ("energy", 1e3, "kJ"),
    "kwh": ("energy", 3.6e6, "kWh|kilowattHour"),
    "hertz": ("frequency", 1.0, "Hz|hertz|1/s"),
    "kilohertz": ("frequency", 1e3, "kHz"),
    "rpm": ("frequency", 1 / 60, "rpm|1/min|rev/min|revolutionPerMinute|min⁻¹"),
    "mm_s": ("speed", 1e-3, "mm/s|millimetrePerSecond"),
    "m_s": ("speed", 1.0, "m/s|metrePerSecond"),
    "m_min": ("speed", 1 / 60, "m/min|metrePerMinute"),
    "micrometre": ("length", 1e-6, "µm|um|micron|microns"),
    "millimetre": ("length", 1e-3, "mm|millimetre"),
    "centimetre": ("length", 1e-2, "cm|centimetre"),
    "metre": ("length", 1.0, "m|metre|metres|meters"),
    "gram": ("mass", 1e-3, "g|gram|grams"),
    "kilogram": ("mass", 1.0, "kg|kilogram"),
    "tonne": ("mass", 1e3, "t|tonne|tonnes"),
    "millilitre": ("volume", 1e-6, "mL|ml|millilitre"),
    "litre": ("volume", 1e-3, "L|l|litre|litres|liters"),
    "cubic": ("volume", 1.0, "m³|m3|cubicMetre"),
    "milliamp": ("current", 1e-3, "mA|milliampere"),
    "amp": ("current", 1.0, "A|amp|amps|ampere"),
    "millivolt": ("voltage", 1e-3, "mV|millivolt"),
    "volt": ("voltage", 1.0, "V|volt|volts"),
    "kilovolt": ("voltage", 1e3, "kV|kilovolt"),
}
_OFFSETS = {"celsius": 273.15, "fahrenheit": 255.3722222}

UNITS: dict[str, Unit] = {
    written: Unit(dimension, factor, _OFFSETS.get(name, 0.0))
    for name, (dimension, factor, spellings) in _TABLE.items()
    for written in spellings.split("|")
}
# Words that are too short or too common to be read as a unit right after a number in prose ("lines 1 and 2 share …").
_NOT_IN_PROSE = {"1", "share"}
SPELLINGS = sorted((written for written in UNITS if written not in _NOT_IN_PROSE), key=len, reverse=True)


def unit_of(written: str | None) -> Unit | None:
    """The unit of that spelling, or None for one that isn't known (a count of bottles, a made-up unit)."""
    return UNITS.get(written.strip()) if written else None


def convert(value: float, unit: Unit, to: Unit, difference: bool = False) -> float | None:
    """A value in another unit; None between dimensions. A difference has no offset."""
    if unit.dimension != to.dimension:
        return None
    if difference:
        return value * unit.factor / to.factor
    return (value * unit.factor + unit.offset - to.offset) / to.factor
