"""Similar past incidents, and what fixed them.

Words alone find what is worded alike; what counts for a planner too is whether it was the same asset, an asset of the
same model, and the same failure code. The score is the share of the best word match (BM25) plus what of these is alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..times import iso
from .failures import Repair, repairs_of
from .repeats import repeats

if TYPE_CHECKING:
    from ..plant import Plant

# The same asset says as much as the best match of words; another of the same model half of that.
_SAME_TWIN, _SAME_MODEL, _SAME_CODE = 1.0, 0.5, 0.7
_LEAST = 0.5
_CAME_BACK = timedelta(days=90)
_MOST_MATCHES = 200


@dataclass(frozen=True, slots=True)
class Incident:
    """A past repair that is like what is asked about.

    Attributes:
        score: 0 (nothing alike) to 3.2; why: what is alike, in words.
        came_back_h: hours after its closing when the same came back, None if it didn't within 90 days.
    """

    repair: Repair
    score: float
    why: tuple[str, ...]
    came_back_h: float | None

    def as_dict(self) -> dict[str, Any]:
        """As JSON; text and remedy are other people's words."""
        one = self.repair
        return {
            "id": one.id,
            "twin": one.twin,
            "code": one.code,
            "opened": iso(one.opened),
            "closed": iso(one.closed) if one.closed else None,
            "duration_h": one.duration_h,
            "text": one.text,
            "remedy": one.remedy,
            "score": round(self.score, 3),
            "why": list(self.why),
            "came_back_h": None if self.came_back_h is None else round(self.came_back_h, 1),
        }


def similar_incidents(
    plant: Plant, words: str, *, twin: str | None = None, code: str | None = None, limit: int = 10
) -> list[Incident]:
    """Past corrective orders like the one described, most alike first.

    Args:
        words: what is wrong, in any words.
        twin: the asset that it is about.
        code: a failure code of the site, or the id of a failure mode.

    Raises:
        UnknownNameError: there is no such twin.
    """
    model = plant.graph.twin(twin).model if twin is not None else None
    repairs = {one.id: one for one in repairs_of(plant) if one.id}
    matches = plant.history.search(f"{words} {(code or '').replace('_', ' ')}", limit=_MOST_MATCHES)
    worded = {str(row["id"]): float(row["score"]) for row in matches if row.get("id") and str(row["id"]) in repairs}
    best = max(worded.values(), default=0.0) or 1.0
    back = {one.first.id: one.after_h for one in repeats(list(repairs.values()), _CAME_BACK)}
    found = []
    for one in repairs.values():
        parts = _alike(plant, one, twin, model, code)
        if one.id in worded:
            parts.append((max(0.0, worded[one.id] / best), "words"))
        score = sum(part for part, _ in parts)
        if score >= _LEAST:
            found.append(Incident(one, score, tuple(why for _, why in parts), back.get(one.id)))
    return _best(found, limit)


def _alike(plant: Plant, one: Repair, twin: str | None, model: str | None, code: str | None) -> list[tuple[float, str]]:
    parts: list[tuple[float, str]] = []
    if twin is not None and one.twin == twin:
        parts.append((_SAME_TWIN, "the same asset"))
    elif model is not None and one.twin in plant.graph.twins and plant.graph.twin(one.twin).model == model:
        parts.append((_SAME_MODEL, "an asset of the same model"))
    if code is not None and one.code is not None and one.code.casefold() == code.casefold():
        parts.append((_SAME_CODE, "the same failure code"))
    return parts


def _best(found: Sequence[Incident], limit: int) -> list[Incident]:
    """Most alike first; of two alike ones the newer."""
    newest_first = sorted(found, key=lambda one: one.repair.opened, reverse=True)
    return sorted(newest_first, key=lambda one: -round(one.score, 6))[:limit]
