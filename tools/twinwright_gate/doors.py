"""What can be asked at each socket. Each zone has its own door, and a door knows no other's verbs.

At the agents' door one can propose, withdraw what one proposed oneself, and ask how the gate is. Nothing there reads or
writes policies, approvals, keys or the kill switch.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from pydantic import ValidationError

from .approval import Approval
from .audit import AuditLog
from .desk.core import Refusal, Refused
from .desk.desk import Desk
from .door import Unreadable, decide, denied, read
from .errors import AuditError, GateError, GateProtocolError
from .kill import Reset
from .messages import armed_document, permit_document
from .permits import Token
from .reasons import Denial, Reason, fault_of
from .reports import SignedReport
from .schema import Answer, LogStatus, Status
from .snapshot import SignedSnapshot
from .strict import MAX_BYTES, Malformed, load
from .throttle import Throttle

_EXCERPT = 256
_LARGE = 512 * 1024


class Door(Protocol):
    """One zone's requests."""

    verbs: frozenset[str]
    max_bytes: int

    def answer(self, verb: str, raw: bytes, size: int, uid: int, pid: int) -> dict[str, Any]:
        """The answer to a request of `size` bytes by a process; `raw` is empty where they were too many to read."""
        ...


class AgentDoor:
    """What agents can ask; each proposal is recorded before it is answered."""

    verbs = frozenset({"propose", "withdraw", "status"})
    max_bytes = MAX_BYTES

    def __init__(self, log: AuditLog, desk: Desk | None = None) -> None:
        self.desk = desk
        self._log = log
        self._throttle = Throttle()
        self._since = datetime.now(UTC)
        self._proposals = 0

    @property
    def actuation(self) -> str:
        """Whether anything at all could be permitted."""
        policy = None if self.desk is None else self.desk.core.policy
        return "on" if policy is not None and policy.actuation == "on" else "off"

    def answer(self, verb: str, raw: bytes, size: int, uid: int, pid: int) -> dict[str, Any]:
        """The answer to a request."""
        if verb == "status":
            return self.status().model_dump(mode="json")
        if verb == "withdraw":
            return self._withdraw(raw, uid)
        return self.propose(raw, size, uid, pid).model_dump(mode="json")

    def propose(self, raw: bytes, size: int, caller: int, pid: int) -> Answer:
        """The answer to a proposal."""
        if not self._throttle.admits(caller, time.monotonic()):
            return denied([Denial(Reason.RATE_LIMIT)])
        actor = f"uid {caller} pid {pid}"
        try:
            found = self._acted(raw, caller, actor) if size <= MAX_BYTES else None
            answer = self._only_denied(raw, size, actor) if found is None else found
        except AuditError:
            return denied([Denial(Reason.AUDIT_UNAVAILABLE)])
        except GateError:
            return denied([Denial(fault_of("R25", "ERROR"))])
        self._proposals += 1
        return answer

    def _acted(self, raw: bytes, caller: int, actor: str) -> Answer | None:
        """The desk's answer; None where actuation is off or the proposal can't be read."""
        if self.desk is None or self.actuation == "off":
            return None
        try:
            return self.desk.propose(read(raw), caller, actor)
        except (Unreadable, Refused):  # refused where no policy is in force any more
            return None

    def _only_denied(self, raw: bytes, size: int, actor: str) -> Answer:
        too_large = size > MAX_BYTES
        if too_large:
            answer, plan = denied([Denial(Reason.TOO_LARGE)]), None
        else:
            decision = decide(raw)
            answer, plan = decision.answer, decision.plan
        body: dict[str, Any] = {
            "answer": answer.model_dump(mode="json"),
            "bytes": size,
            "plan": plan,
            "sha256": None if too_large else hashlib.sha256(raw).hexdigest(),
            "throttled_before": self._throttle.take_refused(),
        }
        if plan is None:
            body["excerpt"] = raw[:_EXCERPT].decode("ascii", "backslashreplace")
        self._log.append(actor, "proposal.denied", body)
        return answer

    def _withdraw(self, raw: bytes, caller: int) -> dict[str, Any]:
        try:
            if not self._throttle.admits(caller, time.monotonic()):
                raise Refused([Refusal.of(Reason.RATE_LIMIT)])
            permit_id = _text(load(raw), "permit_id")
            if self.desk is None:
                raise Refused([Refusal.of(Reason.ACTUATION_OFF)])
            return self.desk.withdraw(permit_id, caller).model_dump(mode="json")
        except (Malformed, GateError) as error:
            return failure(error)

    def status(self) -> Status:
        """How the gate is."""
        head, core = self._log.head, None if self.desk is None else self.desk.core
        policy = None if core is None else core.policy
        return Status(
            state="SERVING",
            actuation="on" if self.actuation == "on" else "off",
            kill="no policy" if core is None or policy is None else core.kill.read(policy).state,
            permits={} if self.desk is None else self.desk.counts(),
            pid=os.getpid(),
            since_utc=self._since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            proposals=self._proposals,
            log=LogStatus(records=head.records, head=head.hash, writable=self._log.intact()),
        )

    def stopped(self) -> None:
        """Records the end, and how many throttled answers no other record has told of yet.

        Raises:
            AuditError: it can't be recorded.
        """
        body = {"pid": os.getpid(), "throttled_before": self._throttle.take_refused()}
        self._log.append("gate", "gate.stopped", body)


