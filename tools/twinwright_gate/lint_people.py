"""What a policy must not say of people and programs: keys in two hands, quorums that nobody or anybody can fill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .notation import utc_ms
from .people import Quorum
from .plan import RiskClass
from .points import Point
from .policy import Policy
from .rules.persons import QUORUM_FLOOR, authorised, raised

# Text that anybody may have written, or a model, is never trusted, whatever a policy says.
_TRUSTABLE = frozenset({"person", "telemetry", "twin graph", "engine"})
_CLASSES: tuple[RiskClass, ...] = ("L", "M", "H")


def people_faults(policy: Policy) -> Iterator[str]:
    """Everything that is wrong with a policy's people, programs, keys and quorums."""
    yield from _names(policy)
    yield from _keys(policy)
    for risk in _CLASSES:
        yield from _quorum(risk, policy.quorum.of(risk))
    for point in policy.points:
        if point.writable:
            yield from _reachable(policy, point)
    untrustable = sorted(set(policy.trusted_sources) - _TRUSTABLE)
    if untrustable:
        yield f"trusted_sources: {untrustable} can't be trusted: anybody, or a model, may have written it"


def _names(policy: Policy) -> Iterator[str]:
    persons, agents = [one.person_id for one in policy.persons], [one.agent_id for one in policy.agents]
    again = [name for name, count in Counter([*persons, *agents]).items() if count > 1]
    again += [name for name, count in Counter(one.executor_id for one in policy.executors).items() if count > 1]
    if again:
        yield f"persons, agents, executors: {again} stands twice"
    bindings = {one.binding.binding_id for one in policy.points}
    for person in policy.persons:
        named = {*person.proposes, *(name for one in person.authorities for name in one.bindings)}
        if named - bindings:
            yield f"persons.{person.person_id}: {sorted(named - bindings)} are no points of this policy"
        if person.kind == "shared" and (person.authorities or person.proposes):
            yield f"persons.{person.person_id}: a shared account has no rights: keys belong to people"
        if person.authorities and not person.keys:
            yield f"persons.{person.person_id}: may approve but has no key"
    for agent in policy.agents:
        if set(agent.proposes) - bindings:
            yield f"agents.{agent.agent_id}: {sorted(set(agent.proposes) - bindings)} are no points of this policy"


def _keys(policy: Policy) -> Iterator[str]:
    held = Counter([policy.gate_key, *(one.public_key for one in policy.executors)])
    for person in policy.persons:
        held.update(key.public_key for key in person.keys)
        if len({key.key_id for key in person.keys}) != len(person.keys):
            yield f"persons.{person.person_id}: a key id stands twice"
    if max(held.values()) > 1:
        yield "keys: one public key is held by two; every key belongs to one person, executor or the gate"


def _quorum(risk: RiskClass, quorum: Quorum) -> Iterator[str]:
    floor, supervisors = QUORUM_FLOOR[risk], int(risk == "H")
    if not floor <= quorum.n <= quorum.m:
        yield f"quorum.{risk}: n of m has to be {floor} <= n <= m; it is {quorum.n} of {quorum.m}"
    if quorum.supervisors < supervisors:
        yield f"quorum.{risk}: takes {supervisors} supervisor at least"


def _reachable(policy: Policy, point: Point) -> Iterator[str]:
    """Quorums are counted over who may approve this point on the day that the policy is issued."""
    binding = point.binding.binding_id
    for risk in sorted({point.risk, raised(point.risk)}):
        able = [
            person
            for person in policy.persons
            if any(key.revoked is False for key in person.keys)
            and any(
                authorised(person, one.role, risk, binding, utc_ms(policy.issued_utc)) for one in person.authorities
            )
        ]
        quorum = policy.quorum.of(risk)
        if len(able) < max(quorum.m, quorum.n + quorum.supervisors):
            yield f"quorum.{risk}: m is {quorum.m}, and only {len(able)} people may approve {binding}"
