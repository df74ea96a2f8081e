"""Similar past incidents, and what fixed them.

Words alone find what is worded alike; what counts for a planner too is whether it was the same asset, an asset of the
same model, and the same failure code. The score is the share of the best word match (BM25) plus what of these is alike.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..times import iso
from .failures import Repair, planned_codes, repairs_of
from .repeats import repeats

if TYPE_CHECKING:
    from ..plant import Plant

# The same asset says as much as the best match of words; another of the same model half of that.
_SAME_TWIN, _SAME_MODEL, _SAME_CODE = 1.0, 0.5, 0.7
_LEAST = 0.5
_WORDS, _CODE = "words", "the same failure code"
_SAYS = {_WORDS, _CODE}
_CAME_BACK = timedelta(days=90)
_MOST_MATCHES = 100
_MOST_CANDIDATES = 500


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
    matches = plant.history.search(f"{words} {(code or '').replace('_', ' ')}", limit=_MOST_MATCHES)
    worded = {str(row["id"]): float(row["score"]) for row in matches if row.get("id")}
    best = max(worded.values(), default=0.0) or 1.0
    planned = planned_codes(plant)
    found = []
    for one in repairs_of(plant, where=_candidates(worded, twin, code), newest=_MOST_CANDIDATES, planned=planned):
        parts = _alike(plant, one, twin, model, code)
        if one.id in worded:
            parts.append((max(0.0, worded[one.id] / best), _WORDS))
        score = sum(part for part, _ in parts)
        if score >= _LEAST:
            found.append((score, one, tuple(why for _, why in parts)))
    # What says the same comes before what only stands on the same asset; then most alike first, of two the newer.
    found.sort(key=lambda each: (not _SAYS & set(each[2]), -round(each[0], 6), -each[1].opened.timestamp()))
    back = _came_back(plant, [one for _, one, _ in found[:limit]], planned)
    return [Incident(one, score, why, back.get(one.id)) for score, one, why in found[:limit]]


def _candidates(worded: Collection[str], twin: str | None, code: str | None) -> str:
    """A condition for orders that are worded alike, or of that asset, or of that code."""
    parts = [f"id IN ({', '.join(_quoted(one) for one in worded)})"] if worded else []
    parts += [f"twin = {_quoted(twin)}"] if twin is not None else []
    parts += [f"lower(code) = {_quoted(code.casefold())}"] if code is not None else []
    return " OR ".join(parts) or "false"


def _came_back(plant: Plant, found: Sequence[Repair], planned: frozenset[str]) -> dict[str, float]:
    """Hours after which the same came back, by the id of the repair."""
    pairs = {(one.twin, one.code) for one in found if one.code is not None}
    same = " OR ".join(f"(twin = {_quoted(twin)} AND code = {_quoted(code)})" for twin, code in sorted(pairs))
    again = repairs_of(plant, where=same, planned=planned) if same else []
    return {one.first.id: one.after_h for one in repeats(again, _CAME_BACK)}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _alike(plant: Plant, one: Repair, twin: str | None, model: str | None, code: str | None) -> list[tuple[float, str]]:
    parts: list[tuple[float, str]] = []
    if twin is not None and one.twin == twin:
        parts.append((_SAME_TWIN, "the same asset"))
    elif model is not None and one.twin in plant.graph.twins and plant.graph.twin(one.twin).model == model:
        parts.append((_SAME_MODEL, "an asset of the same model"))
    if code is not None and one.code is not None and one.code.casefold() == code.casefold():
        parts.append((_SAME_CODE, _CODE))
    return parts