Handler = Callable[[dict[str, Any], str], Any]


class _DeskDoor:
    """A door whose every verb is one method of the desk; a request is one JSON object, and so is the answer."""

    max_bytes = _LARGE

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self.verbs = frozenset(handlers)

    def answer(self, verb: str, raw: bytes, size: int, uid: int, pid: int) -> dict[str, Any]:
        """The answer, or an error with the reasons for it."""
        try:
            asked = load(raw, _LARGE, 16) if size <= _LARGE else {}
            return {"answer": self._handlers[verb](asked, f"uid {uid} pid {pid}")}
        except (Malformed, ValidationError, GateError) as error:
            return failure(error)


class PeopleDoor(_DeskDoor):
    """What people can ask: what waits for them, to sign, to stop everything, and, signed, to go on."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(
            {
                "pending": lambda asked, who: {"pending": desk.pending(), "switch": _switch(desk)},
                "approve": lambda asked, who: _permit(desk.approve(Approval.model_validate(asked))),
                "kill": lambda asked, who: {"count": desk.latch(who)},
                "reset": lambda asked, who: _reset(desk, asked),
                "revoke-key": lambda asked, who: _all(
                    desk.revoke_key(_text(asked, "person_id"), _text(asked, "key_id"), who)
                ),
                "release": lambda asked, who: _permit(
                    desk.release_quarantine(_text(asked, "permit_id"), Approval.model_validate(asked.get("approval")))
                ),
                "show": lambda asked, who: desk.shown(_text(asked, "permit_id")),
                "why": lambda asked, who: (
                    desk.why(_text(asked, "permit_id")) | {"state": desk.permit(_text(asked, "permit_id")).state.value}
                ),
            }
        )


class ExecutorDoor(_DeskDoor):
    """What executors can ask; what they say counts by their signature, not by who they say that they are."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(
            {
                "observe": lambda asked, who: desk.observe(_snapshot(asked)),
                "select": lambda asked, who: armed_document(
                    desk.select(_text(asked, "permit_id"), _text(asked, "executor_id"), _snapshot(asked))
                ),
                "operate": lambda asked, who: _permit(
                    desk.operate(
                        Token.model_validate(asked.get("token")), _text(asked, "executor_id"), _snapshot(asked)
                    )
                ),
                "report": lambda asked, who: _permit(desk.report(SignedReport.model_validate(asked))),
                "verify": lambda asked, who: _permit(desk.verify(_text(asked, "permit_id"), _snapshot(asked))),
                "permit": lambda asked, who: _permit(desk.permit(_text(asked, "permit_id"))),
                "work": lambda asked, who: desk.work(_text(asked, "executor_id")),
                "started": lambda asked, who: _all(desk.executor_started(_text(asked, "executor_id"))),
            }
        )


def failure(error: Exception) -> dict[str, Any]:
    """An error as every door answers it: a code, a sentence, and the reasons where there are any."""
    reasons = [one.reason.value for one in error.refusals] if isinstance(error, Refused) else []
    state = error.state.value if isinstance(error, Refused) and error.state is not None else None
    code = error.code if isinstance(error, GateError) else "gate.request"
    return {"error": {"code": code, "message": str(error), "reasons": reasons, "state": state}}


def _text(asked: dict[str, Any], name: str) -> str:
    found = asked.get(name)
    if not isinstance(found, str) or len(found) > 256:
        raise GateProtocolError(f"the request has no text {name!r}")
    return found


def _token(asked: dict[str, Any]) -> Token:
    return Token.model_validate(asked.get("token"))


def _snapshot(asked: dict[str, Any]) -> SignedSnapshot:
    return SignedSnapshot.parse(json.dumps(asked.get("snapshot")).encode())


def _permit(permit: Any) -> dict[str, Any]:
    return permit_document(permit)


def _all(permits: list[Any]) -> list[dict[str, Any]]:
    return [permit_document(one) for one in permits]


def _reset(desk: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    desk.reset(Reset.model_validate(asked))
    return {"reset": True}


def _switch(desk: Desk) -> dict[str, Any] | None:
    policy = desk.core.policy
    if policy is None:
        return None
    found = desk.core.kill.read(policy)
    return {"state": found.state, "count": found.count, "why": found.why, "site": policy.site}
