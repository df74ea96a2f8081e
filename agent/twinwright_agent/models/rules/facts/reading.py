"""What a question says by its grammar alone: which measure, beyond which bound, ranked how."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from twinwright_tools.toolbox.words import pieces

from ..periods import without_times


class Measure(StrEnum):
    """What is wanted of what the question names."""

    VALUE = "value"
    LIST = "list"
    COUNT = "count"
    TIMES = "times"
    DURATION = "duration"
    MEAN = "mean"
    MEDIAN = "median"
    MAX = "max"
    MIN = "min"
    TOTAL = "total"
    FIRST = "first"
    LAST = "last"
    COMPARE = "compare"
    MOST = "most"
    LEAST = "least"


# The first that fits wins.
_MEASURES: tuple[tuple[Measure, str], ...] = (
    (Measure.COMPARE, r"\bcompar(?:e|ed|ison)\b|\bversus\b|\bvs\b|\bdifference between\b"),
    (Measure.FIRST, r"\bsince when\b|\bfirst time\b|\bwhen\b.*\bfirst\b|\bearliest\b|\boldest\b"),
    (Measure.LAST, r"\bwhen\b|\blast time\b|\bmost recent\b|\blatest\b|\bnewest\b"),
    (Measure.MEAN, r"\baverage\b|\bmean\b|\bon average\b|\btypical(?:ly)?\b|\bmttr\b"),
    (Measure.DURATION, r"\bhow long\b|\bhow many (?:seconds|minutes|hours|days)\b"),
    (Measure.MEDIAN, r"\bmedian\b"),
    (Measure.TOTAL, r"\btotal\b|\bsum\b|\bin all\b|\baltogether\b"),
    (Measure.TIMES, r"\bhow often\b|\bhow many times\b"),
    (Measure.COUNT, r"\bhow many\b|\bnumber of\b|\bcount\b"),
    (
        Measure.MOST,
        r"\b(?:had|has|have|with|got|needed?|caused?|comes up|come up|occurs?|is|are)\b.*\bmost\b(?! recent)",
    ),
    (Measure.LEAST, r"\b(?:had|has|have|with|got|needed?|caused?|comes up|occurs?)\b.*\b(?:least|fewest)\b"),
    (
        Measure.MAX,
        r"\bhighest\b|\bmax(?:imum)?\b|\bpeak\b|\blargest\b|\bbiggest\b|\bgreatest\b|\bhottest\b|\bfastest\b",
    ),
    (Measure.MIN, r"\blowest\b|\bmin(?:imum)?\b|\bsmallest\b|\bleast\b|\bcoldest\b|\bslowest\b"),
    (Measure.LIST, r"^\s*(?:list|which|show|name)\b|\bwhat \w+ (?:are|do we have)\b|\bwhich of\b"),
)
_COMPILED = tuple((measure, re.compile(pattern, re.IGNORECASE)) for measure, pattern in _MEASURES)
_NUMBER = r"(-?\d+(?:[.,]\d{3})*(?:\.\d+)?)"
_UP = (
    r"above|over|more than|greater than|higher than|larger than|exceed(?:s|ed|ing)?|after|since after|newer than|beyond"
)
_UP_TO = r"at least|no less than|from"
_DOWN = r"below|under|less than|fewer than|lower than|smaller than|before|older than"
_DOWN_TO = r"at most|no more than|up to"
_BOUNDS: tuple[tuple[str, str], ...] = (
    (">=", rf"\b(?:{_UP_TO})\s+{_NUMBER}"),
    ("<=", rf"\b(?:{_DOWN_TO})\s+{_NUMBER}"),
    (">", rf"\b(?:{_UP})\s+{_NUMBER}"),
    ("<", rf"\b(?:{_DOWN})\s+{_NUMBER}"),
    (">=", rf"{_NUMBER}\s*\S{{0,8}}\s+(?:or|and) (?:more|above|over|higher|larger|newer)\b"),
    ("<=", rf"{_NUMBER}\s*\S{{0,8}}\s+(?:or|and) (?:less|below|under|lower|smaller|older)\b"),
)
_QUOTED = re.compile(r"[\"“”„«»]\s*[^\"“”„«»]*(?:\s+[^\s\"“”„«»]+){3,}\s*[\"“”„«»]")
_UNIT = re.compile(r"\s*(°C|°F|%|[A-Za-zµ°³²/]{1,10})")
# Words of grammar, which name nothing of a plant and narrow nothing.
_EMPTY = frozenset(
    """above active ago all altogether amount asset assets average below biggest come comes compare compared
    comparison count current currently day difference duration entries entry equipment ever exist exists
    failure far fault find first frequently give go going highest hottest hour kind kinds largest last
    latest least listed logged long longest lowest machine machines made max maximum mean median min minimum
    minute minutes month most name names newest number often oldest open past plant please recent record
    recorded records second seconds show since site smallest still sum take taken tell there time times
    today took total typical until versus week work year yesterday""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A comparison that the question makes: an operator, a number and the unit that was written."""

    operator: str
    number: float
    unit: str
    words: str

    @property
    def text(self) -> str:
        """As `analyse` takes it: ``above 20``."""
        return f"{'above' if self.operator.startswith('>') else 'below'} {self.number:g} {self.unit}".strip()


@dataclass(frozen=True)
class Reading:
    """A question, read.

    Attributes:
        said: the question in small letters, marks replaced by blanks, padded by blanks: " which pumps … ".
    """

    question: str

    @cached_property
    def timeless(self) -> str:
        """The question without its time expressions."""
        return without_times(self.question)

    @cached_property
    def said(self) -> str:
        """The question in small letters, marks as blanks, padded by blanks: " which pumps … "."""
        words = (word.strip(".-") for word in re.sub(r"[^\w.-]+", " ", self.question.casefold()).split())
        return f" {' '.join(word for word in words if word)} "

    @cached_property
    def measure(self) -> Measure:
        """What is wanted."""
        found = (measure for measure, pattern in _COMPILED if pattern.search(self.timeless))
        return next(found, Measure.VALUE)

    @cached_property
    def bound(self) -> Bound | None:
        """The comparison, if there is one."""
        for operator, pattern in _BOUNDS:
            if found := re.search(pattern, self.timeless, re.IGNORECASE):
                unit = _UNIT.match(self.timeless, found.end(1))
                told = unit[1] if unit and unit[1].casefold() not in {"or", "and", "in", "customers"} else ""
                number = float(re.sub(r"[,.](?=\d{3}(?:\D|$))", "", found[1]) if "," in found[1] else found[1])
                return Bound(operator, number, told, found[0])
        return None

    @cached_property
    def words(self) -> list[str]:
        """The stemmed words, in order."""
        return pieces(self.timeless)

    def rest(self, known: set[str]) -> list[str]:
        """The words that say something and aren't among those that are known."""
        from twinwright_tools.toolbox.words import meaningful

        bound = set(pieces(self.bound.words)) if self.bound else set()
        empty = {piece for word in _EMPTY for piece in pieces(word)}
        return [
            word
            for word in meaningful(self.words)
            if len(word) > 1 and word not in known | bound | empty and not word.isdigit()
        ]


def named_words(question: str) -> str:
    """What is left of a question to look names up in: without times, bounds, and what somebody else is quoted with."""
    reading = Reading(without_quotations(question))
    return reading.timeless.replace(reading.bound.words, " ") if reading.bound else reading.timeless


def without_quotations(question: str) -> str:
    """The question without longer passages in quotation marks: those are somebody else's words."""
    return _QUOTED.sub(" ", question)
