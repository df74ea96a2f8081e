"""Tigramite: the lagged causal graph learned from the plant's past alone, then the signals that it no longer explains.

J. Runge et al., "Detecting and quantifying causal associations in large nonlinear time series datasets", Science
Advances 5 (2019): PCMCI with partial correlation. Signals are then ranked as by M. Li et al., "Causal inference-based
root cause analysis for online service systems with intervention recognition", KDD 2022: by what a regression on their
learned causes leaves unexplained since the change.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .baro import change_sample, robust_scores
from .synthetic import Question

Floats = npt.NDArray[np.float64]
MOST_LAG = 5
_LEARNED = 1000  # samples that the graph is learned from, the last ones before the change
_ALPHA = 0.01
_MOST_CONDITIONS = 2


def rank(question: Question) -> list[int]:
    """Columns, likeliest cause first: the largest residual since the change, in interquartile ranges of before.

    Raises:
        ImportError: tigramite isn't installed.
    """
    values = question.values
    change = change_sample(values)
    links = learned_links(values[:, max(0, change - _LEARNED) : change])
    scores = robust_scores(unexplained(values, links, change), change)
    return [int(column) for column in np.argsort(-scores, kind="stable")]


def learned_links(past: Floats) -> dict[int, list[tuple[int, int]]]:
    """For each column the (cause, lag) that PCMCI finds, its own past left out."""
    from tigramite.data_processing import DataFrame
    from tigramite.independence_tests.parcorr import ParCorr
    from tigramite.pcmci import PCMCI

    search = PCMCI(DataFrame(past.T.copy()), ParCorr(significance="analytic"), verbosity=0)
    found = search.run_pcmci(
        tau_min=1, tau_max=MOST_LAG, pc_alpha=_ALPHA, alpha_level=_ALPHA, max_conds_dim=_MOST_CONDITIONS
    )
    links: dict[int, list[tuple[int, int]]] = {column: [] for column in range(len(past))}
    for cause, effect, lag in np.argwhere(found["graph"] == "-->"):
        if cause != effect:
            links[int(effect)].append((int(cause), int(lag)))
    return links


def unexplained(values: Floats, links: dict[int, list[tuple[int, int]]], change: int) -> Floats:
    """Each column less its regression on its causes, fitted on what was before the change (intercept included)."""
    left = values.copy()
    samples = values.shape[1]
    for column, causes in links.items():
        inputs = np.ones((samples, 1 + len(causes)))
        for place, (cause, lag) in enumerate(causes, start=1):
            inputs[lag:, place] = values[cause, : samples - lag]
            inputs[:lag, place] = values[cause, 0]
        weights, *_ = np.linalg.lstsq(inputs[:change], values[column, :change], rcond=None)
        left[column] -= inputs @ weights
    return left
