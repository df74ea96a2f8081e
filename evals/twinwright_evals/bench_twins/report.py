"""What the figures come to: tables of medians, ratios and growth, and whether ours are what they have to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..machine import machine
from .child import OURS
from .tasks import HOPS, HOT, TASKS

LARGE = 1_000_000
# Ours at a million twins, in seconds and bytes.
_REQUIRED = {"load_s": 60.0, "peak_bytes": 4.0 * 2**30, "reopen_s": 1.0, "validate_s": 0.002}
_NAMES = {
    "load_s": "load, indexes included",
    "load_cpu_s": "load, CPU of the client's process",
    "peak_bytes": "peak of resident memory while loading",
    "reopen_s": "open again",
    "validate_s": "check a query",
}
_PACKAGES = ("duckdb", "networkx", "psycopg", "ladybug")


@dataclass(frozen=True)
class Measured:
    """One engine on one plant: what its process said, or why there is nothing."""

    engine: str
    twins: int
    found: dict[str, Any]

    def figure(self, what: str) -> float | None:
        """Seconds or bytes of a task, of loading, of opening again …; None where there is none."""
        found = self.found["tasks"].get(what, {}).get("seconds") if "tasks" in self.found else None
        return found if found is not None else self.found.get(what)


def differing(measured: Sequence[Measured]) -> list[str]:
    """The tasks on which engines disagree, each with the plant's size."""
    found: dict[tuple[int, str], set[str]] = {}
    for one in measured:
        for task, each in one.found.get("tasks", {}).items():
            found.setdefault((one.twins, task), set()).add(each["digest"])
    return [f"{task} on {twins} twins" for (twins, task), digests in found.items() if len(digests) > 1]


def requirements(measured: Sequence[Measured]) -> list[str]:
    """Ours at a million twins beside what is required of it."""
    ours = next((one for one in measured if one.engine == OURS and one.twins == LARGE), None)
    if ours is None:
        return []
    limits = _REQUIRED | {task: limit for task, (_, limit) in TASKS.items()}
    return [_held(what, ours.figure(what), limit) for what, limit in limits.items()]


def _held(what: str, figure: float | None, limit: float) -> str:
    word = "met" if figure is not None and figure <= limit else "NOT met"
    return f"| {_NAMES.get(what, what)} | {shown(what, figure)} | {shown(what, limit)} | {word} |"


def shown(what: str, figure: float | None) -> str:
    """A figure with its unit, to three digits."""
    if figure is None:
        return "–"
    if what.endswith("_bytes"):
        return f"{figure / 2**30:.2f} GiB"
    return f"{figure:.3g} s" if figure >= 1 else f"{figure * 1000:.3g} ms"


def table(measured: Sequence[Measured], what: str) -> Iterator[str]:
    """One figure of every engine at every size; in brackets how many times as long as ours it takes."""
    sizes = sorted({one.twins for one in measured})
    by_key = {(one.engine, one.twins): one for one in measured}
    for engine in dict.fromkeys(one.engine for one in measured):
        figures = [by_key[engine, size].figure(what) if (engine, size) in by_key else None for size in sizes]
        ours = [by_key[OURS, size].figure(what) if (OURS, size) in by_key else None for size in sizes]
        if any(figure is not None for figure in figures):
            cells = [_cell(what, *pair, engine) for pair in zip(figures, ours, strict=True)]
            yield f"| {engine} | {' | '.join(cells)} | {_growth(figures)} |"


def _cell(what: str, figure: float | None, ours: float | None, engine: str) -> str:
    ratio = f" ({figure / ours:.2g} ×)" if figure is not None and ours and engine != OURS else ""
    return shown(what, figure) + ratio


def _growth(figures: Sequence[float | None]) -> str:
    there = [each for each in figures if each]
    return f"{there[-1] / there[0]:.2g} ×" if len(there) > 1 else "–"


def measured_on() -> str:
    """What this was measured on, and with which versions."""
    return machine(_PACKAGES)


def report(measured: Sequence[Measured], command: str, runs: int, load: Sequence[float]) -> str:
    """The whole section in Markdown.

    Args:
        load: the machine's load average before and after.
    """
    sizes = sorted({one.twins for one in measured})
    lines = [
        "## Twin queries, on synthetic plants",
        "",
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {measured_on()}. "
        f"Load average {load[0]:.1f} before, {load[1]:.1f} after; "
        "others may have used the machine too, so quote ratios.",
        f"Twins of 20 models, two relationships for every twin. Medians of {runs} runs after one that doesn't count, "
        "each engine in a process of its own; all gave the same answers. Ours parses and checks each query anew; "
        "no other engine checks anything. In brackets: times ours; last: the largest plant's figure by the smallest's.",
        "",
        f"```\n{command}\n```",
        "",
    ]
    if held := requirements(measured):
        lines += ["| at 1,000,000 twins | ours | required |  |", "|---|---:|---:|---|", *held, ""]
    head = f"| {' | '.join(f'{size:,} twins' for size in sizes)} | growth |"
    for what in [*TASKS, *_NAMES]:
        rows = list(table(measured, what))
        lines += [f"| {_NAMES.get(what, what)} {head}", f"|---|{'---:|' * (len(sizes) + 1)}", *rows, ""] if rows else []
    why = {one.engine: one.found["missing"] for one in measured if "missing" in one.found}
    lines += [f"{engine} wasn't asked: {reason}." for engine, reason in why.items()]
    lines += [_notes()]
    return "\n".join(lines)


def _notes() -> str:
    return (
        f"Filter: pumps above {HOT:g} °C, one in a hundred. MATCH: `(A)-[:feeds*..{HOPS}]->(B)`. networkx keeps all in "
        "memory and has no index but its keys. PostgreSQL: jsonb, indexes on id, model, all of jsonb (GIN), and both "
        "ends of edges; its server's memory and CPU aren't counted. LadybugDB: one table of twins, "
        "a column for each property."
    )
