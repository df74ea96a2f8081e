"""Matching words to twins, models and signals by the plant's own names.

A twin's score is the sum of the inverse document frequencies of the words that name it, less half of those of the words
of its name that nobody said: "line 3" is line-3 rather than line-3-filler, "the filler of line 3" the other way round.
"""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ..errors import nearest
from ..twins.dtdl import ModelSet
from ..twins.graph import TwinGraph
from .words import meaningful, pieces, synonyms

_UNSAID = 0.5
_FUZZY = 0.84
# Something that looks like an identifier: parts joined by - or _, with or without a number; or letters with digits.
_IDENTIFIER = re.compile(r"\b[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)+\b|\b[A-Za-z]+\d+\b")


@dataclass(frozen=True, slots=True)
class TwinMatch:
    """A twin that words may mean.

    Attributes:
        named: share of the words of its id or name that were said (0 to 1).
        exact: whether its id or name stands in the text as it is.
        words: the words that it matched.
    """

    twin: str
    score: float
    named: float
    exact: bool
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Words that look like a name and are none, and the names that come nearest."""

    words: str
    nearest: tuple[str, ...]


class Names:
    """The names of a plant: of its twins, models and signals."""

    def __init__(self, graph: TwinGraph, models: ModelSet) -> None:
        self.graph = graph
        self.models = models
        self.labels = {twin.id: tuple({twin.id: None, twin.name: None}) for twin in graph.twins.values()}
        self.label_words = {twin: [pieces(label) for label in labels] for twin, labels in self.labels.items()}
        self.model_words = {
            model: {word for one in models.lineage(model)[:-1] or [model] for word in pieces(models.label(one))}
            for model in {twin.model for twin in graph.twins.values()}
        }

    @cached_property
    def frequency(self) -> Counter[str]:
        """How many twins each word names."""
        counted: Counter[str] = Counter()
        for twin, labels in self.label_words.items():
            words = {word for label in labels for word in label} | self.model_words[self.graph.twins[twin].model]
            counted.update(words)
        return counted

    @cached_property
    def signal_words(self) -> dict[str, set[str]]:
        """The words of each signal's name and display name, by model and signal joined by a blank."""
        return {
            f"{model} {one.name}": set(pieces(one.name)) | set(pieces(one.display_name or ""))
            for model in self.model_words
            for one in self.models.signals(model)
        }

    @cached_property
    def vocabulary(self) -> set[str]:
        """Every word of twins, models and signals that may be asked for."""
        signals = {word for words in self.signal_words.values() for word in words}
        models = {word for model in self.models for word in pieces(self.models.label(model))}
        return set(self.frequency) | signals | models

    def weight(self, word: str) -> float:
        """Inverse document frequency of a word among the twins (0 for one that names none)."""
        count = self.frequency.get(word, 0)
        return math.log(1 + len(self.graph.twins) / count) if count else 0.0

    def read(self, text: str) -> tuple[list[str], dict[str, str]]:
        """The words of a text that may name something, misspelt ones mended; and what was mended into what."""
        mended: dict[str, str] = {}
        for word in meaningful(pieces(text)):
            if word in self.vocabulary or word.isdigit() or len(word) < 5 or len(synonyms(word)) > 1:
                continue
            near = difflib.get_close_matches(word, self.vocabulary, n=1, cutoff=_FUZZY)
            if near:
                mended[word] = near[0]
        return meaningful(mended.get(word, word) for word in pieces(text)), mended

    def twins(self, text: str) -> list[TwinMatch]:
        """The twins that a text may mean, likeliest first."""
        words, _ = self.read(text)
        asked = set(words)
        found = [match for twin in self.graph.twins if (match := self._match(twin, asked, text))]
        return sorted(found, key=lambda match: (not match.exact, -match.score, len(match.twin), match.twin))

    def _match(self, twin: str, asked: set[str], text: str) -> TwinMatch | None:
        exact = any(_stands_in(label, text) for label in self.labels[twin])
        kind = self.model_words[self.graph.twins[twin].model]
        best: TwinMatch | None = None
        for label in self.label_words[twin]:
            said = asked.intersection(label)
            through_model = (asked & kind) - said
            if not said and not through_model and not exact:
                continue
            total = sum(self.weight(word) for word in set(label)) or 1.0
            unsaid = sum(self.weight(word) for word in set(label) - said)
            score = (
                sum(self.weight(word) for word in said | through_model)
                - _UNSAID * unsaid
                + (len(label) if exact else 0)
            )
            named = 1.0 if exact else 1 - unsaid / total
            if best is None or score > best.score:
                best = TwinMatch(twin, score, named, exact, tuple(sorted(said | through_model)))
        return best

    def kinds(self, text: str) -> list[str]:
        """The models whose label a text names in full, the most specific labels first, then the most general model."""
        words = set(self.read(text)[0])
        found = [
            (model, len(label))
            for model in self.models
            if (label := set(pieces(self.models.label(model)))) and label <= words
        ]
        return [
            model for model, size in sorted(found, key=lambda one: (-one[1], len(self.models.lineage(one[0])), one[0]))
        ]

    def signals(self, twin: str, words: list[str]) -> list[tuple[str, float]]:
        """The signals of a twin that words may mean, with a score: a word itself counts 1, a synonym of it 0.6."""
        model = self.graph.twins[twin].model
        own = {word for label in self.label_words[twin] for word in label}
        found = []
        for one in self.models.signals(model):
            said = self.signal_words[f"{model} {one.name}"]
            direct = [word for word in words if word in said and word not in own]
            alike = [word for word in words if word not in said and word not in own and synonyms(word) & said]
            score = len(direct) + 0.6 * len(alike)
            if score > 0:
                found.append((one.name, score - 0.01 * len(said)))
        return sorted(found, key=lambda item: (-item[1], item[0]))

    def unknown(self, text: str) -> list[Unknown]:
        """Names in a text that no twin, model or signal has, with the nearest twins."""
        found: dict[str, None] = {}
        for name in _IDENTIFIER.findall(text):
            if not self._is_known(name):
                found.setdefault(name)
        for word, number in pairwise(pieces(text)):
            numbered = not number.isdigit() or word not in self.frequency or self._numbered(word, number)
            if not numbered and not any(number in pieces(name) for name in found):
                found.setdefault(f"{word} {number}")
        return [Unknown(name, tuple(self.near(name))) for name in found]

    def near(self, name: str) -> list[str]:
        """The twins whose names look most like a name."""
        joined = {"-".join(label): twin for twin, labels in self.label_words.items() for label in labels}
        ids = {twin: twin for twin in self.graph.twins}
        found = [(joined | ids)[one] for one in nearest("-".join(pieces(name)), joined | ids, most=4)]
        return list(dict.fromkeys(found))[:3]

    def _is_known(self, name: str) -> bool:
        words = set(pieces(name))
        if any(words <= set(label) for labels in self.label_words.values() for label in labels):
            return True
        signals = any(words <= said for said in self.signal_words.values())
        return signals or words <= {word for word in self.vocabulary if not word.isdigit()}

    def _numbered(self, word: str, number: str) -> bool:
        return any(
            (word in label or word in self.model_words[self.graph.twins[twin].model]) and number in label
            for twin, labels in self.label_words.items()
            for label in labels
        )


def _stands_in(label: str, text: str) -> bool:
    """Whether a label stands in a text as a word of its own: ``line-3`` doesn't stand in "line-3-filler"."""
    return re.search(rf"(?<![\w-]){re.escape(label)}(?![\w-])", text, re.IGNORECASE) is not None
