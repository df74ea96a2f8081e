"""Questions about the past: how often, since when, when last; counted over history and read from it."""

from __future__ import annotations

import re
from typing import Any

from ...conclusion import Claim
from .focus import Focus
from .periods import period, without_times
from .plan import Requests, Step
from .saying import claim, conclusion, figure
from .seen import Seen

_HOW_OFTEN = re.compile(r"\bhow (?:often|many|long|much)\b|\bcount\b|\bnumber\b|\bmtbf\b|\bmttr\b|\brate\b", re.I)
_SHOWN = 3
_CODES = 5
_TEXT = 140


def step(seen: Seen, focus: Focus) -> Step:
    """The next step towards an answer from history."""
    if not seen.called("search_history"):
        return _ask(seen, focus)
    claims = _counted(seen, focus) + _read(seen)
    if not claims:
        return conclusion(
            "cannot_tell",
            [claim("The plant's history can't be read")],
            missing=seen.errors() or ["past work orders, alarms or notes"],
        )
    return conclusion("answer", claims)


def _ask(seen: Seen, focus: Focus) -> Requests:
    twin = focus.twins[0] if len(focus.twins) == 1 else None
    words = without_times(seen.question)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("count_history", {"sql": _totals(seen, focus)}),
        ("count_history", {"sql": _codes(seen, focus)}),
        ("count_history", {"sql": _newest(seen, focus)}),
        ("search_history", {"words": words, "twin": twin, "kind": None, "limit": 5}),
    ]
    return Requests(f"reading the history of {', '.join(focus.twins) or 'the plant'}", calls)


def _where(seen: Seen, focus: Focus) -> str:
    conditions = []
    if focus.twins:
        listed = ", ".join("'{}'".format(twin.replace("'", "''")) for twin in focus.twins)
        conditions.append(f"twin IN ({listed})")
    asked = period(seen.question, seen.site.at, seen.site.zone)
    if asked.given:
        start, end = seen.site.local(asked.start), seen.site.local(asked.end)
        conditions.append(f"time >= TIMESTAMPTZ '{start}' AND time <= TIMESTAMPTZ '{end}'")
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _totals(seen: Seen, focus: Focus) -> str:
    where = _where(seen, focus)
    columns = "kind, count(*) AS n, min(time) AS earliest, max(time) AS latest"
    return f"SELECT {columns} FROM history{where} GROUP BY kind ORDER BY n DESC"


def _codes(seen: Seen, focus: Focus) -> str:
    columns = "code, count(*) AS orders, median(duration_h) AS median_h"
    where = _orders(seen, focus)
    return f"SELECT {columns} FROM history{where} AND code IS NOT NULL GROUP BY code ORDER BY orders DESC LIMIT 10"


def _newest(seen: Seen, focus: Focus) -> str:
    return f"SELECT time, twin, id, text FROM history{_orders(seen, focus)} ORDER BY time DESC LIMIT 3"


def _orders(seen: Seen, focus: Focus) -> str:
    where = _where(seen, focus)
    return f"{where} AND kind = 'work_order'" if where else " WHERE kind = 'work_order'"


def _counted(seen: Seen, focus: Focus) -> list[Claim]:
    found = seen.all("count_history")
    about = ", ".join(focus.twins) or "the plant"
    claims = []
    for one in found:
        columns, rows = one.data["columns"], one.data["rows"]
        if "n" in columns:
            counts = [dict(zip(columns, row, strict=True)) for row in rows]
            claims.append(_totals_claim(counts, about, one.id))
        elif "orders" in columns and rows:
            counts = [dict(zip(columns, row, strict=True)) for row in rows[:_CODES]]
            claims.append(_codes_claim(counts, about, one.id))
        elif rows:
            newest = dict(zip(columns, rows[0], strict=True))
            claims.append(_newest_claim(newest, about, one.id))
    return claims if _HOW_OFTEN.search(seen.question) else claims[::-1]


def _totals_claim(counts: list[dict[str, Any]], about: str, evidence: str) -> Claim:
    if not counts:
        return claim(f"History has nothing about {about} in that time", evidence)
    listed = ", ".join(f"{figure(one['n'])} {str(one['kind']).replace('_', ' ')}" for one in counts)
    return claim(f"History of {about} has {listed}", evidence)


def _codes_claim(counts: list[dict[str, Any]], about: str, evidence: str) -> Claim:
    listed = ", ".join(
        f"{one['code']} {figure(one['orders'])}"
        + (f" (median {figure(one['median_h'], 'h')})" if one["median_h"] else "")
        for one in counts
    )
    return claim(f"Work orders on {about} by failure code: {listed}", evidence)


def _newest_claim(newest: dict[str, Any], about: str, evidence: str) -> Claim:
    return claim(
        f"The newest work order on {about} is {newest['id']} of {newest['time']}: {_quoted(newest['text'])}", evidence
    )


def _read(seen: Seen) -> list[Claim]:
    found = seen.last("search_history")
    rows: list[dict[str, Any]] = found.data["rows"] if found else []
    claims = []
    for row in rows[:_SHOWN]:
        when = f" of {row['time']}" if row.get("time") else ""
        who = f" on {row['twin']}" if row.get("twin") else ""
        claims.append(
            claim(
                f"Best match ({str(row['kind']).replace('_', ' ')}{when}{who}): {_quoted(row['text'])}",
                found.id if found else "",
            )
        )
    return claims[:1]


def _quoted(text: Any) -> str:
    words = " ".join(str(text).split())
    return f"“{words if len(words) <= _TEXT else words[:_TEXT].rstrip() + '…'}”"
