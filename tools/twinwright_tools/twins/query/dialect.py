"""The Azure Digital Twins query language as a sqlglot dialect: its words and signs; see `grammar` for its sentences.

The words of SQL that the language doesn't have are no keywords here, and comments aren't skipped, so nothing beyond the
grammar can be parsed.
"""

from __future__ import annotations

from typing import ClassVar

from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import TokenType
from sqlglot.tokens import Tokenizer as BaseTokenizer

from .grammar import QueryParser
from .printer import QueryGenerator


class AzureDigitalTwins(Dialect):
    """The query language of Azure Digital Twins, read only."""

    class Tokenizer(BaseTokenizer):
        """Words, strings in single quotes, numbers and a few signs."""

        QUOTES: ClassVar[list[tuple[str, str] | str]] = ["'"]
        IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = ['"']
        STRING_ESCAPES: ClassVar[list[str]] = ["\\"]
        COMMENTS: ClassVar[list[str | tuple[str, str]]] = []
        VAR_SINGLE_TOKENS: ClassVar[set[str]] = {"$"}
        KEYWORDS: ClassVar[dict[str, TokenType]] = {
            "!=": TokenType.NEQ,
            "<=": TokenType.LTE,
            ">=": TokenType.GTE,
            "AND": TokenType.AND,
            "AS": TokenType.ALIAS,
            "FALSE": TokenType.FALSE,
            "FROM": TokenType.FROM,
            "IN": TokenType.IN,
            "JOIN": TokenType.JOIN,
            "NOT": TokenType.NOT,
            "NULL": TokenType.NULL,
            "OR": TokenType.OR,
            "SELECT": TokenType.SELECT,
            "TOP": TokenType.TOP,
            "TRUE": TokenType.TRUE,
            "WHERE": TokenType.WHERE,
        }

    Parser = QueryParser
    Generator = QueryGenerator
