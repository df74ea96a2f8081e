"""`python -m twinwright_evals.calibrate`: fits what the engine's features count for, and its confidences.

Only simulated plants are used: the demo plant's campaign (seeds 0 to 999) for what tells a cause from other twins, and
the same with random process plants for the chance that anything is wrong and for how sure the engine may be. None of
the data packs, and none of the test seeds (1000 and up), is read.

Four fits, each a few numbers:
1. Causes: a conditional logit (McFadden 1974) over the twins of each visible faulty run, drawn towards `PRIOR` by a
   quadratic penalty; so features that the campaign doesn't exercise keep what was thought of them beforehand.
2. Fault: a logistic regression of faulty against healthy over `confidence.fault_features`.
3. Confidence: a logistic regression (Platt 1999) of "the first hypothesis is right" over `confidence.evidence_of`, with
   the scores of runs that the fit of the causes hasn't seen (five folds).
4. Origin: whether an instrument or the plant has failed, see `origin_fit.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from twinwright_tools.diagnosis import Symptom, weights
from twinwright_tools.diagnosis.actuators import passages_of
from twinwright_tools.diagnosis.confidence import evidence_of, fault_features, substantiated
from twinwright_tools.diagnosis.engine import alarm_signals, typical_interval
from twinwright_tools.diagnosis.explained import discounted, explanations
from twinwright_tools.diagnosis.failure_modes import load_library
from twinwright_tools.diagnosis.features import FEATURES, asked_of, features_of, measure_twins
from twinwright_tools.diagnosis.looking import look_at
from twinwright_tools.diagnosis.maintenance import MaintenanceEvent
from twinwright_tools.diagnosis.ranking import rank
from twinwright_tools.diagnosis.relations import relations_of
from twinwright_tools.diagnosis.weights import load_weights
from twinwright_tools.times import to_micros

from .bench_diagnosis.simulated import is_sensor_fault
from .campaign import store
from .campaign.__main__ import seeds_of
from .campaign.jobs import jobs_of
from .campaign.scenario import HEALTHY_SHARE
from .origin_fit import OriginCase, Scene, fit_origin, origin_cases
from .random_plants.cache import load_cases

Floats = npt.NDArray[np.float64]

# What was thought of each feature before anything was fitted, in natural logarithms of odds for each unit of it: broken
# relations tell more than shifted levels, what upstream explains is no cause, what breaks first is likelier one, and
# the largest of many signals tells less. What rests as it never did while all around it moves is stuck itself.
PRIOR = {
    "level": 0.25,
    "spread": 0.1,
    "own": 0.5,
    "fresh": 0.6,
    "upstream": 0.6,
    "fresh_upstream": 0.6,
    "around": 0.3,
    "settled": 0.3,
    "silence": 0.3,
    "share": 0.3,
    "state": 2.5,
    "signals": -0.7,
    "explains_broken": 0.8,
    "explains_level": 0.8,
    "upstream_broken": -0.3,
    "upstream_level": -1.1,
    "loop_broken": -0.6,
    "early_level": 0.7,
    "early_broken": 0.4,
    "reaches": 0.3,
    "same_quantity": 0.9,
    "quiet": -0.3,
    "parted_after": 1.2,
    "parted_before": -1.2,
    "held_alone": 2.5,
}
# The same for the chance that anything is wrong, of what simulated plants can't teach: nobody complains there but by
# rule, and none has alarms. A complaint that the data bears out, and an alarm, are strong evidence of trouble.
FAULT_PRIOR = {"asked": 3.0, "alarm": 5.0}
PENALTY = 0.07  # of a squared unit away from the prior, against the mean log-likelihood of a run
_FAULT_PENALTY, _CONFIDENCE_PENALTY = 0.002, 0.001
_FOLDS = 5
_RANDOM_WEIGHT = 0.3  # of a random plant's run against one of the campaign, for confidence


@dataclass(frozen=True)
class Case:
    """One run as the fits see it.

    Attributes:
        features: (twins, FEATURES); right: which of the twins are true causes, none where nothing is wrong.
        fault: `fault_features` of the run; visible: whether a fault shows at all.
        origins: of its true causes, whether it was an instrument.
    """

    features: Floats
    right: npt.NDArray[np.bool_]
    fault: dict[str, float]
    visible: bool
    weight: float
    origins: tuple[OriginCase, ...] = ()

    @property
    def faulty(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.right.any())


def case_of(
    run: Any,
    faults: Mapping[str, bool],
    symptoms: Sequence[Symptom],
    visible: bool,
    weight: float,
    events: Sequence[MaintenanceEvent] = (),
) -> Case:
    """The features of a run (of the campaign or a random plant), and the truth beside them.

    Args:
        faults: each twin at fault, and whether an instrument of it failed.
        events: what people did, as the run's history tells.
    """
    relations = relations_of(run.graph)
    library = load_library()
    look = look_at(run.signals, run.infos, to_micros(run.at), run.graph, relations)
    found = discounted(look.found, explanations(look, events, run.graph, run.models, relations, library))
    alarms = alarm_signals(run.infos, run.graph, run.models)
    asked = asked_of(symptoms, run.graph, look.found, alarms)
    passages = passages_of(found, run.graph, run.models, relations, library)
    measures = measure_twins(found, run.graph.twins, alarms, asked, passages)
    rows = features_of(measures, relations, asked, typical_interval(run.infos))
    step_s = typical_interval(run.infos)
    candidates = rank(found, run.graph, relations, asked, alarms, load_weights(), step_s, passages)
    scene = Scene(look, relations, run.graph, run.models, candidates, visible)
    return Case(
        np.array([[row.get(name, 0.0) for name in FEATURES] for row in rows.values()]),
        np.array([twin in faults for twin in rows]),
        fault_features(found, substantiated(look.found, symptoms), alarms),
        visible,
        weight,
        tuple(origin_cases(scene, faults, weight)),
    )


def campaign_case(folder: Path, seed: int) -> Case:
    """A run of the campaign that lies in the folder."""
    run = store.load(folder, seed)
    faults = {one.twin: is_sensor_fault(one.mode) for one in (run.truth, *run.truth.also) if one.twin is not None}
    return case_of(run, faults, run.symptoms, run.sight.visible, 1.0, jobs_of(run))


def campaign_cases(folder: Path, seeds: Sequence[int], jobs: int) -> Iterator[Case]:
    """The runs of those seeds that the folder has."""
    kept = [seed for seed in seeds if store.path_of(folder, seed).is_file()]
    with ProcessPoolExecutor(jobs) as pool:
        for number, case in enumerate(pool.map(partial(campaign_case, folder), kept, chunksize=4), 1):
            if number % 20 == 0 or number == len(kept):
                print(f"{number} of {len(kept)} runs", file=sys.stderr, flush=True)
            yield case


def with_usual_share(campaign: Sequence[Case]) -> list[Case]:
    """The runs, of which the healthy ones weigh as many as the campaign has: more may be there, to know them better."""
    faulty = sum(case.faulty for case in campaign)
    weight = HEALTHY_SHARE / (1.0 - HEALTHY_SHARE) * faulty / max(len(campaign) - faulty, 1)
    return [case if case.faulty else replace(case, weight=weight) for case in campaign]


def random_cases(folder: Path) -> Iterator[Case]:
    """The random plants that the folder has."""
    for case in load_cases(folder):
        faults = dict.fromkeys(case.truth["twins"], is_sensor_fault(case.truth["kind"]))
        yield case_of(case, faults, case.symptoms, case.truth["visible"], _RANDOM_WEIGHT)


def fit_causes(cases: Sequence[Case], penalty: float = PENALTY) -> Floats:
    """Weights of the features: the conditional logit drawn towards the prior."""
    prior = np.array([PRIOR[name] for name in FEATURES])

    def loss(weight: Floats) -> tuple[float, Floats]:
        value, slope = 0.0, np.zeros_like(weight)
        for case in cases:
            chances = shares(case, weight)
            right = max(float(chances[case.right].sum()), 1e-12)
            value -= np.log(right)
            slope += chances @ case.features - (chances[case.right] / right) @ case.features[case.right]
        away = weight - prior
        return value / len(cases) + penalty * float(away @ away), slope / len(cases) + 2.0 * penalty * away

    return _minimum(loss, prior)


def shares(case: Case, weight: Floats) -> Floats:
    """Probability of each twin, if one of them is the cause."""
    scores = case.features @ weight
    odds = np.exp(scores - scores.max())
    return np.asarray(odds / odds.sum(), dtype=np.float64)


def fit_logistic(rows: Floats, labels: npt.NDArray[np.bool_], weight: Floats, penalty: float) -> Floats:
    """Logistic regression; the first column is the intercept and isn't penalised."""
    kept = np.ones(rows.shape[1])
    kept[0] = 0.0

    def loss(fitted: Floats) -> tuple[float, Floats]:
        scores = rows @ fitted
        chances = 1.0 / (1.0 + np.exp(-np.clip(scores, -30.0, 30.0)))
        value = float(weight @ (np.logaddexp(0.0, scores) - labels * scores)) / weight.sum()
        slope = (weight * (chances - labels)) @ rows / weight.sum()
        return value + penalty * float(kept @ fitted**2), slope + 2.0 * penalty * kept * fitted

    return _minimum(loss, np.zeros(rows.shape[1]))


