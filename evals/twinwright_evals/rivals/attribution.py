"""DoWhy's graphical causal models: which noise terms explain the anomaly of one target.

P. Blöbaum et al., "DoWhy-GCM: An extension of DoWhy for causal inference in graphical causal models", JMLR 25 (2024);
K. Budhathoki et al., "Causal structure-based root cause analysis of outliers", ICML 2022. It is told the causal order:
a signal depends on the signals of the twins that feed its own, and on the earlier ones of its own twin.
"""

from __future__ import annotations

import random
from typing import Any

import networkx as nx
import numpy as np

from .baro import change_sample, robust_scores
from .synthetic import SIGNALS_PER_TWIN, Question

BLOCK = 10  # samples in a row of the table: longer than any lag, as the rows are taken for independent
_ANOMALIES = 3
_PERMUTATIONS = 20
_DRAWS = 500


def rank(question: Question) -> list[int]:
    """Columns, likeliest cause first: the target's ancestors by their share in its anomaly (mean of three rows).

    The target is what is complained of, else the signal that left its past the furthest.

    Raises:
        ImportError: dowhy isn't installed.
    """
    import pandas as pd
    from dowhy import gcm
    from dowhy.gcm.shapley import ShapleyApproximationMethods, ShapleyConfig

    gcm.config.disable_progress_bars()
    gcm.config.set_default_n_jobs(1)
    gcm.util.general.set_random_seed(0)
    random.seed(0)
    values = question.values
    count = values.shape[1] // BLOCK
    change = change_sample(values)
    target = question.complaint
    if target is None:
        target = int(robust_scores(values, change).argmax())
    graph = causal_graph(question)
    graph = graph.subgraph(nx.ancestors(graph, target) | {target}).copy()
    rows = values[list(graph), -count * BLOCK :].reshape(len(graph), count, BLOCK).mean(axis=2)
    frame = pd.DataFrame(rows.T, columns=list(graph))
    model: Any = gcm.InvertibleStructuralCausalModel(graph)
    for column in graph:
        linear = gcm.AdditiveNoiseModel(gcm.ml.create_linear_regressor())
        model.set_causal_mechanism(column, linear if graph.in_degree(column) else gcm.EmpiricalDistribution())
    cut = min(max(change // BLOCK, 10), count - _ANOMALIES)
    gcm.fit(model, frame.iloc[:cut])
    since = np.linspace(cut, count - 1, _ANOMALIES).astype(int)
    config = ShapleyConfig(ShapleyApproximationMethods.PERMUTATION, num_permutations=_PERMUTATIONS, n_jobs=1)
    shares = gcm.attribute_anomalies(
        model, target, frame.iloc[since], num_distribution_samples=_DRAWS, shapley_config=config
    )
    return [int(column) for column in sorted(shares, key=lambda one: -float(np.mean(shares[one])))]


def causal_graph(question: Question) -> nx.DiGraph[int]:
    """Columns with an edge wherever the plant's relationships allow one."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    signals = len(question.values)
    graph.add_nodes_from(range(signals))
    for begin, end in question.feeds:
        effects = _columns(end, signals)
        graph.add_edges_from((cause, effect) for cause in _columns(begin, signals) for effect in effects)
    for column in range(signals):
        first = column - column % SIGNALS_PER_TWIN
        graph.add_edges_from((cause, column) for cause in range(first, column))
    return graph


def _columns(twin: int, signals: int) -> range:
    return range(SIGNALS_PER_TWIN * twin, min(SIGNALS_PER_TWIN * (twin + 1), signals))
