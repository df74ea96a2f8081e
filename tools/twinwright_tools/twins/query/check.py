"""From a tree to a checked query: every name is known, every literal fits, the size is bounded."""

from __future__ import annotations

from sqlglot import exp

from ..dtdl import ModelSet
from .bind import build_scope
from .conditions import check_condition
from .contradictions import contradictions
from .cost import GraphStatistics
from .explain import step_words
from .literals import schema_words
from .nodes import PropertyPath
from .paths import resolve
from .plan import CheckedQuery, Condition, Output, Path
from .restrictions import DIALECTS, DialectName, check_limits, check_start
from .scope import Scope, refuse

MAX_TOP = 1_000_000


def check_query(
    tree: exp.Select,
    models: ModelSet,
    statistics: GraphStatistics,
    *,
    dialect: DialectName = "service",
    checked: bool = True,
) -> CheckedQuery:
    """The query of a tree, ready for compiling.

    Args:
        statistics: of the graph that is asked; no twin itself is looked at.
        dialect: ``service`` holds the query to what Azure Digital Twins takes, ``embedded`` to what the embedded store
            takes.
        checked: whether to refuse what the models don't know; if False, it finds nothing, as in the service.

    Raises:
        QueryError: it names what isn't there, compares what can't be compared, can never find anything, or passes a
            limit; with the position and what was probably meant.
    """
    limits = DIALECTS[dialect]
    check_limits(tree, limits)
    scope = build_scope(tree, models, statistics, limits, checked)
    where = tree.args.get("where")
    condition = check_condition(scope, where.this) if where else None
    count = _count(tree)
    query = CheckedQuery(
        scope.root,
        tuple(scope.steps),
        () if count else _outputs(scope, tree),
        count,
        condition,
        _top(tree, count),
        is_match=tree.args.get("match") is not None,
    )
    if condition is not None and checked:
        _check_possible(scope, condition)
    scope.notes += check_start(query, limits, tree)
    query.checks.extend(_checks(scope))
    return query


def _top(tree: exp.Select, count: str | None) -> int | None:
    limit = tree.args.get("limit")
    if limit is None:
        return None
    digits = limit.expression.name.lstrip("0")
    if not digits or len(digits) > 7 or int(digits) > MAX_TOP:
        raise refuse("bounds", f"TOP(n) needs an n from 1 to {MAX_TOP}", limit)
    if count:
        raise refuse("unsupported", "COUNT() and TOP(n) don't go together", limit)
    return int(digits)


def _check_possible(scope: Scope, condition: Condition) -> None:
    """Whether anything can meet a condition.

    Raises:
        QueryError: nothing can.
    """
    found, never = contradictions(condition)
    for each in found:
        if never:
            raise refuse("never", f"this filter can never be true: {each.words}", scope.places[id(each.condition)][1])
        scope.notes.append(f"a part of the filter can never be true: {each.words}")


def _count(tree: exp.Select) -> str | None:
    shown = [each.this if isinstance(each, exp.Alias) else each for each in tree.expressions]
    counts = [each for each in shown if isinstance(each, exp.Count)]
    if not counts:
        return None
    if len(shown) > 1:
        raise refuse("unsupported", "COUNT() stands alone after SELECT", counts[0])
    first = tree.expressions[0]
    return first.alias if isinstance(first, exp.Alias) else "COUNT"


def _outputs(scope: Scope, tree: exp.Select) -> tuple[Output, ...]:
    if isinstance(tree.expressions[0], exp.Star):
        return _star(scope, tree)
    found: dict[str, Output] = {}
    for each in tree.expressions:
        path = each.this if isinstance(each, exp.Alias) else each
        if not isinstance(path, PropertyPath):
            raise refuse("unsupported", f"{path.key} can't stand after SELECT", path)
        shown = resolve(scope, path)
        name = each.alias if isinstance(each, exp.Alias) else path.names[-1]
        if name in found:
            text = f"two columns are called {name!r}: write {'.'.join(path.names)} AS other"
            raise refuse("duplicate_output", text, path)
        found[name] = Output(name, shown)
    return tuple(found.values())


def _star(scope: Scope, tree: exp.Select) -> tuple[Output, ...]:
    """What ``*`` stands for: the document itself, or every document that has a name."""
    joined = bool(tree.args.get("joins"))
    if not joined and not tree.args.get("match"):
        return ()
    if joined and scope.limits.strict:
        text = f"with JOIN, name what is wanted: SELECT {', '.join(scope.aliases)}{scope.limits.remedy}"
        raise refuse("star", text, tree.expressions[0])
    found = tuple(Output(alias, scope.named[alias]) for alias in scope.aliases)
    if not found:
        raise refuse("star", "nothing in this MATCH has a name that '*' could show", tree.expressions[0])
    return found


def _checks(scope: Scope) -> list[str]:
    """What was checked, in words."""
    found = ["one statement, read only", f"within the limits of {scope.limits.source}"]
    if not scope.checked:
        found.append("names and types are not checked against the models")
    for alias, binding in scope.named.items():
        if alias.startswith("#"):
            continue
        name = alias or f"the {binding.collection}s"
        labels = sorted(scope.models.label(model) for model in binding.models)
        shown = ", ".join(labels[:5]) + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")
        found.append(f"{name}: {binding.collection}s of {shown or 'no model'}")
    found += [step_words(step) for step in scope.steps]
    for path in scope.resolved.values():
        found += _check_of(scope, path)
    return list(dict.fromkeys([*found, *scope.notes]))


def _check_of(scope: Scope, path: Path) -> list[str]:
    if path.is_system:
        return []
    if not path.schemas:
        standing = "but stands in documents" if scope.checked else "it may stand nowhere"
        return [f"{path.text} isn't declared by any model, {standing}"]
    return [f"{path.text}: {schema_words(path)}"]
