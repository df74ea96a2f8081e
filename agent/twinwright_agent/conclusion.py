"""What an investigation ends in: claims that cite evidence, hypotheses, or an honest "can't be told"."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

# `clarify` asks the person back; it is offered in a conversation only (see `conclude.conclude_spec`).
Verdict = Literal["cause", "cannot_tell", "nothing_wrong", "answer", "not_about_plant", "clarify"]


class Claim(BaseModel):
    """One sentence of an answer and the evidence that it rests on."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        description="One sentence. Every number, time, twin id and signal in it must stand in the cited evidence."
    )
    evidence: list[str] = Field(description="Evidence ids such as E3.")


class Hypothesis(BaseModel):
    """A possible cause, with what speaks for and against it."""

    model_config = ConfigDict(extra="forbid")

    twin: str = Field(description="Twin id of the cause.")
    signal: str | None = Field(description="The signal of that twin that shows it first, or null.")
    mode: str | None = Field(description="Failure mode id as the evidence names it, or null.")
    confidence: float = Field(description="Probability between 0 and 1 that this is a true cause.")
    onset: str | None = Field(
        description="ISO 8601 time with a zone at which it began, as the evidence has it, or null."
    )
    chain: list[str] = Field(description="Twin ids from the cause to the symptom along which the upset travelled.")
    why_no_path: str | None = Field(
        description="If the twin graph has no such path: why it can still be the cause. Else null."
    )
    supports: list[Claim]
    contradicts: list[Claim]
    next_check: str | None = Field(description="The next check that would tell this one from the others, or null.")


class Conclusion(BaseModel):
    """The end of an investigation.

    Attributes:
        verdict: `cause`, `cannot_tell` or `nothing_wrong` for a "why"; `answer` for a question of fact;
            `not_about_plant` for one that the plant can't answer.
    """

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    answer: list[Claim] = Field(description="The answer in two or three sentences, most important first.")
    hypotheses: list[Hypothesis] = Field(description="Likeliest first; empty where the question asks for no cause.")
    missing: list[str] = Field(description="What would be needed to tell, where it can't be told; else empty.")
    assumptions: list[str] = Field(
        default_factory=list,
        description="How you read the question where it can be read in several ways, one sentence each; else empty.",
    )


class Struck(BaseModel):
    """A claim that was taken out of the answer, and why."""

    text: str
    evidence: list[str]
    reason: str
    where: str
