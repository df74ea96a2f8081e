"""Failure modes in memory. All of it is immutable."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log

# How often a signal of a faulty twin shows each kind of deviation, whatever the fault: what a sign has to beat.
# Judgement, not measurement: among faults, shifts are common, and a signal that merely falls silent is rare.
BACKGROUND = {
    "level": 0.12,
    "slope": 0.08,
    "spread": 0.05,
    "oscillation": 0.04,
    "out_of_range": 0.04,
    "stuck": 0.02,
    "dropout": 0.02,
    "state": 0.08,
    "events": 0.08,
    "duration": 0.04,
    "mismatch": 0.03,
}
RARE = 0.03
# A signal of a faulty twin deviates at all: no signal can do all of the above, a number has no state, a state no slope.
DEVIATES = 0.37
# How often a mode turns up, against one that is neither common nor rare (judgement of maintenance records).
FREQUENCY = {"common": 2.0, "usual": 1.0, "rare": 0.4}
# What counts as rising or falling where a sign names no kinds, and what has a direction at all.
SHIFTS = ("level", "slope", "out_of_range", "events", "duration")
DIRECTED = (*SHIFTS, "spread")
PLACES = ("own", "itself", "upstream", "downstream", "part", "driver")


@dataclass(frozen=True, slots=True)
class ByHand:
    """How somebody measures what no sensor records: the instrument, minutes and skill that it takes."""

    tool: str
    minutes: float
    skill: str


@dataclass(frozen=True, slots=True)
class Role:
    """What a signal measures, told by the words that name it.

    Attributes:
        patterns: each a tuple of words (with ``*``) that must all stand in the name, in any order; any pattern will do.
        without: words that speak against it.
        units: symbols that tell it where no name does.
        anything: whether every measured signal has it.
    """

    id: str
    patterns: tuple[tuple[str, ...], ...]
    without: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    anything: bool = False
    by_hand: ByHand | None = None

    @property
    def words(self) -> str:
        """The role as people call it."""
        return self.id.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of a failure mode on a signal.

    Attributes:
        role: id of what the signal measures.
        direction: +1 rises, -1 falls, 0 either.
        kinds: kinds of deviation that count; those of a shift where empty.
        seen: of a hundred cases of the mode in which such a signal is recorded, in how many it shows (0 to 1).
        least: by what share of what it was it has to change at least to show the sign; 0 for any change.
        at: whose signal: the twin's own, the suspected signal itself, or one of a neighbouring twin.
    """

    role: str
    direction: int
    kinds: tuple[str, ...]
    seen: float
    at: str = "own"
    least: float = 0.0

    @property
    def counted(self) -> tuple[str, ...]:
        """The kinds of deviation that count."""
        return self.kinds or (SHIFTS if self.direction else tuple(BACKGROUND))

    @property
    def background(self) -> float:
        """Probability that a signal of a faulty twin shows it, whatever the fault."""
        shares = [
            BACKGROUND.get(kind, RARE) * (0.5 if self.direction and kind in DIRECTED else 1.0) for kind in self.counted
        ]
        return min(DEVIATES, sum(shares))

    @property
    def weight(self) -> float:
        """What seeing it says for the mode, in nats (log-likelihood ratio); below 0 it speaks against the mode."""
        return log(self.seen / self.background)

    @property
    def text(self) -> str:
        """The sign in words, such as "suction pressure falls (upstream)"."""
        unsteady = bool(self.kinds) and set(self.kinds) <= {"spread", "oscillation"}
        rises, falls = ("grows unsteady", "grows too quiet") if unsteady else ("rises", "falls")
        move = {1: rises, -1: falls, 0: "deviates"}[self.direction]
        how = f" ({', '.join(self.kinds)})" if self.kinds and not unsteady else ""
        place = "" if self.at in ("own", "itself") else f" {self.at}"
        far = f" by {self.least:.0%} at least" if self.least else ""
        return f"{self.role.replace('_', ' ')}{place} {move}{far}{how}"


@dataclass(frozen=True, slots=True)
class Check:
    """A check that tells failure modes apart.

    Attributes:
        text: what to do; finding: what a positive result is, as a clause ("it is below 2 bar").
        tells: probability of a positive result by mode id; `default` for all other modes of the same equipment.
        minutes: what it takes, travel left out.
    """

    text: str
    finding: str
    minutes: float
    skill: str
    tells: dict[str, float] = field(hash=False)
    default: float = 0.1

    def positive(self, mode: str | None) -> float:
        """Probability of a positive result if that mode is the cause."""
        return self.tells.get(mode or "", self.default)


@dataclass(frozen=True, slots=True)
class FailureMode:
    """A way in which equipment fails (failure mode and mechanism in the terms of ISO 14224).

    Attributes:
        equipment: words of the equipment it happens to, matched to the labels of a twin's model and its ancestors.
        anywhere: whether it can happen to any twin that has signals (instruments stand everywhere).
        iso_class: ISO 14224 equipment class code, or None where the standard has none.
        failure: ISO 14224 failure mode, such as "LOO – low output"; mechanism: the same, of table B.2.
        frequency: common, usual or rare among the faults of such equipment.
        others: probability that a signal which the signature doesn't mention deviates as well.
        discriminating: what tells it from other modes, cheapest first; tasks, parts, skills: the repair.
        source: the file it comes from.
    """

    id: str
    name: str
    equipment: tuple[str, ...]
    failure: str
    mechanism: str
    signature: tuple[Sign, ...]
    discriminating: tuple[Check, ...]
    tasks: tuple[str, ...]
    parts: tuple[str, ...]
    skills: tuple[str, ...]
    duration_h: float
    iso_class: str | None = None
    anywhere: bool = False
    frequency: str = "usual"
    others: float = 0.08
    source: str = ""

    @property
    def checks(self) -> tuple[str, ...]:
        """The checks in words, cheapest first."""
        return tuple(check.text for check in self.discriminating)


@dataclass(frozen=True, eq=False)
class Library:
    """Failure modes and the roles that their signs speak of, by id. A library equals itself alone."""

    modes: dict[str, FailureMode]
    roles: dict[str, Role]
