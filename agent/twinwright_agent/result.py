"""What an investigation returns: the JSON contract of `twinwright ask`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from twinwright_tools.evidence import Evidence
from twinwright_tools.orders.order import WorkOrder

from .conclusion import Claim, Hypothesis, Struck
from .models.base import Usage

Status = Literal["concluded", "cannot_tell", "out_of_budget", "refused", "failed"]


class RankedHypothesis(Hypothesis):
    """A hypothesis with its rank, and the ids of all evidence that it cites."""

    rank: int
    evidence: list[str]


class RunUsage(Usage):
    """What the run used in all."""

    turns: int = 0
    tool_calls: int = 0
    tool_errors: int = 0
    seconds: float = 0.0


class Investigation(BaseModel):
    """One finished (or interrupted) investigation.

    Attributes:
        answer: the claims that stood the grounding check, as one text; `claims` has them apart.
        struck: the claims that did not.
        reason: why the run ended without a conclusion, or None.
        proposals: the gate's answers to proposed actions.
        report: where the HTML report lies, or None.
    """

    run: str
    model: str
    status: Status
    question: str
    at: str
    answer: str
    reason: str | None = None
    claims: list[Claim] = Field(default_factory=list)
    verdict: str
    missing: list[str] = Field(default_factory=list)
    hypotheses: list[RankedHypothesis] = Field(default_factory=list)
    evidence: list[Evidence] = Field(default_factory=list)
    struck: list[Struck] = Field(default_factory=list)
    work_orders: list[WorkOrder] = Field(default_factory=list)
    proposals: list[dict[str, Any]] = Field(default_factory=list)
    report: str | None = None
    usage: RunUsage = Field(default_factory=RunUsage)
