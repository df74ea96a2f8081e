"""One JSON object of a model while it is read: typed access to its fields, and what is wrong with it by JSON path."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from ...errors import ModelError, nearest
from ...plant.problems import Problem, Severity
from .names import MAX_NAME, is_name
from .types import Texts

_ANYWHERE = frozenset({"@context", "@id", "@type", "comment", "description", "displayName", "languageMajorVersion"})
_MAX_TEXT = 512


class DefectError(ModelError):
    """A part of a model that can't be used.

    Attributes:
        text: what is wrong, without the place.
    """

    def __init__(self, code: str, text: str, path: str) -> None:
        super().__init__(text, place=path, code=code)
        self.text = text
        self.path = path


@dataclass
class Findings:
    """The problems of one file of models as they are found."""

    file: str | None
    problems: list[Problem] = field(default_factory=list)
    model: str | None = None

    def add(self, severity: Severity, code: str, text: str, path: str) -> None:
        """Note one problem at a JSON path, under the model that is being read."""
        message = f"{self.model}: {text}" if self.model else text
        self.problems.append(Problem(severity, code, message, self.file, path))

    def defect(self, defect: DefectError) -> None:
        """Note a part that was left out."""
        self.add("error", defect.code, defect.text, defect.path)


@dataclass(frozen=True)
class Node:
    """A JSON object at its path.

    Attributes:
        version: of DTDL, 2 or 3.
        quantities: whether semantic types and units are known in its context.
        extended: whether its context names other extensions, whose fields and types are unknown here.
        context: the `@context` that it stands in.
    """

    value: dict[str, Any]
    path: str
    findings: Findings
    version: int = 3
    quantities: bool = False
    extended: bool = False
    context: Any = None

    def at(self, name: str) -> str:
        """The path of one of its fields."""
        return f"{self.path}.{name}"

    def child(self, value: Any, path: str, what: str) -> Node:
        """An object inside this one.

        Raises:
            DefectError: it is no object.
        """
        if not isinstance(value, dict):
            raise DefectError("dtdl.type", f"{what} must be an object, not {describe(value)}", path)
        return replace(self, value=value, path=path)

    def need(self, name: str) -> Any:
        """A field that must be there."""
        if self.value.get(name) is None:
            raise DefectError("dtdl.missing_field", f"{name!r} is missing", self.path)
        return self.value[name]

    def name(self) -> str:
        """Its `name`, checked against the grammar."""
        name = self.need("name")
        if not is_name(name, self.version):
            most = MAX_NAME[self.version]
            text = f"{name!r} is no DTDL name: letters, digits and _ (first a letter, last no _), {most} at most"
            raise DefectError("dtdl.name", text, self.at("name"))
        return str(name)

    def children(self, name: str) -> list[tuple[Any, str]]:
        """The elements of a set: a list, or one element alone, each with its path."""
        value = self.value.get(name)
        if value is None:
            return []
        if isinstance(value, list):
            return [(each, f"{self.at(name)}[{index}]") for index, each in enumerate(value)]
        return [(value, self.at(name))]

    def boolean(self, name: str) -> bool:
        """A boolean field, false where it is absent."""
        value = self.value.get(name, False)
        if not isinstance(value, bool):
            raise DefectError("dtdl.type", f"{name!r} must be true or false, not {describe(value)}", self.at(name))
        return value

    def types(self) -> list[str]:
        """Its `@type` as a list."""
        value = self.value.get("@type", [])
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) for each in listed):
            raise DefectError("dtdl.type", "'@type' must be a string or strings", self.at("@type"))
        return listed

    def texts(self) -> Texts:
        """What it says to people; texts that are too long are kept and reported."""
        return Texts(*(self._text(name) for name in ("displayName", "description", "comment")))

    def _text(self, name: str) -> str | None:
        value = self.value.get(name)
        if isinstance(value, dict):
            value = _in_one_language(value)
        if value is None:
            return None
        if not isinstance(value, str):
            text = f"{name!r} must be a string, not {describe(value)}"
            self.findings.add("warning", "dtdl.type", text, self.at(name))
            return None
        most = MAX_NAME[self.version] if name == "displayName" else _MAX_TEXT
        if len(value) > most:
            text = f"{name!r} is {len(value)} characters long, {most} at most are allowed"
            self.findings.add("warning", "dtdl.length", text, self.at(name))
        return value

    def only(self, *allowed: str, more: Collection[str] = ()) -> None:
        """Report fields that the language doesn't know here."""
        known = _ANYWHERE | set(allowed) | set(more)
        for name in self.value:
            if name not in known and not self.extended:
                near = nearest(name, known, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                self.findings.add("warning", "dtdl.unknown_field", f"unknown field {name!r}{hint}", self.at(name))


def _in_one_language(texts: dict[str, Any]) -> Any:
    """The English text of a language map, else its first."""
    english = [tag for tag in sorted(texts) if tag.split("-")[0] == "en"]
    return next((texts[tag] for tag in [*english, *texts]), None)


def describe(value: Any) -> str:
    """A JSON value in a few words, for an error message."""
    if value is None:
        return "null"
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    kind = kinds.get(type(value), type(value).__name__)
    text = repr(value)
    return kind if isinstance(value, list | dict) else f"{kind} {text if len(text) <= 40 else text[:37] + '…'}"
