"""The next check: what tells the leading hypotheses apart, for the time that it takes.

A check's worth is its expected information about which hypothesis holds: the mutual information, in bits, between its
outcome and the hypotheses (Lindley 1956, "On a measure of the information provided by an experiment"; used to choose
the next measurement by de Kleer and Williams 1987, "Diagnosing multiple faults"). The best is worth most per minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING, NamedTuple

from ..telemetry.series import SignalKey
from ..twins.graph import TwinGraph
from .modes.roles import roles_of
from .modes.types import BACKGROUND, DEVIATES, SHIFTS, Check, FailureMode, Library, Role, Sign

if TYPE_CHECKING:
    from ..twins.dtdl import ModelSet

_LEAST_BITS = 0.01
# A check on a machine that has nothing comes out positive no more often than this.
_FALSE_ALARM = 0.05
# Looking at a machine without knowing for what: whether a fault shows, and whether something odd shows on any machine.
_LOOK_MIN, _LOOK_SEEN, _LOOK_ODD = 20.0, 0.7, 0.12
# Comparing a machine with its sister on a screen: whether a fault of its own shows as a difference, and what comes from
# outside and so meets both.
_SISTER_MIN, _SISTER_OWN, _SISTER_SHARED = 5.0, 0.8, 0.2


class Leading(NamedTuple):
    """A hypothesis: a twin, the id of its failure mode (or None), and the probability that this is the cause."""

    twin: str
    mode: str | None
    probability: float


@dataclass(frozen=True, slots=True)
class NextCheck:
    """A check worth making.

    Attributes:
        twin: where; text: what to do; finding: what a positive result is.
        bits: expected information about the hypotheses; at most their entropy.
        minutes: what it takes; skill: who can do it.
        positive: probability of a positive result.
        if_positive, if_negative: the hypotheses with their probabilities after either result, likeliest first.
        meaning: what each result would mean, in two sentences.
    """

    twin: str
    text: str
    finding: str
    bits: float
    minutes: float
    skill: str
    positive: float
    if_positive: tuple[Leading, ...]
    if_negative: tuple[Leading, ...]
    meaning: tuple[str, str]

    @property
    def bits_per_minute(self) -> float:
        """What it is worth for its time."""
        return self.bits / self.minutes


@dataclass(frozen=True, slots=True)
class _Asked:
    """A check at a twin, with the probability of a positive result under each hypothesis and under none of them."""

    twin: str
    text: str
    finding: str
    minutes: float
    skill: str
    positives: tuple[float, ...]


def entropy(probabilities: Iterable[float]) -> float:
    """Entropy in bits of probabilities that sum to 1."""
    return -sum(each * log2(each) for each in probabilities if each > 0.0)


def information(probabilities: Sequence[float], positives: Sequence[float]) -> float:
    """Mutual information in bits between a yes/no outcome and the hypotheses.

    Args:
        probabilities: of the hypotheses, summing to 1; positives: of a positive outcome under each.
    """
    positive = sum(each * yes for each, yes in zip(probabilities, positives, strict=True))
    known = sum(each * entropy((yes, 1.0 - yes)) for each, yes in zip(probabilities, positives, strict=True))
    return max(0.0, entropy((positive, 1.0 - positive)) - known)


def recorded_roles(
    keys: Iterable[SignalKey], graph: TwinGraph, models: ModelSet, library: Library
) -> dict[str, frozenset[str]]:
    """What is measured at each twin: role ids by twin id. What a sensor tells needs no hand-held instrument."""
    found: dict[str, frozenset[str]] = {}
    for key in keys:
        found[key.twin] = found.get(key.twin, frozenset()) | roles_of(key, graph, models, library)
    return found


def next_check(
    leading: Sequence[Leading],
    library: Library,
    graph: TwinGraph | None = None,
    recorded: Mapping[str, frozenset[str]] | None = None,
) -> NextCheck | None:
    """The check that is worth most per minute, or None where no check would tell anything."""
    return next(iter(next_checks(leading, library, graph, recorded)), None)


def next_checks(
    leading: Sequence[Leading],
    library: Library,
    graph: TwinGraph | None = None,
    recorded: Mapping[str, frozenset[str]] | None = None,
) -> list[NextCheck]:
    """Every check that would tell something, best first.

    Args:
        leading: distinct hypotheses; what their probabilities leave to 1 is "something else". More than 1 is scaled.
        graph: for comparing a twin with its sisters of the same model.
        recorded: role ids by twin (`recorded_roles`), for measuring by hand what no sensor records.

    Raises:
        ValueError: a probability is negative or no number.
    """
    probabilities = _whole(leading)
    if not leading or entropy(probabilities) == 0.0:
        return []
    asked = [
        *_from_library(leading, library),
        *_by_hand(leading, library, recorded or {}),
        *_looks(leading),
        *(_sisters(leading, graph) if graph else []),
    ]
    checks = [_judged(one, leading, probabilities, library) for one in asked]
    worth = [one for one in checks if one.bits >= _LEAST_BITS]
    return sorted(worth, key=lambda one: (-one.bits_per_minute, one.minutes, one.twin, one.text))


def _whole(leading: Sequence[Leading]) -> tuple[float, ...]:
    """The probabilities of the hypotheses and, last, of something else."""
    given = [one.probability for one in leading]
    if any(not 0.0 <= each < float("inf") for each in given):
        raise ValueError(f"probabilities are numbers from 0 on; these are {given}")
    total = sum(given)
    if total > 1.0:
        return (*(each / total for each in given), 0.0)
    return (*given, 1.0 - total)


def _from_library(leading: Sequence[Leading], library: Library) -> list[_Asked]:
    """The checks of the leading modes, each at its twin, once."""
    found: dict[tuple[str, str], _Asked] = {}
    for one in leading:
        mode = library.modes.get(one.mode or "")
        for check in mode.discriminating if mode else ():
            found.setdefault((one.twin, check.text), _asked(one.twin, check, leading))
    return list(found.values())


def _asked(twin: str, check: Check, leading: Sequence[Leading]) -> _Asked:
    elsewhere = min(check.default, _FALSE_ALARM)
    positives = [check.positive(other.mode) if other.twin == twin else elsewhere for other in leading]
    return _Asked(twin, check.text, check.finding, check.minutes, check.skill, (*positives, check.default))


def _by_hand(leading: Sequence[Leading], library: Library, recorded: Mapping[str, frozenset[str]]) -> list[_Asked]:
    """Measurements of what the leading modes' signs speak of and nobody records.

    Only at twins whose recorded roles are known; only signs that rise or fall, as a single reading shows no course.
    """
    found: dict[tuple[str, str, int], _Asked] = {}
    for one in leading:
        mode = library.modes.get(one.mode or "")
        for sign in mode.signature if mode and one.twin in recorded else ():
            role = library.roles[sign.role]
            new = role.by_hand is not None and sign.role not in recorded[one.twin]
            if new and sign.at == "own" and sign.direction and set(sign.counted) & {"level", "slope"}:
                key = (one.twin, sign.role, sign.direction)
                found.setdefault(key, _reading(one.twin, role, sign.direction, leading, library))
    return list(found.values())


def _reading(twin: str, role: Role, direction: int, leading: Sequence[Leading], library: Library) -> _Asked:
    hand = role.by_hand
    assert hand is not None  # only such roles are asked
    usual = 0.5 * sum(BACKGROUND[kind] for kind in SHIFTS[:2])
    positives = [
        _seen(library.modes.get(one.mode or ""), role.id, direction, usual) if one.twin == twin else _FALSE_ALARM
        for one in leading
    ]
    course = "higher" if direction > 0 else "lower"
    return _Asked(
        twin,
        f"Measure the {role.words} at {twin} ({hand.tool}) and compare it with the usual value",
        f"it is clearly {course} than usual",
        hand.minutes,
        hand.skill,
        (*positives, usual),
    )


def _seen(mode: FailureMode | None, role: str, direction: int, usual: float) -> float:
    """Probability that the mode moves what a role measures that way."""
    if mode is None:
        return usual
    signs: list[Sign] = [sign for sign in mode.signature if sign.role == role and sign.at == "own"]
    same = [sign.seen for sign in signs if sign.direction == direction]
    if same:
        return max(same)
    either = [sign.seen for sign in signs if sign.direction == 0]
    if either:
        return 0.5 * max(either)
    opposite = [sign.seen for sign in signs]
    return 0.1 * (1.0 - max(opposite)) if opposite else 0.5 * mode.others


def _looks(leading: Sequence[Leading]) -> list[_Asked]:
    """Going there and looking, where several twins are in question."""
    twins = list(dict.fromkeys(one.twin for one in leading))
    if len(twins) < 2:
        return []
    return [
        _Asked(
            twin,
            f"Look at {twin} on site: does it sound, feel and look as usual?",
            "something about it is unusual",
            _LOOK_MIN,
            "operator",
            (*(_LOOK_SEEN if one.twin == twin else _LOOK_ODD for one in leading), _LOOK_ODD),
        )
        for twin in twins
    ]


def _sisters(leading: Sequence[Leading], graph: TwinGraph) -> list[_Asked]:
    """Comparing a twin with one of the same model that nobody suspects, where several twins are in question."""
    twins = list(dict.fromkeys(one.twin for one in leading))
    found = []
    for twin in twins if len(twins) > 1 else ():
        model = graph.twins[twin].model if twin in graph.twins else None
        sister = next((one.id for one in graph.twins.values() if one.model == model and one.id not in twins), None)
        if model and sister:
            found.append(
                _Asked(
                    twin,
                    f"Compare {twin} with {sister} at the same load: do their signals still go together?",
                    f"{twin} behaves differently from {sister}",
                    _SISTER_MIN,
                    "operator",
                    (*(_SISTER_OWN if one.twin == twin else _SISTER_SHARED for one in leading), DEVIATES),
                )
            )
    return found


def _judged(asked: _Asked, leading: Sequence[Leading], probabilities: Sequence[float], library: Library) -> NextCheck:
    positive = sum(each * yes for each, yes in zip(probabilities, asked.positives, strict=True))
    after_yes = _after(leading, probabilities, asked.positives, positive)
    after_no = _after(leading, probabilities, [1.0 - yes for yes in asked.positives], 1.0 - positive)
    now = {(one.twin, one.mode): each for one, each in zip(leading, probabilities, strict=False)}
    return NextCheck(
        twin=asked.twin,
        text=asked.text,
        finding=asked.finding,
        bits=information(probabilities, asked.positives),
        minutes=asked.minutes,
        skill=asked.skill,
        positive=positive,
        if_positive=after_yes,
        if_negative=after_no,
        meaning=(
            f"If {asked.finding}: {_means(after_yes, now, library)}.",
            f"If not: {_means(after_no, now, library)}.",
        ),
    )


def _after(
    leading: Sequence[Leading], probabilities: Sequence[float], likelihoods: Sequence[float], total: float
) -> tuple[Leading, ...]:
    """The hypotheses after an outcome, by Bayes' rule; as they were where the outcome is impossible."""
    if total <= 0.0:
        return tuple(leading)
    after = [
        one._replace(probability=each * likelihood / total)
        for one, each, likelihood in zip(leading, probabilities, likelihoods, strict=False)
    ]
    return tuple(sorted(after, key=lambda one: -one.probability))


def _means(after: Sequence[Leading], now: Mapping[tuple[str, str | None], float], library: Library) -> str:
    first = after[0]
    mode = library.modes.get(first.mode or "")
    name = f"{first.twin}, {mode.name}" if mode else first.twin
    return f"{name} {first.probability:.0%} (now {now[first.twin, first.mode]:.0%})"
