"""Every rule changed a little, one place at a time: ``python -m tests.gate.mutants``; are the changes noticed?

A mutant of a rules module takes the place of the real one, and every case of the rules, the example in each phase and
some drawn requests are judged again. A mutant that changes no reported reason anywhere survives and is listed: either a
case is missing, or the change means the same. Words for people are not mutated.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import twinwright_gate.rules as package
from twinwright_gate.checks import Rule
from twinwright_gate.context import Phase
from twinwright_gate.evaluate import evaluate
from twinwright_gate.rules import RULES

from .adversary import Adversary
from .edge_cases import ALLOWED, DENIED
from .plantsite import FILLER, PUMP_2, Scene, scene
from .rule_cases import CASES
from .test_rules import not_strict, played

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}
NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}


def mutants(tree: ast.Module, statements: bool = False) -> Iterator[tuple[str, ast.Module]]:
    """Each mutant of a module, with its place and what was changed; with `statements`, calls and raises that are
    left out, and conditions without an operator that are turned round, are among them."""
    for number, node in enumerate(_code(tree)):
        for change in range(_changes(node, statements)):
            changed = copy.deepcopy(tree)
            told = _change(_code(changed)[number], change)
            yield f"line {node.lineno}: {told}", ast.fix_missing_locations(changed)  # type: ignore[attr-defined]


def _code(tree: ast.Module) -> list[ast.AST]:
    """The nodes that decide: no f-strings, no annotations, no docstrings; inside of functions and methods only."""
    found: list[ast.AST] = []

    def walk(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.JoinedStr | ast.arguments) or (
                isinstance(node, ast.FunctionDef) and child is node.returns
            ):
                continue
            found.append(child)
            walk(child)

    inside = [node for each in tree.body if isinstance(each, ast.ClassDef) for node in each.body]
    for function in (node for node in (*tree.body, *inside) if isinstance(node, ast.FunctionDef)):
        walk(function)
    return [node for node in found if hasattr(node, "lineno")]


def _changes(node: ast.AST, statements: bool) -> int:
    if statements and isinstance(node, ast.Raise):
        return 1
    if statements and isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return 1
    if statements and isinstance(node, ast.If | ast.IfExp):
        return int(isinstance(node.test, ast.Name | ast.Attribute | ast.Call))
    if isinstance(node, ast.Compare):
        return len(node.ops)
    if isinstance(node, ast.BoolOp):
        return 1
    if isinstance(node, ast.BinOp):
        return int(type(node.op) in SWAPS)
    if isinstance(node, ast.UnaryOp):
        return int(isinstance(node.op, ast.Not))
    if isinstance(node, ast.Constant):
        return int(isinstance(node.value, int))
    if isinstance(node, ast.Expr):
        return int(isinstance(node.value, ast.Yield | ast.YieldFrom))
    return int(isinstance(node, ast.Name) and node.id in NAMES)


def _change(node: Any, change: int) -> str:
    before = ast.unparse(node)
    if isinstance(node, ast.Compare):
        node.ops[change] = SWAPS[type(node.ops[change])]()
    elif isinstance(node, ast.BoolOp | ast.BinOp):
        node.op = SWAPS[type(node.op)]()
    elif isinstance(node, ast.UnaryOp):
        node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.Constant):
        node.value = not node.value if isinstance(node.value, bool) else node.value + 1
    elif isinstance(node, ast.Expr):
        node.value = ast.Constant(None)
    elif isinstance(node, ast.Raise):
        _become(node, ast.Pass())
    elif isinstance(node, ast.If | ast.IfExp):
        node.test = ast.UnaryOp(ast.Not(), node.test)
        return f"{ast.unparse(node.test.operand)[:90]!r} -> {ast.unparse(node.test)[:90]!r}"
    else:
        node.id = NAMES[node.id]
    return f"{before[:90]!r} -> {ast.unparse(node)[:90]!r}"


def _become(node: ast.AST, other: ast.AST) -> None:
    """Makes a node another one in its place."""
    node.__class__ = other.__class__  # type: ignore[assignment]
    node.__dict__ = {name: value for name, value in node.__dict__.items() if name in ("lineno", "col_offset")}


def _rules(module: str, tree: ast.Module) -> tuple[Rule, ...]:
    """The rules, those of one module replaced by its mutant's."""
    made = ModuleType(module)
    made.__dict__.update(__package__=package.__name__)
    exec(compile(tree, module, "exec"), made.__dict__)
    return tuple(
        Rule(rule.id, rule.title, getattr(made, rule.checks.__name__)) if rule.checks.__module__ == module else rule
        for rule in RULES
    )


def _outcomes(scenes: Sequence[Scene], rules: Sequence[Rule]) -> Iterator[Any]:
    for one in scenes:
        found = evaluate(one.plan, one.snapshot, one.policy, one.context, rules=rules, clock=lambda: 0)
        yield [result.findings and [each.reason for each in result.findings] for result in found.results]


def main() -> int:
    """Runs all mutants, lists the survivors as JSON, and counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawn", type=int, default=300, help="drawn requests beside the cases")
    parser.add_argument("--only", default="", help="a module of the rules, such as value")
    options = parser.parse_args()
    scenes = [scene(phase, target=target) for phase in Phase for target in ({}, PUMP_2, FILLER)] + list(not_strict())
    scenes += [played(case) for case in (*CASES, *ALLOWED, *DENIED)] + list(
        islice(Adversary(99).scenes(), options.drawn)
    )
    wanted = list(_outcomes(scenes, RULES))
    killed, survivors = 0, []
    for path in sorted(Path(package.__path__[0]).glob(f"{options.only or '[a-z]*'}.py")):
        module = f"{package.__name__}.{path.stem}"
        for told, tree in mutants(ast.parse(path.read_text())):
            # The first difference is enough.
            same = all(one == other for one, other in zip(_outcomes(scenes, _rules(module, tree)), wanted, strict=True))
            killed += not same
            if same:
                survivors.append(f"{path.name} {told}")
    print(json.dumps({"mutants": killed + len(survivors), "killed": killed, "survivors": survivors}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
