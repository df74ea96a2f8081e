"""Figures in prose: numbers with their units and precision, durations, times and dates.

Not checked, on purpose: the number words one, two and three (in "two pumps" they are grammar), ordinals, and numbers
that are part of a name ("E3", "P-102"). Number words from four to twelve and all digits are checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .units import SPELLINGS, UNITS, Unit, unit_of

WORDS = {"four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12}
HEDGES = re.compile(
    r"(?:about|around|approximately|approx\.?|roughly|nearly|almost|some|circa|ca\.|~|≈|just over|just under|over|"
    r"under|above|below|more than|less than|at least|at most|up to|>|<|≥|≤)\s*$",
    re.IGNORECASE,
)

_UNIT = "|".join(re.escape(spelling) for spelling in SPELLINGS)
_NUMBER = r"(?:\d{1,3}(?:[,\u202f\u00a0']\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
NUMBER = re.compile(
    rf"(?<![\w.])(?<![A-Za-z]-)(?P<factor>[xX×]\s?)?(?P<sign>[-−+±]?)(?P<number>{_NUMBER})"
    rf"(?:\s*(?P<unit>{_UNIT})(?:/(?P<per>h|min|s|d|day|hour))?(?![\w/]))?"
    r"(?P<times>\s*(?:×|x|-?fold|times)(?!\w))?(?!\w)"
)
WORD_NUMBER = re.compile(rf"\b({'|'.join(WORDS)})\b", re.IGNORECASE)
_DURATION_UNITS = r"days?|d|hours?|hrs?|hr|h|minutes?|mins?|min|seconds?|secs?|sec|s"
DURATION = re.compile(
    rf"(?<![\w.])(?:\d+(?:\.\d+)?\s*(?:{_DURATION_UNITS})(?!\w)(?:\s*(?:,|and)?\s*)){{2,}}", re.IGNORECASE
)
_DURATION_PART = re.compile(rf"(\d+(?:\.\d+)?)\s*({_DURATION_UNITS})(?!\w)", re.IGNORECASE)
_ZONE = r"(?:\s?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})(?!\d))?"
STAMP = re.compile(
    rf"(?<!\w)(?P<date>\d{{4}}-\d{{2}}-\d{{2}})[T ](?P<clock>\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?){_ZONE}(?!\w)"
)
DATE = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
CLOCK = re.compile(rf"(?<![\w:.])(?P<clock>(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?){_ZONE}(?![\w:])")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_MONTH = rf"(?P<month>{_MONTHS}|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?"
DAY_MONTH = re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH}(?:,?\s+(?P<year>\d{{4}}))?\b")
MONTH_DAY = re.compile(rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?\b")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written.

    Attributes:
        tolerance: what rounding allows, or more where it is hedged ("about": 5 %), in its own unit.
        unit: the unit if it is a known one.
        multiple: whether it is written as a multiple ("3 times", "2x").
        factor: whether it is written as a factor ("x1000"), which may be one that the query itself applied.
    """

    text: str
    value: float
    tolerance: float
    unit: Unit | None
    multiple: bool = False
    factor: bool = False


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in seconds, from parts ("2 h 10 min"); the tolerance is half of its last part's unit."""

    text: str
    seconds: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as it is written: with or without a date, with or without a zone.

    Attributes:
        instant: the UTC time if date and clock are given (in the site's zone where none is written), else None.
        clock: the clock time if no date is given.
        day: the date if no clock is given; month and day only where `yearless`.
        zone_written: whether a zone is written with it.
        tolerance: how far off it may be, in seconds: its last place.
    """

    text: str
    tolerance: float
    instant: datetime | None = None
    clock: time | None = None
    day: date | None = None
    yearless: bool = False
    zone_written: bool = False
    offset: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a text."""

    numbers: tuple[Number, ...]
    durations: tuple[Duration, ...]
    moments: tuple[Moment, ...]


def figures(text: str, zone: ZoneInfo) -> Figures:
    """The figures of a text. What is found first is masked, so that the digits of a time are not numbers as well."""
    moments, rest = _moments(text, zone)
    durations, rest = _durations(rest)
    return Figures(tuple(_numbers(rest)), tuple(durations), tuple(moments))


def mask(text: str, start: int, end: int) -> str:
    """The text with a stretch of it blanked, so that places keep their offsets."""
    return text[:start] + "\0" * (end - start) + text[end:]


def _moments(text: str, zone: ZoneInfo) -> tuple[list[Moment], str]:
    found: list[Moment] = []
    for pattern, read in ((STAMP, _stamp), (CLOCK, _clock), (DATE, _date), (DAY_MONTH, _month), (MONTH_DAY, _month)):
        for match in pattern.finditer(text):
            moment = read(match, zone)
            if moment is not None:
                found.append(moment)
                text = mask(text, *match.span())
    return found, text


def _offset(written: str | None) -> timedelta | None:
    if written is None:
        return None
    if written in {"Z", "UTC", "GMT"}:
        return timedelta(0)
    digits = written[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if written[0] == "-" else size


def _clock_of(written: str) -> tuple[time, float]:
    parts = written.split(":")
    seconds = float(parts[2]) if len(parts) > 2 else 0.0
    clock = time(int(parts[0]), int(parts[1]), int(seconds), round(seconds % 1 * 1e6) % 1_000_000)
    return clock, 1.0 if len(parts) > 2 else 60.0


def _stamp(match: re.Match[str], zone: ZoneInfo) -> Moment | None:
    try:
        clock, tolerance = _clock_of(match["clock"])
        naive = datetime.combine(date.fromisoformat(match["date"]), clock)
        offset = _offset(match["zone"])
        local = naive.replace(tzinfo=zone).astimezone(UTC)
        instant = local if offset is None else (naive - offset).replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # no date, or one beyond the calendar's years 1 to 9999
        return None
    return Moment(match.group(), tolerance, instant=instant, zone_written=offset is not None)


def _clock(match: re.Match[str], zone: ZoneInfo) -> Moment:
    clock, tolerance = _clock_of(match["clock"])
    offset = _offset(match["zone"])
    return Moment(match.group(), tolerance, clock=clock, zone_written=offset is not None, offset=offset)


def _date(match: re.Match[str], zone: ZoneInfo) -> Moment | None:
    try:
        return Moment(match.group(), 86400.0, day=date(int(match[1]), int(match[2]), int(match[3])))
    except ValueError:
        return None


def _month(match: re.Match[str], zone: ZoneInfo) -> Moment | None:
    month = [name[:3] for name in _MONTHS.split("|")].index(match["month"][:3]) + 1
    try:
        day = date(int(match["year"] or 2000), month, int(match["day"]))
    except ValueError:
        return None
    return Moment(match.group(), 86400.0, day=day, yearless=match["year"] is None)


def _durations(text: str) -> tuple[list[Duration], str]:
    found: list[Duration] = []
    for match in DURATION.finditer(text):
        parts = [(float(number), UNITS[unit.lower()].factor) for number, unit in _DURATION_PART.findall(match.group())]
        seconds = sum(number * factor for number, factor in parts)
        smallest = min(factor for _, factor in parts)
        tolerance = max(0.5 * smallest, 0.05 * seconds if HEDGES.search(text[: match.start()]) else 0.0)
        found.append(Duration(match.group().strip(), seconds, tolerance))
        text = mask(text, *match.span())
    return found, text


def _numbers(text: str) -> list[Number]:
    found: list[Number] = []
    for match in NUMBER.finditer(text):
        written = re.sub(r"[,\u202f\u00a0']", "", match["number"])
        value = float(written)
        if not _measurable(written, value):
            continue
        hedged = HEDGES.search(text[: match.start()]) is not None
        tolerance = max(_rounding(written, value), 0.05 * value if hedged else 0.0)
        # In a range ("3-5 bar") the dash follows a digit, and the pattern takes no sign there.
        sign = -1.0 if match["sign"] in {"-", "−"} else 1.0
        unit = None if match["per"] else unit_of(match["unit"])
        factor = match["factor"] is not None
        multiple = factor or match["times"] is not None
        found.append(Number(match.group().strip(), sign * value, tolerance, unit, multiple, factor))
    for match in WORD_NUMBER.finditer(text):
        found.append(Number(match.group(), float(WORDS[match.group().lower()]), 0.0, None))
    return found


def _measurable(written: str, value: float) -> bool:
    """Whether a number can be a figure at all: a piece of a hash such as 7e40231 reads like one."""
    exponent = written.lower().partition("e")[2]
    return value < 1e300 and len(exponent.lstrip("+-")) <= 3


def _rounding(written: str, value: float) -> float:
    """How far rounding may lead: half a unit in the last place written (4.1 stands for 4.05 to 4.15).

    Never more than a tenth of the number: "1 bar" is not 1.4 bar.
    """
    mantissa, _, exponent = written.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    half = float(0.5 * 10.0 ** (int(exponent or 0) - decimals))
    return min(half, 0.1 * value or 0.1 * half) * (1 + 1e-9)
