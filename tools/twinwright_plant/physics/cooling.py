"""The glycol loop: tank, two pumps in parallel, chiller, header, and a control valve and product cooler for each line.

Units: litres per second, bar, °C, kW; head is given in bar of glycol.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, sqrt

from .health import LINES, Health
from .line import clip

GLYCOL_DENSITY, GLYCOL_CP = 1.03, 3.75  # kg/l, kJ/(kg K): propylene glycol 30 %
PRODUCT_DENSITY, PRODUCT_CP = 1.03, 4.0
METRES_PER_BAR = 9.9  # head of glycol that one bar is

# Pumps: head = SHUTOFF n² - CURVE q² (affinity laws with n = speed / rated speed)
SHUTOFF, CURVE = 8.4, 0.1
SUCTION_LOSS, SUCTION_LOSS_CLOGGED = 0.001, 0.5
STATIC_SUCTION = 1.22  # absolute pressure at the suction flange with no flow and the tank at its usual level
SUCTION_PER_LEVEL = 0.0018  # what a percent of level in the tank adds to that, bar
VAPOUR = 0.02  # absolute pressure that a pump can't draw its suction below: the flow chokes there
PIPE_LOSS = 0.0022  # chiller evaporator and header, bar per (l/s)²
HEADER_SETPOINT = 2.0
EFFICIENCY = 0.66
BEARING_TRIP_C = 95.0

VALVE_FLOW = (6.2, 4.6, 5.4)  # flow coefficient of each line's valve, l/s per sqrt(bar)
COOLER_UA = (19.5, 15.0, 18.0)  # clean, kW/K at nominal flows
COOLER_PRODUCT = (5.0, 3.75, 5.0)  # nominal product flow, l/s
COOLER_GLYCOL = (6.0, 4.5, 6.0)
TANK_LITRES = 6000.0  # content at the usual level
TANK_LEVEL = 71.0  # percent
VORTEX_LEVEL = 14.0  # percent; below it the pumps draw air
CHILLER_KW = 580.0
SUPPLY_SETPOINT = -2.0


def pump_head(speed: float, flow: float) -> float:
    """Head in bar of a sound pump at that speed (share of rated) and flow (l/s), from the affinity laws."""
    return SHUTOFF * speed * speed - CURVE * flow * flow


def npsh_required(flow: float) -> float:
    """Net positive suction head, m, that a pump needs at that flow, l/s."""
    return 1.5 + 0.035 * flow * flow


def cooler_duty(ua: float, product: float, glycol: float, product_in: float, glycol_in: float) -> float:
    """Heat in kW that a counterflow cooler moves (effectiveness-NTU); flows in l/s, temperatures in °C."""
    hot, cold = product * PRODUCT_DENSITY * PRODUCT_CP, glycol * GLYCOL_DENSITY * GLYCOL_CP
    if hot <= 0.0 or cold <= 0.0:
        return 0.0
    small, large = (hot, cold) if hot < cold else (cold, hot)
    ratio, ntu = small / large, ua / small
    if ratio > 0.999:
        effectiveness = ntu / (1.0 + ntu)
    else:
        decay = exp(-ntu * (1.0 - ratio))
        effectiveness = (1.0 - decay) / (1.0 - ratio * decay)
    return effectiveness * small * (product_in - glycol_in)


def cooler_ua(line: int, product: float, glycol: float, fouling: float) -> float:
    """UA in kW/K: two films in series, each growing with the 0.8th power of its flow, and a fouling resistance."""
    film: float = 0.5 * (COOLER_PRODUCT[line] / product) ** 0.8 + 0.5 * (COOLER_GLYCOL[line] / glycol) ** 0.8
    return COOLER_UA[line] / (film + fouling)


@dataclass(slots=True)
class Cooler:
    """A line's product cooler with the valve and the controller that hold the product at its setpoint."""

    line: int
    position: float = 0.6
    command: float = 0.6
    integral: float = 0.6
    duty: float = 120.0
    product_in: float = 17.0
    product_out: float = 8.0
    glycol_out: float = 6.0
    glycol_flow: float = 5.0
    product_flow: float = 5.0
    bowl: float = 8.0
    reading: float = 8.0

    def control(
        self,
        dt: float,
        setpoint: float,
        drift: float,
        stiction: float,
        jitter: float = 0.0,
        *,
        stuck: bool = False,
        seized: bool = False,
    ) -> None:
        """PI controller on the thermometer behind the cooler; then the valve follows, as far as its packing lets it.

        `stuck`: the thermometer keeps its last reading; `seized`: the actuator can't move the valve.
        """
        if not stuck:
            self.reading = self.product_out + drift + 0.04 * jitter
        error = self.reading - setpoint
        # Feed-forward: glycol in proportion to the product; the controller trims the proportion.
        share = self.product_flow / COOLER_PRODUCT[self.line]
        if self.command < 1.0 or error < 0.0:  # no windup against a valve that is open already
            self.integral = clip(self.integral + 0.03 * error * dt / 90.0, 0.05, 4.0)
        self.command = clip(self.integral * share + 0.03 * error, 0.05, 1.0)
        if seized:
            return
        gap = self.command - self.position
        # Air opens the valve against packing and spring; the spring alone closes it, with less friction to overcome.
        # Once it moves, it stops short by about three quarters of that friction.
        if gap > stiction:
            self.position += 0.8 * (gap - 0.75 * stiction)
        elif gap < -0.3 * stiction:
            self.position += 0.8 * (gap + 0.22 * stiction)

    def exchange(self, dt: float, filled: float, product_in: float, supply: float, fouling: float) -> None:
        """Heat exchange over dt seconds with `filled` l/s of product on its way to the filler."""
        # Below an eighth of nominal flow the recirculation keeps the cooler wet and returns product to the blender.
        self.product_flow = flow = max(filled, 0.125 * COOLER_PRODUCT[self.line])
        self.product_in = product_in
        glycol = self.glycol_flow
        ua = cooler_ua(self.line, flow, glycol, fouling)
        steady = cooler_duty(ua, flow, glycol, product_in, supply)
        self.duty += (steady - self.duty) * dt / (dt + 25.0)
        highest = flow * PRODUCT_DENSITY * PRODUCT_CP * (product_in - supply)
        self.duty = min(self.duty, highest)
        self.product_out = product_in - self.duty / (flow * PRODUCT_DENSITY * PRODUCT_CP)
        self.glycol_out = supply + self.duty / (glycol * GLYCOL_DENSITY * GLYCOL_CP)
        self.bowl += (self.product_out - self.bowl) * dt * flow / (dt * flow + 400.0)


