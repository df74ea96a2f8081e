"""Which kinds can be compared with each other, and what was probably meant where they can't."""

from __future__ import annotations

import re
from datetime import date, datetime

import sqlglot.expressions as exp

from ..errors import TimeFormatError
from ..times import parse_time
from .check import refuse
from .language import Kind

MOMENTS = frozenset({"time", "local time", "date"})
OPEN = frozenset({"unknown", "null"})
_SITE_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?")
_A = {"number": "a number", "text": "a text", "boolean": "true or false", "interval": "a span of time", "row": "a row"}


def compare(left: exp.Expr, left_kind: Kind, right: exp.Expr, right_kind: Kind) -> None:
    """Refuses a comparison of what can't be equal, greater or less.

    Raises:
        SqlError: these can't be compared; how it should be written is suggested, where that can be told.
    """
    if left_kind in OPEN or right_kind in OPEN or left_kind == right_kind:
        return
    kinds = {left_kind, right_kind}
    if kinds <= MOMENTS and (kinds != {"time", "local time"} or _is_site_time(left) or _is_site_time(right)):
        return
    for one, kind, other in ((left, left_kind, right), (right, right_kind, left)):
        if isinstance(other, exp.Literal) and other.is_string:
            meant = _meant(kind, other.this)
            if meant == "":
                return
            hint = f"; write {meant}" if meant else ""
            text = f"{shown(one)} is {a_kind(kind)} and can't be compared with the text {shown(other)}{hint}"
            raise refuse("type", text, other, [meant] if meant else [])
    hint = _hint(left, left_kind, right, right_kind)
    text = (
        f"{shown(left)} is {a_kind(left_kind)} and can't be compared with {shown(right)}, which is {a_kind(right_kind)}"
    )
    raise refuse("type", text + hint, right)


def _meant(kind: Kind, text: str) -> str | None:
    """How a text should be written beside a value of a kind; "" where it is fine, None where nobody can tell."""
    if kind == "number":
        return text.strip() if _is_number(text) else None
    if kind == "boolean":
        return text.strip().lower() if text.strip().lower() in ("true", "false") else None
    if kind == "time":
        return _meant_time(text)
    if kind in ("date", "local time"):
        return "" if _is_date(text, kind) else None
    return "" if kind in ("interval", "time of day") else None


def _meant_time(text: str) -> str | None:
    """A day or a time without a zone is the site's, in which DuckDB reads it; other ISO 8601 is rewritten."""
    if _SITE_TIME.fullmatch(text) and _is_date(text, "local time"):
        return ""
    try:
        parse_time(text)
        return ""
    except TimeFormatError:
        pass
    try:
        return f"'{datetime.fromisoformat(text.strip()).isoformat()}'"
    except ValueError:
        return None


def _is_site_time(node: exp.Expr) -> bool:
    """Whether it is a time that is written out without a zone: it is the site's."""
    return isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _is_date(text: str, kind: Kind) -> bool:
    try:
        if kind == "date":
            date.fromisoformat(text.strip())
            return True
        return datetime.fromisoformat(text.strip()).tzinfo is None
    except ValueError:
        return False


def _hint(left: exp.Expr, left_kind: Kind, right: exp.Expr, right_kind: Kind) -> str:
    kinds = {left_kind, right_kind}
    text = left if left_kind == "text" else right
    number = left if left_kind == "number" else right
    if kinds == {"text", "number"}:
        if isinstance(number, exp.Literal):
            return f"; write '{number.this}'"
        return f"; write TRY_CAST({shown(text)} AS DOUBLE)"
    if "text" in kinds and kinds & MOMENTS:
        if isinstance(text, exp.TimeToStr):
            return f"; compare {shown(text.this)} itself, without strftime"
        return f"; write TRY_CAST({shown(text)} AS TIMESTAMPTZ)"
    if kinds == {"time", "local time"}:
        return "; a time without a zone is nobody's: write TIMESTAMPTZ '2026-01-05T08:00:00+01:00'"
    if "number" in kinds and kinds & MOMENTS:
        return "; year(…), month(…) or epoch(…) make a number of a time"
    if kinds == {"number", "interval"}:
        return "; epoch(…) makes seconds of a span of time"
    return ""


def a_kind(kind: Kind) -> str:
    """A kind in words."""
    return _A.get(kind, f"a {kind}")


def shown(node: exp.Expr) -> str:
    """A node as SQL, shortened, for a message."""
    text = node.sql("duckdb", comments=False)
    return text if len(text) <= 40 else text[:37] + "…"
