"""Binding what FROM, JOIN and MATCH name: to collections, steps and the models that their twins can have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from ...errors import nearest
from ..dtdl import ModelSet
from .cost import GraphStatistics
from .nodes import Collection, Pattern, PatternEdge, PropertyPath, Related
from .plan import Binding, Direction, Hops, Step
from .restrictions import Restrictions
from .scope import Scope, extending, find_model, refuse, relationship_types

_OPPOSITE: dict[Direction, Direction] = {"forward": "backward", "backward": "forward", "either": "either"}


@dataclass(frozen=True)
class _Arrow:
    """One JOIN or one arrow of a MATCH, before its models are known; nodes are where it stands in the query."""

    source: str
    edge: str
    target: str
    names: tuple[exp.Identifier, ...]
    direction: Direction
    hops: Hops

    def passing(self, backwards: bool) -> Direction:
        """Its direction, seen from its source or from its target."""
        return _OPPOSITE[self.direction] if backwards else self.direction


def build_scope(
    tree: exp.Select, models: ModelSet, statistics: GraphStatistics, limits: Restrictions, checked: bool
) -> Scope:
    """The collections of a query, with their candidate models.

    Raises:
        QueryError: an alias stands for two things or for none, or a relationship isn't there.
    """
    scope = Scope(models, statistics, limits, checked)
    collection = tree.args["from_"].this
    joins: list[Related] = tree.args.get("joins") or []
    pattern: Pattern | None = tree.args.get("match")
    if collection.this == "RELATIONSHIPS" and (joins or pattern):
        word = "MATCH" if pattern else "JOIN"
        text = f"FROM RELATIONSHIPS can't be combined with {word}; begin with FROM DIGITALTWINS"
        raise refuse("join", text, pattern or joins[0])
    for name in _aliases(collection, joins, pattern):
        if name.name.startswith("#"):
            raise refuse("syntax", f"an alias can't begin with '#', as {name.name!r} does", name)
    scope.narrowed = _narrowed(scope, tree, _root_alias(collection, pattern))
    if collection.this == "RELATIONSHIPS":
        types = relationship_types(models, scope.in_use)
        alias = _root_alias(collection, pattern)
        scope.named[alias] = Binding(alias, "relationship", scope.in_use, types)
    elif pattern:
        _bind(scope, *_of_pattern(collection, pattern))
    else:
        _bind(scope, *_of_joins(collection, joins))
    return scope


def _aliases(collection: Collection, joins: Sequence[Related], pattern: Pattern | None) -> Iterator[exp.Identifier]:
    """All names that the query gives; what has none gets one that begins with ``#``."""
    found = [collection.args.get("alias"), *(each for join in joins for each in (join.this, join.args.get("alias")))]
    yield from filter(None, [*found, *(each.this for each in pattern.expressions)] if pattern else found)


def _root_alias(collection: Collection, pattern: Pattern | None) -> str:
    if pattern:
        first = pattern.expressions[0].this
        return first.name if first else "#0"
    alias = collection.args.get("alias")
    return alias.name if alias else ""


def _of_joins(collection: Collection, joins: Sequence[Related]) -> tuple[list[str], list[_Arrow]]:
    """The twins and the steps of FROM and JOIN."""
    twins, taken, arrows = [_root_alias(collection, None)], {_root_alias(collection, None)}, []
    for index, join in enumerate(joins):
        source, name = _related(join, twins, taken)
        alias = join.args.get("alias")
        edge = alias.name if alias else f"#{index}"
        for each, node in ((edge, alias), (join.this.name, join.this)):
            if each in taken:
                raise refuse("duplicate_alias", f"the alias {each!r} stands for two collections", node)
            taken.add(each)
        twins.append(join.this.name)
        arrows.append(_Arrow(source, edge, join.this.name, (name,), "forward", Hops()))
    return twins, arrows


def _related(join: Related, twins: Sequence[str], taken: set[str]) -> tuple[str, exp.Identifier]:
    """The source's alias and the relationship's name after RELATED."""
    path = join.args["path"].expressions
    if len(path) != 2:
        raise refuse("syntax", "RELATED needs source.relationship", join.args["path"])
    source = path[0].name
    if source not in taken:
        known = [each for each in twins if each]
        raise refuse("unknown_alias", f"no collection is called {source!r}", path[0], nearest(source, known) or known)
    if source not in twins:
        raise refuse("join", "only twins have relationships: name a collection of twins before the dot", path[0])
    return source, path[1]


