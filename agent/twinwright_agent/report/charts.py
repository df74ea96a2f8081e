"""The charts: which signals, over which span, and what each one shows."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from twinwright_tools.errors import NoDataError
from twinwright_tools.plant import Plant
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey
from twinwright_tools.telemetry.window import window
from twinwright_tools.times import iso, parse_time, to_micros

from .focus import Focus
from .mentions import best_of
from .words import duration, number, quantity, share

MOST_CHARTS = 8
_POINTS = 600
_FEWEST_FOR_USUAL = 12
_COMMENT = 30
_SIGMAS, _MAD_TO_SIGMA = 3.0, 1.4826
_BOOLEAN = ("false", "true")


@dataclass(frozen=True)
class Chart:
    """One chart.

    Attributes:
        role: "cause", "symptom", "on the way", "other suspect" or "evidence"; `label` is the word that people see.
        title: the signal's name as people know it; `where` is its twin's name and id.
        about: its unit, or else what the model says of it.
        caption: what the chart shows, in words (also for those who can't see it).
        quality: what is to be known of the data behind it.
        reproduce: the command that finds the same window.
        plot: what the script draws: times in epoch seconds, values, states, marks.
    """

    role: str
    label: str
    title: str
    about: str
    where: str
    caption: str
    quality: str
    reproduce: str
    plot: dict[str, Any] = field(repr=False)

    def still(self, start: float, end: float) -> str:
        """The line as an SVG path in a box of 1000 by 100, for viewers that run no script."""
        values = [value for value in self.plot["values"] if value is not None]
        low, high = min(values, default=0.0), max(values, default=1.0)
        high, wide = (high if high > low else low + 1), max(end - start, 1e-3)
        drawn, pen = [], "M"
        for time, value in zip(self.plot["times"], self.plot["values"], strict=True):
            if value is None:
                pen = "M"
                continue
            drawn.append(f"{pen}{(time - start) / wide * 1000:.0f} {96 - (value - low) / (high - low) * 92:.0f}")
            pen = "L"
        return "".join(drawn)


def make_charts(focus: Focus, plant: Plant) -> list[Chart]:
    """The charts of a report: the cause's first, the symptom's second, eight at most."""
    infos = {info.key: info for info in plant.telemetry.signals()}
    chosen: dict[SignalKey, str] = {}
    for key, role in _wanted(focus):
        if key in infos and infos[key].kind != "empty":
            chosen.setdefault(key, role)
    made = []
    for key, role in list(chosen.items())[:MOST_CHARTS]:
        try:
            made.append(_chart(infos[key], role, focus, plant))
        except NoDataError:
            continue  # nothing of it lies in the span; its evidence is listed all the same
    return made


def _wanted(focus: Focus) -> Iterator[tuple[SignalKey, str]]:
    if focus.cause:
        yield focus.cause, "cause"
    if focus.symptom:
        yield focus.symptom, "symptom"
    for twin in focus.chain:
        best = best_of(focus.mentions, {twin})
        if best:
            yield best.key, "on the way"
    for key in focus.rivals:
        yield key, "other suspect"
    strongest = sorted(focus.mentions, key=lambda one: -one.score)
    for one in [*(one for one in focus.mentions if one.score == 0 and one.onset is None), *strongest]:
        yield one.key, "evidence"


def _chart(info: SignalInfo, role: str, focus: Focus, plant: Plant) -> Chart:
    shown = window(plant, info.key, focus.start, focus.end, points=_POINTS).as_dict()
    series = _recorded(info, focus, plant)
    times, values, states = _points(shown, info, focus)
    mention = best_of(focus.mentions, {info.key.twin}, info.key.signal)
    own = mention.onset if mention else None
    usual = None if states else _usual(series, own or focus.onset)
    twin = plant.graph.twins.get(info.key.twin)
    name = twin.name if twin else info.key.twin
    title = _title(info, plant)
    return Chart(
        role=role,
        label=_label(role, focus),
        title=title,
        about=info.unit or (_comment(info, plant) if info.kind == "numeric" else ""),
        where=name if name == info.key.twin else f"{name} ({info.key.twin})",
        caption=_caption(info, series, usual, own, focus, plant),
        quality=_quality(shown.get("quality") or {}, plant),
        reproduce=f"twinwright window {shlex.quote(str(info.key))} --from {iso(focus.start)} --to {iso(focus.end)}",
        plot={
            "times": times,
            "values": values,
            "states": states,
            "stepped": bool(states) or info.sampling == "events",
            "unit": info.unit,
            "label": f"{title}, {info.unit}" if info.unit else title,
            "usual": usual,
            "own": own.timestamp() if own and own != focus.onset else None,
            "role": role,
        },
    )


def _recorded(info: SignalInfo, focus: Focus, plant: Plant) -> Series:
    """All samples of the span; of an event log also the value that held when it began."""
    series = plant.telemetry.series([info.key], focus.start, focus.end)[info.key]
    held = plant.telemetry.last_before(info.key, focus.start)
    if info.sampling != "events" or not len(held):
        return series
    texts = None if series.texts is None or held.texts is None else np.concatenate((held.texts, series.texts))
    times = np.concatenate((held.times, series.times))
    return Series(info.key, times, np.concatenate((held.values, series.values)), texts)


def _label(role: str, focus: Focus) -> str:
    if role == "cause":
        return focus.cause_word
    return "asked about" if role == "symptom" and focus.top is None else role


def _title(info: SignalInfo, plant: Plant) -> str:
    twin = plant.graph.twins.get(info.key.twin)
    definition = plant.models.signal(twin.model, info.key.signal) if twin else None
    shown = definition.display_name if definition else None
    return shown if shown else info.key.signal


def _comment(info: SignalInfo, plant: Plant) -> str:
    twin = plant.graph.twins.get(info.key.twin)
    definition = plant.models.signal(twin.model, info.key.signal) if twin else None
    comment = (definition.comment if definition else None) or ""
    first = comment.partition(",")[0] if len(comment) > _COMMENT else comment
    return first if len(first) <= _COMMENT else f"{first[:_COMMENT]}…"


def _points(
    shown: dict[str, Any], info: SignalInfo, focus: Focus
) -> tuple[list[float], list[float | None], list[str] | None]:
    """Times in epoch seconds, values (None where there is a gap), and the states' names for what is no number."""
    pairs = [(parse_time(str(time)).timestamp(), value) for time, value in shown["points"]]
    states = _states([value for _, value in pairs], info)
    if states is not None:
        place = {state: index for index, state in enumerate(states)}
        pairs = [(time, None if value is None else float(place[_state(value, info)])) for time, value in pairs]
    if info.sampling == "events" and pairs and pairs[-1][0] < focus.end.timestamp():
        pairs.append((focus.end.timestamp(), pairs[-1][1]))  # a value holds until the next row
    elif info.sampling == "sampled":
        for begin, end in (shown.get("quality") or {}).get("gaps") or []:
            middle = (parse_time(str(begin)).timestamp() + parse_time(str(end)).timestamp()) / 2
            pairs.append((middle, None))
        pairs.sort(key=lambda pair: pair[0])
    return [round(time, 3) for time, _ in pairs], [_short(value) for _, value in pairs], states


def _states(values: Sequence[Any], info: SignalInfo) -> list[str] | None:
    if info.kind == "boolean":
        return list(_BOOLEAN)
    if info.kind == "text":
        return list(dict.fromkeys(_state(value, info) for value in values if value is not None))
    return None


def _state(value: Any, info: SignalInfo) -> str:
    return _BOOLEAN[int(float(value) != 0)] if info.kind == "boolean" else str(value)


def _short(value: Any) -> float | None:
    return None if value is None or value != value else float(f"{float(value):.5g}")


def _usual(series: Series, until: datetime | None) -> list[float] | None:
    """Median ± 3 robust standard deviations (1.4826 times the median absolute deviation), within what was seen.

    Robust, because a line that stood still for an hour does not make standing still usual.
    """
    if until is None:
        return None
    before = series.values[(series.times < to_micros(until)) & np.isfinite(series.values)]
    if len(before) < _FEWEST_FOR_USUAL:
        return None
    middle = float(np.median(before))
    reach = _SIGMAS * _MAD_TO_SIGMA * float(np.median(np.abs(before - middle)))
    if reach == 0:
        return None
    low, high = max(middle - reach, float(before.min())), min(middle + reach, float(before.max()))
    return [float(f"{low:.5g}"), float(f"{high:.5g}")]


def _caption(
    info: SignalInfo,
    series: Series,
    usual: list[float] | None,
    own: datetime | None,
    focus: Focus,
    plant: Plant,
) -> str:
    since = own or focus.onset
    parts = [_level(series, since, info) if info.kind == "numeric" else _changes(series, since, info)]
    if own and own != focus.onset:
        parts.append(f"it left its own past at {focus.moment(own, plant.zone)}")
    if usual:
        parts.append(f"usual range before: {number(usual[0])} to {quantity(usual[1], info.unit)}")
    return "; ".join(parts)


def _level(series: Series, onset: datetime | None, info: SignalInfo) -> str:
    finite = np.isfinite(series.values)
    split = _before(series, onset)
    before, since = series.values[finite & split], series.values[finite & ~split]
    if not len(since):
        return "No numbers since the onset" if onset else "No numbers in this span"
    now = float(np.median(since))
    if not len(before):
        return f"Median {quantity(now, info.unit)}"
    then = float(np.median(before))
    moved = "Rose" if now > then else "Fell"
    if number(now) == number(then):
        return f"Median {quantity(now, info.unit)}, before and since"
    return f"{moved} from {quantity(then, info.unit)} to {quantity(now, info.unit)} (medians before and since)"


def _changes(series: Series, onset: datetime | None, info: SignalInfo) -> str:
    values = series.values if series.texts is None else series.texts
    if not len(values):
        return "Nothing recorded in this span"
    changed = np.flatnonzero(values[1:] != values[:-1]) + 1
    before = int(np.count_nonzero(_before(series, onset)[changed]))
    last = _state(values[-1], info)
    counted = f"{before} before the onset, {len(changed) - before} since" if onset else f"{len(changed)} in this span"
    return f"Changes of state: {counted}; last state {last}"


def _before(series: Series, onset: datetime | None) -> npt.NDArray[np.bool_]:
    return series.times < to_micros(onset) if onset else np.zeros(len(series.times), dtype=np.bool_)


def _quality(quality: dict[str, Any], plant: Plant) -> str:
    grade = quality.get("grade")
    parts = [f"data {grade}"] if grade else []
    if quality.get("coverage") is not None:
        parts.append(f"coverage {share(float(quality['coverage']))}")
    if gaps := quality.get("gap_count"):
        parts.append(
            f"{gaps} gap{'s' if gaps > 1 else ''}, the longest {duration(float(quality.get('longest_gap_s') or 0))}"
        )
    if quality.get("age_s") is not None:
        parts.append(f"newest sample {duration(float(quality['age_s']))} before the question")
    return " · ".join(parts)
