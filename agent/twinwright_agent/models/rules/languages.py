"""Questions in other languages, word by word in English: what the grammar of the rules can read.

It is no translation that anybody is shown. Words of a plant's own (ids, names, display names in any language) stay as
they are, and so does a question in English.
"""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

_TABLE = Path(__file__).with_name("languages.yaml")
_ELISION = re.compile(r"\b(?:[ldnsjmt]|qu)['\N{RIGHT SINGLE QUOTATION MARK}](?=\w)", re.IGNORECASE)
_PRONOUN = re.compile(r"-(?:t-)?(?:elles?|ils?|on|nous|vous|je|tu)\b", re.IGNORECASE)
# A word that is a part of an id isn't read: the "line" of line-3-filler is no word of anybody's language.
_NAME = r"(?<![\w.-])"
_NO_NAME = r"(?![\w-]*\d)(?![-.]\w)"


class _Language(NamedTuple):
    ask: re.Pattern[str]
    every: re.Pattern[str]
    meanings: dict[str, str]


def in_english(question: str) -> str:
    """The question with the words of its language in English; as it is where no other language's question words ask."""
    plain = without_clitics(question)
    for language in _languages():
        # One word may be a name or a loan: "die" and "was" are English as well.
        if language.ask.search(question) and len(language.every.findall(plain)) > 1:
            return " ".join(language.every.sub(partial(_meaning, language), plain).split())
    return question


def without_clitics(question: str) -> str:
    """The question without what hangs on words in French: ``l'`` before and ``-elle`` behind them."""
    return _PRONOUN.sub(" ", _ELISION.sub(" ", question))


def _meaning(language: _Language, found: re.Match[str]) -> str:
    word = " ".join(found[0].casefold().split())
    if word in language.meanings:
        return language.meanings[word]
    begins = (begin for begin in language.meanings if begin.endswith("*") and word.startswith(begin[:-1]))
    return language.meanings[max(begins, key=len)]


@cache
def _languages() -> list[_Language]:
    import yaml

    table = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    both = [(one["ask"], one["ask"] | one["words"]) for one in table.values()]
    return [_Language(_any_of(ask), _any_of(every), every) for ask, every in both]


def _any_of(words: dict[str, str]) -> re.Pattern[str]:
    ordered = sorted(words, key=len, reverse=True)
    parts = (re.escape(word).replace(r"\*", r"[^\W\d_]*").replace(r"\ ", r"\s+") for word in ordered)
    return re.compile(rf"{_NAME}(?:{'|'.join(parts)}){_NO_NAME}(?!\w)", re.IGNORECASE)
