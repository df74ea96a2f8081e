"""What kind of question it is. Which assets it is about is asked of the plant (`find_twins`), not guessed here."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from twinwright_tools.toolbox.words import meaningful, pieces


class Intent(StrEnum):
    """What a question wants."""

    WHY = "why"
    VALUE = "value"
    COUNT = "count"
    PAST = "past"
    STATUS = "status"
    ACT = "act"
    OPEN = "open"


# The first that fits wins.
_INTENTS: tuple[tuple[Intent, tuple[str, ...]], ...] = (
    (
        Intent.ACT,
        (
            r"^\s*(?:please\s+|can you\s+|could you\s+)?(?:stop|start|shut|open|close|set|turn|switch)\b",
            r"^\s*(?:please\s+|can you\s+|could you\s+)?(?:raise|lower|increase|decrease|restart|reset|trip|bypass)\b",
        ),
    ),
    (
        Intent.WHY,
        (
            r"\bwhy\b|\broot cause|\bcaus(?:e|es|ed|ing)\b|\breason\b|\bexplain\b|\bproblem",
            r"\bdiagnos|\binvestigat|\btroubleshoot|\bhow come\b|\bwhat for\b|\bdue to\b|\bculprit|\bto blame\b",
            r"\b(?:what|which|who)(?:'s| is| are| has|)\b.*\b(?:behind|holding|slowing|limiting|stopping|blocking"
            r"|driving|dragging|hurting|responsible|going on|makes?|making|keeps?|keeping)\b",
            r"\bwhat(?:'s| is| has| went| goes)? (?:gone |going )?wrong|\bwhat (?:happened|is happening|changed)",
            r"\bwhat(?:'s| is) (?:it|that|this|up)\b|\bany idea|\bwhere does it (?:all )?(?:go|come from)",
            r"\bwhere (?:do|does|did|is|are)\b.*\b(?:los(?:e|es|ing|t)|leak\w*|vanish\w*|com(?:e|ing) from)\b",
            r"\bupstream of\b|\bsounds? (?:like|odd|strange|different)\b",
            r"\bkeeps? (?:going|dropping|rising|tripping|stopping|falling)\b",
        ),
    ),
    (
        Intent.PAST,
        (
            r"\bhow often\b|\bhappened before\b|\blast time\b|\bwhen (?:was|were|did)\b|\bhistory\b",
            r"\bhow many (?:times|work ?orders|alarms|failures|repairs|breakdowns|notes|stops|faults)\b",
            r"\bwork ?orders?\b|\balarms?\b|\bnotes?\b|\bshift log|\bmtbf\b|\bmttr\b|\bbreakdown",
            r"\brepair|\breplaced\b|\bserviced\b|\boverhaul|\bmaintenance\b|\bmaintained\b",
            r"\bfailures? (?:of|on|in|did|does|has|have)\b|\b(?:did|has|have|does)\b.*\bfail(?:ed)?\b",
        ),
    ),
    (
        Intent.COUNT,
        (
            r"\bhow many\b|\bnumber of\b|\bcount\b|^\s*(?:list|which|show (?:me )?(?:all|the|every))\b",
            r"\bwhat \w+ (?:are|do we have|does)\b",
        ),
    ),
    (
        Intent.STATUS,
        (
            r"\bstatus\b|\bhow (?:is|are)\b.*\b(?:doing|running|going|performing)\b|\bhealth|\beverything\b",
            r"\b(?:is|are)\b.*\b(?:ok|okay|fine|normal|all right|alright|healthy|wrong)\b",
            r"\banything (?:wrong|unusual|odd|abnormal)",
        ),
    ),
    (
        Intent.VALUE,
        (
            r"\bwhat(?:'s| is| was| were| are)\b|\bvalue\b|\baverage\b|\bmean\b|\bmax|\bmin(?:imum)?\b|\bmedian\b",
            r"\bhow (?:high|low|hot|cold|fast|slow|much|warm|full|big|large)\b|\btrend\b|\breading\b|\bplot\b|\bshow\b",
        ),
    ),
)
_COMPILED = tuple((intent, re.compile("|".join(patterns), re.IGNORECASE)) for intent, patterns in _INTENTS)

# Words that a question about a plant uses, whatever the plant is.
_PLANT_WORDS = re.compile(
    r"\b(?:plant|site|factory|line|machine|asset|equipment|unit|process|production|throughput|output|downtime|sensor|signal|"
    r"telemetry|twins?|alarms?|faults?|notes?|failing|failure|broken|leak\w*|wear|vibrat\w*|pressure|temperature|flow|level|speed|slow\w*|"
    r"overheat\w*|trip\w*|jam\w*|stopp?\w*|motor|pump|valve|compressor|conveyor|bearing|fan|tank|drive|maintenance|"
    r"work ?orders?|repair\w*|shift|something|anything|everything|wrong|deviat\w*|anomal\w*|unusual)\b",
    re.IGNORECASE,
)


def intent_of(question: str) -> Intent:
    """What a question wants."""
    return next((intent for intent, pattern in _COMPILED if pattern.search(question)), Intent.OPEN)


def sounds_like_plant(question: str) -> bool:
    """Whether a question uses words of plants at all, so that no match of a name may just be an unknown name."""
    return _PLANT_WORDS.search(question) is not None


_SEVERAL = re.compile(
    r"\b(?:draft|write|make|create|open|raise|prepare)\b[^.?!]*\b(?:work ?)?orders\b"
    r"|\b(?:work ?)?orders?\b[^.?!]*\b(?:each|every|both|all)\b"
    r"|\b(?:each|every|both|all)\b[^.?!]*\b(?:work ?)?orders?\b",
    re.IGNORECASE,
)
_WHO = re.compile(r"^\s*who\b", re.IGNORECASE)
_FUTURE = re.compile(
    r"\bwill\b|\btomorrow\b|\bnext (?:hour|shift|day|week|month|year|\w+day)\b|\bforecast|\bpredict", re.IGNORECASE
)
_PHRASE = re.compile(r"\bthe ((?:[\w-]+ ){0,3}?[\w-]+) (?:of|on|at|in|inside) ", re.IGNORECASE)
_AMOUNT = re.compile(r"\bhow (?:many|much) ([\w-]+)", re.IGNORECASE)


def asks_for_several_orders(question: str) -> bool:
    """Whether a question wants a work order for each of several causes, and not one for the leading cause."""
    return _SEVERAL.search(question) is not None


def asks_of_the_future(question: str) -> bool:
    """Whether a question is about what is still to come, or about what would be if."""
    return _FUTURE.search(question) is not None


def asks_for_people(question: str) -> bool:
    """Whether a question asks who."""
    return _WHO.search(question) is not None


def unknown_thing(question: str, nothing: Collection[str], least: int = 1) -> str | None:
    """What a question asks of ("the paper in …", "how many euros") where none of its words means anything here.

    Args:
        nothing: stemmed words that neither name nor describe anything of the plant.
        least: how many such words there have to be.
    """
    phrases = [*_PHRASE.findall(question), *(_AMOUNT.findall(question) if least == 1 else [])]
    for phrase in phrases:
        words = meaningful(pieces(phrase))
        if len(words) >= least and all(word in nothing for word in words):
            return str(phrase)
    return None
