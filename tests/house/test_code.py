"""The house rules that can be read off the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Module

MOST_LINES = 400
LONGEST_FUNCTION = 60
BLANKET = re.compile(r"#\s*noqa(?!:)|#\s*type:\s*ignore(?!\[)|#\s*ruff:\s*noqa|#\s*mypy:\s*ignore-errors")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b|raise NotImplementedError")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines of a function without its docstring."""
    docstring = ast.get_docstring(function, clean=False) or ""
    return (function.end_lineno or function.lineno) - function.lineno + 1 - len(docstring.splitlines())


def test_files_are_short(modules: dict[str, Module]) -> None:
    sizes = {module.where(): len(module.text.splitlines()) for module in modules.values()}
    wrong = [f"{where}: {size} lines" for where, size in sizes.items() if size >= MOST_LINES]
    assert not wrong, "\n" + "\n".join(wrong)


def test_functions_are_short(modules: dict[str, Module]) -> None:
    wrong = [
        f"{module.where(function.lineno)} {function.name}: {length(function)} lines"
        for module in modules.values()
        for function in functions(module)
        if length(function) > LONGEST_FUNCTION
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_nothing_catches_everything(modules: dict[str, Module]) -> None:
    wrong = [
        module.where(node.lineno)
        for module in modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or {"Exception", "BaseException"} & {getattr(one, "id", "") for one in ast.walk(node.type)}
        )
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_module_says_what_it_is(modules: dict[str, Module]) -> None:
    wrong = [module.where() for module in modules.values() if module.tree.body and not ast.get_docstring(module.tree)]
    assert not wrong, "\n" + "\n".join(wrong)


def test_public_names_have_docstrings(modules: dict[str, Module]) -> None:
    wrong = [
        f"{module.where(node.lineno)} {node.name}"
        for module in modules.values()
        for node in module.tree.body
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_blanket_ignores_and_nothing_unfinished(modules: dict[str, Module], test_files: dict[Path, str]) -> None:
    texts = {module.path: module.text for module in modules.values()} | test_files
    wrong = [
        f"{path.name}:{number}: {line.strip()}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if BLANKET.search(line) or (path not in test_files and UNFINISHED.search(line))
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_nothing_reads_the_environment_at_import(modules: dict[str, Module]) -> None:
    wrong = [
        module.where(node.lineno)
        for module in modules.values()
        for node in at_import(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported: all but the insides of functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, Function | ast.Lambda):
            yield child
            yield from at_import(child)
