"""64 threads in two processes race for one permit's consumption: ``python -m tests.gate.race --permits 50``.

Each thread has a connection of its own to the gate's store and tries the very transition that operate makes durable.
Exactly one wins each permit; all others find it consumed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinwright_gate.context import PastWrite, Stamp
from twinwright_gate.machine.states import Event, State
from twinwright_gate.machine.table import TABLE
from twinwright_gate.store.database import Conflict
from twinwright_gate.store.rows import Move, Permit
from twinwright_gate.store.store import Store

PROCESSES, THREADS = 2, 32


@dataclass(frozen=True)
class Raced:
    """How a race came out."""

    permits: int
    winners: Counter[str]
    losers: int
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether each permit had exactly one winner, and nobody got lost."""
        everybody = PROCESSES * THREADS * self.permits
        return set(self.winners.values()) == {1} and len(self.winners) == self.permits == everybody - self.losers


def armed(store: Store, number: int) -> str:
    """A permit that is ARMED and holds its lock."""
    permit = Permit(f"P-{number}", State.PROPOSED, b"{}", "0" * 64, f"point-{number}", "test", 1, number)
    store.add(permit)
    at: dict[str, Any] = {"at": {"utc_ms": 0, "boot_ms": 0, "boot_id": "boot"}}
    stages: dict[str, Any] = {"evaluation": at, "token": at, "baseline": at}
    for state, event in (
        (State.PROPOSED, Event.EVALUATE),
        (State.EVALUATED, Event.APPROVE),
        (State.APPROVED, Event.SELECT),
    ):
        what = Move("test", "moved", {}, stages, locks=(f"binding:point-{number}",), fence=number + 1, executor_id="e")
        store.move(permit.permit_id, TABLE[state, event], what)
    return permit.permit_id


def consume(store: Store, permit_id: str) -> bool:
    """Tries to consume a permit; False where another was first."""
    number = int(permit_id.removeprefix("P-"))
    write = PastWrite(f"point-{number}", Stamp(0, 0, "boot"), 0, 1)
    what = Move("test", "permit.executing", {}, {"baseline": {}}, fence=number + 1, write=write)
    try:
        store.move(permit_id, TABLE[State.ARMED, Event.OPERATE], what)
    except Conflict:
        return False
    return True


def _process(path: Path, permits: int, gate: Any, told: Any) -> None:
    won: Counter[str] = Counter()
    lost, lock = [0], threading.Lock()

    def one() -> None:
        store = Store(path)
        gate.wait()
        for number in range(permits):
            mine = consume(store, f"P-{number}")
            with lock:
                won[f"P-{number}"] += mine
                lost[0] += not mine
        store.close()

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put((+won, lost[0]))


def race(folder: Path, permits: int) -> Raced:
    """Races for so many permits, one after another."""
    path = folder / "gate.db"
    store = Store(path)
    for number in range(permits):
        armed(store, number)
    store.close()
    context = multiprocessing.get_context("spawn")
    gate, told = context.Barrier(PROCESSES * THREADS), context.Queue()
    began = time.monotonic()
    processes = [context.Process(target=_process, args=(path, permits, gate, told)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    found = [told.get(timeout=3600) for _ in processes]
    for process in processes:
        process.join()
    winners: Counter[str] = sum((won for won, _ in found), Counter())
    return Raced(permits, winners, sum(lost for _, lost in found), time.monotonic() - began)


def main() -> int:
    """Races, prints, and returns 1 where a permit had not exactly one winner."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--permits", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="race-") as folder:
        found = race(Path(folder), options.permits)
    words = f"{found.permits} permits, {PROCESSES * THREADS} threads in {PROCESSES} processes"
    print(f"{words}: {len(found.winners)} winners, {found.losers} refused, {found.seconds:.1f} s")
    return 0 if found.holds else 1


if __name__ == "__main__":
    sys.exit(main())
