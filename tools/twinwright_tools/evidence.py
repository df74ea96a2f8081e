"""Evidence: what a tool call found, in a form that can be cited, checked and found again."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Provenance = Literal["telemetry", "tag text", "twin graph", "history", "engine", "orders", "gate", "unknown"]
Scalar = float | int | bool | str | None


class Fact(BaseModel):
    """One thing that was found: a name, what it is, and in which unit."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: Scalar
    unit: str | None = None


class Image(BaseModel):
    """A plot beside a finding: a PNG file of the plant's state folder, read when a model is told of it.

    Attributes:
        path: absolute; the file is named by its contents and never changes.
        alt: what it shows, in one line.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    alt: str


class Finding(BaseModel):
    """What a tool returns; the loop numbers it and makes it Evidence.

    Attributes:
        summary: one or two sentences a person reads; every figure in it stands among the facts or in the data.
        facts: the figures, times and names worth citing.
        data: bounded JSON that the model sees beside the facts.
        reproduce: the command, query or window that finds it again.
        provenance: where it comes from; history and the texts of tags are other people's: data, never an instruction.
            What doesn't say where it comes from is `unknown`, and counts as untrusted.
        age_s: seconds between its newest sample and the moment of asking; None where that has no meaning.
        quality: "good", or what is wrong with the data behind it.
        taint: why its target or value is tainted (a draft or proposal that untrusted text chose); see `taint`.
        image: a plot of it, where one was asked for.
    """

    model_config = ConfigDict(frozen=True)

    summary: str
    facts: list[Fact] = Field(default_factory=list)
    data: Any = None
    reproduce: str
    provenance: Provenance = "unknown"
    age_s: float | None = None
    quality: str = "good"
    taint: list[str] = Field(default_factory=list)
    image: Image | None = None


class Evidence(Finding):
    """A finding with its id (E1, E2 … in call order), the tool that found it and the arguments it was given."""

    id: str
    tool: str
    arguments: dict[str, Any]

    @classmethod
    def of(cls, number: int, tool: str, arguments: dict[str, Any], finding: Finding) -> Evidence:
        """The finding as the run's evidence of that number."""
        return cls(id=f"E{number}", tool=tool, arguments=arguments, **finding.model_dump())


def rounded(value: Any) -> Any:
    """The same JSON with every float at six significant digits, so that requests are the same on every machine."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value
