"""Submissions under crashes, faults and two people at once; afterwards it is counted what stands in the CMMS."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from twinwright_tools.cmms.protocol import Attachment, Connector, NewOrder
from twinwright_tools.errors import CmmsError, OrderError
from twinwright_tools.orders.book import OrderBook
from twinwright_tools.orders.message import new_order
from twinwright_tools.orders.order import WorkOrder
from twinwright_tools.orders.outbox import Outbox
from twinwright_tools.orders.sending import Sender
from twinwright_tools.twins.flow import Flows
from twinwright_tools.twins.graph import Twin, TwinGraph

from .connectors import FaultyEmbedded, HttpCmms

Way = Literal["outbox", "naive"]
POINTS = (
    "submit: before",
    "submit: written",
    "submit: committed",
    "claim: committed",
    "by_key: answered",
    "change: before",
    "change: answered",
    "queued: before",
    "queued: committed",
    "unclear: before",
    "unclear: committed",
    "confirmed: before",
    "confirmed: committed",
    "attached: committed",
)
MID_REQUEST = "mid-request"
CHANGES = ("500_before", "500_after", "drop_before", "drop_after", "429", "html", "half")
_ROUNDS, _BATCH = 40, 50
_PATIENT_S = 60.0
_GRAPH = TwinGraph({"pump": Twin("pump", "dtmi:example:Pump;1")}, [], Flows())


class CrashError(Exception):
    """The process stops here."""


@dataclass(frozen=True)
class Scenario:
    """One run: where it crashes (round by round: the point, and whether by SIGKILL), and what the CMMS does to it."""

    number: int
    http: bool
    crashes: tuple[tuple[str, bool], ...]
    changes: tuple[str, ...]
    reads: tuple[str, ...]
    two: bool
    addition: bool

    @classmethod
    def drawn(cls, number: int, seed: int) -> Scenario:
        """The scenario of that number; every durable step comes up about equally often."""
        draw = random.Random(f"{seed} {number}")
        http = draw.random() < 0.7
        first = POINTS[number % len(POINTS)]
        crashes = [
            (first, draw.random() < 0.6),
            *((draw.choice(POINTS), draw.random() < 0.6) for _ in range(draw.choice((0, 0, 1, 2)))),
        ]
        if http and draw.random() < 0.15:
            crashes[0] = (MID_REQUEST, True)
        changes = [draw.choice(CHANGES) for _ in range(draw.choice((0, 0, 1, 1, 2, 3)))]
        # A step that only comes after a failure needs one.
        if first.startswith("unclear"):
            changes.insert(0, draw.choice(("500_after", "drop_after", "drop_before", "html")))
        if first.startswith("queued"):
            changes.insert(0, "429")
        if http and draw.random() < 0.06:
            changes.insert(0, "slow")
        reads = [draw.choice(("", "500", "drop")) for _ in range(draw.choice((0, 0, 1, 2)))] if http else []
        two, addition = draw.random() < 0.25, draw.random() < 0.2
        return cls(number, http, tuple(crashes), tuple(changes), tuple(reads), two, addition)


@dataclass
class Tally:
    """What became of the runs; `duplicates`, `lost` and `unsettled` are numbers of scenarios."""

    runs: int = 0
    killed: int = 0
    raised: int = 0
    two: int = 0
    additions: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    duplicates: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    unsettled: list[int] = field(default_factory=list)
    files_wrong: list[int] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Adds another tally, field by field."""
        for each in fields(self):
            mine = getattr(self, each.name)
            setattr(self, each.name, mine + getattr(other, each.name))


@dataclass(frozen=True)
class Place:
    """Where a batch of runs happens: its folder and the port of the HTTP server."""

    folder: Path
    port: int

    def connector(self, scenario: Scenario) -> Connector:
        """The connector of a scenario, made anew, as after a restart."""
        if scenario.http:
            return HttpCmms(self.port)
        faults = self.folder / f"faults-{scenario.number}"
        return FaultyEmbedded(self.folder / "state" / "cmms.db", _GRAPH).faults(faults)

    def database(self, scenario: Scenario) -> Path:
        """The database of the CMMS itself, which is counted in."""
        return self.folder / "server.db" if scenario.http else self.folder / "state" / "cmms.db"


