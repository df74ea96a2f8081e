"""A gate, an executor or a file that somebody hostile took over: what the others still refuse, and write not."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import Any

import pytest

from twinwright_gate.doors import AgentDoor, ExecutorDoor, PeopleDoor
from twinwright_gate.executor.checks import faults, order_of
from twinwright_gate.kill import ResetRefused
from twinwright_gate.machine.states import State
from twinwright_gate.permits import Armed, PermitDocument
from twinwright_gate.schema import Answer
from twinwright_gate.signing import Use, sign
from twinwright_gate.snapshot import SignedSnapshot
from twinwright_gate.store.rows import Permit
from twinwright_gate.strict import Malformed, load

from . import plantsite as site
from .world import World


class TakenGate:
    """A gate that says about a permit what an attacker likes; the rest is as the real one does it."""

    def __init__(self, world: World, **says: Any) -> None:
        self._desk, self._says = world.desk, says
        self.told: list[str] = []
        world.executor.link = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    def permit(self, permit_id: str) -> Permit:
        """The permit, and what it is said to be."""
        return replace(self._desk.permit(permit_id), **self._says)

    def operate(self, *given: Any) -> Permit:
        """The consent, and for what it is said to be."""
        return replace(self._desk.operate(*given), **self._says)


class YesGate(TakenGate):
    """A gate that consents to everything."""

    def operate(self, token: Any, *_: Any) -> Permit:
        """A consent."""
        return self.permit(token.permit_id)

    def report(self, signed: Any) -> Permit:
        """Takes any report, and what it says why."""
        self.told.append(signed.report.why)
        return replace(self._desk.core.store.permits(list(State))[0], state=State.INDETERMINATE)


def test_an_approved_plan_is_not_written_to_another_point(world: World) -> None:
    armed = world.armed()
    gate = YesGate(world, binding_id="pump-2-speed")
    assert world.executor.operate(armed).state is State.INDETERMINATE
    assert world.writes == 0 and "another permit, plan or binding" in gate.told[0]


def again(world: World, armed: Armed) -> Armed:
    """The same permit minted anew by the gate's own key: another nonce, a higher fence, the same approvals."""
    statement = armed.permit.statement.model_copy(
        update={"nonce": secrets.token_hex(16), "fence": armed.permit.statement.fence + 7}
    )
    return replace(armed, permit=PermitDocument.issue(statement, site.key("gate")))


def test_a_permit_that_the_gate_mints_anew_under_another_name_is_not_written_twice(world: World) -> None:
    armed = world.armed()
    world.executor.operate(armed)
    world.device.boxes["pump-1-speed"].relinquish(9, 99)  # so that the plant looks as it did before
    world.device.boxes["pump-1-speed"].seq = world.device.boxes["pump-1-speed"].fence = 0
    assert world.writes == 1
    for name in (armed.token.permit_id, "P-another"):
        YesGate(world, permit_id=name)
        world.executor.operate(again(world, armed))
        assert world.writes == 1


def test_the_way_back_is_the_one_that_was_approved(world: World) -> None:
    permit_id = world.holding()
    plan = json.loads(world.desk.permit(permit_id).plan)
    plan["rollback"] = {"kind": "restore", "value_micro": 89_000_000}
    TakenGate(world, plan=json.dumps(plan, sort_keys=True, separators=(",", ":")).encode())
    world.executor.relinquish(permit_id)
    assert world.writes == 1 and world.device.values["pump-1-speed-limit"] == 70_000_000


def restoring(world: World, value: int) -> str:
    """A permit that holds, of which the executor remembers that it goes back to a value."""
    permit_id = world.holding()
    body = {"binding_id": "pump-1-speed", "back_micro": value}
    world.memory._db.execute("UPDATE consumed SET body = ? WHERE permit_id = ?", (json.dumps(body), permit_id))
    return permit_id


def test_a_value_to_go_back_to_is_written_if_it_is_within_all_limits(world: World) -> None:
    world.executor.relinquish(restoring(world, 65_000_000))
    assert world.writes == 2 and world.device.values["pump-1-speed-limit"] == 65_000_000


@pytest.mark.parametrize("value", [99_000_000, 1, 10**14])
def test_no_way_back_leaves_the_limits(world: World, value: int) -> None:
    permit = world.executor.relinquish(restoring(world, value))
    assert permit.state is State.QUARANTINED and world.writes == 1


