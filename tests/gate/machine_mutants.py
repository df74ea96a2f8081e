"""The state machine changed a little, one place at a time: ``python -m tests.gate.machine_mutants``; does a test fail?

A mutant is a row of the transition table that lacks a guard, an effect or itself, or a function of the desk, the store
or the executor with one change in its code. Each runs in a process of its own, with the tests of the acting half that
pass the changed line, or ask for the changed row (and those of the model), until one fails. A mutant under which none
does survives, and is listed.

The test that only compares the table with the page about it is left out: it would notice everything and show nothing.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from twinwright_gate.desk.core import Core
from twinwright_gate.machine.table import TABLE
from twinwright_gate.store.store import Store

from .mutants import mutants

HERE = Path(__file__).parent
FILES = (
    *("circle", "states", "kill", "quarantine", "abuse", "crash", "takeover"),
    *("guards", "following", "desk", "recovery", "checks", "executor"),
)
LEFT_OUT = (
    "test_kill_9_at_a_durable_step",
    "test_the_page_on_safety_has_the_table_that_runs",
    "test_each_guard_is_needed_or_redundant",  # of a table that is whole
    "test_each_check_of_the_executors_own_is_needed",
)
DESK = ("core", "desk", "proposing", "approving", "arming", "following", "recovery")
EXECUTOR = ("executor", "checks", "highwater", "mailbox")
MODULES = (*(f"desk.{one}" for one in DESK), *(f"executor.{one}" for one in EXECUTOR), "store.store")
CPU_S, WALL_S = 60, 900
GATE = HERE.parents[1] / "tools" / "twinwright_gate"
_WATCHED = frozenset(str(GATE / f"{one.replace('.', '/')}.py") for one in MODULES)


@dataclass(frozen=True)
class Mutant:
    """A change: what it is in words, how it is made, and where: a line, or a row of the table."""

    name: str
    make: Callable[[], None]
    place: tuple[Any, Any]


def of_the_table() -> Iterator[Mutant]:
    """Each row gone, and each row without one of its guards or effects."""
    for key, row in TABLE.items():
        name = f"table: {row.source or '-'} {row.event.value}"
        yield Mutant(f"{name}: no such row", partial(_drop, key), key)
        for guard in row.guards:
            less = replace(row, guards=tuple(one for one in row.guards if one is not guard))
            yield Mutant(f"{name}: without guard {guard.name}", partial(_put, key, less), key)
        for effect in row.effects:
            less = replace(row, effects=tuple(one for one in row.effects if one is not effect))
            yield Mutant(f"{name}: without effect {effect.name}", partial(_put, key, less), key)


def _drop(key: Any) -> None:
    del TABLE[key]


def _put(key: Any, row: Any) -> None:
    TABLE[key] = row


def of_a_module(name: str) -> Iterator[Mutant]:
    """Each function of a module with one change in its code."""
    module = importlib.import_module(f"twinwright_gate.{name}")
    path = Path(str(module.__file__))
    functions = dict(_functions(module))
    tree = ast.parse(path.read_text())
    before = dict(_codes(compile(tree, str(path), "exec")))
    for told, changed in mutants(tree, statements=True):
        after = dict(_codes(compile(changed, str(path), "exec")))
        other = [one for one in after if one in functions and after[one] != before[one]]
        # A change that makes the same code is none; one that takes `super()` away can't be put in the other's place.
        for one in (one for one in other if after[one].co_freevars == before[one].co_freevars):
            line = int(told.split(":")[0].removeprefix("line "))
            yield Mutant(f"{name} {told}", partial(setattr, functions[one], "__code__", after[one]), (str(path), line))


def _functions(module: Any) -> Iterator[tuple[str, FunctionType]]:
    classes = [one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == module.__name__]
    for value in [value for holder in (module, *classes) for value in vars(holder).values()]:
        inner = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
        function = inspect.unwrap(inner) if callable(inner) else inner
        if isinstance(function, FunctionType) and function.__module__ == module.__name__:
            yield function.__qualname__, function


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """The code of every function and method, by its qualified name."""
    for one in code.co_consts:
        if isinstance(one, CodeType) and "<locals>" not in one.co_qualname and "<lambda>" not in one.co_qualname:
            yield one.co_qualname, one
            yield from _codes(one)


@dataclass
class Mutating:
    """A pytest plugin that runs the collected tests under one mutant after the other."""

    wanted: list[Mutant]
    verbose: bool
    failed: bool = False
    survivors: list[str] = field(default_factory=list)
    killed: int = 0
    passed: dict[str, set[tuple[Any, Any]]] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes a failure."""
        self.failed |= report.failed

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leaves out what shows nothing here."""
        items[:] = [one for one in items if one.name.partition("[")[0] not in LEFT_OUT]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Once without a mutant, to see who passes what; then each mutant in a child."""
        spent: dict[str, float] = {}
        for item in session.items:
            began = time.process_time()
            self.passed[item.nodeid] = _passed(partial(_run, item))
            spent[item.nodeid] = time.process_time() - began
            if self.failed:
                raise pytest.UsageError(f"{item.nodeid} fails without any mutant")
        print(f"{len(session.items)} tests, {sum(spent.values()):.0f} s", file=sys.stderr, flush=True)
        quickest = sorted(session.items, key=lambda one: spent[one.nodeid])
        for mutant in self.wanted:
            rows = [one for one in quickest if mutant.place in TABLE and one.path.name == "test_model.py"]
            chosen = [one for one in quickest if mutant.place in self.passed[one.nodeid]] + rows
            survives = self._survives(mutant, chosen)
            self.killed += not survives
            if survives:
                self.survivors.append(mutant.name)
                print(f"survives {len(chosen)} tests: {mutant.name}", file=sys.stderr, flush=True)
            elif self.verbose:
                print(f"killed: {mutant.name}", file=sys.stderr, flush=True)
        return True

    def _survives(self, mutant: Mutant, chosen: list[pytest.Item]) -> bool:
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
            signal.alarm(WALL_S)
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            mutant.make()
            for item in chosen:
                _run(item)
                if self.failed:
                    os._exit(1)
            os._exit(0)
        return os.waitpid(child, 0)[1] == 0


