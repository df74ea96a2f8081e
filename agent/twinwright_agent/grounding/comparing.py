"""Which two figures may be compared: a before with its after, a first with its last, the same statistic of two signals.

Without such a rule a difference or a ratio of some two figures would fit any claim by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from .units import Unit

# Of one subject, these may be compared.
_PAIRS = {
    frozenset(pair)
    for pair in (
        ("before", "after"),
        ("before", "since"),
        ("before", "last"),
        ("before", "newest"),
        ("first", "last"),
        ("min", "max"),
        ("minimum", "maximum"),
        ("median", "last"),
        ("mean", "last"),
        ("from", "to"),
    )
}
# Of two subjects, or of one subject in two pieces of evidence, these may be compared with their like.
_ALIKE = {"before", "after", "since", "first", "last", "newest", "min", "max", "median", "mean"}
# What a thing should be, against what it is.
_NOMINAL = re.compile(r"^(?:nominal|rated|design|target|setpoint|limit|max(?=[A-Z])|min(?=[A-Z]))", re.IGNORECASE)
_ACTUAL = {"after", "since", "last", "newest", "median", "mean"}
_ROLES = _ALIKE.union(*_PAIRS)
# A bound on the work for one claim; a dozen windows of six signals stay below it.
MOST_FIGURES = 1_000


@dataclass(frozen=True, slots=True)
class Carried:
    """A number in evidence.

    Attributes:
        unit: None where none is stated or it isn't a known one; `written` is the unit as it stands there.
        subject: what it is a figure of, as ``TWIN.SIGNAL``, a twin, or the place in the evidence where it stands.
        role: what kind of figure it is: ``before``, ``median`` …
    """

    value: float
    unit: Unit | None
    written: str | None
    subject: str = ""
    role: str = ""


def named(value: float, unit: Unit | None, written: str | None, name: str, place: str) -> Carried:
    """The figure of a fact: of "line-3.throughput median" the subject is the signal and the role is "median"."""
    subject, _, role = name.rpartition(" ")
    return Carried(value, unit, written, subject if "." in subject or "-" in subject else f"{place} {subject}", role)


def pairs(figures: Sequence[Carried]) -> Iterator[tuple[Carried, Carried]]:
    """All ordered pairs that may be compared: same unit, and roles that go together."""
    useful = [one for one in figures if one.role in _ROLES or _NOMINAL.match(one.role)][:MOST_FIGURES]
    return ((one, other) for one, other in permutations(useful, 2) if _go_together(one, other))


def _go_together(one: Carried, other: Carried) -> bool:
    if one.written != other.written and (one.unit is None or one.unit != other.unit):
        # A property often has no unit of its own: it is then meant in that of the signal it belongs to.
        unstated = None in (one.written, other.written)
        return unstated and (_is_nominal_of(one, other) or _is_nominal_of(other, one))
    if one.role == other.role:
        return one.role in _ALIKE
    if one.subject == other.subject and frozenset((one.role, other.role)) in _PAIRS:
        return True
    return _is_nominal_of(one, other) or _is_nominal_of(other, one)


def _is_nominal_of(nominal: Carried, actual: Carried) -> bool:
    same = actual.subject == nominal.subject or actual.subject.startswith(f"{nominal.subject}.")
    return same and actual.role in _ACTUAL and _NOMINAL.match(nominal.role) is not None
