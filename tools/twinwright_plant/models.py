"""The plant's DTDL v3 models, as a controls engineer would write them down."""

from __future__ import annotations

from .dtdl import (
    Element,
    array,
    command,
    component,
    dtmi,
    enum,
    interface,
    mapping,
    obj,
    prop,
    relationship,
    telemetry,
)
from .physics.line import STATES

CELSIUS = ("Temperature", "degreeCelsius")
BAR = ("Pressure", "bar")
AMPERE = ("Current", "ampere")
KILOWATT = ("Power", "kilowatt")
CUBIC_METRES_PER_HOUR = ("VolumeFlowRate", "cubicMetrePerHour")
PERCENT = ("RelativeDensity", "percent")
RPM = ("AngularVelocity", "revolutionPerMinute")
SECOND = ("TimeSpan", "second")
MM_PER_S = "mm/s RMS, ISO 20816-3, drive end, 10 Hz to 1 kHz"
BOTTLES_PER_HOUR = "bottles per hour"


def _asset() -> list[Element]:
    return [
        interface(
            "Asset",
            "Asset",
            prop("name", "Name", writable=True),
            prop("manufacturer", "Manufacturer"),
            prop("modelNumber", "Type"),
            prop("serialNumber", "Serial number"),
            prop("commissioned", "Commissioned", "date"),
            prop("criticality", "Criticality", enum(["A", "B", "C"]), comment="A: stops a line within minutes"),
            prop("sparePart", "Spare parts in store", mapping("partNumber", "count", "integer"), writable=True),
            prop("isolation", "Isolation points", array("string"), comment="lock-out/tag-out points, in order"),
            relationship(
                "feeds", "feeds", prop("medium", "Medium"), comment="material, glycol or product flows this way"
            ),
            relationship("blocks", "blocks", comment="when it is full or stands, the target has to stop"),
            relationship("cools", "cools"),
            relationship("powers", "powers", prop("feeder", "Feeder", comment="outgoing feeder")),
            relationship("suppliesAir", "supplies air to"),
            relationship("drives", "drives"),
            relationship("controls", "controls", prop("loop", "Control loop", comment="tag of the PLC block")),
            relationship("measures", "is measured by"),
            relationship("loads", "loads", comment="what it draws is felt by the target"),
        ),
    ]


def _places() -> list[Element]:
    return [
        interface("Area", "Area", relationship("contains", "contains"), extends=["Asset"]),
        interface(
            "Site",
            "Site",
            telemetry("ambientTemperature", "Outdoor temperature", CELSIUS),
            telemetry("shift", "Shift", schema="string", comment="logged when it changes"),
            prop(
                "address",
                "Address",
                obj(("street", "string"), ("postcode", "string"), ("city", "string"), ("country", "string")),
            ),
            extends=["Area"],
        ),
        interface(
            "BottlingLine",
            "Bottling line",
            telemetry("throughput", "Throughput", comment=f"{BOTTLES_PER_HOUR}, packed, mean of the last minute"),
            telemetry("product", "Product", schema="string", comment="product code, logged at a changeover"),
            prop("nominalRate", "Nominal rate", "double", comment=BOTTLES_PER_HOUR),
            command("changeOver", "Change over", {"name": "product", "schema": "string"}),
            extends=["Area"],
        ),
    ]


def _parts() -> list[Element]:
    return [
        interface(
            "Motor",
            "Motor",
            telemetry("current", "Motor current", AMPERE),
            telemetry(
                "windingTemperature", "Winding temperature", CELSIUS, comment="PT100 in the winding, where fitted"
            ),
            prop("ratedPower", "Rated power", "double", KILOWATT),
            prop("ratedCurrent", "Rated current", "double", AMPERE),
        ),
        interface(
            "RotatingMachine",
            "Rotating machine",
            component("motor", "Motor", "Motor"),
            extends=["Asset"],
        ),
        interface("Instrument", "Instrument", prop("calibrated", "Last calibrated", "date"), extends=["Asset"]),
        interface("PipingComponent", "Piping component", prop("nominalDiameter", "DN", "integer"), extends=["Asset"]),
    ]


