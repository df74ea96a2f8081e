"""Words in history: SQLite's FTS5 with Porter stemming and BM25 ranking."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

_MOST_WORDS = 64
_SNIPPET_WORDS = 24
_TITLES = ("title", "text")
_COMMON_WORDS = """
a an and any are as at be been by did do does ever for from had has have how i in is it its me of on or since so that
the there this to was we were what when where which who why will with
"""
# Question words would otherwise outweigh what is asked about, in a history of a few rows.
_COMMON = frozenset(_COMMON_WORDS.split())


class WordIndex:
    """An index in memory over rows. Not thread-safe: the caller locks."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        """Of rows as dicts of JSON values; `title` and `text` count twice as much as other words."""
        self._rows = rows
        self.kinds = {row["kind"] for row in rows if "kind" in row}
        self.twins = {row["twin"] for row in rows if "twin" in row}
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.execute(
            "CREATE VIRTUAL TABLE words USING fts5 "
            "(text, other, kind UNINDEXED, twin UNINDEXED, tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        self._connection.executemany(
            "INSERT INTO words (rowid, text, other, kind, twin) VALUES (?, ?, ?, ?, ?)",
            (
                (number, _joined(row, True), _joined(row, False), row.get("kind"), row.get("twin"))
                for number, row in enumerate(rows)
            ),
        )

    def search(self, words: str, twins: Collection[str] | None, kind: str | None, limit: int) -> list[dict[str, Any]]:
        """Rows that hold any of the words, best first, of any of the twins and of the kind where they are given."""
        said = list(dict.fromkeys(re.findall(r"\w+", words.casefold())))
        terms = ([word for word in said if word not in _COMMON] or said)[:_MOST_WORDS]
        if not terms or limit < 1:
            return []
        conditions, arguments = ["words MATCH ?"], [" OR ".join(f'"{term}"' for term in terms)]
        if kind is not None:
            conditions.append("kind = ?")
            arguments.append(kind)
        query = (
            f"SELECT rowid, -bm25(words, 2.0, 1.0) AS score, snippet(words, 0, '', '', '…', {_SNIPPET_WORDS}), twin "
            f"FROM words WHERE {' AND '.join(conditions)} ORDER BY score DESC, rowid"
        )
        found: list[dict[str, Any]] = []
        for number, score, snippet, twin in self._connection.execute(query, arguments):
            if twins is None or twin in twins:
                found.append({**self._rows[number], "score": round(score, 6), "snippet": snippet})
            if len(found) >= limit:
                break
        return found


def _joined(row: dict[str, Any], titles: bool) -> str:
    return "\n".join(str(value) for name, value in row.items() if (name in _TITLES) is titles)
