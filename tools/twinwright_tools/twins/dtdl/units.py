"""Semantic types and units: what DTDL 2 has built in and DTDL 3 has in its quantitativeTypes extension.

Source: the DTDL specification, "QuantitativeTypes extension", versions 1 and 2 (they differ in nothing but the version
of DTDL), and "Semantic Type" in DTDL 2. The symbols follow ISO 80000 where it has one.
"""

from __future__ import annotations

_UNIT_TYPES: dict[str, str] = {
    "AccelerationUnit": "centimetrePerSecondSquared=cm/s² gForce=g metrePerSecondSquared=m/s²",
    "AngleUnit": "degreeOfArc=° minuteOfArc=′ radian=rad secondOfArc=″ turn=tr",
    "AngularAccelerationUnit": "radianPerSecondSquared=rad/s²",
    "AngularVelocityUnit": "degreePerSecond=°/s radianPerSecond=rad/s revolutionPerMinute=rpm revolutionPerSecond=1/s",
    "ApparentEnergyUnit": "gigavoltAmpereHour=GVAh kilovoltAmpereHour=kVAh megavoltAmpereHour=MVAh voltAmpereHour=VAh",
    "ApparentPowerUnit": "gigavoltAmpere=GVA kilovoltAmpere=kVA megavoltAmpere=MVA millivoltAmpere=mVA voltAmpere=VA",
    "AreaUnit": "acre=ac hectare=ha squareCentimetre=cm² squareFoot=ft² squareInch=in² squareKilometre=km²"
    " squareMetre=m² squareMillimetre=mm²",
    "CapacitanceUnit": "farad=F microfarad=µF millifarad=mF nanofarad=nF picofarad=pF",
    "Unitless": "partsPerBillion=ppb partsPerMillion=ppm partsPerQuadrillion=ppq partsPerTrillion=ppt"
    " percent=% unity=1",
    "CurrentUnit": "ampere=A kiloampere=kA microampere=µA milliampere=mA",
    "DataRateUnit": "bitPerSecond=bit/s bytePerSecond=B/s exbibitPerSecond=Eibit/s exbibytePerSecond=EiB/s"
    " gibibitPerSecond=Gibit/s gibibytePerSecond=GiB/s kibibitPerSecond=Kibit/s kibibytePerSecond=KiB/s"
    " mebibitPerSecond=Mibit/s mebibytePerSecond=MiB/s tebibitPerSecond=Tibit/s tebibytePerSecond=TiB/s"
    " yobibitPerSecond=Yibit/s yobibytePerSecond=YiB/s zebibitPerSecond=Zibit/s zebibytePerSecond=ZiB/s",
    "DataSizeUnit": "bit=bit byte=B exbibit=Eibit exbibyte=EiB gibibit=Gibit gibibyte=GiB kibibit=Kibit kibibyte=KiB"
    " mebibit=Mibit mebibyte=MiB tebibit=Tibit tebibyte=TiB yobibit=Yibit yobibyte=YiB zebibit=Zibit zebibyte=ZiB",
    "DensityUnit": "gramPerCubicMetre=g/m³ kilogramPerCubicMetre=kg/m³ microgramPerCubicMetre=µg/m³"
    " milligramPerCubicMetre=mg/m³",
    "LengthUnit": "astronomicalUnit=au centimetre=cm foot=ft inch=in kilometre=km metre=m micrometre=µm mile=mi"
    " millimetre=mm nanometre=nm nauticalMile=nmi",
    "ChargeUnit": "ampereHour=Ah coulomb=C milliampereHour=mAh",
    "EnergyUnit": "britishThermalUnit=BTU electronvolt=eV gigajoule=GJ gigawattHour=GWh joule=J"
    " kiloBritishThermalUnit=kBTU kilojoule=kJ kilowattHour=kWh megaelectronvolt=MeV megajoule=MJ megawattHour=MWh"
    " milliwattHour=mWh terawattHour=TWh wattHour=Wh",
    "PowerUnit": "britishThermalUnitPerHour=BTU/h gigajoulePerHour=GJ/h gigawatt=GW horsepower=hp joulePerHour=J/h"
    " joulePerSecond=J/s kiloBritishThermalUnitPerHour=kBTU/h kilojoulePerHour=kJ/h kilojoulePerSecond=kJ/s"
    " kilowatt=kW kilowattHourPerYear=kWh/a megajoulePerHour=MJ/h megawatt=MW microwatt=µW milliwatt=mW"
    " tonOfRefrigeration=TR watt=W",
    "ForceUnit": "newton=N ounce=ozf pound=lbf ton=tonf",
    "FrequencyUnit": "gigahertz=GHz hertz=Hz kilohertz=kHz megahertz=MHz millihertz=mHz",
    "IlluminanceUnit": "footcandle=fc lux=lx",
    "InductanceUnit": "henry=H microhenry=µH millihenry=mH",
    "IonizingRadiationDoseUnit": "gray=Gy microgray=µGy microsievert=µSv milligray=mGy millisievert=mSv sievert=Sv",
    "IrradianceUnit": "wattPerSquareMetre=W/m²",
    "LuminanceUnit": "candelaPerSquareMetre=cd/m²",
    "LuminousFluxUnit": "lumen=lm",
    "LuminousIntensityUnit": "candela=cd",
    "MagneticFluxUnit": "maxwell=Mx weber=Wb",
    "MagneticInductionUnit": "gauss=G tesla=T",
    "MassUnit": "gram=g kilogram=kg massPound=lb microgram=µg milligram=mg slug=slug tonne=t",
    "MassFlowRateUnit": "gramPerHour=g/h gramPerSecond=g/s kilogramPerHour=kg/h kilogramPerSecond=kg/s"
    " massPoundPerHour=lb/h",
    "PressureUnit": "bar=bar decapascal=daPa hectopascal=hPa inchesOfMercury=inHg inchesOfWater=inH₂O kilopascal=kPa"
    " millibar=mbar millimetresOfMercury=mmHg pascal=Pa poundPerSquareInch=psi",
    "RadioactivityUnit": "becquerel=Bq gigabecquerel=GBq kilobecquerel=kBq megabecquerel=MBq",
    "ReactiveEnergyUnit": "gigavoltAmpereReactiveHour=Gvarh kilovoltAmpereReactiveHour=kvarh"
    " megavoltAmpereReactiveHour=Mvarh voltAmpereReactiveHour=varh",
    "ReactivePowerUnit": "gigavoltAmpereReactive=Gvar kilovoltAmpereReactive=kvar megavoltAmpereReactive=Mvar"
    " millivoltAmpereReactive=mvar voltAmpereReactive=var",
    "ResistanceUnit": "kiloohm=kΩ megaohm=MΩ milliohm=mΩ ohm=Ω",
    "SoundPressureUnit": "bel=B decibel=dB",
    "TemperatureUnit": "degreeCelsius=°C degreeFahrenheit=°F kelvin=K",
    "TimeUnit": "day=d hour=h microsecond=µs millisecond=ms minute=min nanosecond=ns second=s year=a",
    "TorqueUnit": "newtonMetre=N·m",
    "VelocityUnit": "centimetrePerSecond=cm/s kilometrePerHour=km/h kilometrePerSecond=km/s knot=kn metrePerHour=m/h"
    " metrePerSecond=m/s milePerHour=mph milePerSecond=mi/s",
    "VoltageUnit": "kilovolt=kV megavolt=MV microvolt=µV millivolt=mV volt=V",
    "VolumeUnit": "cubicCentimetre=cm³ cubicFoot=ft³ cubicInch=in³ cubicMetre=m³ fluidOunce=fl.oz gallon=gal litre=L"
    " millilitre=mL",
    "VolumeFlowRateUnit": "cubicFootPerMinute=ft³/min cubicMetrePerHour=m³/h cubicMetrePerMinute=m³/min"
    " cubicMetrePerSecond=m³/s gallonPerHour=gal/h gallonPerMinute=gal/min litrePerHour=L/h litrePerMinute=L/min"
    " litrePerSecond=L/s millilitrePerHour=mL/h millilitrePerMinute=mL/min millilitrePerSecond=mL/s",
}

