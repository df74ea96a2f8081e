"""How alike an order's words are to a failure mode: overlap of words, weighted by how few modes share them (tf-idf).

The vectors and their cosine are those of Salton and Buckley, "Term-weighting approaches in automatic text retrieval"
(1988). The documents are the failure modes of the library; a glossary brings other words, German ones too, to theirs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import log, sqrt
from pathlib import Path

import yaml

from ..diagnosis.failure_modes import FailureMode

Vector = dict[str, float]
_WORD = re.compile(r"[^\W_]+")
_GLOSSARY = Path(__file__).with_name("glossary.yaml")
# Words that are in every order and tell no failure from another, English and German.
_STOP = frozenset(
    """a again all also an and any are as at be been by can do does down for from has have in into is it its new no
    not of on once one or our out over please so some still that the their them then there they this to too under up
    was we were when where which with you usual since yesterday today morning every minute minutes hour hours day days
    der die das den dem des ein eine einer und oder am an auf aus bei bitte da dass es für im in ist mit nach nicht
    noch nur sehr seit sich sind so vom von vor war wird zu zum zur
    bar mm s c k l h kw kg a nm °c rpm hz ml mbar kpa""".split()  # noqa: SIM905  (a paragraph reads better than a list)
)
# A name says more of a mode than a task, and a task more than a check that tells it from others.
_SMALL_TALK = 0.5
_NAME, _TASK, _PART, _SIGN, _CHECK = 3.0, 2.0, 1.0, 1.0, 0.5


def words_of(text: str) -> list[str]:
    """The words of a text as they are written, in small letters."""
    return _WORD.findall(text.casefold())


def terms(text: str) -> list[str]:
    """The words of a text as the library has them: small letters, no endings, through the glossary, no numbers."""
    found: list[str] = []
    for word in words_of(text):
        if word in _STOP or word.isdigit():
            continue
        meant = _meanings(word)
        found.extend(meant or (_stem(word),))
    return found


class Words:
    """The failure modes of a plant as vectors of words."""

    def __init__(self, modes: Mapping[str, FailureMode]) -> None:
        counts = {mode.id: _counts(mode) for mode in modes.values()}
        shared = Counter(term for each in counts.values() for term in each)
        self._idf = {term: log(1 + len(counts) / number) for term, number in shared.items()}
        # A word that no mode has tells an order from all of them, but most such words are small talk.
        self._unknown = _SMALL_TALK * log(1 + len(counts))
        self.modes = {mode: self.vector(each) for mode, each in counts.items()}

    def vector(self, counts: Mapping[str, float]) -> Vector:
        """A unit vector: sublinear counts times the inverse document frequency; empty for no words."""
        weights = {term: (1 + log(max(n, 1.0))) * self._idf.get(term, self._unknown) for term, n in counts.items()}
        length = sqrt(sum(weight * weight for weight in weights.values()))
        return {term: weight / length for term, weight in weights.items()} if length else {}

    def of(self, text: str, without: Iterable[str] = ()) -> Vector:
        """The vector of a text, without some terms (the asset's own name, say)."""
        gone = set(without)
        return self.vector(Counter(term for term in terms(text) if term not in gone))


def cosine(one: Vector, other: Vector) -> float:
    """How alike two unit vectors are, 0 to 1."""
    short, long = sorted((one, other), key=len)
    return sum(weight * long.get(term, 0.0) for term, weight in short.items())


def shared_terms(one: Vector, other: Vector, most: int = 4) -> list[str]:
    """The terms that make two vectors alike, the weightiest first."""
    both = sorted(one.keys() & other.keys(), key=lambda term: (-one[term] * other[term], term))
    return both[:most]


def _counts(mode: FailureMode) -> Counter[str]:
    parts: Sequence[tuple[str, float]] = (
        (f"{mode.name} {mode.id.replace('_', ' ')}", _NAME),
        (" ".join(mode.tasks), _TASK),
        (" ".join(mode.parts), _PART),
        (" ".join(f"{sign.role.replace('_', ' ')} {_move(sign.direction)}" for sign in mode.signature), _SIGN),
        (" ".join(mode.checks), _CHECK),
    )
    found: Counter[str] = Counter()
    for text, weight in parts:
        for term in terms(text):
            found[term] += weight  # type: ignore[assignment]  # a Counter of floats
    return found


def _move(direction: int) -> str:
    return {1: "high", -1: "low", 0: ""}[direction]


@cache
def _glossary() -> tuple[dict[str, tuple[str, ...]], tuple[tuple[str, str], ...]]:
    """Whole words with what they mean, and parts of words with what they mean."""
    document: dict[str, dict[str, list[str]]] = yaml.safe_load(_GLOSSARY.read_text(encoding="utf-8"))
    whole: dict[str, tuple[str, ...]] = {}
    parts: list[tuple[str, str]] = []
    for meaning, ways in document.items():
        for word in [meaning, *ways.get("same", [])]:
            whole[_stem(word)] = (*whole.get(_stem(word), ()), _stem(meaning))
        parts += [(part, _stem(meaning)) for part in ways.get("within", [])]
    return whole, tuple(parts)


@cache
def _meanings(word: str) -> tuple[str, ...]:
    whole, parts = _glossary()
    stem = _stem(word)
    found = [*whole.get(stem, ()), *(meaning for part, meaning in parts if part in word)]
    return tuple(dict.fromkeys(found))


@cache
def _stem(word: str) -> str:
    """An English word without its commonest endings; rough, but the same for both sides that are compared."""
    for ending in ("ings", "ing", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4 and not word.endswith("ss"):
            return word[: -len(ending)]
    return word
