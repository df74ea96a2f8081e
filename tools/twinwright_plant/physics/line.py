"""One bottling line: six machines with accumulation conveyors between them that block and starve.

Bottles are conserved: what the depalletizer feeds in leaves as packed or rejected bottles, or stands on a conveyor.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .health import CONVEYORS, MACHINES

RUNNING, STARVED, BLOCKED, FAULT, CHANGEOVER = range(5)
STATES = ("running", "starved", "blocked", "fault", "changeover")

DEPALLETIZER, RINSER, FILLER, CAPPER, LABELLER, PACKER = range(6)
# The V-graph of a line: the filler is the bottleneck, machines are faster the farther they stand from it.
OVERSPEED = (1.28, 1.16, 1.0, 1.08, 1.15, 1.25)
# Accumulation of each conveyor in seconds of nominal production; filler and capper stand close together.
ACCUMULATION_S = (120.0, 75.0, 30.0, 150.0, 180.0)
CONVEYOR_OVERSPEED = 1.45
USES_AIR = (True, False, False, False, True, True)
AIR_SHARE = (0.2, 0.06, 0.1, 0.12, 0.17, 0.35)  # of a line's air consumption at nominal speed, by machine

FOAM_MARGIN_K = 0.8  # product this much above its setpoint starts to foam in the bottle
FOAM_SLOPE = 0.35  # share of speed that the filler gives up for each K beyond that
AIR_DERATE_BAR, AIR_STOP_BAR = 6.0, 4.6
WINDING_DERATE_C, WINDING_STOP_C = 95.0, 115.0
WINDING_RISE_K = 50.0  # rise over the hall at rated current
WINDING_TAU_S = 900.0


def clip(value: float, low: float = 0.0, high: float = 1.0) -> float:
    """The value, kept between low and high."""
    return low if value < low else high if value > high else value


def foam_limit(temperature: float, setpoint: float) -> float:
    """Speed (share of nominal) at which carbonated product of that temperature, °C, can still be filled."""
    return clip(1.0 - FOAM_SLOPE * (temperature - setpoint - FOAM_MARGIN_K), 0.3, 1.0)


def air_limit(pressure: float) -> float:
    """Speed (share of design) that pneumatics reach at that gauge pressure, bar; the interlock stops them below 4.6."""
    return clip((pressure - AIR_STOP_BAR) / (AIR_DERATE_BAR - AIR_STOP_BAR))


def supply_limit(voltage: float) -> float:
    """Share of its speed that a drive reaches at that voltage (share of nominal): it limits itself below 0.88."""
    return clip((voltage - 0.72) / 0.16)


def winding_limit(temperature: float) -> float:
    """Speed (share of design) that a drive's thermal protection allows at that winding temperature, °C."""
    return clip((WINDING_STOP_C - temperature) / (WINDING_STOP_C - WINDING_DERATE_C))


@dataclass(slots=True)
class LineInputs:
    """What a line is asked to do in one time step.

    Attributes:
        rate: bottles per second asked of the filler; changeover: whether the line is being changed over.
        stops: which machines stand for a short stop of their own.
        air: pressure at the line's air service unit, bar; product, setpoint: product temperature in the bowl, °C.
        hall: temperature of the hall, °C; supply: share of their speed that the drives reach at the mains voltage.
    """

    rate: float
    changeover: bool
    stops: tuple[bool, ...]
    air: float
    product: float
    setpoint: float
    hall: float
    supply: float = 1.0


NO_DRAG = [0.0] * CONVEYORS


