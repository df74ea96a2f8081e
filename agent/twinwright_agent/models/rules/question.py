"""What kind of question it is. Which assets it is about is asked of the plant (`find_twins`), not guessed here."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from twinwright_tools.toolbox.words import STOP_WORDS, meaningful, pieces, synonyms


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


# What the subject of a why-question, or what something is wrong with, stands behind.
_BE = r"\b(?:why|how|how come) (?:is|are|was|were)|^\W*(?:is|are|was|were)"
_DO = r"\b(?:why|how come) (?:do|does|did|has|have|had|can't|can|won't|doesn't|don't|didn't|isn't|aren't)"
_WITH = (
    r"\b(?:wrong|matter|problems?|trouble|issues?|up) (?:with|at|in|on)|\bhappen(?:s|ed|ing) (?:to|with|at|in)"
    r"|\bstatus of"
)
_SUBJECT = re.compile(rf"(?P<be>{_BE})\s+|(?P<do>{_DO})\s+|(?:{_WITH})\s+", re.IGNORECASE)
_OWN = re.compile(r"(?:the|an?|my|our|your|this|that)\s+", re.IGNORECASE)
_RUN = re.compile(r"[\w-]+(?:'s)?")
# Words that end what something is called: what is said of it begins there.
_SAID_OF_IT = re.compile(
    r"(?:\w{3,}(?:ed|en|ing|ly)|again|keeps?|today|yesterday|now|still|always|slow|weird|strange|odd|bad|worse|low|high|weak|loud"
    r"|dead|ok|okay|fine|healthy|wrong|faulty|noisy)$",
    re.IGNORECASE,
)
# Nouns for what goes on in any plant: they name none of its assets, and a question about them is one about the plant.
_ANY_PLANT = frozenset(
    """amount bottleneck bottling building change company consumption cost day delay deviation difference drop
    efficiency error evening event facility fall hall house increase installation issue loss machinery
    manufacturing matter message mill month morning night noise number oee operation operator other part people
    performance problem productivity quality reading reason result rise room shop shutdown situation smell sound stop
    stoppage stuff system team thing time trouble value warehouse warning waste week whole workshop yield""".split()  # noqa: SIM905
)
_MOST_WORDS = 3


def absent_noun(question: str, nothing: Collection[str]) -> str | None:
    """What a question about a cause or a state is about ("why is the unicorn broken") where nothing here is called so.

    Only what has an article or a possessive before it counts, and only where none of its words means anything:
    adjectives, verbs and adverbs, and what people call a quantity, name no asset.

    Args:
        nothing: stemmed words that neither name nor describe anything of the plant.
    """
    for found in _SUBJECT.finditer(question):
        own = _OWN.match(question, found.end())
        if own is None:
            continue
        run, after = _run(question, own.end())
        if len(run) > 1 and (found["do"] or (found["be"] and after not in _DEGREES)):
            # The last word is the verb, or what it is said to be.
            run = run[:-1]
        noun = _called(run)
        words = meaningful(pieces(" ".join(noun)))
        if words and all(word in nothing and not _of_any_plant(word) for word in words):
            return " ".join(noun)
    return None


_DEGREES = frozenset({"so", "too", "very", "not", "such", "more", "less"})


def _run(question: str, start: int) -> tuple[list[str], str]:
    """The words from a place up to a mark or a word of grammar, and that word ("" where there is none)."""
    run: list[str] = []
    place = start
    while found := _RUN.match(question, place):
        word = found[0]
        if word.casefold() in STOP_WORDS:
            return run, word.casefold()
        run.append(word.removesuffix("'s"))
        place = found.end() + (question[found.end() : found.end() + 1] == " ")
        if word.endswith("'s") or place == found.end():
            break
    return run, ""


def _called(run: list[str]) -> list[str]:
    """The words of a name at the beginning of a run of words."""
    end = next((place for place, word in enumerate(run) if _SAID_OF_IT.match(word)), len(run))
    return run[:end][:_MOST_WORDS]


def _of_any_plant(word: str) -> bool:
    return word in _ANY_PLANT or len(synonyms(word)) > 1 or sounds_like_plant(word) or sounds_like_plant(f"{word}s")