def _run(item: pytest.Item) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)


def _passed(run: Callable[[], None]) -> set[tuple[Any, Any]]:
    """The lines of the gate that are passed (file and number), and the rows of the table that are asked for."""
    found: set[tuple[Any, Any]] = set()

    def inside(frame: Any, event: str, _: Any) -> Any:
        if event == "line":
            found.add((frame.f_code.co_filename, frame.f_lineno))
        return inside

    def begins(frame: Any, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in _WATCHED:
            return None
        if frame.f_code is Core.move.__code__:
            found.add((frame.f_locals["permit"].state, frame.f_locals["event"]))
        if frame.f_code is Store.move.__code__:
            found.add((frame.f_locals["row"].source, frame.f_locals["row"].event))
        return inside

    sys.settrace(begins)
    try:
        run()
    finally:
        sys.settrace(None)
    return found


def main() -> int:
    """Runs all mutants, lists the survivors as JSON, and counts; 1 where the tests don't pass by themselves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="the beginning of a module's name, such as desk.core, or: table")
    parser.add_argument("--named", type=Path, help="a file with the names of the mutants to run, one a line")
    parser.add_argument("--verbose", action="store_true", help="tell of the killed ones too")
    options = parser.parse_args()
    if Path("/dev/shm").is_dir():
        tempfile.tempdir = "/dev/shm"  # nothing here is about disks, and a sync takes most of the time
    chosen = list(of_the_table()) if "table".startswith(options.only) else []
    chosen += [one for name in MODULES if name.startswith(options.only) for one in of_a_module(name)]
    if options.named is not None:
        chosen = [one for one in chosen if one.name in set(options.named.read_text().splitlines())]
    plugin = Mutating(chosen, options.verbose)
    table = any(one.place in TABLE for one in chosen)
    files = [str(HERE / f"test_{one}.py") for one in (*FILES, *(["model"] if table else []))]
    words = ["-o", "addopts=--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:terminal"]
    code = pytest.main([*words, *files], plugins=[plugin])
    told = {"mutants": len(chosen), "killed": plugin.killed, "survivors": plugin.survivors}
    print(json.dumps(told, indent=1))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