_NOT_NAMED_AFTER_THEIR_UNIT_TYPE: dict[str, str] = {
    "Concentration": "Unitless",
    "Current": "CurrentUnit",
    "Distance": "LengthUnit",
    "ElectricCharge": "ChargeUnit",
    "EnergyRate": "PowerUnit",
    "Humidity": "DensityUnit",
    "Latitude": "AngleUnit",
    "Longitude": "AngleUnit",
    "Luminosity": "PowerUnit",
    "RelativeDensity": "Unitless",
    "RelativeHumidity": "Unitless",
    "Thrust": "ForceUnit",
    "TimeSpan": "TimeUnit",
}

UNIT_TYPES: dict[str, dict[str, str]] = {
    unit_type: dict(pair.split("=", 1) for pair in pairs.split()) for unit_type, pairs in _UNIT_TYPES.items()
}
"""Unit type to its units, each with its symbol."""

SYMBOLS: dict[str, str] = {unit: symbol for units in UNIT_TYPES.values() for unit, symbol in units.items()}
"""DTDL's word for a unit to the symbol that people know."""

SEMANTIC_TYPES: dict[str, str] = {
    **{name.removesuffix("Unit"): name for name in UNIT_TYPES if name not in ("Unitless", "ChargeUnit", "TimeUnit")},
    **_NOT_NAMED_AFTER_THEIR_UNIT_TYPE,
}
"""Semantic type to the unit type in which it is expressed."""


