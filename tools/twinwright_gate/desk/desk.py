"""The desk: everything that anybody can ask of the gate, each request whole before the next begins."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from ..approval import Approval
from ..canonical import canonical
from ..kill import RESET_AGE_MS, Reset, ResetRefused
from ..machine.states import Event, State
from ..machine.table import TERMINAL
from ..permits import Armed, Token
from ..policy import Policy
from ..reasons import Reason
from ..reports import SignedReport
from ..rules.persons import authorised
from ..schema import Answer, Proposal
from ..signing import Use, verifies
from ..snapshot import SignedSnapshot
from ..store.rows import Move, Permit
from . import approving, arming, following, proposing, recovery
from .core import Core, Refusal, Refused, plan_in
from .surroundings import stored_approvals

_WORK = {
    State.APPROVED: "select",
    State.EXECUTED: "verify",
    State.HOLDING: "hold",
    State.INDETERMINATE: "read back",
    State.ROLLING_BACK: "relinquish",
}


class Desk:
    """The acting half of the gate, for one site and one policy at a time.

    Attributes:
        refresh: looks whether another policy was loaded, before each decision.
    """

    def __init__(self, core: Core) -> None:
        self.core = core
        self.refresh: Callable[[], None] = _nothing
        self._turn = threading.RLock()

    def start(self) -> list[Permit]:
        """What a start does first: the log catches up, and permits that were at work go where nothing is claimed.

        Raises:
            AuditError, StoreError: that can't be made durable.
        """
        with self._turn:
            return recovery.recover(self.core)

    def executor_started(self, executor_id: str) -> list[Permit]:
        """An executor started anew: what it had armed is over, and what it was writing is in doubt."""
        with self._turn:
            return recovery.restarted(self.core, executor_id)

    def _policy(self) -> Policy:
        """The policy in force, the one that was loaded last.

        Raises:
            Refused: there is none; then nothing is decided.
        """
        self.refresh()
        if self.core.policy is None:
            raise Refused([Refusal.of(Reason.ACTUATION_OFF)])
        return self.core.policy

    def put_in_force(self, policy: Policy | None, actor: str) -> None:
        """Puts a policy in force whose signatures the caller has checked; None turns actuation off.

        Raises:
            Conflict: it is older than one that was in force here; then none is.
            StoreError, AuditError: it can't be made durable; then none is.
        """
        with self._turn:
            self.core.policy = None
            before = self.core.store.policy()
            if policy is not None and (before is None or before[:2] != (policy.version, policy.digest)):
                body = {"version": policy.version, "policy_digest": policy.digest, "policy": policy.document()}
                what = Move(actor, "policy.loaded", body)
                self.core.store.load_policy(policy.version, policy.digest, canonical(policy.document()), what)
                self.core.deliver()
            self.core.policy = policy

    def propose(self, proposal: Proposal, caller: int, actor: str) -> Answer:
        """The answer to a well-formed proposal.

        Raises:
            Refused: no policy is in force any more.
        """
        with self._turn:
            self._policy()
            return proposing.propose(self.core, proposal, caller, actor)

    def withdraw(self, permit_id: str, caller: int) -> Answer:
        """Takes back a proposal of the caller's own.

        Raises:
            Refused: it is somebody else's, or too late.
        """
        with self._turn:
            return proposing.answer(proposing.withdraw(self.core, self.core.permit(permit_id), caller), [])

    def approve(self, approval: Approval) -> Permit:
        """Takes a person's signed word.

        Raises:
            Refused, Conflict: it doesn't count.
        """
        with self._turn:
            self._policy()
            return approving.approve(self.core, approval)

    def revoke_key(self, person_id: str, key_id: str, actor: str) -> list[Permit]:
        """Never believes a key again, and ends what rests on it.

        Raises:
            Refused: the policy knows no such key: who mistypes a name is not to think that it is revoked.
        """
        with self._turn:
            policy = self.core.policy
            person = None if policy is None else policy.persons_by_id.get(person_id)
            if policy is not None and (person is None or all(one.key_id != key_id for one in person.keys)):
                words = f"The policy knows no key {key_id[:64]!r} of {person_id[:64]!r}; nothing was revoked."
                raise Refused([Refusal.of(Reason.UNKNOWN_PERSON, words)])
            return approving.revoke_key(self.core, person_id, key_id, actor)

    def observe(self, signed: SignedSnapshot) -> None:
        """Takes an executor's snapshot, if the policy's executor for that binding signed it.

        Raises:
            Refused: it didn't, or it is older than the one before.
        """
        with self._turn:
            before = self.core.snapshots.get(signed.snapshot.binding_id)
            if before is not None and before.snapshot.taken_ms > signed.snapshot.taken_ms:
                raise Refused([Refusal.of(Reason.STALE)])
            self._take(signed)

    def _take(self, signed: SignedSnapshot) -> None:
        """Takes a snapshot that the binding's executor signed; how old it is, the rules judge."""
        snapshot, policy = signed.snapshot, self._policy()
        bound = {one.binding.binding_id: one.binding.executor_id for one in policy.points}
        if (policy.site, bound.get(snapshot.binding_id)) != (snapshot.site, snapshot.executor_id):
            raise Refused([Refusal.of(Reason.SNAPSHOT_FOREIGN)])
        executor = policy.executors_by_id.get(snapshot.executor_id)
        signer = "" if executor is None else executor.public_key
        if not verifies(signer, Use.SNAPSHOT, snapshot.document(), signed.signature):
            raise Refused([Refusal.of(Reason.SNAPSHOT_SIGNATURE)])
        self.core.snapshots[snapshot.binding_id] = signed

    def select(self, permit_id: str, executor_id: str, signed: SignedSnapshot) -> Armed:
        """Arms a permit for an executor.

        Raises:
            Refused: a guard doesn't hold.
        """
        with self._turn:
            self._take(signed)
            return arming.select(self.core, self.core.permit(permit_id), executor_id, signed)

    def operate(self, token: Token, executor_id: str, signed: SignedSnapshot) -> Permit:
        """Consumes an armed permit: when this returns, the executor may write, once.

        Raises:
            Refused: a guard doesn't hold.
        """
        with self._turn:
            self._take(signed)
            return arming.operate(self.core, self.core.permit(token.permit_id), executor_id, token, signed)

    def report(self, signed: SignedReport) -> Permit:
        """Takes what an executor did.

        Raises:
            Refused: it doesn't fit.
        """
        with self._turn:
            self._policy()
            return following.reported(self.core, self.core.permit(signed.report.permit_id), signed)

    def verify(self, permit_id: str, signed: SignedSnapshot) -> Permit:
        """Judges on a snapshot whether a write worked.

        Raises:
            Refused: not yet.
        """
        with self._turn:
            self._take(signed)
            return following.verify(self.core, self.core.permit(permit_id), signed)

    def end_hold(self, permit_id: str, reason: Reason) -> Permit:
        """Begins the way back of a held value."""
        with self._turn:
            return following.roll_back(self.core, self.core.permit(permit_id), Event.END_HOLD, Refusal.of(reason))

    def tick(self) -> list[Permit]:
        """The decision loop's beat: what is over its time ends, what is at work is known to be watched."""
        with self._turn:
            self.refresh()
            return [] if self.core.policy is None else recovery.tick(self.core)

    def latch(self, by: str) -> int:
        """Latches the kill switch, and stops what is armed or held. Anybody may."""
        with self._turn:
            count = self.core.kill.latch(by)
            self.core.record(by, "kill.latched", {"count": count})
            if self.core.policy is not None:
                recovery.tick(self.core)
            return count

    def reset(self, reset: Reset) -> None:
        """Clears the kill switch with a person's signature.

        Raises:
            ResetRefused: it isn't the right one. AuditError: that can't be recorded; then nothing is cleared.
        """
        with self._turn:
            policy, now = self._policy(), self.core.clock.now().utc_ms
            self.core.kill.check(reset, policy, now)
            if f"{reset.statement.person_id}/{reset.statement.key_id}" in self.core.store.revoked_keys():
                raise ResetRefused("the kill switch stays latched: the key that signed the reset is revoked")
            self.core.record(f"person {reset.statement.person_id}", "kill.reset", reset.model_dump(mode="json"))
            self.core.kill.reset(reset, policy, now)

    def work(self, executor_id: str) -> list[dict[str, Any]]:
        """What there is to do for an executor: permit, what to do, and the heartbeat's counter."""
        with self._turn:
            policy = self.core.policy
            if policy is None:
                return []
            mine = {one.binding.binding_id for one in policy.points if one.binding.executor_id == executor_id}
            found = []
            for permit in self.core.store.permits(_WORK):
                if permit.binding_id in mine and permit.executor_id in (None, executor_id):
                    over = permit.state is State.HOLDING and following.hold_over(self.core, permit)
                    told = "relinquish" if over else _WORK[permit.state]
                    beat = self.core.beats.get(permit.permit_id, (0, None))[0]
                    found.append({"permit_id": permit.permit_id, "do": told, "beat": beat})
            return found

    def permit(self, permit_id: str) -> Permit:
        """A permit.

        Raises:
            Refused: there is none.
        """
        with self._turn:
            return self.core.permit(permit_id)

    def why(self, permit_id: str) -> dict[str, Any]:
        """How a permit ended, or why it is where it is: reason, sentence, all reasons."""
        with self._turn:
            return self.core.store.stage(permit_id, "end") or {"reason": None, "reasons": [], "sentence": ""}

    def pending(self) -> list[dict[str, Any]]:
        """What waits for people: the plan's canonical bytes as text, who signed, and until when."""
        with self._turn:
            return [self._shown(one) for one in self.core.store.permits([State.EVALUATED, State.APPROVED])]

    def shown(self, permit_id: str) -> dict[str, Any]:
        """One permit as `pending` shows it.

        Raises:
            Refused: there is none.
        """
        with self._turn:
            return self._shown(self.core.permit(permit_id))

    def _shown(self, permit: Permit) -> dict[str, Any]:
        policy = self.core.policy
        plan = plan_in(permit)
        signed = [one.statement.person_id for one in stored_approvals(self.core, permit)]
        return {
            "permit_id": permit.permit_id,
            "state": permit.state.value,
            "plan": permit.plan.decode(),
            "plan_digest": permit.plan_digest,
            "policy_digest": None if policy is None else policy.digest,
            "signed": signed,
            "needed": None if policy is None else policy.quorum.of(plan.risk).model_dump(mode="json"),
        }

    def release_quarantine(self, permit_id: str, word: Approval) -> Permit:
        """A person signs that the asset is theirs again: the locks of a quarantined permit are freed.

        The signature is one of its own kind: an approval of the permit, which others have seen, doesn't serve.

        Raises:
            Refused: the permit isn't in quarantine, or no person that the policy knows signed for it just now.
            Conflict: that word was used before.
        """
        with self._turn:
            permit, told = self.core.permit(permit_id), word.statement
            about = (told.permit_id, told.plan_digest) == (permit.permit_id, permit.plan_digest)
            fresh = abs(self.core.clock.now().utc_ms - told.at_ms) <= RESET_AGE_MS
            if permit.state is not State.QUARANTINED or not about or not fresh or not self._released_by(permit, word):
                raise Refused([Refusal.of(Reason.APPROVAL_SIGNATURE)], permit.state)
            self.core.store.use_nonce(told.nonce)
            body = {"permit_id": permit.permit_id, "word": word.model_dump(mode="json")}
            self.core.store.unlock(permit.permit_id, Move(f"person {told.person_id}", "quarantine.released", body))
            self.core.deliver()
            return permit

    def _released_by(self, permit: Permit, word: Approval) -> bool:
        """Whether a person with authority for this point, now, signed it, with a key that is believed, as a release."""
        told, policy, place = word.statement, self.core.policy, permit.binding_id
        person = None if policy is None else policy.persons_by_id.get(told.person_id)
        if person is None or told.decision != "approve" or told.authority_scope != place:
            return False
        if not authorised(person, told.role, plan_in(permit).risk, place, self.core.clock.now().utc_ms):
            return False
        revoked = self.core.store.revoked_keys()
        keys = [one for one in person.keys if one.key_id == told.key_id and not one.revoked]
        keys = [one for one in keys if f"{person.person_id}/{one.key_id}" not in revoked]
        return any(verifies(one.public_key, Use.RESET, told.document(), word.signature) for one in keys)

    def counts(self) -> dict[str, int]:
        """How many permits there are in each state that isn't an end, and in quarantine."""
        with self._turn:
            states = [one for one in State if one not in TERMINAL or one is State.QUARANTINED]
            return dict(Counter(one.state.value for one in self.core.store.permits(states)))


def _nothing() -> None:
    pass
