"""The leading hypotheses of a diagnosis tried in the models that are attached to their twins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..diagnosis.result import Diagnosis, Hypothesis
from ..errors import SimulationError
from .attachment import attachments
from .simulate import Tell
from .whatif import compare_hypothesis

if TYPE_CHECKING:
    from ..plant import Plant

_MOST = 3  # hypotheses that are tried: each takes seconds


def try_hypotheses(plant: Plant, found: Diagnosis, tell: Tell = lambda text: None) -> Diagnosis:
    """The diagnosis with evidence for or against its leading hypotheses, from the models of the plant.

    Only hypotheses whose twin and failure mode a model knows are tried. Confidences stay as they are: how much a model
    is to be believed isn't calibrated. A model that can't be run is said so among the assumptions.
    """
    known, wrong = attachments(plant)
    modelled = {(twin, mode) for one in known for twin in one.twins for mode in one.modes_of(twin)}
    rows: list[dict[str, Any]] = []
    notes = [f"A model attachment was left out: {error}" for error in wrong]
    hypotheses: list[Hypothesis] = []
    for one in found.hypotheses:
        if (one.twin, one.mode) in modelled and len(rows) < _MOST and one.mode is not None:
            tell(f"trying {one.mode} of {one.twin} in its model")
            try:
                tried = compare_hypothesis(plant, one.twin, one.mode, onset=one.onset, tell=tell)
            except SimulationError as error:
                notes.append(f"{one.mode} of {one.twin} couldn't be tried in its model: {error}")
            else:
                rows.append(tried.evidence() | {"id": f"W{len(rows) + 1}"})
                one = replace(one, evidence=(*one.evidence, rows[-1]["id"]))
        hypotheses.append(one)
    if not rows and not notes:
        notes = ["No leading hypothesis has a model attached to its twin that knows its failure mode."]
    return replace(
        found,
        hypotheses=tuple(hypotheses),
        evidence=(*found.evidence, *rows),
        assumptions=(*found.assumptions, *notes),
    )
