"""What a sentence says beside its figures: which aggregate, which way something went, in which order, how sure.

Each reader returns reasons why the sentence doesn't stand; a sentence that says nothing of the kind has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from twinwright_tools.twins.graph import TwinGraph

from .comparing import Carried
from .figures import Figures, Number
from .matching import fits

# Words for aggregates, and what evidence calls them; "typical" or "usual" may be a mean or a median.
_AGGREGATES: tuple[tuple[str, frozenset[str]], ...] = (
    (r"mean|average", frozenset({"mean", "avg", "average"})),
    (r"median", frozenset({"median", "p50"})),
    (r"maximum|highest|peak", frozenset({"max", "maximum", "highest", "peak", "high"})),
    (r"minimum|lowest", frozenset({"min", "minimum", "lowest", "low"})),
)
_ALL_AGGREGATES = frozenset().union(*(names for _, names in _AGGREGATES))
_AGGREGATE = re.compile(
    rf"\b(?:{'|'.join(f'(?P<a{place}>{words})' for place, (words, _) in enumerate(_AGGREGATES))})\b"
    r"(?:[^.;:]|[.:](?=\w)){0,60}?\b(?:of|was|is|were|at|=)\s*$",
    re.IGNORECASE,
)
# Forms of verbs alone: a pressure drop, a temperature rise or a drop-out is a thing that may go either way.
_UP = r"rose|risen|rises|rising|increas(?:ed|es|ing)|climb(?:ed|s|ing)|grew|grown|grows|growing|went up|goes up"
_DOWN = (
    r"fell|fallen|falls|falling|dropp(?:ed|ing)|drops|decreas(?:ed|es|ing)|declin(?:ed|es|ing)|sank|sunk|sinks|"
    r"went down|goes down"
)
_ROSE = re.compile(rf"\b(?:{_UP})\b(?!-)", re.IGNORECASE)
_FELL = re.compile(rf"\b(?:{_DOWN})\b(?!-)", re.IGNORECASE)
# The verb of "pressure drops rose from 0.3 to 0.5" is the last one before "from".
_VERB = rf"(?:{_UP}|{_DOWN}|went|goes|going|moved|moves|changed|changes|shifted|shifts|is|are|was|were|has|have|had)\b"
_ORDER = re.compile(r"\b(before|after)\b", re.IGNORECASE)
# "It rested from 10:00 while it was driven, after 11:40 it fell": a new clause isn't set against the one before.
_CLAUSE = re.compile(r"\b(?:and|but|while|when|then)\b|;", re.IGNORECASE)
_ARROW = re.compile(r"\s*(?:→|->)\s*")
# Confidence words and what they say as a probability, after the IPCC's uncertainty guidance (Mastrandrea et al., 2010).
_SURE: tuple[tuple[str, float, float], ...] = (
    (r"certainly|definitely|without (?:a )?doubt|undoubtedly|proven|proves|for sure", 0.95, 1.0),
    (r"almost certain(?:ly)?|virtually certain", 0.9, 1.0),
    (r"very likely|highly likely|very probabl[ey]", 0.8, 1.0),
    (r"unlikely|improbable", 0.0, 0.35),
)
_SURE_WORDS = tuple((re.compile(rf"\b(?:{words})\b", re.IGNORECASE), low, high) for words, low, high in _SURE)
_NOT = re.compile(r"\b(?:not|no|n't|never|isn't|cannot|can't)\b[^.;]{0,20}$", re.IGNORECASE)


def aggregate_reasons(sentence: str, figures: Figures, carried: Sequence[Carried]) -> Iterator[str]:
    """A figure that is said to be a mean, median, maximum or minimum, and that evidence knows as another one alone."""
    place = 0
    for number in figures.numbers:
        place = max(sentence.find(number.text, place), 0)
        found = _AGGREGATE.search(sentence[max(0, place - 100) : place])
        if found is None:
            continue
        said = next(names for index, (_, names) in enumerate(_AGGREGATES) if found[f"a{index}"])
        known = [_aggregate(one.role) for one in carried if fits(number, one)]
        if known and all(names and not names & said for names in known):
            told = ", ".join(sorted({name for names in known for name in names}))
            yield f"{number.text} is no {found[0].split()[0]} in the cited evidence: there it is {told}"


def _aggregate(name: str | None) -> frozenset[str]:
    words = set(re.findall(r"[a-z0-9]+", (name or "").lower()))
    return frozenset(words & _ALL_AGGREGATES)


def direction_reasons(sentence: str, figures: Figures) -> Iterator[str]:
    """ "Rose from 5 bar to 3 bar": a verb that the figures behind it contradict."""
    for verb, up in ((_ROSE, True), (_FELL, False)):
        for found in verb.finditer(sentence):
            pair = _from_to(sentence[found.end() :], figures.numbers)
            if pair is None or _NOT.search(sentence[: found.start()]):
                continue
            first, last = pair
            if first.unit == last.unit and (last.value < first.value if up else last.value > first.value):
                yield f"“{found[0]}” is the wrong way round: from {first.text} to {last.text}"


def _from_to(rest: str, numbers: Sequence[Number]) -> tuple[Number, Number] | None:
    """The two figures of "from 5 bar to 3 bar" right behind a verb."""
    for first, last in pairwise(numbers):
        pattern = (
            rf"\s*(?:(?!{_VERB})\w+\s+){{0,2}}from\s(?:[a-z ]{{0,20}}\s)?{re.escape(first.text)}"
            rf"[^.;\d]{{0,40}}?\bto\s+{re.escape(last.text)}"
        )
        if re.match(pattern, rest):
            return first, last
    return None


def order_reasons(sentence: str, figures: Figures) -> Iterator[str]:
    """Two times with "before" or "after" between them, the wrong way round."""
    moments = [one for one in figures.moments if one.instant is not None]
    if len(moments) != 2:
        return
    first, last = moments
    begin = sentence.find(first.text)
    between = sentence[begin + len(first.text) : sentence.find(last.text, begin + 1)]
    words = _ORDER.findall(between)
    if len(words) != 1 or _CLAUSE.search(between) or first.instant is None or last.instant is None:
        return
    right = first.instant <= last.instant if words[0].lower() == "before" else first.instant >= last.instant
    if not right:
        yield f"{first.text} isn't {words[0].lower()} {last.text}"


def way_reasons(sentence: str, graph: TwinGraph) -> Iterator[str]:
    """ "a → b → c" is a way along which an upset travels, or no such way may be drawn."""
    parts = _ARROW.split(sentence)
    if len(parts) < 2:
        return
    heads = [_last_twin(part, graph.twins) for part in parts[:-1]]
    tails = [_first_twin(part, graph.twins) for part in parts[1:]]
    for head, tail in zip(heads, tails, strict=True):
        if head is None or tail is None or graph.influence.has_edge(head, tail) or head in graph.within(tail):
            continue
        yield f"no upset travels {head} → {tail} in the twin graph"


def _last_twin(text: str, twins: Mapping[str, object]) -> str | None:
    words = re.findall(r"[\w-]+(?:\.[\w-]+)*", text)
    return words[-1] if words and words[-1] in twins else None


def _first_twin(text: str, twins: Mapping[str, object]) -> str | None:
    found = re.match(r"[\w-]+(?:\.[\w-]+)*", text)
    word = found[0].rstrip(".") if found else ""
    return word if word in twins else None


def sureness_reasons(sentence: str, confidences: Mapping[str, float], engine: Mapping[str, float]) -> Iterator[str]:
    """Words of certainty about a cause, held against its numbers: the engine's, and the conclusion's own that stood.

    Args:
        confidences: what the conclusion's hypotheses say of twins, where that was accepted; engine: what the engine
            says of them. Words stand that go with either.
    """
    named = [twin for twin in confidences if re.search(rf"(?<![\w-]){re.escape(twin)}(?![\w-])", sentence)]
    if not named:
        return
    twin = max(named, key=lambda one: confidences[one])
    numbers = sorted({confidences[twin], engine.get(twin, confidences[twin])})
    for pattern, low, high in _SURE_WORDS:
        found = pattern.search(sentence)
        if found is None or _NOT.search(sentence[: found.start()]):
            continue
        if not any(low <= number <= high for number in numbers):
            bounds = f"at least {low:.0%}" if high == 1.0 else f"at most {high:.0%}"
            told = " and ".join(f"{number:.2g}" for number in numbers)
            yield f"“{found[0]}” means {bounds}; {twin} has {told}"
        return
