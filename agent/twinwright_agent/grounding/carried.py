"""What evidence carries: its numbers with their units, its times, its words, and the pairs that may be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from twinwright_tools.errors import TimeFormatError
from twinwright_tools.evidence import Evidence
from twinwright_tools.times import parse_time

from .comparing import Carried, named
from .figures import Moment, figures
from .units import unit_of

_BOUND = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])")
# Units that a key's ending tells, as in `age_s` or `slope_per_h`.
_ENDINGS = {"_s": "s", "_ms": "ms", "_min": "min", "_h": "h", "_d": "d", "_pct": "%", "_percent": "%"}
# With more times than that, a span between some two of them would fit by chance.
MOST_ANCHORS = 12


@dataclass
class Grounding:
    """Everything that a set of evidence carries.

    Attributes:
        comparable: numbers whose differences and ratios may be stated, where their roles go together.
        times: all times.
        anchors: the times that stand for something (not every sample): spans between them may be stated.
        heads: the moment of asking and the times of summaries: spans from them may be stated however many there are.
        words: all text in it, for names.
        days: dates that stand in it without a clock.
        clocks: clock times that stand in it without a date ("before 06:30Z"), on the day of asking.
        bounds: numbers of the queries themselves: "more than 4000" may be said of what was asked for that way.
        steps: lengths of time in the queries, in seconds: "in the 20 min from 10:20Z" is a row of one that asked so.
    """

    numbers: list[Carried] = field(default_factory=list)
    comparable: list[Carried] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    anchors: list[datetime] = field(default_factory=list)
    heads: list[datetime] = field(default_factory=list)
    words: str = ""
    days: list[date] = field(default_factory=list)
    clocks: list[datetime] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)

    def has_name(self, name: str) -> bool:
        """Whether the name stands in it as a whole, letters' case aside."""
        pattern = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
        return re.search(pattern, self.words, re.IGNORECASE) is not None

    def spans(self) -> Iterator[float]:
        """Seconds between any two anchors, or, where there are many, between a head and any anchor."""
        anchors = sorted(set(self.anchors))
        starts = anchors if len(anchors) <= MOST_ANCHORS else sorted(set(self.heads))
        for one, other in product(starts, anchors):
            yield abs((other - one).total_seconds())


def carried(evidence: Iterable[Evidence], zone: ZoneInfo, at: datetime) -> Grounding:
    """What these pieces of evidence carry together. The moment of asking stands in all of them."""
    found = Grounding(times=[at], anchors=[at], heads=[at])
    words: list[str] = []
    for item in evidence:
        # A measured fact without a unit is a pure number: it isn't a pressure. Of history and properties nobody knows.
        plain = "1" if item.provenance in {"telemetry", "engine"} else None
        for fact in item.facts:
            words += [fact.name, str(fact.value)]
            number = _number(fact.value, fact.unit or _ending(fact.name) or plain)
            if number is not None:
                found.numbers.append(number)
                found.comparable.append(named(number.value, number.unit, number.written, fact.name, item.id))
            elif isinstance(fact.value, str):
                _read_text(fact.value, zone, found, anchor=True)
        known = len(found.anchors)
        _read_text(item.summary, zone, found, anchor=True)
        found.heads += found.anchors[known:]
        words += [item.summary, item.reproduce, str(item.arguments)]
        found.bounds += [float(one) for one in _BOUND.findall(str(item.arguments))]
        found.steps += _lengths(str(item.arguments).lower(), zone)
        _read_data(item.data, zone, found, words, "", None, anchor=True)
        if item.age_s is not None:
            found.numbers.append(Carried(item.age_s, unit_of("s"), "s"))
    found.words = "\n".join(words)
    return found


def _lengths(text: str, zone: ZoneInfo) -> list[float]:
    """Lengths of time in a text, in seconds."""
    read = figures(text, zone)
    plain = [one.value * one.unit.factor for one in read.numbers if one.unit and one.unit.dimension == "time"]
    return [*plain, *(one.seconds for one in read.durations)]


