"""Figures, durations and times as people read them; text of strangers made harmless to the eye."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from twinwright_tools.errors import TimeFormatError
from twinwright_tools.times import for_people, iso, parse_time

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)? ?(?:Z|[+-]\d\d:?\d\d)")
_CITATION = re.compile(r"\[(E\d+(?:, ?E\d+)*)\]")
# Control characters, and the marks that turn the direction of writing: a name must not be able to reorder a line.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
LONGEST_TEXT = 4_000


def clean(value: object) -> object:
    """Any value for the page: text without characters that can't be seen, and none longer than 4,000 characters."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    seen = _UNSEEN.sub("\ufffd", value)
    return (
        seen if len(seen) <= LONGEST_TEXT else f"{seen[:LONGEST_TEXT]} … ({len(seen) - LONGEST_TEXT} characters more)"
    )


def number(value: float) -> str:
    """A figure with four significant digits, without an exponent where people wouldn't write one."""
    if value != value:
        return "no number"
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        shown = f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
    else:
        shown = f"{value:.3e}"
    return shown.replace("-", "−")


def quantity(value: float | str | bool | None, unit: str | None) -> str:
    """A figure with its unit; words as they stand."""
    if value is None:
        return "–"
    shown = number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
    return f"{shown} {unit}" if unit else shown


def duration(seconds: float) -> str:
    """A duration in its two largest units: ``2 h 10 min``."""
    whole = round(abs(seconds))
    if whole < 1:
        return f"{number(seconds)} s" if seconds else "0 s"
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, whole = divmod(whole, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
    return " ".join(part for part in parts[:2] if part)


def share(value: float) -> str:
    """A probability as per cent; never rounded to certainty."""
    if 0 < value < 0.005:
        return "< 1 %"
    if 0.995 < value < 1:
        return "> 99 %"
    return f"{value * 100:.0f} %"


def local(time: datetime, zone: ZoneInfo, *, seconds: bool = True) -> str:
    """A time in the site's zone with its offset; seconds only where there are any and they mean something."""
    text = for_people(time, zone)
    whole = time.second == 0 and time.microsecond == 0
    return text if seconds and not whole else f"{text[:16]} {text[-6:]}"


def as_time(text: str | None) -> datetime | None:
    """The time that a model wrote, or None where it wrote none or words instead."""
    if not text:
        return None
    try:
        return parse_time(text)
    except TimeFormatError:
        return None


def offsets(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """The zone and the offset that holds from start to end: ``Europe/Berlin, +01:00``."""
    found = dict.fromkeys(for_people(time, zone)[-6:] for time in (start, end))
    return f"{zone.key}, {' then '.join(found)}"


def prose(text: str, zone: ZoneInfo) -> Markup:
    """A sentence, escaped; times in it shown in the site's zone, citations such as [E3] as links to that evidence."""
    shown, last = Markup(""), 0
    for match in _TIME.finditer(cleaned := str(clean(text))):
        time = as_time(match.group().replace(" ", "T", 1).replace(" ", ""))
        if time is None:
            continue
        shown += _with_links(cleaned[last : match.start()])
        shown += Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
            iso(time), iso(time)[:19], local(time, zone)
        )
        last = match.end()
    return shown + _with_links(cleaned[last:])


def _with_links(text: str) -> Markup:
    shown, last = Markup(""), 0
    for match in _CITATION.finditer(text):
        ids = match.group(1).replace(" ", "").split(",")
        shown += escape(text[last : match.start()])
        shown += Markup(" ").join(Markup('<a class="ref" href="#{}">{}</a>').format(one, one) for one in ids)
        last = match.end()
    return shown + escape(text[last:])
