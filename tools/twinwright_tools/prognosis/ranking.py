"""A fleet by time to limit, with ties told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
    undecided = {
        one.key: tuple(other.key for other in answered if other is not one and _open(one.found, other.found, sure))
        for one in answered
    }
    rest = [one for one in everything if one.found.crossing is None and one.found.since is None]
    rest.sort(key=lambda one: (one.found.reason or "", one.key))
    return Ranking(tuple(beyond), tuple(map(tuple, groups)), undecided, tuple(rest))


def before(one: TimeToLimit, other: TimeToLimit) -> float:
    """The probability that one crosses before the other, if they know nothing of each other; ties count half."""
    low = np.searchsorted(one.draws, other.draws, side="left")
    high = np.searchsorted(one.draws, other.draws, side="right")
    return float(np.mean(low + high) / 2 / max(len(one.draws), 1))


def _open(one: TimeToLimit, other: TimeToLimit, sure: float) -> bool:
    return 1 - sure < before(one, other) < sure
