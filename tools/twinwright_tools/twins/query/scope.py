"""What a query ranges over: its collections by alias, with the models that each one's twins can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp

from ...errors import QueryError, nearest
from ..dtdl import ModelSet
from ..dtdl.names import last_segment
from ..dtdl.types import RelationshipType
from .cost import GraphStatistics
from .nodes import position_of
from .plan import Binding, Condition, Path, Step
from .restrictions import Restrictions


def refuse(code: str, message: str, node: exp.Expr | None = None, suggestions: Iterable[str] = ()) -> QueryError:
    """A refusal at a node's position, with what was probably meant."""
    near = list(suggestions)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    position = position_of(node) if node is not None else None
    return QueryError(message + hint, code=f"query.{code}", suggestions=near, position=position)


@dataclass
class Scope:
    """The collections of one query, and against what it is checked.

    Attributes:
        checked: whether what no model knows is refused; otherwise it just finds nothing.
        named: by alias; a query without JOIN and alias has one under ``""``.
        narrowed: the models that WHERE demands at its top, by alias.
        places: the nodes of conditions, by the conditions' ids.
        notes: what people should know of the query.
        resolved: the values of paths that were looked up, by how the query writes them.
    """

    models: ModelSet
    statistics: GraphStatistics
    limits: Restrictions
    checked: bool = True
    named: dict[str, Binding] = field(default_factory=dict)
    narrowed: dict[str, frozenset[str]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    places: dict[int, tuple[Condition, exp.Expr]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    resolved: dict[str, Path] = field(default_factory=dict)
    _reached: dict[frozenset[str], dict[str, set[str]]] = field(default_factory=dict)

    @property
    def root(self) -> Binding:
        """The collection that FROM names, or the first twin of MATCH."""
        return next(iter(self.named.values()))

    @property
    def only(self) -> Binding | None:
        """The collection of a query that has just one."""
        return self.root if not self.steps else None

    @property
    def aliases(self) -> list[str]:
        """What the query can speak of."""
        return [alias for alias, binding in self.named.items() if binding.is_named]

    @cached_property
    def in_use(self) -> frozenset[str]:
        """All models that are loaded, and those that twins name without their being loaded."""
        return frozenset([*self.models, *self.statistics.twins])

    @cached_property
    def links(self) -> list[tuple[str, str, frozenset[str]]]:
        """(source's model, relationship's name, models of targets) as models declare and as the graph has it."""
        found: dict[tuple[str, str], frozenset[str]] = {}
        for model in self.models:
            for kind in relationship_types(self.models, [model]):
                targets = self.models.descendants.get(kind.target, []) if kind.target else self.in_use
                found[model, kind.name] = found.get((model, kind.name), frozenset()) | frozenset(targets)
        for model, name, target in self.statistics.links:
            found[model, name] = found.get((model, name), frozenset()) | {target}
        return [(model, name, targets) for (model, name), targets in found.items()]

    def reached(self, names: frozenset[str]) -> dict[str, set[str]]:
        """The models that each model's relationships of these names (all, if empty) lead to."""
        if names not in self._reached:
            found: dict[str, set[str]] = {}
            for source, name, targets in self.links:
                if not names or name in names:
                    found.setdefault(source, set()).update(targets)
            self._reached[names] = found
        return self._reached[names]

    def find(self, name: exp.Identifier) -> Binding | None:
        """The collection of that alias."""
        return self.named.get(name.name)

    def candidates(self, alias: str) -> frozenset[str]:
        """The models of a collection as far as WHERE narrows them; if none is left, those that WHERE names."""
        demanded = self.narrowed.get(alias)
        return self.in_use if demanded is None else (self.in_use & demanded or demanded)


def relationship_types(models: ModelSet, candidates: Iterable[str]) -> tuple[RelationshipType, ...]:
    """All relationships that models declare or inherit, each once."""
    found: dict[int, RelationshipType] = {}
    for model in candidates:
        for content in models.contents(model).values():
            if isinstance(content, RelationshipType):
                found[id(content)] = content
    return tuple(found.values())


def find_model(scope: Scope, node: exp.Expr) -> str:
    """The model that a literal names.

    Raises:
        QueryError: it isn't loaded, nor does any twin have it.
    """
    name = node.name
    if name in scope.in_use or not scope.checked:
        return name
    shorts = {last_segment(each): each for each in scope.in_use}
    near = [shorts[short] for short in nearest(last_segment(name), shorts)] or nearest(name, scope.in_use)
    raise refuse("unknown_model", f"there is no model {name!r}", node, near)


def extending(scope: Scope, model: str, exact: bool) -> frozenset[str]:
    """The models of which every twin is of that model too."""
    if exact:
        return frozenset([model]) & scope.in_use
    return frozenset(scope.models.descendants.get(model, [model])) & scope.in_use
