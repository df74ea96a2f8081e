"""A checked query, free of syntax: what back ends compile.

What a query means, for every back end alike:

- Its rows are all combinations of the root, and of a twin and a relationship for every step, that hold together. A step
  of several hops (`Step.is_walk`) adds a row for each twin that it ends in, not for each way there.
- In a MATCH (`CheckedQuery.is_match`), no relationship is passed twice by all steps together, walks included; so walks
  end in cycles too. JOINs may pass a relationship twice.
- Bindings are the same where their aliases are: a MATCH that names a twin twice means one twin.
- What a document lacks makes a comparison unknown, neither true nor false, as NULL does in SQL; `TypeTest` and
  `ModelTest` are never unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..dtdl.types import RelationshipType, Schema

ValueType = Literal["number", "text", "boolean", "time", "object", "array"]
Collection = Literal["twin", "relationship"]
Direction = Literal["forward", "backward", "either"]
Ordering = Literal["=", "!=", "<", ">", "<=", ">="]
TextFunction = Literal["STARTSWITH", "ENDSWITH", "CONTAINS"]
TypeFunction = Literal["IS_DEFINED", "IS_NULL", "IS_BOOL", "IS_NUMBER", "IS_STRING", "IS_OBJECT", "IS_PRIMITIVE"]


@dataclass(frozen=True)
class Binding:
    """A collection that a query ranges over.

    Attributes:
        alias: what the query calls it; ``""`` for the only collection of a query that doesn't name it; ``#0``, ``#1`` …
            for what a JOIN or MATCH leaves without a name. No two bindings of a query have the same.
        models: the models that its twins can have (those of the sources, for relationships).
        types: what the models declare for its relationships; empty for twins.
    """

    alias: str
    collection: Collection
    models: frozenset[str]
    types: tuple[RelationshipType, ...] = ()

    @property
    def is_named(self) -> bool:
        """Whether the query can speak of it by its alias."""
        return bool(self.alias) and not self.alias.startswith("#")


@dataclass(frozen=True)
class Path:
    """A value inside the documents of a binding.

    Attributes:
        names: one of three things:
            a system field alone (`is_system`): ``$dtId``, ``$model`` (for ``$metadata.$model``), ``$etag``;
            ``$relationshipId``, ``$relationshipName``, ``$sourceId``, ``$targetId``, ``$etag``;
            a place in the document's metadata (`is_metadata`): ``$metadata`` alone (the object that the query API
            shows), ``$metadata, $lastUpdateTime`` (a time) or ``$metadata, PROPERTY, lastUpdateTime`` (``sourceTime``);
            or the way to a property through components, objects and maps: ``motor, poles``. Inside a component it may
            end in metadata as well: ``motor, $metadata, poles, lastUpdateTime``.
        schemas: what models declare for it; empty for a value that no model declares (it stands in documents, or the
            query is unchecked, and then it may be anywhere or nowhere).
        text: as the query has it.
    """

    binding: Binding
    names: tuple[str, ...]
    schemas: tuple[Schema, ...]
    text: str

    @property
    def is_system(self) -> bool:
        """Whether this is one of the fields that every document has."""
        return self.names[0].startswith("$") and not self.is_metadata

    @property
    def is_metadata(self) -> bool:
        """Whether this lies in the ``$metadata`` of the document (``$metadata.$model`` counts as a system field)."""
        return self.names[0] == "$metadata"


@dataclass(frozen=True)
class Constant:
    """A literal of the query."""

    value: str | int | float | bool


@dataclass(frozen=True)
class Comparison:
    """Two values in an order."""

    left: Path
    order: Ordering
    right: Path | Constant
    compared_as: ValueType


@dataclass(frozen=True)
class Membership:
    """A value among constants, or not."""

    path: Path
    values: tuple[Constant, ...]
    negated: bool
    compared_as: ValueType


@dataclass(frozen=True)
class ArrayTest:
    """ARRAY_CONTAINS: whether an array has a value among its elements, not inside nested ones."""

    path: Path
    value: Constant
    compared_as: ValueType


@dataclass(frozen=True)
class TextTest:
    """A text that starts with, ends with or contains another."""

    function: TextFunction
    path: Path
    value: Constant | Path


@dataclass(frozen=True)
class TypeTest:
    """Whether a value is there and of a kind."""

    function: TypeFunction
    path: Path


@dataclass(frozen=True)
class ModelTest:
    """Whether a twin's model is a model, or extends it.

    Attributes:
        models: all models that pass: the model itself, and unless `exact` those that extend it. Empty when an unchecked
            query names a model that isn't there.
    """

    binding: Binding
    model: str
    exact: bool
    models: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Negation:
    """NOT."""

    condition: Condition


@dataclass(frozen=True)
class Connection:
    """AND or OR over two conditions or more."""

    word: Literal["AND", "OR"]
    conditions: tuple[Condition, ...]


Condition = Comparison | Membership | ArrayTest | TextTest | TypeTest | ModelTest | Negation | Connection


@dataclass(frozen=True)
class Hops:
    """How many relationships a step passes, both ends included: ``*2..5`` of a query is 3 to 5."""

    least: int = 1
    most: int = 1


@dataclass(frozen=True)
class Step:
    """One JOIN or one arrow of a MATCH: from a source that is bound already to a target.

    Attributes:
        source: the left twin of the arrow, or that of RELATED; it is the root or the target of an earlier step.
        names: the relationships' names, any of which will do; all names if empty.
        edge: the relationship; a row has one only where `is_walk` is false.
        target: the right twin. In a MATCH it may be a binding that is bound already: then both are one twin.
        direction: ``forward`` from source to target, ``backward`` from target to source; a relationship from a twin to
            itself is one step, not two, in direction ``either``. In a walk every hop has this direction.
    """

    source: Binding
    names: tuple[str, ...]
    edge: Binding
    target: Binding
    direction: Direction = "forward"
    hops: Hops = Hops()

    @property
    def is_walk(self) -> bool:
        """Whether it may pass more than one relationship."""
        return self.hops.most > 1


@dataclass(frozen=True)
class Output:
    """One column: a whole document or one value of it."""

    name: str
    shown: Binding | Path


@dataclass(frozen=True)
class CheckedQuery:
    """A query that can be compiled.

    Attributes:
        outputs: empty for ``SELECT *`` of one collection (a row is then the root's document itself) and for a count.
        count: the name under which the count is asked for, or None.
        top: the most rows that are wanted, or None.
        checks: what was checked, in words.
        is_match: whether the steps are those of a MATCH, which passes no relationship twice.
    """

    root: Binding
    steps: tuple[Step, ...] = ()
    outputs: tuple[Output, ...] = ()
    count: str | None = None
    where: Condition | None = None
    top: int | None = None
    checks: list[str] = field(default_factory=list)
    is_match: bool = False

    @property
    def bindings(self) -> list[Binding]:
        """All collections that a row has a document of, the root first, each once."""
        found = {self.root.alias: self.root}
        for step in self.steps:
            if not step.is_walk:
                found.setdefault(step.edge.alias, step.edge)
            found.setdefault(step.target.alias, step.target)
        return list(found.values())