def times_of(twin: str, evidence: Iterable[Evidence]) -> Iterator[datetime]:
    """The times that evidence gives for one twin: those of facts, rows and objects that name it or a signal of it."""
    for item in evidence:
        for fact in item.facts:
            if _is_of(twin, fact.name.partition(" ")[0]):
                yield from _times_in([fact.value])
        yield from _times_beside(twin, item.data)


def _times_beside(twin: str, value: Any) -> Iterator[datetime]:
    """The times that stand in the same object or row as the twin's name."""
    if not isinstance(value, dict | list):
        return
    members = list(value.values()) if isinstance(value, dict) else value
    if any(_is_of(twin, one) for one in members if isinstance(one, str)):
        yield from _times_in(members)
    for one in members:
        yield from _times_beside(twin, one)


def _is_of(twin: str, name: str) -> bool:
    return name == twin or name.startswith(f"{twin}.")


def _times_in(values: Iterable[Any]) -> Iterator[datetime]:
    for value in values:
        if isinstance(value, dict):
            yield from _times_in(value.values())
        elif isinstance(value, str):
            with suppress(TimeFormatError):
                yield parse_time(value)


def _number(value: Any, unit: str | None) -> Carried | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Carried(float(value), unit_of(unit), unit)


def _ending(name: str) -> str | None:
    folded = name.lower()
    if "_per_" in folded:
        return None
    return next((unit for ending, unit in _ENDINGS.items() if folded.endswith(ending)), None)


def _read_data(
    value: Any, zone: ZoneInfo, found: Grounding, words: list[str], name: str, unit: str | None, anchor: bool
) -> None:
    if isinstance(value, dict):
        _read_object(value, zone, found, words, unit, anchor)
    elif isinstance(value, list):
        if value and not all(isinstance(item, int | float) for item in value):
            # How many there are is a figure as well: "five signals left their past".
            found.numbers.append(Carried(float(len(value)), None, None))
        # Lists in lists are samples: each of them can be cited, but not every pair of them compared.
        samples = anchor and not any(isinstance(item, list) for item in value)
        for item in value:
            # Of a sample [seconds since the window's start, value] the seconds are no figure that anybody means.
            read = item[1:] if _is_sample(item) else item
            _read_data(read, zone, found, words, name, unit, samples)
    elif isinstance(value, str):
        words.append(value)
        _read_text(value, zone, found, anchor)
    else:
        number = _number(value, _ending(name) or unit)
        if number is not None:
            found.numbers.append(number)


def _is_sample(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and isinstance(item[0], int | float)


def _read_object(
    value: dict[str, Any], zone: ZoneInfo, found: Grounding, words: list[str], unit: str | None, anchor: bool
) -> None:
    stated = value.get("unit")
    unit = stated if isinstance(stated, str) else unit
    subject = f"object {len(found.comparable)}"
    for name, item in value.items():
        words.append(str(name))
        number = _number(item, _ending(str(name)) or unit)
        if number is not None and anchor:
            found.comparable.append(Carried(number.value, number.unit, number.written, subject, str(name)))
        _read_data(item, zone, found, words, str(name), unit, anchor)


def _today(moment: Moment, at: datetime, zone: ZoneInfo) -> datetime:
    """A bare clock time on the day of asking; without a zone it is the site's."""
    where = zone if moment.offset is None else timezone(moment.offset)
    assert moment.clock is not None  # the caller has looked
    return datetime.combine(at.astimezone(where), moment.clock, where)


def _read_text(text: str, zone: ZoneInfo, found: Grounding, anchor: bool) -> None:
    try:
        moments = [parse_time(text)]
    except TimeFormatError:
        read = figures(text, zone)
        moments = [moment.instant for moment in read.moments if moment.instant is not None]
        found.clocks += [_today(moment, found.times[0], zone) for moment in read.moments if moment.clock is not None]
        found.days += [moment.day for moment in read.moments if moment.day is not None and not moment.yearless]
        found.numbers += [Carried(number.value, number.unit, None) for number in read.numbers]
        found.numbers += [Carried(duration.seconds, unit_of("s"), "s") for duration in read.durations]
    found.times += moments
    if anchor:
        found.anchors += moments
