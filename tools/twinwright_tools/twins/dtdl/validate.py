"""Whether models are valid DTDL, all of them together."""

from __future__ import annotations

from typing import Any

from ...plant.problems import Problem
from .modelset import ModelSet
from .parse import read_interfaces
from .reader import Findings


def validate(document: Any, file: str | None = None) -> list[Problem]:
    """What the specification has against a document of models: an interface, or a list of them.

    No problem means that they are valid DTDL and complete: everything that they refer to is there.
    """
    findings = Findings(file)
    interfaces = read_interfaces(document, "$", findings)
    ModelSet.checked(interfaces, findings.problems)
    return findings.problems
