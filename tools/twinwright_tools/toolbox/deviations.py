"""`find_deviations`: what left its own past around a twin."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

import networkx as nx
from pydantic import AfterValidator, Field

from ..diagnosis.result import Deviation
from ..evidence import Fact, Finding, Scalar
from ..registry import Tool, ToolContext
from ..telemetry.series import SignalKey
from ..times import iso
from ..twins.graph import TwinGraph
from .arguments import ToolArguments, between
from .bounds import BUDGET_CHARS, command, fitting
from .engine import deviations_of
from .provenance import source_of

_FACTS = 12

Where = Literal["itself", "part", "upstream", "downstream"]


class FindDeviations(ToolArguments):
    """Arguments of `find_deviations`."""

    twin: str = Field(description="Looks around it.")
    steps: Annotated[int, AfterValidator(between(0, 6))] = Field(description="Relationships to follow, 0 to 6.")
    direction: Literal["upstream", "downstream", "both"]


def find_deviations(arguments: FindDeviations, context: ToolContext) -> Finding:
    """Signals that left their own past on a twin, its parts and its neighbours: of each twin the strongest first."""
    plant = context.plant
    plant.graph.twin(arguments.twin)
    around = surroundings(plant.graph, arguments.twin, arguments.steps, arguments.direction)
    found = _in_order([one for one in deviations_of(plant) if one.key.twin in around], around)
    rows = [_row(one, around[one.key.twin]) for one in found]
    shown = fitting(rows, BUDGET_CHARS // 2)
    first = min(found, key=lambda one: (one.onset, str(one.key)), default=None)
    reach = f"{arguments.twin}, its parts and {arguments.direction} within {arguments.steps} steps"
    facts = [Fact(name="deviating signals", value=len(found)), Fact(name="twins looked at", value=len(around))]
    if len(shown) < len(rows):
        facts.append(Fact(name="deviations shown", value=len(shown)))
    if first is not None:
        facts += [
            Fact(name="earliest deviation", value=str(first.key)),
            Fact(name="earliest onset", value=iso(first.onset)),
        ]
    return Finding(
        summary=_summary(found, first, reach),
        facts=[*facts, *(fact for one in found[: min(_FACTS, len(shown))] for fact in _facts(one))],
        data={"deviations": shown, "around": arguments.twin, "steps": arguments.steps},
        reproduce=command("diagnose", "--at", iso(plant.at), "--symptom", arguments.twin),
        provenance=source_of(plant, [one.key for one in found], "engine"),
    )


def _in_order(found: list[Deviation], around: dict[str, Where]) -> list[Deviation]:
    """What is asked about first, whatever it did: the rest is held against it. Then the strongest of each twin, then
    the second of each: one machine with many signals doesn't hide the others."""
    strongest = sorted(found, key=lambda one: (-one.score, str(one.key)))
    place: dict[SignalKey, int] = {}
    of_twin: Counter[str] = Counter()
    for one in strongest:
        place[one.key] = of_twin[one.key.twin]
        of_twin[one.key.twin] += 1
    return sorted(strongest, key=lambda one: (0, 0) if around[one.key.twin] == "itself" else (1, place[one.key]))


def surroundings(graph: TwinGraph, twin: str, steps: int, direction: str) -> dict[str, Where]:
    """Twin ids around a twin: itself, its parts, and what lies upstream and downstream of any of them."""
    inside = graph.within(twin)
    found: dict[str, Where] = {one: "itself" if one == twin else "part" for one in inside}
    ways: tuple[tuple[Where, Any], ...] = (
        ("upstream", graph.influence.reverse(copy=False)),
        ("downstream", graph.influence),
    )
    for where, edges in ways:
        if direction not in (where, "both"):
            continue
        for start in inside:
            for other in nx.single_source_shortest_path_length(edges, start, cutoff=steps):
                found.setdefault(other, where)
    return found


def _summary(found: list[Deviation], first: Deviation | None, reach: str) -> str:
    if first is None:
        return f"No signal of {reach} left its own past."
    strongest = max(found, key=lambda one: one.score)
    return (
        f"{len(found)} signal{'' if len(found) == 1 else 's'} of {reach} left their own past. "
        f"Earliest is {first.key} at {iso(first.onset)}; strongest is {strongest.key} ({_change(strongest)})."
    )


def _change(one: Deviation) -> str:
    unit = f" {one.unit}" if one.unit else ""
    if one.before is None and one.after is None:
        return one.kind
    if isinstance(one.before, str) or isinstance(one.after, str) or one.before is None or one.after is None:
        return f"{one.kind}: {one.before} before, {one.after} after"
    return f"{one.kind}: {one.before:.6g}{unit} before, {one.after:.6g}{unit} after"


def _row(one: Deviation, where: Where) -> dict[str, Any]:
    return {
        "signal": str(one.key),
        "where": where,
        "kind": one.kind,
        "direction": {1: "rose", -1: "fell"}.get(one.direction, "changed"),
        "onset": iso(one.onset),
        "onset_uncertainty_s": one.onset_uncertainty_s,
        "before": one.before,
        "after": one.after,
        "unit": one.unit,
        "score_sigma": one.score,
        # That it is a share of time, the unit says.
        **({"note": one.note} if one.note and one.unit != "share of time" else {}),
    }


def _facts(one: Deviation) -> list[Fact]:
    facts: list[tuple[str, Scalar, str | None]] = [
        ("before", one.before, one.unit),
        ("after", one.after, one.unit),
        ("onset", iso(one.onset), None),
    ]
    return [Fact(name=f"{one.key} {name}", value=value, unit=unit) for name, value, unit in facts if value is not None]


FIND_DEVIATIONS = Tool(
    name="find_deviations",
    description="Which signals left their own past around a twin.",
    arguments=FindDeviations,
    function=find_deviations,
)
