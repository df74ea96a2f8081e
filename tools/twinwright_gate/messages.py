"""How permits travel between the gate and its executors: JSON there and back."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from .errors import GateProtocolError
from .machine.states import State
from .permits import Armed, PermitDocument, Token
from .store.rows import Permit


def permit_document(permit: Permit) -> dict[str, Any]:
    """A permit as JSON."""
    return {
        "permit_id": permit.permit_id,
        "state": permit.state.value,
        "plan": permit.plan.decode(),
        "plan_digest": permit.plan_digest,
        "binding_id": permit.binding_id,
        "agent_id": permit.agent_id,
        "caller": permit.caller,
        "created_ms": permit.created_ms,
        "fence": permit.fence,
        "executor_id": permit.executor_id,
    }


def permit_of(document: dict[str, Any]) -> Permit:
    """The permit in JSON.

    Raises:
        GateProtocolError: it is none.
    """
    try:
        return Permit(**(document | {"state": State(document["state"]), "plan": document["plan"].encode()}))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GateProtocolError(f"the gate's permit can't be read: {error}") from error


def armed_document(armed: Armed) -> dict[str, Any]:
    """An armed permit with all that the executor checks, as JSON."""
    return {
        "permit": armed.permit.plain,
        "token": armed.token.model_dump(mode="json"),
        "plan": armed.plan.decode(),
        "approvals": list(armed.approvals),
    }


def armed_of(document: dict[str, Any]) -> Armed:
    """The armed permit in JSON; nothing in it is believed yet.

    Raises:
        GateProtocolError: it is none.
    """
    try:
        permit = PermitDocument.model_validate(document["permit"])
        token = Token.model_validate(document["token"])
        return Armed(permit, token, document["plan"].encode(), tuple(document["approvals"]))
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        raise GateProtocolError(f"the gate's armed permit can't be read: {error}") from error
