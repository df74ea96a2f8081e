"""What the report is about: the cause and the symptom that were named, and the time that matters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from twinwright_tools.plant import Plant
from twinwright_tools.telemetry.series import SignalKey

from ..result import Investigation, RankedHypothesis
from .mentions import Mention, best_of, mentions, stated_symptoms
from .words import as_time, local

# As much again of the quiet time before, so that the eye has something to compare with.
_LEAD = 1.5
# Under these verdicts a list of hypotheses, if there is one, blames nobody.
_NOTHING_BLAMED = {"nothing_wrong", "answer", "not_about_plant"}
_SECONDS_COUNT = timedelta(hours=1)
_SHORTEST = timedelta(seconds=60)


@dataclass(frozen=True)
class Focus:
    """The centre of the report.

    Attributes:
        top: the likeliest hypothesis, or None.
        cause: its signal, or None; symptom: the signal that shows the complaint, or None where it can't be known.
        onset: when it began, or None; uncertainty_s is the half-width of that in seconds, or None.
        rivals: the signals of the next likeliest twins.
        sure: whether the investigation calls it the cause; else it is a suspect.
        start, end: the span that the charts show.
    """

    top: RankedHypothesis | None
    chain: list[str]
    cause: SignalKey | None
    symptom: SignalKey | None
    onset: datetime | None
    uncertainty_s: float | None
    start: datetime
    end: datetime
    mentions: list[Mention]
    sure: bool = True
    rivals: tuple[SignalKey, ...] = ()

    def moment(self, time: datetime, zone: ZoneInfo) -> str:
        """A time as precisely as the charts' span lets one see it."""
        return local(time, zone, seconds=self.end - self.start < _SECONDS_COUNT)

    @property
    def cause_word(self) -> str:
        """What to call the first hypothesis."""
        return "cause" if self.sure else "suspect"


def find_focus(investigation: Investigation, plant: Plant) -> Focus:
    """The focus of an investigation."""
    found = mentions(investigation.evidence, plant.graph.twins)
    blamed = investigation.verdict not in _NOTHING_BLAMED
    top = investigation.hypotheses[0] if investigation.hypotheses and blamed else None
    chain = [twin for twin in (top.chain if top else []) if twin in plant.graph.twins]
    if top and top.twin in plant.graph.twins and top.twin not in chain:
        chain = [top.twin, *chain] if top.chain else [top.twin]
    cause = _cause(top, found, plant)
    stated = stated_symptoms(investigation.evidence)
    symptom = _stated(stated, cause, found, plant) or _symptom(chain, cause, found, plant)
    mention = best_of(found, {cause.twin}, cause.signal) if cause else None
    onset = as_time(top.onset) if top else None
    onset = onset or (mention.onset if mention else None)
    start, end = _span(onset, plant)
    uncertainty = mention.onset_uncertainty_s if mention else None
    rivals = _rivals(investigation, found, plant) if top else ()
    return Focus(
        top, chain, cause, symptom, onset, uncertainty, start, end, found, investigation.verdict == "cause", rivals
    )


def signals_of(plant: Plant, twin: str) -> list[SignalKey]:
    """The twin's signals that hold data."""
    return [info.key for info in plant.telemetry.signals() if info.key.twin == twin and info.kind != "empty"]


def _cause(top: RankedHypothesis | None, found: list[Mention], plant: Plant) -> SignalKey | None:
    if top is None or top.twin not in plant.graph.twins:
        return None
    recorded = signals_of(plant, top.twin)
    if top.signal and SignalKey(top.twin, top.signal) in recorded:
        return SignalKey(top.twin, top.signal)
    best = best_of([one for one in found if one.key in recorded], {top.twin})
    return best.key if best else next(iter(recorded), None)


def _rivals(investigation: Investigation, found: list[Mention], plant: Plant) -> tuple[SignalKey, ...]:
    first = investigation.hypotheses[0].twin
    by_twin = {one.twin: one for one in reversed(investigation.hypotheses[1:]) if one.twin != first}
    nearest = sorted(by_twin.values(), key=lambda one: one.rank)[:2]
    return tuple(key for one in nearest if (key := _cause(one, found, plant)) is not None)


def _stated(stated: list[str], cause: SignalKey | None, found: list[Mention], plant: Plant) -> SignalKey | None:
    """The complaint itself, where it names a signal that holds data, or a twin that has deviating ones of its own."""
    recorded = {str(info.key): info.key for info in plant.telemetry.signals() if info.kind != "empty"}
    for text in stated:
        if text in recorded and recorded[text] != cause:
            return recorded[text]
    deviating = [one for one in found if one.score and str(one.key) in recorded and one.key != cause]
    best = best_of(deviating, {text for text in stated if not cause or text != cause.twin})
    return best.key if best else None


def _symptom(chain: list[str], cause: SignalKey | None, found: list[Mention], plant: Plant) -> SignalKey | None:
    """The signal at the chain's end that left its past furthest; else the nearest before it on the chain."""
    recorded = {info.key for info in plant.telemetry.signals() if info.kind != "empty"}
    usable = [one for one in found if one.key in recorded and one.key != cause]
    for twin in reversed(chain):
        inside = {twin} if twin == chain[0] else set(plant.graph.within(twin)) - {chain[0]}
        best = best_of(usable, {twin}) or best_of(usable, inside)
        if best:
            return best.key
        own = [key for key in signals_of(plant, twin) if key != cause]
        if own and twin != chain[0]:
            return own[0]
    return None


def _span(onset: datetime | None, plant: Plant) -> tuple[datetime, datetime]:
    recorded = plant.telemetry.span()
    end = plant.at
    if recorded is None:
        return end - timedelta(hours=1), end
    if onset is None or onset >= end:
        return min(recorded[0], end - _SHORTEST), end
    lead = max((end - onset) * _LEAD, _SHORTEST)
    return max(recorded[0], onset - lead), end
