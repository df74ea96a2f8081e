"""What a query will cost, told before it runs: rows expected, rows at most, and what has to be read for them.

The figures are those of a simple planner: every collection starts with the twins of its models, every filter keeps a
customary share of them (Selinger et al., "Access path selection in a relational database", SIGMOD 1979), and every step
multiplies by the mean number of relationships that leave a twin. The bound needs no such guess: it multiplies by the
most relationships that any one twin has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from ..dtdl.types import EnumSchema, Primitive, Schema
from .plan import (
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

if TYPE_CHECKING:
    from ..graph import TwinGraph

_EQUAL, _RANGE, _OTHER = 0.1, 1 / 3, 0.25
_WHOLE = 1 << 62


@dataclass(frozen=True)
class GraphStatistics:
    """What the checker and the estimate have to know of the twins, small however many twins there are.

    Attributes:
        twins: how many twins each model has (exactly that model), models that aren't loaded included.
        links: how many relationships there are by (source's model, relationship's name, target's model).
        most_out, most_in: the most relationships of a name that leave, or reach, any one twin.
        properties: the names of all properties that stand at the top of documents, by the twin's model.
        edge_properties: the same for relationships, by (source's model, relationship's name).
    """

    twins: Mapping[str, int] = field(default_factory=dict)
    links: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    most_out: Mapping[str, int] = field(default_factory=dict)
    most_in: Mapping[str, int] = field(default_factory=dict)
    properties: Mapping[str, frozenset[str]] = field(default_factory=dict)
    edge_properties: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    @classmethod
    def from_graph(cls, graph: TwinGraph) -> GraphStatistics:
        """The statistics of a graph in memory, in one pass over it."""
        twins: Counter[str] = Counter()
        links: Counter[tuple[str, str, str]] = Counter()
        out: Counter[tuple[str, str]] = Counter()
        into: Counter[tuple[str, str]] = Counter()
        properties: dict[str, set[str]] = {}
        edge_properties: dict[tuple[str, str], set[str]] = {}
        for twin in graph.twins.values():
            twins[twin.model] += 1
            properties.setdefault(twin.model, set()).update(twin.properties)
        for each in graph.relationships:
            model = graph.twins[each.source].model
            links[model, each.name, graph.twins[each.target].model] += 1
            out[each.name, each.source] += 1
            into[each.name, each.target] += 1
            edge_properties.setdefault((model, each.name), set()).update(each.properties)
        return cls(
            twins,
            links,
            _most(out),
            _most(into),
            {model: frozenset(names) for model, names in properties.items()},
            {key: frozenset(names) for key, names in edge_properties.items()},
        )


def _most(counts: Mapping[tuple[str, str], int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (name, _), count in counts.items():
        found[name] = max(found.get(name, 0), count)
    return found


@dataclass(frozen=True)
class Estimate:
    """What a query is expected to cost.

    Attributes:
        rows: expected, before TOP.
        bound: no more rows than this can come.
        reads: documents and relationships that are expected to be read, from the cheapest start.
        start: the alias of that start.
    """

    rows: float
    bound: int
    reads: float
    start: str

    def lines(self) -> list[str]:
        """The estimate in words."""
        begin = f" from {self.start}" if self.start and not self.start.startswith("#") else ""
        return [f"about {_shown(self.rows)} row(s), {self.bound} at most", f"about {_shown(self.reads)} reads{begin}"]


def _shown(number: float) -> str:
    return f"{number:.2g}" if number < 10 else f"{number:.0f}"


def estimate(query: CheckedQuery, statistics: GraphStatistics) -> Estimate:
    """What the query is expected to cost on a graph of these statistics."""
    planner = _Planner(query, statistics)
    rows = planner.rows()
    reads, start = min((planner.reads(each), each.alias) for each in planner.starts())
    if query.count:
        return Estimate(1, 1, reads, start)
    bound = min(planner.bound(each) for each in planner.starts())
    return Estimate(min(rows, bound), min(bound, query.top or _WHOLE), reads, start)


def conjuncts(condition: Condition | None) -> Iterator[Condition]:
    """What has to hold for a condition to hold: the parts of its outermost AND."""
    if isinstance(condition, Connection) and condition.word == "AND":
        for each in condition.conditions:
            yield from conjuncts(each)
    elif condition is not None:
        yield condition


def identities(query: CheckedQuery) -> dict[str, int]:
    """How many twins WHERE leaves at most of a collection that it pins down by ``$dtId``, by alias."""
    found: dict[str, int] = {}
    for each in conjuncts(query.where):
        pinned = pinned_by(each)
        for alias, count in pinned.items():
            found[alias] = min(found.get(alias, _WHOLE), count)
    return found


def pinned_by(condition: Condition) -> dict[str, int]:
    """The collections that a condition pins down, whichever way it is met, with how many twins each."""
    if isinstance(condition, Comparison) and condition.order == "=" and isinstance(condition.right, Constant):
        return {condition.left.binding.alias: 1} if _is_identity(condition.left) else {}
    if isinstance(condition, Membership) and not condition.negated and _is_identity(condition.path):
        return {condition.path.binding.alias: len(set(condition.values))}
    if isinstance(condition, Connection):
        parts = [pinned_by(each) for each in condition.conditions]
        if condition.word == "AND":
            return {alias: min(part[alias] for part in parts if alias in part) for part in parts for alias in part}
        shared = set.intersection(*(set(part) for part in parts))
        return {alias: sum(part[alias] for part in parts) for alias in shared}
    return {}


def is_pinned(condition: Condition) -> bool:
    """Whether a condition names some twin by ``$dtId``, whichever way it is met."""
    if isinstance(condition, Connection):
        found = (is_pinned(each) for each in condition.conditions)
        return any(found) if condition.word == "AND" else all(found)
    return bool(pinned_by(condition))


def _is_identity(value: Path | Constant) -> bool:
    return isinstance(value, Path) and value.names == ("$dtId",)


class _Planner:
    def __init__(self, query: CheckedQuery, statistics: GraphStatistics) -> None:
        self.query, self.statistics = query, statistics
        self.pinned = identities(query)
        self.size = {each.alias: self._size(each) for each in query.bindings}
        self.kept = {alias: self._kept(alias) for alias in self.size}

    def starts(self) -> list[Binding]:
        return [each for each in self.query.bindings if each.collection == "twin"] or [self.query.root]

    def _size(self, binding: Binding) -> int:
        if binding.collection == "twin":
            return sum(self.statistics.twins.get(model, 0) for model in binding.models)
        return sum(n for (model, _, _), n in self.statistics.links.items() if model in binding.models)

    def _kept(self, alias: str) -> float:
        """The share of a collection that the filters on it keep."""
        size, share = max(self.size[alias], 1), 1.0
        for each in conjuncts(self.query.where):
            if aliases(each) == {alias} and not isinstance(each, ModelTest):
                share *= _share(each, size)
        return share

    def _means(self, step: Step, backwards: bool) -> float:
        """How many relationships a twin at one end of a step has on average."""
        source, target = (step.target, step.source) if backwards else (step.source, step.target)
        directions = {"forward": (True,), "backward": (False,), "either": (True, False)}[step.direction]
        total = sum(self._links(source, target, step.names, along != backwards) for along in directions)
        return total / max(self.size[source.alias], 1)

    def _links(self, source: Binding, target: Binding, names: tuple[str, ...], along: bool) -> int:
        found = 0
        for (first, name, last), count in self.statistics.links.items():
            begin, end = (first, last) if along else (last, first)
            found += count if begin in source.models and end in target.models and name in (names or (name,)) else 0
        return found

    def rows(self) -> float:
        rows: float = self.size[self.query.root.alias] * self.kept[self.query.root.alias]
        bound = {self.query.root.alias}
        for step in self.query.steps:
            rows *= self._reached(step, False, bound) * (1 if step.is_walk else self.kept[step.edge.alias])
        return rows

    def _reached(self, step: Step, backwards: bool, bound: set[str]) -> float:
        """How many twins a step leads to from one twin, with their filters; `bound` is what a row has already."""
        mean, end = self._means(step, backwards), step.source if backwards else step.target
        found = mean
        if step.is_walk:
            found = min(sum(mean**hop for hop in range(step.hops.least, step.hops.most + 1)), self.size[end.alias])
        known = end.alias in bound
        bound.add(end.alias)
        return found / max(self.size[end.alias], 1) if known else found * self.kept[end.alias]

    def reads(self, start: Binding) -> float:
        reads = float(min(self.pinned.get(start.alias, _WHOLE), self.size[start.alias]))
        bound = {start.alias}
        rows = self.size[start.alias] * self.kept[start.alias]
        for step, backwards in self._ordered(start):
            mean = self._means(step, backwards)
            reads += rows * sum(mean**hop for hop in range(1, step.hops.most + 1))
            rows *= self._reached(step, backwards, bound)
        return reads

    def bound(self, start: Binding) -> int:
        found = min(self.pinned.get(start.alias, _WHOLE), self.size[start.alias])
        if start.collection == "relationship":
            return found
        for step, backwards in self._ordered(start):
            end = step.source if backwards else step.target
            most = self._most(step, backwards)
            size = self.size[end.alias]
            found *= min(size, sum(most**hop for hop in range(1, step.hops.most + 1))) if step.is_walk else most
        return found

    def _most(self, step: Step, backwards: bool) -> int:
        """The most relationships that one twin at one end of a step can have."""
        out, into = self.statistics.most_out, self.statistics.most_in
        leaves = (step.direction == "forward") != backwards
        along = [out, into] if step.direction == "either" else [out if leaves else into]
        return sum(most.get(name, 0) for most in along for name in set(step.names or most))

    def _ordered(self, start: Binding) -> Iterator[tuple[Step, bool]]:
        """The steps in an order in which one end of each is known, with whether it is passed from its target."""
        known, waiting = {start.alias}, list(self.query.steps)
        while waiting:
            step = next(each for each in waiting if {each.source.alias, each.target.alias} & known)
            waiting.remove(step)
            yield step, step.source.alias not in known
            known |= {step.source.alias, step.target.alias}


def aliases(condition: Condition) -> set[str]:
    """The collections that a condition speaks of."""
    if isinstance(condition, Connection):
        return set().union(*(aliases(each) for each in condition.conditions))
    if isinstance(condition, Negation):
        return aliases(condition.condition)
    if isinstance(condition, ModelTest):
        return {condition.binding.alias}
    if isinstance(condition, Comparison):
        return _of_paths((condition.left, condition.right))
    return _of_paths((condition.path, condition.value) if isinstance(condition, TextTest) else (condition.path,))


def _of_paths(values: Iterable[Path | Constant]) -> set[str]:
    return {each.binding.alias for each in values if isinstance(each, Path)}


def _share(condition: Condition, size: int) -> float:
    """The share of a collection of that size that a condition keeps."""
    if isinstance(condition, Negation):
        return 1 - _share(condition.condition, size)
    if isinstance(condition, Connection):
        shares = [_share(each, size) for each in condition.conditions]
        if condition.word == "AND":
            return prod(shares)
        return 1 - prod([1 - each for each in shares])
    if isinstance(condition, Comparison):
        equal = _equal(condition.left, size)
        return {"=": equal, "!=": 1 - equal}.get(condition.order, _RANGE)
    if isinstance(condition, Membership):
        among = min(1.0, len(condition.values) * _equal(condition.path, size))
        return 1 - among if condition.negated else among
    return 0.9 if isinstance(condition, TypeTest) else _OTHER


def _equal(value: Path | Constant, size: int) -> float:
    """The share that has one certain value."""
    if _is_identity(value):
        return 1 / size
    schemas = value.schemas if isinstance(value, Path) else ()
    counts = [len(each.values) if isinstance(each, EnumSchema) else 2 for each in schemas if _is_finite(each)]
    return 1 / max(counts) if counts and len(counts) == len(schemas) else _EQUAL


def _is_finite(schema: Schema) -> bool:
    return isinstance(schema, EnumSchema) or schema == Primitive("boolean")
