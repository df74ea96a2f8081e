"""From a tree to a checked query: every name is known, every literal fits, the size is bounded."""

from __future__ import annotations

from sqlglot import exp

from ..dtdl import ModelSet
from ..graph import TwinGraph
from .conditions import check_condition
from .nodes import PropertyPath
from .paths import resolve
from .plan import Binding, CheckedQuery, Output, Path
from .scope import Scope, build_scope, refuse


def check_query(tree: exp.Select, models: ModelSet, graph: TwinGraph) -> CheckedQuery:
    """The query of a tree, ready for compiling.

    Raises:
        QueryError: it names what isn't there or compares what can't be compared.
    """
    scope = build_scope(tree, models, graph)
    where = tree.args.get("where")
    condition = check_condition(scope, where.this) if where else None
    count = _count(tree)
    outputs = () if count else _outputs(scope, tree)
    limit = tree.args.get("limit")
    top = int(limit.expression.name) if limit else None
    if top is not None and not 1 <= top <= 1_000_000:
        raise refuse("bounds", "TOP(n) needs an n from 1 to 1000000", limit)
    if top is not None and count:
        raise refuse("unsupported", "COUNT() and TOP(n) don't go together", limit)
    return CheckedQuery(scope.root, tuple(scope.steps), outputs, count, condition, top, _checks(scope, tree, outputs))


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
        if scope.steps:
            named = ", ".join(alias for alias in scope.named if alias and not alias.startswith("#"))
            raise refuse("star", f"with JOIN, name what is wanted: SELECT {named}", tree.expressions[0])
        return ()
    found: dict[str, Output] = {}
    for each in tree.expressions:
        path = each.this if isinstance(each, exp.Alias) else each
        if not isinstance(path, PropertyPath):
            raise refuse("unsupported", f"{path.key} can't stand after SELECT", path)
        shown = resolve(scope, path)
        name = each.alias if isinstance(each, exp.Alias) else path.names[-1]
        if name in found:
            raise refuse(
                "duplicate_output", f"two columns are called {name!r}: write {'.'.join(path.names)} AS other", path
            )
        found[name] = Output(name, shown)
    return tuple(found.values())


def _checks(scope: Scope, tree: exp.Select, outputs: tuple[Output, ...]) -> list[str]:
    """What was checked, in words."""
    found = ["one statement, read only"]
    for binding in scope.named.values():
        if binding.alias.startswith("#"):
            continue
        name = binding.alias or f"the {binding.collection}s"
        labels = sorted(scope.models.label(model) for model in binding.models)
        shown = ", ".join(labels[:5]) + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")
        found.append(f"{name}: {binding.collection}s of {shown or 'no model'}")
    for step in scope.steps:
        found.append(f"{step.source.alias}.{step.names[0]} leads to {step.target.alias}")
    for path in tree.find_all(PropertyPath):
        found += _check_of(scope, path)
    return list(dict.fromkeys(found))


def _check_of(scope: Scope, node: PropertyPath) -> list[str]:
    if isinstance(node.parent, exp.Expression) and node.arg_key == "path":
        return []
    if isinstance(node.parent, exp.Anonymous) and node.parent.name == "IS_OF_MODEL":
        return []
    found = resolve(scope, node)
    if isinstance(found, Binding) or found.is_system:
        return []
    if isinstance(found, Path) and not found.schemas:
        return [f"{found.text} isn't declared by any model, but stands in documents"]
    return [f"{found.text}: {' or '.join(sorted({schema.name for schema in found.schemas}))}"]
