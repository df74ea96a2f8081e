"""`states`: how often and how long each state was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...diagnosis.grid import usable
from ...diagnosis.runs import Runs, runs_of
from ...errors import InputError
from ...prognosis.words import duration
from ...telemetry.series import Series
from ...times import from_micros, iso, to_micros
from ..align import joined
from ..answer import Answer, fact
from ..signals import Chosen
from .limit import limit_of

if TYPE_CHECKING:
    from datetime import datetime

    from ...plant import Plant

_MOST_STATES = 12
_SHOWN_RUNS = 5
_GAP_INTERVALS = 3.0


def states(
    plant: Plant, columns: Sequence[Chosen], span: tuple[datetime, datetime], split: datetime | None, limit: str
) -> Answer:
    """How often each state was entered and how long it lasted, of the raw samples, before and after a time.

    States of a number: beyond the limit, or within it. A run ends with the next state, at a gap of more than three
    sampling intervals, or with the window; a run that lasts across `split` is cut there.

    Raises:
        InputError: a numeric signal without a limit, or with more than twelve values.
    """
    start, end = to_micros(span[0]), to_micros(min(span[1], plant.at))
    cuts = [start, end] if split is None else [start, to_micros(split), end]
    names = ["window"] if split is None else ["before", "after"]
    rows = []
    for one in columns:
        runs = _runs(plant, one, start, end, limit)
        parts = {name: _part(runs, begin, stop) for name, begin, stop in zip(names, cuts, cuts[1:], strict=False)}
        rows.append({"signal": str(one.key), "longest": _longest(runs, start, end), **parts})
    facts = [each for row in rows[:4] for name in names for each in _facts(row, name)]
    text = " ".join(_sentence(row, names) for row in rows[:3])
    return Answer(text, facts, {"signals": rows[:12], "limit": limit or None})


def _runs(plant: Plant, one: Chosen, start: int, end: int, limit: str) -> Runs | None:
    key = one.key
    series = plant.telemetry.series([key], from_micros(start), from_micros(end))[key]
    if one.info.sampling == "events":
        series = joined(plant.telemetry.last_before(key, from_micros(start)), series)
    if series.texts is None:
        series = _worded(usable(series), one, limit)
    return runs_of(series if one.info.sampling == "events" else _with_gaps(series, one, end), end)


def _worded(series: Series, one: Chosen, limit: str) -> Series:
    """A numeric signal's samples as states."""
    if limit:
        bound = limit_of(one, limit)
        beyond = series.values > bound.value if bound.direction == "rising" else series.values < bound.value
        words = np.where(beyond, limit.strip(), f"not {limit.strip()}").astype(np.object_)
    else:
        different = len(np.unique(series.values))
        if different > _MOST_STATES:
            text = f"{one.key} is a number with {different} values; a limit such as 'above 80' makes states of it"
            raise InputError(text, code="analyse.limit")
        boolean = {0.0: "false", 1.0: "true"} if one.info.kind == "boolean" else {}
        words = np.array([boolean.get(value, f"{value:g}") for value in series.values.tolist()], dtype=np.object_)
    return Series(series.key, series.times, series.values, words)


def _with_gaps(series: Series, one: Chosen, end: int) -> Series:
    """A sampled signal's samples with a row that says nothing where a gap begins."""
    if series.texts is None or not one.info.interval_s or not len(series):
        return series
    usual = round(one.info.interval_s * 1e6)
    gaps = np.flatnonzero(np.diff(np.append(series.times, end)) > _GAP_INTERVALS * usual)
    times = np.concatenate((series.times, series.times[gaps] + usual))
    order = np.argsort(times, kind="stable")
    texts = np.concatenate((series.texts, np.full(len(gaps), None, dtype=np.object_)))
    return Series(
        series.key, times[order], np.concatenate((series.values, np.full(len(gaps), np.nan)))[order], texts[order]
    )


def _part(runs: Runs | None, begin: int, end: int) -> dict[str, dict[str, Any]]:
    """By state: entered (begun within, count), total_s, share of the known time, longest_s, mean_s."""
    if runs is None or end <= begin:
        return {}
    stops = np.append(runs.begins[1:], end)
    low, high = np.maximum(runs.begins, begin), np.minimum(stops, end)
    seconds = np.maximum(0, high - low) / 1e6
    known = np.array([runs.states[code] is not None for code in runs.codes.tolist()], dtype=np.bool_)
    total = float(seconds[known].sum())
    found = {}
    for code, state in enumerate(runs.states):
        mine = (runs.codes == code) & (seconds > 0)
        if state is None or not mine.any():
            continue
        found[str(state)] = {
            "entered": int((mine & (runs.begins >= begin)).sum()),
            "total_s": float(seconds[mine].sum()),
            "share": float(seconds[mine].sum()) / total if total else None,
            "longest_s": float(seconds[mine].max()),
            "mean_s": float(seconds[mine].mean()),
        }
    ordered = sorted(found.items(), key=lambda item: -float(item[1]["total_s"] or 0))
    return dict(ordered[:_MOST_STATES])


def _longest(runs: Runs | None, begin: int, end: int) -> list[dict[str, Any]]:
    """The longest runs of all states but the most frequent one, with their times."""
    if runs is None:
        return []
    stops = np.append(runs.begins[1:], end)
    seconds = np.maximum(0, np.minimum(stops, end) - np.maximum(runs.begins, begin)) / 1e6
    totals = np.bincount(runs.codes, weights=seconds, minlength=len(runs.states))
    usual = int(totals.argmax())
    told = [
        place
        for place in np.argsort(-seconds, kind="stable").tolist()
        if runs.codes[place] != usual and seconds[place] > 0 and runs.states[int(runs.codes[place])] is not None
    ]
    return [
        {
            "state": str(runs.states[int(runs.codes[place])]),
            "from": iso(from_micros(int(max(begin, runs.begins[place])))),
            "duration_s": float(seconds[place]),
        }
        for place in told[:_SHOWN_RUNS]
    ]


def _facts(row: dict[str, Any], name: str) -> list[Any]:
    found = []
    for state, figures in list(row[name].items())[:6]:
        label = f"{row['signal']} {state}" if name == "window" else f"{row['signal']} {state} {name}"
        found += [
            fact(f"{label} entered", figures["entered"]),
            fact(f"{label} total", figures["total_s"], "s"),
            fact(f"{label} share", figures["share"]),
            fact(f"{label} longest", figures["longest_s"], "s"),
        ]
    return found


def _sentence(row: dict[str, Any], names: list[str]) -> str:
    parts = []
    for name in names:
        shown = [
            f"{state} {duration(figures['total_s'])} ({figures['entered']} times)"
            for state, figures in list(row[name].items())[:4]
        ]
        prefix = "" if name == "window" else f"{name} "
        parts.append(f"{prefix}{', '.join(shown) or 'nothing known'}")
    return f"{row['signal']}: {'; '.join(parts)}."
