"""Matching words to twins, models and signals by the plant's own names.

A twin's score is the sum of the inverse document frequencies of the words that name it, less half of those of the words
of its name that nobody said: "line 3" is line-3 rather than line-3-filler, "the filler of line 3" the other way round.
"""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ..errors import nearest
from ..twins.dtdl import ModelSet
from ..twins.graph import TwinGraph
from .words import meaningful, pieces, roots, synonyms

_UNSAID = 0.5
_FUZZY = 0.84
# A part of a word is at least so long: "palletizing" is found in "depalletizer".
_SHORTEST_PART = 5
# A synonym counts less than the word itself, and each further word in a signal's name takes something off.
_ALIKE, _BESIDE = 0.6, 0.08
# Words of signals that say what should be, not what is.
_INTENDED = frozenset({"setpoint", "target", "limit", "nominal", "rated", "demand"})
# Something that looks like an identifier: parts joined by - or _, with or without a number; or letters with digits.
_IDENTIFIER = re.compile(r"\b[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)+\b|\b[A-Za-z]+\d+\b")


@dataclass(frozen=True, slots=True)
class TwinMatch:
    """A twin that words may mean.

    Attributes:
        named: share of the words of its id or name that were said, weighted (0 to 1).
        exact: whether its id or name stands in the text as it is.
        noun: whether what it is (a filler, a pump) was said.
        unsaid: how many words of its id or name were not said.
        words: the words that it matched.
    """

    twin: str
    score: float
    named: float
    exact: bool
    noun: bool
    unsaid: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Words that look like a name and are none, and the names that come nearest."""

    words: str
    nearest: tuple[str, ...]


class Names:
    """The names of a plant: of its twins, models and signals."""

    def __init__(self, graph: TwinGraph, models: ModelSet, vocabulary: Mapping[str, Sequence[str]]) -> None:
        """Of a plant's twins and models, and the words that its configuration gives them."""
        self.graph = graph
        self.models = models
        spoken: dict[str, list[str]] = {}
        for word, twins in vocabulary.items():
            for twin in twins:
                spoken.setdefault(twin, []).append(word)
        self.labels = {
            twin.id: tuple(dict.fromkeys([twin.id, twin.name, *spoken.get(twin.id, [])]))
            for twin in graph.twins.values()
        }
        self.label_words = {twin: [pieces(label) for label in labels] for twin, labels in self.labels.items()}
        self.model_words = {
            model: {
                word
                for one in models.lineage(model)[:-1] or [model]
                for label in self._called(one)
                for word in pieces(label)
            }
            for model in {twin.model for twin in graph.twins.values()}
        }

    def _called(self, model: str) -> list[str]:
        """What people call a model, in every language that it has a display name in; its usual label first."""
        interface = self.models.interfaces.get(model)
        others = [text for _, text in interface.texts.display_names] if interface else []
        return list(dict.fromkeys([self.models.label(model), *others]))

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
    def every_word(self) -> set[str]:
        """Every word of twins, models and signals that may be asked for."""
        signals = {word for words in self.signal_words.values() for word in words}
        models = {word for model in self.models for label in self._called(model) for word in pieces(label)}
        return set(self.frequency) | signals | models

    def weight(self, word: str) -> float:
        """Inverse document frequency of a word among the twins (0 for one that names none)."""
        count = self.frequency.get(word, 0)
        return math.log(1 + len(self.graph.twins) / count) if count else 0.0

    @cached_property
    def _forms(self) -> dict[str, set[str]]:
        """The words that name twins, each with the verbs that it may come from."""
        return {word: roots(word) for word in self.frequency if not word.isdigit()}

    def form(self, word: str) -> str | None:
        """A word for twins of which a word is another form: "packing" of "packer"."""
        own = roots(word)
        same = [known for known, of in self._forms.items() if own & of]
        # "Pumping" is about a pump, but what is "lower" is no "low pressure pump".
        bare = [known for known in self._forms if word.endswith("ing") and {known, known.removesuffix("e")} & own]
        return min(same, default=None) or min(bare, default=None)

    def compound(self, word: str) -> str | None:
        """A word for twins that a form of a word is a part of. It may be another thing: it is offered, not taken."""
        parts = tuple(root for root in roots(word) if len(root) >= _SHORTEST_PART)
        return min(
            (known for known, of in self._forms.items() if any(root.endswith(parts) for root in of)), default=None
        )

    def _strange(self, text: str) -> Iterator[str]:
        """The words of a text that name nothing as they are written, but might."""
        said = pieces(text)
        phrase = meaningful(said) == list(dict.fromkeys(said))
        for word, after in zip(said, [*said[1:], ""], strict=False):
            known = word in self.every_word or not meaningful([word])
            if known or word.isdigit() or len(word) < 5 or len(synonyms(word)) > 1:
                continue
            # "The packing machine" is a thing; that a tank is "heating up" names no heater.
            if not word.endswith("ing") or phrase or (meaningful([after]) and not after.isdigit()):
                yield word

    def read(self, text: str) -> tuple[list[str], dict[str, str]]:
        """The words of a text that may name something, misspelt ones mended; and what was mended into what."""
        mended: dict[str, str] = {}
        for word in self._strange(text):
            near = self.form(word) or next(iter(difflib.get_close_matches(word, self.every_word, 1, _FUZZY)), None)
            if near:
                mended[word] = near
        return meaningful(mended.get(word, word) for word in pieces(text)), mended

    def twins(self, text: str) -> list[TwinMatch]:
        """The twins that a text may mean, likeliest first."""
        words, _ = self.read(text)
        asked = set(words)
        found = [match for twin in self.graph.twins if (match := self._match(twin, asked, text))]
        return sorted(found, key=lambda match: (match.unsaid > 0, -match.score, len(match.twin), match.twin))

    def _match(self, twin: str, asked: set[str], text: str) -> TwinMatch | None:
        kind = self.model_words[self.graph.twins[twin].model]
        matches = []
        for label, words in zip(self.labels[twin], self.label_words[twin], strict=True):
            exact = _stands_in(label, text)
            said = set(words) if exact else asked.intersection(words)
            through_model = (asked & kind) - said
            if not said and not through_model:
                continue
            unsaid = set(words) - said
            # Sets come in another order in every process: exact sums are the same in all of them.
            score = math.fsum(map(self.weight, said | through_model)) - _UNSAID * math.fsum(map(self.weight, unsaid))
            total = math.fsum(map(self.weight, set(words))) or 1.0
            nouns = {_noun(words), _noun(pieces(self.models.label(self.graph.twins[twin].model)))}
            named = math.fsum(map(self.weight, said)) / total
            spoken = tuple(sorted(said | through_model))
            matches.append(TwinMatch(twin, score, named, exact, bool(nouns & asked), len(unsaid), spoken))
        return max(matches, key=lambda match: (match.score, match.exact), default=None)

    def kinds(self, text: str) -> list[str]:
        """The models that a text names: by their whole label, else by its last word ("lines"), first named first."""
        said = self.read(text)[0]
        words = set(said)
        called = [(model, label) for model in self.models for name in self._called(model) if (label := pieces(name))]
        whole = [(model, label) for model, label in called if set(label) <= words]
        found = whole or [(model, label) for model, label in called if label[-1] in words]
        ordered = sorted(found, key=lambda one: (said.index(one[1][-1]), -len(one[1]), self._depth(one[0]), one[0]))
        return list(dict.fromkeys(model for model, _ in ordered))

    def _depth(self, model: str) -> int:
        return len(self.models.lineage(model))

    def signals(self, twin: str, words: list[str]) -> list[tuple[str, float]]:
        """The signals of a twin that words may mean, with a score: likeliest first."""
        model = self.graph.twins[twin].model
        own = {word for label in self.label_words[twin] for word in label}
        found = []
        for one in self.models.signals(model):
            said = self.signal_words[f"{model} {one.name}"]
            direct = [word for word in words if word in said and word not in own]
            alike = [word for word in words if word not in said and word not in own and synonyms(word) & said]
            score = len(direct) + _ALIKE * len(alike)
            if score > 0:
                beside = len(said) - len(direct) + 2 * len((said & _INTENDED) - set(words))
                found.append((one.name, score - _BESIDE * beside))
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
        return [*(Unknown(name, tuple(self.near(name))) for name in found), *self._offered(text)]

    def _offered(self, text: str) -> Iterator[Unknown]:
        """Words that are only a part of words for twins ("palletizing", depalletizer), with the likeliest of those."""
        mended = self.read(text)[1]
        for word in self._strange(text):
            if word in mended or (known := self.compound(word)) is None:
                continue
            matches = self.twins(" ".join(known if piece == word else piece for piece in pieces(text)))
            yield Unknown(word, tuple(match.twin for match in matches if known in match.words)[:3])

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
        return signals or words <= {word for word in self.every_word if not word.isdigit()}

    def _numbered(self, word: str, number: str) -> bool:
        return any(
            (word in label or word in self.model_words[self.graph.twins[twin].model]) and number in label
            for twin, labels in self.label_words.items()
            for label in labels
        )


def _noun(words: list[str]) -> str:
    """The last word of a name that isn't a number: what the thing is."""
    return next((word for word in reversed(words) if not word.isdigit()), "")


def _stands_in(label: str, text: str) -> bool:
    """Whether a label stands in a text as a word of its own: ``line-3`` doesn't stand in "line-3-filler"."""
    return re.search(rf"(?<![\w-]){re.escape(label)}(?![\w-])", text, re.IGNORECASE) is not None
