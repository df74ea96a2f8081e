"""What failed before may fail again: past work orders on a twin raise the prior of the modes they tell of, a bit.

How much is judgement, and small on purpose: an order's text tells the mode by a word or two, and what was mended well
doesn't come back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from math import exp, log1p

from .maintenance import MaintenanceEvent
from .modes.roles import words_of

_MOST_NATS = 0.4
_NATS = 0.25
_YEAR_S = 365.0 * 86400.0
_LEAST_LETTERS = 4
_MOST_MODES = 2  # a word that stands in the names of more of a twin's modes tells none of them


def orders_of(mode: str, modes: Collection[str], orders: Sequence[MaintenanceEvent]) -> list[MaintenanceEvent]:
    """The work orders whose text or code has a word that names the mode among the modes of the same twin."""
    counts = Counter(word for one in modes for word in set(one.split("_")))
    telling = {word for word in mode.split("_") if len(word) >= _LEAST_LETTERS and counts[word] <= _MOST_MODES}
    return [order for order in orders if telling & set(words_of(f"{order.code} {order.text}").split())]


def past_nats(orders: Sequence[MaintenanceEvent], at: datetime) -> float:
    """What so many orders of one mode add to the logarithm of its odds: 0 without any, 0.4 at most; old ones less."""
    ages = [max(0.0, (at - (order.end or order.start)).total_seconds()) for order in orders]
    return min(_MOST_NATS, _NATS * log1p(sum(exp(-age / _YEAR_S) for age in ages)))
