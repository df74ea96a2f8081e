"""What a question is about: read from what `find_twins` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twinwright_tools.evidence import Evidence
from twinwright_tools.toolbox.words import pieces

# A twin counts as named when at least this share of the words of its name was said.
_NAMED = 0.5
# Signals whose score comes this near to the best one's are meant as well.
_TIE = 0.05


@dataclass(frozen=True)
class Focus:
    """The twins, signals and models that a question names.

    Attributes:
        evidence: id of what `find_twins` found.
        twins: ids of the twins that it names, likeliest first.
        signals: ``TWIN.SIGNAL`` of the recorded signals that it names, on those twins or what they contain (on any twin
            where no twin is named), likeliest first.
        elsewhere: signals of other twins that it may mean.
        models: rows of models whose label it names.
        unknown: rows of names that nothing here has, with the nearest.
        candidates: twins that come nearest, named or not.
        by_kind: whether the twins are only meant as all of a model ("the feeders"), and none is named.
        nothing_here: words that mean nothing in this plant.
        names_by_word: whether a twin, a model or a signal is named by a word of its own, and not by what people call a
            quantity ("hot") alone.
        place: a twin that is named in full beside the first model: "the conveyors of line 2" are looked for in line-2.
    """

    evidence: str
    twins: list[str]
    signals: list[str]
    elsewhere: list[str]
    models: list[dict[str, Any]]
    unknown: list[dict[str, Any]]
    candidates: list[str]
    place: str | None
    by_kind: bool = False
    nothing_here: frozenset[str] = frozenset()
    names_by_word: bool = True

    @property
    def nothing(self) -> bool:
        """Whether the question names nothing of this plant."""
        return not (self.twins or self.signals or self.models or self.unknown or self.elsewhere)


def focus_of(found: Evidence) -> Focus:
    """The focus that a result of `find_twins` gives."""
    rows: list[dict[str, Any]] = found.data["twins"]
    twins = _meant(rows)
    mine: list[tuple[float, str]] = []
    others: list[tuple[float, str]] = []
    for row in found.data["signals"]:
        key = f"{row['twin']}.{row['signal']}"
        inside = not twins or any(twin in row["location"] for twin in twins)
        (mine if inside else others).append((row["score"], key))
    top = max((score for score, _ in mine), default=0.0)
    return Focus(
        evidence=found.id,
        twins=twins,
        signals=[key for score, key in mine if score >= top - _TIE],
        elsewhere=[key for _, key in others],
        models=found.data["models"],
        unknown=found.data["unknown"],
        candidates=[row["id"] for row in rows[:3]],
        place=_place(rows, found.data["models"]),
        by_kind=_by_kind(rows, twins),
        nothing_here=frozenset(found.data["meaning_nothing_here"]),
        names_by_word=bool(twins or found.data["models"] or any(row["words"] for row in found.data["signals"])),
    )


def _by_kind(rows: list[dict[str, Any]], twins: list[str]) -> bool:
    meant = [row for row in rows if row["id"] in set(twins)]
    return bool(meant) and all(set(row["words"]) <= set(pieces(row["model"])) and row["unsaid"] for row in meant)


def _place(rows: list[dict[str, Any]], models: list[dict[str, Any]]) -> str | None:
    if not models:
        return None
    counted = models[0]["noun"]
    return next((row["id"] for row in rows if not row["unsaid"] and counted not in row["words"]), None)


def _meant(rows: list[dict[str, Any]]) -> list[str]:
    """The twins that are meant: the best, and those that were named as well as it."""
    named = [row for row in rows if row["noun"] or row["named"] >= _NAMED]
    if not named:
        return []
    best = named[0]
    if best["unsaid"]:
        alike = [row for row in named if row["words"] == best["words"] and row["unsaid"] == best["unsaid"]]
        return [row["id"] for row in alike]
    whole = [row for row in named if not row["unsaid"] and row["exact"] >= best["exact"]]
    # line-3 is part of what "line 3 filler" says, and not meant by it.
    return [row["id"] for row in whole if not any(set(row["words"]) < set(other["words"]) for other in whole)]
