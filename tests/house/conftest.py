"""The source read as text and as syntax trees, once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("agent", "tools", "prompts", "evals")


@dataclass(frozen=True)
class Import:
    """One import: the module or name that is asked for, and where."""

    name: str
    line: int
    typing_only: bool


@dataclass(frozen=True)
class Module:
    """One source file."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """Its top-level package."""
        return self.name.partition(".")[0]

    def where(self, line: int = 1) -> str:
        """The file and line, for messages."""
        return f"{self.path.relative_to(ROOT)}:{line}"

    def imports(self) -> list[Import]:
        """Everything it imports, inside functions and for type checkers too."""
        return list(self._imports(self.tree, False))

    def _imports(self, node: ast.AST, typing_only: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, child.lineno, typing_only) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = self._base(child)
                yield from (Import(f"{base}.{alias.name}", child.lineno, typing_only) for alias in child.names)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                for inner in child.body:
                    yield from self._imports(ast.Module([inner], []), True)
                for inner in child.orelse:
                    yield from self._imports(ast.Module([inner], []), typing_only)
            else:
                yield from self._imports(child, typing_only)

    def _base(self, node: ast.ImportFrom) -> str:
        if node.level == 0:
            return node.module or ""
        here = self.name.split(".")
        if self.path.name != "__init__.py":
            here = here[:-1]
        here = here[: len(here) - (node.level - 1)]
        return ".".join([*here, *([node.module] if node.module else [])])


def _name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture(scope="session")
def modules() -> dict[str, Module]:
    """Every module of the packages, by its dotted name."""
    found: dict[str, Module] = {}
    for folder in SOURCE_ROOTS:
        for path in sorted((ROOT / folder).glob("twinwright_*/**/*.py")):
            text = path.read_text()
            name = _name(path, ROOT / folder)
            found[name] = Module(name, path, text, ast.parse(text))
    return found


@pytest.fixture(scope="session")
def test_files() -> dict[Path, str]:
    """The text of every test file."""
    return {path: path.read_text() for path in sorted((ROOT / "tests").rglob("*.py"))}
