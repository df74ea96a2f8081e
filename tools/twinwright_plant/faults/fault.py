"""What a fault is: which asset it sits on, and how it degrades that asset's health over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import exp

from ..physics.health import CONVEYORS, LINES, MACHINES, Health

# (health, asset, degree, chance): asset is the index of the twin in `Fault.places`; degree is severity times progress,
# 0 to about 1; chance is a uniform number, new each 40 s.
Effect = Callable[[Health, int, float, float], None]
Places = tuple[tuple[str, str], ...]  # (twin, what people call it)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one asset.

    Attributes:
        id: what people call it on the command line.
        places: the assets that can have it; `asset` is the index of the one that has.
        signal: the signal of the asset that shows the fault most directly.
        mode: id of the failure mode.
        effect: sets the health that the fault has spoilt.
        grows_h: time constant of its growth in hours; 0 for a fault that is there at once.
        lead_h: earliest and latest onset, in hours before the moment of asking.
        words: one sentence for people who play with it, {} standing for the asset.
    """

    id: str
    places: Places
    signal: str
    mode: str
    effect: Effect
    grows_h: float
    lead_h: tuple[float, float]
    words: str
    asset: int = 0

    @property
    def twin(self) -> str:
        """The asset that has it."""
        return self.places[self.asset][0]

    @property
    def line(self) -> int:
        """The number of the line that feels it first; 3, the line with the least reserve, for utilities."""
        return int(self.twin.split("-")[1]) if self.twin.startswith("line-") else LINES

    @property
    def says(self) -> str:
        """One sentence for people who play with it."""
        sentence = self.words.format(self.places[self.asset][1])
        return sentence[0].upper() + sentence[1:]

    def on(self, asset: int) -> Fault:
        """The same fault on another asset that can have it.

        Raises:
            IndexError: there is no such asset.
        """
        if not 0 <= asset < len(self.places):
            raise IndexError(f"{self.id} has {len(self.places)} places, not a place {asset}")
        return replace(self, asset=asset)

    def degree(self, severity: float, hours: float) -> float:
        """How far the fault has come, `hours` after its onset (0 before)."""
        if hours <= 0.0:
            return 0.0
        return severity * (1.0 - exp(-hours / self.grows_h) if self.grows_h else 1.0)

    def spoil(self, health: Health, degree: float, chance: float) -> None:
        """Degrade the asset's health to that degree."""
        self.effect(health, self.asset, degree, chance)


def at_lines(part: str, called: str) -> Places:
    """That part of each line."""
    return tuple((f"line-{line}-{part}", f"{called} of line {line}") for line in range(1, LINES + 1))


def numbered(twin: str, called: str) -> Places:
    """The two pumps or compressors of that name; a {} in either stands for the number."""
    return tuple((twin.format(number), called.format(number)) for number in (1, 2))


def conveyors() -> Places:
    """All conveyors, line by line."""
    return tuple(
        (
            f"line-{line}-conveyor-{index + 1}",
            f"the conveyor from the {MACHINES[index]} to the {MACHINES[index + 1]} of line {line}",
        )
        for line in range(1, LINES + 1)
        for index in range(CONVEYORS)
    )


def grows(part: str, most: float = 1.0, limit: float = float("inf")) -> Effect:
    """Sets the asset's number in a list of `Health` to `most` times the degree, but no higher than `limit`."""

    def effect(health: Health, asset: int, degree: float, chance: float) -> None:
        getattr(health, part)[asset] = min(limit, most * degree)

    return effect


def grows_alone(part: str, most: float = 1.0, limit: float = float("inf")) -> Effect:
    """The same for a part that the plant has one of."""

    def effect(health: Health, asset: int, degree: float, chance: float) -> None:
        setattr(health, part, min(limit, most * degree))

    return effect


def breaks(part: str) -> Effect:
    """Sets a flag of `Health` for the asset as soon as the fault has begun."""

    def effect(health: Health, asset: int, degree: float, chance: float) -> None:
        getattr(health, part)[asset] = degree > 0.0

    return effect
