"""Whether a figure stands in what evidence carries: rounding, units, differences, ratios and spans understood."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from .carried import Grounding
from .comparing import Carried, pairs
from .figures import Duration, Moment, Number
from .units import UNITS, convert

# Words that say a figure is the outcome of a comparison; without one, only figures that stand there count.
COMPARING = re.compile(
    r"\b(?:by|from|drop\w*|f[ae]ll\w*|rose|rise\w*|risen|increas\w*|decreas\w*|chang\w*|differ\w*|low(?:er|ered)|"
    r"high(?:er)?|more|less|fewer|loss|los[et]\w*|gain\w*|times|fold|ratio|reduc\w*|grew|grow\w*|declin\w*|climb\w*|deviat\w*|"
    r"apart|between|short|shortfall|excess|above|below|worse\w*|better|up|down|slow\w*|fast\w*|shift\w*|gap|compared|versus|vs|"
    r"swing|swings|spread|ranging|within|over|usual|normal|than)\b",
    re.IGNORECASE,
)


_COMPARED_WITH = re.compile(
    r"(?:>=?|<=?|≥|≤|\b(?:above|below|over|under|more than|less than|fewer than|at least|at most|up to|before|after|"
    r"exceed(?:s|ed|ing)?|longer than|shorter than|(?:gap|limit|threshold) of))\s*$",
    re.IGNORECASE,
)


def number_stands(number: Number, sentence: str, ground: Grounding) -> bool:
    """Whether the number stands in the evidence, or follows from two figures of it that may be compared."""
    if any(fits(number, one) for one in ground.numbers):
        return True
    if _is_bound(number, sentence) and any(abs(one - number.value) <= number.tolerance for one in ground.bounds):
        return True
    if number.unit is not None and number.unit.dimension == "time":
        seconds = abs(number.value) * number.unit.factor
        if any(math.isclose(step, seconds) for step in ground.steps):
            return True
        if any(abs(span - seconds) <= number.tolerance * number.unit.factor for span in ground.spans()):
            return True
    if not number.multiple and COMPARING.search(sentence) is None:
        return False
    return any(fits(number, one, difference) for one, difference in _derived(number, ground))


def _is_bound(number: Number, sentence: str) -> bool:
    """Whether the number is what something is compared with or multiplied by: "customers > 4000", "before 1995"."""
    if number.factor:
        return True
    place = sentence.find(number.text)
    return place > 0 and _COMPARED_WITH.search(sentence[:place]) is not None


def duration_stands(duration: Duration, ground: Grounding) -> bool:
    """Whether a length of time stands in the evidence, or lies between two times that do."""
    as_number = Number(duration.text, duration.seconds, duration.tolerance, UNITS["s"])
    if any(one.unit is not None and fits(as_number, one) for one in ground.numbers):
        return True
    if any(math.isclose(one, duration.seconds) for one in ground.steps):
        return True
    return any(abs(span - duration.seconds) <= duration.tolerance for span in ground.spans())


def moment_reason(moment: Moment, zone: ZoneInfo, ground: Grounding) -> str | None:
    """Why a time doesn't stand in the evidence, or None if it does. A bare clock time is the site's."""
    if moment.day is not None:
        days = {time.astimezone(where).date() for time in ground.times for where in (zone, UTC)} | set(ground.days)
        if moment.yearless:
            stands = (moment.day.month, moment.day.day) in {(day.month, day.day) for day in days}
        else:
            stands = moment.day in days
        return None if stands else f"{moment.text} is the day of nothing in the cited evidence"
    if any(_same_moment(moment, time, zone) for time in ground.times):
        return None
    if moment.clock is not None and any(_same_moment(moment, time, zone) for time in ground.clocks):
        return None
    if not moment.zone_written and any(_same_moment(moment, time, ZoneInfo("UTC")) for time in ground.times):
        return (
            f"{moment.text} stands in the cited evidence as UTC: write it with its zone, or in site time ({zone.key})"
        )
    return f"the time {moment.text} stands nowhere in the cited evidence"


def named_times(moments: Sequence[Moment], zone: ZoneInfo, ground: Grounding) -> list[datetime]:
    """The times of the evidence that a sentence names."""
    return [time for time in ground.times if any(_same_moment(moment, time, zone) for moment in moments)]


def _same_moment(moment: Moment, time: datetime, zone: ZoneInfo) -> bool:
    if moment.instant is not None:
        instant = moment.instant
        if not moment.zone_written:
            instant = moment.instant.astimezone(zone)
            naive = moment.instant.astimezone(zone).replace(tzinfo=None)
            instant = naive.replace(tzinfo=zone).astimezone(UTC)
        return abs((time - instant).total_seconds()) < moment.tolerance
    if moment.clock is None:
        return False
    local = (time.astimezone(UTC) + moment.offset) if moment.offset is not None else time.astimezone(zone)
    seconds = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    clock = moment.clock
    wanted = timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond)
    apart = abs((seconds - wanted).total_seconds())
    return min(apart, 86400 - apart) < moment.tolerance


def fits(number: Number, one: Carried, difference: bool = False) -> bool:
    """Whether a number is the other one, rounded as it is written, in whatever unit of the same kind."""
    candidates = [one.value, abs(one.value)] if number.value >= 0 else [one.value]
    if number.unit is not None and one.unit is not None:
        converted = [convert(value, one.unit, number.unit, difference) for value in candidates]
        # A difference of temperatures has no offset: "3 °C warmer" is "3 K warmer".
        if number.unit.dimension == "temperature":
            converted += [convert(value, one.unit, number.unit, True) for value in candidates]
        return any(value is not None and _near(number, value) for value in converted)
    if number.unit is not None and number.unit.dimension == "ratio":
        # A share without a unit may be written as 0.12 or as 12.
        if one.written:
            return False
        return any(_near(number, value / number.unit.factor) or _near(number, value) for value in candidates)
    if number.unit is None and one.unit is not None and one.unit.dimension == "ratio":
        candidates += [value * one.unit.factor for value in candidates]
    if number.unit is not None and one.written:
        return False
    return any(_near(number, value) for value in candidates)


def _near(number: Number, value: float) -> bool:
    return abs(value - number.value) <= number.tolerance + 1e-9 * abs(value)


def _derived(number: Number, ground: Grounding) -> Iterator[tuple[Carried, bool]]:
    """Differences, relative changes and ratios of two figures that may be compared; whether it is a difference."""
    share = UNITS["1"]
    relative = number.unit is not None and number.unit.dimension == "ratio"
    for one, other in pairs(ground.comparable):
        if not number.multiple:
            yield Carried(abs(one.value - other.value), one.unit, one.written), True
        if other.value and relative:
            yield Carried(abs(one.value - other.value) / abs(other.value), share, "1"), False
            yield Carried(one.value / other.value, share, "1"), False
        if other.value and number.multiple:
            yield Carried(one.value / other.value, None, None), False
