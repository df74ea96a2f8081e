"""The fits behind the engine's weights, on runs made up for them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from twinwright_evals.calibrate import (
    FAULT_PRIOR,
    PRIOR,
    Case,
    fit,
    fit_causes,
    fit_logistic,
    main,
    shares,
    with_usual_share,
)
from twinwright_evals.campaign.scenario import HEALTHY_SHARE
from twinwright_evals.origin_fit import ORIGIN_PRIOR, OriginCase, fit_origin
from twinwright_tools.diagnosis.confidence import evidence_of
from twinwright_tools.diagnosis.features import FEATURES
from twinwright_tools.diagnosis.sensors import ORIGIN_FEATURES, SHARE
from twinwright_tools.diagnosis.weights import load_weights

SPREAD = FEATURES.index("spread")


def case(seed: int, *, healthy: bool = False) -> Case:
    """Six twins, of which the one with the largest spread is the cause."""
    rng = np.random.default_rng(seed)
    rows = np.abs(rng.normal(0.0, 0.3, (6, len(FEATURES))))
    right = np.zeros(6, dtype=np.bool_)
    if not healthy:
        right[rng.integers(6)] = True
        rows[right, SPREAD] += 2.0
    strength = float(rng.normal(0.3 if healthy else 2.0, 0.3))
    fault = {"intercept": 1.0, "strongest": strength, "broken": strength, "asked": 0.0, "alarm": 0.0}
    return Case(rows, right, fault, not healthy, 1.0)


CASES = [case(seed, healthy=seed % 5 == 0) for seed in range(150)]


def test_the_fit_learns_what_tells_the_cause_and_keeps_the_rest_near_what_was_thought() -> None:
    weight = fit_causes([one for one in CASES if one.faulty])
    assert weight[SPREAD] > PRIOR["spread"] + 0.5
    assert abs(weight[FEATURES.index("same_quantity")] - PRIOR["same_quantity"]) < 0.3
    assert set(PRIOR) == set(FEATURES)


def test_a_heavier_penalty_stays_nearer_to_the_prior() -> None:
    faulty = [one for one in CASES if one.faulty]
    prior = np.array([PRIOR[name] for name in FEATURES])
    near, far = (np.abs(fit_causes(faulty, penalty) - prior).sum() for penalty in (10.0, 0.01))
    assert near < 0.2 * far


def test_more_healthy_runs_than_usual_weigh_as_many_as_usual() -> None:
    many = with_usual_share([*CASES, *(case(seed, healthy=True) for seed in range(500, 900))])
    healthy, faulty = (sum(one.weight for one in many if one.faulty == kind) for kind in (False, True))
    assert healthy / (healthy + faulty) == pytest.approx(HEALTHY_SHARE)
    assert {one.weight for one in many if one.faulty} == {1.0}


def test_shares_are_probabilities() -> None:
    found = shares(CASES[1], np.full(len(FEATURES), 5.0))
    assert found.sum() == pytest.approx(1.0) and (found >= 0.0).all()


def test_logistic_regression_is_that_of_the_textbook() -> None:
    rows = np.column_stack([np.ones(4), [0.0, 0.0, 1.0, 1.0]])
    labels = np.array([False, True, True, True])
    fitted = fit_logistic(rows, labels, np.array([3.0, 1.0, 3.0, 1.0]), 1e-5)
    assert fitted[0] == pytest.approx(np.log(1.0 / 3.0), abs=0.05)  # one of four at x = 0
    assert fitted[1] > 1.0


def test_the_whole_document_tells_faulty_from_healthy_and_sure_from_unsure() -> None:
    document = fit(CASES, [])
    assert document["fault"]["strongest"] + document["fault"]["broken"] > 1.0
    assert {name: document["fault"][name] for name in FAULT_PRIOR} == FAULT_PRIOR
    rows = [dict(zip(FEATURES, row, strict=True)) for row in CASES[1].features.tolist()]
    sure, unsure = (
        sum(document["confidence"][name] * told for name, told in evidence_of(scores, rows, CASES[1].fault, {}).items())
        for scores in ([6.0, 1.0, 0.0], [1.0, 0.9, 0.8])
    )
    assert sure > unsure
    assert set(document) == set(json.loads(Path(weights_file()).read_text()))


def weights_file() -> Path:
    import twinwright_tools.diagnosis.weights as module

    return Path(str(module.__file__)).with_name("weights.json")


def test_the_weights_that_come_along_have_every_feature() -> None:
    known = load_weights()
    assert set(known.features) == set(FEATURES)
    assert set(known.confidence) == set(evidence_of([0.0], [dict.fromkeys(FEATURES, 0.0)], CASES[0].fault, {}))
    assert set(known.origin) == set(ORIGIN_FEATURES)


def test_the_origin_is_learned_from_what_instruments_show_and_the_rest_stays_as_thought() -> None:
    rng = np.random.default_rng(4)
    cases = [
        OriginCase(
            dict.fromkeys(ORIGIN_FEATURES, 0.0) | {"intercept": 1.0, "white": float(sensor) * rng.random()}, sensor, 1.0
        )
        for sensor in (False, True)
        for _ in range(40)
    ]
    found = fit_origin(cases)
    assert found["white"] > ORIGIN_PRIOR["white"]
    assert found["pair"] == pytest.approx(ORIGIN_PRIOR["pair"], abs=1e-3)
    assert set(found) == {"intercept", *ORIGIN_PRIOR}


def test_without_both_kinds_the_origin_is_what_was_thought_of_it() -> None:
    known = fit_origin([])
    assert {name: known[name] for name in ORIGIN_PRIOR} == ORIGIN_PRIOR
    assert 1.0 / (1.0 + np.exp(-known["intercept"])) == pytest.approx(SHARE)


def test_nothing_is_fitted_on_test_seeds_or_on_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seeds in ("990-1000", "0-3"):
        with pytest.raises(SystemExit) as ended:
            main(["--campaign", str(tmp_path), "--seeds", seeds, "--out", str(tmp_path / "weights.json")])
        assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "testing" in told and "no visible faulty run" in told
    assert not (tmp_path / "weights.json").exists()
