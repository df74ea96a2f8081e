"""What each feature of a possible cause counts for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("weights.json")


@dataclass(frozen=True)
class Weights:
    """Weights of the features, and what turns scores into probabilities.

    Attributes:
        features: feature to what it adds to the logarithm of a cause's odds, for each unit of it.
        fault: the same for whether anything is wrong at all; "intercept" among them.
        confidence: the same for whether the first hypothesis is right, see `confidence.evidence_of`.
        origin: the same for whether an instrument has failed, and not the plant, see `sensors.origin_features`.
        source: what they were fitted on, in words.
    """

    features: Mapping[str, float]
    fault: Mapping[str, float]
    confidence: Mapping[str, float]
    origin: Mapping[str, float]
    source: str

    def score(self, row: Mapping[str, float]) -> float:
        """The weighted sum of a row of features; those without a weight count for nothing."""
        return sum(self.features.get(name, 0.0) * value for name, value in row.items())


@cache
def load_weights() -> Weights:
    """The weights of `weights.json`."""
    known = json.loads(_FILE.read_text(encoding="utf-8"))
    return Weights(known["features"], known["fault"], known["confidence"], known["origin"], known["source"])
