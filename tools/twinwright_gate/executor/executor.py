"""The executor: reads the device, asks the gate, checks everything itself, writes once, and reports what it saw."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..clocks import Clock
from ..errors import GateError, GateUnavailable
from ..kill import KillSwitch, Switch
from ..permits import Armed, Token
from ..points import Point
from ..policy import Policy
from ..reports import Report, SignedReport
from ..signing import Use, sign
from ..snapshot import SignedSnapshot, Snapshot
from ..store.database import Conflict, Failpoint, nothing_fails
from ..store.rows import Permit
from ..wire import encode
from .checks import Order, faults, order_of, outside_of, plant_faults
from .device import Command, Device, DeviceError, Mailbox
from .highwater import HighWater


class Link(Protocol):
    """The gate, as the executor asks it; every method may raise `GateError`."""

    def observe(self, signed: SignedSnapshot) -> None:
        """Hands over what the device shows."""
        ...

    def select(self, permit_id: str, executor_id: str, signed: SignedSnapshot) -> Armed:
        """Asks for a permit to be armed."""
        ...

    def operate(self, token: Token, executor_id: str, signed: SignedSnapshot) -> Permit:
        """Asks for an armed permit to be consumed: when this returns, it is, durably."""
        ...

    def report(self, signed: SignedReport) -> Permit:
        """Tells what was done."""
        ...

    def verify(self, permit_id: str, signed: SignedSnapshot) -> Permit:
        """Asks whether it worked."""
        ...

    def permit(self, permit_id: str) -> Permit:
        """Where a permit stands."""
        ...

    def work(self, executor_id: str) -> list[dict[str, Any]]:
        """What there is to do."""
        ...


@dataclass
class Executor:
    """One executor, of one site.

    Attributes:
        policy: its own copy.
        kill: the switch, which it reads itself, last before a write.
        real_devices: whether it runs as a user of its own; else it writes to simulated devices alone.
    """

    executor_id: str
    key: Ed25519PrivateKey
    policy: Policy
    device: Device
    link: Link
    memory: HighWater
    kill: KillSwitch
    clock: Clock
    real_devices: bool = False
    fail: Failpoint = nothing_fails

    def points(self) -> list[Point]:
        """The points that are this executor's."""
        return [one for one in self.policy.points if one.binding.executor_id == self.executor_id]

    def snapshot(self, binding_id: str) -> SignedSnapshot:
        """What the device shows now for a binding, signed.

        Raises:
            DeviceError: it can't be read, or the binding is not this executor's.
        """
        point = self._point(binding_id)
        inputs = [self.policy.inputs_by_id[name] for name in sorted(self.policy.inputs_of(point))]
        now, told, mailbox = self.clock.now(), self.device.condition(binding_id), self.device.mailbox(binding_id)
        snapshot = Snapshot(
            v=1,
            site=self.policy.site,
            executor_id=self.executor_id,
            binding_id=binding_id,
            nonce=secrets.token_hex(16),
            taken_ms=now.utc_ms,
            boot_id=now.boot_id,
            boot_ms=now.boot_ms,
            device_seq=mailbox.ack_seq,
            twin_version=told.twin_version,
            values=self.device.read(inputs),
            control=told.control,
            alarms=told.alarms,
            work=told.work,
            fence=self.memory.fence(),
        )
        return SignedSnapshot(snapshot=snapshot, signature=sign(self.key, Use.SNAPSHOT, snapshot.document()))

    def observe(self) -> None:
        """Sends a snapshot of every point.

        Raises:
            DeviceError: the device can't be read. GateError: the gate doesn't take one.
        """
        for point in self.points():
            self.link.observe(self.snapshot(point.binding.binding_id))

    def select(self, permit_id: str) -> Armed:
        """Has a permit armed.

        Raises:
            Refused: the gate says no.
        """
        return self.link.select(permit_id, self.executor_id, self.snapshot(self.link.permit(permit_id).binding_id))

    def operate(self, armed: Armed) -> Permit:
        """Consumes an armed permit at the gate and here, writes, and reports; returns where the permit stands.

        Raises:
            Refused: the gate says no; nothing was written.
        """
        order = order_of(armed.permit, armed.plan, armed.approvals)
        binding_id = self.link.permit(armed.permit.statement.permit_id).binding_id
        signed = self.snapshot(binding_id)
        permit = self.link.operate(armed.token, self.executor_id, signed)
        self.fail("executor: consumed at the gate")
        if isinstance(order, str):
            return self._refuse(permit, order)
        wrong = self._wrong(order, signed.snapshot, permit)
        if wrong:
            return self._refuse(permit, wrong)
        return self._write(order, permit)

    def _wrong(self, order: Order, snapshot: Snapshot, permit: Permit) -> str:
        """Everything that stands against it, in words."""
        found = list(faults(order, self.policy, self.executor_id, self.clock.now(), self.memory.fence()))
        binding_id = order.plan.target.binding_id
        named = (permit.permit_id, permit.plan_digest, permit.binding_id, snapshot.binding_id)
        statement = order.permit.statement
        if named != (statement.permit_id, statement.plan_digest, binding_id, binding_id):
            found.append("the gate names another permit, plan or binding than it signed for")
        if not self.device.simulated and not self.real_devices:
            found.append("in single-user mode nothing but a simulated device is written to")
        try:
            found += plant_faults(order, self.policy, snapshot, self._box(binding_id))
        except DeviceError as error:
            found.append(str(error))
        return "; ".join(found)

    def _write(self, order: Order, permit: Permit) -> Permit:
        statement, plan = order.permit.statement, order.plan
        binding_id = plan.target.binding_id
        try:
            floor = self.device.mailbox(binding_id).ack_seq
            kept: dict[str, object] = {
                "binding_id": binding_id,
                "back_micro": None if plan.rollback is None else plan.rollback.value_micro,
            }
            seq = self.memory.consume(permit.permit_id, statement.nonce, statement.fence, binding_id, floor, kept)
        except (Conflict, DeviceError) as error:
            return self._refuse(permit, str(error))
        command = Command(
            binding_id=binding_id,
            hex=plan.set.wire.hex,
            plan_lo32=_lo32(permit),
            valid_for_ms=1000 * plan.hold.seconds if plan.hold.mode == "timed" else 0,
            valid_until_ms=min(statement.expires_ms, self.clock.now().utc_ms + self.policy.times.arm_ms),
            seq=seq,
            fence=statement.fence,
        )
        switch = self._switch()  # the last thing that is looked at
        if switch.state != "clear":
            return self._refuse(permit, f"the kill switch is {switch.state}: {switch.why}", seq)
        self.fail("executor: before the write")
        at = self.clock.now().utc_ms
        status, why = self._sent(lambda: self.device.write(command))
        self.fail("executor: written")
        return self.link.report(self._report(permit, "write", status, seq, at, why))

    def verify(self, permit_id: str) -> Permit:
        """Asks the gate to judge, on a new snapshot, whether a write worked.

        Raises:
            Refused: not yet.
        """
        return self.link.verify(permit_id, self.snapshot(self.link.permit(permit_id).binding_id))

    def read_back(self, permit_id: str) -> Permit:
        """Reports what the mailbox shows, where it is not known whether a write arrived."""
        permit = self.link.permit(permit_id)
        consumed = self.memory.consumed(permit_id)
        seq = 0 if consumed is None else consumed[1]
        return self.link.report(self._report(permit, "readback", None, seq, self.clock.now().utc_ms, ""))

    def beat(self, permit_id: str, counter: int) -> None:
        """Hands the decision loop's beat on to the device.

        Raises:
            DeviceError: it can't be reached; its own watchdog then gives authority back.
        """
        permit = self.link.permit(permit_id)
        self.device.heartbeat(self._point(permit.binding_id).binding.binding_id, counter, _lo32(permit))

    def relinquish(self, permit_id: str) -> Permit:
        """Gives authority back, unless somebody at the panel has it, and reports what the device shows then."""
        permit = self.link.permit(permit_id)
        at, status, why, seq = self.clock.now().utc_ms, None, "", 0
        try:
            before = self._box(permit.binding_id)
            by_hand = before.active_micro is not None and before.owner_seq == 0
            if not by_hand and before.active_micro is not None:
                seq = self.memory.next_seq(permit.binding_id, before.ack_seq)
                self.fail("executor: before the relinquish")
                status, why = self._sent(lambda: self._way_back(permit, seq))
                self.fail("executor: relinquished")
        except DeviceError as error:
            why = str(error)
        return self.link.report(self._report(permit, "relinquish", status, seq, at, why))

    def _way_back(self, permit: Permit, seq: int) -> int:
        """Relinquish always; a value is written back only where the plan that was consumed here says so, and the kill
        switch is clear. What the gate says about the plan now is not believed."""
        fence, binding_id = permit.fence or 0, permit.binding_id
        kept = self.memory.consumed(permit.permit_id)
        value = None if kept is None or kept[2].get("binding_id") != binding_id else kept[2].get("back_micro")
        if not isinstance(value, int) or self._switch().state != "clear":
            return self.device.relinquish(binding_id, seq, fence)
        octets = self._restoring(binding_id, value)
        until = self.clock.now().utc_ms + self.policy.times.arm_ms
        return self.device.write(Command(binding_id, octets, _lo32(permit), 0, until, seq, fence))

    def _restoring(self, binding_id: str, value: int) -> str:
        point = self._point(binding_id)
        found = encode(value, point.binding)
        if found is None:
            raise DeviceError(f"{value} micro-units have no bytes at {binding_id}")
        if outside := outside_of(point, value):
            raise DeviceError(f"the value to go back to is not within the {', '.join(outside)} limits")
        return found.hex()

    def _switch(self) -> Switch:
        """The kill switch now. How often it was latched is remembered here too, so that an older state of its file,
        which was cleared once, clears nothing after a restart."""
        found = self.kill.read(self.policy)
        if found.count is not None and not self.memory.accept_latch(found.count):
            return Switch("latched", found.count, "an older state of the switch was put in its place")
        return found

    def run_once(self) -> list[Permit]:
        """Snapshots, then everything that there is to do; returns the permits that moved.

        Raises:
            GateError: the first thing that didn't work; what else there was to do is done all the same.
        """
        self._switch()
        self.observe()
        moved, failed = [], list[GateError]()
        for job in self.link.work(self.executor_id):
            try:
                found = self._do(str(job["permit_id"]), str(job["do"]), int(job["beat"]))
            except GateUnavailable:
                raise
            except GateError as error:
                failed.append(error)
                continue
            moved += [] if found is None else [found]
        if failed:
            raise failed[0]
        return moved

    def _do(self, permit_id: str, what: str, beat: int) -> Permit | None:
        if what == "select":
            return self.operate(self.select(permit_id))
        if what in ("hold", "verify"):
            self.beat(permit_id, beat)
            return self.verify(permit_id) if what == "verify" else None
        return self.read_back(permit_id) if what == "read back" else self.relinquish(permit_id)

    def _sent(self, send: Callable[[], int]) -> tuple[int | None, str]:
        """The transport's status, or None and why: then it is not known whether it arrived. Nothing is sent twice."""
        try:
            return send(), ""
        except DeviceError as error:
            return None, str(error)

    def _refuse(self, permit: Permit, why: str, seq: int = 0) -> Permit:
        return self.link.report(self._report(permit, "refusal", None, seq, self.clock.now().utc_ms, why))

    def _report(self, permit: Permit, kind: Any, status: int | None, seq: int, at: int, why: str) -> SignedReport:
        report = Report(
            v=1,
            permit_id=permit.permit_id,
            executor_id=self.executor_id,
            fence=permit.fence or 0,
            kind=kind,
            status=status,
            seq=seq,
            at_ms=at,
            why=why.encode("ascii", "replace").decode()[:500],
            **_shown(self._mailbox(permit.binding_id)),
        )
        return SignedReport.issue(report, self.key)

    def _mailbox(self, binding_id: str) -> Mailbox | None:
        try:
            return self._box(binding_id)
        except DeviceError:
            return None

    def _box(self, binding_id: str) -> Mailbox:
        return self.device.mailbox(self._point(binding_id).binding.binding_id)

    def _point(self, binding_id: str) -> Point:
        found = [one for one in self.points() if one.binding.binding_id == binding_id]
        if len(found) != 1:
            raise DeviceError(f"{binding_id[:64]!r} is no binding of this executor's")
        return found[0]


def _shown(mailbox: Mailbox | None) -> dict[str, Any]:
    if mailbox is None:
        return {}
    return {
        "ack_seq": mailbox.ack_seq,
        "ack_code": mailbox.ack_code,
        "active_micro": mailbox.active_micro,
        "owner_seq": mailbox.owner_seq,
        "mailbox_ms": mailbox.at_ms,
    }


def _lo32(permit: Permit) -> int:
    return int(permit.plan_digest[-8:], 16)
