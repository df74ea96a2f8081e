"""`propose_action`: hands a proposal to the safety layer, which decides, or takes one of the run's own back.

Nothing here reaches the plant.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from twinwright_gate.client import (
    GateProtocolError,
    GateRefused,
    default_socket,
    propose,
    withdraw,
)

from ..errors import InputError, ToolError, UnknownNameError
from ..evidence import Evidence, Fact, Finding
from ..registry import Effect, Tool, ToolContext
from ..taint import taint_of
from .arguments import ToolArguments, sized, some_text
from .citing import cited
from .twins import can_be_set

if TYPE_CHECKING:
    from ..plant import Plant

_AGENT = "twinwright"
_NOT_AN_ID = re.compile(r"[^A-Za-z0-9._-]+")
_SOURCES = {"telemetry", "twin graph", "history", "engine", "orders"}


_NO_GATE = "no safety layer answers (a person may start one with: twinwright-gate serve)"


class ProposeAction(ToolArguments):
    """Arguments of `propose_action`."""

    twin: str
    property: str
    value: Annotated[str, AfterValidator(some_text)] = Field(description="Absolute, as a decimal string such as '4.5'.")
    unit: Annotated[str, AfterValidator(some_text)] = Field(
        description="UCUM code such as Cel, bar, {rpm}, or 1 for none."
    )
    reason: Annotated[str, AfterValidator(some_text)] = Field(description="One sentence for a person.")
    evidence: Annotated[list[str], AfterValidator(sized(1, 20))]
    withdraw: str | None = Field(
        None,
        description="Takes back a proposal of this investigation: its permit id; the rest repeats it.",
    )


def propose_action(arguments: ProposeAction, context: ToolContext) -> Finding:
    """The gate's answer to a proposal, or to the withdrawal of one.

    That no gate answers is a finding of a proposal: a conclusion can cite why nothing was changed.

    Raises:
        UnknownNameError: the twin or its property isn't there.
        InputError: the permit isn't one that this run proposed, or is for something else.
        ToolError: it is too late to withdraw, or no gate is there to ask (other arguments would not help).
    """
    plant = context.plant
    model = _declaring_model(plant, arguments.twin, arguments.property)
    behind = cited(arguments.evidence, context.evidence)
    socket = default_socket()
    try:
        if arguments.withdraw is None:
            answer = propose(socket, _proposal(arguments, context, model, behind))
        else:
            answer = withdraw(socket, _own(arguments, arguments.withdraw, context.evidence))
    except GateRefused as error:
        raise ToolError(f"it isn't withdrawn: {error}", mendable=False, code="gate.refused") from error
    except (ConnectionError, GateProtocolError) as error:
        if arguments.withdraw is None:
            return _unavailable(arguments)
        raise ToolError(f"it isn't withdrawn: {_NO_GATE}", mendable=False, code="gate.unavailable") from error
    return _told(arguments, answer)


def _own(arguments: ProposeAction, permit_id: str, evidence: Sequence[Evidence]) -> str:
    """The permit's id, if this very run proposed it and these arguments name what was proposed."""
    proposed = {
        str(one.data["proposal"]["permit_id"]): one.arguments
        for one in evidence
        if one.tool == PROPOSE_ACTION.name and one.data["proposal"]["permit_id"] is not None
    }
    if permit_id not in proposed:
        raise InputError(
            f"this investigation has no proposal with the permit {permit_id[:64]!r}; "
            f"its own: {', '.join(proposed) or 'none'}",
            code="proposal.not_own",
            suggestions=list(proposed),
        )
    before = ProposeAction.model_validate(proposed[permit_id])
    for name in ("twin", "property", "value", "unit"):
        if getattr(arguments, name) != getattr(before, name):
            told = f"{before.twin}.{before.property} to {before.value} {before.unit}"
            raise InputError(f"{permit_id} proposed to set {told}; repeat that", code="proposal.other")
    return permit_id


