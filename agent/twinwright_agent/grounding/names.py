"""Names in prose: twins, signals, and what looks like a name of the plant but isn't one.

Ids and signals that are plain lower-case words ("power", "speed") are not looked for: in prose they are words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from twinwright_tools.twins.graph import TwinGraph

from .carried import Grounding
from .figures import mask
from .units import SPELLINGS, UNITS

_EVIDENCE = re.compile(r"\b[ED]\d+(?:\s?[-–]\s?[ED]?\d+)?\b")
# A number of a name: 3, 2.5 or 4b; not the figure in "line 3 to 5 bar".
_PLACE = r"\d+(?:\.\d+)*[A-Za-z]?(?!\w)(?!\.\d)"
_PLACES = re.compile(_PLACE)
_AND = r"\s*(?:,\s*(?:and|or)\b|,|&|/|\N{EN DASH}|-|\b(?:and|or|to|through|und|oder|bis|et|ou|y|e)\b)\s*"
_WORD_AND_NUMBER = re.compile(
    rf"\b(?P<word>[^\W\d_]{{2,}})[\s_#-]{{0,2}}(?P<first>{_PLACE})"
    rf"(?P<more>(?:{_AND}{_PLACE}(?!\s*(?:{'|'.join(map(re.escape, SPELLINGS))})(?!\w)))*)"
)
_IN_A_NAME = re.compile(r"([^\W\d_]{2,})[\s_#-]*(\d+(?:\.\d+)*[A-Za-z]?)(?![A-Za-z0-9])")
# "Conveyor 2.5, labeller to packer" and "Air compressor 1 (fixed speed)" are called by what stands before that.
_SHORT = re.compile(r"\s*[,(;:].*$")
_SIGNAL = re.compile(r"\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_LOOKS_LIKE_AN_ID = re.compile(r"(?<![\w.-])(?=[\w-]*\d)[A-Za-z][\w-]*[A-Za-z0-9](?![\w-])")
_LOOKS_LIKE_A_SIGNAL = re.compile(r"(?<![\w.-])[A-Za-z][\w-]{2,}\.[A-Za-z_]\w{2,}(?!\w)")
_WORD = re.compile(r"(?<![\w-])[A-Za-z_][\w]*(?![\w-])")
# Formulas that people write in prose.
_FORMULAS = {"CO2", "H2O", "NH3", "O2", "N2", "SO2", "NO2", "H2"}
# A factor, as in "(x1000)": a figure, no name.
_FACTOR = re.compile(r"[xX]\d+")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in prose and the twins that it can mean; empty for a name that nothing in the plant has."""

    text: str
    twins: tuple[str, ...]
    signal: str | None = None


class Names:
    """The names of a plant's twins and signals, ready to be found in prose."""

    def __init__(self, graph: TwinGraph, signals: Collection[str]) -> None:
        self.graph = graph
        self.signals = {signal for signal in signals if not _is_plain(signal)}
        self._words: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._titles: dict[str, list[str]] = defaultdict(list)
        for twin in graph.twins.values():
            for name in {twin.id, twin.name}:
                for word, number in _IN_A_NAME.findall(name):
                    self._words[(word.casefold(), number.casefold())].append(twin.id)
            for title in {twin.name, _SHORT.sub("", twin.name)}:
                if re.search(r"\d", title):
                    self._titles[title.casefold()].append(twin.id)
        self._ids = _any_of([twin.id for twin in graph.twins.values()])
        self._title = re.compile(_any_of(self._titles).pattern, re.IGNORECASE)

    def find(self, text: str) -> tuple[list[Mention], str]:
        """The names in a text, and the text with all of them blanked."""
        for match in _EVIDENCE.finditer(text):
            text = mask(text, *match.span())
        found: list[Mention] = []
        for reader in (self._find_ids, self._find_titles, self._find_words, self._find_signals):
            more, text = reader(text)
            found += more
        return found, text

    def _find_ids(self, text: str) -> tuple[list[Mention], str]:
        found: list[Mention] = []
        for match in self._ids.finditer(text):
            signal = _SIGNAL.match(text, match.end())
            if signal is None and _is_plain(match.group()):
                continue
            end = signal.end() if signal else match.end()
            found.append(Mention(text[match.start() : end], (match.group(),), signal[1] if signal else None))
            text = mask(text, match.start(), end)
        return found, text

    def _find_titles(self, text: str) -> tuple[list[Mention], str]:
        found = []
        for match in self._title.finditer(text):
            found.append(Mention(match.group(), tuple(self._titles[match.group().casefold()])))
            text = mask(text, *match.span())
        return found, text

    def _find_words(self, text: str) -> tuple[list[Mention], str]:
        """ "Filler 3", and of several "lines 1 and 2" or "conveyors 2.4 and 2.5"."""
        found = []
        for match in _WORD_AND_NUMBER.finditer(text):
            said, first = match["word"].casefold(), match["first"].casefold()
            word = said if (said, first) in self._words else said.removesuffix("s")
            if (word, first) not in self._words:
                continue
            found.append(self._numbered(text[match.start() : match.end("first")], word, first))
            end = match.end("first")
            for more in _PLACES.finditer(text, end, match.end() if word != said else end):
                if (word, more[0].casefold()) not in self._words:
                    break
                found.append(self._numbered(f"{word} {more[0]}", word, more[0].casefold()))
                end = more.end()
            text = mask(text, match.start(), end)
        return found, text

    def _numbered(self, text: str, word: str, number: str) -> Mention:
        return Mention(text, tuple(dict.fromkeys(self._words[(word, number)])))

    def _find_signals(self, text: str) -> tuple[list[Mention], str]:
        found = []
        for match in _WORD.finditer(text):
            if match.group() in self.signals:
                found.append(Mention(match.group(), (), match.group()))
                text = mask(text, *match.span())
        for pattern in (_LOOKS_LIKE_A_SIGNAL, _LOOKS_LIKE_AN_ID):
            for match in pattern.finditer(text):
                word = match.group()
                if word not in _FORMULAS and word not in UNITS and not _FACTOR.fullmatch(word):
                    found.append(Mention(match.group(), ()))
                    text = mask(text, *match.span())
        return found, text

    def reason(self, mention: Mention, ground: Grounding) -> str | None:
        """Why a name doesn't stand in the cited evidence, or None if it does.

        A twin stands where it, or something that it contains, is named. Of two that a word can mean, one is enough.
        """
        if mention.signal is not None:
            twins_stand = not mention.twins or any(ground.has_name(twin) for twin in mention.twins)
            if twins_stand and (ground.has_name(mention.signal) or ground.has_name(mention.text)):
                return None
            return f"the signal {mention.text} stands nowhere in the cited evidence"
        if mention.twins:
            inside = (one for twin in mention.twins for one in self.graph.within(twin))
            if ground.has_name(mention.text) or any(ground.has_name(one) for one in inside):
                return None
            return f"{mention.text} stands nowhere in the cited evidence"
        if ground.has_name(mention.text):
            return None
        return f"{mention.text} is no name of this plant, and stands nowhere in the cited evidence"


def _is_plain(name: str) -> bool:
    return name.isalpha() and name.islower()


def _any_of(names: Collection[str]) -> re.Pattern[str]:
    """Any of the names as a whole, the longest that fits."""
    ordered = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, ordered)) or '(?!)'})(?![\w-])")
