"""The models of a plant, as the rest of the code asks them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from ...plant.problems import Problem
from .check import check_interfaces
from .names import last_segment
from .types import (
    Component,
    Content,
    Field,
    Interface,
    MapSchema,
    ObjectSchema,
    Property,
    RecursiveSchema,
    RelationshipType,
    Schema,
    SignalDefinition,
    Telemetry,
)
from .units import symbol


class ModelSet:
    """Interfaces by DTMI, with what they inherit.

    A twin's model may be unknown: then it is its own lineage and declares nothing.
    """

    def __init__(self, interfaces: dict[str, Interface]) -> None:
        """Of interfaces that hold together; see `ModelSet.checked`."""
        self.interfaces = interfaces
        self._lineages: dict[str, list[str]] = {}
        self._contents: dict[str, dict[str, Content]] = {}
        self._signals: dict[str, list[SignalDefinition]] = {}

    @classmethod
    def checked(cls, interfaces: Iterable[Interface], problems: list[Problem]) -> ModelSet:
        """A set of the interfaces that hold together; what is left out is added to the problems."""
        return cls(check_interfaces(interfaces, problems))

    def __contains__(self, model: object) -> bool:
        return model in self.interfaces

    def __iter__(self) -> Iterator[str]:
        return iter(self.interfaces)

    def __len__(self) -> int:
        return len(self.interfaces)

    def lineage(self, model: str) -> list[str]:
        """The model and all that it extends, nearest first."""
        if model not in self._lineages:
            found, waiting = {model: None}, deque([model])
            while waiting:
                interface = self.interfaces.get(waiting.popleft())
                for base in interface.extends if interface else ():
                    if base not in found:
                        found[base] = None
                        waiting.append(base)
            self._lineages[model] = list(found)
        return self._lineages[model]

    def is_a(self, model: str, ancestor: str) -> bool:
        """Whether the model is the ancestor or extends it."""
        return ancestor in self.lineage(model)

    @cached_property
    def descendants(self) -> dict[str, list[str]]:
        """Each model to itself and all that extend it."""
        found: dict[str, list[str]] = {}
        for model in self.interfaces:
            for ancestor in self.lineage(model):
                found.setdefault(ancestor, []).append(model)
        return found

    def contents(self, model: str) -> dict[str, Content]:
        """All contents of a model by name, inherited ones first."""
        if model not in self._contents:
            found: dict[str, Content] = {}
            for each in reversed(self.lineage(model)):
                interface = self.interfaces.get(each)
                found.update({content.name: content for content in interface.contents} if interface else {})
            self._contents[model] = found
        return self._contents[model]

    def relationship(self, model: str, name: str) -> RelationshipType | None:
        """The relationship of that name that a model declares or inherits."""
        found = self.contents(model).get(name)
        return found if isinstance(found, RelationshipType) else None

    def signals(self, model: str) -> list[SignalDefinition]:
        """Telemetry and properties of a model, inherited ones and those of its components included."""
        if model not in self._signals:
            found = []
            for content in self.contents(model).values():
                if isinstance(content, Component):
                    parts = self.contents(content.interface).values()
                    found += [_signal(part, content.name) for part in parts if isinstance(part, Property | Telemetry)]
                elif isinstance(content, Property | Telemetry):
                    found.append(_signal(content, None))
            self._signals[model] = found
        return self._signals[model]

    def signal(self, model: str, name: str) -> SignalDefinition | None:
        """A signal by its name, else by its display name; ``component.name`` reaches into components."""
        signals = self.signals(model)
        by_name = next((each for each in signals if each.name == name), None)
        return by_name or next((each for each in signals if each.display_name == name), None)

    def field(self, model: str, path: Sequence[str]) -> Field | None:
        """What a model says of the value at a path: through components, fields of objects, and keys of maps.

        Args:
            path: such as ``("motor", "plate", "maker")``; the first part is a property or telemetry, or a component.
        """
        content = self.contents(model).get(path[0]) if path else None
        if isinstance(content, Component):
            return self.field(content.interface, path[1:])
        if not isinstance(content, Property | Telemetry):
            return None
        found: Field | None = Field(content.name, content.schema, content.quantity, content.texts.display_name)
        for name in path[1:]:
            found = _inside(found.schema, name) if found else None
        return found

    def label(self, model: str, language: str = "en") -> str:
        """What people call the model in a language: its display name, else the last part of its DTMI."""
        interface = self.interfaces.get(model)
        return (interface.texts.display_name_in(language) if interface else None) or last_segment(model)


def _inside(schema: Schema, name: str) -> Field | None:
    """What stands under a name in a value of a schema: a field of an object, or any key of a map."""
    whole = schema.target if isinstance(schema, RecursiveSchema) else schema
    if isinstance(whole, ObjectSchema):
        return whole.field(name)
    return (whole.entry or Field(name, whole.value)) if isinstance(whole, MapSchema) else None


def _signal(content: Property | Telemetry, component: str | None) -> SignalDefinition:
    prefix = f"{component}." if component else ""
    shown = content.texts.display_name
    return SignalDefinition(
        name=prefix + content.name,
        display_name=prefix + shown if shown else None,
        kind="property" if isinstance(content, Property) else "telemetry",
        schema=content.schema.name,
        unit=symbol(content.quantity.unit),
        unit_id=content.quantity.unit,
        semantic_type=content.quantity.semantic_type,
        comment=content.texts.comment,
        writable=isinstance(content, Property) and content.writable,
        component=component,
    )