def _told(arguments: ProposeAction, answer: dict[str, Any]) -> Finding:
    reason, sentence = str(answer["reason"] or answer["permit_id"]), str(answer["sentence"])
    normal = " That is normal: actuation is off, and a person has to act." if reason == "R10.ACTUATION_OFF" else ""
    verb = "proposed" if arguments.withdraw is None else "withdrawn"
    asked = "setting" if arguments.withdraw is None else "taking back the proposal to set"
    return Finding(
        summary=(
            f"The safety layer answered {answer['state']} ({reason}) to {asked} {arguments.twin}.{arguments.property} "
            f"to {arguments.value} {arguments.unit}. {sentence}{normal}"
        ),
        facts=[
            Fact(name="state", value=str(answer["state"])),
            Fact(name="reason", value=reason),
            Fact(name=f"{arguments.twin}.{arguments.property} {verb}", value=arguments.value, unit=arguments.unit),
        ],
        data={"proposal": answer},
        reproduce="twinwright-gate audit",
        provenance="gate",
    )


def _unavailable(arguments: ProposeAction) -> Finding:
    state, target = "UNAVAILABLE", f"{arguments.twin}.{arguments.property}"
    return Finding(
        summary=f"Nothing was proposed, {target} was not changed: actuation isn't available, because {_NO_GATE}",
        facts=[
            Fact(name="state", value=state),
            Fact(name=f"{target} asked for", value=arguments.value, unit=arguments.unit),
        ],
        data={"proposal": {"permit_id": None, "reason": "gate.unavailable", "sentence": _NO_GATE, "state": state}},
        reproduce="twinwright-gate status",
        provenance="gate",
    )


def _declaring_model(plant: Plant, twin_id: str, name: str) -> str:
    twin = plant.graph.twin(twin_id)
    definition = plant.models.signal(twin.model, name)
    if definition is None or definition.kind != "property":
        known = [one.name for one in plant.models.signals(twin.model) if one.kind == "property"]
        raise UnknownNameError.of("property", name, known)
    if not can_be_set(definition):
        known = [one.name for one in plant.models.signals(twin.model) if can_be_set(one)]
        listed = ", ".join(known) or "none"
        raise InputError(
            f"{twin_id}.{name} isn't a number that can be written; such properties of it: {listed}",
            code="property.not_writable",
            suggestions=known,
        )
    model: str = twin.model
    return model


def _proposal(arguments: ProposeAction, context: ToolContext, model: str, behind: Sequence[Evidence]) -> dict[str, Any]:
    plant = context.plant
    sources = {one.provenance if one.provenance in _SOURCES else "unknown" for one in behind} | {"model"}

    def of(chosen: str) -> list[str]:
        # A text that chose it is told to the gate, whatever the model says that it rests on.
        written = {"history"} if taint_of(chosen, context.evidence, context.asked) else set()
        return sorted(sources | written)

    return {
        "v": 1,
        "site": _as_id(plant.folder.resolve().name),
        # Whom this run works for is said by who started it, never by the model.
        "proposer": {"agent_id": _AGENT, "on_behalf_of_person": os.environ.get("TWINWRIGHT_PERSON") or None},
        # The moment that the run looks at the plant from: older data never passes for new.
        "created_utc": _utc(plant.at),
        "target": {"twin_id": arguments.twin, "property": arguments.property, "dtmi": model},
        "set": {"value": arguments.value, "unit": arguments.unit, "kind": "absolute"},
        "reason_text": " ".join(arguments.reason.split())[:500],
        "evidence": [{"ref": one.id, "sha256": _digest(one)} for one in behind],
        "taint": {"target": of(arguments.twin), "value": of(arguments.value)},
    }


def _as_id(name: str) -> str:
    return _NOT_AN_ID.sub("-", name).strip("-._")[:64] or "plant"


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(evidence: Evidence) -> str:
    text = json.dumps(evidence.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


PROPOSE_ACTION = Tool(
    name="propose_action",
    description="Proposes to set one property to one value; a separate safety layer decides.",
    arguments=ProposeAction,
    function=propose_action,
    effect=Effect.PROPOSE,
)
