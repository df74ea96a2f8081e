"""The engine, run once where two tools want the same: a diagnosis holds the plant's deviations too.

A plant doesn't change once it is open (nothing after its moment of asking can be read), so its deviations don't either.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from ..diagnosis.result import Deviation, Diagnosis, Symptom
    from ..plant import Plant

_lock = threading.Lock()
_deviations: WeakKeyDictionary[Plant, list[Deviation]] = WeakKeyDictionary()


def diagnosis_of(plant: Plant, symptoms: Sequence[Symptom]) -> Diagnosis:
    """The engine's diagnosis."""
    from ..diagnosis import diagnose

    with _lock:
        found = diagnose(plant, symptoms)
        _deviations[plant] = list(found.deviations)
    return found


def deviations_of(plant: Plant) -> list[Deviation]:
    """All signals that left their own past, strongest first."""
    from ..diagnosis import find_deviations

    with _lock:
        if plant not in _deviations:
            _deviations[plant] = find_deviations(plant)
        return _deviations[plant]
