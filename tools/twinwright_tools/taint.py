"""Taint: whether a target or a value was chosen by untrusted text, worked out from where it stands in the evidence.

Text that anybody may have written (history, notes, tickets, texts of tags, whatever doesn't say where it comes from) is
untrusted.
A value is clean if the person who asks names it, or if a trusted source gives it as a value of its own: a member or a
fact, not a word in a longer text, and not merely because the call that found it had already named it. A number that a
stranger has written is never clean by that: some trusted figure equals it by chance.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from .evidence import Evidence

UNTRUSTED = frozenset({"history", "tag text", "unknown"})
# The digits of an id such as pump-1 are no number.
_NUMBER = re.compile(r"(?<![\w.])(?<![A-Za-z]-)[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def is_untrusted(evidence: Evidence) -> bool:
    """Whether its text may be anybody's."""
    return evidence.provenance in UNTRUSTED


def taint_of(value: str | float, evidence: Sequence[Evidence], asked: str = "") -> list[str]:
    """Why a target (a twin id) or a value is tainted, one sentence for each source; empty if it is clean.

    Args:
        evidence: all evidence of the run so far, in order.
        asked: what the person asked.
    """
    if _in_text(value, asked):
        return []
    trusted = [one for one in evidence if not is_untrusted(one)]
    if _number(value) is not None and any(_in_a_text(value, one) for one in evidence if is_untrusted(one)):
        # Among hundreds of figures, one is the same by chance: a value that a stranger writes is the stranger's.
        trusted = []
    if any(_gives(value, one) and not _anywhere(value, one.arguments) for one in trusted):
        return []
    told = [one for one in evidence if _anywhere(value, [one.summary, one.data, *(each.value for each in one.facts)])]
    written = [one for one in told if is_untrusted(one)] or told
    if not written:
        return [f"{value} stands in no evidence: nothing that was looked up gives it"]
    return [
        f"{value} comes from a text in {one.id} ({one.provenance}) that anybody may have written" for one in written
    ]


def _in_a_text(value: str | float, evidence: Evidence) -> bool:
    """Whether somebody has written it there, in words."""
    return any(isinstance(leaf, str) and " " in leaf and _in_text(value, leaf) for leaf in _leaves(evidence.data))


def _gives(value: str | float, evidence: Evidence) -> bool:
    """Whether it is a value of its own there."""
    facts = (each for fact in evidence.facts for each in (fact.name.split(" ")[0], fact.value))
    return any(_equal(value, leaf) for leaf in (*facts, *_leaves(evidence.data)))


def _equal(value: str | float, leaf: Any) -> bool:
    number = _number(value)
    if number is not None:
        # A figure is a figure: digits in a text may be anybody's.
        return isinstance(leaf, int | float) and not isinstance(leaf, bool) and math.isclose(number, leaf, rel_tol=1e-5)
    return isinstance(leaf, str) and (leaf == value or (leaf.startswith(f"{value}.") and " " not in leaf))


def _anywhere(value: str | float, found: Any) -> bool:
    return any(_equal(value, leaf) or (isinstance(leaf, str) and _in_text(value, leaf)) for leaf in _leaves(found))


def _in_text(value: str | float, text: str) -> bool:
    number = _number(value)
    if number is not None:
        return any(math.isclose(number, float(each), rel_tol=1e-5) for each in _NUMBER.findall(text))
    return re.search(rf"(?<![\w-]){re.escape(str(value))}(?![\w-])", text, flags=re.IGNORECASE) is not None


def _number(value: str | float) -> float | None:
    if isinstance(value, int | float):
        return float(value)
    return float(value) if _NUMBER.fullmatch(value.strip()) else None


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
