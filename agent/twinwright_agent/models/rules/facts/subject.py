"""Which twins a question is about: those that it names, all of a model, or those of a model in a place."""

from __future__ import annotations

from dataclasses import dataclass

from twinwright_tools.toolbox.words import pieces

from ..focus import Focus
from ..seen import Seen
from .asking import Call, asked, listed, quoted

_MOST_MODELS = 3
_NAMED_AT_MOST = 12  # with as many, there may be more that were not listed


@dataclass(frozen=True)
class Subject:
    """The twins that a question is about.

    Attributes:
        label: what they are called in a sentence.
        conditions: what holds of them, in SQL over `twins`; none: every twin of the plant.
        cited: the evidence that says which they are.
        named: whether the question names them one by one.
    """

    label: str
    conditions: tuple[str, ...]
    cited: tuple[str, ...]
    named: bool

    @property
    def everything(self) -> bool:
        """Whether the question is about the whole plant."""
        return not self.conditions

    def where(self, column: str) -> str | None:
        """A condition for a column that holds ids of twins; None where there is none to make."""
        return f"{column} IN (SELECT id FROM twins WHERE {' AND '.join(self.conditions)})" if self.conditions else None


def subject_of(seen: Seen, focus: Focus, *, parts: bool) -> Subject:
    """The twins; a model's are asked of the twin graph, which knows what extends it.

    Args:
        parts: whether what lies within a named twin counts for it.

    Raises:
        Missing: it hasn't been asked yet.
    """
    others = [twin for twin in focus.twins if twin != focus.place]
    # "The conveyors of line 2" may come nearest to conveyor 2 of line 2, and yet means all of them.
    plural = any(f"{row['noun']}s" in seen.question.casefold() for row in focus.models)
    one = len(others) == 1 and not focus.by_kind and not plural
    if focus.models and not one and (focus.by_kind or focus.place is not None or not focus.twins):
        return _of_models(seen, focus)
    if not focus.twins:
        return Subject("the plant", (), (focus.evidence,), named=False)
    twins = others if one else focus.twins
    condition = _within(twins) if parts else f"id IN ({listed(twins)})"
    return Subject(", ".join(twins), (condition,), (focus.evidence,), named=True)


def _of_models(seen: Seen, focus: Focus) -> Subject:
    # "Line" in "the conveyors of line 2" names the place, not what is counted.
    place = set(pieces(focus.place or ""))
    models = ([row for row in focus.models if row["noun"] not in place] or focus.models)[:_MOST_MODELS]
    calls: list[Call] = [
        (
            "query_twins",
            {"query": f"SELECT T.$dtId FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, {quoted(row['model'])})"},
        )
        for row in models
    ]
    found = [one for one in asked(seen, "asking the twin graph", calls) if one is not None]
    # Twins of a kind whose name has more words than were said ("compressors": air compressors) were found by name.
    others = focus.twins if focus.by_kind and len(focus.twins) < _NAMED_AT_MOST else []
    ids = list(dict.fromkeys([*(str(next(iter(row.values()))) for one in found for row in one.data["value"]), *others]))
    conditions = [f"id IN ({listed(ids)})" if ids else "false"]
    label = f"model {' or '.join(row['label'] for row in models)}" if models else ", ".join(others)
    if focus.place is not None:
        conditions.append(_within([focus.place]))
        label = f"{label} in {focus.place}"
    return Subject(label, tuple(conditions), (focus.evidence, *(one.id for one in found)), named=False)


def _within(twins: list[str]) -> str:
    """A condition for the twins and all that lies within them."""
    inside = (f"contains(' / ' || location || ' / ', {quoted(f' / {twin} / ')})" for twin in twins)
    return f"({' OR '.join(inside)})"
