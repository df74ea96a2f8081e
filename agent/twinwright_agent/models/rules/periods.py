"""Times as people write them in a question: "between 08:00 and 10:00 yesterday", "in the last 3 hours"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_DATE = r"\d{4}-\d{2}-\d{2}"
_STAMP = rf"{_DATE}[T ]{_CLOCK}(?:\.\d+)?(?:\s?Z|\s?[+-]\d{{2}}:?\d{{2}})?"
_MOMENT = rf"(?:{_STAMP}|{_DATE}|{_CLOCK})"
_UNITS = {
    "second": 1,
    "minute": 60,
    "min": 60,
    "hour": 3600,
    "day": 86400,
    "week": 604800,
    "month": 2629800,
    "year": 31557600,
}
_UNIT = r"(seconds?|minutes?|mins?|hours?|days?|weeks?|months?|years?)"
_AROUND = timedelta(minutes=5)
_RECENT = timedelta(hours=1)

_BETWEEN = re.compile(rf"\b(?:between|from)\s+({_MOMENT})\s*(?:and|to|until|till|-|\N{{EN DASH}})\s*({_MOMENT})", re.I)
_LAST = re.compile(
    rf"\b(?:in |over |during |for |within )?(?:the )?(?:last|past|previous)\s+(?:(\d+(?:\.\d+)?)\s+)?{_UNIT}\b", re.I
)
_SINCE = re.compile(rf"\b(?:since|after)\s+({_MOMENT})", re.I)
_AT = re.compile(rf"\b(?:at|around|about|on)?\s*({_STAMP}|{_CLOCK})", re.I)
_ON = re.compile(rf"\b(?:on\s+)?({_DATE})\b", re.I)
_DAY = re.compile(r"\b(yesterday|today|this morning|last night|tonight|this afternoon|this evening)\b", re.I)
_YEAR = re.compile(r"\b(?:in|during|of)\s+((?:19|20)\d{2})\b(?!-)", re.I)
_MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
_MONTH = re.compile(rf"\b(?:in|during|of)\s+({'|'.join(_MONTHS)})(?:\s+((?:19|20)\d{{2}}))?\b", re.I)
_THIS = re.compile(r"\b(this)\s+(week|month|year)\b", re.I)
_SINCE_DAY = re.compile(rf"\bsince\s+(yesterday|today|this morning)(?:\s+(?:at\s+)?({_CLOCK}))?", re.I)
_NOW = re.compile(r"\b(right now|at the moment|currently|now)\b", re.I)


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time that a question names, and whether it names one at all."""

    start: datetime
    end: datetime
    given: bool


def without_times(text: str) -> str:
    """The text without its time expressions, so that their numbers aren't taken for names."""
    for pattern in (_BETWEEN, _SINCE_DAY, _MONTH, _YEAR, _THIS, _LAST, _SINCE, _DAY, _NOW, _AT, _ON):
        text = pattern.sub(" ", text)
    return " ".join(text.split())


def period(text: str, at: datetime, zone: ZoneInfo) -> Period:
    """The span that a text names, seen from `at` in the site's zone; without one, the last hour.

    A clock time without a day means the most recent such time; a time without a zone is the site's.
    """
    here = at.astimezone(zone)
    day = _day(text, here)
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[datetime, datetime]]], ...] = (
        (_BETWEEN, lambda found: _between(found, here, day)),
        (_SINCE_DAY, lambda found: (_since_day(found, here), here)),
        (_MONTH, lambda found: _month(found, here)),
        (_YEAR, lambda found: _year(int(found[1]), here)),
        (_THIS, lambda found: (_begin_of(found[2].lower(), here), here)),
        (_LAST, lambda found: (here - _length(found), here)),
        (_SINCE, lambda found: (_moment(found[1], here, day), here)),
    )
    for pattern, read in readers:
        if found := pattern.search(text):
            start, end = read(found)
            return Period(start, end, given=True)
    if found := _AT.search(text):
        moment = _moment(found[1], here, day)
        return Period(moment - _AROUND, moment + _AROUND, given=True)
    if day is not None:
        return _whole_day(text, day, here)
    return Period(here - _RECENT, here, given=False)


def _between(found: re.Match[str], here: datetime, day: date | None) -> tuple[datetime, datetime]:
    start, end = _moment(found[1], here, day), _moment(found[2], here, day)
    if re.fullmatch(_DATE, found[2]):
        end += timedelta(days=1)
    if re.fullmatch(_CLOCK, found[2]) and not re.fullmatch(_CLOCK, found[1]):
        end = datetime.combine(start.date(), end.timetz())
    if re.fullmatch(_CLOCK, found[1]) and start >= end:
        start -= timedelta(days=1)
    return start, end


def _since_day(found: re.Match[str], here: datetime) -> datetime:
    day = here.date() - timedelta(days=found[1].lower() == "yesterday")
    clock = time.fromisoformat(found[2].zfill(5)) if found[2] else time(6 if "morning" in found[1].lower() else 0)
    return datetime.combine(day, clock, here.tzinfo)


def _month(found: re.Match[str], here: datetime) -> tuple[datetime, datetime]:
    number = _MONTHS.index(found[1].lower()) + 1
    year = int(found[2]) if found[2] else here.year - (number > here.month)
    begin = datetime(year, number, 1, tzinfo=here.tzinfo)
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=here.tzinfo)
    return begin, max(min(end, here), begin + timedelta(minutes=1))


def _year(year: int, here: datetime) -> tuple[datetime, datetime]:
    begin = datetime(year, 1, 1, tzinfo=here.tzinfo)
    return begin, max(min(datetime(year + 1, 1, 1, tzinfo=here.tzinfo), here), begin + timedelta(minutes=1))


def _begin_of(what: str, here: datetime) -> datetime:
    day = here.replace(hour=0, minute=0, second=0, microsecond=0)
    if what == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if what == "month" else day.replace(month=1, day=1)


def _length(found: re.Match[str]) -> timedelta:
    return timedelta(seconds=float(found[1] or 1) * _UNITS[found[2].lower().rstrip("s")])


def _day(text: str, here: datetime) -> date | None:
    if (found := _ON.search(text)) and (told := _date(found[1])):
        return told
    if found := _DAY.search(text):
        past = found[1].lower() in {"yesterday", "last night"}
        return here.date() - timedelta(days=1) if past else here.date()
    return None


def _whole_day(text: str, day: date, here: datetime) -> Period:
    named = _DAY.search(text)
    begin, hours = {
        "this morning": (6, 6),
        "this afternoon": (12, 6),
        "this evening": (18, 6),
        "tonight": (18, 6),
        "last night": (22, 8),
    }.get(named[1].lower() if named else "", (0, 24))
    start = datetime.combine(day, time(begin), here.tzinfo)
    return Period(start, max(min(start + timedelta(hours=hours), here), start + timedelta(minutes=1)), given=True)


def _moment(text: str, here: datetime, day: date | None) -> datetime:
    if re.fullmatch(_CLOCK, text):
        clock = time.fromisoformat(text.zfill(5) if text.count(":") == 1 else text.zfill(8))
        moment = datetime.combine(day or here.date(), clock, here.tzinfo)
        return moment - timedelta(days=1) if day is None and moment > here else moment
    try:
        moment = datetime.fromisoformat(text.replace(" Z", "Z").replace(" +", "+"))
    except ValueError:
        return here
    return moment if moment.tzinfo else moment.replace(tzinfo=here.tzinfo)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
