"""Reading a plant's bulk-import file, for the engines that can't."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .world import models

FILE = "plant.ndjson"


def records(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line as its section and its value."""
    section = ""
    with (folder / FILE).open(encoding="utf-8") as stream:
        for line in stream:
            value = json.loads(line)
            if "Section" in value:
                section = value["Section"]
            else:
                yield section, value


def heirs(base: str) -> frozenset[str]:
    """A model of the synthetic plant and all that extend it."""
    found = {base}
    for model in models():
        if model.get("extends") in found:
            found.add(model["@id"])
    return frozenset(found)
