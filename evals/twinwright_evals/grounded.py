"""A second opinion on grounding: do the figures, times and twins of an answer stand in the evidence that it cites?

It is simple on purpose and shares nothing with the agent's own check: every number of a claim must be a number of the
cited evidence, rounded as the claim has it; every time one of its times, to the minute; every twin id one of its words.
Numbers behind a word that is part of a twin's name with them ("conveyor 2.5", "lines 1 and 2") are names. An assumption
is held against all evidence, unless it says itself what is assumed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from twinwright_agent.conclusion import Claim
from twinwright_tools.evidence import Evidence

from .outcome import Outcome

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:\s?Z|\s?[+-]\d{2}:?\d{2})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}:\d{2})(?::\d{2})?(?![\d:])(\s?(?:UTC|Z)\b)?")
_NUMBER = re.compile(r"(?<![\w.,-])[-−+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w-]*[A-Za-z])")
_ANY_NUMBER = re.compile(r"[-−+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
# Names with figures in them are no figures: glycol-pump-1, WO-0001, E3, U+2103.
_NAME = re.compile(r"(?<!\w)[A-Za-z][\w.]*(?:-[\w.]+)*\d[\w.-]*|\b[A-Za-z]+(?:-[A-Za-z0-9]+)+")

_NUMBERED = re.compile(
    r"\b([A-Za-z]{3,}) (\d+(?:\.\d+)?(?:(?:, and|,| and| to| or) \d+(?:\.\d+)?)*)(?![\w.]*\d)(?![-:]\d)"
)
_MARKED = "(assumed, in no evidence: "

_WORD_AFTER = re.compile(r"\s*([A-Za-z]+)")
_SECONDS = {"min": 60.0, "minutes": 60.0, "h": 3600.0, "hours": 3600.0, "d": 86_400.0, "days": 86_400.0}


def unsupported(outcome: Outcome) -> list[str]:
    """What of the answer and its hypotheses stands nowhere in the evidence that it cites, in words."""
    evidence = {one.id: one for one in outcome.found.evidence}
    claims = list(outcome.found.claims)
    for hypothesis in outcome.found.hypotheses:
        claims += [*hypothesis.supports, *hypothesis.contradicts]
    found: list[str] = []
    for claim in claims:
        found += _of_claim(claim, [evidence[one] for one in claim.evidence if one in evidence], outcome)
    for text in outcome.found.assumptions:
        if _MARKED not in text:
            found += _of_claim(Claim(text=text, evidence=[]), outcome.found.evidence, outcome)
    return found


def _of_claim(claim: Claim, cited: list[Evidence], outcome: Outcome) -> list[str]:
    text = " ".join(json.dumps(one.model_dump(mode="json"), ensure_ascii=False) for one in cited)
    zone = ZoneInfo(outcome.zone)
    wrong = [f"{twin} isn't in {_ids(cited)}" for twin in _twins(claim.text, outcome.site) if not _in(twin, text)]
    said = _unquoted(_without_names(claim.text, outcome.site))
    times = set(_minutes(_ISO.findall(text), zone))
    wrong += [
        f"the time {one} isn't in {_ids(cited)}" for one in _ISO.findall(said) if not set(_minutes([one], zone)) & times
    ]
    said = _ISO.sub(" ", said)
    clocks, days = {one[11:] for one in times}, {one[:10] for one in times}
    raw_days = set(_DATE.findall(text))
    wrong += [f"the day {one} isn't in {_ids(cited)}" for one in _DATE.findall(said) if one not in days | raw_days]
    said = _DATE.sub(" ", said)
    in_utc = {one[11:] for one in _minutes(_ISO.findall(text), ZoneInfo("UTC"))}
    # A clock time may also be a text of its own: the label of a row, or a shift ("06:00-14:00").
    labels = {(clock.zfill(5), utc) for clock, utc in _CLOCK.findall(_ISO.sub(" ", text))}
    told = [(clock.zfill(5), utc, in_utc if utc else clocks) for clock, utc in _CLOCK.findall(said)]
    wrong += [
        f"the time {clock} isn't in {_ids(cited)}"
        for clock, utc, known in told
        if clock not in known and (clock, utc) not in labels
    ]
    numbers = _numbers(text)
    said = _NAME.sub(" ", _CLOCK.sub(" ", said))
    for found in _NUMBER.finditer(said):
        # A length of time may be written in another unit than the seconds of the evidence.
        seconds = _SECONDS.get((_WORD_AFTER.match(said, found.end()) or ["", ""])[1], 0.0)
        shown = [*numbers, *(one / seconds for one in numbers)] if seconds else numbers
        if not _stands(found[0], shown):
            wrong.append(f"{found[0]} isn't in {_ids(cited)}")
    return wrong


def _in(twin: str, text: str) -> bool:
    """Whether a twin's id stands in a text, or its column's name does: there every mark is a ``_``."""
    return twin in text or re.sub(r"\W", "_", twin) in text


def _without_names(text: str, site: Iterable[str]) -> str:
    """The text without "line 3", "lines 1 and 2" and "conveyor 2.5": numbers that some twin's id has with that word."""
    ids = [set(re.findall(r"[a-z]+|\d+", one.lower())) for one in site]

    def plain(found: re.Match[str]) -> str:
        word = found[1].lower()
        numbers = [set(one.split(".")) for one in re.findall(r"\d+(?:\.\d+)?", found[2])]
        named = (word, word.removesuffix("s"))
        known = all(any(one <= parts and parts & set(named) for parts in ids) for one in numbers)
        return " " if known and (len(numbers) == 1 or word.endswith("s")) else found[0]

    return _NUMBERED.sub(plain, text)


def _unquoted(text: str) -> str:
    """The text without what it quotes in full."""
    return re.sub(r"“[^”]*”", " ", text)


def _twins(text: str, site: Iterable[str]) -> list[str]:
    words = set(re.findall(r"[\w-]+(?:\.[\w-]+)*", text))
    heads = words | {word.split(".")[0] for word in words}
    # An id that is a plain word (plant, power) is in most texts a word.
    return sorted(one for one in heads & set(site) if not one.isalpha())


def _minutes(times: Iterable[str], zone: ZoneInfo) -> Iterator[str]:
    for text in times:
        moment = datetime.fromisoformat(text.replace(" Z", "Z").replace(" +", "+"))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        yield aware.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _numbers(text: str) -> list[float]:
    return [float(one.replace("−", "-")) for one in _ANY_NUMBER.findall(text)]


def _stands(figure: str, numbers: list[float]) -> bool:
    """Whether one of the numbers, rounded as the figure is written, is it; signs and percent aside."""
    plain = figure.replace(",", "").replace("−", "-").lstrip("+")
    value, decimals = abs(float(plain)), len(plain.partition(".")[2])
    # 30020 for 30024.7: a figure without decimals is rounded to its last digit that isn't 0.
    zeros = len(plain) - len(plain.rstrip("0")) if decimals == 0 and value else 0
    step = 10.0 ** (zeros if decimals == 0 else -decimals)
    return any(abs(abs(scaled) - value) <= 0.5000001 * step for one in numbers for scaled in (one, 100.0 * one))


def _ids(cited: list[Evidence]) -> str:
    return ", ".join(one.id for one in cited) or "no evidence"
