"""A checked query, free of syntax: what back ends compile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..dtdl.types import RelationshipType, Schema

ValueType = Literal["number", "text", "boolean", "time", "object", "array"]
Collection = Literal["twin", "relationship"]
Ordering = Literal["=", "!=", "<", ">", "<=", ">="]
TextFunction = Literal["STARTSWITH", "ENDSWITH", "CONTAINS"]
TypeFunction = Literal["IS_DEFINED", "IS_NULL", "IS_BOOL", "IS_NUMBER", "IS_STRING", "IS_OBJECT", "IS_PRIMITIVE"]


@dataclass(frozen=True)
class Binding:
    """A collection that a query ranges over.

    Attributes:
        alias: what the query calls it, or ``""``.
        models: the models that its twins can have (those of the sources, for relationships).
        types: what the models declare for its relationships; empty for twins.
    """

    alias: str
    collection: Collection
    models: frozenset[str]
    types: tuple[RelationshipType, ...] = ()


@dataclass(frozen=True)
class Path:
    """A value inside the documents of a binding.

    Attributes:
        names: the way to a property, or one system field: ``$dtId``, ``$model``, ``$etag``, ``$relationshipId`` …
        schemas: what models declare for it; empty for a value that no model declares but that stands in documents.
        text: as the query has it.
    """

    binding: Binding
    names: tuple[str, ...]
    schemas: tuple[Schema, ...]
    text: str

    @property
    def is_system(self) -> bool:
        """Whether this is one of the fields that every document has."""
        return self.names[0].startswith("$")


@dataclass(frozen=True)
class Constant:
    """A literal of the query."""

    value: str | int | float | bool


@dataclass(frozen=True)
class Comparison:
    """Two values in an order."""

    left: Path | Constant
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
    """Whether a twin's model is a model, or extends it."""

    binding: Binding
    model: str
    exact: bool


@dataclass(frozen=True)
class Negation:
    """NOT."""

    condition: Condition


@dataclass(frozen=True)
class Connection:
    """AND or OR over two conditions or more."""

    word: Literal["AND", "OR"]
    conditions: tuple[Condition, ...]


Condition = Comparison | Membership | TextTest | TypeTest | ModelTest | Negation | Connection


@dataclass(frozen=True)
class Step:
    """One JOIN: from the source's twins along a relationship to the target's."""

    source: Binding
    relationship: str
    edge: Binding
    target: Binding


@dataclass(frozen=True)
class Output:
    """One column: a whole document or one value of it."""

    name: str
    shown: Binding | Path


@dataclass(frozen=True)
class CheckedQuery:
    """A query that can be compiled.

    Attributes:
        outputs: empty for ``SELECT *`` and for a count.
        count: the name under which the count is asked for, or None.
        checks: what was checked, in words.
    """

    root: Binding
    steps: tuple[Step, ...] = ()
    outputs: tuple[Output, ...] = ()
    count: str | None = None
    where: Condition | None = None
    top: int | None = None
    checks: list[str] = field(default_factory=list)

    @property
    def bindings(self) -> list[Binding]:
        """All collections, the root first."""
        return [self.root, *(each for step in self.steps for each in (step.edge, step.target))]
