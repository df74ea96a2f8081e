"""One plan, one snapshot, one policy, one moment: allow or deny, and why.

The decision is allow only if every rule, R01 to R25, was run and allowed. A rule that raises, takes longer than 50 ms,
gives no result or gives something else than checks denies. All rules run, also after one has denied, so that a person
sees everything that is wrong at once; where one never ends, those after it have no result. There is no way to allow
over a denial.

The evaluation reads no clock of its own but to time the rules (`timing`), no file and no network: the same inputs give
the same digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import TracebackType
from typing import Any, Literal

from .canonical import EVALUATION_DOMAIN, PLAN_DOMAIN, digest, digest_of
from .checks import Check, MissingInput, Request, Rule, TooLate
from .context import Context
from .plan import Plan
from .policy import Policy
from .reasons import RULE_IDS, Reason, fault_of
from .rules import RULES
from .snapshot import SignedSnapshot
from .timing import Clock, own_time, within

RULE_NS = 50_000_000
HANG_S = 2.0  # an evaluation takes a few ms: one that isn't over by then never will be


class Outcome(StrEnum):
    """What a rule says. Only ALLOW, from every rule, allows."""

    ALLOW = "allow"
    DENY = "deny"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that did not hold: its code, a sentence with figures for people, and the id of the limit."""

    reason: Reason
    sentence: str
    limit: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one rule said."""

    rule: str
    outcome: Outcome
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Evaluation:
    """A decision and everything that it rests on.

    Attributes:
        results: one for each rule, by its number.
        plan_digest, policy_digest, snapshot_digest: of what was evaluated; None where there was none.
        context: the context as JSON.
    """

    results: tuple[Result, ...]
    plan_digest: str
    policy_digest: str | None
    snapshot_digest: str | None
    context: dict[str, Any]

    @property
    def allowed(self) -> bool:
        """Whether every rule was run and allowed."""
        return tuple(one.rule for one in self.results) == RULE_IDS and all(
            one.outcome is Outcome.ALLOW and not one.findings for one in self.results
        )

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong, the reported one first: actuation off, else that of the lowest-numbered rule."""
        found = [finding for result in self.results for finding in result.findings]
        return tuple(sorted(found, key=lambda one: one.reason is not Reason.ACTUATION_OFF))

    @property
    def state(self) -> Literal["ALLOWED", "DENIED"]:
        """The decision in a word."""
        return "ALLOWED" if self.allowed else "DENIED"

    @property
    def reason(self) -> Reason | None:
        """The reported reason; None where it is allowed."""
        return self.findings[0].reason if self.findings else None

    @property
    def sentence(self) -> str:
        """The decision in one sentence for people."""
        return self.findings[0].sentence if self.findings else "Every rule allows it."

    def for_agent(self) -> tuple[Finding, ...]:
        """The findings as an agent may see them: codes and the ids of limits, and figures only of assets that it has
        rights to; probing tells nothing of other people's."""
        foreign = {"R01", "R04"} & {one.reason.rule for one in self.findings}
        strange = {Reason.RIGHTS, Reason.CALLER} & {one.reason for one in self.findings}
        if not foreign and not strange:
            return self.findings
        return tuple(Finding(one.reason, one.reason.sentence, one.limit) for one in self.findings)

    def document(self) -> dict[str, Any]:
        """What the digest covers: the results, and all inputs but the snapshot, which has a digest of its own."""
        return {
            "context": self.context,
            "plan_digest": self.plan_digest,
            "policy_digest": self.policy_digest,
            "results": [
                {
                    "rule": one.rule,
                    "outcome": one.outcome.value,
                    "reasons": [each.reason.value for each in one.findings],
                }
                for one in self.results
            ],
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hex over the evaluation's domain and its canonical JSON."""
        return digest(EVALUATION_DOMAIN, self.document())


def evaluate(
    plan: Plan,
    signed: SignedSnapshot | None,
    policy: Policy | None,
    context: Context,
    *,
    rules: Sequence[Rule] = RULES,
    clock: Clock | None = None,
) -> Evaluation:
    """Evaluates a plan; without a policy, actuation is off and nothing is allowed.

    `rules` and `clock` (ns) are there for tests and for replays, which take rules out and stop the clock; a rule that
    is not there denies.
    """
    guard, raw = _Guard(), b""
    with guard:
        raw = plan.canonical()
    plan_digest = digest_of(PLAN_DOMAIN, raw)
    if policy is None:
        off = Finding(Reason.ACTUATION_OFF, Reason.ACTUATION_OFF.sentence)
        results: tuple[Result, ...] = (Result("R10", Outcome.DENY, (off,)),)
    elif guard.fault is not None:  # no plan that was read is like that: one that was made by other means is
        results = tuple(_faulty(rule_id, guard.fault, guard.words) for rule_id in RULE_IDS)
    else:
        point = policy.point(plan.target.twin_id, plan.target.property)
        request = Request(plan, raw, plan_digest, policy, context, signed, point)
        ran = _ran(rules, request, clock)
        results = tuple(ran.get(rule_id) or _faulty(rule_id, "NO_RESULT") for rule_id in RULE_IDS)
    return Evaluation(
        results=results,
        plan_digest=plan_digest,
        policy_digest=None if policy is None else policy.digest,
        snapshot_digest=None if signed is None else signed.snapshot.digest,
        context=context.document(),
    )


_FAULTS = ((MissingInput, "NO_INPUT"), (TooLate, "TIMEOUT"))


class _Guard:
    """The one place where everything is caught: whatever goes wrong inside of a rule is a denial, and nothing else."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self.words = ""

    def __enter__(self) -> _Guard:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if kind is None or not issubclass(kind, Exception):
            return False
        self.fault = next((name for known, name in _FAULTS if issubclass(kind, known)), "ERROR")
        self.words = {"NO_INPUT": str(error), "ERROR": kind.__name__}.get(self.fault, "")
        return True


def _ran(rules: Sequence[Rule], request: Request, clock: Clock | None) -> dict[str, Result]:
    """What each rule says, in a thread of their own: one that never ends has a result too, and it is a denial."""
    found: dict[str, Result] = {}

    def work() -> None:
        with own_time() as own:
            for rule in rules:
                found[rule.id] = _run(rule, request, clock or own)

    if not within(HANG_S, work):
        found = dict(found)  # what the thread may still say is read by nobody
        hanging = next((rule.id for rule in rules if rule.id not in found), None)
        if hanging is not None:
            found[hanging] = _faulty(hanging, "TIMEOUT")
    return found


def _run(rule: Rule, request: Request, clock: Clock) -> Result:
    """What a rule says in time; what it says later doesn't count."""
    started = clock()
    result = _judged(rule, request)
    return result if clock() - started <= RULE_NS else _faulty(rule.id, "TIMEOUT")


def _judged(rule: Rule, request: Request) -> Result:
    guard, checks = _Guard(), []
    with guard:
        checks = list(rule.checks(request))
    if guard.fault is not None:
        return _faulty(rule.id, guard.fault, guard.words)
    if not checks or not all(_sound(one, rule) for one in checks):
        return _faulty(rule.id, "NO_RESULT")
    findings = tuple(Finding(one.reason, one.words, one.limit) for one in checks if one.holds is not True)
    return Result(rule.id, Outcome.DENY if findings else Outcome.ALLOW, findings)


def _sound(check: object, rule: Rule) -> bool:
    """Whether it is a check of this rule with a plain yes or no."""
    return isinstance(check, Check) and isinstance(check.holds, bool) and check.reason.rule == rule.id


def _faulty(rule_id: str, fault: str, words: str = "") -> Result:
    reason = fault_of(rule_id, fault)
    sentence = f"{reason.sentence.removesuffix('.')}: {words}." if words else reason.sentence
    return Result(rule_id, Outcome.INDETERMINATE, (Finding(reason, f"Rule {rule_id}: {sentence}"),))
