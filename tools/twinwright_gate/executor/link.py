"""The gate behind its executors' socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..client import ask
from ..machine.states import State
from ..messages import armed_of, permit_of
from ..permits import Armed, Token
from ..reports import SignedReport
from ..snapshot import SignedSnapshot
from ..store.rows import Permit


class SocketLink:
    """A `Link` over a Unix socket: one request a connection. A refusal is raised with the gate's reasons."""

    def __init__(self, socket: Path, timeout: float = 5.0) -> None:
        self._socket, self._timeout = socket, timeout

    def observe(self, signed: SignedSnapshot) -> None:
        """Hands over what the device shows."""
        self._ask("observe", {"snapshot": signed.model_dump(mode="json")})

    def select(self, permit_id: str, executor_id: str, signed: SignedSnapshot) -> Armed:
        """Asks for a permit to be armed."""
        asked = {"permit_id": permit_id, "executor_id": executor_id, "snapshot": signed.model_dump(mode="json")}
        return armed_of(self._ask("select", asked))

    def operate(self, token: Token, executor_id: str, signed: SignedSnapshot) -> Permit:
        """Asks for an armed permit to be consumed."""
        told = token.model_dump(mode="json")
        asked = {"token": told, "executor_id": executor_id, "snapshot": signed.model_dump(mode="json")}
        return permit_of(self._ask("operate", asked))

    def report(self, signed: SignedReport) -> Permit:
        """Tells what was done."""
        return permit_of(self._ask("report", signed.model_dump(mode="json")))

    def verify(self, permit_id: str, signed: SignedSnapshot) -> Permit:
        """Asks whether it worked."""
        return permit_of(self._ask("verify", {"permit_id": permit_id, "snapshot": signed.model_dump(mode="json")}))

    def permit(self, permit_id: str) -> Permit:
        """Where a permit stands."""
        return permit_of(self._ask("permit", {"permit_id": permit_id}))

    def work(self, executor_id: str) -> list[dict[str, Any]]:
        """What there is to do."""
        found: list[dict[str, Any]] = self._ask("work", {"executor_id": executor_id})
        return found

    def started(self, executor_id: str) -> list[tuple[str, State]]:
        """Tells that the executor started anew: nothing that it was about to do is believed to be done, or undone."""
        found = self._ask("started", {"executor_id": executor_id})
        return [(one["permit_id"], State(one["state"])) for one in found]

    def _ask(self, verb: str, asked: dict[str, Any]) -> Any:
        return ask(self._socket, verb, asked, self._timeout)
