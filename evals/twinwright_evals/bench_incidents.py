"""``python -m twinwright_evals.bench_incidents``: past orders imported and searched, beside SQLite and pandas.

10,000 made-up orders come from a connector that has them in memory, so that what is timed is ours; then as many through
every connector, from the strict server that its tests run on (in the checkout, tests/tools/cmms/servers). Searching is
timed on an open plant: the first search, which builds the index, and later ones.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import numpy as np

from twinwright_plant import make_plant
from twinwright_tools.cmms.importing import import_history
from twinwright_tools.cmms.protocol import CmmsOrder, Connector, Place
from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.reliability import similar_incidents

from .machine import machine

ORDERS = 10_000
_REPEATS = 15
_ASKED = ("seal leaking product", "bearing noise", "label jam reel", "suction pressure low air", "drive trips overload")
_WHAT = (
    "seal",
    "bearing",
    "label",
    "chain",
    "drive",
    "valve",
    "pump",
    "belt",
    "sensor",
    "gripper",
    "strainer",
    "reel",
    "hose",
)
_HOW = (
    "leaking",
    "loud",
    "jammed",
    "worn",
    "slipping",
    "sticking",
    "tripped",
    "blocked",
    "loose",
    "cracked",
    "vibrating",
)
_BEGIN = datetime(2016, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timing:
    """One figure: the median of several runs in milliseconds."""

    what: str
    twinwright_ms: float
    other: str
    other_ms: float


@dataclass(frozen=True, slots=True)
class Through:
    """An import through a connector: orders, requests, seconds in all, and seconds of them inside the strict server."""

    product: str
    rows: int
    requests: int
    seconds: float
    server_s: float


class Past:
    """Past orders of a made-up plant, the same for one seed."""

    def __init__(self, twins: Sequence[str], count: int, seed: int = 1) -> None:
        generator = np.random.default_rng(seed)
        self.orders = [_order(number, twins, generator) for number in range(count)]

    def past(self, since: datetime | None) -> Iterator[CmmsOrder]:
        """All of them, oldest change first."""
        yield from (one for one in self.orders if since is None or (one.changed or _BEGIN) >= since)


def _order(number: int, twins: Sequence[str], generator: np.random.Generator) -> CmmsOrder:
    made = _BEGIN + timedelta(hours=9 * number + float(generator.uniform(0, 5)))
    words = f"{generator.choice(_WHAT)} {generator.choice(_HOW)}, {generator.choice(_WHAT)} {generator.choice(_HOW)}"
    return CmmsOrder(
        id=f"{100_000 + number}",
        asset=str(generator.choice(list(twins))),
        title=words.capitalize(),
        text=f"{words} at shift start, looked at by the fitter; {generator.choice(_WHAT)} changed and tested",
        failure_mode=str(generator.choice(["SEAL", "BRG", "JAM", "DRV", "VLV", "CHN"])),
        state="done",
        status="resolved",
        priority=str(generator.choice(["P1", "P2", "P3"])),
        created=made,
        changed=made + timedelta(hours=5),
        closed=made + timedelta(hours=5),
        duration_h=round(float(generator.uniform(0.5, 8)), 2),
    )


def main(arguments: Sequence[str]) -> int:
    """Prints the table; `--write FILE` puts it between its marks in that file."""
    with tempfile.TemporaryDirectory(prefix="twinwright-incidents-") as place:
        folder = Path(place) / "plant"
        make_plant(folder, None, 1)
        text = report(*measured(folder, ORDERS), through_connectors(folder, ORDERS))
    print(text)
    if "--write" in arguments:
        write(Path(arguments[arguments.index("--write") + 1]), text)
    return 0


def measured(folder: Path, count: int) -> tuple[float, float, list[Timing]]:
    """Seconds of the import, seconds of an import without changes, and how fast searching is."""
    with open_plant(folder) as plant:
        twins = sorted(plant.graph.twins)
        places = [Place("work_order", cast(Connector, Past(twins, count)))]
        same = {twin: twin for twin in twins}
        first = _seconds(lambda: import_history(plant, places, same))
        again = _seconds(lambda: import_history(plant, places, same))
    with open_plant(folder) as plant:
        return first, again, searched(plant)


def through_connectors(folder: Path, count: int) -> list[Through]:
    """The same number of orders through each connector."""
    # Strict servers are part of the tests, which nothing imports but this benchmark, when it runs in the checkout.
    products = import_module("tests.tools.cmms.products").PRODUCTS
    served = import_module("tests.tools.cmms.served").Served
    found = []
    with open_plant(folder) as plant:
        for product in products.values():
            with tempfile.TemporaryDirectory() as place:
                running = served(product, Path(place))
                running.server.seed(count, running.pump)
                found.append(_through(plant, running))
                running.server.close()
    return found


def _through(plant: Plant, running: Any) -> Through:
    server, inside = running.server, 0.0
    answer = server.answer

    def timed(request: Any) -> Any:
        nonlocal inside
        begin = time.perf_counter()
        answered = answer(request)
        inside += time.perf_counter() - begin
        return answered

    server.answer, before = timed, len(server.seen)
    places = [Place("work_order", running.connector)]
    begin = time.perf_counter()
    done = import_history(plant, places, {running.pump: sorted(plant.graph.twins)[0]}, whole=True)
    taken = time.perf_counter() - begin + sum(running.slept)
    if done.stopped is not None:
        raise done.stopped
    return Through(running.connector.name, done.total, len(server.seen) - before, taken, inside)


def searched(plant: Plant) -> list[Timing]:
    """Search by words and similar incidents, beside a table of the same rows."""
    result = plant.history.sql(
        "SELECT id, twin, code, title, text FROM history WHERE kind = 'work_order'", limit=50_000
    )
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    like, pandas = _like(rows), _pandas(rows)
    cold = _seconds(lambda: plant.history.search("seal")) * 1000
    twin = sorted(plant.graph.twins)[0]
    words = _median(lambda asked: plant.history.search(asked))
    alike = _median(lambda asked: similar_incidents(plant, asked, twin=twin))
    return [
        Timing("search by words, index built in this call", cold, "pandas, str.contains of any word", _median(pandas)),
        Timing("search by words, ranked", words, "SQLite, LIKE of any word, unranked", _median(like)),
        Timing("similar incidents, with what fixed them", alike, "pandas, str.contains of any word", _median(pandas)),
    ]


def _like(rows: Sequence[dict[str, Any]]) -> Callable[[str], object]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE orders (id, text)")
    connection.executemany("INSERT INTO orders VALUES (?, ?)", [(row["id"], row["text"]) for row in rows])

    def ask(asked: str) -> object:
        words = asked.split()
        query = f"SELECT id FROM orders WHERE {' OR '.join('text LIKE ?' for _ in words)}"
        return connection.execute(query, [f"%{word}%" for word in words]).fetchall()

    return ask


def _pandas(rows: Sequence[dict[str, Any]]) -> Callable[[str], object]:
    import pandas as pd

    frame = pd.DataFrame(rows)
    return lambda asked: frame[frame["text"].str.contains("|".join(asked.split()), case=False)]


def _seconds(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def _median(ask: Callable[[str], object]) -> float:
    """Milliseconds, over the questions and repeats."""
    taken = []
    for asked in _ASKED * _REPEATS:
        begin = time.perf_counter()
        ask(asked)
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def report(first: float, again: float, timings: Sequence[Timing], through: Sequence[Through]) -> str:
    """The section of docs/benchmarks.md."""
    lines = [
        "## Past work orders: import and search",
        "",
        "```",
        ".venv/bin/python -m twinwright_evals.bench_incidents --write docs/benchmarks.md",
        "```",
        "",
        f"{ORDERS:,} orders imported in {first:.1f} s (at most 60 s); an import that finds no change: {again:.2f} s. "
        f"{machine()}",
        "",
        "| what | Twinwright | beside | |",
        "|---|---|---|---|",
    ]
    lines += [f"| {one.what} | {one.twinwright_ms:.1f} ms | {one.other} | {one.other_ms:.1f} ms |" for one in timings]
    lines += [
        "",
        "Through each connector, from the strict local server of its tests on the same machine; pauses that it asked",
        "for are counted:",
        "",
        "| connector | orders | requests | import | of it in the server |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {one.product} | {one.rows:,} | {one.requests} | {one.seconds:.1f} s | {one.server_s:.1f} s |"
            for one in through
        ),
    ]
    return "\n".join(
        [
            *lines,
            "",
            "Searching: medians of 75 searches (5 questions, 15 times each); at most 100 ms were asked for.",
            "",
        ]
    )


def write(file: Path, text: str) -> None:
    """Puts the section between its marks, or at the end with marks of its own."""
    begin, end = "<!-- bench-incidents: begin -->", "<!-- bench-incidents: end -->"
    known = file.read_text(encoding="utf-8")
    if begin not in known:
        known = f"{known.rstrip()}\n\n{begin}\n{end}\n"
    head, _, rest = known.partition(begin)
    _, _, tail = rest.partition(end)
    file.write_text(f"{head}{begin}\n{text}{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
