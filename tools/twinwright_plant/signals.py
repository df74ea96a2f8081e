"""Every signal of the plant, made from what the simulation recorded."""

from __future__ import annotations

import numpy as np

from .physics.air import FILTER_SHARE, UNIT_LOSS
from .physics.cooling import COOLER_PRODUCT, HEADER_SETPOINT, SUPPLY_SETPOINT
from .physics.health import CONVEYORS, LINES, MACHINES
from .physics.line import CAPPER, FILLER, LABELLER, OVERSPEED, RINSER, STATES, foam_limit
from .physics.simulate import Run
from .schedule import NOMINAL, NOMINAL_VOLTAGE, PRODUCTS, SHIFTS, STEP_S, Floats
from .sensors import Events, Measured, with_instruments

RATED_CURRENT = (16.0, 9.5, 42.0, 14.0, 11.0, 24.0)  # A, of each machine's main drive on line 2
LINE_SCALE = (0.9, 1.0, 1.2)
POWER_FACTOR = 0.86
SQRT3 = 3.0**0.5


def average(values: Floats, steps: int) -> Floats:
    """Mean over the last `steps` steps, this one included (fewer at the start)."""
    total = np.cumsum(np.concatenate([[0.0], values]))
    end = np.arange(1, len(values) + 1)
    begin = np.maximum(0, end - steps)
    return np.asarray((total[end] - total[begin]) / (end - begin), dtype=np.float64)


def lag(values: Floats, tau_s: float) -> Floats:
    """First-order lag of that time constant."""
    share, state = STEP_S / (STEP_S + tau_s), float(values[0])
    out = np.empty_like(values)
    for index, value in enumerate(values.tolist()):
        state += share * (value - state)
        out[index] = state
    return out


def all_signals(run: Run) -> tuple[list[Measured], list[Events]]:
    """The sampled signals and the event logs of the whole plant, in a fixed order."""
    sampled, events = [], []
    for line in range(LINES):
        sampled += [*_machines(run, line), *_conveyors(run, line), *_cooling_of(run, line), *_supplied(run, line)]
        events += _line_events(run, line)
    sampled += [*_glycol(run), *_air(run), *_power(run)]
    sampled.append(Measured("plant", "ambientTemperature", run.schedule.ambient, 0.1, 0.1))
    shift = np.array([name for name, _ in SHIFTS], dtype=object)[run.schedule.shift]
    events += [Events("plant", "shift", shift), Events("air-compressor-1", "loaded", run.plant["load_0"])]
    setpoint = np.round(HEADER_SETPOINT + run.plant["header_setpoint"], 3)  # as it is entered, 0.9 and not 0.8999…
    events.append(Events("glycol-header", "pressureSetpoint", setpoint))
    events.append(Events("chiller", "supplySetpoint", np.full(len(run.schedule.times), SUPPLY_SETPOINT)))
    return with_instruments(sampled, run.instruments), events


def voltage_of(run: Run) -> Floats:
    """Voltage at the main switchgear, V: what the network varies, less the sag of a weak grid."""
    return np.asarray(run.schedule.voltage * (1.0 - run.plant["sag"]), dtype=np.float64)


def drive_current(run: Run, line: int, machine: int) -> Floats:
    """Current of a machine's main drive in A; torque rises a little where the mains voltage falls."""
    rated = RATED_CURRENT[machine] * LINE_SCALE[line]
    return np.asarray(run.lines[line][f"current_{MACHINES[machine]}"] * rated * NOMINAL_VOLTAGE / voltage_of(run))


def _machines(run: Run, line: int) -> list[Measured]:
    data, name = run.lines[line], f"line-{line + 1}"
    found = [Measured(name, "throughput", 3600.0 * average(data["rate_packer"], 6), 0.0, 10.0)]
    for index, machine in enumerate(MACHINES):
        twin = f"{name}-{machine}"
        found.append(Measured(twin, "speed", 3600.0 * data[f"rate_{machine}"], 30.0, 10.0))
        found.append(Measured(twin, "motor.current", drive_current(run, line, index), 0.06, 0.01, 0.012))
        if index in (RINSER, FILLER):
            found.append(Measured(twin, "motor.windingTemperature", data[f"winding_{machine}"], 0.3, 0.1))
        if index in (FILLER, CAPPER, LABELLER):
            passed = STEP_S * data[f"rate_{machine}"]
            found.append(Measured(twin, "rejectRate", 100.0 * data[f"reject_{machine}"], 0.13, 0.01, counted=passed))
    return [*found, *_machine_details(run, line)]


