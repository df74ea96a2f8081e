"""What stands where: the plant's twins and how they hang together."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

from .dtdl import dtmi
from .physics.health import CONVEYORS, LINES, MACHINES
from .physics.line import ACCUMULATION_S, OVERSPEED
from .schedule import NOMINAL

Twin = dict[str, Any]
Edge = dict[str, Any]

FLOWS = {
    "contains": "structure",
    "feeds": "forward",
    "blocks": "forward",
    "cools": "forward",
    "powers": "forward",
    "suppliesAir": "forward",
    "drives": "forward",
    "controls": "forward",
    "measures": "forward",
    "loads": "forward",
}
MAKERS = ("Brandner", "Kessel & Sohn", "Hydrotec", "Norvik", "Falkenberg", "Omnipack")
RATED_KW = (7.5, 4.0, 22.0, 6.0, 5.5, 11.0)
MACHINE_MODELS = ("Depalletizer", "Rinser", "Filler", "Capper", "Labeller", "Packer")


class _Builder:
    def __init__(self) -> None:
        self.twins: list[Twin] = []
        self.edges: list[Edge] = []
        self._random = random.Random(20140301)  # nameplates: the same in every plant

    def twin(self, twin_id: str, model: str, name: str, /, **properties: Any) -> str:
        plate: dict[str, Any] = {}
        if model not in ("Site", "Area", "BottlingLine"):
            draw = self._random
            plate = {
                "manufacturer": draw.choice(MAKERS),
                "serialNumber": f"{draw.randint(2009, 2021)}-{draw.randint(10000, 99999)}",
                "commissioned": f"{draw.randint(2011, 2021)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}",
            }
        document = {"$dtId": twin_id, "$metadata": {"$model": dtmi(model)}, "name": name, **plate, **properties}
        self.twins.append(document)
        return twin_id

    def edge(self, source: str, name: str, target: str, **properties: Any) -> None:
        self.edges.append(
            {
                "$relationshipId": f"{source}--{name}--{target}",
                "$sourceId": source,
                "$targetId": target,
                "$relationshipName": name,
                **properties,
            }
        )

    def chain(self, name: str, *twins: str, **properties: Any) -> None:
        for source, target in pairwise(twins):
            self.edge(source, name, target, **properties)


def _motor(kilowatts: float) -> dict[str, Any]:
    return {"$metadata": {}, "ratedPower": kilowatts, "ratedCurrent": round(1.95 * kilowatts, 1)}


def graph() -> tuple[list[Twin], list[Edge]]:
    """The twins and relationships of the plant, as Azure Digital Twins Explorer exports them."""
    build = _Builder()
    address = {"street": "Talstraße 14", "postcode": "97447", "city": "Gerolzhofen", "country": "DE"}
    build.twin("plant", "Site", "Gerolzhofen bottling plant", address=address)
    _utilities(build)
    for line in range(LINES):
        _line(build, line)
        _cooling(build, line)
        _supply(build, line)
    _upstream(build)
    return build.twins, build.edges


def _utilities(build: _Builder) -> None:
    for area, name in (("glycol-plant", "Glycol plant"), ("air-station", "Compressed air station"), ("power", "Power")):
        build.edge("plant", "contains", build.twin(area, "Area", name))
    _glycol(build)
    _air(build)
    build.twin("main-switchgear", "Switchgear", "Main switchgear 400 V", criticality="A")
    build.twin("board-utilities", "Switchboard", "Utilities board", criticality="A")
    for twin in ("main-switchgear", "board-utilities"):
        build.edge("power", "contains", twin)
    build.edge("main-switchgear", "powers", "board-utilities", feeder="F04")
    fed = ("glycol-pump-1-drive", "glycol-pump-2-drive", "chiller", "air-compressor-1", "air-compressor-2")
    for number, twin in enumerate(fed, 1):
        build.edge("board-utilities", "powers", twin, feeder=f"F04.{number}")


def _glycol(build: _Builder) -> None:
    build.twin("glycol-tank", "Tank", "Glycol tank", volume=6000.0)
    build.twin("chiller", "Chiller", "Glycol chiller", supplySetpoint=-2.0, criticality="A", motor=_motor(132.0))
    build.twin("glycol-header", "Header", "Glycol supply header", pressureSetpoint=2.0)
    for twin in ("glycol-tank", "chiller", "glycol-header"):
        build.edge("glycol-plant", "contains", twin)
    for number in (1, 2):
        pump, drive = f"glycol-pump-{number}", f"glycol-pump-{number}-drive"
        isolation = [
            f"Q-GP{number} (board-utilities F04.{number})",
            f"V-GP{number}-S suction",
            f"V-GP{number}-D discharge",
        ]
        spares = {"mechanicalSeal": 1, "bearing_6308_C3": 2}
        build.twin(
            pump,
            "CentrifugalPump",
            f"Glycol pump {number}",
            criticality="A",
            motor=_motor(5.5),
            impellerDiameter=209.0,
            isolation=isolation,
            sparePart=spares,
        )
        build.twin(drive, "VariableSpeedDrive", f"Drive of glycol pump {number}", speedLimit=100.0)
        build.edge("glycol-plant", "contains", pump)
        build.edge("glycol-plant", "contains", drive)
        build.edge(drive, "drives", pump)
        build.edge("glycol-tank", "feeds", pump, medium="glycol")
        build.edge(pump, "feeds", "chiller", medium="glycol")
        build.edge("glycol-header", "controls", drive, loop="PIC-201")
    build.edge("chiller", "feeds", "glycol-header", medium="glycol")


def _air(build: _Builder) -> None:
    build.twin("air-header", "Header", "Compressed air header", pressureSetpoint=7.0, criticality="A")
    build.edge("air-station", "contains", "air-header")
    for number, kind in ((1, "fixed speed"), (2, "variable speed")):
        twin = build.twin(
            f"air-compressor-{number}",
            "AirCompressor",
            f"Air compressor {number} ({kind})",
            criticality="A",
            motor=_motor(55.0),
            isolation=[
                f"Q-AC{number} (board-utilities F04.{number + 3})",
                f"V-AC{number} outlet, vent the oil separator",
            ],
        )
        build.edge("air-station", "contains", twin)
    build.edge("air-header", "controls", "air-compressor-2", loop="PIC-301")


def _line(build: _Builder, line: int) -> None:
    number, nominal = line + 1, NOMINAL[line]
    name = f"line-{number}"
    build.twin(name, "BottlingLine", f"Line {number}", nominalRate=3600.0 * nominal)
    build.edge("plant", "contains", name)
    stations: list[str] = []
    for index, machine in enumerate(MACHINES):
        twin = build.twin(
            f"{name}-{machine}",
            MACHINE_MODELS[index],
            f"{MACHINE_MODELS[index]} line {number}",
            criticality="A" if machine == "filler" else "B",
            designRate=round(3600.0 * nominal * OVERSPEED[index]),
            motor=_motor(RATED_KW[index]),
            isolation=[f"Q{number}.{index + 1} (board-{number})", f"V-AIR-{number}.{index + 1}, vent"],
            **({"temperatureSetpoint": 8.0, "valves": 40 + 28 * line} if machine == "filler" else {}),
            **({"heads": 10 + 4 * line} if machine == "capper" else {}),
        )
        stations.append(twin)
        if index < CONVEYORS:
            stations.append(
                build.twin(
                    f"{name}-conveyor-{index + 1}",
                    "Conveyor",
                    f"Conveyor {number}.{index + 1}, {machine} to {MACHINES[index + 1]}",
                    capacity=round(nominal * ACCUMULATION_S[index]),
                    motor=_motor(1.5),
                    isolation=[f"Q{number}.1{index + 1} (board-{number})"],
                )
            )
    for twin in stations:
        build.edge(name, "contains", twin)
    build.chain("feeds", *stations, medium="bottles")
    build.chain("blocks", *reversed(stations))


def _cooling(build: _Builder, line: int) -> None:
    number = line + 1
    name = f"line-{number}"
    cooler = build.twin(
        f"{name}-product-cooler", "HeatExchanger", f"Product cooler line {number}", area=24.0 + 6 * line
    )
    valve = build.twin(f"{name}-glycol-valve", "ControlValve", f"Glycol valve line {number}", flowCoefficient=22.0)
    probe = build.twin(
        f"{name}-product-thermometer", "Thermometer", f"Product thermometer line {number}", calibrated="2025-06-18"
    )
    for twin in (cooler, valve, probe):
        build.edge(name, "contains", twin)
    build.edge("glycol-header", "feeds", valve, medium="glycol")
    build.edge(valve, "feeds", cooler, medium="glycol")
    build.edge(cooler, "cools", f"{name}-filler")
    build.edge(cooler, "feeds", "glycol-tank", medium="glycol return")
    build.edge(cooler, "measures", probe)
    build.edge(probe, "controls", valve, loop=f"TIC-{number}10")
    build.edge(f"{name}-filler", "loads", cooler)
    build.edge(valve, "loads", "glycol-header")


def _supply(build: _Builder, line: int) -> None:
    number = line + 1
    name = f"line-{number}"
    air = build.twin(f"{name}-air-supply", "AirServiceUnit", f"Air service unit line {number}", nominalDiameter=50)
    build.edge(name, "contains", air)
    build.edge(air, "loads", "air-header")
    board = build.twin(f"board-{number}", "Switchboard", f"Line {number} board", criticality="A")
    build.edge("power", "contains", board)
    build.edge("main-switchgear", "powers", board, feeder=f"F0{number}")
    for index, machine in enumerate(MACHINES):
        build.edge(board, "powers", f"{name}-{machine}", feeder=f"F0{number}.{index + 1}")
        if machine in ("depalletizer", "labeller", "packer"):
            build.edge(air, "suppliesAir", f"{name}-{machine}")
    for index in range(CONVEYORS):
        build.edge(board, "powers", f"{name}-conveyor-{index + 1}", feeder=f"F0{number}.1{index + 1}")


def _upstream(build: _Builder) -> None:
    """What the plant is supplied through: grid, air dryer and filters, product blenders; and who fills up the tank."""
    grid = build.twin("grid-connection", "GridConnection", "Grid connection 20 kV", criticality="A")
    build.edge("power", "contains", grid)
    build.edge(grid, "powers", "main-switchgear", feeder="T1")
    dryer = build.twin("air-dryer", "AirDryer", "Air dryer with pre-filter", nominalDiameter=80)
    build.edge("air-station", "contains", dryer)
    build.edge(dryer, "suppliesAir", "air-header")
    build.edge("air-header", "loads", dryer)
    for compressor in ("air-compressor-1", "air-compressor-2"):
        build.edge(compressor, "suppliesAir", dryer)
        build.edge(dryer, "loads", compressor)
    for number in range(1, LINES + 1):
        name = f"line-{number}"
        air_filter = build.twin(f"{name}-air-filter", "AirFilter", f"Air filter line {number}", nominalDiameter=50)
        blender = build.twin(f"{name}-blender", "Blender", f"Product blender line {number}", nominalDiameter=65)
        build.edge(name, "contains", air_filter)
        build.edge(name, "contains", blender)
        build.edge("air-header", "suppliesAir", air_filter)
        build.edge(air_filter, "suppliesAir", f"{name}-air-supply")
        build.edge(f"{name}-air-supply", "loads", air_filter)
        build.edge(f"board-{number}", "powers", blender, feeder=f"F0{number}.20")
        build.edge(blender, "feeds", f"{name}-product-cooler", medium="product")
        build.edge(f"{name}-filler", "loads", blender)
    for pump in ("glycol-pump-1", "glycol-pump-2"):
        build.edge(pump, "loads", "glycol-tank")
