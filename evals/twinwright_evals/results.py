"""What a run came to: a row per case, shares per scorer and category, and the figures that have a target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .cases import Case
from .clarity import Clarity
from .grounded import unsupported
from .outcome import Outcome
from .prices import cost_usd
from .scorers import QUERY_TOOLS, SCORERS, TASK

Scores = dict[str, bool | None]


@dataclass(frozen=True)
class CaseResult:
    """One case, run once. Of several questions, a score is yes where it is yes for all that it was asked of.

    Attributes:
        answerer: who spoke: rules, obeying, a Claude model, or answer-desk where replies were written by hand.
        top: the twin that was named first.
        scores: True, False, or None where it isn't asked; `solved` holds where the task's own scores do.
        unsupported: what of the answers the second grounding check didn't find in the evidence.
        queries: calls of query tools; query_errors: those that were refused.
        input_tokens: all that was read, from the cache too.
        usd: None where the model has no price; of a recording, an estimate with every prefix cached.
        requests: requests of a recording; prefix_breaks: those that weren't their predecessor plus what is new.
        skipped: why it could not be run, or None.
    """

    case: str
    category: str
    plant: str
    repeat: int
    answerer: str
    status: str = ""
    top: str | None = None
    answer: str = ""
    scores: Scores = field(default_factory=dict)
    unsupported: tuple[str, ...] = ()
    tool_calls: int = 0
    tool_errors: int = 0
    queries: int = 0
    query_errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    seconds: float = 0.0
    requests: int = 0
    prefix_breaks: tuple[str, ...] = ()
    skipped: str | None = None

    @classmethod
    def of_skipped(cls, case: Case, repeat: int, answerer: str, why: str) -> CaseResult:
        """A case that could not be run."""
        nothing: Scores = dict.fromkeys([*SCORERS, "solved"])
        return cls(case.id, case.category, case.plant, repeat, answerer, scores=nothing, skipped=why)


@dataclass(frozen=True)
class Figure:
    """A figure that has a target: its value (None if nothing was asked), the bound, and whether it is kept."""

    name: str
    value: float | None
    target: float
    at_least: bool
    of: int
    is_share: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the target is kept; None where nothing was asked."""
        if self.value is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


@dataclass(frozen=True)
class SuiteResult:
    """A whole run. `skipped` counts cases that could not be run; a run that skipped, or ran none, has failed.

    Attributes:
        metrics: per scorer, the share of yes (0 to 1) among the cases that it was asked of; costs by name.
        spread: with repeats, the standard deviation of each share between them.
        categories: the same shares per category.
        answerers: how many cases each answered.
        clarity: a model's opinion of the answers, where it was asked for one; no score.
    """

    model: str
    cases: int
    ran: int
    skipped: int
    repeats: int
    seconds: float
    metrics: dict[str, float | None]
    spread: dict[str, float]
    categories: dict[str, dict[str, float | None]]
    figures: tuple[Figure, ...]
    answerers: dict[str, int]
    results: tuple[CaseResult, ...]
    clarity: Clarity | None = None

    @property
    def complete(self) -> bool:
        """Whether every case was run, and there was one."""
        return self.ran > 0 and self.skipped == 0

    def as_dict(self) -> dict[str, Any]:
        """The JSON of `twinwright eval`."""
        told = asdict(self)
        told["figures"] = [asdict(one) | {"met": one.met} for one in self.figures]
        return told


def case_result(case: Case, repeat: int, answerer: str, outcomes: Sequence[Outcome]) -> CaseResult:
    """All scorers on the outcomes of a case's questions."""
    scores = _scores(case, outcomes)
    usage = [one.found.usage for one in outcomes]
    calls = [call for one in outcomes for call in one.calls if call.tool in QUERY_TOOLS]
    costs = [cost_usd(one.found.model, one.found.usage) for one in outcomes]
    first = outcomes[0].found
    return CaseResult(
        case=case.id,
        category=case.category,
        plant=case.plant,
        repeat=repeat,
        answerer=answerer,
        status=" / ".join(one.found.status for one in outcomes),
        top=first.hypotheses[0].twin if first.hypotheses else None,
        answer=" / ".join(one.found.answer or (one.found.reason or "") for one in outcomes),
        scores=scores,
        unsupported=tuple(why for one in outcomes for why in unsupported(one)),
        tool_calls=sum(one.tool_calls for one in usage),
        tool_errors=sum(one.tool_errors for one in usage),
        queries=len(calls),
        query_errors=sum(call.error is not None for call in calls),
        input_tokens=sum(one.input_tokens + one.cache_read_tokens + one.cache_write_tokens for one in usage),
        output_tokens=sum(one.output_tokens for one in usage),
        usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        seconds=round(sum(one.seconds for one in usage), 2),
    )


def _scores(case: Case, outcomes: Sequence[Outcome]) -> Scores:
    found: Scores = {}
    for name, scorer in SCORERS.items():
        marks = [scorer(asked.expect, outcome) for asked, outcome in zip(case.asked, outcomes, strict=True)]
        asked_of = [mark for mark in marks if mark is not None]
        found[name] = all(asked_of) if asked_of else None
    task = [mark for name in TASK if (mark := found[name]) is not None]
    return found | {"solved": all(task) if task else None}


def shares(results: Iterable[CaseResult]) -> dict[str, float | None]:
    """Per scorer, the share of yes among the results that it was asked of (0 to 1); None where it was asked of none."""
    kept = list(results)
    return {name: share(one.scores[name] for one in kept) for name in ("solved", *SCORERS)}


def share(marks: Iterable[bool | None]) -> float | None:
    """The share of yes among those that are no None."""
    asked = [mark for mark in marks if mark is not None]
    return sum(asked) / len(asked) if asked else None