@contextmanager
def server(folder: Path) -> Iterator[Place]:
    """The local HTTP server as a process of its own."""
    port_file = folder / "port"
    words = [sys.executable, "-m", "twinwright_evals.bench_orders.server", str(folder / "server.db"), str(port_file)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(words, env=environment) as process:
        try:
            give_up = time.monotonic() + 30
            while not port_file.exists():
                if process.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError("the local HTTP CMMS doesn't start")
                time.sleep(0.02)
            yield Place(folder, int(port_file.read_text()))
        finally:
            process.kill()


def run_all(folder: Path, count: int, seed: int, way: Way = "outbox", workers: int = 3) -> Tally:
    """Runs that many scenarios, in batches that have a CMMS and a book of their own; several batches at a time."""
    tally = Tally()
    tasks = [(folder, begin, min(count, begin + _BATCH), seed, way) for begin in range(0, count, _BATCH)]
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for part in pool.map(_run_batch, tasks):
            tally.add(part)
            told = f"{way}: {tally.runs} runs, {len(tally.duplicates)} twice, {len(tally.lost)} lost"
            print(told, file=sys.stderr, flush=True)
    return tally


def _run_batch(task: tuple[Path, int, int, int, Way]) -> Tally:
    folder, begin, end, seed, way = task
    batch = folder / f"{way}-{begin}"
    (batch / "state").mkdir(parents=True)
    tally = Tally()
    with server(batch) as place:
        for number in range(begin, end):
            run_one(place, Scenario.drawn(number, seed), tally, way)
    return tally


def run_one(place: Place, scenario: Scenario, tally: Tally, way: Way = "outbox") -> None:
    """One draft, submitted through everything that the scenario does to it, and then counted."""
    target = _target(place, scenario) if scenario.addition and way == "outbox" else None
    order = _drafted(place, scenario)
    _plan(place, scenario, order.idempotency_key)
    crashes = dict(enumerate(scenario.crashes))
    for number in range(_ROUNDS):
        crash = crashes.get(number)
        deed = _deed(place, scenario, order, target, timedelta(hours=2 * number), way)
        _do(deed, crash, tally, twice=scenario.two and number == 0)
        _settle(place, scenario)
        if number >= len(crashes) and _settled(place, order, way):
            break
    _count(place, scenario, order, target, tally, way)


Deed = Callable[[str, Callable[[str], None]], None]


def _deed(place: Place, scenario: Scenario, order: WorkOrder, target: str | None, later: timedelta, way: Way) -> Deed:
    """What a person does who presses submit, or who sends the outbox; it is given their name and a hook for crashes."""

    def press(by: str, fail: Callable[[str], None]) -> None:
        book = OrderBook(place.folder)
        outbox = Outbox(book.store, now=lambda: datetime.now(UTC) + later, fail=fail)
        now_is, revision = book.revision(order.id)
        if now_is.status == "draft":
            outbox.submit(order.id, _message(order, by), by=by, revision=revision, adds_to=target)
        Sender(outbox, place.connector(scenario), lambda _: [], settle_s=60.0).send(order.id)

    def press_naively(by: str, fail: Callable[[str], None]) -> None:
        done = place.folder / f"done-{order.id}"
        if done.exists():
            return
        fail("change: before")
        try:
            place.connector(scenario).create(_message(order, by))
        except CmmsError:
            return  # and the next press tries again
        fail("change: answered")
        done.write_text("")
        fail("confirmed: committed")

    return press if way == "outbox" else press_naively


def _do(deed: Deed, crash: tuple[str, bool] | None, tally: Tally, *, twice: bool) -> None:
    """Does it, here or in a process that may be killed; twice: in two processes at once."""
    point, kill = crash or ("", False)
    if not kill and not twice:
        try:
            deed("ann", _raising(point))
        except CrashError:
            tally.raised += 1
            tally.points[point] += 1
        return
    children = [_fork(deed, "ann", point if kill else "")] + ([_fork(deed, "bob", "")] if twice else [])
    if point == MID_REQUEST:
        time.sleep(random.Random(children[0]).uniform(0.0, 0.06))
        os.kill(children[0], signal.SIGKILL)
    for child in children:
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            tally.killed += 1
            tally.points[point] += 1
        elif os.WEXITSTATUS(status):
            raise RuntimeError(f"a submitter failed with {os.WEXITSTATUS(status)}")


def _fork(deed: Deed, by: str, point: str) -> int:
    """A process that does it and kills itself, as with kill -9, at a point."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        deed(by, lambda passed: os.kill(os.getpid(), signal.SIGKILL) if passed == point else None)
        code = 0
    except OrderError as error:  # the other one was first
        code = 0 if error.code in ("order.no_draft", "order.changed_meanwhile") else 2
    finally:
        os._exit(code)


def _raising(point: str) -> Callable[[str], None]:
    def fail(passed: str) -> None:
        if passed == point:
            raise CrashError(point)

    return fail


def _drafted(place: Place, scenario: Scenario) -> WorkOrder:
    at = datetime.now(UTC)
    draft = WorkOrder(
        id="",
        asset="pump",
        location=["pump"],
        title=f"Order of run {scenario.number}",
        problem="The suction pressure fell.",
        failure_mode="cavitation",
        priority="P2",
        priority_reason="P2: for the benchmark",
        tasks=["Look"],
        isolation=[],
        parts=[],
        skills=[],
        duration_h=1.0,
        evidence=["E1"],
        run=f"R{scenario.number}",
        created=at,
        idempotency_key=f"{scenario.number:05d}-{random.Random(scenario.number).getrandbits(128):032x}",
    )
    book = OrderBook(place.folder)
    order = book.add(draft)
    return book.attach(order.id, Attachment("report.html", "text/html", b"<p>report</p>"), by="run", at=at)


def _message(order: WorkOrder, by: str) -> NewOrder:
    return new_order(order, "pump", by, ZoneInfo("UTC"))


def _target(place: Place, scenario: Scenario) -> str:
    """An open order of somebody else that the draft is to be added to."""
    other = NewOrder(
        key=f"other-{scenario.number}", asset="pump", title="Somebody else's", text="", priority="P3", by="carl"
    )
    return (HttpCmms(place.port, _PATIENT_S) if scenario.http else place.connector(scenario)).create(other).id


def _plan(place: Place, scenario: Scenario, key: str) -> None:
    if scenario.http:
        HttpCmms(place.port, _PATIENT_S).plan(key, scenario.changes, scenario.reads)
    else:
        (place.folder / f"faults-{scenario.number}").write_text("\n".join(scenario.changes))


def _settle(place: Place, scenario: Scenario) -> None:
    """Waits until the server is done with what nobody waits for any more: that is what the settling time is for.

    The clock of the outbox is set forward instead of waiting for a minute, so this has to be true, not likely.
    """
    while scenario.http and HttpCmms(place.port, _PATIENT_S).busy():
        time.sleep(0.01)


def _settled(place: Place, order: WorkOrder, way: Way) -> bool:
    if way == "naive":
        return (place.folder / f"done-{order.id}").exists()
    book = OrderBook(place.folder)
    entry = Outbox(book.store).entry(order.id)
    return entry is not None and entry.state == "confirmed" and "report.html" in entry.attached


def _count(place: Place, scenario: Scenario, order: WorkOrder, target: str | None, tally: Tally, way: Way) -> None:
    """Counts in the CMMS's own database, which no connector is asked for."""
    key, database = order.idempotency_key, place.database(scenario)
    orders = _one(database, "SELECT count(*) FROM orders WHERE key = ?", key)
    comments = _one(database, "SELECT count(*) FROM comments WHERE key = ?", key)
    table = "files" if scenario.http else "attachments"
    files = _one(database, f"SELECT count(*) FROM {table} WHERE name LIKE ?", f"{order.id}-{key[:8]}-%")
    made, wrong = (orders, comments) if target is None else (comments, orders)
    tally.runs += 1
    tally.two += scenario.two
    tally.additions += target is not None
    tally.faults.update(scenario.changes)
    tally.duplicates += [scenario.number] if made > 1 or wrong else []
    tally.lost += [scenario.number] if made == 0 else []
    tally.unsettled += [] if _settled(place, order, way) else [scenario.number]
    tally.files_wrong += [] if files == 1 or way == "naive" else [scenario.number]


def _one(database: Path, query: str, *values: str) -> int:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        return int(connection.execute(query, values).fetchone()[0])


def numbers(found: Sequence[int]) -> str:
    """The first few numbers of scenarios, for a message."""
    return ", ".join(str(one) for one in found[:8]) + (" …" if len(found) > 8 else "")
