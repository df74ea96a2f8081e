"""A diagnosis as the rules see it, and its hypotheses with what speaks for and against each."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Any

from twinwright_tools.evidence import Evidence
from twinwright_tools.times import iso, parse_time

from ...conclusion import Claim, Hypothesis
from .focus import Focus
from .saying import claim, figure
from .seen import Seen, Site

_OLD = timedelta(hours=1)


class Case:
    """What the tools found for a why-question.

    The engine's result (`rank_causes`) is there; the rest may be missing.
    """

    def __init__(self, seen: Seen, focus: Focus) -> None:
        ranked = seen.last("rank_causes")
        if ranked is None:
            raise ValueError("a case needs the engine's ranking")
        self.seen = seen
        self.focus = focus
        self.site: Site = seen.site
        self.ranked: Evidence = ranked
        self.rows: list[dict[str, Any]] = ranked.data["hypotheses"]
        self.verdict: str = ranked.data["verdict"]
        self.missing: list[str] = ranked.data["missing"]
        self.around = seen.last("find_deviations")
        windows = seen.all("telemetry_window")
        self.windows = windows[0] if windows else None
        self.compared = (windows[1], windows[2]) if len(windows) == 3 else None
        self.past = seen.last("search_history")
        self.drafts = seen.all("draft_work_order")

    @property
    def old(self) -> bool:
        """Whether the engine misses what happened since the newest sample of all: the data don't tell how it is now."""
        newest = self.site.recorded_to
        if newest is None or self.site.at - newest < _OLD:
            return False
        longer_than_all = self.site.at - newest > newest - (self.site.recorded_from or newest)
        return longer_than_all or any(iso(newest) in text for text in self.missing)

    @cached_property
    def symptom_signals(self) -> list[str]:
        """Signals that the question complains of; else the strongest deviation on the twins that it names."""
        if self.focus.signals:
            return self.focus.signals
        own = [row["signal"] for row in self.deviations if row["where"] in {"itself", "part"}]
        return own[:1]

    @property
    def deviations(self) -> list[dict[str, Any]]:
        """What left its own past around the symptom, strongest first."""
        return self.around.data["deviations"] if self.around else []

    @cached_property
    def symptom(self) -> dict[str, Any] | None:
        """The deviation of the first signal that the question complains of, or None."""
        return next((row for key in self.symptom_signals for row in self.deviations if row["signal"] == key), None)

    def deviations_of(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """The deviations of a hypothesis's twin, those of its signal first."""
        mine = [one for one in self.deviations if one["signal"].startswith(f"{row['twin']}.")]
        return sorted(mine, key=lambda one: one["signal"] != f"{row['twin']}.{row['signal']}")

    def cited(self) -> list[str]:
        """Ids of all evidence that speaks of the cause, the engine's first."""
        found = (self.ranked, self.around, self.windows, self.past)
        return [one.id for one in found if one is not None]

    def changed(self, one: dict[str, Any]) -> str:
        """What a signal did: ``rose from 1 bar to 2 bar at …`` in the site's time."""
        return changed(one, self.site)


def changed(one: dict[str, Any], site: Site) -> str:
    """What a signal did, from a row of `find_deviations`: ``rose from 1 bar to 2 bar at …`` in the site's time."""
    verb = {"rose": "rose", "fell": "fell"}.get(one["direction"], "changed")
    before, after = figure(one["before"], one["unit"]), figure(one["after"], one["unit"])
    told = f" from {before} to {after}" if one["before"] is not None and one["after"] is not None else ""
    if told and before == after:
        told = f" ({one['kind']})"
    return f"{one['signal']} {verb}{told} at {site.local(one['onset'])}"


def hypotheses(case: Case) -> list[Hypothesis]:
    """The engine's leading hypotheses, with claims for and against."""
    return [_hypothesis(case, row) for row in case.rows]


def _hypothesis(case: Case, row: dict[str, Any]) -> Hypothesis:
    target = case.focus.twins[0] if case.focus.twins else None
    why_no_path = None
    if not row["path"] and target is not None:
        why_no_path = (
            f"the twin graph has no way from {row['twin']} to {target} along which an upset travels; it is named "
            "because of what its own signals do"
        )
    elif not row["path"]:
        why_no_path = "the question names no asset, so there is no symptom to draw a path to"
    return Hypothesis(
        twin=row["twin"],
        signal=row["signal"],
        mode=row["mode"],
        confidence=row["confidence"],
        onset=row["onset"],
        chain=row["path"],
        why_no_path=why_no_path,
        supports=_supports(case, row),
        contradicts=_contradicts(case, row),
        next_check=next_check(case, row),
    )


def next_check(case: Case, row: dict[str, Any]) -> str | None:
    """Of the first row, what tells it most cheaply from the others; of the rest, what their failure mode asks for."""
    best = case.ranked.data.get("next_check")
    if row is case.rows[0] and best:
        return f"{best['text'].rstrip('.')} (at {best['twin']}, {best['minutes']:g} min, {best['skill']})"
    return row["checks"][0] if row["checks"] else None


def _supports(case: Case, row: dict[str, Any]) -> list[Claim]:
    claims = [claim(str(one["text"]), case.ranked.id) for one in row["evidence"] if one.get("text")]
    around, symptom = case.around, case.symptom
    for one in case.deviations_of(row)[:1]:
        if around and symptom and one is not symptom and one["onset"] <= symptom["onset"]:
            claims.append(claim(f"{case.changed(one)}, before {case.changed(symptom)}", around.id))
    if not claims:
        claims.append(claim(f"The engine ranks {row['twin']} at {row['rank']} of what it looked at", case.ranked.id))
    return claims


def _contradicts(case: Case, row: dict[str, Any]) -> list[Claim]:
    claims = []
    around, symptom = case.around, case.symptom
    own = case.deviations_of(row)
    if around and symptom and own and all(_later(one, symptom) for one in own):
        first = min(own, key=lambda one: str(one["onset"]))
        claims.append(
            claim(
                f"{first['signal']} left its past only at {case.site.local(first['onset'])}, after {symptom['signal']} "
                f"at {case.site.local(symptom['onset'])}",
                around.id,
            )
        )
    claims += _earlier_upstream(case, row)
    if row["onset"] is None:
        claims.append(claim(f"No signal of {row['twin']} is seen to leave its own past", case.ranked.id))
    return claims


def _earlier_upstream(case: Case, row: dict[str, Any]) -> list[Claim]:
    """A better placed hypothesis that began earlier and whose path runs through this one."""
    for other in case.rows:
        if other is row or not (other["onset"] and row["onset"]) or other["onset"] >= row["onset"]:
            continue
        if row["twin"] in other["path"][1:]:
            return [
                claim(
                    f"{other['twin']} lies upstream of {row['twin']} and left its past earlier, "
                    f"at {case.site.local(other['onset'])}",
                    case.ranked.id,
                )
            ]
    return []


def _later(one: dict[str, Any], other: dict[str, Any]) -> bool:
    gap = (parse_time(one["onset"]) - parse_time(other["onset"])).total_seconds()
    return gap > float(one["onset_uncertainty_s"]) + float(other["onset_uncertainty_s"])