@dataclass(slots=True)
class GlycolLoop:
    """State of the loop; lists by pump. Pressures are gauge but for `suction`, which is absolute.

    Attributes:
        limits: share of rated speed that each pump's drive is limited to (its parameter `speedLimit`).
    """

    coolers: list[Cooler] = field(default_factory=lambda: [Cooler(line) for line in range(LINES)])
    tank: float = 4.0
    supply: float = -2.0
    load: float = 0.8
    load_integral: float = 0.8
    duty: float = 500.0
    header: float = 2.0
    flow: float = 16.0
    speed_integral: float = 0.92
    speed_command: float = 0.92
    commands: list[float] = field(default_factory=lambda: [0.92, 0.92])
    limits: list[float] = field(default_factory=lambda: [1.0, 1.0])
    level: float = TANK_LEVEL
    speeds: list[float] = field(default_factory=lambda: [0.92, 0.92])
    flows: list[float] = field(default_factory=lambda: [8.0, 8.0])
    suction: list[float] = field(default_factory=lambda: [1.15, 1.15])
    heads: list[float] = field(default_factory=lambda: [2.6, 2.6])
    cavitation: list[float] = field(default_factory=lambda: [0.0, 0.0])
    bearings: list[float] = field(default_factory=lambda: [48.0, 48.0])
    tripped: list[bool] = field(default_factory=lambda: [False, False])
    shaft: list[float] = field(default_factory=lambda: [6.0, 6.0])
    capacity: float = CHILLER_KW

    def step(
        self,
        dt: float,
        health: Health,
        hall: float,
        ambient: float,
        jitter: tuple[float, float] = (0.0, 0.0),
        supply: float = 1.0,
    ) -> None:
        """Advance pumps, header, chiller and tank by dt seconds; the coolers exchange heat on their own.

        `jitter` is what the sensors of header pressure and supply temperature add, in standard deviations; `supply` is
        the share of their speed that the drives reach at the mains voltage.
        """
        self.level = max(0.0, self.level - sum(health.seal) * dt / 3600.0 * TANK_LEVEL / TANK_LITRES)
        self._speed(dt, health, jitter[0], supply)
        self._hydraulics(health)
        self._pumps(dt, health, hall)
        self._chill(dt, health, ambient, jitter[1])

    def _speed(self, dt: float, health: Health, jitter: float, supply: float) -> None:
        error = HEADER_SETPOINT + health.header_setpoint - self.header - health.header_bias - 0.012 * jitter
        self.speed_integral = clip(self.speed_integral + 0.12 * error * dt / 40.0, 0.4, 1.0)
        self.speed_command = clip(self.speed_integral + 0.06 * error, 0.4, 1.0)
        for pump, hot in enumerate(self.bearings):
            # The protection trips a pump whose bearing runs hot; it stays off until somebody resets it.
            self.tripped[pump] = self.tripped[pump] or hot > BEARING_TRIP_C
            lead = -health.lead if pump else health.lead
            self.commands[pump] = command = min(self.limits[pump], self.speed_command * (1.0 + lead))
            reached = min(command, supply) * (1.0 - health.drive[pump])
            self.speeds[pump] += 0.5 * ((0.0 if self.tripped[pump] else reached) - self.speeds[pump])

    def _hydraulics(self, health: Health) -> None:
        """Header pressure at which the pumps deliver what the valves let through (Newton on its square root)."""
        openings = [
            VALVE_FLOW[cooler.line] * (cooler.position + health.passing[cooler.line] * (1.0 - cooler.position))
            for cooler in self.coolers
        ]
        conductance = sum(openings)
        resistance = 1.0 + PIPE_LOSS * conductance * conductance
        # Wider gaps at the impeller: less head, and a steeper curve, because more of the flow runs back.
        lift = [
            SHUTOFF * n * n * (1.0 - 0.5 * c) * (1.0 - 0.3 * worn)
            for n, c, worn in zip(self.speeds, self.cavitation, health.impeller, strict=True)
        ]
        losses = [SUCTION_LOSS + SUCTION_LOSS_CLOGGED * clog * clog for clog in health.strainer]
        curve = [CURVE + loss + 0.06 * worn for loss, worn in zip(losses, health.impeller, strict=True)]
        static = STATIC_SUCTION + SUCTION_PER_LEVEL * (self.level - TANK_LEVEL)
        choke = [sqrt((static - VAPOUR) / loss) for loss in losses]
        # The missing flow grows with the root and is convex, so Newton closes in from above once it is there;
        # beyond the highest shut-off head no pump delivers, so the search stays below that.
        top = 0.9999 * sqrt(max(lift) / resistance)
        root = min(top, sqrt(self.header))
        for _ in range(12):
            missing, slope = conductance * root, conductance
            for shutoff, steep, most in zip(lift, curve, choke, strict=True):
                excess = shutoff - resistance * root * root
                if excess > steep * most * most:
                    missing -= most
                elif excess > 0.0:
                    flow = sqrt(excess / steep)
                    missing -= flow
                    slope += resistance * root / (steep * flow)
            change = missing / slope
            root = max(0.05, min(top, root - change))
            if abs(change) < 1e-7:
                break
        self.header, self.flow = root * root, conductance * root
        for pump in range(2):
            excess = lift[pump] - resistance * self.header
            flow = self.flows[pump] = min(choke[pump], sqrt(excess / curve[pump])) if excess > 0.0 else 0.0
            suction_loss = losses[pump] * flow * flow
            self.suction[pump] = static - suction_loss
            # A pump that can't open its check valve stands at its shut-off head.
            self.heads[pump] = resistance * self.header + suction_loss if flow > 0.0 else lift[pump]
        for cooler, opening in zip(self.coolers, openings, strict=True):
            cooler.glycol_flow = opening * root

    def _pumps(self, dt: float, health: Health, hall: float) -> None:
        for pump in range(2):
            flow, speed = self.flows[pump], self.speeds[pump]
            available = METRES_PER_BAR * self.suction[pump]
            bubbles = clip((1.4 - available / npsh_required(flow)) / 0.5)
            if self.level < VORTEX_LEVEL:
                bubbles = max(bubbles, clip(1.0 - self.level / VORTEX_LEVEL))
            self.cavitation[pump] += 0.25 * (bubbles - self.cavitation[pump])
            # kW: l/s times bar is 0.1 kW; worn bearings and a floor for disc friction at no flow come on top
            hydraulic = 0.1 * self.heads[pump] * flow
            efficiency = EFFICIENCY * (1.0 - 0.3 * health.impeller[pump])
            self.shaft[pump] = hydraulic / efficiency + (1.2 + 1.6 * health.bearing[pump]) * speed**3
            goal = hall + (24.0 + 90.0 * health.bearing[pump]) * speed * speed
            self.bearings[pump] += (goal - self.bearings[pump]) * dt / 1200.0

    def _chill(self, dt: float, health: Health, ambient: float, jitter: float) -> None:
        flow = max(self.flow, 0.5)
        stream = flow * GLYCOL_DENSITY * GLYCOL_CP
        returned = sum(c.glycol_flow * c.glycol_out for c in self.coolers) / flow
        self.tank += (returned - self.tank) * dt * flow / (dt * flow + TANK_LITRES * max(0.05, self.level / TANK_LEVEL))
        error = self.supply + 0.04 * jitter - SUPPLY_SETPOINT
        self.load_integral = clip(self.load_integral + 0.12 * error * dt / 240.0, 0.1, 1.0)
        self.load = clip(self.load_integral + 0.12 * error, 0.1, 1.0)
        self.capacity = CHILLER_KW * (1.0 - 0.006 * (ambient - 10.0)) * (1.0 - health.condenser)
        # Less charge leaves part of the evaporator dry.
        self.capacity *= 1.0 - 0.75 * health.refrigerant
        self.duty += (self.load * self.capacity - self.duty) * dt / (dt + 60.0)
        self.supply = self.tank + (sum(self.shaft) - self.duty) / stream

    def returned(self) -> float:
        """Temperature of the mixed return from the coolers, °C."""
        return sum(c.glycol_flow * c.glycol_out for c in self.coolers) / max(self.flow, 1e-9)
