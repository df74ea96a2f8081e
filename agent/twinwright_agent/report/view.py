"""From an investigation and its plant to what the template shows: plain values, nothing left to work out."""

from __future__ import annotations

import json
import shlex
from typing import Any

from twinwright_tools.evidence import Evidence
from twinwright_tools.orders.order import WorkOrder
from twinwright_tools.plant import Plant
from twinwright_tools.times import iso

from ..result import Investigation, RankedHypothesis
from .chain import draw_chain, in_words, named
from .charts import Chart, make_charts
from .focus import Focus, find_focus
from .headline import make_headline, mode_name, since_words
from .words import as_time, duration, local, offsets, quantity

MOST_HYPOTHESES = 10
MOST_EVIDENCE = 80
_MOST_FACTS = 40
_MOST_PROBLEMS = 20
_DATA_CHARACTERS = 3_000
_ALL_DATA_CHARACTERS = 250_000


def make_view(investigation: Investigation, plant: Plant) -> dict[str, Any]:
    """The template's variables."""
    focus = find_focus(investigation, plant)
    charts = make_charts(focus, plant)
    lead, other = _split(charts)
    hypotheses = [_hypothesis(one, focus, plant) for one in investigation.hypotheses[:MOST_HYPOTHESES]]
    return {
        "investigation": investigation,
        "zone": plant.zone,
        "asked": _local(investigation.at, plant),
        "headline": make_headline(investigation, focus, plant),
        "across": draw_chain(focus, plant),
        "upright": draw_chain(focus, plant, upright=True),
        "why_no_path": focus.top.why_no_path if focus.top else None,
        "charts": charts,
        "lead_charts": lead,
        "other_charts": other,
        "plots": _plots(charts, focus, plant),
        "time_axis": offsets(focus.start, focus.end, plant.zone),
        "span": f"{focus.moment(focus.start, plant.zone)} to {focus.moment(focus.end, plant.zone)}",
        "onset": focus.moment(focus.onset, plant.zone) if focus.onset else "",
        "hypotheses": hypotheses,
        "others": _others(hypotheses) if focus.top else [],
        "more_hypotheses": max(len(investigation.hypotheses) - MOST_HYPOTHESES, 0),
        "evidence": _evidence(investigation.evidence[:MOST_EVIDENCE]),
        "more_evidence": max(len(investigation.evidence) - MOST_EVIDENCE, 0),
        "orders": [_order(one, plant) for one in investigation.work_orders],
        "proposals": [_json(one, _DATA_CHARACTERS) for one in investigation.proposals],
        "data": _data(investigation, plant),
        "model": _model(investigation),
        "ask": _ask(investigation),
    }


def _local(text: str | None, plant: Plant) -> str:
    time = as_time(text)
    return local(time, plant.zone) if time else (text or "")


def _split(charts: list[Chart]) -> tuple[list[tuple[int, Chart]], list[tuple[int, Chart]]]:
    """The charts of the first screen, and the others, each with its place in the data."""
    numbered = list(enumerate(charts))
    lead = [one for one in numbered if one[1].role in ("cause", "symptom")] or numbered[:1]
    return lead, [one for one in numbered if one not in lead]


def _plots(charts: list[Chart], focus: Focus, plant: Plant) -> dict[str, Any]:
    onset = focus.onset.timestamp() if focus.onset else None
    return {
        "zone": plant.zone.key,
        "axis": f"time ({offsets(focus.start, focus.end, plant.zone)})",
        "start": focus.start.timestamp(),
        "end": focus.end.timestamp(),
        "onset": onset,
        "uncertainty": focus.uncertainty_s,
        "charts": [chart.plot for chart in charts],
    }


def _hypothesis(one: RankedHypothesis, focus: Focus, plant: Plant) -> dict[str, Any]:
    chain = [twin for twin in one.chain if twin in plant.graph.twins]
    return {
        "it": one,
        "asset": named(plant, one.twin),
        "mode": mode_name(plant, one.mode),
        "since": since_words(one, focus if one is focus.top else None, plant),
        "chain": in_words(chain, plant) if len(chain) > 1 else "",
    }


def _others(hypotheses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The likeliest hypotheses about two other twins than the first."""
    by_twin = {one["it"].twin: one for one in reversed(hypotheses)}
    return sorted(by_twin.values(), key=lambda one: int(one["it"].rank))[1:3]


def _evidence(evidence: list[Evidence]) -> list[dict[str, Any]]:
    shown, left = [], _ALL_DATA_CHARACTERS
    for one in evidence:
        data = _json(one.data, min(_DATA_CHARACTERS, left)) if one.data not in (None, [], {}) else ""
        left -= len(data)
        shown.append(
            {
                "it": one,
                "facts": [(fact.name, quantity(fact.value, fact.unit)) for fact in one.facts[:_MOST_FACTS]],
                "more_facts": max(len(one.facts) - _MOST_FACTS, 0),
                "age": duration(one.age_s) if one.age_s is not None else "",
                "arguments": _json(one.arguments, 600),
                "data": data,
            }
        )
    return shown


def _json(value: Any, most: int) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
    return text if len(text) <= most else f"{text[:most]}\n… ({len(text) - most} characters more)"


def _order(order: WorkOrder, plant: Plant) -> dict[str, Any]:
    return {
        "it": order,
        "asset": named(plant, order.asset),
        "location": " / ".join(named(plant, twin) for twin in order.location),
        "mode": mode_name(plant, order.failure_mode),
        "created": local(order.created, plant.zone),
        "isolation": [(named(plant, point.twin), point) for point in order.isolation],
        "duration": duration(order.duration_h * 3600),
        "reason": order.priority_reason.removeprefix(f"{order.priority}: "),
    }


def _data(investigation: Investigation, plant: Plant) -> dict[str, Any]:
    span, doubtful = plant.telemetry.span(), [one for one in investigation.evidence if one.quality != "good"]
    problems = [problem for problem in plant.problems if problem.severity != "info"]
    return {
        "plant": plant.name,
        "span": f"{local(span[0], plant.zone)} to {local(span[1], plant.zone)}" if span else "no telemetry",
        "age": duration((plant.at - span[1]).total_seconds()) if span else "",
        "signals": len(plant.telemetry.signals()),
        "twins": len(plant.graph.twins),
        "history": plant.history.rows(),
        "doubtful": [(one.id, one.quality) for one in doubtful],
        "problems": problems[:_MOST_PROBLEMS],
        "more_problems": max(len(problems) - _MOST_PROBLEMS, 0),
    }


def _model(investigation: Investigation) -> str:
    name = investigation.model
    if name.endswith("+rules"):
        return f"Claude ({name.removesuffix('+rules')}), finished by the built-in rules"
    if name == "rules":
        return "the built-in rules investigator (no language model)"
    if "answer-desk" in name:
        return f"{name} (replies written by hand for a recording, not by a model)"
    return f"Claude ({name})" if name.startswith("claude") else name


def _ask(investigation: Investigation) -> str:
    time = as_time(investigation.at)
    at = f" --at {iso(time)}" if time else ""
    model = investigation.model.removesuffix("+rules")
    return f"twinwright ask {shlex.quote(investigation.question)}{at} --model {shlex.quote(model)}"
