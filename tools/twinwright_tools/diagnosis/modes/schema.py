"""What stands in a file of failure modes, as pydantic checks it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from .iso14224 import EQUIPMENT_CLASSES, FAILURE_MODES, MECHANISMS
from .types import ByHand, Check, FailureMode, Role, Sign

_DIRECTIONS = {"up": 1, "down": -1, "either": 0}


def _code(table: dict[str, str], what: str) -> AfterValidator:
    def check(code: str) -> str:
        if code not in table:
            raise ValueError(f"{code!r} is no {what} of ISO 14224:2016; there are {', '.join(table)}")
        return code

    return AfterValidator(check)


Probability = Annotated[float, Field(gt=0.0, lt=1.0)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[str, Field(min_length=1, pattern=r"\S")]
Lower = Annotated[str, Field(min_length=1, pattern=r"^[a-z0-9%*]+( [a-z0-9%*]+)*$")]
Minutes = Annotated[float, Field(gt=0.0, le=1440.0)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class HandEntry(_Entry):
    """How to measure it by hand."""

    tool: Words
    minutes: Minutes
    skill: Words


class RoleEntry(_Entry):
    """A role: what a signal measures."""

    id: Identifier
    words: list[Lower] = Field(default_factory=list)
    without: list[Lower] = Field(default_factory=list)
    units: list[Words] = Field(default_factory=list)
    anything: bool = False
    by_hand: HandEntry | None = None

    def made(self) -> Role:
        """The role in memory."""
        hand = self.by_hand
        return Role(
            self.id,
            tuple(tuple(pattern.split()) for pattern in self.words),
            tuple(self.without),
            tuple(self.units),
            self.anything,
            ByHand(hand.tool, hand.minutes, hand.skill) if hand else None,
        )


class SignEntry(_Entry):
    """A sign. Kinds of deviation are free words: the engine may come to know more of them."""

    role: Identifier
    direction: Literal["up", "down", "either"] = "either"
    kinds: list[Identifier] = Field(default_factory=list)
    seen: Probability
    at: Literal["own", "itself", "upstream", "downstream", "part", "driver"] = "own"
    least: Annotated[float, Field(ge=0.0, le=100.0)] = 0.0

    def made(self) -> Sign:
        """The sign in memory."""
        return Sign(self.role, _DIRECTIONS[self.direction], tuple(self.kinds), self.seen, self.at, self.least)


class CheckEntry(_Entry):
    """A check, and how likely each mode makes it come out positive."""

    text: Words
    finding: Words
    minutes: Minutes
    skill: Words
    tells: dict[Identifier, Probability] = Field(min_length=1)
    default: Probability = 0.1

    def made(self) -> Check:
        """The check in memory."""
        return Check(self.text, self.finding, self.minutes, self.skill, dict(self.tells), self.default)


class SharedCheck(CheckEntry):
    """A check that several modes name by its id."""

    id: Identifier


class ModeEntry(_Entry):
    """A failure mode; a check is written out, or named by the id of a shared one."""

    id: Identifier
    name: Words
    equipment: list[Lower] = Field(min_length=1)
    anywhere: bool = False
    iso_class: Annotated[str, _code(EQUIPMENT_CLASSES, "equipment class")] | None
    failure: Annotated[str, _code(FAILURE_MODES, "failure mode")]
    mechanism: Annotated[str, _code(MECHANISMS, "failure mechanism")]
    signature: list[SignEntry] = Field(min_length=1)
    frequency: Literal["common", "usual", "rare"] = "usual"
    others: Probability = 0.08
    checks: list[Identifier | CheckEntry] = Field(min_length=1)
    tasks: list[Words] = Field(min_length=1)
    parts: list[Words] = Field(default_factory=list)
    skills: list[Words] = Field(min_length=1)
    duration_h: Annotated[float, Field(gt=0.0, le=1000.0)]

    def made(self, shared: dict[str, Check], source: str) -> FailureMode:
        """The mode in memory, its checks cheapest first."""
        checks = [shared[one] if isinstance(one, str) else one.made() for one in self.checks]
        return FailureMode(
            id=self.id,
            name=self.name,
            equipment=tuple(self.equipment),
            failure=f"{self.failure} – {FAILURE_MODES[self.failure]}",
            mechanism=f"{self.mechanism} – {MECHANISMS[self.mechanism]}",
            signature=tuple(sign.made() for sign in self.signature),
            discriminating=tuple(sorted(checks, key=lambda check: check.minutes)),
            tasks=tuple(self.tasks),
            parts=tuple(self.parts),
            skills=tuple(self.skills),
            duration_h=self.duration_h,
            iso_class=self.iso_class,
            anywhere=self.anywhere,
            frequency=self.frequency,
            others=self.others,
            source=source,
        )


class ModesFile(_Entry):
    """One file: roles, shared checks and modes, each a list, each optional."""

    roles: list[RoleEntry] = Field(default_factory=list)
    checks: list[SharedCheck] = Field(default_factory=list)
    modes: list[ModeEntry] = Field(default_factory=list)