_IN_2 = {
    "ChargeUnit": "coulomb",
    "CurrentUnit": "ampere microampere milliampere",
    "DensityUnit": "gramPerCubicMetre kilogramPerCubicMetre",
    "EnergyUnit": "electronvolt gigajoule joule kilojoule kilowattHour megaelectronvolt megajoule",
    "FrequencyUnit": "gigahertz hertz kilohertz megahertz",
    "MagneticInductionUnit": "tesla",
    "MassUnit": "gram kilogram microgram milligram slug tonne",
    "MassFlowRateUnit": "gramPerHour gramPerSecond kilogramPerHour kilogramPerSecond",
    "PowerUnit": "gigawatt horsepower kilowatt kilowattHourPerYear megawatt microwatt milliwatt watt",
    "PressureUnit": "bar inchesOfMercury inchesOfWater kilopascal millibar millimetresOfMercury pascal"
    " poundPerSquareInch",
    "Unitless": "percent unity",
    "VolumeFlowRateUnit": "litrePerHour litrePerSecond millilitrePerHour millilitrePerSecond",
}
_NOT_IN_2 = frozenset(
    [
        "ApparentEnergy",
        "ApparentPower",
        "Concentration",
        "EnergyRate",
        "IonizingRadiationDose",
        "Irradiance",
        "Radioactivity",
        "ReactiveEnergy",
        "ReactivePower",
        "RelativeDensity",
    ]
)


def semantic_types(version: int) -> dict[str, str]:
    """Semantic type to unit type, as that version of DTDL has them."""
    return {name: unit for name, unit in SEMANTIC_TYPES.items() if version > 2 or name not in _NOT_IN_2}


def units_of(unit_type: str, version: int) -> list[str]:
    """The units of a type that a version of DTDL has: version 2 lacks some that came with the extension."""
    if version == 2 and unit_type in _IN_2:
        return _IN_2[unit_type].split()
    return list(UNIT_TYPES[unit_type])


def symbol(unit: str | None) -> str | None:
    """The symbol of a DTDL unit; a unit that DTDL doesn't know stands for itself."""
    return None if unit is None else SYMBOLS.get(unit, unit)
