"""The check itself: pure, from a conclusion and its grounds to what doesn't stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from twinwright_tools.errors import TimeFormatError
from twinwright_tools.times import parse_time

from ..conclusion import Claim, Conclusion, Hypothesis
from .carried import Grounding, times_of
from .failures import GroundingFailure
from .figures import figures
from .grounds import Grounds
from .matching import duration_stands, moment_reason, named_times, number_stands
from .wording import aggregate_reasons, direction_reasons, order_reasons, sureness_reasons, way_reasons

# Above that, a hypothesis needs something that speaks for it.
UNSUPPORTED_CONFIDENCE = 0.5
# By so much a hypothesis may be surer than the engine is without a look of its own.
SURER = 0.15
# What marks a figure of an assumption that stands in no evidence.
ASSUMED = "assumed, in no evidence"
OWN_LOOKS = frozenset({"analyse", "telemetry_window", "search_history", "count_history"})


def check(conclusion: Conclusion, grounds: Grounds) -> list[GroundingFailure]:
    """All parts of a conclusion that don't stand in the evidence that they cite, in order.

    The answer's claims, what supports and contradicts, chains, onsets, modes and confidences are checked; `missing`,
    `next_check` and `why_no_path` cite nothing and are held against all evidence of the run, as are names in
    `assumptions` (their figures are marked, see `assumed`).
    """
    failures = _claims("answer", conclusion.answer, grounds)
    failures += _sureness("answer", conclusion.answer, conclusion, grounds)
    for number, hypothesis in enumerate(conclusion.hypotheses):
        failures += _hypothesis(f"hypotheses[{number}]", hypothesis, conclusion, grounds)
        failures += _sureness(f"hypotheses[{number}].supports", hypothesis.supports, conclusion, grounds)
    for number, text in enumerate(conclusion.missing):
        failures += _uncited(f"missing[{number}]", text, grounds)
    for number, text in enumerate(conclusion.assumptions):
        failures += _no_names(f"assumptions[{number}]", text, grounds)
    return failures


def assumed(conclusion: Conclusion, grounds: Grounds) -> Conclusion:
    """The conclusion with the figures and times of its assumptions marked where no evidence of the run carries them.

    "I took this morning as 06:00 to 12:00" is how a question was read, and may say what nothing proves; it is seen.
    """
    whole = grounds.cited(list(grounds.evidence))

    def marked(text: str) -> str:
        rest = grounds.names.find(text)[1]
        found = figures(rest, grounds.zone)
        loose = [one.text for one in found.moments if moment_reason(one, grounds.zone, whole)]
        loose += [one.text for one in found.durations if not duration_stands(one, whole)]
        loose += [one.text for one in found.numbers if not number_stands(one, text, whole)]
        return f"{text} ({ASSUMED}: {', '.join(dict.fromkeys(loose))})" if loose else text

    return conclusion.model_copy(update={"assumptions": [marked(text) for text in conclusion.assumptions]})


def _no_names(where: str, text: str, grounds: Grounds) -> list[GroundingFailure]:
    """Names in an assumption that are no names of the plant."""
    whole = grounds.cited(list(grounds.evidence))
    mentions = [one for one in grounds.names.find(text)[0] if not one.twins]
    why = [reason for one in mentions if (reason := grounds.names.reason(one, whole))]
    return [GroundingFailure(where, text, "; ".join(why))] if why else []


def reasons(text: str, ground: Grounding, grounds: Grounds) -> list[str]:
    """Why a text doesn't stand on that ground: one reason for each name and figure that doesn't."""
    mentions, rest = grounds.names.find(text)
    found = figures(rest, grounds.zone)
    why = [grounds.names.reason(mention, ground) for mention in mentions]
    why += [moment_reason(moment, grounds.zone, ground) for moment in found.moments]
    # "at 9:12, 42 min after …": a span may begin at a time that the sentence itself names.
    ground = replace(ground, heads=[*ground.heads, *named_times(found.moments, grounds.zone, ground)])
    why += [
        f"{duration.text} stands nowhere in the cited evidence, nor between two times of it"
        for duration in found.durations
        if not duration_stands(duration, ground)
    ]
    why += [
        f"the figure {number.text} stands nowhere in the cited evidence, nor follows from two figures of it"
        for number in found.numbers
        if not number_stands(number, text, ground)
    ]
    why += [
        *aggregate_reasons(text, found, ground.comparable),
        *direction_reasons(text, found),
        *order_reasons(text, found),
        *way_reasons(text, grounds.graph),
    ]
    return list(dict.fromkeys(reason for reason in why if reason is not None))


def _claims(where: str, claims: Sequence[Claim], grounds: Grounds) -> list[GroundingFailure]:
    return [
        GroundingFailure(f"{where}[{number}]", claim.text, "; ".join(why))
        for number, claim in enumerate(claims)
        if (why := _claim(claim, grounds))
    ]


def _sureness(where: str, claims: Sequence[Claim], conclusion: Conclusion, grounds: Grounds) -> list[GroundingFailure]:
    stated: dict[str, float] = {}
    for one in conclusion.hypotheses:
        # A confidence that isn't accepted lends its words nothing: the engine's stands in for it.
        number = grounds.engine.get(one.twin, UNSUPPORTED_CONFIDENCE) if _confidence(one, grounds) else one.confidence
        stated[one.twin] = max(number, stated.get(one.twin, 0.0))
    return [
        GroundingFailure(f"{where}[{number}]", claim.text, reason)
        for number, claim in enumerate(claims)
        for reason in sureness_reasons(claim.text, stated, grounds.engine)
    ]


def _claim(claim: Claim, grounds: Grounds) -> list[str]:
    unknown = [one for one in claim.evidence if one not in grounds.evidence]
    if unknown:
        return [f"there is no evidence {', '.join(unknown)}"]
    why = reasons(claim.text, grounds.cited(claim.evidence), grounds)
    if not claim.evidence and (why or _says_something_checkable(claim.text, grounds)):
        return ["it names figures, times or twins and cites no evidence"]
    return why


def _says_something_checkable(text: str, grounds: Grounds) -> bool:
    mentions, rest = grounds.names.find(text)
    found = figures(rest, grounds.zone)
    return bool(mentions or found.numbers or found.durations or found.moments)


def _uncited(where: str, text: str | None, grounds: Grounds) -> list[GroundingFailure]:
    if not text:
        return []
    why = reasons(text, grounds.cited(list(grounds.evidence)), grounds)
    return [GroundingFailure(where, text, "; ".join(why))] if why else []


def _hypothesis(where: str, one: Hypothesis, conclusion: Conclusion, grounds: Grounds) -> list[GroundingFailure]:
    if one.twin not in grounds.graph.twins:
        return [GroundingFailure(f"{where}.twin", one.twin, "there is no such twin in the graph")]
    failures = _claims(f"{where}.supports", one.supports, grounds)
    failures += _claims(f"{where}.contradicts", one.contradicts, grounds)
    failures += _fields(where, one, conclusion, grounds)
    failures += _chain(where, one, grounds)
    for name in ("next_check", "why_no_path"):
        failures += _uncited(f"{where}.{name}", getattr(one, name), grounds)
    return failures


def _fields(where: str, one: Hypothesis, conclusion: Conclusion, grounds: Grounds) -> list[GroundingFailure]:
    # What the answer says of the twin is said of this hypothesis too.
    about = [
        claim
        for claim in conclusion.answer
        if any(one.twin in each.twins for each in grounds.names.find(claim.text)[0])
    ]
    ground = grounds.cited([cited for claim in (*one.supports, *one.contradicts, *about) for cited in claim.evidence])
    whole = grounds.cited(list(grounds.evidence))
    failures: list[GroundingFailure] = []

    def fail(name: str, text: str, reason: str) -> None:
        failures.append(GroundingFailure(f"{where}.{name}", text, reason))

    if (why := _confidence(one, grounds)) is not None:
        fail("confidence", str(one.confidence), why)
    if not whole.has_name(one.twin):
        fail("twin", one.twin, "it stands nowhere in the run's evidence")
    if one.signal is not None and not _signal_stands(one.twin, one.signal, whole):
        fail("signal", one.signal, f"no evidence of this run names {one.twin}.{one.signal}")
    if one.mode is not None and one.mode not in grounds.modes:
        fail("mode", one.mode, "it is no failure mode id; use one that the evidence names, or null")
    if one.onset is not None and (why := _onset(one, ground if one.supports else whole, grounds)):
        fail("onset", one.onset, why)
    return failures


def _confidence(one: Hypothesis, grounds: Grounds) -> str | None:
    """Why a confidence isn't accepted, or None if it is."""
    if not 0.0 <= one.confidence <= 1.0:
        return "a probability lies between 0 and 1"
    if one.confidence > UNSUPPORTED_CONFIDENCE and not any(claim.evidence for claim in one.supports):
        return "above 0.5 at least one support with evidence is needed"
    return _surer_than_the_engine(one, grounds)


