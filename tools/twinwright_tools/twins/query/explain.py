"""A checked query in words, for people who ask how it is understood."""

from __future__ import annotations

from functools import singledispatch

from .cost import Estimate
from .plan import (
    ArrayTest,
    Binding,
    CheckedQuery,
    Comparison,
    Condition,
    Connection,
    Constant,
    Membership,
    ModelTest,
    Negation,
    Path,
    Step,
    TextTest,
    TypeTest,
)


def plan_lines(query: CheckedQuery, estimate: Estimate) -> list[str]:
    """What is done for a query, in the order in which it is meant, and what it is expected to cost."""
    lines = [f"begin with {_binding_words(query.root)}"]
    lines += [f"follow {step_words(step)}" for step in query.steps]
    if query.is_match and query.steps:
        lines.append("pass no relationship twice")
    if query.where is not None:
        lines.append(f"keep where {condition_words(query.where)}")
    if query.count:
        lines.append(f"count the rows as {query.count}")
    else:
        shown = [f"{_shown(each.shown)} as {each.name}" for each in query.outputs]
        lines.append(f"show {', '.join(shown) or 'the document'}")
    if query.top is not None:
        lines.append(f"stop after {query.top} row(s)")
    return lines + [f"expect {line}" for line in estimate.lines()]


def _shown(shown: Binding | Path) -> str:
    return shown.text if isinstance(shown, Path) else shown.alias


def _binding_words(binding: Binding) -> str:
    name = f" {binding.alias}" if binding.is_named else ""
    return f"{binding.collection}s{name} of {len(binding.models)} model(s)"


def step_words(step: Step) -> str:
    """``T.contains leads to C``, with the number of hops where it isn't one."""
    source, target = (each.alias if each.is_named else "()" for each in (step.source, step.target))
    names = "|".join(step.names) or "any relationship"
    least, most = step.hops.least, step.hops.most
    hops = f" in {least if least == most else f'{least} to {most}'} hops" if most > 1 else ""
    verb = {"forward": "leads to", "backward": "comes from", "either": "joins"}[step.direction]
    return f"{source}.{names} {verb} {target}{hops}"


def _value(value: Path | Constant) -> str:
    if isinstance(value, Path):
        return value.text
    if isinstance(value.value, bool):
        return str(value.value).lower()
    return repr(value.value)


@singledispatch
def condition_words(condition: Condition) -> str:
    """A condition, as the plan has it."""
    raise TypeError(f"no condition: {condition!r}")


@condition_words.register
def _(condition: Comparison) -> str:
    return f"{condition.left.text} {condition.order} {_value(condition.right)}"


@condition_words.register
def _(condition: Membership) -> str:
    values = [_value(each) for each in condition.values]
    more = f", … {len(values)} in all" if len(values) > 5 else ""
    return f"{condition.path.text} {'NIN' if condition.negated else 'IN'} [{', '.join(values[:5])}{more}]"


@condition_words.register
def _(condition: ArrayTest) -> str:
    return f"ARRAY_CONTAINS({condition.path.text}, {_value(condition.value)})"


@condition_words.register
def _(condition: TextTest) -> str:
    return f"{condition.function}({condition.path.text}, {_value(condition.value)})"


@condition_words.register
def _(condition: TypeTest) -> str:
    return f"{condition.function}({condition.path.text})"


@condition_words.register
def _(condition: ModelTest) -> str:
    who = f"{condition.binding.alias} " if condition.binding.is_named else ""
    return f"{who}is {'exactly ' if condition.exact else ''}of {condition.model} ({len(condition.models)} model(s))"


@condition_words.register
def _(condition: Negation) -> str:
    return f"NOT ({condition_words(condition.condition)})"


@condition_words.register
def _(condition: Connection) -> str:
    parts = [condition_words(each) for each in condition.conditions]
    return f" {condition.word} ".join(f"({part})" for part in parts)