def _minimum(loss: Callable[[Floats], tuple[float, Floats]], start: Floats) -> Floats:
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x, dtype=np.float64)


def fit_fault(cases: Sequence[Case]) -> dict[str, float]:
    """What tells a plant with a visible fault from a healthy one."""
    told = [case for case in cases if case.visible or not case.faulty]
    names = [name for name in told[0].fault if name not in FAULT_PRIOR]
    rows = np.array([[case.fault[name] for name in names] for case in told])
    labels = np.array([case.faulty for case in told])
    weight = np.array([case.weight for case in told])
    # Healthy runs are few: both kinds weigh alike, so that the chance isn't that of the campaign's mixture.
    for kind in (True, False):
        weight[labels == kind] /= weight[labels == kind].sum()
    fitted = fit_logistic(rows, labels, weight, _FAULT_PENALTY).tolist()
    return dict(zip(names, fitted, strict=True)) | FAULT_PRIOR


def out_of_fold(cases: Sequence[Case]) -> list[Floats]:
    """The scores of each run's twins, under weights that were fitted without it (and never on random plants)."""
    found: list[Floats] = [np.zeros(0)] * len(cases)
    for fold in range(_FOLDS):
        train = [c for i, c in enumerate(cases) if i % _FOLDS != fold and _teaches(c)]
        weight = fit_causes(train)
        for i in range(fold, len(cases), _FOLDS):
            found[i] = cases[i].features @ weight
    return found


