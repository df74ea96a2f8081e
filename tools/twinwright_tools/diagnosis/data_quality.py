"""What is wrong with the data itself, in sentences: a diagnosis says it under every verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..plant.problems import rows_are
from ..prognosis.words import duration
from ..telemetry.series import Series, SignalInfo, SignalKey
from ..times import from_micros, iso
from ..twins.graph import TwinGraph
from .grid import LEAST_SAMPLES, clocks, first_real_time, numeric_signals, usable
from .result import Symptom

_MOST_STATEMENTS = 8
_MOST_NAMES = 3
_LONG = 10.0  # usual intervals without a sample from which a signal is said to be silent
_OLD_S = 3600.0  # … and seconds, for the plant as a whole
_LEAST_SHARE = 0.01  # of the time from the first sample to the moment of asking: a shorter gap hides no onset
_FEW_TWINS = 50  # a graph in which each twin without telemetry is worth a word


@dataclass(frozen=True)
class Statements:
    """Sentences on the data; all empty where nothing is wrong with it.

    Attributes:
        blind: why nothing at all can be told from it.
        missing: what isn't there and would be needed to tell.
        assumed: what was taken for granted to tell all the same.
    """

    missing: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    blind: str = ""


def data_statements(
    signals: Mapping[SignalKey, Series],
    infos: Sequence[SignalInfo],
    graph: TwinGraph,
    at: int,
    symptoms: Sequence[Symptom] = (),
    judged: bool | None = True,
) -> Statements:
    """What a reader has to know of telemetry and graph before believing a diagnosis: eight sentences at most.

    Signals of one kind share a sentence, with their number and the first three names.

    Args:
        at: the moment of asking in microseconds; nothing later is read.
        judged: whether the sampled signals had past enough to be judged by; None: only logs, if any, were looked at.
    """
    known = sorted((info for info in infos if info.key in signals), key=lambda info: info.key)
    facts = _Facts(known, {info.key: _upto(signals[info.key], at) for info in known}, graph, at, tuple(symptoms))
    blind = _blind(facts, judged)
    missing = [sentence for told in _MISSING for sentence in told(facts) if sentence != blind]
    assumed = [sentence for told in _ASSUMED for sentence in told(facts)]
    missing = missing[: _MOST_STATEMENTS - len(assumed)]
    return Statements(tuple(missing), tuple(assumed), blind)


def _upto(series: Series, at: int) -> Series:
    if not len(series) or series.times.max() <= at:
        return series
    kept = series.times <= at
    texts = None if series.texts is None else series.texts[kept]
    return Series(series.key, series.times[kept], series.values[kept], texts)


@dataclass(frozen=True)
class _Facts:
    """What is known up to the moment of asking; what several sentences need is worked out once."""

    infos: list[SignalInfo]
    rows: dict[SignalKey, Series]
    graph: TwinGraph
    at: int
    symptoms: tuple[Symptom, ...]

    @cached_property
    def all_sampled(self) -> list[Series]:
        return numeric_signals(self.rows, self.infos, self.at)

    @cached_property
    def first(self) -> int | None:
        return first_real_time(self.all_sampled, self.at)

    @cached_property
    def sampled(self) -> list[Series]:
        """The sampled signals with numbers enough to have a past, strays left out."""
        first = self.first
        found = self.all_sampled
        if first is not None:
            found = [replace(one, times=one.times[kept], values=one.values[kept]) for one, kept in _since(found, first)]
        return [one for one in found if len(one) >= LEAST_SAMPLES]

    @cached_property
    def clocks(self) -> list[tuple[Series, list[Series]]]:
        """The signals that share all their times, each kind with the first of them."""
        return [(self.sampled[places[0]], [self.sampled[place] for place in places]) for places in clocks(self.sampled)]

    @cached_property
    def interval(self) -> float:
        """Usual distance of samples in microseconds; 0 where it isn't known."""
        known = [info.interval_s for info in self.infos if info.interval_s]
        return 1e6 * float(np.median(known)) if known else 0.0

    @cached_property
    def newest(self) -> int | None:
        """Time of the newest row of all."""
        return max((int(one.times.max()) for one in self.rows.values() if len(one)), default=None)

    @cached_property
    def recorded(self) -> set[str]:
        """The twins with any row."""
        return {key.twin for key, one in self.rows.items() if len(one)}

    def long(self, times: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        """Microseconds from which a signal with these times is silent for unusually long."""
        gaps = np.diff(times)
        return _LONG * max(float(np.median(gaps)) if len(gaps) else 0.0, self.interval)


def _since(found: Sequence[Series], first: int) -> Iterator[tuple[Series, slice]]:
    return ((one, slice(int(np.searchsorted(one.times, first)), None)) for one in found)


def _time(micros: int) -> str:
    return iso(from_micros(micros))


def _listing(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _told(names: Sequence[str], what: str, total: int, noun: str = "signals") -> list[str]:
    """One sentence on all of these, or none: named where they are few, counted where they are many.

    Args:
        what: what is said of them, with {has} for has or have, {is} for is or are, {s} for the s of a verb.
        total: how many there are of that noun.
    """
    if not names:
        return []
    verbs = {"has": "has", "is": "is", "s": "s"} if len(names) == 1 else {"has": "have", "is": "are", "s": ""}
    said = what.format(**verbs)
    ordered = sorted(names)
    if len(ordered) <= _MOST_NAMES:
        return [f"{_listing(ordered)} {said}."]
    count = f"{len(ordered):,} {noun}" if len(ordered) == total else f"{len(ordered):,} of {total:,} {noun}"
    return [f"{count} {said}: {', '.join(ordered[:_MOST_NAMES])} …"]


def _complained(facts: _Facts) -> list[str]:
    graph = facts.graph
    lost = []
    for twin in sorted({one.twin for one in facts.symptoms}):
        inside = set(graph.within(twin))
        led_to = any(
            begin not in inside
            for one in inside
            if one in graph.influence
            for begin in graph.influence.predecessors(one)
        )
        if facts.recorded.isdisjoint(inside) and not led_to:
            lost.append(twin)
    what = "{has} no telemetry and no relationship that leads there, so the complaint can't be traced"
    return _told(lost, what, len(graph.twins), "twins")


def _strangers(facts: _Facts) -> list[str]:
    if not facts.graph.twins:
        return ["There is no twin in the twin graph, so no cause can be named."]
    unknown = sorted(facts.recorded - set(facts.graph.twins))
    what = "{has} telemetry but {is} not in the twin graph, so no cause is looked for there"
    return _told(unknown, what, len(facts.recorded), "twins")


def _blind(facts: _Facts, judged: bool | None) -> str:
    """Why there is nothing to judge, or nothing to judge it by; empty where there is.

    The second half of the time from the first sample to the moment of asking is judged by the first: if the newest
    sample lies in that first half already, there is nothing to judge.
    """
    if facts.newest is None:
        return f"There is no telemetry up to {_time(facts.at)}."
    oldest = min(int(one.times.min()) for one in facts.rows.values() if len(one))
    first = max(oldest, facts.first or oldest)
    if facts.at - facts.newest > facts.newest - first:
        return next(iter(_old(facts)), "")
    logs = (len(facts.rows[info.key]) for info in facts.infos if info.sampling == "events")
    if judged or (judged is None and max(logs, default=0) >= LEAST_SAMPLES):
        return ""
    most = max(len(one) for one in facts.rows.values())
    samples = "is at most 1 sample" if most == 1 else f"are at most {most} samples"
    long = duration((facts.newest - first) / 1e6)
    return f"There {samples} of a signal, over {long}: too little past to judge against."


def _old(facts: _Facts) -> list[str]:
    if facts.newest is None:
        return []
    age = facts.at - facts.newest
    if age <= max(_LONG * facts.interval, 1e6 * _OLD_S):
        return []
    text = f"The newest sample is of {_time(facts.newest)}, {duration(age / 1e6)} before {_time(facts.at)}"
    return [f"{text}; what happened since isn't known."]


def _empty(facts: _Facts) -> list[str]:
    total = len(facts.infos)
    rowless = [str(info.key) for info in facts.infos if not len(facts.rows[info.key])]
    numberless = [
        str(info.key)
        for info in facts.infos
        if info.kind != "text" and len(facts.rows[info.key]) and not len(usable(facts.rows[info.key]))
    ]
    until = f"up to {_time(facts.at)}"
    return _told(rowless, f"{{has}} no samples {until}", total) + _told(numberless, f"{{has}} no number {until}", total)


def _few(facts: _Facts) -> list[str]:
    lengths = {one.key: len(one) for one in facts.all_sampled}
    if not lengths:  # with so few samples nothing tells an event log from a sampled signal
        numeric = (info.key for info in facts.infos if info.kind in ("numeric", "boolean"))
        lengths = {key: len(usable(facts.rows[key])) for key in numeric}
    few = [str(key) for key, length in lengths.items() if 0 < length < LEAST_SAMPLES]
    what = f"{{has}} too few samples to have a past (fewer than {LEAST_SAMPLES})"
    return _told(few, what, len(facts.infos))


def _stopped(facts: _Facts) -> list[str]:
    newest = max((int(one.times[-1]) for one in facts.sampled), default=0)
    since: dict[str, int] = {}
    for clock, alike in facts.clocks:
        if newest - int(clock.times[-1]) > facts.long(clock.times):
            since |= {str(one.key): int(clock.times[-1]) for one in alike}
    if not since:
        return []
    first = min(since.values())
    when = _time(first) if len(set(since.values())) == 1 else f"{_time(first)} or later"
    return _told(list(since), f"{{has}} no sample since {when} (others: up to {_time(newest)})", len(facts.infos))


def _gaps(facts: _Facts) -> list[str]:
    """Gaps in the half of the time in which an onset is looked for."""
    start = min((int(one.times[0]) for one in facts.sampled), default=facts.at)
    found: dict[str, tuple[int, int]] = {}
    for clock, alike in facts.clocks:
        gaps = np.diff(clock.times)
        gaps[clock.times[1:] < (start + facts.at) // 2] = 0
        place = int(gaps.argmax()) if len(gaps) else 0
        if len(gaps) and gaps[place] > max(facts.long(clock.times), _LEAST_SHARE * (facts.at - start)):
            found |= {str(one.key): (int(clock.times[place]), int(clock.times[place + 1])) for one in alike}
    if not found:
        return []
    begin, end = max(found.values(), key=lambda gap: (gap[1] - gap[0], gap))
    long = f"from {_time(begin)} to {_time(end)} ({duration((end - begin) / 1e6)})"
    if len(set(found.values())) == 1:
        return _told(list(found), f"{{has}} no samples {long}; an onset may lie in that gap", len(facts.infos))
    what = f"{{has}} gaps without a sample, the longest {long}; an onset may lie in one"
    return _told(list(found), what, len(facts.infos))


def _constant(facts: _Facts) -> list[str]:
    """Signals that never change, where that is unusual: most of them."""
    resting = [str(one.key) for one in facts.sampled if one.values[0] == one.values[-1] and np.ptp(one.values) == 0.0]
    if 2 * len(resting) <= len(facts.sampled):
        return []
    return _told(
        resting, f"never change{{s}} up to {_time(facts.at)}, so nothing can be told from them", len(facts.infos)
    )


def _unrelated(facts: _Facts) -> list[str]:
    if len(facts.graph.twins) < 2 or any(begin != end for begin, end in facts.graph.influence.edges()):
        return []
    return ["The twin graph has no relationship along which an upset travels, so causes can't be ordered."]


def _silent_twins(facts: _Facts) -> list[str]:
    """Twins through which an upset travels unseen: all in a small graph, else those right beside a symptom."""
    influence = facts.graph.influence
    silent = {twin for twin in facts.graph.twins if twin not in facts.recorded and influence.degree(twin)}
    if not facts.recorded.intersection(facts.graph.twins):
        return []
    if len(facts.graph.twins) > _FEW_TWINS:
        asked = {twin for one in facts.symptoms for twin in facts.graph.within(one.twin) if twin in influence}
        silent &= asked.union(*(influence.predecessors(twin) for twin in asked))
    return _told(
        sorted(silent), "{has} no telemetry, so an upset there shows only in others", len(facts.graph.twins), "twins"
    )


def _strays(facts: _Facts) -> list[str]:
    first = facts.first
    if first is None:
        return []
    counts = {str(one.key): int(np.searchsorted(one.times, first)) for one in facts.all_sampled}
    early = [name for name, count in counts.items() if count]
    begin = min(int(one.times[0]) for one in facts.all_sampled if len(one))
    count = sum(counts.values())
    gap = f"{{has}} rows from {_time(begin)} on and then a gap up to {_time(first)}"
    text = f"{gap}; {rows_are(count)} left out as of a wrong clock"
    return _told(early, text, len(facts.infos))


def _worded(facts: _Facts) -> list[str]:
    """Numbers and texts in one signal, in different rows; the rarer ones aren't read."""
    mixed = []
    for info in facts.infos:
        series = facts.rows[info.key]
        if series.texts is None:
            continue
        number, text = ~np.isnan(series.values), series.texts != np.array(None)
        if np.any(number & ~text) and np.any(text & ~number):
            mixed.append((str(info.key), info.kind == "text"))
    total = len(facts.infos)
    numbers = [name for name, is_text in mixed if not is_text]
    texts = [name for name, is_text in mixed if is_text]
    return _told(numbers, "{has} text among the numbers; the text isn't read", total) + _told(
        texts, "{has} numbers among the text; the numbers aren't read", total
    )


_Telling = Callable[[_Facts], list[str]]
_MISSING: tuple[_Telling, ...] = (
    _complained,
    _strangers,
    _old,
    _empty,
    _few,
    _stopped,
    _gaps,
    _constant,
    _unrelated,
    _silent_twins,
)
_ASSUMED: tuple[_Telling, ...] = (_strays, _worded)
