"""The report's first words: what it is, where, since when, how sure, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from twinwright_tools.diagnosis.failure_modes import modes_of_plant
from twinwright_tools.plant import Plant

from ..result import Investigation, RankedHypothesis
from .chain import named
from .focus import Focus
from .words import as_time, duration, local

_STATUS = {
    "out_of_budget": "The budget was spent before there was an answer",
    "refused": "This question was not answered",
    "failed": "The investigation failed before there was an answer",
}
_VERDICT = {
    "cannot_tell": "The cause can't be told from the data",
    "nothing_wrong": "Nothing is wrong, as far as the data shows",
    "not_about_plant": "This question is not about the plant",
    "answer": "Answer",
}


@dataclass(frozen=True)
class Headline:
    """The first block of the report.

    Attributes:
        kind: "cause", "open" (can't be told, or no answer), "fine" or "answer"; `label` says it in words.
        asset, mode, since, confidence: of the likeliest hypothesis; empty where there is none.
        next_step: what to do now, or "". reason: why there is no answer, or "".
    """

    kind: str
    label: str
    title: str
    asset: str = ""
    mode: str = ""
    since: str = ""
    confidence: float | None = None
    next_step: str = ""
    reason: str = ""


def make_headline(investigation: Investigation, focus: Focus, plant: Plant) -> Headline:
    """The headline of an investigation, whatever it ended in."""
    top = focus.top
    steps = next_step(investigation, top)
    if investigation.status in _STATUS:
        return Headline(
            "open", "No answer", _STATUS[investigation.status], next_step=steps, reason=investigation.reason or ""
        )
    if investigation.verdict == "cause" and top is not None:
        return _cause(top, focus, plant, steps)
    title = _VERDICT.get(investigation.verdict, "No cause was named")
    kind = {"nothing_wrong": "fine", "answer": "answer"}.get(investigation.verdict, "open")
    if kind == "open" and top is not None:
        found = _cause(top, focus, plant, steps)
        return Headline(kind, "Open", title, found.asset, found.mode, found.since, found.confidence, found.next_step)
    label = {"fine": "No fault found", "answer": "A question of fact"}.get(kind, "Open")
    return Headline(kind, label, title, next_step=steps if kind == "open" else "")


def next_step(investigation: Investigation, top: RankedHypothesis | None) -> str:
    """What to do now: the check that tells the first hypothesis from the others, else the work order's first task."""
    if top is not None and top.next_check:
        return top.next_check
    for order in investigation.work_orders:
        if order.tasks:
            return order.tasks[0]
    return ""


def mode_name(plant: Plant, mode: str | None) -> str:
    """A failure mode as people call it; the plant's own modes are known as well."""
    if not mode:
        return "no known failure mode fits"
    known = modes_of_plant(plant).modes.get(mode)
    return known.name if known else mode.replace("_", " ").replace("-", " ")


def since_words(top: RankedHypothesis, focus: Focus | None, plant: Plant) -> str:
    """The onset in the site's zone with its uncertainty; words of the model's as they stand."""
    time = as_time(top.onset)
    if time is None and focus is not None:
        time = focus.onset
    if time is None:
        return top.onset or ""
    known = focus is not None and focus.uncertainty_s is not None
    uncertainty = f" (± {duration(focus.uncertainty_s or 0.0)})" if focus is not None and known else ""
    return f"{focus.moment(time, plant.zone) if focus else local(time, plant.zone)}{uncertainty}"


def _cause(top: RankedHypothesis, focus: Focus, plant: Plant, steps: str) -> Headline:
    asset, mode = named(plant, top.twin), mode_name(plant, top.mode)
    if not top.mode and focus.cause:
        mode = f"seen on {focus.cause.signal}, {mode}"
    return Headline(
        "cause",
        "Most likely cause",
        f"{asset} – {mode}",
        asset,
        mode,
        since_words(top, focus, plant),
        top.confidence,
        steps,
    )
