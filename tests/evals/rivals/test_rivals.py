"""Synthetic plants hold what they promise, and each rival finds what it should on data made for it."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from twinwright_evals.rivals import attribution, baro, discovery
from twinwright_evals.rivals.child import METHODS, run
from twinwright_evals.rivals.engine import Asked, key_of
from twinwright_evals.rivals.synthetic import (
    FAULTS,
    SENSOR_FAULTS,
    Link,
    Question,
    Truth,
    make,
    read_question,
    read_truth,
    simulate,
    twin_name,
)

# Two chains: 0 → 1 → 2, and 3 → 4; no signal remembers much.
LINKS = [Link(0, 1, 1, 1.0), Link(1, 2, 2, -1.0), Link(3, 4, 5, 1.0)]
MEMORY = np.full(5, 0.5)
ONSET = 1500


def played(fault: str | None, column: int = 1, size: float = 5.0) -> np.ndarray:
    truth = Truth(fault, column, ONSET) if fault else Truth(None, None, None)  # type: ignore[arg-type]
    return simulate(LINKS, MEMORY, 2000, 11, truth, size)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_shows_where_it_should_and_nowhere_else(fault: str) -> None:
    changed = np.abs(played(fault) - played(None)).max(axis=1) > 1e-9
    reached = [False, True, fault not in SENSOR_FAULTS, False, False]
    assert changed.tolist() == reached
    before = played(fault)[:, :ONSET] - played(None)[:, :ONSET]
    assert np.abs(before).max() < 1e-9


def test_a_lasting_upset_goes_through_a_link_with_its_gain() -> None:
    moved = (played("step") - played(None))[:, -200:].mean(axis=1)
    assert moved[1] == pytest.approx(5.0) and moved[2] == pytest.approx(-5.0, abs=0.01)


@settings(max_examples=15)
@given(st.integers(0, 1000), st.integers(5, 60))
def test_the_same_seed_makes_the_same_plant_and_the_question_keeps_the_truth_to_itself(seed: int, signals: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        for folder in (one, other):
            make(Path(folder), signals, 400, seed)
        asked, again = read_question(Path(one)), read_question(Path(other))
        told = json.loads((Path(one) / "plant.json").read_text())
        truth = read_truth(Path(one))
    assert np.array_equal(asked.values, again.values) and asked.feeds == again.feeds
    assert set(told) == {"feeds", "complaint"}
    assert asked.values.shape == (signals, 400) and np.isfinite(asked.values).all()
    assert all(begin < end for begin, end in asked.feeds)
    assert (truth.fault is None) == (seed % 6 == 5)
    assert truth.twin is None or truth.twin in {twin_name(number) for number in range(-(-signals // 5))}
    assert asked.complaint is None or truth.column is None or asked.complaint // 5 != truth.column // 5


def test_the_change_is_found_where_it_is() -> None:
    values = np.random.default_rng(3).normal(size=(8, 5000))
    values[2:5, 4000:] += 3.0
    assert abs(baro.change_sample(values) - 4000) <= 40


def test_scores_are_in_interquartile_ranges_of_before() -> None:
    values = np.vstack([np.r_[np.arange(101.0), 150.0, 60.0], np.full(103, 7.0)])
    assert baro.robust_scores(values, 101).tolist() == pytest.approx([2.0, 0.0])


def test_run_lengths_are_a_distribution_with_the_density_of_scipy() -> None:
    course = np.random.default_rng(1).normal(size=(40, 3))
    assert np.exp(baro.run_lengths(course)).sum() == pytest.approx(1.0)
    mean, rate = np.array([[0.0, 0.5]]), np.array([[1.0, 2.0]])
    found = baro._student_t(np.array([0.3, -1.0]), mean, np.array([2.0]), np.array([1.5]), rate)
    scale = np.sqrt(rate * (2.0 + 1.0) / (2.0 * 1.5))
    assert found == pytest.approx(stats.t.logpdf([0.3, -1.0], 3.0, mean, scale).sum(axis=1))


def test_what_a_cause_explains_is_taken_away() -> None:
    values = played("step", column=0)
    links = {0: [], 1: [(0, 1), (0, 2), (0, 3)], 2: [(1, 2), (1, 3), (1, 4)], 3: [], 4: [(3, 5)]}
    raw = baro.robust_scores(values, ONSET)
    left = baro.robust_scores(discovery.unexplained(values, links, ONSET), ONSET)
    assert raw[1] > 0.8 * raw[0]  # the effect stands out as the cause does …
    assert left.argmax() == 0 and left[2] < 0.7 * raw[2]  # … but for what the cause explains


def test_pcmci_learns_the_links() -> None:
    pytest.importorskip("tigramite")
    learned = discovery.learned_links(played(None)[:, :1000])
    assert (0, 1) in learned[1] and (1, 2) in learned[2] and (3, 5) in learned[4]
    assert learned[0] == [] or all(cause != 1 for cause, _ in learned[3])
    assert discovery.rank(Question(played("step"), (), None))[0] == 1


def test_the_causal_graph_has_no_cycle_and_follows_the_relationships() -> None:
    graph = attribution.causal_graph(Question(np.zeros((13, 4)), ((0, 1), (1, 2)), None))
    assert nx.is_directed_acyclic_graph(graph)
    assert graph.has_edge(0, 5) and graph.has_edge(9, 12) and graph.has_edge(3, 4) and not graph.has_edge(0, 10)


def test_attribution_blames_the_noise_of_the_source() -> None:
    pytest.importorskip("dowhy")
    values = np.vstack([played("step", column=0)[:3], played(None)[3:]])
    ranked = attribution.rank(Question(values, (), 2))
    assert ranked[0] == 0 and set(ranked) == {0, 1, 2}


def test_the_engine_is_asked_the_same_question(tmp_path: Path) -> None:
    make(tmp_path, 23, 600, 0)
    question = read_question(tmp_path)
    asked = Asked(question)
    assert list(asked.series) == [key_of(column) for column in range(23)]
    assert all(np.shares_memory(one.values, question.values) for one in asked.series.values())
    assert len(asked.graph.twins) == 5 and len(asked.graph.relationships) == len(question.feeds)
    assert asked.diagnosis().at == asked.at


@pytest.mark.parametrize("method", ["twinwright", "BARO-style"])
def test_a_run_has_figures_and_distinct_twins(method: str, tmp_path: Path) -> None:
    make(tmp_path, 30, 600, 0)
    found = run(method, tmp_path)
    assert found["seconds"] > 0.0 and found["peak_bytes"] >= found["before_bytes"] > 2**20
    assert len(set(found["twins"])) == len(found["twins"]) <= 10
    assert set(found["twins"]) <= {twin_name(number) for number in range(6)}
    assert (found["blames"] is None) == (method != "twinwright")


def test_a_method_whose_package_is_absent_says_which(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    absent = type(METHODS["dowhy.gcm"])(("not_to_be_had.gcm",), METHODS["dowhy.gcm"].prepare)
    monkeypatch.setitem(METHODS, "dowhy.gcm", absent)
    assert run("dowhy.gcm", tmp_path) == {"missing": "not_to_be_had"}