def _surer_than_the_engine(one: Hypothesis, grounds: Grounds) -> str | None:
    """A confidence beyond the engine's calibrated one needs evidence that the engine didn't see through."""
    if not grounds.engine or one.confidence <= grounds.engine.get(one.twin, 0.0) + SURER:
        return None
    cited = {name for claim in one.supports for name in claim.evidence}
    if any(grounds.evidence[name].tool in OWN_LOOKS for name in cited if name in grounds.evidence):
        return None
    known = grounds.engine.get(one.twin)
    said = f"the engine gives {one.twin} {known:.2g}" if known is not None else f"the engine doesn't rank {one.twin}"
    return f"{said}; a higher confidence needs a supporting claim from a look of your own at the data"


def _signal_stands(twin: str, signal: str, ground: Grounding) -> bool:
    return ground.has_name(f"{twin}.{signal}") or (ground.has_name(twin) and ground.has_name(signal))


def _onset(one: Hypothesis, ground: Grounding, grounds: Grounds) -> str | None:
    """Why an onset doesn't stand: it is no time of what is cited, nor one that the run's evidence gives the twin."""
    text = one.onset or ""
    try:
        time = parse_time(text)
    except TimeFormatError as error:
        return error.message
    tolerance = 1.0 if re.search(r"\d:\d{2}:\d{2}", text) else 60.0
    times = [*ground.times, *times_of(one.twin, grounds.evidence.values())]
    if any(abs((each - time).total_seconds()) < tolerance for each in times):
        return None
    return (
        f"this time stands nowhere in the evidence that the hypothesis cites, and no evidence gives it for {one.twin}: "
        "copy one that stands there, or null"
    )


