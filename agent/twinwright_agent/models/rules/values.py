"""Questions of fact about assets and signals: what is, what was, between when and when."""

from __future__ import annotations

from typing import Any

from twinwright_tools.evidence import Evidence

from ...conclusion import Claim
from .focus import Focus
from .periods import period
from .plan import Requests, Step
from .saying import claim, conclusion, figure
from .seen import Seen

_SIGNALS = 4
_TWINS = 3
_LISTED = 6


def step(seen: Seen, focus: Focus) -> Step:
    """The next step towards a value, or towards a description where no signal is named."""
    if focus.signals:
        return _window(seen, focus)
    if focus.twins and focus.elsewhere:
        return _not_recorded(focus)
    if focus.twins:
        return _describe(seen, focus)
    if focus.elsewhere or focus.models:
        return _ambiguous(focus)
    near = ", ".join(focus.candidates)
    hint = f"; did you mean one of {near}?" if near else ""
    return conclusion(
        "cannot_tell",
        [claim(f"The question names no asset or signal of this plant{hint}", focus.evidence)],
        missing=["the name of an asset or a signal of this plant"],
    )


def _window(seen: Seen, focus: Focus) -> Step:
    asked = period(seen.question, seen.site.at, seen.site.zone)
    found = seen.last("telemetry_window")
    if found is None:
        if seen.called("telemetry_window"):
            reasons = seen.errors()
            return conclusion("cannot_tell", [claim("The telemetry can't be read")], missing=reasons)
        told = {"from": seen.site.local(asked.start), "to": seen.site.local(asked.end)}
        signals = focus.signals[:_SIGNALS]
        return Requests(f"reading {', '.join(signals)}", [("telemetry_window", {"signals": signals, **told})])
    claims = [_said(view, found, asked.given, seen) for view in found.data["signals"]]
    if any(view["statistics"].get("count") for view in found.data["signals"]):
        return conclusion("answer", claims)
    recorded = seen.last("find_twins")
    if recorded and (begin := recorded.data["site"]["recorded_from"]):
        end = recorded.data["site"]["recorded_to"]
        text = f"Telemetry of this plant runs from {seen.site.local(begin)} to {seen.site.local(end)}"
        claims.append(claim(text, recorded.id))
    return conclusion("cannot_tell", claims, missing=["a time at which these signals were recorded"])


def _said(view: dict[str, Any], found: Evidence, given: bool, seen: Seen) -> Claim:
    """One signal in one sentence."""
    key, unit, figures = view["key"], view.get("unit"), view["statistics"]
    start, end = (fact.value for fact in found.facts[:2])
    span = f"between {seen.site.local(str(start))} and {seen.site.local(str(end))}"
    if not figures.get("count"):
        return claim(f"{key}: no data {span}", found.id)
    last = figures.get("last")
    if view.get("kind") != "numeric" or not isinstance(figures.get("median"), int | float):
        return claim(f"{key} was {figure(last)} at the end of the window {span}", found.id)
    spread = f"{figure(figures['min'], unit)} to {figure(figures['max'], unit)}"
    if not given:
        text = f"{key} is {figure(last, unit)}; {span} its median was {figure(figures['median'], unit)} ({spread})"
        return claim(text, found.id)
    return claim(f"{key} was {figure(figures['median'], unit)} (median) {span}, {spread}", found.id)


def _describe(seen: Seen, focus: Focus) -> Step:
    found = seen.all("describe_twin")
    if not found:
        if seen.called("describe_twin"):
            return conclusion("cannot_tell", [claim("The twin can't be described")], missing=seen.errors())
        calls: list[tuple[str, dict[str, Any]]] = [("describe_twin", {"twin": twin}) for twin in focus.twins[:_TWINS]]
        return Requests(f"looking up {', '.join(focus.twins[:_TWINS])}", calls)
    claims = []
    for one in found:
        claims.append(claim(one.summary, one.id))
        values = [
            f"{row['signal']} {figure(row['newest'], row['unit'])}"
            for row in one.data["signals"]
            if row["newest"] is not None
        ]
        if values:
            claims.append(claim(f"Newest values of {one.data['id']}: {', '.join(values[:_LISTED])}", one.id))
    return conclusion("answer", claims)


def _not_recorded(focus: Focus) -> Step:
    """The signal that was asked for is recorded, but elsewhere."""
    other = ", ".join(focus.elsewhere[:_SIGNALS])
    names = ", ".join(focus.twins)
    text = f"No such signal is recorded of {names}; what comes nearest is {other}"
    return conclusion("cannot_tell", [claim(text, focus.evidence)], missing=[f"that signal of {names}"])


def _ambiguous(focus: Focus) -> Step:
    if focus.models:
        row = focus.models[0]
        text = f"There are {row['count']} of model {row['label']} ({row['model']}) here; name one of them"
        return conclusion("answer", [claim(text, focus.evidence)])
    listed = ", ".join(focus.elsewhere)
    return conclusion("answer", [claim(f"Several signals could be meant: {listed}; name one of them", focus.evidence)])
