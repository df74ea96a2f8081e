"""The checks themselves: they see what they are meant to see."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Module

TEXT = """
from __future__ import annotations
import os.path as place
from typing import TYPE_CHECKING
from . import sibling
from .near import thing
from ..far import other
if TYPE_CHECKING:
    from ..types import Shape
def late():
    import anthropic
    try:
        from twinwright_agent import loop
    except ImportError:
        pass
"""


@pytest.mark.parametrize(
    ("file", "near"),
    [("module.py", "twinwright_tools.part"), ("__init__.py", "twinwright_tools.part.module")],
)
def test_every_kind_of_import_is_seen(modules: dict[str, Module], file: str, near: str) -> None:
    some = next(iter(modules.values()))
    made = type(some)("twinwright_tools.part.module", some.path.with_name(file), TEXT, ast.parse(TEXT))
    found = {one.name: one.typing_only for one in made.imports()}
    far = near.rpartition(".")[0]
    assert found == {
        "__future__.annotations": False,
        "os.path": False,
        "typing.TYPE_CHECKING": False,
        f"{near}.sibling": False,
        f"{near}.near.thing": False,
        f"{far}.far.other": False,
        f"{far}.types.Shape": True,
        "anthropic": False,
        "twinwright_agent.loop": False,
    }


def test_all_the_source_is_read(modules: dict[str, Module]) -> None:
    assert {"twinwright_gate.door", "twinwright_tools.registry", "twinwright_cli.main"} <= set(modules)
    assert any(
        one.name == "twinwright_gate.client.propose" for one in modules["twinwright_tools.toolbox.actions"].imports()
    )