def _machine_details(run: Run, line: int) -> list[Measured]:
    """What only one kind of machine has."""
    data, name = run.lines[line], f"line-{line + 1}"
    speed = data["rate_filler"] / NOMINAL[line]
    # 8 bottles by 12 in a layer, at the depalletizer's design speed
    layer = 308.0 / (NOMINAL[line] * OVERSPEED[0]) * (1.0 + data["infeed"])
    torque = run.schedule.of_product(line, "torque") * (1.0 - 0.4 * data["clutch"])
    spread = 0.05 + 0.22 * data["clutch"]
    bowl_pressure = 3.2 + 0.12 * (lag(data["bowl"], 120.0) - 8.0)
    tension = 24.0 - 9.0 * data["label_stock"] - 1.0 * speed
    return [
        Measured(f"{name}-depalletizer", "layerCycleTime", layer, 0.25, 0.05, 0.015),
        Measured(f"{name}-filler", "productTemperature", data["bowl"], 0.04, 0.01),
        Measured(f"{name}-filler", "bowlPressure", bowl_pressure, 0.012, 0.001),
        Measured(f"{name}-filler", "productFlow", 3.6 * data["product_flow"], 0.06, 0.01, 0.004),
        Measured(f"{name}-capper", "capTorque", torque, 0.012, 0.001),
        Measured(f"{name}-capper", "torqueSpread", spread, 0.004, 0.001, 0.05),
        Measured(f"{name}-labeller", "webTension", tension, 0.35, 0.1),
        Measured(f"{name}-filler", "fillVolumeSpread", 1.6 + 5.5 * data["fill"] + 0.5 * speed, 0.12, 0.01, 0.04),
        Measured(f"{name}-packer", "vacuum", 640.0 * (1.0 - 0.62 * data["vacuum"]), 6.0, 1.0),
        Measured(f"{name}-air-supply", "pressure", data["branch"], 0.015, 0.001),
        Measured(f"{name}-air-supply", "flow", data["drawn"], 1.5, 0.1, 0.008),
    ]


def _conveyors(run: Run, line: int) -> list[Measured]:
    data, found = run.lines[line], []
    from_to = 1.0 / NOMINAL[line]
    seconds = (120.0, 75.0, 30.0, 150.0, 180.0)
    for index in range(CONVEYORS):
        twin = f"line-{line + 1}-conveyor-{index + 1}"
        full = 100.0 * data[f"content_{index}"] * from_to / seconds[index]
        found.append(Measured(twin, "accumulation", full, 0.6, 0.1))
        found.append(Measured(twin, "beltSpeed", 0.62 * data[f"belt_{index}"], 0.004, 0.001))
        # A geared motor of 1.5 kW: most of its torque goes into sliding the bottles that stand on the chain.
        current = (1.5 + 0.9 * full / 100.0 + 2.2 * data[f"drag_{index}"]) * NOMINAL_VOLTAGE / voltage_of(run)
        warm = run.schedule.hall + 14.0 + 34.0 * data[f"drag_{index}"]
        found.append(Measured(twin, "motor.current", current, 0.03, 0.01, 0.01))
        found.append(Measured(twin, "bearingTemperature", lag(warm, 1500.0), 0.3, 0.1))
    return found


def _supplied(run: Run, line: int) -> list[Measured]:
    """What reaches a line from outside of it: product from the blender, filtered air."""
    data, name = run.lines[line], f"line-{line + 1}"
    drop = UNIT_LOSS * data["drawn"] ** 2 * (FILTER_SHARE + data["filter_dirt"])
    return [
        Measured(f"{name}-blender", "outletTemperature", data["product_in"], 0.05, 0.01),
        Measured(f"{name}-blender", "outletFlow", 3.6 * data["product_flow"], 0.05, 0.01, 0.005),
        Measured(f"{name}-air-filter", "differentialPressure", drop, 0.004, 0.001),
    ]


def _cooling_of(run: Run, line: int) -> list[Measured]:
    data, name = run.lines[line], f"line-{line + 1}"
    cooler, valve, probe = f"{name}-product-cooler", f"{name}-glycol-valve", f"{name}-product-thermometer"
    relative = data["product_flow"] / COOLER_PRODUCT[line]
    drop = 0.85 * relative**1.9 * (1.0 + 1.8 * data["fouling"])
    return [
        Measured(cooler, "productInletTemperature", data["product_in"], 0.05, 0.01),
        Measured(cooler, "glycolOutletTemperature", data["glycol_out"], 0.06, 0.01),
        Measured(cooler, "glycolFlow", 3.6 * data["glycol_flow"], 0.05, 0.01, 0.006),
        Measured(cooler, "pressureDrop", drop, 0.006, 0.001, 0.006),
        Measured(valve, "command", 100.0 * data["command"], 0.0, 0.1),
        Measured(valve, "position", 100.0 * data["position"], 0.15, 0.1),
        Measured(valve, "deviation", 100.0 * (data["command"] - data["position"]), 0.2, 0.1),
        Measured(probe, "temperature", data["product_out"] + data["drift"], 0.05, 0.01),
        Measured(probe, "elementDifference", 0.05 + 0.5 * np.abs(data["drift"]), 0.02, 0.01),
    ]


