"""What an investigation returns: the JSON contract of `twinwright ask`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from twinwright_tools.evidence import Evidence
from twinwright_tools.orders.order import WorkOrder

from .conclusion import Claim, Hypothesis, Struck
from .ledger import Kept
from .models.base import Usage

HandOverKind = Literal["no_key", "api", "budget", "circles", "silent"]
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


class HandOver(BaseModel):
    """A language model that couldn't go on (or begin), and that the built-in rules took over from.

    Attributes:
        model: the model that was to investigate; `auto` where none was named.
        because: why it didn't, in words; `kind` says it for programs.
        turns: how many turns it made before that.
    """

    model: str
    kind: HandOverKind
    because: str
    turns: int = 0


class Investigation(BaseModel):
    """One finished (or interrupted) investigation.

    Attributes:
        model: what was used: a Claude model's name, `rules`, or both (`claude-…+rules`) where the rules finished.
        hand_over: where the rules took over: from what, and why; else None.
        answer: the claims that stood the grounding check, as one text; `claims` has them apart. Where the rules took
            over, its last sentence says so.
        struck: the claims that did not.
        assumptions: how the question was read where it can be read in several ways; stated, not proven.
        ledger: the hypotheses as the model kept them, with the evidence for and against each.
        reason: why the run ended without a conclusion, or None.
        proposals: the gate's answers to proposed actions.
        tainted: why drafts and proposals are tainted (untrusted text chose their target or value), by their id.
        report: where the HTML report lies, or None.
    """

    run: str
    model: str
    hand_over: HandOver | None = None
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
    assumptions: list[str] = Field(default_factory=list)
    ledger: list[Kept] = Field(default_factory=list)
    work_orders: list[WorkOrder] = Field(default_factory=list)
    proposals: list[dict[str, Any]] = Field(default_factory=list)
    tainted: dict[str, list[str]] = Field(default_factory=dict)
    report: str | None = None
    usage: RunUsage = Field(default_factory=RunUsage)
