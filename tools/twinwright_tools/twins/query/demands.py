"""What conditions demand of one value, and whether any value can meet all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import ceil, floor
from typing import Any

from ..dtdl.types import EnumSchema, Primitive
from .plan import Condition, Path, ValueType

_WHOLE = frozenset(
    {"byte", "integer", "long", "short", "unsignedByte", "unsignedInteger", "unsignedLong", "unsignedShort"}
)
_MEETS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, given: bool(value == given),
    "!=": lambda value, given: bool(value != given),
    "<": lambda value, given: bool(value < given),
    ">": lambda value, given: bool(value > given),
    "<=": lambda value, given: bool(value <= given),
    ">=": lambda value, given: bool(value >= given),
    "STARTSWITH": lambda value, given: str(value).startswith(given),
    "ENDSWITH": lambda value, given: str(value).endswith(given),
    "CONTAINS": lambda value, given: given in str(value),
}


@dataclass(frozen=True)
class Demand:
    """That a value stands so to others.

    Attributes:
        word: ``=``, ``!=``, ``<`` …, ``IN``, ``NIN``, ``STARTSWITH``, ``ENDSWITH`` or ``CONTAINS``.
        given: what it is compared with; one value but for IN and NIN.
    """

    condition: Condition
    path: Path
    word: str
    given: tuple[Any, ...]
    compared_as: ValueType

    @property
    def values(self) -> list[Any]:
        """What is given, in the form in which it is compared."""
        if self.compared_as == "time":
            return [datetime.fromisoformat(str(each)) for each in self.given]
        return list(self.given)

    def met_by(self, value: Any) -> bool:
        """Whether a value, in the form in which it is compared, meets this."""
        if self.word in ("IN", "NIN"):
            return (value in self.values) == (self.word == "IN")
        return _MEETS[self.word](value, self.values[0])

    @property
    def words(self) -> str:
        """The demand as the query has it, without the value."""
        shown = [f"'{each}'" if isinstance(each, str) else str(each).lower() for each in self.given]
        some = ", ".join(shown[:5]) + (", …" if len(shown) > 5 else "")
        return f"{self.word} [{some}]" if self.word in ("IN", "NIN") else f"{self.word} {some}"


def demand_words(demands: Sequence[Demand]) -> str:
    """That the demands can't be met together, in words."""
    path = demands[0].path
    kind = " or ".join(sorted({schema.name for schema in path.schemas}))
    what = f"{path.text} ({kind})" if kind else path.text
    return f"no value of {what} meets {' and '.join(each.words for each in demands)}"


def impossible(demands: Sequence[Demand]) -> Sequence[Demand]:
    """The demands on one value that can't be met together; empty if a value could meet them all."""
    kinds = {each.compared_as for each in demands}
    if len(kinds) > 1:
        return demands if "time" not in kinds else ()
    domain = _domain(demands[0].path)
    among = [each for each in demands if each.word in ("=", "IN")]
    if domain is not None or among:
        values = domain if domain is not None else among[0].values
        possible = [value for value in values if _exists(demands[0], value)]
        return () if any(all(each.met_by(value) for each in demands) for value in possible) else demands
    return _bounds(demands) or _ends(demands)


def _domain(path: Path) -> list[Any] | None:
    """All values that a path can have, where they are few."""
    found: list[Any] = []
    for schema in path.schemas:
        if isinstance(schema, EnumSchema):
            found += [each.value for each in schema.values]
        elif schema == Primitive("boolean"):
            found += [True, False]
        else:
            return None
    return found or None


def _is_whole(path: Path) -> bool:
    return bool(path.schemas) and all(schema.name in _WHOLE for schema in path.schemas)


def _exists(demand: Demand, value: Any) -> bool:
    """Whether a value is one of its schema (an integer is never 1.5) and of the type that it is compared as."""
    if isinstance(value, float) and not value.is_integer() and _is_whole(demand.path):
        return False
    kind = "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
    return demand.compared_as in (kind, "time")


def _bounds(demands: Sequence[Demand]) -> Sequence[Demand]:
    """The two demands between whose limits there is nothing."""
    lowest = max((each for each in demands if each.word[0] == ">"), key=_tightness, default=None)
    highest = min((each for each in demands if each.word[0] == "<"), key=_tightness, default=None)
    if lowest is None or highest is None:
        return ()
    low, high = lowest.values[0], highest.values[0]
    pair = [each for each in demands if each in (lowest, highest)]
    if low > high or (low == high and "=" not in (lowest.word[-1:] if highest.word[-1:] == "=" else "")):
        return pair
    if low == high:
        excluded = [each for each in demands if each.word in ("!=", "NIN") and not each.met_by(low)]
        return [*pair, excluded[0]] if excluded else ()
    if demands[0].compared_as == "number" and _is_whole(demands[0].path):
        first = floor(low) + 1 if lowest.word == ">" else ceil(low)
        last = ceil(high) - 1 if highest.word == "<" else floor(high)
        return pair if first > last else ()
    return ()


def _tightness(demand: Demand) -> tuple[Any, int]:
    """A key by which the tighter of two limits in one direction is the greater (``>``) or the lesser (``<``)."""
    strict = len(demand.word) == 1
    return demand.values[0], (1 if strict else 0) * (1 if demand.word[0] == ">" else -1)


def _ends(demands: Sequence[Demand]) -> Sequence[Demand]:
    """Two beginnings, or two endings, that no text has at once."""
    for word, begins in (("STARTSWITH", str.startswith), ("ENDSWITH", str.endswith)):
        found = sorted((each for each in demands if each.word == word), key=lambda each: len(each.given[0]))
        for shorter, longer in pairwise(found):
            if not begins(longer.given[0], shorter.given[0]):
                return [shorter, longer]
    return ()
