"""The hypothesis ledger: what may be the cause, what speaks for and against each, and which are still open.

The model keeps it through a tool. It is validated here, stored with the run, and survives compaction word for word, so
that a signal that is merely loud isn't blamed because what speaks against it has scrolled out of sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from twinwright_tools.errors import InputError, NoDataError, ToolError
from twinwright_tools.evidence import Evidence
from twinwright_tools.plant import Plant
from twinwright_tools.telemetry.series import SignalKey
from twinwright_tools.toolbox.arguments import sized, some_text

KEEP_HYPOTHESES = "keep_hypotheses"
MOST_HYPOTHESES = 20

Standing = Literal["open", "supported", "refuted"]


class Kept(BaseModel):
    """One hypothesis of the ledger."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, AfterValidator(some_text)] = Field(description="Such as H1.")
    twin: str
    signal: str | None = None
    mode: str | None = None
    state: Standing = Field(description="The last two need evidence.")
    evidence_for: list[str] = Field(default_factory=list)
    evidence_against: list[str] = Field(default_factory=list)
    note: str = Field(description="Why, or what would tell: a short sentence.")


class KeepHypotheses(BaseModel):
    """Arguments of `keep_hypotheses`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hypotheses: Annotated[list[Kept], AfterValidator(sized(1, MOST_HYPOTHESES))] = Field(
        description="Only new and changed ones; the same id changes one."
    )


def keep(arguments: dict[str, Any], ledger: Sequence[Kept], evidence: Sequence[Evidence], plant: Plant) -> list[Kept]:
    """The ledger with what the model wants changed in it, in the order in which hypotheses were first named.

    Raises:
        ToolError: a twin, signal or piece of evidence that isn't there, or a state without any; mendable.
    """
    try:
        told = KeepHypotheses.model_validate(arguments)
    except ValidationError as error:
        parts = [f"{'.'.join(str(step) for step in item['loc'])}: {item['msg']}" for item in error.errors()]
        raise ToolError("; ".join(parts), mendable=True, code="ledger.arguments") from error
    known = {one.id for one in evidence}
    changed = [_plain(one) for one in told.hypotheses]
    for one in changed:
        _check(one, known, plant)
    merged = {one.id: one for one in ledger} | {one.id: one for one in changed}
    if len(merged) > MOST_HYPOTHESES:
        raise ToolError(
            f"the ledger holds {MOST_HYPOTHESES} hypotheses at most; change one that is refuted instead of adding one",
            mendable=True,
            code="ledger.full",
        )
    return list(merged.values())


def _plain(one: Kept) -> Kept:
    """The hypothesis with its signal by its own name: all other tools call it ``TWIN.SIGNAL``."""
    return one if one.signal is None else one.model_copy(update={"signal": one.signal.removeprefix(f"{one.twin}.")})


def _check(one: Kept, known: set[str], plant: Plant) -> None:
    try:
        plant.graph.twin(one.twin)
        # A signal that is declared but was never recorded may be suspected too.
        with suppress(NoDataError):
            if one.signal is not None:
                plant.telemetry.info(SignalKey(one.twin, one.signal))
    except InputError as error:
        raise ToolError(
            f"{one.id}: {error.message}", mendable=True, code=error.code, suggestions=error.suggestions
        ) from error
    missing = [each for each in (*one.evidence_for, *one.evidence_against) if each not in known]
    if missing:
        raise ToolError(
            f"{one.id}: there is no evidence {', '.join(missing)}; there is {', '.join(known) or 'none yet'}",
            mendable=True,
            code="evidence.unknown",
        )
    for state, cited, side in (
        ("supported", one.evidence_for, "evidence_for"),
        ("refuted", one.evidence_against, "evidence_against"),
    ):
        if one.state == state and not cited:
            raise ToolError(
                f"{one.id}: {state} without evidence: name it in {side}, or leave the hypothesis open",
                mendable=True,
                code="ledger.unfounded",
            )


def cited_in(ledger: Sequence[Kept]) -> set[str]:
    """Ids of all evidence that the ledger names."""
    return {each for one in ledger for each in (*one.evidence_for, *one.evidence_against)}