def _pumps() -> list[Element]:
    return [
        interface(
            "Pump",
            "Pump",
            telemetry("speed", "Speed", RPM),
            telemetry("flow", "Flow", CUBIC_METRES_PER_HOUR),
            telemetry("suctionPressure", "Suction pressure", BAR, comment="gauge, behind the suction strainer"),
            telemetry("dischargePressure", "Discharge pressure", BAR, comment="gauge"),
            extends=["RotatingMachine", "PipingComponent"],
        ),
        interface(
            "CentrifugalPump",
            "Centrifugal pump",
            telemetry("vibration", "Vibration velocity", comment=MM_PER_S),
            telemetry(
                "bearingTemperature", "Bearing temperature", CELSIUS, comment="drive end; trips the pump above 95"
            ),
            telemetry("sealLeakage", "Seal leakage", comment="l/h, meter in the drip pan"),
            prop("impellerDiameter", "Impeller diameter", "double", ("Length", "millimetre")),
            command("start", "Start"),
            command("stop", "Stop"),
            extends=["Pump"],
        ),
        interface(
            "VariableSpeedDrive",
            "Variable speed drive",
            telemetry("frequency", "Output frequency", ("Frequency", "hertz"), comment="feedback of the drive"),
            telemetry(
                "commandFrequency",
                "Commanded frequency",
                ("Frequency", "hertz"),
                comment="from the pressure controller",
            ),
            prop("speedLimit", "Speed limit", "double", PERCENT, writable=True),
            extends=["Asset"],
        ),
    ]


def _glycol() -> list[Element]:
    return [
        interface(
            "Chiller",
            "Glycol chiller",
            telemetry("load", "Compressor load", PERCENT),
            telemetry("supplyTemperature", "Glycol supply temperature", CELSIUS),
            telemetry("returnTemperature", "Glycol return temperature", CELSIUS),
            telemetry("condensingPressure", "Condensing pressure", BAR),
            telemetry("activePower", "Electrical power", KILOWATT),
            telemetry("suctionPressure", "Suction pressure", BAR, comment="refrigerant, gauge"),
            telemetry("superheat", "Suction superheat", comment="K, at the evaporator's outlet"),
            prop("supplySetpoint", "Supply setpoint", "double", CELSIUS, writable=True),
            extends=["RotatingMachine"],
        ),
        interface(
            "Tank",
            "Tank",
            telemetry("level", "Level", PERCENT),
            telemetry("temperature", "Temperature", CELSIUS),
            prop("volume", "Volume", "double", ("Volume", "litre")),
            extends=["PipingComponent"],
        ),
        interface(
            "Header",
            "Header",
            telemetry("pressure", "Pressure", BAR, comment="transmitter of the pressure controller"),
            telemetry("pressureMonitor", "Pressure, second transmitter", BAR, comment="for display and alarms only"),
            telemetry("flow", "Flow", comment="glycol in m³/h, air in Nm³/h"),
            prop("pressureSetpoint", "Pressure setpoint", "double", BAR, writable=True),
            extends=["PipingComponent"],
        ),
    ]


def _air_and_power() -> list[Element]:
    return [
        interface(
            "AirCompressor",
            "Air compressor",
            telemetry("load", "Load", PERCENT),
            telemetry("flow", "Delivered flow", comment="Nm³/h"),
            telemetry("dischargeTemperature", "Discharge temperature", CELSIUS),
            telemetry("dischargePressure", "Discharge pressure", BAR, comment="before the dryer"),
            telemetry(
                "intakeDifferentialPressure", "Differential pressure of the intake filter", comment="mbar below ambient"
            ),
            telemetry("loaded", "Loaded", schema="boolean", comment="logged when it changes; fixed-speed machine only"),
            extends=["RotatingMachine"],
        ),
        interface(
            "AirServiceUnit",
            "Air service unit",
            telemetry("pressure", "Pressure behind the unit", BAR),
            telemetry("flow", "Air flow", comment="Nm³/h"),
            extends=["PipingComponent"],
        ),
        interface(
            "AirFilter",
            "Air filter",
            telemetry("differentialPressure", "Differential pressure of the filter", BAR),
            extends=["PipingComponent"],
        ),
        interface(
            "AirDryer",
            "Refrigeration air dryer with filter",
            telemetry("differentialPressure", "Differential pressure of dryer and filter", BAR),
            telemetry("dewPoint", "Pressure dew point", CELSIUS),
            extends=["PipingComponent"],
        ),
        interface("Switchboard", "Switchboard", telemetry("activePower", "Active power", KILOWATT), extends=["Asset"]),
        interface(
            "Switchgear",
            "Main switchgear",
            telemetry("voltage", "Voltage, phase to phase", ("Voltage", "volt")),
            extends=["Switchboard"],
        ),
        interface(
            "GridConnection",
            "Grid connection",
            telemetry("voltage", "Grid voltage, phase to phase", comment="kV, of the network operator's 20 kV cable"),
            telemetry("frequency", "Grid frequency", ("Frequency", "hertz")),
            extends=["Asset"],
        ),
    ]


