"""A fleet by time to limit, with ties told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..telemetry.series import SignalKey
from .outlook import Outlook
from .result import TimeToLimit


@dataclass(frozen=True, slots=True)
class Ranking:
    """A fleet by time to limit.

    Attributes:
        beyond: already beyond their limit, longest first.
        groups: soonest first; in a group are those whose order against the soonest of it isn't decided.
        undecided: by signal, the others with an answer whose order against it isn't decided.
        unanswered: without an honest answer.
    """

    beyond: tuple[Outlook, ...]
    groups: tuple[tuple[Outlook, ...], ...]
    undecided: dict[SignalKey, tuple[SignalKey, ...]]
    unanswered: tuple[Outlook, ...]


def ranked(told: Iterable[Outlook], sure: float = 0.8) -> Ranking:
    """Ranks by median crossing; an order is decided where one comes before the other with probability `sure`."""
    everything = list(told)
    beyond = sorted((one for one in everything if one.found.since is not None), key=lambda one: one.found.since or 0)
    answered = [one for one in everything if one.found.crossing is not None]
    answered.sort(key=lambda one: (one.found.crossing or 0, one.key))
    groups: list[list[Outlook]] = []
    for one in answered:
        if groups and before(groups[-1][0].found, one.found) < sure:
            groups[-1].append(one)
        else:
            groups.append([one])
    undecided: dict[SignalKey, list[SignalKey]] = {one.key: [] for one in answered}
    for one, other in combinations(answered, 2):
        if _overlap(one.found, other.found, sure) and 1 - sure < before(one.found, other.found) < sure:
            undecided[one.key].append(other.key)
            undecided[other.key].append(one.key)
    rest = [one for one in everything if one.found.crossing is None and one.found.since is None]
    rest.sort(key=lambda one: (one.found.reason or "", one.key))
    return Ranking(
        tuple(beyond), tuple(map(tuple, groups)), {key: tuple(keys) for key, keys in undecided.items()}, tuple(rest)
    )


def before(one: TimeToLimit, other: TimeToLimit) -> float:
    """The probability that one crosses before the other, if they know nothing of each other; ties count half."""
    low = np.searchsorted(one.draws, other.draws, side="left")
    high = np.searchsorted(one.draws, other.draws, side="right")
    return float(np.mean(low + high) / 2 / max(len(one.draws), 1))


def _overlap(one: TimeToLimit, other: TimeToLimit, sure: float) -> bool:
    """Whether an order could be undecided: where these ends are apart, it is decided, and pairs of a fleet are many."""
    tail = int((1 - sure) / 2 * len(one.draws))
    ends = [(float(each.draws[tail]), float(each.draws[-1 - tail])) for each in (one, other)]
    return ends[0][0] <= ends[1][1] and ends[1][0] <= ends[0][1]
