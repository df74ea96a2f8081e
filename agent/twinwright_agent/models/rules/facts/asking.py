"""Calls that a plan wants made, and what became of them: a plan is run again from its beginning at every turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twinwright_tools.evidence import Evidence

from ..plan import Requests
from ..seen import Seen

Call = tuple[str, dict[str, Any]]


class Missing(Exception):  # noqa: N818 - not an error: what has to be asked before the plan can go on
    """Calls that haven't been made yet."""

    def __init__(self, requests: Requests) -> None:
        super().__init__(requests.text)
        self.requests = requests


def asked(seen: Seen, text: str, calls: Sequence[Call]) -> list[Evidence | None]:
    """What the calls found, None for one that failed.

    Raises:
        Missing: some of them haven't been made.
    """
    made = [(one.call.name, one.call.arguments, one.evidence) for one in seen.done]
    found: list[Evidence | None] = []
    missing = []
    for name, arguments in calls:
        mine = [evidence for made_name, given, evidence in made if made_name == name and given == arguments]
        if mine:
            found.append(mine[-1])
        elif (name, arguments) not in missing:
            missing.append((name, arguments))
    if missing:
        raise Missing(Requests(text, missing))
    return found


def sql(text: str, signals: Sequence[str] = (), start: str = "", end: str = "") -> Call:
    """A call of `analyse` with one SELECT."""
    return analyse("sql", signals, start, end, sql=text)


def analyse(operation: str, signals: Sequence[str], start: str, end: str, **more: Any) -> Call:
    """A call of `analyse`."""
    empty = {"split": "", "step": "", "sql": "", "weights": [], "limit": "", "max_lag": "", "plot": False}
    given = {"operation": operation, "signals": list(signals), "from": start, "to": end}
    return "analyse", given | empty | more


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Sequence[str]) -> str:
    """Texts as a list of literals."""
    return ", ".join(quoted(text) for text in texts)


def rows_of(found: Evidence | None) -> list[dict[str, Any]]:
    """The rows of an `analyse` or `count_history` result as dicts by column; none where it failed."""
    if found is None:
        return []
    return [dict(zip(found.data["columns"], row, strict=True)) for row in found.data["rows"]]
