"""Text to tree, and tree to text."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from ...errors import QueryError
from .dialect import AzureDigitalTwins

MAX_LENGTH = 20_000

_DIALECT = AzureDigitalTwins()


def parse_query(text: str) -> exp.Select:
    """The tree of exactly one query.

    Raises:
        QueryError: it isn't one, or is longer, deeper or wider than the bounds; with the position.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"a query may have {MAX_LENGTH} characters, not {len(text)}", code="query.bounds")
    if "\0" in text:
        raise QueryError("a query can't hold the character NUL", code="query.syntax", position=text.index("\0"))
    try:
        tokens = _DIALECT.tokenize(text)
    except SqlglotError as error:
        quote = text.rfind("'")
        message = f"can't be read: a text or name isn't closed ({str(error).splitlines()[0]})"
        raise QueryError(message, code="query.syntax", position=quote if quote >= 0 else None) from None
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise QueryError("there is no query; write for example SELECT * FROM DIGITALTWINS", code="query.syntax")
    second = next((each for each in tokens if each.token_type == TokenType.SEMICOLON), None)
    if second:
        raise QueryError("one query at a time: remove what follows ';'", code="query.syntax", position=second.start)
    tree = _DIALECT.parser().parse(tokens, text)[0]
    if not isinstance(tree, exp.Select):
        raise QueryError("a query begins with SELECT", code="query.syntax", position=0)
    tree.meta["length"] = len(text)
    return tree


def print_query(tree: exp.Select) -> str:
    """The query of a tree, on one line."""
    return str(_DIALECT.generator(comments=False).generate(tree, copy=False))
