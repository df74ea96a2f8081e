"""Loading a plant's models, twins and relationships: what is wrong is named by file and place, the rest is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import GraphError, nearest
from ..plant.problems import Problem, Severity
from .dtdl import Findings, Interface, ModelSet, read_interfaces
from .dtdl.reader import describe
from .dtdl.types import Component, Property, RelationshipType
from .dtdl.values import mismatch
from .files import Record, read_sources
from .flow import Flows
from .graph import Relationship, Twin, TwinGraph


@dataclass(frozen=True)
class LoadedTwins:
    """Models and graph of a plant, and what was wrong with them.

    Attributes:
        model_records: what the models were read from, as it stands in the files.
    """

    models: ModelSet
    graph: TwinGraph
    problems: list[Problem]
    model_records: tuple[Record, ...] = ()


def load_twins(folder: Path, config_flows: Flows) -> LoadedTwins:
    """The models, twins and relationships of a plant folder.

    Raises:
        GraphError: there is neither a `graph.json` nor a bulk-import file nor a model.
    """
    sources = read_sources(folder)
    if not sources.files:
        text = "no twins: there is no graph.json, no bulk-import *.ndjson and no models/*.json"
        raise GraphError(text, file=folder, code="plant.graph.nothing")
    problems = list(sources.problems)
    models = read_models(sources.models, problems)
    reader = GraphReader(models, problems)
    for record in sources.twins:
        reader.add_twin(record)
    for record in sources.relationships:
        reader.add_relationship(record)
    reader.check_multiplicity()
    problems += assumed_flows((each.name for each in reader.relationships.values()), config_flows)
    graph = TwinGraph(reader.twins, tuple(reader.relationships.values()), config_flows)
    return LoadedTwins(models, graph, problems, tuple(sources.models))


def read_models(records: Iterable[Record], problems: list[Problem]) -> ModelSet:
    """The models that hold together; what is wrong with them is added to the problems."""
    interfaces: list[Interface] = []
    for record in records:
        findings = Findings(record.file)
        interfaces += read_interfaces(record.value, record.place, findings)
        problems += findings.problems
    return ModelSet.checked(interfaces, problems)


def assumed_flows(names: Iterable[str], flows: Flows) -> list[Problem]:
    """What had to be assumed of relationships of these names, each once."""
    text = "what {!r} carries isn't stated under [relationships] in twinwright.toml: assumed {!r}"
    return [
        Problem("info", "flow.assumed", text.format(name, flows.of(name).direction), "twinwright.toml", name)
        for name in dict.fromkeys(names)
        if not flows.is_stated(name)
    ]


def too_many(source: str, name: str, count: int, most: int) -> Problem:
    """A twin with more relationships of a name than its model allows."""
    text = f"twin {source!r} has {count} relationships {name!r}, {most} at most are declared"
    return Problem("warning", "relationship.multiplicity", text, None, source)


class GraphReader:
    """Collects twins and relationships that can be used, and the problems of all."""

    def __init__(self, models: ModelSet, problems: list[Problem]) -> None:
        self.models = models
        self.problems = problems
        self.twins: dict[str, Twin] = {}
        self.relationships: dict[tuple[str, str], Relationship] = {}

    def _report(self, severity: Severity, code: str, text: str, record: Record, inside: str = "") -> None:
        self.problems.append(Problem(severity, code, text, record.file, record.place + inside))

    def _text(self, record: Record, *names: str) -> str | None:
        """A string field under the first of the names that is there; reports one that is missing or no text."""
        value = next((record.value[name] for name in names if name in record.value), None)
        if isinstance(value, str) and value:
            return value
        text = f"{names[0]!r} is missing" if value is None else f"{names[0]!r} must be text, not {describe(value)}"
        self._report("error", "graph.missing_field", text, record)
        return None

    def _is_object(self, record: Record) -> bool:
        if not isinstance(record.value, dict):
            self._report("error", "graph.format", f"must be an object, not {describe(record.value)}", record)
        return isinstance(record.value, dict)

    def add_twin(self, record: Record) -> None:
        """Take up one twin, unless it has no id or one that is taken."""
        if not self._is_object(record):
            return
        twin_id = self._text(record, "$dtId")
        if twin_id is None:
            return
        if twin_id in self.twins:
            text = f"there is a twin {twin_id!r} already; this one is left out"
            self._report("error", "twin.duplicate", text, record)
            return
        metadata = record.value.get("$metadata")
        model = metadata.get("$model") if isinstance(metadata, dict) else None
        properties = _own(record.value)
        self._check_model(twin_id, model, record)
        if isinstance(model, str) and model in self.models:
            self._check_properties(f"twin {twin_id!r}", model, properties, record)
        model_id = model if isinstance(model, str) else ""
        rest = {name: each for name, each in metadata.items() if name != "$model"} if isinstance(metadata, dict) else {}
        self.twins[twin_id] = Twin(twin_id, model_id, properties, _etag(record.value), rest)

    def _check_model(self, twin_id: str, model: Any, record: Record) -> None:
        if isinstance(model, str) and model in self.models:
            return
        kept = "the twin is kept, without what a model says of it"
        if not isinstance(model, str):
            text = f"twin {twin_id!r} names no model in $metadata.$model; {kept}"
            self._report("error", "twin.no_model", text, record, ".$metadata")
            return
        near = nearest(model, self.models, 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        text = f"twin {twin_id!r} has the unknown model {model}{hint}; {kept}"
        self._report("error", "twin.unknown_model", text, record, ".$metadata.$model")

    def _check_properties(self, who: str, model: str, properties: dict[str, Any], record: Record, at: str = "") -> None:
        """Report properties that the model doesn't declare, or of another type; they are kept."""
        contents = self.models.contents(model)
        for name, value in properties.items():
            content = contents.get(name)
            place = f"{at}.{name}"
            if isinstance(content, Property):
                wrong = mismatch(value, content.schema)
                if wrong:
                    self._report("warning", "twin.wrong_type", f"property {name!r} of {who} {wrong}", record, place)
            elif isinstance(content, Component) and isinstance(value, dict):
                inner = f"component {name!r} of {who}"
                self._check_properties(inner, content.interface, _own(value), record, place)
            elif isinstance(content, Component):
                text = f"component {name!r} of {who} must be an object, not {describe(value)}"
                self._report("warning", "twin.wrong_type", text, record, place)
            else:
                self._report_undeclared(who, model, name, record, place)

    def _report_undeclared(self, who: str, model: str, name: str, record: Record, place: str) -> None:
        contents = self.models.contents(model)
        declared = [each for each, content in contents.items() if isinstance(content, Property | Component)]
        near = nearest(name, declared, 1)
        if name in contents:
            hint = f": it is a {type(contents[name]).__name__.lower()} there"
        else:
            hint = f"; did you mean {near[0]!r}?" if near else ""
        text = f"property {name!r} of {who} isn't declared by {model}{hint}"
        self._report("warning", "twin.unknown_property", text, record, place)

    def add_relationship(self, record: Record) -> None:
        """Take up one relationship, unless an end of it isn't there or its id is taken."""
        if not self._is_object(record):
            return
        name = self._text(record, "$relationshipName")
        ends = [self._end(record, "$sourceId", "$dtId"), self._end(record, "$targetId")]
        if name is None or ends[0] is None or ends[1] is None:
            return
        source, target = ends[0], ends[1]
        given = record.value.get("$relationshipId")
        if not isinstance(given, str):
            given = f"{source}--{name}--{target}"
            text = f"'$relationshipId' is missing; {given!r} is used"
            self._report("warning", "relationship.no_id", text, record)
        if (source, given) in self.relationships:
            text = f"twin {source!r} has a relationship {given!r} already; this one is left out"
            self._report("error", "relationship.duplicate", text, record)
            return
        properties = _own(record.value)
        self.relationships[source, given] = Relationship(given, name, source, target, properties, _etag(record.value))
        self._check_relationship(self.relationships[source, given], record)

    def _end(self, record: Record, *names: str) -> str | None:
        twin_id = self._text(record, *names)
        if twin_id is not None and twin_id not in self.twins:
            near = nearest(twin_id, self.twins, 1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            shown = record.value.get("$relationshipId", record.value.get("$relationshipName"))
            text = f"relationship {shown!r} names the unknown twin {twin_id!r}{hint}; it is left out"
            self._report("error", "relationship.unknown_twin", text, record, f".{names[0]}")
            return None
        return twin_id

    def _check_relationship(self, relationship: Relationship, record: Record) -> None:
        """Report what the source's model doesn't declare; it is kept."""
        model = self.twins[relationship.source].model
        if model not in self.models:
            return
        declared = self.models.relationship(model, relationship.name)
        if declared is None:
            contents = self.models.contents(model).values()
            near = nearest(relationship.name, [each.name for each in contents if isinstance(each, RelationshipType)], 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            text = f"relationship {relationship.name!r} of {relationship.source!r} isn't declared by {model}{hint}"
            self._report("warning", "relationship.undeclared", text, record, ".$relationshipName")
            return
        target = self.twins[relationship.target].model
        if declared.target and target in self.models and not self.models.is_a(target, declared.target):
            text = (
                f"{relationship.id!r} leads to {relationship.target!r}, a {target}, where {declared.target} is declared"
            )
            self._report("warning", "relationship.target_model", text, record, ".$targetId")
        self._check_relationship_properties(relationship, declared, record)

    def _check_relationship_properties(
        self, relationship: Relationship, declared: RelationshipType, record: Record
    ) -> None:
        for name, value in relationship.properties.items():
            found = declared.property(name)
            wrong = mismatch(value, found.schema) if found else f"isn't declared by {relationship.name!r}"
            if wrong:
                code = "relationship.wrong_type" if found else "relationship.unknown_property"
                text = f"property {name!r} of relationship {relationship.id!r} {wrong}"
                self._report("warning", code, text, record, f".{name}")

    def check_multiplicity(self) -> None:
        """Report twins with more relationships of a name than their model allows."""
        counts = Counter((each.source, each.name) for each in self.relationships.values())
        for (source, name), count in counts.items():
            declared = self.models.relationship(self.twins[source].model, name)
            most = declared.max_multiplicity if declared else None
            if most is not None and count > most:
                self.problems.append(too_many(source, name, count, most))


def _etag(value: dict[str, Any]) -> str | None:
    etag = value.get("$etag")
    return etag if isinstance(etag, str) else None


def _own(value: dict[str, Any]) -> dict[str, Any]:
    """A document's properties: all but what starts with ``$``."""
    return {name: each for name, each in value.items() if not name.startswith("$")}
