"""What a rule is made of: checks in positive form, each of which has to hold.

A rule yields checks and allows only if there is at least one and every one of them *holds*. Nothing allows by not
having been objected to: a comparison with something that is no number is false, and false denies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from .context import Context
from .plan import Plan
from .points import Point
from .policy import Policy
from .reasons import Reason
from .snapshot import SignedSnapshot, Snapshot

Found = TypeVar("Found")


class MissingInput(Exception):  # noqa: N818  (a verdict: what a rule has to read isn't there)
    """A rule has to read something that isn't there; the rule denies."""


class TooLate(Exception):  # noqa: N818  (a verdict)
    """A rule took longer than it may; the rule denies. A replay raises it where that was recorded."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be so.

    Attributes:
        reason: the code where it isn't; words: the same for people, with the limit that was met.
        limit: the id of that limit, which may be told where its figure may not.
    """

    reason: Reason
    holds: bool
    words: str
    limit: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """All that a rule reads; `raw` is the plan's canonical bytes, `digest` their digest."""

    plan: Plan
    raw: bytes
    digest: str
    policy: Policy
    context: Context
    signed: SignedSnapshot | None
    found: Point | None

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot.

        Raises:
            MissingInput: there is none.
        """
        return self.need(self.signed, "a snapshot of the device").snapshot

    @property
    def point(self) -> Point:
        """The policy's point.

        Raises:
            MissingInput: the policy has none for the target.
        """
        return self.need(self.found, "a point that the policy names")

    @staticmethod
    def need(found: Found | None, what: str) -> Found:
        """What was found.

        Raises:
            MissingInput: nothing was.
        """
        if found is None:
            raise MissingInput(what)
        return found


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its id (R01 …), its title, and the checks that it makes."""

    id: str
    title: str
    checks: Callable[[Request], Iterator[Check]]

    @property
    def words(self) -> str:
        """What it demands, in a paragraph."""
        return " ".join((self.checks.__doc__ or "").split())
