"""The door: one proposal's bytes in, one denial out, for as long as actuation is off. No path through it allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from .errors import GateError
from .machine.states import State
from .reasons import Denial, Reason
from .schema import ID_GRAMMAR, Answer, Detail, Proposal
from .strict import Malformed, load

_MAX_DETAILS = 32
_CODES = frozenset(reason.value for reason in Reason)
_BY_ERROR_TYPE = {
    "extra_forbidden": Reason.EXTRA_FIELD,
    "missing": Reason.MISSING_FIELD,
    "string_too_long": Reason.TEXT,
    "string_type": Reason.TYPE,
    "int_type": Reason.TYPE,
    "list_type": Reason.TYPE,
    "dict_type": Reason.TYPE,
    "model_type": Reason.TYPE,
}


class Unreadable(GateError):  # noqa: N818  (a verdict on the input rather than a fault of the gate)
    """A proposal that breaks rule R02, with every reason."""

    code = "gate.unreadable"

    def __init__(self, denials: list[Denial]) -> None:
        super().__init__(denials[0].reason.sentence)
        self.denials = denials


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and the plan as it was hashed (None where the proposal was malformed)."""

    answer: Answer
    plan: dict[str, Any] | None


def decide(raw: bytes) -> Decision:
    """Validates a proposal and denies it: with R02 where it is malformed, else with ``R10.ACTUATION_OFF``.

    Further reasons (ids that break R01's grammar) are listed behind the reported one.
    """
    try:
        proposal = read(raw)
    except Unreadable as error:
        return Decision(denied(error.denials), None)
    bad_ids = [
        Denial(Reason.ID_GRAMMAR, place) for place, name in proposal.ids().items() if not ID_GRAMMAR.fullmatch(name)
    ]
    return Decision(denied([Denial(Reason.ACTUATION_OFF), *bad_ids], proposal.digest()), proposal.plan())


def read(raw: bytes) -> Proposal:
    """The proposal in the bytes.

    Raises:
        Unreadable: they break rule R02.
    """
    try:
        return Proposal.model_validate(load(raw))
    except Malformed as error:
        raise Unreadable([Denial(error.reason)]) from None
    except ValidationError as error:
        raise Unreadable(_denials(error)) from None


def denied(denials: Sequence[Denial], digest: str | None = None) -> Answer:
    """The answer for some denials, the reported one first."""
    first = denials[0].reason
    return Answer(
        state=State.DENIED,
        reason=first,
        rule=first.rule,
        sentence=first.sentence,
        reasons=list(dict.fromkeys(one.reason for one in denials)),
        details=[Detail(reason=one.reason, place=one.place) for one in denials[:_MAX_DETAILS]],
        plan_digest=digest,
        permit_id=None,
    )


def _denials(error: ValidationError) -> list[Denial]:
    return [
        Denial(_reason(item["type"], item["loc"]), ".".join(str(step) for step in item["loc"]))
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _reason(kind: str, place: tuple[int | str, ...]) -> Reason:
    if kind in _CODES:
        return Reason(kind)
    if place == ("set", "kind") and kind == "literal_error":
        return Reason.RELATIVE_COMMAND
    return _BY_ERROR_TYPE.get(kind, Reason.SCHEMA)
