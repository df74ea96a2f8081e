"""The acting half: the abuse corpus, the explicit-state model, crashes, races, and how fast it decides and verifies."""

from __future__ import annotations

import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from twinwright_gate.audit import AuditLog
from twinwright_gate.auditor import chain
from twinwright_gate.auditor.replay import replay
from twinwright_gate.errors import GateError
from twinwright_gate.machine.states import Effect, Guard, State

from ..abuse import ACTING, Expected
from ..model import OWN_CHECKS, REDUNDANT, GateAlone, Model
from ..race import PROCESSES, THREADS, race
from ..test_machine import CRASHES
from ..world import Crash, World
from .row import Row

Found = TypeVar("Found")
LEAST_RECORDS_PER_S = 20_000
MOST_MS_TO_WRITE = 100.0


def rows(nightly: bool) -> Iterator[Row]:
    """The rows of this half."""
    yield corpus()
    yield from model(budget=3 if nightly else 2)
    yield crashes()
    yield raced(1_000 if nightly else 50)
    yield permit_to_write(100 if nightly else 20)
    yield verifying(200_000 if nightly else 50_000)


def corpus() -> Row:
    """Every acting case: reason, state, and how many writes."""
    wrong = [name for name, one in ACTING.items() if not _with_world(partial(_as_expected, expected=one))]
    denied = sum(one.writes == 0 for one in ACTING.values())
    figure = f"{len(ACTING) - len(wrong)} of {len(ACTING)}; {denied} with zero writes" + (
        f"; not: {wrong}" if wrong else ""
    )
    return Row("abuse corpus, acting part", f"{len(ACTING)} cases on real gate and executor", figure, not wrong)


def _as_expected(world: World, expected: Expected) -> bool:
    reasons = expected.run(world)
    told = not expected.reason if not reasons else reasons[0].startswith(expected.reason or "-")
    there = expected.state is None or bool(world.core.store.permits([expected.state]))
    return told and there and world.writes == expected.writes


def model(budget: int) -> Iterator[Row]:
    """The explicit-state model, whole and with each guard knocked out."""
    both, alone = Model(own=True, budget=budget).explore(), GateAlone(own=False, budget=budget).explore()
    extent = f"{both.seen:,} + {alone.seen:,} states, {budget} adversities at once"
    found = {**both.violations, **alone.violations}
    yield Row("explicit-state model: I1-I9, I15, I18-I22", extent, f"{len(found)} violations", not found)
    parts: list[Guard | Effect] = [*Guard, Effect.TAKE_LOCKS]
    broken = {part for part in parts if _breaks(GateAlone(without=frozenset({part}), own=False, budget=1))}
    own = {check for check in OWN_CHECKS if _breaks(Model(without=frozenset({check}), own=True, budget=1))}
    redundant = [part for part in parts if part not in broken]
    figure = f"{len(broken)} of {len(parts)} break one, {len(redundant)} are redundant (each with its reason)"
    yield Row(
        "each guard knocked out, gate alone", f"{len(parts)} knock-outs", figure, set(redundant) == set(REDUNDANT)
    )
    figure = f"{len(own)} of {len(OWN_CHECKS)} break one"
    yield Row(
        "each own check of the executor knocked out",
        f"{len(OWN_CHECKS)} knock-outs",
        figure,
        len(own) == len(OWN_CHECKS),
    )


def _breaks(one: Model) -> bool:
    return bool(one.explore(stop_at_first=True).violations)


def crashes() -> Row:
    """A crash at every durable step."""
    wrong = [point for point in CRASHES if not _with_world(partial(_recovers, point=point))]
    figure = "at most one write, nothing claimed, log replays" if not wrong else f"not: {wrong}"
    return Row("crash at a durable step, then recovery", f"{len(CRASHES)} failpoints", figure, not wrong)


def _recovers(world: World, point: str) -> bool:
    world.crash_at = point
    try:
        permit_id = world.holding()
        world.clock.advance(1)
        world.executor.relinquish(permit_id)
    except (Crash, GateError, AssertionError):
        pass
    world.restart()
    world.go_on()
    open_now = world.core.store.permits([State.ARMED, State.EXECUTING, State.EXECUTED, State.INDETERMINATE])
    replay(chain.records(world.folder / "audit.jsonl"), lambda: 0)
    return not open_now and world.writes <= 1


def raced(permits: int) -> Row:
    """64 threads in two processes on each permit."""
    with tempfile.TemporaryDirectory(prefix="race-") as folder:
        found = race(Path(folder), permits)
    extent = f"{permits} permits, {PROCESSES * THREADS} threads, {PROCESSES} processes"
    return Row("one permit, one winner", extent, f"{len(found.winners)} winners, {found.losers} refused", found.holds)


def permit_to_write(times: int) -> Row:
    """From operate to the device, with every sync to the disk on the way."""

    def spent(world: World) -> float:
        armed = world.armed()
        began = time.perf_counter()
        world.executor.operate(armed)
        return 1000 * (time.perf_counter() - began)

    found = [_with_world(spent) for _ in range(times)]
    worst = statistics.quantiles(found, n=20)[-1]
    figure = f"median {statistics.median(found):.0f} ms, 95 % below {worst:.0f} ms"
    return Row("operate to write and report", f"{times} permits", figure, statistics.median(found) <= MOST_MS_TO_WRITE)


def verifying(records: int) -> Row:
    """How fast the auditor checks a log, by the wall."""
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        path = Path(folder) / "audit.jsonl"
        log = AuditLog(path)
        for number in range(200):
            log.append(
                "test", "permit.refused", {"permit_id": f"P-{number}", "reasons": ["R05.ABOVE"], "state": "DENIED"}
            )
        log.close()
        _lengthen(path, records)
        began = time.perf_counter()
        count = sum(1 for _ in chain.records(path))
        rate = count / (time.perf_counter() - began)
    return Row("audit verification", f"{count:,} records", f"{rate:,.0f} records/s", rate >= LEAST_RECORDS_PER_S)


def _lengthen(path: Path, records: int) -> None:
    """More records of the same kind, written without a sync for each."""
    *_, last = chain.records(path)
    prev, content = last.leaf.hex(), dict(last.content)
    with path.open("ab") as file:
        for seq in range(content["seq"] + 1, records):
            content |= {"seq": seq, "prev": prev}
            raw = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            prev = hashlib.sha256(b"\0" + raw).hexdigest()
            file.write(raw + b"\n")


def _with_world(do: Callable[[World], Found]) -> Found:
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        Path(folder).chmod(0o700)
        world = World(Path(folder))
        try:
            return do(world)
        finally:
            world.close()
