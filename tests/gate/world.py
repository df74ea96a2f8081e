"""A whole small site on the disk: the real desk and executor over a recording fake, with a clock that tests move.

It can be killed at any durable step and started again from what the disk holds.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from twinwright_gate.approval import Approval, Statement
from twinwright_gate.audit import AuditLog
from twinwright_gate.clocks import SteppedClock, utc_text
from twinwright_gate.desk.core import Core, Refused
from twinwright_gate.desk.desk import Desk
from twinwright_gate.evaluate import Evaluation, evaluate
from twinwright_gate.executor.executor import Executor
from twinwright_gate.executor.fake import FakeDevice
from twinwright_gate.executor.highwater import HighWater
from twinwright_gate.heads import HeadKeeper
from twinwright_gate.kill import KillSwitch, Reset, ResetStatement
from twinwright_gate.machine.states import State
from twinwright_gate.permits import Armed
from twinwright_gate.policy import Policy
from twinwright_gate.schema import Answer, Proposal
from twinwright_gate.signing import Use, sign
from twinwright_gate.store.rows import Permit
from twinwright_gate.store.store import Store

from . import plantsite as site

LOCAL = {
    "pump-1-speed": 70_000_000,
    "pump-2-speed": 50_000_000,
    "filler-1-rate": 24_000_000_000,
    "compressor-1-pressure": 7_000_000,
    "pump-1-flow": 24_000_000,
}


class Crash(BaseException):
    """The process is gone: nothing catches it."""


def unhurried(*given: Any) -> Evaluation:
    """The real evaluation, but a loaded machine is no slow rule."""
    return evaluate(*given, clock=lambda: 0)


class World:
    """Gate, executor and device of the example site.

    Attributes:
        crash_at: the failpoint that kills it next; passed: every failpoint that was passed.
    """

    def __init__(self, folder: Path, policy: Policy | None = None) -> None:
        self.folder = folder
        self.policy = policy or site.policy()
        self.clock = SteppedClock(site.NOW)
        self.device = FakeDevice(self.policy.points, self.clock, dict(LOCAL), effect_of=lambda value: value * 24 // 70)
        self.device.values |= {name: value for name, value in site._READINGS.items() if name not in self.device.values}
        self.device.condition_now = replace(self.device.condition_now, twin_version="graph-118")
        self.crash_at: str | None = None
        self.passed: list[str] = []
        self.table: Any = None
        self.open()
        self.desk.put_in_force(self.policy, "test")
        self.reset_kill()
        self.executor.observe()

    def fail(self, point: str) -> None:
        """A failpoint: here the process dies, if it is the chosen one."""
        self.passed.append(point)
        if point == self.crash_at:
            self.crash_at = None
            raise Crash(point)

    def open(self) -> None:
        """Opens everything from the disk and recovers."""
        store = Store(self.folder / "gate.db", self.fail)
        self.kill = KillSwitch(self.folder / "kill.json")
        log = AuditLog(self.folder / "audit.jsonl", site.key("gate"))
        self.core = Core(
            store=store,
            log=log,
            kill=self.kill,
            clock=self.clock,
            key=site.key("gate"),
            policy=self.policy,
            evaluator=unhurried,
            fail=self.fail,
            heads=HeadKeeper(self.folder / "heads.jsonl", site.key("gate")),
        )
        if self.table is not None:
            self.core.table = self.table
        self.desk = Desk(self.core)
        self.memory = HighWater(self.folder / "executor.db", self.fail)
        self.executor = Executor(
            executor_id="executor-1",
            key=site.key("executor-1"),
            policy=self.policy,
            device=self.device,
            link=self.desk,
            memory=self.memory,
            kill=self.kill,
            clock=self.clock,
            fail=self.fail,
        )
        self.desk.start()

    def close(self) -> None:
        """Lets go of every file, as a killed process does."""
        self.core.store.close()
        self.core.log.close()
        self.memory.close()

    def restart(self) -> None:
        """Dies and starts again; a crash during recovery is met with another start."""
        self.close()
        self.open()

    def reset_kill(self) -> None:
        """The supervisor clears the kill switch."""
        self.desk.reset(self.signed_reset())

    def signed_reset(self, person: str = "c.okafor", count: int | None = None) -> Reset:
        """A reset, signed by a person."""
        now = self.kill.read(self.policy).count or 0
        statement = ResetStatement(
            v=1,
            site=self.policy.site,
            count=now if count is None else count,
            person_id=person,
            key_id="k1",
            at_ms=self.clock.now().utc_ms,
        )
        signature = sign(site.key(f"{person}/k1"), Use.RESET, statement.model_dump(mode="json"))
        return Reset(statement=statement, signature=signature)

    def propose(self, document: dict[str, Any] | None = None, caller: int = site.UID, **target: str) -> Answer:
        """The answer to a proposal for the first pump, made now."""
        self.executor.observe()
        wanted = document or site.proposal_document(**target)
        wanted["created_utc"] = utc_text(self.clock.now().utc_ms)
        return self.desk.propose(Proposal.model_validate(wanted), caller, f"uid {caller}")

    def approval(self, permit_id: str, person: str, role: str | None = None, **changes: Any) -> Approval:
        """A person's signed word on a permit, now."""
        permit = self.desk.permit(permit_id)
        signer = changes.pop("signer", f"{person}/{changes.get('key_id', 'k1')}")
        use = changes.pop("use", Use.APPROVAL)
        now = self.clock.now().utc_ms
        statement = Statement.model_validate(
            {
                "v": 1,
                "plan_digest": permit.plan_digest,
                "policy_digest": self.policy.digest,
                "permit_id": permit_id,
                "decision": "approve",
                "person_id": person,
                "key_id": "k1",
                "role": role or site.ROLES.get(person, "operator"),
                "authority_scope": permit.binding_id,
                "nonce": secrets.token_hex(16),
                "at_ms": now,
                "expires_ms": now + 3_600_000,
            }
            | changes
        )
        return Approval(statement=statement, signature=sign(site.key(signer), use, statement.document()))

    def approve(self, permit_id: str, *people: str) -> Permit:
        """People approve; by default as many as class L takes."""
        permit = self.desk.permit(permit_id)
        for person in people or ("a.mueller",):
            permit = self.desk.approve(self.approval(permit_id, person))
        return permit

    def approved(self, **target: str) -> str:
        """A permit that is APPROVED."""
        answer = self.propose(**target)
        assert answer.state is State.EVALUATED and answer.permit_id is not None, answer
        assert self.approve(answer.permit_id).state is State.APPROVED
        return answer.permit_id

    def armed(self, **target: str) -> Armed:
        """A permit that is ARMED."""
        return self.executor.select(self.approved(**target))

    def holding(self, **target: str) -> str:
        """A permit whose write is verified and held."""
        permit = self.executor.operate(self.armed(**target))
        assert permit.state is State.EXECUTED, self.desk.why(permit.permit_id)
        self.clock.advance(1)
        assert self.executor.verify(permit.permit_id).state is State.HOLDING
        return permit.permit_id

    def go_on(self) -> None:
        """Gate and executor do what there is to do, until nothing of theirs may still arrive."""
        for _ in range(4):
            self.desk.tick()
            with contextlib.suppress(Refused):  # what may still arrive is waited for
                self.executor.run_once()
            self.clock.advance(11)

    def state(self, permit_id: str) -> State:
        """Where a permit stands."""
        return self.desk.permit(permit_id).state

    def refused(self, do: Callable[[], object]) -> list[str]:
        """The reason codes with which something is refused."""
        try:
            do()
        except Refused as refused:
            return [one.reason.value for one in refused.refusals]
        raise AssertionError("it was not refused")

    @property
    def writes(self) -> int:
        """How many writes the device saw."""
        return len(self.device.writes)
