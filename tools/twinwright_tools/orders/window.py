"""When an order is due: within its priority's limit, when its crew is there and, if it can wait, in a planned stop.

`due_window` is a pure function of what it is given: it reads no clock and no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ..plant.planning_config import Weekly
from ..times import iso
from .order import DueWindow
from .spans import Span, intersected, length, merged, weekly_spans, without

DEFAULT_SHIFT = "default"
# How far a crew is looked for beyond the limit; who has nobody for a year has no crew.
_FURTHEST = timedelta(days=366)


@dataclass(frozen=True)
class WorkTimes:
    """When work can be done at one asset.

    Attributes:
        shifts: weekly times by skill; ``default`` for a skill that isn't named; a skill without any is always there.
        weekly_stops, stops: when production stands there.
        closed: when nobody works, whatever the shifts.
    """

    zone: ZoneInfo
    shifts: Mapping[str, Sequence[Weekly]] = field(default_factory=dict)
    weekly_stops: Sequence[Weekly] = ()
    stops: Sequence[Span] = ()
    closed: Sequence[Span] = ()

    def crew(self, skills: Sequence[str], inside: Span) -> list[Span]:
        """When everybody is there that the skills ask for."""
        found = [inside]
        for skill in skills:
            rules = self.shifts.get(skill, self.shifts.get(DEFAULT_SHIFT))
            if rules is not None:
                found = intersected(found, weekly_spans(rules, inside, self.zone))
        return without(found, self.closed)

    def standing(self, inside: Span) -> list[Span]:
        """When production stands."""
        return intersected([*weekly_spans(self.weekly_stops, inside, self.zone), *self.stops], [inside])


def due_window(
    times: WorkTimes, *, at: datetime, limit_h: float, duration_h: float, skills: Sequence[str], urgent: bool
) -> DueWindow | None:
    """The window in which the work is due, or None where its crew isn't there for long enough within a year.

    What is urgent is due when the crew first has the time, whether production stands or not. Else it is due in the
    first planned stop within the limit in which the crew has the time; where there is none, within the limit.

    Args:
        at: the moment of asking, with a zone; limit_h: hours after it within which the priority wants it done.
        duration_h: how long the work takes, in hours; skills: who has to be there, all of them at once.
    """
    begin = at.astimezone(UTC)
    limit, needed = begin + timedelta(hours=limit_h), timedelta(hours=duration_h)
    within: Span = (begin, limit)
    if not urgent:
        for stop in times.standing(within):
            work = times.crew(skills, stop)
            if work and length(work) >= needed:
                reason = f"the first planned stop in which {_who(skills)} {_has(skills)} {duration_h:g} h"
                return DueWindow(start=work[0][0], due=work[-1][1], reason=reason)
    work = times.crew(skills, within)
    if work and length(work) >= needed:
        stop_note = "" if urgent else "; no planned stop before is long enough, so agree one with production"
        return DueWindow(start=work[0][0], due=limit, reason=f"within {limit_h:g} h of {iso(begin)}{stop_note}")
    return _late(times, begin, limit_h, needed, skills)


def _late(
    times: WorkTimes, begin: datetime, limit_h: float, needed: timedelta, skills: Sequence[str]
) -> DueWindow | None:
    """The first time at which the crew will have had the hours, past the limit."""
    furthest = begin + timedelta(hours=limit_h) + _FURTHEST
    left = needed
    work = merged(times.crew(skills, (begin, furthest)))
    for one, end in work:
        if end - one >= left:
            reason = f"the limit of {limit_h:g} h can't be kept: {_who(skills)} {_has(skills)} no time before"
            return DueWindow(start=work[0][0], due=one + left, reason=reason, late=True)
        left -= end - one
    return None


def _who(skills: Sequence[str]) -> str:
    return " and ".join(skills) or "somebody"


def _has(skills: Sequence[str]) -> str:
    return "have" if len(skills) > 1 else "has"
