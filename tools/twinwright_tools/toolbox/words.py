"""Words as people and models write them: ``line-3-filler``, ``suctionPressure``, "the Fillers of line 3"."""

from __future__ import annotations

import re
from collections.abc import Iterable

# English words that say nothing about an asset.
STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be because been before being between but by can could did do does
    doing down during each else ever every for from get give had has have having he her here his how i if in into is it
    its just like list many me more most much my no not now of off on once one only or other our out over own per please
    same say see shall she should show so some such tell than that the their them then there these they this those
    through to too under up us very want was we were what when where which while who whom whose why will with would you
    your""".split()  # noqa: SIM905  (a paragraph reads better than a list here)
)

# What people call a quantity, and what signals are called: words of one line stand for one another.
_SAME_QUANTITY = (
    "throughput rate speed output production flow",
    "rate speed rpm velocity frequency",
    "temperature temp hot heat warm cold cool",
    "pressure press bar",
    "power kw load energy consumption",
    "current amp ampere amperage",
    "vibration vib shaking rms",
    "level fill full empty tank",
    "position opening stroke travel",
    "state status mode running",
    "level volume",
    "latency delay response",
    "reject scrap defect quality",
)
# What makes a thing or its work of a verb: "packer", "conveyor" and "packing" name the same.
_ENDINGS = ("ing", "er", "or")
_SHORTEST_ROOT = 3
_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


def stem(word: str) -> str:
    """A word in small letters without the plural's s."""
    folded = word.casefold()
    if len(folded) > 3 and folded.endswith("s") and not folded.endswith(("ss", "us", "is")):
        return folded[:-1]
    return folded


def pieces(text: str) -> list[str]:
    """The stemmed words and numbers of a text or an identifier, in order: camel case and separators cut."""
    return [stem(piece.lstrip("0") or "0" if piece.isdigit() else piece) for piece in _PIECES.findall(text)]


def roots(word: str) -> set[str]:
    """The verbs that a word may come from: ``labelling`` gives ``labell`` and ``label``; none without an ending."""
    found = set()
    for ending in _ENDINGS:
        root = word.removesuffix(ending)
        if root != word and len(root) >= _SHORTEST_ROOT:
            found |= {root, root[:-1] if root[-1] == root[-2] else root}
    return {f"{root[:-2]}iz" if root.endswith("is") else root for root in found}  # palletising is palletizing


def synonyms(word: str) -> set[str]:
    """The stemmed word and what else people call the same quantity."""
    found = {word}
    for line in _SAME_QUANTITY:
        group = {stem(each) for each in line.split()}
        if word in group:
            found |= group
    return found


def meaningful(words: Iterable[str]) -> list[str]:
    """The words that may name something, each once, in order."""
    return list(dict.fromkeys(word for word in words if word not in STOP_WORDS and stem(word) not in STOP_WORDS))
