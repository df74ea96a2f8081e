"""UCUM codes for DTDL units: which codes a point may have whose model names a unit.

The names are those of DTDL's quantitative types (v2 to v4). A unit that doesn't stand here can't be checked, and a
policy that uses it is refused. No figure is ever converted.
"""

from __future__ import annotations

UCUM: dict[str, frozenset[str]] = {
    name: frozenset(codes.split())
    for name, codes in {
        "ampere": "A",
        "bar": "bar",
        "barGauge": "bar{gauge}",
        "celsius": "Cel",
        "cubicMetrePerHour": "m3/h",
        "degreeCelsius": "Cel",
        "degreeFahrenheit": "[degF]",
        "hertz": "Hz",
        "kelvin": "K",
        "kilogramPerSecond": "kg/s",
        "kilopascal": "kPa",
        "kilowatt": "kW",
        "litre": "L",
        "litrePerSecond": "L/s",
        "metre": "m",
        "metrePerSecond": "m/s",
        "millibar": "mbar",
        "millimetre": "mm",
        "newtonMetre": "N.m",
        "pascal": "Pa",
        "percent": "%",
        "radianPerSecond": "rad/s",
        "revolutionPerMinute": "{rpm} /min",
        "second": "s",
        "unity": "1",
        "volt": "V",
        "watt": "W",
    }.items()
}
