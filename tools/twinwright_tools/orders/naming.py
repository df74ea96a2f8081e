"""Which of several twins a text names: "pump 1 shakes", on an order that stands on the whole station."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from math import log
from typing import Literal

from .likeness import terms

_NUMBER = re.compile(r"\d+")
_NAMED = 0.6  # the share of a name, weighted by how few neighbours share its words, that has to be there


def name_terms(name: str) -> frozenset[str]:
    """The words and numbers of a name; ``line-3-conveyor-4`` and "Conveyor 3.4" share conveyor, 3 and 4."""
    return frozenset([*terms(name), *(number.lstrip("0") or "0" for number in _NUMBER.findall(name))])


def named(text: str, names: Sequence[str], others: Mapping[str, Sequence[str]]) -> Literal["it", "another", "unclear"]:
    """Whether a text names the twin of these names, another one rather, or can't be told.

    Args:
        others: its neighbours by id, each with its names.
    """
    every = [names, *others.values()]
    shared = Counter(term for each in every for term in frozenset().union(*(name_terms(name) for name in each)))
    weights = {term: log(1 + len(every) / count) for term, count in shared.items()}
    found = name_terms(text)
    own = _share(names, found, weights)
    best = max((_share(each, found, weights) for each in others.values()), default=(0.0, 0.0))
    if own[0] >= _NAMED and own > best:
        return "it"
    return "another" if best[0] >= _NAMED and best > own else "unclear"


def _share(names: Sequence[str], found: frozenset[str], weights: Mapping[str, float]) -> tuple[float, float]:
    """The share of the best of the names that was found, and its weight: the drive of pump 1 is more than pump 1."""
    shares = []
    for name in names:
        asked = name_terms(name)
        whole, there = (sum(weights[term] for term in sorted(some)) for some in (asked, asked & found))
        shares.append((there / whole if whole else 0.0, there))
    return max(shares, default=(0.0, 0.0))