@dataclass(slots=True)
class Line:
    """State of one line.

    Attributes:
        nominal: the line's nominal rate, bottles per second.
        content: bottles on each conveyor; rates: bottles per second taken in by each machine in the last step.
        rejects: share of bottles that each machine rejected; fed, packed, rejected: bottles since the start.
        winding: winding temperature of each machine's main drive, °C; current: its current, share of rated.
    """

    nominal: float
    capacity: list[float] = field(init=False)
    content: list[float] = field(init=False)
    speeds: list[float] = field(default_factory=lambda: [0.0] * len(MACHINES))
    rates: list[float] = field(default_factory=lambda: [0.0] * len(MACHINES))
    states: list[int] = field(default_factory=lambda: [RUNNING] * len(MACHINES))
    rejects: list[float] = field(default_factory=lambda: [0.0] * len(MACHINES))
    winding: list[float] = field(default_factory=lambda: [55.0] * len(MACHINES))
    current: list[float] = field(default_factory=lambda: [0.0] * len(MACHINES))
    belts: list[float] = field(default_factory=lambda: [1.0] * CONVEYORS)
    cycle: float = 0.0
    fed: float = 0.0
    packed: float = 0.0
    rejected: float = 0.0
    _starved: list[bool] = field(default_factory=lambda: [False] * len(MACHINES))
    _blocked: list[bool] = field(default_factory=lambda: [False] * len(MACHINES))

    def __post_init__(self) -> None:
        self.capacity = [self.nominal * seconds for seconds in ACCUMULATION_S]
        self.content = [0.7 * self.capacity[0], 0.7 * self.capacity[1], *(0.2 * full for full in self.capacity[2:])]

    def step(
        self,
        dt: float,
        asked: LineInputs,
        *,
        infeed: float,
        jammed: bool,
        label_stock: float,
        clutch: float,
        friction: list[float],
        slip: list[float],
        drag: list[float] = NO_DRAG,
        fill: float = 0.0,
        vacuum: float = 0.0,
        dropped: bool = False,
    ) -> None:
        """Advance by dt seconds; the keywords are this line's part of `Health`."""
        limits = self._limits(asked, infeed, clutch, vacuum)
        for machine in range(len(MACHINES)):
            stands = (jammed and machine == LABELLER) or (dropped and machine == PACKER)
            self._drive(machine, asked, limits[machine], stands)
        self._set_rejects(asked, label_stock, clutch, fill)
        self._move(dt, slip, drag)
        self._warm(dt, asked.hall, friction)

    def _limits(self, asked: LineInputs, infeed: float, clutch: float, vacuum: float) -> list[float]:
        """Share of its design speed that each machine could run at now."""
        air = air_limit(asked.air)
        supply = asked.supply
        limits = [supply if warm <= WINDING_DERATE_C else min(supply, winding_limit(warm)) for warm in self.winding]
        if air < 1.0:
            for machine, pneumatic in enumerate(USES_AIR):
                if pneumatic:
                    limits[machine] = min(limits[machine], air)
        limits[FILLER] = min(limits[FILLER], foam_limit(asked.product, asked.setpoint))
        # A slower layer cycle is the depalletizer's speed; a capper with a slipping clutch retries and slows itself.
        limits[DEPALLETIZER] /= 1.0 + infeed
        limits[CAPPER] *= 1.0 - 0.38 * clutch
        # Grippers that lose their packs are given more time to draw them in.
        limits[PACKER] *= 1.0 - 0.4 * vacuum
        return limits

    def _drive(self, machine: int, asked: LineInputs, limit: float, jammed: bool) -> None:
        """Set one machine's speed and state from what stands before and behind it, and from what it is able to."""
        content, capacity = self.content, self.capacity
        before = content[machine - 1] / capacity[machine - 1] if machine else 1.0
        behind = content[machine] / capacity[machine] if machine < PACKER else 0.0
        starved = self._starved[machine] = before < (0.16 if self._starved[machine] else 0.03)
        blocked = self._blocked[machine] = behind > (0.88 if self._blocked[machine] else 0.985)
        target, state = 0.0, RUNNING
        if asked.changeover and (machine == DEPALLETIZER or starved):
            state = CHANGEOVER
        elif jammed or limit <= 0.0 or asked.stops[machine]:
            state = FAULT
        elif blocked:
            state = BLOCKED
        elif starved:
            state = STARVED
        else:
            if machine != FILLER and (before < 0.24 or behind > 0.7):
                limit = min(limit, clip((before - 0.02) / 0.22), clip((1.0 - behind) / 0.3))
            target = OVERSPEED[machine] * asked.rate * (limit if limit < 1.0 else 1.0)
        self.states[machine] = state
        self.speeds[machine] += 0.7 * (target - self.speeds[machine])

    def _set_rejects(self, asked: LineInputs, label_stock: float, clutch: float, fill: float) -> None:
        foam = max(0.0, asked.product - asked.setpoint - FOAM_MARGIN_K)
        self.rejects[FILLER] = 0.002 + min(0.12, 0.012 * foam) + 0.09 * fill
        self.rejects[CAPPER] = 0.0015 + 0.11 * clutch * clutch
        self.rejects[LABELLER] = 0.003 + 0.05 * label_stock

    def _move(self, dt: float, slip: list[float], drag: list[float]) -> None:
        """Move bottles, from the packer back, so that no conveyor overflows or gives what it doesn't hold."""
        content, capacity, rejects, rates = self.content, self.capacity, self.rejects, self.rates
        carries = CONVEYOR_OVERSPEED * self.nominal
        room = float("inf")
        # Plain comparisons: this loop is where a simulation spends most of its time.
        for machine in range(PACKER, -1, -1):
            wanted, before = self.speeds[machine], machine - 1
            if machine:
                belt = self.belts[before] = 1.0 - slip[before] - 0.22 * drag[before]
                carried, held = carries * belt * belt, content[before] / dt
                if carried < wanted:
                    wanted = carried
                if held < wanted:
                    wanted = held
            space = room / (1.0 - rejects[machine])
            if space < wanted:
                wanted = space
            rates[machine] = taken = wanted if wanted > 0.0 else 0.0
            if machine:
                room = (capacity[before] - content[before]) / dt + taken
        for machine, taken in enumerate(rates):
            passed = taken * (1.0 - rejects[machine]) * dt
            self.rejected += taken * dt - passed
            if machine < PACKER:
                content[machine] += passed
            else:
                self.packed += passed
            if machine:
                content[machine - 1] -= taken * dt
            else:
                self.fed += taken * dt

    def _warm(self, dt: float, hall: float, friction: list[float]) -> None:
        """Motor currents, and the winding temperatures that follow the square of them."""
        nominal, states, winding = self.nominal, self.states, self.winding
        for machine, rate in enumerate(self.rates):
            load = rate / (nominal * OVERSPEED[machine])
            turning = 0.22 if states[machine] != CHANGEOVER else 0.08
            current = self.current[machine] = turning + 0.68 * load * (1.0 + friction[machine])
            goal = hall + WINDING_RISE_K * current * current
            winding[machine] += (goal - winding[machine]) * dt / WINDING_TAU_S

    def air_demand(self) -> float:
        """Share of the line's nominal air consumption that its machines draw now (at full pressure)."""
        return 0.08 + 0.92 * sum(share * rate for share, rate in zip(AIR_SHARE, self.rates, strict=True)) / self.nominal
