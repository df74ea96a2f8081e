"""What is wrong with a model while it is read, by JSON path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...errors import ModelError
from ...plant.problems import Problem, Severity


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
    """The problems of one file of models as they are found.

    By DTDL, each of them makes the model invalid: an error where a part had to be left out, else a warning.
    """

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


def describe(value: Any) -> str:
    """A JSON value in a few words, for an error message."""
    if value is None:
        return "null"
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    kind = kinds.get(type(value), type(value).__name__)
    text = repr(value)
    return kind if isinstance(value, list | dict) else f"{kind} {text if len(text) <= 40 else text[:37] + '…'}"