def _teaches(case: Case) -> bool:
    return case.faulty and case.visible and case.weight == 1.0


def fit_confidence(cases: Sequence[Case], fault: dict[str, float]) -> dict[str, float]:
    """How likely the first hypothesis is right, by `confidence.evidence_of`."""
    found = out_of_fold(cases)
    told = [
        evidence_of(
            scores.tolist(),
            [dict(zip(FEATURES, row, strict=True)) for row in case.features.tolist()],
            case.fault,
            fault,
        )
        for scores, case in zip(found, cases, strict=True)
    ]
    rows = [list(one.values()) for one in told]
    labels = np.array([bool(case.right[int(s.argmax())]) for s, case in zip(found, cases, strict=True)])
    weight = np.array([case.weight for case in cases])
    return dict(zip(told[0], fit_logistic(np.array(rows), labels, weight, _CONFIDENCE_PENALTY).tolist(), strict=True))


def fit(campaign: Sequence[Case], random: Sequence[Case]) -> dict[str, Any]:
    """The document of `weights.json`."""
    campaign = with_usual_share(campaign)
    healthy = sum(not case.faulty for case in campaign)
    causes = fit_causes([case for case in campaign if _teaches(case)])
    fault = fit_fault([*campaign, *random])
    confidence = fit_confidence([*campaign, *random], fault)
    return {
        "source": f"{len(campaign)} runs of the demo plant's campaign, {healthy} of them healthy; "
        f"{len(random)} random process plants",
        "features": _rounded(dict(zip(FEATURES, causes.tolist(), strict=True))),
        "fault": _rounded(fault),
        "confidence": _rounded(confidence),
        "origin": _rounded(fit_origin([one for case in (*campaign, *random) for one in case.origins])),
    }


def _rounded(found: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in found.items()}


def main(words: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m twinwright_evals.calibrate", description=__doc__)
    parser.add_argument("--campaign", type=Path, required=True, help="folder of runs, by twinwright_evals.campaign")
    parser.add_argument("--random", type=Path, help="folder of cases, by twinwright_evals.random_plants")
    parser.add_argument("--seeds", type=seeds_of, default=list(range(1000)), metavar="0-999", help="of the campaign")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, default=Path(str(weights.__file__)).with_name("weights.json"))
    asked = parser.parse_args(words)
    if max(asked.seeds, default=0) >= 1000:
        parser.error("seeds from 1000 on are for testing: nothing is fitted on them")
    campaign = list(campaign_cases(asked.campaign, asked.seeds, asked.jobs))
    random = list(random_cases(asked.random)) if asked.random else []
    if not any(_teaches(case) for case in campaign) or all(case.faulty for case in campaign):
        parser.error(f"{asked.campaign} holds no visible faulty run, or no healthy one")
    document = fit(campaign, random)
    asked.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(document, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