def test_with_the_kill_switch_latched_nothing_is_written_back(world: World) -> None:
    permit_id = restoring(world, 65_000_000)
    world.desk.latch("test")
    assert world.executor.relinquish(permit_id).state is State.ROLLED_BACK
    assert world.writes == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"risk": "L"}, "class is below"),
        ({"hold": {"mode": "timed", "seconds": 86_400}}, "holds for longer"),
        ({"hold": {"mode": "timed", "seconds": 0}}, "holds for longer"),
        ({"hold": {"mode": "until_superseded", "seconds": 0}}, "holds for longer"),
    ],
)
def test_the_executor_itself_knows_class_and_hold(world: World, change: dict[str, Any], words: str) -> None:
    policy = site.changed_policy({"points/0/risk": "M"})
    armed = world.armed()
    order = order_of(armed.permit, armed.plan, armed.approvals)
    assert not isinstance(order, str)
    plan = type(order.plan).model_validate(order.plan.document() | {"class": "M"} | _renamed(change))
    found = list(faults(replace(order, plan=plan), policy, "executor-1", world.clock.now(), 0))
    assert any(words in one for one in found), found
    good = type(order.plan).model_validate(order.plan.document() | {"class": "M"})
    found = list(faults(replace(order, plan=good), policy, "executor-1", world.clock.now(), 0))
    assert not any(words in one for one in found)


def _renamed(change: dict[str, Any]) -> dict[str, Any]:
    return {"class" if name == "risk" else name: value for name, value in change.items()}


def test_an_older_kill_switch_clears_nothing_for_an_executor_that_started_anew(world: World) -> None:
    clear = (world.folder / "kill.json").read_bytes()
    armed = world.armed()
    world.kill.latch("test")
    world.executor._switch()
    world.close()
    (world.folder / "kill.json").write_bytes(clear)  # as from a backup; nobody remembers but the executor
    world.open()
    YesGate(world)
    assert world.kill.read(world.policy).state == "clear" and world.executor._switch().state == "latched"
    world.executor.operate(armed)
    assert world.writes == 0


def foreign(world: World, policy_executors: str = "executor-2") -> SignedSnapshot:
    """A snapshot of the first pump by another executor that the policy names too."""
    found = world.executor.snapshot("pump-1-speed").snapshot.model_copy(update={"executor_id": policy_executors})
    return SignedSnapshot(snapshot=found, signature=sign(site.key(policy_executors), Use.SNAPSHOT, found.document()))


def test_another_executor_of_the_policy_tells_nothing_of_a_point_that_is_not_its_own(world: World) -> None:
    key = site.public_hex(site.key("executor-2"))
    executors = [*world.policy.document()["executors"]]
    executors.append({"executor_id": "executor-2", "public_key": key, "networks": ["plc-net"]})
    world.policy = world.executor.policy = site.changed_policy({"version": 8, "executors": executors})
    world.desk.put_in_force(world.policy, "test")
    world.executor.observe()
    armed = world.armed()
    permit = world.executor.operate(armed)
    world.clock.advance(1)
    for tell in (world.desk.observe, lambda signed: world.desk.verify(permit.permit_id, signed)):
        assert world.refused(lambda tell=tell: tell(foreign(world))) == ["R09.FOREIGN"]  # type: ignore[misc]
    other = world.executor.snapshot("pump-2-speed")
    assert world.refused(lambda: world.desk.verify(permit.permit_id, other)) == ["R09.FOREIGN"]
    assert world.executor.verify(permit.permit_id).state is State.HOLDING


def test_a_report_that_stays_away_leaves_nothing_executing(world: World) -> None:
    armed = world.armed()
    world.desk.operate(armed.token, "executor-1", world.executor.snapshot("pump-1-speed"))
    permit_id = armed.token.permit_id
    for seconds, state in ((29, State.EXECUTING), (2, State.INDETERMINATE)):
        world.clock.advance(seconds)
        world.desk.tick()
        assert world.state(permit_id) is state
    assert world.executor.read_back(permit_id).state is State.NOT_APPLIED
    assert world.core.store.locks() == {} and world.writes == 0


def test_a_clock_that_is_set_back_keeps_no_unverified_value_in_force(world: World) -> None:
    world.device.faults.add("no effect")
    permit = world.executor.operate(world.armed())
    world.clock.step_utc(-3600)
    world.clock.advance(61)
    signed = world.executor.snapshot("pump-1-speed")
    assert world.desk.verify(permit.permit_id, signed).state is State.ROLLING_BACK


