"""The two or three sentences that a reliability engineer reads first, for each verdict of the engine."""

from __future__ import annotations

from typing import Any

from ...conclusion import Claim
from .hypotheses import Case
from .saying import claim


def answer_cause(case: Case, *, drafted: bool = True) -> list[Claim]:
    """Cause, mode and onset; what it did to the symptom; what to do next."""
    first = case.rows[0]
    claims = [claim(_cause(case, first), case.ranked.id)]
    claims += _effect(case, first)
    if drafted:
        claims += _next(case, first)
    return claims


def answer_unclear(case: Case) -> list[Claim]:
    """That it can't be told, and what leads, with its low confidence."""
    reason = f": {case.missing[0]}" if case.missing else ""
    claims = [claim(f"The cause can't be told from the data{reason}", case.ranked.id)]
    if case.rows:
        claims.append(claim(f"Leading, but not settled: {_listed(case.rows[:3])}", case.ranked.id))
    claims += _next(case, case.rows[0]) if case.rows else []
    return claims


def answer_nothing(case: Case) -> list[Claim]:
    """That nothing is wrong, and what the weak candidates were."""
    about = ", ".join(case.focus.twins) or "the plant"
    claims = [claim(f"Nothing is wrong with {about} as far as its data tell", case.ranked.id, case.focus.evidence)]
    if case.symptom and case.around:
        claims.append(claim(f"The largest change seen is small: {case.changed(case.symptom)}", case.around.id))
    return claims


def _cause(case: Case, first: dict[str, Any]) -> str:
    name = first["mode_name"]
    what = f"{first['twin']}: {name[:1].lower()}{name[1:]}" if name else f"{first['twin']} (no known failure mode fits)"
    signal = f", first seen on {first['twin']}.{first['signal']}" if first["signal"] else ""
    since = f" since {case.site.local(first['onset'])}" if first["onset"] else ""
    return f"The most likely cause is {what}{since}{signal} (confidence {first['confidence']:.2g})"


def _effect(case: Case, first: dict[str, Any]) -> list[Claim]:
    symptom = case.symptom
    if symptom is None or case.around is None or symptom["signal"] == f"{first['twin']}.{first['signal']}":
        return []
    way = f", by way of {' → '.join(first['path'])}" if len(first["path"]) > 2 else ""
    return [claim(f"{case.changed(symptom)}{way}", case.around.id, *([case.ranked.id] if way else []))]


def _next(case: Case, first: dict[str, Any]) -> list[Claim]:
    check = first["checks"][0].rstrip(".") if first["checks"] else None
    if case.draft is None:
        return [claim(f"Next: {check}", case.ranked.id)] if check else []
    order = next(fact.value for fact in case.draft.facts if fact.name == "work order")
    waiting = f"work order {order} is drafted and waits for a person's yes"
    if check is None:
        return [claim(f"Next: {waiting}", case.draft.id)]
    return [claim(f"Next: {check}; {waiting}", case.ranked.id, case.draft.id)]


def _listed(rows: list[dict[str, Any]]) -> str:
    return ", ".join(f"{row['twin']}{_mode(row)} ({row['confidence']:.2g})" for row in rows)


def _mode(row: dict[str, Any]) -> str:
    return f" {row['mode_name']}" if row["mode_name"] else ""
