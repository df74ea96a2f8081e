"""Why-questions: rank the causes, look at the leading one and the symptom, draft the work order, conclude."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from twinwright_tools.times import parse_time

from .focus import Focus
from .hypotheses import Case, hypotheses
from .plan import Requests, Step
from .question import asks_for_several_orders
from .saying import conclusion
from .seen import Seen
from .verdicts import also_possible, answer_cause, answer_nothing, answer_old, answer_unclear, no_telemetry

_STEPS_AROUND = 4
_TOP = 8
_SYMPTOMS = 3
# Two causes at once share the engine's confidence: from here on, the second may well be one.
_MAY_WELL = 0.2


def step(seen: Seen, focus: Focus, *, draft: bool = True) -> Step:
    """The next step of a diagnosis."""
    ranked = seen.last("rank_causes")
    if ranked is None:
        return _first(seen, focus)
    case = Case(seen, focus)
    if seen.site.recorded_to is None:
        return no_telemetry(seen, focus.evidence, ranked.id)
    # Where no signal is worth a window, history alone is looked at.
    looked = seen.called("telemetry_window") or seen.called("search_history")
    if not looked and (look := _look(case)):
        return look
    if draft and case.verdict == "cause" and not seen.called("draft_work_order"):
        return _draft(case)
    if case.verdict == "cause":
        return conclusion("cause", answer_cause(case), hypotheses(case))
    if case.old:
        return conclusion("cannot_tell", answer_old(case), hypotheses(case), case.missing)
    if case.verdict == "nothing_wrong":
        return conclusion("nothing_wrong", answer_nothing(case), hypotheses(case), case.missing)
    return conclusion("cannot_tell", answer_unclear(case), hypotheses(case), case.missing)


def symptoms(focus: Focus) -> list[str]:
    """What somebody complains of: the signals that the question names, else its twins, else the whole plant."""
    return (focus.signals or focus.twins)[:_SYMPTOMS]


def _first(seen: Seen, focus: Focus) -> Step:
    asked = symptoms(focus)
    tried = [one.call.arguments["symptoms"] for one in seen.done if one.call.name == "rank_causes"]
    if asked in tried:
        asked = focus.twins[:_SYMPTOMS]
    if asked in tried:
        reason = "; ".join(seen.errors()) or "the engine gave no result"
        return conclusion("cannot_tell", [], missing=[reason])
    calls: list[tuple[str, dict[str, Any]]] = [("rank_causes", {"symptoms": asked, "top": _TOP})]
    for twin in _twins_of(asked, focus)[:1]:
        around = {"twin": twin, "steps": _STEPS_AROUND, "direction": "upstream"}
        calls += [("find_deviations", around), ("describe_twin", {"twin": twin})]
    about = ", ".join(asked) or "the whole plant"
    return Requests(f"ranking the causes of what {about} shows, and what left its past around it", calls)


def _twins_of(asked: list[str], focus: Focus) -> list[str]:
    if focus.twins:
        return focus.twins
    return list(dict.fromkeys(key.split(".")[0] for key in asked))


def _look(case: Case) -> Requests | None:
    """Windows on the leading cause and the symptom, and what history says of the leading cause."""
    calls: list[tuple[str, dict[str, Any]]] = []
    leading = case.rows[0] if case.rows else None
    signals = [f"{leading['twin']}.{leading['signal']}"] if leading and leading["signal"] else []
    signals = list(dict.fromkeys([*signals, *case.symptom_signals]))[:4]
    if signals:
        start, end = case.seen.around(leading["onset"] if leading else None)
        told = {"signals": signals, "from": case.site.local(start), "to": case.site.local(end)}
        calls.append(("telemetry_window", told))
        if leading and leading["onset"] and case.symptom is None:
            calls += _before_and_since(case, leading["onset"], start, end)
    if leading:
        words = leading["mode_name"] or leading["twin"]
        calls.append(("search_history", {"words": words, "twin": leading["twin"], "kind": None, "limit": 5}))
    return (
        Requests("looking at the leading cause and the symptom, and at what happened before", calls) if calls else None
    )


def _before_and_since(case: Case, onset: str, start: datetime, end: datetime) -> list[tuple[str, dict[str, Any]]]:
    """The symptom on both sides of the cause's onset, where the engine doesn't say what it did."""
    since = parse_time(onset)
    if not case.symptom_signals or not start < since < end:
        return []
    signals, local = case.symptom_signals[:1], case.site.local
    return [
        ("telemetry_window", {"signals": signals, "from": local(one), "to": local(other)})
        for one, other in ((start, since), (since, end))
    ]


def _draft(case: Case) -> Requests:
    """One order for the leading cause; where several were asked for, one for each asset that may well be a cause."""
    rows = case.rows[:1]
    if asks_for_several_orders(case.seen.question):
        likely = [row for row in case.rows if row is rows[0] or row["confidence"] >= _MAY_WELL]
        rows = list({row["twin"]: row for row in reversed(likely)}.values())[::-1]
    twins = ", ".join(row["twin"] for row in rows)
    return Requests(f"drafting a work order for {twins}", [("draft_work_order", _order(case, row)) for row in rows])


def _order(case: Case, row: dict[str, Any]) -> dict[str, Any]:
    name = row["mode_name"]
    title = f"{name} on {row['twin']}: check and repair" if name else f"Inspect {row['twin']}"
    lines = answer_cause(case, drafted=False) if row is case.rows[0] else also_possible(case, row)
    return {
        "asset": row["twin"],
        "failure_mode": row["mode"],
        "title": title[:80],
        "problem": " ".join(one.text for one in lines),
        "evidence": case.cited(),
        "likelihood": row["confidence"],
    }
