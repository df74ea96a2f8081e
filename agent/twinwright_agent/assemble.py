"""The finished investigation, put together from what the loop ended with."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from twinwright_tools.evidence import Evidence
from twinwright_tools.orders.order import WorkOrder

from .conclusion import Claim, Conclusion, Hypothesis, Struck
from .handing_over import sentence, used
from .models.base import Transcript
from .result import HandOver, Investigation, RankedHypothesis, RunUsage, Status

NOTHING_STANDS = "Nothing that was concluded stood the check against its evidence."


class Ending(BaseModel):
    """How a run ended: with a checked conclusion, or without one and why.

    Attributes:
        status: set only where there is no conclusion.
    """

    conclusion: Conclusion | None = None
    struck: list[Struck] = Field(default_factory=list)
    reason: str | None = None
    status: Status | None = None


def assemble(
    run: str,
    model: str,
    transcript: Transcript,
    ending: Ending,
    usage: RunUsage,
    own: int = 0,
    over: HandOver | None = None,
) -> Investigation:
    """The investigation as `twinwright ask` returns it; `own` is where its own part of the transcript begins."""
    mine = Transcript(plant=transcript.plant, at=transcript.at, entries=transcript.entries[own:])
    found = Investigation(
        run=run,
        model=used(model, over),
        hand_over=over,
        status=ending.status or "failed",
        question=transcript.question,
        at=transcript.at,
        answer="",
        reason=ending.reason,
        verdict="none",
        evidence=transcript.evidence,
        struck=ending.struck,
        work_orders=[
            WorkOrder.model_validate(order) for order in _data(mine.evidence, "draft_work_order", "work_order")
        ],
        proposals=[dict(proposal) for proposal in _data(mine.evidence, "propose_action", "proposal")],
        ledger=mine.ledger,
        tainted=_tainted(mine.evidence),
        usage=usage.model_copy(update={"seconds": round(usage.seconds, 3)}),
    )
    if ending.conclusion is None:
        return found
    told = _concluded(ending.conclusion, ending.struck)
    if over is not None:
        told["answer"] = f"{told['answer']} {sentence(over)}".strip()
    return found.model_copy(update=told)


def _concluded(conclusion: Conclusion, struck: list[Struck]) -> dict[str, Any]:
    verdict, claims = conclusion.verdict, conclusion.answer
    answer = " ".join(claim.text.strip() for claim in claims)
    missing = list(conclusion.missing)
    if not claims and struck:
        verdict, answer = "cannot_tell", NOTHING_STANDS
        missing = missing or ["evidence that carries what was struck"]
    return {
        "status": _status(verdict),
        "answer": answer,
        "claims": claims,
        "verdict": verdict,
        "missing": missing,
        "assumptions": list(conclusion.assumptions),
        "hypotheses": _ranked(conclusion.hypotheses),
    }


def _status(verdict: str) -> Status:
    if verdict == "not_about_plant":
        return "refused"
    return "cannot_tell" if verdict == "cannot_tell" else "concluded"


def _ranked(hypotheses: list[Hypothesis]) -> list[RankedHypothesis]:
    ordered = sorted(hypotheses, key=lambda one: -one.confidence)
    return [
        RankedHypothesis(**one.model_dump(), rank=rank, evidence=cited([*one.supports, *one.contradicts]))
        for rank, one in enumerate(ordered, start=1)
    ]


def cited(claims: list[Claim]) -> list[str]:
    """The ids that claims cite, each once, in order."""
    return list(dict.fromkeys(one for claim in claims for one in claim.evidence))


def _tainted(evidence: list[Evidence]) -> dict[str, list[str]]:
    """Why drafts and proposals are tainted, by the id of the order, or of the evidence where there is none."""
    found: dict[str, list[str]] = {}
    for item in evidence:
        if item.taint:
            told = item.data if isinstance(item.data, dict) else {}
            drafted = told.get("work_order") or told.get("proposal") or {}
            found[str(drafted.get("id") or drafted.get("proposal_id") or item.id)] = item.taint
    return found


def _data(evidence: list[Evidence], tool: str, name: str) -> list[Any]:
    found: dict[str, Any] = {}
    for item in evidence:
        if item.tool == tool and isinstance(item.data, dict) and isinstance(item.data.get(name), dict):
            # The same draft may be returned twice: it is one order.
            found[str(item.data[name].get("id", item.id))] = item.data[name]
    return list(found.values())