def test_without_a_policy_every_request_is_answered_with_that(world: World) -> None:
    permit_id = world.approved()
    word, reset = world.approval(permit_id, "b.chen"), world.signed_reset()
    snapshot = world.executor.snapshot("pump-1-speed").model_dump(mode="json")
    token = world.executor.select(permit_id).token.model_dump(mode="json")
    report = world.executor._report(world.desk.permit(permit_id), "refusal", None, 0, world.clock.now().utc_ms, "")
    world.desk.put_in_force(None, "test")
    people, executors = PeopleDoor(world.desk), ExecutorDoor(world.desk)
    asked: list[tuple[Any, str, dict[str, Any]]] = [
        (people, "approve", word.model_dump(mode="json")),
        (people, "approve", world.approval(permit_id, "b.chen", decision="reject").model_dump(mode="json")),
        (people, "reset", reset.model_dump(mode="json")),
        (executors, "observe", {"snapshot": snapshot}),
        (executors, "select", {"permit_id": permit_id, "executor_id": "executor-1", "snapshot": snapshot}),
        (executors, "operate", {"token": token, "executor_id": "executor-1", "snapshot": snapshot}),
        (executors, "verify", {"permit_id": permit_id, "snapshot": snapshot}),
        (executors, "report", report.model_dump(mode="json")),
    ]
    for door, verb, body in asked:
        raw = json.dumps(body).encode()
        assert door.answer(verb, raw, len(raw), 1, 1)["error"]["reasons"] == ["R10.ACTUATION_OFF"], verb
    assert executors.answer("work", b'{"executor_id": "executor-1"}', 29, 1, 1) == {"answer": []}
    assert world.writes == 0


@pytest.mark.parametrize("verb", ["approve", "kill", "reset", "revoke-key", "release", "show", "why", "pending"])
@pytest.mark.parametrize("raw", [b"{}", b"[]", b"{", b'{"permit_id": 1}', b'{"permit_id": "P-0"}', b"\xff"])
def test_every_request_of_people_is_answered(world: World, verb: str, raw: bytes) -> None:
    told = PeopleDoor(world.desk).answer(verb, raw, len(raw), 1, 1)
    assert ("error" in told) is not ("answer" in told)


@pytest.mark.parametrize("verb", ["observe", "select", "operate", "report", "verify", "permit", "work", "started"])
@pytest.mark.parametrize("raw", [b"{}", b'{"token": 1}', b'{"snapshot": {}, "executor_id": 1}'])
def test_every_request_of_executors_is_answered(world: World, verb: str, raw: bytes) -> None:
    assert "error" in ExecutorDoor(world.desk).answer(verb, raw, len(raw), 1, 1)


def test_a_flood_of_withdrawals_fills_no_log(world: World) -> None:
    door = AgentDoor(world.core.log, world.desk)
    answer: Answer = world.propose()
    raw = json.dumps({"permit_id": answer.permit_id}).encode()
    assert door.answer("withdraw", raw, len(raw), site.UID, 1)["state"] == "CANCELLED"
    before = world.core.log.head.records
    told = [door.answer("withdraw", raw, len(raw), site.UID, 1)["error"]["reasons"] for _ in range(300)]
    assert world.core.log.head.records - before < 200 and told[-1] == ["R20.RATE_LIMIT"]


@pytest.mark.parametrize("text", ['{"a": [["\\ud800"]]}', '{"a": ["\\udfff"]}', '{"\\ud800": 1}', '{"a": "x\\udc00"}'])
def test_a_lone_surrogate_is_refused_at_any_depth(text: str) -> None:
    with pytest.raises(Malformed):
        load(text.encode())
    assert load(b'{"a": [["\\ud83d\\ude00"]]}') == {"a": [["\U0001f600"]]}


def test_a_policy_that_is_gone_is_missed_by_nobody(world: World) -> None:
    """It disappears between two decisions: what is at work is let go by the device, and everybody is answered."""
    permit_id = world.holding()
    world.desk.refresh = lambda: world.desk.put_in_force(None, "test")
    assert world.desk.tick() == [] and world.core.policy is None
    world.desk.refresh = lambda: None
    world.desk.put_in_force(world.policy, "test")
    door = AgentDoor(world.core.log, world.desk)
    world.desk.refresh = lambda: world.desk.put_in_force(None, "test")
    raw = json.dumps(site.proposal_document()).encode()
    assert door.answer("propose", raw, len(raw), site.UID, 1)["reason"] == "R10.ACTUATION_OFF"
    world.clock.advance(31)
    assert world.device.boxes["pump-1-speed"].shown().active_micro is None
    assert world.state(permit_id) is State.HOLDING


def test_who_decides_looks_for_a_newer_policy_first(world: World) -> None:
    """People whose rights a new policy takes away have them no longer, even before the next beat."""
    permit_id = world.propose().permit_id or ""
    world.desk.latch("test")
    fewer = site.changed_policy({"version": 8, "persons/c.okafor/authorities": [], "persons/a.mueller/authorities": []})
    world.desk.refresh = lambda: world.desk.put_in_force(fewer, "test")
    with pytest.raises(ResetRefused):
        world.desk.reset(world.signed_reset())
    world.desk.refresh = lambda: None
    world.desk.put_in_force(world.policy, "test") if world.core.policy is None else None
    assert "R17.AUTHORITY" in world.refused(lambda: world.desk.approve(world.approval(permit_id, "a.mueller")))
    assert world.kill.read(world.policy).state == "latched"
