"""Spans of time: merged, intersected, subtracted, and made from weekly times in a site's zone. All pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..plant.planning_config import Weekly

# Begin and end, both with a zone; the end is not part of it.
Span = tuple[datetime, datetime]


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order; empty ones are gone."""
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def intersected(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """The time that lies in both."""
    first, second = merged(one), merged(other)
    found, a, b = [], 0, 0
    while a < len(first) and b < len(second):
        begin, end = max(first[a][0], second[b][0]), min(first[a][1], second[b][1])
        if begin < end:
            found.append((begin, end))
        if first[a][1] <= second[b][1]:
            a += 1
        else:
            b += 1
    return found


def without(spans: Sequence[Span], gone: Sequence[Span]) -> list[Span]:
    """The time of `spans` that lies in none of `gone`."""
    found = merged(spans)
    for begin, end in merged(gone):
        cut = [piece for each in found for piece in ((each[0], min(each[1], begin)), (max(each[0], end), each[1]))]
        found = merged(cut)
    return found


def length(spans: Iterable[Span]) -> timedelta:
    """How much time it is together; `spans` don't overlap."""
    return sum((end - begin for begin, end in spans), timedelta())


def weekly_spans(weekly: Iterable[Weekly], inside: Span, zone: ZoneInfo) -> list[Span]:
    """Weekly times as spans in UTC that lie within a span; local time, so that a shift begins at six all year."""
    day, last = inside[0].astimezone(zone).date() - timedelta(days=1), inside[1].astimezone(zone).date()
    rules = list(weekly)
    found: list[Span] = []
    while day <= last:
        for rule in rules:
            if day.weekday() in rule.days:
                end = rule.end if rule.end > rule.begin else rule.end + 24 * 60
                found.append((_moment(day, rule.begin, zone), _moment(day, end, zone)))
        day += timedelta(days=1)
    return intersected(found, [inside])


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    local = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return local.replace(tzinfo=zone).astimezone(UTC)
