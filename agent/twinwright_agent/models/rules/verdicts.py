"""The two or three sentences that a reliability engineer reads first, for each verdict of the engine."""

from __future__ import annotations

from typing import Any

from ...conclusion import Claim, Conclusion
from .hypotheses import Case, next_check
from .saying import claim, conclusion, figure
from .seen import Seen, Site

_LIKELY = 0.2  # confidence from which a hypothesis is worth naming where the data are old
_CLEAR = 0.5  # of the interquartile range before: a smaller move of the median is no clear change


def answer_cause(case: Case, *, drafted: bool = True) -> list[Claim]:
    """Cause, mode and onset; what it did to the symptom; what to do next."""
    first = case.rows[0]
    claims = [claim(_cause(case, first), case.ranked.id)]
    claims += _effect(case, first)
    if drafted:
        claims += _next(case, first)
    return claims


def also_possible(case: Case, row: dict[str, Any]) -> list[Claim]:
    """What is wrong with an asset that isn't the leading one, in a sentence."""
    return [claim(f"A possible cause is {said_of(row, case.site)}", case.ranked.id)]


def answer_unclear(case: Case) -> list[Claim]:
    """That it can't be told, and what leads, with its low confidence."""
    claims = [claim("The data don't settle the cause", case.ranked.id)]
    if premise := _premise(case):
        return premise
    if case.rows:
        first = case.rows[0]
        others = [row for row in case.rows if row["twin"] != first["twin"]]
        beside = f"; then {_listed(others)}" if others else ""
        claims = [claim(f"The data don't settle the cause; {_leading(case, first)}{beside}", case.ranked.id)]
        claims += _effect(case, first)
        claims += _next(case, first)
    return claims


def _premise(case: Case) -> list[Claim]:
    """That what the question takes for granted doesn't show on the twins that it names."""
    if case.around is None or not case.focus.twins or case.seen.errors():
        return []
    # A few samples that are missing are no failure of the machine.
    own = [row for row in case.deviations if row["where"] in {"itself", "part"} and row["kind"] != "dropout"]
    if own:
        return []
    names = ", ".join(case.focus.twins)
    return [claim(f"There is no sign of that on {names}: no signal of it has left its own past", case.around.id)]


def no_telemetry(seen: Seen, *evidence: str) -> Conclusion:
    """That nothing at all is recorded up to the moment of asking, so that no cause and no state can be told."""
    at = seen.site.local(seen.site.at)
    return conclusion(
        "cannot_tell",
        [claim(f"There is no telemetry of this plant up to {at}, so how it runs can't be told", *evidence)],
        missing=[f"telemetry up to {at}"],
    )


def answer_old(case: Case) -> list[Claim]:
    """That the data end long before the moment of asking, and what they show up to their end."""
    newest, at = case.seen.site.recorded_to, case.seen.site.at
    about = ", ".join(case.focus.twins) or "the plant"
    text = f"How {about} runs now can't be told: the newest sample of all is of {case.site.local(newest or at)}"
    claims = [claim(text, case.focus.evidence)]
    if case.verdict == "nothing_wrong" or not case.rows or case.rows[0]["confidence"] < _LIKELY:
        return [
            *claims,
            claim(f"Up to then its data show no clear cause of anything wrong with {about}", case.ranked.id),
        ]
    return [*claims, *answer_unclear(case)]


def answer_nothing(case: Case) -> list[Claim]:
    """That nothing is wrong, and what the weak candidates were."""
    about = ", ".join(case.focus.twins) or "the plant"
    claims = [claim(f"Nothing is wrong with {about} as far as its data tell", case.ranked.id, case.focus.evidence)]
    if case.symptom and case.around:
        claims.append(claim(f"The largest change seen is small: {case.changed(case.symptom)}", case.around.id))
    return claims


def _cause(case: Case, first: dict[str, Any]) -> str:
    return f"The most likely cause is {said_of(first, case.site)}"


def _leading(case: Case, first: dict[str, Any]) -> str:
    return f"leading is {said_of(first, case.site)}"


def said_of(first: dict[str, Any], site: Site) -> str:
    """A hypothesis: ``pump-1: cavitation since …, seen first on pump-1.flow (confidence 0.8)``."""
    mode = _mode(first) or " (no known failure mode fits)"
    colon = ":" if first["mode_name"] else ""
    signal = f", seen first on {first['twin']}.{first['signal']}" if first["signal"] else ""
    since = f" since {site.local(first['onset'])}" if first["onset"] else ""
    return f"{first['twin']}{colon}{mode}{since}{signal} (confidence {first['confidence']:.2g})"


def _effect(case: Case, first: dict[str, Any]) -> list[Claim]:
    """What the symptom did, and the way on which the upset reached it."""
    symptom = case.symptom
    way = f", by way of {' → '.join(first['path'])}" if len(first["path"]) > 2 else ""
    behind = [case.ranked.id] if way else []
    if symptom is not None and case.around is not None:
        own = symptom["signal"] == f"{first['twin']}.{first['signal']}"
        return [] if own else [claim(f"{case.changed(symptom)}{way}", case.around.id, *behind)]
    if case.compared is None:
        return []
    before, since = (one.data["signals"][0] for one in case.compared)
    told = _compared(before, since)
    return [claim(f"{told}{way}", *(one.id for one in case.compared), *behind)] if told else []


def _compared(before: dict[str, Any], since: dict[str, Any]) -> str | None:
    """``line.rate fell from a median of 10 /h to 8 /h since then``; None where there are no medians to compare."""
    medians = [view["statistics"].get("median") for view in (before, since)]
    if not all(isinstance(median, int | float) for median in medians):
        return None
    first, last = (figure(median, before.get("unit")) for median in medians)
    if first == last:
        return f"{before['key']} kept its median of {first}"
    spread = before["statistics"].get("iqr")
    if isinstance(spread, int | float) and abs(medians[1] - medians[0]) < _CLEAR * spread:
        # A premise that the data doesn't bear out is corrected, not repeated.
        usual = figure(spread, before.get("unit"))
        return (
            f"{before['key']} itself has not clearly changed: its median was {first} before that and is {last} since, "
            f"where its middle half spans {usual}"
        )
    verb = "fell" if medians[1] < medians[0] else "rose"
    return f"{before['key']} {verb} from a median of {first} before that to {last} since"


def _next(case: Case, first: dict[str, Any]) -> list[Claim]:
    # The answer, its first hypothesis and the report's headline name the same one.
    check = (next_check(case, first) or "").rstrip(".")
    if not case.drafts:
        return [claim(f"Next: {check}", case.ranked.id)] if check else []
    orders = [str(fact.value) for draft in case.drafts for fact in draft.facts if fact.name == "work order"]
    waiting = f"work order {orders[0]} is drafted and waits for a person's yes"
    if len(orders) > 1:
        waiting = f"work orders {', '.join(orders)} are drafted and wait for a person's yes"
    todo = check or f"inspect {first['twin']}"
    return [claim(f"Next: {todo}; {waiting}", case.ranked.id, *(draft.id for draft in case.drafts))]


def _listed(rows: list[dict[str, Any]]) -> str:
    """The first row of each of two twins."""
    firsts = {row["twin"]: row for row in reversed(rows)}
    named = [row for row in rows if firsts[row["twin"]] is row][:2]
    return ", ".join(f"{row['twin']}{_mode(row)} ({row['confidence']:.2g})" for row in named)


def _mode(row: dict[str, Any]) -> str:
    name = row["mode_name"]
    return f" {name[:1].lower()}{name[1:]}" if name else ""
