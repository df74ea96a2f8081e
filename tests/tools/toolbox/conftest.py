"""A demo plant, opened, and a way to call its tools as the loop does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from twinwright_tools.evidence import Evidence, Finding
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.registry import ToolContext
from twinwright_tools.toolbox import standard_registry

Call = Callable[..., Finding]


@pytest.fixture(scope="session")
def plant(demo_plant: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """The demo plant with a cavitating pump."""
    with open_plant(demo_plant, state=tmp_path_factory.mktemp("state")) as opened:
        yield opened


@pytest.fixture
def call(plant: Plant) -> Call:
    """Calls a tool: ``call(name, known_evidence, call_id, **arguments)``."""
    registry = standard_registry()

    def run(name: str, known: Sequence[Evidence] = (), call_id: str = "T1.1", /, **arguments: Any) -> Finding:
        return registry.get(name).call(arguments, ToolContext(plant, "run-1", call_id, known))

    return run
