"""What an agent may propose, and what the gate answers.

A proposal is the part of a plan that an agent can fill honestly. The binding to a field point, its wire bytes, the
plant state before, hold, rollback and verification are the gate's to fill, from its own policy and snapshot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from .canonical import plan_digest
from .machine.states import State
from .numbers import is_decimal, to_micro
from .readable import hides
from .reasons import Reason

ID_GRAMMAR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TIME_GRAMMAR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
_SEGMENT = r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?"
_DTMI = rf"^dtmi:{_SEGMENT}(?::{_SEGMENT})*(?:;[1-9][0-9]{{0,8}}(?:\.[1-9][0-9]{{0,5}})?)?\z"

Source = Literal["person", "telemetry", "twin graph", "engine", "history", "orders", "model", "unknown"]


def _refuse(reason: Reason) -> PydanticCustomError:
    return PydanticCustomError(reason.value, "{sentence}", {"sentence": reason.sentence})


def _decimal(text: str) -> str:
    if not is_decimal(text):
        raise _refuse(Reason.NUMBER)
    return text


def plain_text(text: str) -> str:
    """No control, invisible, bidirectional or unassigned characters: what a person reads is what is hashed."""
    if hides(text):
        raise _refuse(Reason.TEXT)
    return text


def _utc(text: str) -> str:
    if _TIME_GRAMMAR.fullmatch(text) is None:
        raise _refuse(Reason.TIME)
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise _refuse(Reason.TIME) from None
    return text


# Only bounded here: rule R01 judges the grammar of ids, so that a well-formed proposal is told R01 beside the rest.
Name = Annotated[str, Field(min_length=1, max_length=256)]
UtcTime = Annotated[str, AfterValidator(_utc)]
Count = Annotated[int, Field(ge=0)]
Sources = Annotated[list[Source], Field(min_length=1, max_length=8)]


class Part(BaseModel):
    """Base of every part: strict types, no extra fields, never changed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy without what was cached: a changed plan or policy never carries the digest of the one before."""
        copied = super().model_copy(update=update, deep=deep)
        for name in [name for name in copied.__dict__ if name not in type(self).model_fields]:
            del copied.__dict__[name]
        return copied


class Proposer(Part):
    """Which agent proposes, and the person it works for, or None if it works for nobody (a scheduled run)."""

    agent_id: Name
    on_behalf_of_person: Name | None


class Target(Part):
    """The property of a twin that is to be set; `dtmi` is the model that declares it, where the agent knows."""

    twin_id: Name
    property: Name
    dtmi: Annotated[str, Field(max_length=2048, pattern=_DTMI)] | None = None


class Setting(Part):
    """The absolute value to set: a decimal string, in a unit named by its UCUM code (``Cel``, ``{rpm}``, ``1`` …)."""

    value: Annotated[str, AfterValidator(_decimal)]
    unit: Annotated[str, Field(pattern=r"^[!-~]{1,32}\z")]
    kind: Literal["absolute"]


class EvidenceReference(Part):
    """A piece of the run's evidence: its id and the SHA-256 of its JSON, in hex."""

    ref: Name
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]


class Taint(Part):
    """Where the choice of target and of value come from. At least one source each: nothing known is ``unknown``."""

    target: Sources
    value: Sources


class Proposal(Part):
    """A proposal, version 1.

    `reason_text` (at most 500 characters) is shown to people as a quotation; no rule reads it.
    """

    v: Annotated[int, Field(ge=1, le=1)]
    site: Name
    proposer: Proposer
    created_utc: UtcTime
    target: Target
    set: Setting
    reason_text: Annotated[str, Field(max_length=500), AfterValidator(plain_text)]
    evidence: Annotated[list[EvidenceReference], Field(max_length=32)]
    taint: Taint

    def plan(self) -> dict[str, Any]:
        """The plan in JSON, with the value as `value_micro`, an integer of 1e-6 of the unit."""
        plan = self.model_dump(mode="json")
        plan["set"] = {
            "value_micro": to_micro(self.set.value),
            "unit": self.set.unit,
            "kind": self.set.kind,
        }
        return plan

    def digest(self) -> str:
        """The plan's digest: SHA-256 over its canonical bytes, in hex."""
        return plan_digest(self.plan())

    def ids(self) -> dict[str, str]:
        """Every id in the proposal that rule R01 judges, by its place."""
        found = {
            "site": self.site,
            "proposer.agent_id": self.proposer.agent_id,
            "target.twin_id": self.target.twin_id,
            "target.property": self.target.property,
        }
        if self.proposer.on_behalf_of_person is not None:
            found["proposer.on_behalf_of_person"] = self.proposer.on_behalf_of_person
        return found | {f"evidence.{number}.ref": one.ref for number, one in enumerate(self.evidence)}


class Detail(BaseModel):
    """One reason, the place in the proposal that it is about, and the id of the limit that was met."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Reason
    place: str | None
    limit: str | None = None


class Answer(BaseModel):
    """What the gate answers to a proposal.

    Attributes:
        state: where the permit stands; ``EVALUATED`` means that people have to approve it now.
        reason, rule, sentence: the reported reason; reason and rule are None where nothing is wrong.
        reasons: all reasons, the reported one first.
        details: the reasons with their places and limits.
        plan_digest: SHA-256 of the plan in hex, or None where the proposal was malformed.
        permit_id: the permit's id; None where actuation is off or the proposal was malformed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: State
    reason: Reason | None
    rule: str | None
    sentence: str
    reasons: list[Reason]
    details: list[Detail]
    plan_digest: str | None
    permit_id: str | None


class LogStatus(Part):
    """The log of a running gate: how many records, the hash of the last, and whether it can be written."""

    records: Count
    head: Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]
    writable: bool


class Status(Part):
    """How a running gate is: whether it may act at all, its kill switch, and how many permits are in each state."""

    state: Literal["SERVING"]
    actuation: Literal["off", "on"]
    kill: Literal["clear", "latched", "unreadable", "no policy"]
    permits: dict[str, Count]
    pid: Count
    since_utc: UtcTime
    proposals: Count
    log: LogStatus