def _chain(where: str, one: Hypothesis, grounds: Grounds) -> list[GroundingFailure]:
    """An upset has to have a way to travel, or the hypothesis says why it needs none."""
    if one.why_no_path:
        unknown = [twin for twin in one.chain if twin not in grounds.graph.twins]
        return _chain_failure(where, one, f"there is no twin {', '.join(unknown)}") if unknown else []
    if not one.chain:
        return _chain_failure(
            where, one, "give the twins from cause to symptom, or say in why_no_path why there is no path"
        )
    if one.chain[0] != one.twin:
        return _chain_failure(where, one, f"it begins with {one.chain[0]}, not with the cause {one.twin}")
    unknown = [twin for twin in one.chain if twin not in grounds.graph.twins]
    if unknown:
        return _chain_failure(where, one, f"there is no twin {', '.join(unknown)}")
    broken = broken_steps(one.chain, grounds)
    if broken:
        steps = ", ".join(f"{start} → {end}" for start, end in broken)
        hint = _hint(one.chain, grounds)
        return _chain_failure(where, one, f"no upset travels {steps} in the twin graph{hint}")
    return []


def _chain_failure(where: str, one: Hypothesis, reason: str) -> list[GroundingFailure]:
    return [GroundingFailure(f"{where}.chain", " → ".join(one.chain) or "(empty)", reason)]


def broken_steps(chain: Sequence[str], grounds: Grounds) -> list[tuple[str, str]]:
    """The steps of a chain along which nothing travels. Its last step may also lead into what contains the twin."""
    graph = grounds.graph
    steps = list(pairwise(chain))
    return [
        (start, end)
        for number, (start, end) in enumerate(steps)
        if not graph.influence.has_edge(start, end) and not (number == len(steps) - 1 and start in graph.within(end))
    ]


def _hint(chain: Sequence[str], grounds: Grounds) -> str:
    way = grounds.graph.path(chain[0], chain[-1])
    return (
        f"; the shortest way is {' → '.join(way)}" if way else "; if it is a cause all the same, say why in why_no_path"
    )
