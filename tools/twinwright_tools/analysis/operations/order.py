"""`first_to_break`: which of many signals left its past first; `extremes_and_trend`: how far and fast each goes."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from ...diagnosis.scan import CLEAR, scan, stronger
from ...errors import InputError
from ...prognosis.words import duration
from ...telemetry.statistics import MOST_SLOPE_POINTS, robust_slope
from ...times import from_micros, iso
from ..align import Aligned
from ..answer import Answer, Floats, Ints, fact, figure
from ..numbers import effective_count, filled, median

_LEAST_STEPS = 24
_SHOWN = 12
_SAID = 4
_SLOPE_LEVEL = 0.95


def first_to_break(aligned: Aligned, split: int) -> Answer:
    """The signals that left their own past after a step, by when they began to.

    The scan is the diagnosis engine's (`diagnosis.scan`): for windows of 1 to 48 steps the moving mean, and the moving
    spread of step-to-step changes, in robust standard deviations of the part before `split`; `excess` is its largest
    later value over the largest of the past, and a signal broke where that is at least 1.25. `onset` is the step after
    the last one within the limit, at the finest window that shows it: no surer than `resolution_s`, so signals whose
    onsets lie closer than their resolutions are a tie.
    """
    columns = [place for place, one in enumerate(aligned.columns) if not one.is_text]
    known = [place for place in columns if np.isfinite(aligned.values[:split, place]).sum() >= _LEAST_STEPS]
    if split < _LEAST_STEPS or not known:
        text = f"the part before `split` has {split} steps; {_LEAST_STEPS} with values are needed: begin earlier"
        raise InputError(text, code="analyse.too_short")
    values = filled(aligned.values[:, known])
    level, spread = scan(values, split), scan(values, split, spread=True)
    best = stronger(level, spread)
    rows: list[dict[str, Any]] = []
    for index, place in enumerate(known):
        if best.excess[index] < CLEAR:
            continue
        one, onset = aligned.columns[place], int(best.onset[index])
        rows.append(
            {
                "signal": str(one.key),
                "onset": aligned.time(onset),
                "resolution_s": float(best.width[index]) * aligned.step_s,
                "change": "spread" if spread.excess[index] > level.excess[index] else _direction(best.direction[index]),
                "excess": float(best.excess[index]),
                "unit": one.unit,
                "before": median(aligned.values[:split, place]),
                "after": median(aligned.values[onset:, place]),
            }
        )
    rows.sort(key=lambda row: (row["onset"], -row["excess"]))
    quiet = len(known) - len(rows)
    left_out = [str(one.key) for place, one in enumerate(aligned.columns) if place not in known]
    data = {"broke": rows[:_SHOWN], "broke_in_all": len(rows), "stayed_in_their_past": quiet, "left_out": left_out[:8]}
    facts = [fact("signals that broke", len(rows)), fact("signals that stayed in their past", quiet)]
    for row in rows[:_SHOWN]:
        facts += [fact(f"{row['signal']} onset", row["onset"]), fact(f"{row['signal']} excess", row["excess"])]
    notes = [f"{len(left_out)} signals are text or have too short a past"] if left_out else []
    return Answer(_order(rows, len(known)), facts, data, notes=notes)


def _direction(sign: Any) -> str:
    return "rose" if sign > 0 else "fell"


def _order(rows: list[dict[str, Any]], looked_at: int) -> str:
    if not rows:
        return f"None of {looked_at} signals left its own past."
    told = [
        f"{row['signal']} at {row['onset']} (known to {duration(row['resolution_s'])}, excess {row['excess']:.3g})"
        for row in rows[:_SAID]
    ]
    return f"{len(rows)} of {looked_at} signals left their own past; first {', then '.join(told)}."


def extremes_and_trend(aligned: Aligned) -> Answer:
    """Each signal's extremes with their times, and its slope per hour with an interval.

    slope_per_h: Theil–Sen (`telemetry.statistics.robust_slope`), here of means of as many blocks as there are
    independent values (see `numbers.effective_count` of what the line leaves), so that the 95 % interval (P. K. Sen,
    J. Am. Stat. Assoc. 63 (1968) 1379-1389) is that of telemetry with memory. `drifts`: the interval leaves out 0.
    """
    rows = [_trend(aligned, place) for place, one in enumerate(aligned.columns) if not one.is_text]
    if not rows:
        raise InputError("extremes_and_trend takes numeric signals; for texts use states", code="analyse.kind")
    rows.sort(key=lambda row: -abs(row.get("drift_in_spreads") or 0.0))
    facts = [each for row in rows[:4] for each in _trend_facts(row)]
    return Answer(" ".join(_drift(row) for row in rows[:4]), facts, {"signals": rows[:_SHOWN]})


def _trend(aligned: Aligned, place: int) -> dict[str, Any]:
    one, values = aligned.columns[place], aligned.values[:, place]
    good = np.isfinite(values)
    row: dict[str, Any] = {"signal": str(one.key), "unit": one.unit, "steps": int(good.sum())}
    if good.sum() < 5:
        return row | {"note": "fewer than five steps hold a value"}
    times, known = aligned.begins[good], values[good]
    low, high = int(known.argmin()), int(known.argmax())
    slope, r2 = robust_slope(times, known)
    interval = slope_interval(times, known, slope or 0.0)
    hours = float(times[-1] - times[0]) / 3.6e9
    spread = float(np.subtract(*np.quantile(known, (0.75, 0.25)))) / 1.349
    return row | {
        "min": float(known[low]),
        "min_at": iso(from_micros(int(times[low]))),
        "max": float(known[high]),
        "max_at": iso(from_micros(int(times[high]))),
        "median": median(known),
        "first": float(known[0]),
        "last": float(known[-1]),
        "slope_per_h": slope,
        "slope_low_per_h": interval[0],
        "slope_high_per_h": interval[1],
        "slope_r2": r2,
        "drifts": bool(interval[0] > 0 or interval[1] < 0),
        "drift_in_spreads": (slope or 0.0) * hours / spread if spread > 0 else None,
    }


def slope_interval(times: Ints, values: Floats, slope: float) -> tuple[float, float]:
    """The 95 % interval of a Theil–Sen slope in unit per hour, of blocks that are independent of one another."""
    hours = (times - times[0]) / 3.6e9
    blocks = int(np.clip(effective_count(values - slope * hours), 4, min(len(values), MOST_SLOPE_POINTS)))
    edges = np.linspace(0, len(values), blocks + 1).astype(np.int64)
    sizes = np.diff(edges)
    means = [np.add.reduceat(each, edges[:-1]) / sizes for each in (values, hours)]
    found = stats.theilslopes(means[0], means[1], alpha=_SLOPE_LEVEL)
    return float(found[2]), float(found[3])


def _trend_facts(row: dict[str, Any]) -> list[Any]:
    key, unit = row["signal"], row["unit"]
    per_hour = f"{unit or ''}/h"
    units = {"slope_per_h": per_hour, "slope_low_per_h": per_hour, "slope_high_per_h": per_hour}
    units |= dict.fromkeys(("min_at", "max_at"), None)  # type: ignore[arg-type]  # times have no unit
    names = ("first", "last", "min", "min_at", "max", "max_at", "slope_per_h", "slope_low_per_h", "slope_high_per_h")
    return [fact(f"{key} {name}", row[name], units.get(name, unit)) for name in names if name in row]


def _drift(row: dict[str, Any]) -> str:
    if "slope_per_h" not in row:
        return f"{row['signal']}: {row['note']}."
    unit = f"{row['unit'] or ''}/h"
    interval = f"{figure(row['slope_low_per_h'])} to {figure(row['slope_high_per_h'], unit)}"
    word = "drifts" if row["drifts"] else "shows no sure drift"
    span = f"between {figure(row['min'])} and {figure(row['max'], row['unit'])}"
    return f"{row['signal']}: {span}; {word}, slope {figure(row['slope_per_h'], unit)} ({interval})."
