"""Put the cooling model into a plant folder: the Modelica source, and one attachment for each line's product cooler."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..physics.cooling import COOLER_GLYCOL, COOLER_PRODUCT, COOLER_UA, VALVE_FLOW
from ..physics.health import LINES

HERE = Path(__file__).parent
# m³/h are l/s divided by 3.6; a share is a percentage divided by 100.
_ATTACHMENT = """\
# The product cooler of line {number} with its glycol valve, as a physics model.
# model value = scale * signal + offset; tolerances are in the signal's unit.
twin = "line-{number}-product-cooler"
models = ["simulation/CoolingLoop.fmu", "simulation/CoolingLoop.mo"] # the first that is there and can run
step_s = 20.0
warm_up_s = 900.0

[inputs]
productFlow = {{ signal = "line-{number}-filler.productFlow", scale = 0.2777777777777778 }} # m³/h to l/s
productInletTemperature = "line-{number}-product-cooler.productInletTemperature"
supplyTemperature = "chiller.supplyTemperature"
headerPressure = "glycol-header.pressure"
valveCommand = {{ signal = "line-{number}-glycol-valve.command", scale = 0.01 }} # % to a share

[outputs]
valvePosition = {{ signal = "line-{number}-glycol-valve.position", scale = 0.01, tolerance = 3.0 }}
glycolFlow = {{ signal = "line-{number}-product-cooler.glycolFlow", scale = 0.2777777777777778, tolerance = 1.0 }}
productTemperature = {{ signal = "line-{number}-product-thermometer.temperature", tolerance = 0.6 }}
glycolOutletTemperature = {{ signal = "line-{number}-product-cooler.glycolOutletTemperature", tolerance = 1.2 }}
bowlTemperature = {{ signal = "line-{number}-filler.productTemperature", tolerance = 0.4 }}
pressureDrop = {{ signal = "line-{number}-product-cooler.pressureDrop", tolerance = 0.06 }}

[parameters]
area = "line-{number}-product-cooler.area" # a property of the twin, m²
transferCoefficient = {transfer:.6g} # kW/(m² K), from the commissioning
nominalProductFlow = {product:g} # l/s
nominalGlycolFlow = {glycol:g} # l/s
valveCoefficient = {valve:g} # l/s at 1 bar

[modes.fouling]
parameters = {{ fouling = [0.0, 6.0] }} # multiples of the clean thermal resistance

[modes.valve_stiction]
twin = "line-{number}-glycol-valve"
parameters = {{ stickBand = [0.0, 0.9] }} # share of the travel

[modes.sensor_drift]
twin = "line-{number}-product-thermometer"
parameters = {{ thermometerError = [-6.0, 6.0] }} # K
"""


def write_models(folder: Path) -> None:
    """simulation/: CoolingLoop.mo and line-N-cooling.toml. `build_fmu` adds the FMU where there is a C compiler."""
    target = folder / "simulation"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(HERE / "CoolingLoop.mo", target / "CoolingLoop.mo")
    for line in range(LINES):
        text = _ATTACHMENT.format(
            number=line + 1,
            # The cooler's area, a property of its twin, is 24 m² and 6 m² more with each line.
            transfer=COOLER_UA[line] / (24.0 + 6.0 * line),
            product=COOLER_PRODUCT[line],
            glycol=COOLER_GLYCOL[line],
            valve=VALVE_FLOW[line],
        )
        (target / f"line-{line + 1}-cooling.toml").write_text(text, encoding="utf-8")
