"""Continuation tokens: where the next page of an answer begins.

A token is opaque to who gets it, as the service's are. It holds how many rows came before, and digests of the query and
of the twins that it was asked of. Rows have one order, so pages never overlap and leave nothing out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json

from ...errors import QueryError


def page_token(question: str, contents: str, offset: int) -> str:
    """The token for the rows after the first `offset`.

    Args:
        question: the query and all that decides what it means.
        contents: what tells the twins that were asked apart from any others.
    """
    text = json.dumps([offset, _digest(question), _digest(contents)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def page_offset(token: str, question: str, contents: str) -> int:
    """Where the page of a token begins.

    Raises:
        QueryError: it is no token, or one for another query, or the twins have changed since.
    """
    try:
        offset, asked, held = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, UnicodeError, ValueError, TypeError):
        raise _refused("this is no continuation token: give one as it came with the page before") from None
    if not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset < 1 << 31:
        raise _refused("this is no continuation token: give one as it came with the page before")
    if asked != _digest(question):
        raise _refused("this continuation token came with another query: give the same query with it")
    if held != _digest(contents):
        raise _refused("the twins have changed since this continuation token was made: ask again without it")
    return offset


def _refused(text: str) -> QueryError:
    return QueryError(text, code="query.continuation")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
