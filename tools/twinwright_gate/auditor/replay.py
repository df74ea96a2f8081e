"""Every recorded decision once more, from the log alone: the same inputs have to give the same digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from ..approval import Approval
from ..canonical import canonical
from ..checks import Check, Request, Rule, TooLate
from ..context import Bound, Context, Heartbeat, Load, Lock, PastWrite, Phase, Stamp
from ..errors import AuditError, PolicyError
from ..evaluate import Evaluation, evaluate
from ..plan import Plan
from ..policy import Policy
from ..reasons import fault_of
from ..rules import RULES
from ..snapshot import SignedSnapshot
from ..source import parse_compiled
from ..strict import Malformed
from .chain import Record


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many decisions were decided again, and how many of them allowed."""

    decisions: int
    allowed: int


def replay(records: Iterable[Record], clock: Callable[[], int]) -> Replayed:
    """Decides every recorded decision again.

    `clock` times the rules (ns): a replay on a slow machine is no slow rule, so that it may stand still.

    Raises:
        AuditError: one comes out otherwise, or can't be decided from what was recorded; `line` names it.
    """
    plans: dict[str, Plan] = {}
    policies: dict[str, Policy] = {}
    decisions = allowed = 0
    for record in records:
        body = record.content["body"]
        try:
            _learn(record.content["event"], body, plans, policies)
            found = _decided(body, plans, policies, clock)
        except (Malformed, ValidationError, PolicyError, KeyError, TypeError) as error:
            raise AuditError(
                f"line {record.line}: what was recorded can't be decided again: {error}", record.line
            ) from error
        if found is None:
            continue
        told = body["evaluation"]
        if (found.digest, found.allowed) != (told["digest"], told["allowed"]):
            words = (
                f"recorded {told['reasons'] or 'allow'}, decided again {[one.reason.value for one in found.findings]}"
            )
            raise AuditError(f"line {record.line}: the decision comes out otherwise: {words}", record.line)
        decisions, allowed = decisions + 1, allowed + found.allowed
    return Replayed(decisions, allowed)


def _learn(event: str, body: dict[str, Any], plans: dict[str, Plan], policies: dict[str, Policy]) -> None:
    if event == "permit.proposed":
        plan = Plan.parse(canonical(body["plan"]))
        if plan.digest() != body["plan_digest"]:
            raise KeyError("the plan is not the one that its digest names")
        plans[body["permit_id"]] = plan
    if event == "policy.loaded":
        policy = parse_compiled(body["policy"], "the log's policy")
        policies[policy.digest] = policy


def _decided(
    body: dict[str, Any], plans: dict[str, Plan], policies: dict[str, Policy], clock: Callable[[], int]
) -> Evaluation | None:
    told = body.get("evaluation")
    if not isinstance(told, dict):
        return None
    signed = None if told["snapshot"] is None else SignedSnapshot.parse(canonical(told["snapshot"]))
    approvals = tuple(Approval.model_validate(one) for one in told["approvals"])
    plan, policy = plans[body["permit_id"]], policies[told["policy_digest"]]
    rules = tuple(_timed(told["reasons"]))
    return evaluate(plan, signed, policy, context_of(told["context"], approvals), rules=rules, clock=clock)


def _timed(reasons: list[str]) -> Iterator[Rule]:
    """The rules, but those that were too late or gave nothing do so again: time doesn't replay. Both only deny."""
    for rule in RULES:
        if fault_of(rule.id, "TIMEOUT") in reasons:
            yield replace(rule, checks=_late)
        elif fault_of(rule.id, "NO_RESULT") not in reasons:
            yield rule


def _late(_: Request) -> Iterator[Check]:
    raise TooLate


def context_of(told: dict[str, Any], approvals: tuple[Approval, ...]) -> Context:
    """The context that a record holds.

    Raises:
        KeyError, TypeError: it holds none, or other approvals.
    """
    if told["approvals"] != [one.digest for one in approvals]:
        raise KeyError("the approvals are not those that were decided on")
    bound = told["bound"]
    beat = told["heartbeat"]
    return Context(
        **{name: told[name] for name in ("permit_id", "caller_uid", "policy_digest", "policy_version", "kill")},
        **{name: told[name] for name in ("audit_writable", "evaluation_digest", "fence_high_water", "real_devices")},
        phase=Phase(told["phase"]),
        now=Stamp(**told["now"]),
        history=_each(told["history"], lambda one: PastWrite(**one | {"at": Stamp(**one["at"])})),
        locks=_each(told["locks"], lambda one: Lock(**one)),
        load=None if told["load"] is None else Load(**told["load"]),
        evaluated=_stamp(told["evaluated"]),
        armed=_stamp(told["armed"]),
        bound=None if bound is None else Bound(**bound | {"approvals": tuple(bound["approvals"])}),
        approvals=approvals,
        withdrawn=frozenset(told["withdrawn"]),
        revoked_keys=frozenset(told["revoked_keys"]),
        heartbeat=None if beat is None else Heartbeat(**beat | {"at": Stamp(**beat["at"])}),
    )


def _stamp(told: dict[str, Any] | None) -> Stamp | None:
    return None if told is None else Stamp(**told)


def _each(rows: list[Any] | None, make: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    return None if rows is None else tuple(make(one) for one in rows)
