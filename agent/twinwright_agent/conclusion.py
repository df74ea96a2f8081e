"""What an investigation ends in: claims that cite evidence, hypotheses, or an honest "can't be told"."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

# `clarify` asks the person back; it is offered in a conversation only (see `conclude.conclude_spec`).
Verdict = Literal["cause", "cannot_tell", "nothing_wrong", "answer", "not_about_plant", "clarify"]


class Claim(BaseModel):
    """One sentence of an answer and the evidence that it rests on."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="One sentence; every figure, time, twin and signal in it stands in that evidence.")
    evidence: list[str] = Field(description="Ids such as E3; none only where it has no figure, time or name.")


class Hypothesis(BaseModel):
    """A possible cause, with what speaks for and against it."""

    model_config = ConfigDict(extra="forbid")

    twin: str
    signal: str | None
    mode: str | None
    confidence: float = Field(description="Probability, 0 to 1.")
    onset: str | None = Field(description="A time that evidence gives for that twin.")
    chain: list[str] = Field(description="Twin ids, from the cause to the symptom or to what contains it (a line).")
    why_no_path: str | None = Field(description="Where the graph has no such path.")
    supports: list[Claim]
    contradicts: list[Claim]
    next_check: str | None = Field(description="That would tell it from the others.")


class Conclusion(BaseModel):
    """A "why" ends in cause, cannot_tell or nothing_wrong, a question of fact in answer."""

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    answer: list[Claim] = Field(description="Two or three sentences, most important first.")
    hypotheses: list[Hypothesis] = Field(description="Likeliest first; empty where the question asks for no cause.")
    missing: list[str] = Field(description="What would be needed to tell.")
    assumptions: list[str] = Field(
        default_factory=list,
        description="How you read the question.",
    )


class Struck(BaseModel):
    """A claim that was taken out of the answer, and why."""

    text: str
    evidence: list[str]
    reason: str
    where: str