def _of_pattern(collection: Collection, pattern: Pattern) -> tuple[list[str], list[_Arrow]]:
    """The twins and the steps of MATCH."""
    nodes, edges = pattern.expressions[::2], pattern.expressions[1::2]
    twins = [node.this.name if node.this else f"#{2 * index}" for index, node in enumerate(nodes)]
    alias = collection.args.get("alias")
    if alias and alias.name not in twins:
        text = f"{alias.name!r} isn't in the MATCH: this would pair every twin with every match (a cartesian product)"
        raise refuse("cartesian", text + f"; remove it or write MATCH ({alias.name})…", alias)
    taken, arrows = set(twins), []
    for index, edge in enumerate(edges):
        name = edge.this.name if edge.this else f"#{2 * index + 1}"
        if name in taken:
            raise refuse("duplicate_alias", f"the alias {name!r} stands for two collections", edge.this)
        taken.add(name)
        hops = _hops(edge)
        if edge.this and hops.most > 1:
            text = f"a variable ({name}) can stand for one hop only; remove it or the number of hops"
            raise refuse("walk_variable", text, edge.this)
        names = tuple(edge.expressions or ())
        arrows.append(_Arrow(twins[index], name, twins[index + 1], names, edge.args["direction"], hops))
    return twins, arrows


def _hops(edge: PatternEdge) -> Hops:
    end = edge.args.get("end")
    if end is None:
        return Hops()
    return Hops(end if edge.args["exact"] else (edge.args.get("begin") or 0) + 1, end)


def _bind(scope: Scope, twins: Sequence[str], arrows: Sequence[_Arrow]) -> None:
    """Take up twins and steps, each with the models that are left when every step is possible."""
    models = {alias: scope.candidates(alias) for alias in twins}
    for arrow in arrows:
        _check_names(scope, arrow, models)
        _restrict(scope, models, arrow, backwards=False)
    for arrow in reversed(arrows):
        _restrict(scope, models, arrow, backwards=True)
    scope.named[twins[0]] = Binding(twins[0], "twin", models[twins[0]])
    for arrow in arrows:
        names = tuple(dict.fromkeys(each.name for each in arrow.names))
        sources = _sources(arrow, models)
        types = relationship_types(scope.models, sources)
        carried = tuple(each for each in types if not names or each.name in names)
        edge = Binding(arrow.edge, "relationship", sources, carried)
        if arrow.hops.most == 1:
            scope.named[edge.alias] = edge
        target = scope.named.setdefault(arrow.target, Binding(arrow.target, "twin", models[arrow.target]))
        scope.steps.append(Step(scope.named[arrow.source], names, edge, target, arrow.direction, arrow.hops))


def _sources(arrow: _Arrow, models: dict[str, frozenset[str]]) -> frozenset[str]:
    """The models of the twins that the relationships themselves start from."""
    if arrow.direction == "either" or arrow.hops.most > 1:
        return models[arrow.source] | models[arrow.target]
    return models[arrow.source if arrow.direction == "forward" else arrow.target]


def _restrict(scope: Scope, models: dict[str, frozenset[str]], arrow: _Arrow, backwards: bool) -> None:
    start, end = (arrow.target, arrow.source) if backwards else (arrow.source, arrow.target)
    names = {each.name for each in arrow.names}
    reached: frozenset[str] = frozenset()
    for hop, found in enumerate(_walk(scope, models[start], names, arrow.passing(backwards), arrow.hops.most), 1):
        reached |= found if hop >= arrow.hops.least else frozenset()
    if models[end] & reached:
        models[end] &= reached
    elif not backwards:
        shown = "|".join(sorted(names)) or "any relationship"
        scope.notes.append(f"by the models, {shown} never leads from {_shown(start)} to {_shown(end)}")


def _shown(alias: str) -> str:
    return "there" if alias.startswith("#") or not alias else alias


