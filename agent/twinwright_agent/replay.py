"""A past investigation, step by step, from the store: question, turns, calls, evidence, checks, ledger, conclusion."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from twinwright_tools.errors import RunError
from twinwright_tools.evidence import Evidence
from twinwright_tools.plant import Plant

from .ledger import Kept
from .models.base import Entry, Transcript
from .result import Investigation
from .store import RunStore, database


class PastRun(BaseModel):
    """A run as it was.

    Attributes:
        at: the moment of asking; started: when it was asked; both ISO 8601.
        steps: its transcript; turns hold the model's own content in `raw`, thinking included.
        evidence: whole, as the tools found it.
        ledger: the hypotheses as they stood last.
        result: the investigation as it last ended, or None where it was interrupted before.
        resumable: whether it can still be gone on with.
    """

    run: str
    plant: str
    at: str
    started: str
    question: str
    model: str
    resumable: bool
    steps: list[Entry]
    evidence: list[Evidence]
    ledger: list[Kept]
    result: Investigation | None


def past_run(plant: Plant, run: str) -> PastRun:
    """The run of that id.

    Raises:
        RunError: there is none; the nearest ids are suggested.
    """
    if not database(plant).exists():
        raise RunError(f"there is no run {run!r}: nothing was ever asked here", code="run.unknown")
    with RunStore(plant) as store:
        known = store.get(run)
        steps = [Entry.model_validate_json(text) for text in store.steps(run)]
        evidence = store.evidence(run)
    return PastRun(
        run=known.id,
        plant=known.plant,
        at=known.at,
        started=known.started,
        question=known.question,
        model=known.model,
        resumable=known.resumable,
        steps=steps,
        evidence=evidence,
        ledger=Transcript(plant="", at=known.at, entries=steps).ledger,
        result=Investigation.model_validate_json(known.result) if known.result else None,
    )


def past_runs(plant: Plant) -> list[dict[str, Any]]:
    """All runs of a plant, newest first: id, when, question, model, and how it ended."""
    if not database(plant).exists():
        return []
    with RunStore(plant) as store:
        found = [store.get(run) for run in store.ids()]
    return [
        {
            "run": one.id,
            "started": one.started,
            "question": one.question,
            "model": one.model,
            "status": Investigation.model_validate_json(one.result).status if one.result else "interrupted",
            "resumable": one.resumable,
        }
        for one in found
    ]