def _line_events(run: Run, line: int) -> list[Events]:
    data, name = run.lines[line], f"line-{line + 1}"
    states = np.array(STATES, dtype=object)
    found = [Events(f"{name}-{m}", "state", states[data[f"state_{m}"].astype(np.int64)]) for m in MACHINES]
    codes = np.array([product.code for product in PRODUCTS[line]], dtype=object)[run.schedule.products[line]]
    setpoint = run.schedule.of_product(line, "setpoint")
    entered = np.round(setpoint + data["setpoint_error"], 2)
    speed = np.round(3600.0 * run.schedule.rate[line], -1)
    limited = [
        float(foam_limit(warm, goal) < 1.0) for warm, goal in zip(data["bowl"].tolist(), setpoint.tolist(), strict=True)
    ]
    return [
        Events(name, "product", codes),
        *found,
        Events(f"{name}-filler", "temperatureSetpoint", entered),
        Events(f"{name}-filler", "speedSetpoint", speed),
        Events(f"{name}-filler", "foamLimitActive", np.array(limited)),
    ]


def _glycol(run: Run) -> list[Measured]:
    data, found = run.plant, []
    for pump in (0, 1):
        twin = f"glycol-pump-{pump + 1}"
        speed, wear, bubbles = data[f"speed_{pump}"], data[f"wear_{pump}"], data[f"cavitation_{pump}"]
        vibration = 0.3 + 1.4 * speed**2 + 4.5 * wear * speed + 5.5 * bubbles
        vibration = vibration + 4.2 * data[f"imbalance_{pump}"] * speed**2
        current = data[f"shaft_{pump}"] / 0.91 * 1000.0 / (SQRT3 * voltage_of(run) * POWER_FACTOR)
        discharge = data[f"suction_{pump}"] - 1.0 + data[f"head_{pump}"]
        found += [
            Measured(twin, "speed", 2900.0 * speed, 1.5, 1.0),
            Measured(twin, "flow", 3.6 * data[f"flow_{pump}"], 0.08, 0.01, 0.006),
            Measured(twin, "suctionPressure", data[f"suction_{pump}"] - 1.0, 0.006, 0.001),
            Measured(twin, "dischargePressure", discharge, 0.015, 0.001),
            Measured(twin, "vibration", vibration, 0.05, 0.01, 0.05),
            Measured(twin, "bearingTemperature", data[f"bearing_{pump}"], 0.2, 0.1),
            Measured(twin, "motor.current", current, 0.04, 0.01, 0.01),
            Measured(twin, "sealLeakage", 0.25 + data[f"seal_{pump}"], 0.08, 0.01, 0.05),
            Measured(f"{twin}-drive", "frequency", 50.0 * speed, 0.02, 0.01),
            Measured(f"{twin}-drive", "commandFrequency", 50.0 * data[f"command_{pump}"], 0.0, 0.01),
        ]
    # The fans hold 12 bar as long as they can; beyond that the pressure follows heat and outdoor temperature.
    rejected = 0.0145 * data["duty"] / (1.0 - data["condenser"])
    gone = data["refrigerant"]
    floor = 12.0 * (1.0 - 0.3 * gone)
    condensing = np.maximum(floor, 5.0 + 0.22 * (run.schedule.ambient - 10.0) + rejected)
    # Evaporating pressure of the refrigerant, gauge: lower the more the compressor draws, and with little charge.
    suction = (2.5 + 0.08 * (data["supply"] + 2.0) - 0.5 * data["load"]) * (1.0 - 0.45 * gone)
    power = 0.23 * data["duty"] * (condensing / 14.0) ** 0.8
    return [
        *found,
        Measured("glycol-tank", "temperature", data["tank"], 0.05, 0.01),
        Measured("glycol-tank", "level", data["level"] + 0.15 * (data["tank"] - 7.0), 0.08, 0.01),
        Measured("glycol-header", "pressure", data["header"] + data["header_bias"], 0.012, 0.001),
        Measured("glycol-header", "pressureMonitor", data["header"], 0.015, 0.001),
        Measured("glycol-header", "flow", 3.6 * data["flow"], 0.15, 0.01, 0.004),
        Measured("chiller", "load", 100.0 * data["load"], 0.3, 0.1),
        Measured("chiller", "supplyTemperature", data["supply"], 0.05, 0.01),
        Measured("chiller", "returnTemperature", data["returned"], 0.06, 0.01),
        Measured("chiller", "condensingPressure", condensing, 0.05, 0.01),
        Measured("chiller", "activePower", power, 0.6, 0.1),
        Measured("chiller", "suctionPressure", suction, 0.02, 0.01),
        Measured("chiller", "superheat", 6.0 + 2.0 * (0.8 - data["load"]) + 15.0 * gone, 0.25, 0.1),
    ]