def _piping() -> list[Element]:
    return [
        interface(
            "HeatExchanger",
            "Plate heat exchanger",
            telemetry("productInletTemperature", "Product inlet temperature", CELSIUS),
            telemetry("glycolOutletTemperature", "Glycol outlet temperature", CELSIUS),
            telemetry("glycolFlow", "Glycol flow", CUBIC_METRES_PER_HOUR),
            telemetry("pressureDrop", "Product-side pressure drop", BAR),
            prop("area", "Heat transfer area", "double", ("Area", "squareMetre")),
            extends=["PipingComponent"],
        ),
        interface(
            "ControlValve",
            "Control valve",
            telemetry("command", "Command", PERCENT, comment="from the temperature controller"),
            telemetry("position", "Position", PERCENT, comment="feedback of the positioner"),
            telemetry("deviation", "Control deviation", comment="percent of travel, command minus position"),
            prop("flowCoefficient", "Kvs", "double", comment="m³/h at 1 bar"),
            extends=["PipingComponent"],
        ),
        interface(
            "Blender",
            "Product blender",
            telemetry(
                "outletTemperature", "Outlet temperature", CELSIUS, comment="of the product, on its way to the cooler"
            ),
            telemetry("outletFlow", "Outlet flow", CUBIC_METRES_PER_HOUR),
            extends=["PipingComponent"],
        ),
        interface(
            "Thermometer",
            "Thermometer",
            telemetry("temperature", "Temperature", CELSIUS, comment="controls the product cooler"),
            telemetry(
                "elementDifference",
                "Difference between the two elements",
                comment="K; the transmitter compares both PT100 of the probe",
            ),
            extends=["Instrument"],
        ),
    ]


def _packaging() -> list[Element]:
    state = dtmi("PackagingMachine:State")
    return [
        interface(
            "PackagingMachine",
            "Packaging machine",
            telemetry("speed", "Speed", comment=BOTTLES_PER_HOUR),
            telemetry("state", "State", schema=state, comment="PackML-like, logged when it changes"),
            prop("designRate", "Design rate", "double", comment=BOTTLES_PER_HOUR),
            prop("speedSetpoint", "Speed setpoint", "double", writable=True, comment=BOTTLES_PER_HOUR),
            command("reset", "Reset fault"),
            extends=["RotatingMachine"],
            schemas=[enum(STATES, state)],
        ),
        interface(
            "InspectingMachine",
            "Machine with inspection",
            telemetry("rejectRate", "Rejected bottles", PERCENT, comment="mean of the last two minutes"),
        ),
    ]


def _machines() -> list[Element]:
    return [
        interface(
            "Depalletizer",
            "Depalletizer",
            telemetry("layerCycleTime", "Layer cycle time", SECOND, comment="from grip to grip"),
            extends=["PackagingMachine"],
        ),
        interface("Rinser", "Rinser", extends=["PackagingMachine"]),
        interface(
            "Filler",
            "Filler",
            telemetry("productTemperature", "Product temperature in the bowl", CELSIUS),
            telemetry("bowlPressure", "Bowl pressure", BAR),
            telemetry("productFlow", "Product flow", CUBIC_METRES_PER_HOUR),
            telemetry("foamLimitActive", "Foam limit active", schema="boolean", comment="speed is held back: too warm"),
            telemetry("fillVolumeSpread", "Spread of the fill volume", comment="ml, over the filling valves"),
            prop("temperatureSetpoint", "Product temperature setpoint", "double", CELSIUS, writable=True),
            prop("valves", "Filling valves", "integer"),
            extends=["PackagingMachine", "InspectingMachine"],
        ),
        interface(
            "Capper",
            "Capper",
            telemetry("capTorque", "Closing torque", ("Torque", "newtonMetre"), comment="mean of the heads"),
            telemetry("torqueSpread", "Spread of closing torque", ("Torque", "newtonMetre")),
            prop("heads", "Heads", "integer"),
            extends=["PackagingMachine", "InspectingMachine"],
        ),
        interface(
            "Labeller",
            "Labeller",
            telemetry("webTension", "Label web tension", ("Force", "newton")),
            extends=["PackagingMachine", "InspectingMachine"],
        ),
        interface(
            "Packer",
            "Packer",
            telemetry("vacuum", "Gripper vacuum", comment="mbar below ambient"),
            extends=["PackagingMachine"],
            comment="shrink packer, 6 and 12 bottles",
        ),
        interface(
            "Conveyor",
            "Accumulation conveyor",
            telemetry("accumulation", "Accumulation", PERCENT, comment="share of its capacity that is occupied"),
            telemetry("beltSpeed", "Chain speed", ("Velocity", "metrePerSecond"), comment="measured on the chain"),
            telemetry("bearingTemperature", "Bearing temperature", CELSIUS, comment="drive roller"),
            prop("capacity", "Capacity", "integer", comment="bottles"),
            extends=["RotatingMachine"],
        ),
    ]


def models() -> list[Element]:
    """All interfaces, parents first."""
    return [
        *_asset(),
        *_places(),
        *_parts(),
        *_pumps(),
        *_glycol(),
        *_air_and_power(),
        *_piping(),
        *_packaging(),
        *_machines(),
    ]
