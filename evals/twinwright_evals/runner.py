"""Runs cases: makes each case's plant, investigates, scores. The agent gets the plant folder and the question alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from twinwright_agent.loop import investigate
from twinwright_agent.models.base import Model
from twinwright_agent.result import Investigation
from twinwright_tools.plant import open_plant
from twinwright_tools.toolbox import standard_registry

from .cases import Case
from .plants import make_case_plant
from .scorers import SCORERS


@dataclass(frozen=True)
class CaseResult:
    """One case's scores (True, False, or None where it isn't asked) and what it cost."""

    case: str
    category: str
    status: str
    top: str | None
    scores: dict[str, bool | None]
    tool_calls: int
    tool_errors: int
    input_tokens: int
    output_tokens: int
    seconds: float


@dataclass(frozen=True)
class SuiteResult:
    """A whole run. `skipped` counts cases that could not be run; a run that skipped, or ran none, has failed."""

    model: str
    cases: int
    ran: int
    skipped: int
    metrics: dict[str, float | None]
    results: tuple[CaseResult, ...]

    @property
    def complete(self) -> bool:
        """Whether every case was run, and there was one."""
        return self.ran > 0 and self.skipped == 0

    def as_dict(self) -> dict[str, Any]:
        """The JSON of `twinwright eval`."""
        return asdict(self)


def run_suite(cases: Sequence[Case], model: Model, progress: Callable[[str], None]) -> SuiteResult:
    """Runs all cases with one model."""
    results = []
    for number, case in enumerate(cases, 1):
        progress(f"{number}/{len(cases)} {case.id}")
        with tempfile.TemporaryDirectory(prefix="twinwright-eval-") as folder:
            results.append(score(case, run_case(case, model, Path(folder))))
    return SuiteResult(
        model=model.name,
        cases=len(cases),
        ran=len(results),
        skipped=len(cases) - len(results),
        metrics=metrics(results),
        results=tuple(results),
    )


def run_case(case: Case, model: Model, folder: Path) -> Investigation:
    """Makes the case's plant in an empty folder and investigates its question."""
    make_case_plant(case, folder)
    with open_plant(folder) as plant:
        return investigate(plant, case.question, model=model, registry=standard_registry())


def score(case: Case, found: Investigation) -> CaseResult:
    """All scorers on one investigation."""
    return CaseResult(
        case=case.id,
        category=case.category,
        status=found.status,
        top=found.hypotheses[0].twin if found.hypotheses else None,
        scores={name: scorer(case.expect, found) for name, scorer in SCORERS.items()},
        tool_calls=found.usage.tool_calls,
        tool_errors=found.usage.tool_errors,
        input_tokens=found.usage.input_tokens,
        output_tokens=found.usage.output_tokens,
        seconds=round(found.usage.seconds, 2),
    )


def metrics(results: Sequence[CaseResult]) -> dict[str, float | None]:
    """Per scorer, the share of yes among the cases that it was asked of (0 to 1); None where it was asked of none."""
    found: dict[str, float | None] = {}
    for name in SCORERS:
        marks = [mark for one in results if (mark := one.scores[name]) is not None]
        found[name] = sum(marks) / len(marks) if marks else None
    return found
