"""The fit behind "sensor or process": what each sign of a failed instrument counts for.

A logistic regression over the true causes of simulated runs, each by the signal that speaks most against it: was it an
instrument or the plant? The weights are drawn towards what was thought of them beforehand, so that a sign which the
simulations hardly show (a redundant pair: on the demo plant only) keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from twinwright_tools.diagnosis.failure_modes import load_library
from twinwright_tools.diagnosis.instruments import Instruments
from twinwright_tools.diagnosis.ranking import Candidate
from twinwright_tools.diagnosis.relations import Relations
from twinwright_tools.diagnosis.sensors import ORIGIN_FEATURES, SHARE, signs_of
from twinwright_tools.diagnosis.suspicion import Look
from twinwright_tools.twins.dtdl import ModelSet
from twinwright_tools.twins.graph import TwinGraph

Floats = npt.NDArray[np.float64]

ORIGIN_PRIOR = {
    "silence": 1.0,
    "pair": 2.0,
    "instrument": 3.0,
    "told": -1.0,
    "condition": -1.0,
    "logged": -2.0,
    "contradicted": 0.6,
    "rest": -0.3,
    "white": 1.5,
    "scatter": 0.8,
    "restless": -0.7,
    "step": 0.5,
    "own": -0.5,
    "around": -0.3,
    "own_share": -0.5,
}
ORIGIN_PENALTY = 0.005
_SEEN = 5  # places of the ranking down to which a true cause is taken …
_INVISIBLE = 0.4  # … and only first ones of faults that hardly show, which count for less


@dataclass(frozen=True)
class OriginCase:
    """One true cause: its `ORIGIN_FEATURES`, whether it is an instrument's fault, and what it counts for."""

    features: Mapping[str, float]
    sensor: bool
    weight: float


@dataclass(frozen=True)
class Scene:
    """A run as it was looked at and ranked."""

    look: Look
    relations: Relations
    graph: TwinGraph
    models: ModelSet
    candidates: Sequence[Candidate]
    visible: bool


def origin_cases(scene: Scene, faults: Mapping[str, bool], weight: float) -> Iterator[OriginCase]:
    """The true causes that the ranking has in its first places.

    Args:
        faults: twin to whether an instrument of it failed.
        weight: of the run.
    """
    plant = Instruments(scene.graph, scene.models, load_library())
    places = {twin: place for place, twin in enumerate(dict.fromkeys(one.twin for one in scene.candidates), start=1)}
    for twin, sensor in faults.items():
        key = next((one.signal for one in scene.candidates if one.twin == twin and one.signal is not None), None)
        if key is None or places[twin] > (_SEEN if scene.visible else 1):
            continue
        signs = signs_of(key, scene.look, scene.relations, plant)
        yield OriginCase(signs.features, sensor, weight * (1.0 if scene.visible else _INVISIBLE))


def fit_origin(cases: Sequence[OriginCase], penalty: float = ORIGIN_PENALTY) -> dict[str, float]:
    """The weights; the prior's where there are not both kinds to learn from."""
    prior = np.array([ORIGIN_PRIOR.get(name, 0.0) for name in ORIGIN_FEATURES])
    prior[0] = np.log(SHARE / (1.0 - SHARE))
    if len({case.sensor for case in cases}) < 2:
        return dict(zip(ORIGIN_FEATURES, prior.tolist(), strict=True))
    rows = np.array([[case.features[name] for name in ORIGIN_FEATURES] for case in cases])
    labels = np.array([float(case.sensor) for case in cases])
    weight = _balanced(np.array([case.weight for case in cases]), labels)
    kept = np.array([float(name != "intercept") for name in ORIGIN_FEATURES])

    def loss(fitted: Floats) -> tuple[float, Floats]:
        scores, away = rows @ fitted, fitted - prior
        chances = 1.0 / (1.0 + np.exp(-np.clip(scores, -30.0, 30.0)))
        value = float(weight @ (np.logaddexp(0.0, scores) - labels * scores))
        slope = (weight * (chances - labels)) @ rows
        return value + penalty * float(kept @ away**2), slope + 2.0 * penalty * kept * away

    found = minimize(loss, prior, jac=True, method="L-BFGS-B").x
    return dict(zip(ORIGIN_FEATURES, found.tolist(), strict=True))


def _balanced(weight: Floats, labels: Floats) -> Floats:
    """Weights that sum to 1, of which the instruments' faults have their share."""
    shared = weight.copy()
    for kind, share in ((1.0, SHARE), (0.0, 1.0 - SHARE)):
        shared[labels == kind] *= share / shared[labels == kind].sum()
    return shared
