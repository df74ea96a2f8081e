"""Times: always with a zone, ISO 8601 in JSON, the site's own zone for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from .errors import TimeFormatError


def parse_time(text: str) -> datetime:
    """An ISO 8601 time with a zone, as UTC.

    Raises:
        TimeFormatError: the text is no ISO 8601 time, or names no zone.
    """
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise TimeFormatError(f"{text!r} is not an ISO 8601 time such as 2026-01-05T08:00:00+01:00") from None
    if time.tzinfo is None:
        raise TimeFormatError(
            f"{text!r} has no zone; write for example {text.strip()}+00:00",
            code="time.naive",
            suggestions=[f"{text.strip()}+00:00"],
        )
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise TimeFormatError(f"{text!r} lies outside of the calendar's years 1 to 9999 in UTC") from None


def iso(time: datetime) -> str:
    """A time for JSON and for models: ISO 8601 in UTC, whole seconds or milliseconds, ending in ``+00:00``."""
    utc = time.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds")


def iso_local(time: datetime) -> str:
    """A time as ISO 8601 in the zone that it has, with its offset: ``2026-01-05T09:00:00+01:00``.

    Where the offset has seconds, as before standard time, it is UTC: most readers of ISO 8601 know none.
    """
    offset = time.utcoffset()
    if offset is None or offset.total_seconds() % 60:
        return iso(time)
    return time.isoformat(timespec="milliseconds" if time.microsecond else "seconds")


def for_people(time: datetime, zone: ZoneInfo) -> str:
    """A time for people: ``2026-01-05 09:00:00 +01:00`` in the site's zone."""
    local = time.astimezone(zone)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:5]}"


def from_micros(micros: int) -> datetime:
    """The UTC time that many microseconds after the Unix epoch."""
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=int(micros % 1_000_000))


def to_micros(time: datetime) -> int:
    """Microseconds since the Unix epoch."""
    utc = time.astimezone(UTC)
    return int(utc.replace(microsecond=0).timestamp()) * 1_000_000 + utc.microsecond


_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")


def in_words_for_people(text: str, zone: ZoneInfo) -> str:
    """A text with every ISO 8601 time in it as people of the site read it."""
    return _ISO.sub(lambda found: for_people(datetime.fromisoformat(found.group()), zone), text)