def compressor_power(run: Run, compressor: int) -> Floats:
    """Electrical power in kW: idling a third, and 0.11 kW for each Nm³/h that the rotor moves, delivered or not."""
    load = run.plant[f"load_{compressor}"]
    return np.asarray(6.0 + 49.0 * load * (1.0 + 0.05 * (run.plant["pressure"] - 7.0)))


def _air(run: Run) -> list[Measured]:
    data, found = run.plant, []
    for compressor in (0, 1):
        twin, load = f"air-compressor-{compressor + 1}", data[f"load_{compressor}"]
        back, clogged = data[f"valve_{compressor}"], data[f"intake_{compressor}"]
        hot = lag(run.schedule.hall + 38.0 + 18.0 * load + 42.0 * back * load + 9.0 * clogged * load, 600.0)
        current = compressor_power(run, compressor) * 1000.0 / (SQRT3 * voltage_of(run) * POWER_FACTOR)
        found += [
            Measured(twin, "load", 100.0 * load, 0.4, 0.1),
            Measured(twin, "flow", data[f"delivered_{compressor}"], 2.0, 0.1, 0.006),
            Measured(twin, "dischargeTemperature", hot, 0.3, 0.1),
            Measured(twin, "motor.current", current, 0.3, 0.1, 0.006),
            Measured(twin, "intakeDifferentialPressure", load * (8.0 + 70.0 * clogged), 0.4, 0.1),
            Measured(twin, "dischargePressure", data["pressure"] + data["dryer_drop"], 0.015, 0.001),
        ]
    through = data["delivered_0"] + data["delivered_1"]
    dew_point = 3.0 + 0.1 * (run.schedule.hall - 20.0) + 2.5e-6 * (through**2 - 800.0**2)
    return [
        *found,
        Measured("air-dryer", "differentialPressure", data["dryer_drop"], 0.004, 0.001),
        Measured("air-dryer", "dewPoint", lag(dew_point, 900.0), 0.1, 0.1),
        Measured("air-header", "pressure", data["pressure"] + data["air_bias"], 0.012, 0.001),
        Measured("air-header", "pressureMonitor", data["pressure"], 0.015, 0.001),
        Measured("air-header", "flow", data["demand"], 3.0, 0.1, 0.004),
    ]


def board_power(run: Run, line: int) -> Floats:
    """Power in kW of a line's machines and conveyors."""
    total = 8.0 + np.zeros(len(run.schedule.times))
    for machine in range(len(MACHINES)):
        total = total + SQRT3 * voltage_of(run) * POWER_FACTOR * drive_current(run, line, machine) / 1000.0
    return total


def pump_power(run: Run, pump: int) -> Floats:
    """Electrical power in kW that a glycol pump's drive takes."""
    return np.asarray(run.plant[f"shaft_{pump}"] / 0.91 / 0.97)


def _power(run: Run) -> list[Measured]:
    boards = [board_power(run, line) for line in range(LINES)]
    pumps = [pump_power(run, pump) for pump in (0, 1)]
    chiller = next(s.values for s in _glycol(run) if s.signal == "activePower")
    utilities = sum(pumps) + chiller + compressor_power(run, 0) + compressor_power(run, 1) + 5.0
    total = sum(boards) + utilities
    found = [Measured(f"board-{line + 1}", "activePower", boards[line], 0.2, 0.1, 0.004) for line in range(LINES)]
    return [
        *found,
        Measured("board-utilities", "activePower", utilities, 0.5, 0.1, 0.004),
        Measured("main-switchgear", "activePower", total, 1.0, 0.1, 0.003),
        Measured("main-switchgear", "voltage", voltage_of(run), 0.25, 0.1),
        Measured("grid-connection", "voltage", 20.0 * voltage_of(run) / NOMINAL_VOLTAGE + 1.4e-4 * total, 0.012, 0.01),
        Measured("grid-connection", "frequency", np.full(len(total), 50.0), 0.012, 0.001),
    ]
