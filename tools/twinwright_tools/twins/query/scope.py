"""What a query ranges over: its collections by alias, with the models that each one's twins can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlglot import exp

from ...errors import QueryError, nearest
from ..dtdl import ModelSet
from ..dtdl.names import last_segment
from ..dtdl.types import RelationshipType
from ..graph import TwinGraph
from .nodes import PropertyPath, Related, position_of
from .plan import Binding, Step

MAX_JOINS = 5


def refuse(code: str, message: str, node: exp.Expr | None = None, suggestions: Iterable[str] = ()) -> QueryError:
    """A refusal at a node's position, with what was probably meant."""
    near = list(suggestions)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    position = position_of(node) if node is not None else None
    return QueryError(message + hint, code=f"query.{code}", suggestions=near, position=position)


@dataclass
class Scope:
    """The collections of one query.

    Attributes:
        named: by alias; a query without JOIN and alias has one under ``""``.
        narrowed: the models that IS_OF_MODEL demands at the top of WHERE, by alias.
    """

    models: ModelSet
    graph: TwinGraph
    named: dict[str, Binding] = field(default_factory=dict)
    narrowed: dict[str, frozenset[str]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    @property
    def root(self) -> Binding:
        """The collection that FROM names."""
        return next(iter(self.named.values()))

    @property
    def only(self) -> Binding | None:
        """The collection of a query that has just one."""
        return self.root if not self.steps else None

    def find(self, name: exp.Identifier) -> Binding | None:
        """The collection of that alias."""
        return None if name.args.get("quoted") else self.named.get(name.name)

    def bind(self, binding: Binding, node: exp.Expr | None) -> Binding:
        """Take up a collection, unless its alias is taken."""
        if binding.alias in self.named:
            raise refuse("duplicate_alias", f"the alias {binding.alias!r} stands for two collections", node)
        self.named[binding.alias] = binding
        return binding


def find_model(models: ModelSet, node: exp.Expr) -> str:
    """The model that a literal names."""
    name = node.name
    if name in models:
        return name
    shorts = {last_segment(each): each for each in models}
    near = [shorts[short] for short in nearest(last_segment(name), shorts)] or nearest(name, models)
    raise refuse("unknown_model", f"there is no model {name!r}", node, near)


def build_scope(tree: exp.Select, models: ModelSet, graph: TwinGraph) -> Scope:
    """The collections of a query, with their candidate models."""
    scope = Scope(models, graph)
    scope.narrowed = _narrowed(tree, models)
    collection = tree.args["from_"].this
    alias = collection.args.get("alias")
    name = alias.name if alias else ""
    if collection.this == "RELATIONSHIPS":
        in_use = models_in_use(models, graph)
        types = _types(models, in_use)
        scope.bind(Binding(name, "relationship", in_use, types), alias)
    else:
        scope.bind(Binding(name, "twin", narrow(scope, name, models_in_use(models, graph))), alias)
    joins = tree.args.get("joins") or []
    if len(joins) > MAX_JOINS:
        raise refuse("bounds", f"a query may have {MAX_JOINS} JOINs, not {len(joins)}", joins[MAX_JOINS])
    for join in joins:
        _join(scope, join)
    return scope


def models_in_use(models: ModelSet, graph: TwinGraph) -> frozenset[str]:
    """All models that are loaded, and those that twins name without their being loaded."""
    return frozenset(models) | {twin.model for twin in graph.twins.values()}


def narrow(scope: Scope, alias: str, candidates: frozenset[str]) -> frozenset[str]:
    """The candidates that pass the query's own IS_OF_MODEL; if none does, what IS_OF_MODEL names."""
    demanded = scope.narrowed.get(alias)
    return candidates if demanded is None else (candidates & demanded or demanded)


def _narrowed(tree: exp.Select, models: ModelSet) -> dict[str, frozenset[str]]:
    """What IS_OF_MODEL demands of each alias where all of WHERE hangs on it."""
    where = tree.args.get("where")
    found: dict[str, frozenset[str]] = {}
    parts = list(where.this.flatten()) if where and isinstance(where.this, exp.And) else [where.this] if where else []
    for part in parts:
        if not isinstance(part, exp.Anonymous) or part.name != "IS_OF_MODEL":
            continue
        literal = next((each for each in part.expressions if isinstance(each, exp.Literal) and each.is_string), None)
        if literal is None:
            continue
        first = part.expressions[0]
        root = tree.args["from_"].this.args.get("alias")
        alias = first.names[0] if isinstance(first, PropertyPath) else (root.name if root else "")
        model = find_model(models, literal)
        exact = part.expressions[-1] is not literal
        demanded = frozenset([model] if exact else models.descendants[model])
        found[alias] = found.get(alias, demanded) & demanded or demanded
    return found


def _types(models: ModelSet, candidates: Iterable[str], name: str | None = None) -> tuple[RelationshipType, ...]:
    found: dict[int, RelationshipType] = {}
    for model in candidates:
        for content in models.contents(model).values():
            if isinstance(content, RelationshipType) and name in (None, content.name):
                found[id(content)] = content
    return tuple(found.values())


def _join(scope: Scope, join: Related) -> None:
    """Take up the twins and the relationships of one JOIN."""
    source, name_node = _source(scope, join)
    name = name_node.name
    types = _types(scope.models, source.models, name)
    twins = scope.graph.twins
    carried = [
        each for each in scope.graph.relationships if each.name == name and twins[each.source].model in source.models
    ]
    if not types and not carried:
        declared = sorted({each.name for each in _types(scope.models, source.models)})
        text = f"{_who(scope, source)} declare no relationship {name!r}"
        raise refuse("unknown_relationship", text, name_node, nearest(name, declared) or declared[:5])
    reachable = {twins[each.target].model for each in carried}
    everything = models_in_use(scope.models, scope.graph)
    for kind in types:
        reachable.update(scope.models.descendants.get(kind.target, []) if kind.target else everything)
    alias = join.args.get("alias")
    edge_name = alias.name if alias else f"#{len(scope.steps)}"
    target = join.this.name
    edge = scope.bind(Binding(edge_name, "relationship", source.models, types), alias)
    joined = scope.bind(Binding(target, "twin", narrow(scope, target, frozenset(reachable))), join.this)
    scope.steps.append(Step(source, (name,), edge, joined))


def _source(scope: Scope, join: Related) -> tuple[Binding, exp.Identifier]:
    """The collection and the relationship's name after RELATED."""
    path = join.args["path"].expressions
    if len(path) != 2:
        raise refuse("syntax", "RELATED needs source.relationship", join.args["path"])
    source = scope.find(path[0])
    if source is None:
        known = [each for each in scope.named if each and not each.startswith("#")]
        text = f"no collection is called {path[0].name!r}"
        raise refuse("unknown_alias", text, path[0], nearest(path[0].name, known) or known)
    if source.collection != "twin":
        raise refuse("join", "only twins have relationships: name a collection of twins before the dot", path[0])
    return source, path[1]


def _who(scope: Scope, binding: Binding) -> str:
    """The twins of a binding in words."""
    names = sorted(scope.models.label(model) for model in binding.models)
    return (
        f"the models {', '.join(names)}"
        if len(names) <= 3
        else f"the {len(names)} models of {binding.alias or 'the twins'}"
    )