def _walk(
    scope: Scope, models: frozenset[str], names: set[str], direction: Direction, most: int
) -> Iterator[frozenset[str]]:
    """The models that can be reached after one hop, two hops …"""
    along = scope.reached(frozenset(names))
    against: dict[str, set[str]] = {}
    for source, targets in along.items() if direction != "forward" else ():
        for target in targets:
            against.setdefault(target, set()).add(source)
    for _ in range(most):
        forward = (along.get(model, ()) for model in models) if direction != "backward" else ()
        models = frozenset().union(*forward, *(against.get(model, ()) for model in models))
        yield models


def _check_names(scope: Scope, arrow: _Arrow, models: dict[str, frozenset[str]]) -> None:
    """Whether the models on the arrow's way have the relationships that it names.

    Raises:
        QueryError: they haven't.
    """
    if not scope.checked:
        return
    for node in arrow.names:
        allowed = _on_the_way(scope, arrow, models)
        if node.name in allowed:
            continue
        everywhere = {name: source for source, name, _ in scope.links}
        text = f"{_who(scope, arrow, models)} no relationship {node.name!r}"
        if node.name in everywhere:
            text += f" ({scope.models.label(everywhere[node.name])} does)"
        near = nearest(node.name, allowed) or sorted(allowed)[:5]
        raise refuse("unknown_relationship", text, node, near)


def _on_the_way(scope: Scope, arrow: _Arrow, models: dict[str, frozenset[str]]) -> set[str]:
    """The names of relationships that can be on an arrow's way."""
    if arrow.hops.most == 1:
        sources = _sources(arrow, models)
        return {name for source, name, _ in scope.links if source in sources}
    names, passed = {each.name for each in arrow.names}, models[arrow.source]
    for found in _walk(scope, passed, names, arrow.direction, arrow.hops.most - 1):
        passed |= found
    leaving = {name for source, name, _ in scope.links if source in passed}
    reaching = {name for _, name, targets in scope.links if targets & passed}
    return {"forward": leaving, "backward": reaching, "either": leaving | reaching}[arrow.direction]


def _who(scope: Scope, arrow: _Arrow, models: dict[str, frozenset[str]]) -> str:
    """The twins that an arrow's relationships start from, in words."""
    names = sorted(scope.models.label(model) for model in _sources(arrow, models))
    if len(names) == 1:
        return f"the model {names[0]} declares"
    if len(names) <= 3:
        return f"the models {', '.join(names)} declare"
    alias = arrow.target if arrow.direction == "backward" else arrow.source
    return f"the {len(names)} models of {alias if alias and not alias.startswith('#') else 'the twins'} declare"


def _narrowed(scope: Scope, tree: exp.Select, root: str) -> dict[str, frozenset[str]]:
    """What IS_OF_MODEL and $metadata.$model demand of each alias where all of WHERE hangs on it."""
    where = tree.args.get("where")
    found: dict[str, frozenset[str]] = {}
    parts = list(where.this.flatten()) if where and isinstance(where.this, exp.And) else [where.this] if where else []
    for part in parts:
        demand = _demand(scope, part, root)
        if demand:
            alias, models = demand
            found[alias] = found.get(alias, models) & models or models
    return found


def _demand(scope: Scope, part: exp.Expr, root: str) -> tuple[str, frozenset[str]] | None:
    if isinstance(part, exp.EQ | exp.In) and isinstance(part.this, PropertyPath):
        names, literals = part.this.names, [part.expression] if isinstance(part, exp.EQ) else part.expressions
        if names[-2:] != ["$metadata", "$model"] or len(names) > 3:
            return None
        named = [find_model(scope, each) for each in literals if isinstance(each, exp.Literal)]
        return (names[0] if len(names) == 3 else root), frozenset(named) & scope.in_use
    if not isinstance(part, exp.Anonymous) or part.name != "IS_OF_MODEL":
        return None
    literal = next((each for each in part.expressions if isinstance(each, exp.Literal) and each.is_string), None)
    if literal is None:
        return None
    first = part.expressions[0]
    alias = first.names[0] if isinstance(first, PropertyPath) else root
    return alias, extending(scope, find_model(scope, literal), exact=part.expressions[-1] is not literal)
