"""What stands where in the fleet: regions, substations, transformers, busbars, feeders, breakers, weather stations."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from .models import dtmi

Twin = dict[str, Any]
Edge = dict[str, Any]
MAKERS = ("Halvorsen", "Elektra Brno", "Vasama", "Tessier")
# substation: region, high voltage in kV, transformers with rated power in MVA, feeders
SUBSTATIONS: dict[str, tuple[str, float, tuple[float, ...], int]] = {
    "solvik": ("coast", 132.0, (40.0, 40.0), 5),
    "havnes": ("coast", 132.0, (25.0, 25.0), 4),
    "skjaer": ("coast", 66.0, (16.0,), 3),
    "granmo": ("inland", 132.0, (63.0, 63.0, 40.0), 6),
    "elvedal": ("inland", 66.0, (25.0, 16.0), 4),
    "tjern": ("inland", 66.0, (16.0,), 3),
    "fjellbu": ("uplands", 66.0, (10.0, 10.0), 3),
    "vidde": ("uplands", 132.0, (25.0,), 4),
}


@dataclass
class Fleet:
    """Twins and relationships as they are put together."""

    seed: int
    twins: list[Twin] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._draw = random.Random(f"fleet {self.seed}")
        for region in dict.fromkeys(entry[0] for entry in SUBSTATIONS.values()):
            self._twin(f"region-{region}", "Region", f"{region.capitalize()} region")
            station = self._twin(f"weather-{region}", "WeatherStation", f"Weather station {region}", plate=True)
            self._edge(f"region-{region}", "houses", station)
        for name, (region, voltage, transformers, feeders) in SUBSTATIONS.items():
            self._substation(name, region, voltage, transformers, feeders)

    def ids(self, model: str) -> list[str]:
        """The ids of the twins of exactly that model."""
        return [twin["$dtId"] for twin in self.twins if twin["$metadata"]["$model"] == dtmi(model)]

    def _substation(self, name: str, region: str, kv: float, rated: tuple[float, ...], feeders: int) -> None:
        self._twin(name, "Substation", f"{name.capitalize()} substation", highVoltage=kv, staffed=name == "granmo")
        self._edge(f"region-{region}", "houses", name)
        self._edge(f"weather-{region}", "monitors", name)
        busbar = self._twin(f"{name}-busbar", "Busbar", f"Busbar 22 kV {name.capitalize()}", plate=True)
        self._edge(name, "houses", busbar)
        for number, power in enumerate(rated, 1):
            transformer = self._twin(
                f"{name}-t{number}",
                "PowerTransformer",
                f"Transformer T{number} {name.capitalize()}",
                plate=True,
                ratedPower=power,
                coolingClass="ONAF" if power >= 25.0 else "ONAN",
            )
            self._edge(name, "houses", transformer)
            self._edge(transformer, "supplies", busbar)
            self._breaker(name, f"{name}-t{number}-breaker", transformer, "SF6")
        for number in range(1, feeders + 1):
            feeder = self._twin(
                f"{name}-f{number}",
                "Feeder",
                f"Feeder F{number} {name.capitalize()}",
                plate=True,
                customers=self._draw.randrange(180, 5200),
                cable=round(self._draw.uniform(0.05, 0.95), 2),
            )
            self._edge(name, "houses", feeder)
            self._edge(busbar, "supplies", feeder)
            self._breaker(name, f"{name}-f{number}-breaker", feeder, "vacuum" if number % 2 else "SF6")

    def _breaker(self, place: str, twin: str, protected: str, medium: str) -> None:
        label = f"Breaker of {protected.removeprefix(f'{place}-').upper()} {place.capitalize()}"
        self._twin(twin, "CircuitBreaker", label, plate=True, medium=medium)
        self._edge(place, "houses", twin)
        self._edge(twin, "protects", protected)

    def _twin(self, twin: str, model: str, name: str, /, *, plate: bool = False, **properties: Any) -> str:
        draw = self._draw
        born = {
            "manufacturer": draw.choice(MAKERS),
            "inService": f"{draw.randint(1974, 2022)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}",
        }
        document = {"$dtId": twin, "$metadata": {"$model": dtmi(model)}, "name": name}
        self.twins.append(document | (born if plate else {}) | properties)
        return twin

    def _edge(self, source: str, name: str, target: str) -> None:
        self.edges.append(
            {
                "$relationshipId": f"{source}--{name}--{target}",
                "$sourceId": source,
                "$targetId": target,
                "$relationshipName": name,
            }
        )
