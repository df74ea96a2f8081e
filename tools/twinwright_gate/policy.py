"""The compiled policy: one immutable table that says everything the rules may allow. Nothing else does.

It is written by people outside of every zone of the running system, signed by at least two of them, and loaded only
with a higher version than the last. `lint` refuses what is incomplete; the rules deny again whatever gets past it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from .canonical import BINDING_DOMAIN, POLICY_DOMAIN, digest
from .notation import Id, PublicKey, Text, Utc, Whole
from .people import Agent, Executor, Matrix, Person
from .points import Group, Input, Permissive, Point
from .schema import Part, Source

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Field(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]\z")]


class Window(Part):
    """A time of the week in a named zone (IANA): from `start` until before `end`, the next day where end <= start."""

    id: Id
    zone: Text
    days: Annotated[tuple[Day, ...], Field(min_length=1, max_length=7)]
    start: Clock
    end: Clock


class Never(Part):
    """What can never be a target: safety tags, networks (the SIS conduit …) and twins."""

    tags: tuple[Id, ...]
    networks: tuple[Id, ...]
    twins: tuple[Id, ...]


class Moc(Part):
    """The management-of-change record that a widening needs: its number, and the SHA-256 of the document."""

    record: Id
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]


class Times(Part):
    """How old things may be.

    Attributes:
        plan_s: a plan, since `created_utc`; approval_s: an approval; permit_s: a permit, from ARMED.
        arm_ms: from select to operate, by the boot-time clock.
        snapshot_ms: a snapshot; span_ms: between its oldest and newest value that rules read.
        skew_ms: how far a time may lie in the future; disagreement_ms: how far UTC and boot-time may drift apart.
    """

    plan_s: Annotated[Whole, Field(ge=1, le=28_800)]
    approval_s: Annotated[Whole, Field(ge=1, le=28_800)]
    permit_s: Annotated[Whole, Field(ge=1, le=900)]
    arm_ms: Annotated[Whole, Field(ge=1, le=10_000)]
    snapshot_ms: Annotated[Whole, Field(ge=1, le=60_000)]
    span_ms: Annotated[Whole, Field(ge=1, le=60_000)]
    skew_ms: Annotated[Whole, Field(le=10_000)]
    disagreement_ms: Annotated[Whole, Field(ge=1, le=60_000)]


class LoadLimits(Part):
    """How much may go on at once.

    Attributes:
        pending, concurrent, per_shift: most proposals undecided, permits armed or executing, and writes in 12 hours.
        per_minute: most proposals of one agent in a minute.
        probes, probe_window_s: after so many denials within the window an agent is not heard.
        alarm_flood: so many active alarms in the snapshot are a flood, in which nothing is moved.
    """

    pending: Annotated[Whole, Field(ge=1)]
    concurrent: Annotated[Whole, Field(ge=1)]
    per_shift: Annotated[Whole, Field(ge=1)]
    per_minute: Annotated[Whole, Field(ge=1)]
    probes: Annotated[Whole, Field(ge=1)]
    probe_window_s: Annotated[Whole, Field(ge=1)]
    alarm_flood: Annotated[Whole, Field(ge=1)]


class HeartbeatPolicy(Part):
    """How often the decision loop beats, and after how long without a beat the device goes back by itself."""

    period_ms: Annotated[Whole, Field(ge=10, le=10_000)]
    timeout_ms: Annotated[Whole, Field(ge=20, le=60_000)]


class Policy(Part):
    """A policy, version 1 of the format; `version` counts the site's policies, strictly upwards.

    Attributes:
        actuation: ``off`` denies everything, whatever else stands here.
        required_rules: has to name every rule.
        gate_key: the public key that permits are signed with.
        trusted_sources: sources that don't taint a choice; anything else raises the risk class by one.
        supervisor_role, reset_role: the roles of the supervisor's signature and of the kill switch's reset.
    """

    v: Annotated[Whole, Field(ge=1, le=1)]
    site: Id
    version: Annotated[Whole, Field(ge=1)]
    issued_utc: Utc
    expires_utc: Utc
    actuation: Literal["on", "off"]
    moc: Moc | None
    required_rules: tuple[Id, ...]
    gate_key: PublicKey
    inputs: tuple[Input, ...]
    points: tuple[Point, ...]
    permissives: tuple[Permissive, ...]
    groups: tuple[Group, ...]
    windows: tuple[Window, ...]
    blackouts: tuple[Window, ...]
    never: Never
    persons: tuple[Person, ...]
    agents: tuple[Agent, ...]
    executors: tuple[Executor, ...]
    quorum: Matrix
    supervisor_role: Id
    reset_role: Id
    trusted_sources: tuple[Source, ...]
    times: Times
    load: LoadLimits
    heartbeat: HeartbeatPolicy

    def document(self) -> dict[str, Any]:
        """The policy as JSON."""
        return self.model_dump(mode="json")

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hex over the policy's domain and its canonical JSON."""
        return digest(POLICY_DOMAIN, self.document())

    @cached_property
    def _by_target(self) -> dict[tuple[str, str], tuple[Point, ...]]:
        found: dict[tuple[str, str], tuple[Point, ...]] = {}
        for point in self.points:
            key = (point.twin_id, point.property)
            found[key] = (*found.get(key, ()), point)
        return found

    def candidates(self, twin_id: str, property_name: str) -> tuple[Point, ...]:
        """The points with exactly this twin and property: one, if the policy is sound and allows it."""
        return self._by_target.get((twin_id, property_name), ())

    def point(self, twin_id: str, property_name: str) -> Point | None:
        """The one point with exactly this twin and property, else None."""
        found = self.candidates(twin_id, property_name)
        return found[0] if len(found) == 1 else None

    @cached_property
    def inputs_by_id(self) -> dict[str, Input]:
        """The inputs by their ids."""
        return {one.id: one for one in self.inputs}

    @cached_property
    def permissives_by_id(self) -> dict[str, Permissive]:
        """The permissives by their ids."""
        return {one.id: one for one in self.permissives}

    @cached_property
    def windows_by_id(self) -> dict[str, Window]:
        """The windows by their ids."""
        return {one.id: one for one in self.windows}

    @cached_property
    def persons_by_id(self) -> dict[str, Person]:
        """The persons by their ids."""
        return {one.person_id: one for one in self.persons}

    @cached_property
    def agents_by_id(self) -> dict[str, Agent]:
        """The agents by their ids."""
        return {one.agent_id: one for one in self.agents}

    @cached_property
    def executors_by_id(self) -> dict[str, Executor]:
        """The executors by their ids."""
        return {one.executor_id: one for one in self.executors}

    def groups_of(self, binding_id: str) -> tuple[Group, ...]:
        """The groups that a point belongs to."""
        return tuple(one for one in self.groups if any(member.binding_id == binding_id for member in one.members))

    def inputs_of(self, point: Point) -> frozenset[str]:
        """The ids of all inputs that rules read for a point; what is unknown to the policy is in it too."""
        found = {point.measured, point.verify.echo_point, point.verify.effect_point}
        if point.modes is not None:
            found.add(point.modes.input)
        for name in point.permissives:
            if name in self.permissives_by_id:
                found.update(self.permissives_by_id[name].inputs)
        for group in self.groups_of(point.binding.binding_id):
            found.update(member.input for member in group.members)
        return frozenset(found)


def binding_digest(point: Point) -> str:
    """SHA-256 in hex over what a point's id stands for: twin, model, property and binding."""
    document = {
        "binding": point.binding.model_dump(mode="json"),
        "dtmi": point.dtmi,
        "property": point.property,
        "twin_id": point.twin_id,
        "unit": point.unit,
    }
    return digest(BINDING_DOMAIN, document)
